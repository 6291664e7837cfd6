"""Results of a comparison of networks, from which its report is made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from kerasmodels.names import DECODERS, LOSSES

if TYPE_CHECKING:
    from brainstem_app.reports.grid.folds import FoldSpread

Triple = tuple[float | None, float | None, float | None]


@dataclass(frozen=True)
class CurvePoint:
    """One epoch of a run."""

    epoch: int
    loss: float
    val_loss: float
    val_nuclei_miou: float


@dataclass(frozen=True)
class CellResult:
    """One run of the comparison.

    Attributes
    ----------
    name, run : str
        For the reader; of the run's folder.
    variant : mapping
        Its values of the settings that vary.
    settings : mapping
        All its settings, flat.
    state : {"finished", "failed", "waiting"}
        Where it stands.
    what, fix : str
        Why it failed, and what can be done.
    macro_miou, macro_miou_nuclei : tuple of float or None
        On the test subjects: value, lower and upper end of the bootstrap interval over them.
    counts : ndarray of int64, shape (S, K, K), or None
        Confusion counts of the test subjects, in the order of their names.
    """

    name: str
    run: str
    variant: Mapping[str, Any]
    settings: Mapping[str, Any]
    repeat: int
    state: str
    what: str = ""
    fix: str = ""
    parameters: int = 0
    epochs: int = 0
    best_epoch: int = 0
    val_macro_miou: float | None = None
    val_nuclei_miou: float | None = None
    macro_miou: Triple = (None, None, None)
    macro_miou_nuclei: Triple = (None, None, None)
    seconds: float = 0.0
    seconds_per_epoch: float = 0.0
    memory_gib: float = 0.0
    device: str = ""
    curve: tuple[CurvePoint, ...] = ()
    counts: NDArray[np.int64] | None = None

    @property
    def key(self) -> str:
        """The same for all repeats of a combination."""
        return json.dumps(dict(self.variant), sort_keys=True)


@dataclass(frozen=True)
class BestPicture:
    """Predictions on one subject, of the best cell of each decoder.

    Attributes
    ----------
    subject : str
        Name of the test subject.
    image : ndarray of float32, shape (X, Y, Z)
        Normalised box.
    reference : ndarray of uint8, same shape
        Reference labels.
    predictions : mapping of str to ndarray of uint8
        Title of each column, and its labels.
    """

    subject: str
    image: NDArray[np.float32]
    reference: NDArray[np.uint8]
    predictions: Mapping[str, NDArray[np.uint8]]


@dataclass(frozen=True)
class GridInputs:
    """Everything the page is written from.

    Attributes
    ----------
    title, name : str
        Of the comparison.
    axes : mapping of str to tuple
        The settings that vary, and their values.
    settings : mapping
        The common settings that were named.
    cells : tuple of CellResult
        All of them, those that wait too.
    table : LabelTable
        What the classes are.
    baselines : mapping of str to (all, nuclei)
        Macro mIoU of what needs no network, by name.
    drawn : bool
        Whether references were drawn, or taken over, by people, not registered.
    agreement : tuple of str
        Of which references a model gave the labels (`agreement_notes`).
    folds : int
        How many folds there are; 0 without cross-validation.
    spreads : tuple of FoldSpread
        Each combination over its folds.
    picture : BestPicture or None
        None before the first cell is done.
    command : tuple of str
        The command line that goes on with, or repeats, the comparison.
    plan : str
        Where it stands, in one sentence.
    """

    title: str
    name: str
    axes: Mapping[str, tuple[Any, ...]]
    settings: Mapping[str, Any]
    cells: tuple[CellResult, ...]
    table: LabelTable
    n_subjects: int
    study: str
    baselines: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    drawn: bool = False
    agreement: tuple[str, ...] = ()
    folds: int = 0
    spreads: tuple[FoldSpread, ...] = ()
    picture: BestPicture | None = None
    command: tuple[str, ...] = ()
    plan: str = ""


DECODER_NAMES = {name: decoder.title for name, decoder in DECODERS.items()}
LOSS_NAMES = {name: loss.title for name, loss in LOSSES.items()}
SETTING_NAMES = {"alpha": "α", "encoder_weights": "encoder weights", "input.size": "input size"}


def setting_name(name: str) -> str:
    """Name of a setting for the reader."""
    return SETTING_NAMES.get(name, name.replace("_", " "))


def value_name(axis: str, value: Any) -> str:
    """Name of a setting's value for the reader."""
    if axis == "encoder_weights":
        return "random" if value is None else str(value)
    if isinstance(value, str):
        return {**DECODER_NAMES, **LOSS_NAMES}.get(value, value)
    return "none" if value is None else str(value)
