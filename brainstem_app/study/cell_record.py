"""What is kept of a cell of a comparison, in the folder of its run: how it ended, and on what it was right.

::

    runs/NAME/cell.json         state, reason of a failure, numbers, time, memory, device
    runs/NAME/predictions.npz   predicted labels and confusion counts of every test subject
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import AliasChoices, Field

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import atomic_path
from brainstem_app.study.record import Record
from brainstem_app.study.study import Failure

CELL_FILE = "cell.json"
PREDICTIONS_FILE = "predictions.npz"
#: Those of ten thousand people.
_MOST_BYTES = 2**31


class Measured(Record):
    """A mean IoU on the test subjects with its 95 % bootstrap interval over them."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


class CellRecord(Record):
    """``cell.json``: written when the cell has ended, and only then.

    Attributes
    ----------
    state : {"finished", "failed"}
        A finished cell is never run again.
    failure : Failure or None
        Why it failed.
    parameters : int
        Trainable parameters of the network.
    epochs, best_epoch : int
        Epochs done, and the one that was best on the validation subjects, whose network was tested.
    val_macro_miou, val_nuclei_miou : float or None
        Of the best epoch.
    macro_miou, macro_miou_nuclei : Measured
        On the test subjects.
    baselines : dict
        Nuclei's mean IoU of what needs no network, by name.
    references : dict of str to str
        SHA-256 of the reference labels of each test subject; empty in older files.
    seconds, seconds_per_epoch, memory_gib : float
        Time of training and testing, of one epoch, and the most memory the process held.
    """

    schema_name: Literal["brainstem-cell/1"] = Field("brainstem-cell/1", alias="schema")
    state: Literal["finished", "failed"]
    failure: Failure | None = None
    parameters: int = 0
    epochs: int = 0
    best_epoch: int = 0
    val_macro_miou: float | None = None
    val_nuclei_miou: float | None = None
    macro_miou: Measured = Measured()
    macro_miou_nuclei: Measured = Measured()
    # Older files call them yardsticks.
    baselines: dict[str, tuple[float | None, float | None]] = Field(
        default_factory=dict, validation_alias=AliasChoices("baselines", "yardsticks")
    )
    references: dict[str, str] = Field(default_factory=dict)
    seconds: float = 0.0
    seconds_per_epoch: float = 0.0
    memory_gib: float = 0.0
    device: str = ""
    ended: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))


def read_cell(folder: Path) -> CellRecord | None:
    """Record of a run's folder, None where the run is no cell, has not ended, or its record is damaged."""
    try:
        return CellRecord.load(folder / CELL_FILE)
    except InputError:
        return None


@dataclass(frozen=True)
class Predictions:
    """What a network said of the test subjects.

    Attributes
    ----------
    labels : mapping of str to ndarray of uint8, shape (50, 50, 73)
        Predicted labels by subject.
    counts : mapping of str to ndarray of int64, shape (K, K)
        Voxels by reference and predicted label, by subject.
    """

    labels: Mapping[str, NDArray[np.uint8]]
    counts: Mapping[str, NDArray[np.int64]]

    def save(self, path: Path) -> None:
        """Write the file, compressed, in one step."""
        names = list(self.labels)
        with atomic_path(path) as temporary:
            np.savez_compressed(
                temporary,
                subjects=np.array(names),
                labels=np.stack([self.labels[name] for name in names]),
                counts=np.stack([self.counts[name] for name in names]),
            )

    @classmethod
    def load(cls, path: Path, *, labels: bool = True) -> Self:
        """Read the file, with or without the labels, which are most of it.

        Raises
        ------
        InputError
            If it is missing or damaged.
        """
        try:
            _require_modest(path)
            with np.load(path, allow_pickle=False) as file:
                names = [str(name) for name in file["subjects"]]
                return cls(
                    labels=dict(zip(names, file["labels"], strict=True)) if labels else {},
                    counts=dict(zip(names, file["counts"].astype(np.int64), strict=True)),
                )
        except (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile) as error:
            raise InputError(
                "The predictions of a run are missing or damaged.",
                path,
                "Delete cell.json in the run's folder and start the comparison again.",
            ) from error


def _require_modest(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        if sum(part.file_size for part in archive.infolist()) > _MOST_BYTES:
            raise ValueError("it unpacks to more than any study's predictions take")
