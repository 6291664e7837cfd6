"""Kept cells read without a study: what each was trained with, how that differs, and its scores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plans import Chosen, family_of

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas
from brainstem_app.evaluation.confusion import macro_miou, mean_subject_miou
from brainstem_app.jobs.many.compare_report import read_curve
from brainstem_app.reports.grid.results import CellResult
from brainstem_app.reports.grid.summary import classes_of
from brainstem_app.study.cell_record import CELL_FILE, PREDICTIONS_FILE, CellRecord, Predictions, read_cell

SETTINGS_FILE = "settings.json"
#: What differs within Table 1, or says where a cell was trained: no change of the setting.
_VARIED = {"decoder", "loss", "seed", "gpus", "fold", "folds"}
#: Key of `changes` for networks that no setting makes, and for the space of the study.
VARIANT, SPACE = "variant", "space"
#: The paper's space; that of Table 1 is no change.
NONLINEAR = "nonlinear"


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Confusion counts of test subjects, and what they give.

    Attributes
    ----------
    counts : ndarray of int64, shape (S, K, K)
        In the order of the subjects' names.
    """

    counts: NDArray[np.int64]

    @cached_property
    def nuclei(self) -> float:
        """Macro mean IoU of the nuclei over all test subjects."""
        return macro_miou(self.counts.sum(axis=0), nuclei_classes()) or 0.0

    @cached_property
    def every(self) -> float:
        """Macro mean IoU of all classes over all test subjects."""
        return macro_miou(self.counts.sum(axis=0)) or 0.0

    @cached_property
    def by_subject(self) -> NDArray[np.float64]:
        """Mean IoU of the nuclei of each test subject, (S,)."""
        return np.array([mean_subject_miou([one], nuclei_classes()) or 0.0 for one in self.counts])

    @cached_property
    def unlearned(self) -> int:
        """Nuclei of which no voxel is right."""
        right = np.diagonal(self.counts.sum(axis=0))
        return int(sum(right[index] == 0 for index in nuclei_classes()))


@dataclass(frozen=True, kw_only=True)
class Kept(Counted):
    """One finished cell.

    Attributes
    ----------
    run : str
        Name of its folder.
    settings : mapping
        All settings, flat.
    changes : mapping
        Those that are not as in Table 1, by name; empty for a cell of it.
    """

    run: str
    settings: Mapping[str, Any]
    changes: Mapping[str, Any]
    record: CellRecord
    subjects: tuple[str, ...]
    result: CellResult = field(repr=False)

    @property
    def decoder(self) -> str:
        """Name of its decoder."""
        return str(self.settings["decoder"])

    @property
    def loss(self) -> str:
        """Name of its loss."""
        return str(self.settings["loss"])

    @property
    def is_by_processor(self) -> bool:
        """Whether it was trained without a GPU."""
        return " on CPU" in self.record.device


def label_table() -> LabelTable:
    """What the classes are."""
    return load_atlas("brainstem31").table


def nuclei_classes() -> Sequence[int]:
    """Numbers of the nuclei among the classes."""
    return _NUCLEI


def read_kept(cells: Path, chosen: Chosen, **outside: Any) -> list[Kept]:
    """Read every finished cell of a folder, in the order of the runs' names.

    Parameters
    ----------
    cells : Path
        Holds a folder a cell; a folder that is not there has none.
    outside
        Changes that no setting of a cell tells, such as the space of the study.
    """
    found = []
    for folder in sorted(path.parent for path in cells.glob(f"*/{CELL_FILE}")):
        record = read_cell(folder)
        if record is None or record.state != "finished":
            continue
        settings = flat(json.loads((folder / SETTINGS_FILE).read_text(encoding="utf-8")))
        found.append(_kept(folder, record, settings, {**changes_of(settings, chosen), **outside}))
    return found


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by name, those in parts with a dot: ``input.size``."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        parts = value.items() if isinstance(value, dict) else ()
        found |= {f"{name}.{part}": own for part, own in parts} if parts else {name: value}
    return found


def changes_of(settings: Mapping[str, Any], chosen: Chosen) -> dict[str, Any]:
    """Say which settings of a cell are not those of Table 1, by name."""
    base = {
        **_DEFAULTS,
        "schedule": "cosine",
        "epochs": chosen.epochs,
        "batch_size": chosen.batch_size,
        "learning_rate": chosen.rates.get(family_of(str(settings["decoder"]))),
        "input.size": chosen.size,
    }
    given = {name: value for name, value in settings.items() if name not in _VARIED}
    return {name: value for name, value in given.items() if name in base and value != base[name]} | {
        name: value for name, value in given.items() if name not in base and value
    }


def with_changes(cells: Iterable[Kept], *names: str) -> list[Kept]:
    """Cells in which exactly these settings are not those of Table 1."""
    return [cell for cell in cells if set(cell.changes) == set(names)]


def grouped(cells: Iterable[Kept], *names: str) -> dict[tuple[Any, ...], list[Kept]]:
    """Cells by their values of settings, repeats together, in the order in which they come."""
    groups: dict[tuple[Any, ...], list[Kept]] = {}
    for cell in cells:
        key = tuple(_plain(cell.changes.get(name, cell.settings.get(name))) for name in names)
        groups.setdefault(key, []).append(cell)
    return groups


def _plain(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _kept(folder: Path, record: CellRecord, settings: dict[str, Any], changes: dict[str, Any]) -> Kept:
    counts = Predictions.load(folder / PREDICTIONS_FILE, labels=False).counts
    names = tuple(sorted(counts))
    stacked = np.stack([counts[name] for name in names])
    result = CellResult(
        name=folder.name,
        run=folder.name,
        variant={name: _plain(settings.get(name)) for name in ("decoder", "loss")} | changes,
        settings=settings,
        repeat=int(settings.get("seed", 0)) + 1,
        state=record.state,
        parameters=record.parameters,
        epochs=record.epochs,
        best_epoch=record.best_epoch,
        val_macro_miou=record.val_macro_miou,
        val_nuclei_miou=record.val_nuclei_miou,
        seconds=record.seconds,
        device=record.device,
        curve=read_curve(folder / "history.csv"),
        counts=stacked,
    )
    return Kept(
        run=folder.name,
        settings=settings,
        changes=changes,
        record=record,
        subjects=names,
        counts=stacked,
        result=result,
    )


def read_atlas_alone(path: Path) -> Counted | None:
    """Read what `atlas_alone.py` wrote; None without it."""
    if not path.exists():
        return None
    counts = Predictions.load(path, labels=False).counts
    return Counted(counts=np.stack([counts[name] for name in sorted(counts)]))


def _defaults() -> dict[str, Any]:
    from brainstem_app.jobs.job import TrainJob
    from brainstem_app.jobs.many.compare_report import flat_settings

    return {
        name: value
        for name, value in flat_settings(TrainJob(study=Path("study"), run="run")).items()
        if name not in _VARIED
    }


_DEFAULTS = _defaults()
_NUCLEI: Sequence[int] = classes_of(label_table())["nuclei"]
