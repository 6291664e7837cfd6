"""The results of a study as the wall shows them: what ``quality.tsv`` says of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.errors import InputError
from brainstem_app.reports.quality_table import REGION_Z, UNKNOWN
from brainstem_app.study.segmentations import words_of_result
from brainstem_app.written_files import SEGMENTATIONS_FOLDER

if TYPE_CHECKING:
    from brainstem_app.study.segmentations import StudyResult

_PICTURES = ("edited/qc_small.png", "qc_small.png")


@dataclass(frozen=True)
class QualityItem:
    """One result.

    Attributes
    ----------
    study : Path
        Folder of the study.
    name : str
        Folder of the result below ``segmentations``.
    cells : mapping of str to str
        Cells of the table by their column; those that are not known are left out.
    read : tuple
        Which labels and words of people the rest is of.
    """

    study: Path
    name: str
    cells: Mapping[str, str] = field(default_factory=dict)
    read: tuple[object, ...] = ()

    @property
    def words(self) -> str:
        """Whose it is, and its model in words."""
        return words_of_result(self.name)

    @property
    def folder(self) -> Path:
        """Folder of the result."""
        return self.study / SEGMENTATIONS_FOLDER / self.name

    @property
    def picture(self) -> Path | None:
        """The small picture of the labels that count; None if there is none."""
        places = _PICTURES if self.cells.get("labels") == "corrected" else _PICTURES[1:]
        return next((self.folder / place for place in places if (self.folder / place).is_file()), None)

    @property
    def state(self) -> str:
        """Unseen, accepted, rejected or edited."""
        return self.cells.get("state", "unseen")

    def number(self, column: str) -> float | None:
        """Return the number of a column; None if it is not known."""
        try:
            return float(self.cells[column])
        except (KeyError, ValueError):
            return None

    def score(self, column: str) -> float | None:
        """Return the z-score of a column; more confidence than the others' is nothing to look at."""
        z = self.number(column)
        return 0.0 if z is not None and z > 0 and column == f"confidence{REGION_Z}" else z

    @property
    def n_warned(self) -> float | None:
        """Errors and warnings of the report together."""
        errors, warnings = self.number("errors"), self.number("warnings")
        return None if errors is None or warnings is None else errors + warnings

    @property
    def most_unusual(self) -> float | None:
        """Largest distance from the others of a region's volume, the asymmetry, or of less confidence."""
        known = [abs(z) for name in self.z_columns if (z := self.score(name)) is not None]
        return max(known, default=None)

    @property
    def z_columns(self) -> tuple[str, ...]:
        """Columns of z-scores, but for that of the nucleus that is furthest off: one always is."""
        return tuple(name for name in self.cells if name.endswith(REGION_Z) and name != "nucleus_z")

    @property
    def needs_report(self) -> bool:
        """Whether its labels were corrected and the report on them is still to be written."""
        return self.cells.get("labels") == "corrected" and self.cells.get("report") != "corrected"

    def with_cells(self, cells: Mapping[str, str]) -> QualityItem:
        """Return the same with other words on it."""
        return replace(self, cells={**self.cells, **cells})


@dataclass(frozen=True)
class QualityItems:
    """What the table of a study holds, and how many results it lacks, or tells other labels of."""

    items: tuple[QualityItem, ...] = ()
    lacking: int = 0
    changed: int = 0

    @property
    def newer(self) -> int:
        """Results that are newer than the table."""
        return self.lacking + self.changed


def read_items(study: Path) -> QualityItems:
    """Read the table of a study, and count the results that are newer; what was decided lies beside each.

    Raises
    ------
    InputError
        If the table, or what people said of a result, cannot be read.
    """
    from brainstem_app.jobs.results.quality_file import (
        decided_cells,
        is_written,
        name_in_table,
        read_quality_table,
    )
    from brainstem_app.study.segmentations import read_study_result, result_folders

    root = study / SEGMENTATIONS_FOLDER
    names = [folder.relative_to(root).as_posix() for folder in result_folders(study)]
    there = {name_in_table(name): name for name in names}
    table = read_quality_table(study)
    if table is None:
        return QualityItems((), len(there))
    items, changed = [], 0
    for row in table.rows:
        if name := there.get(row.cells.get("folder", "")):
            cells = {column: cell for column, cell in row.cells.items() if cell != UNKNOWN}
            item = QualityItem(study, name, cells)
            result = read_study_result(study, item.folder)
            said = {**decided_cells(result), "report": "corrected" if is_written(result) else "original"}
            changed += said["labels"] != cells.get("labels")
            items.append(replace(item.with_cells(said), read=_read_of(result)))
    return QualityItems(tuple(items), len({*names} - {item.name for item in items}), changed)


def decide(item: QualityItem, deed: str, why: str) -> QualityItem:
    """Write down what somebody says of a result, beside it and in the table; returns it as it is then.

    Raises
    ------
    InputError
        If it cannot be saved, or the result is another one by now than the one that is shown.
    """
    from brainstem_app.jobs.provenance import login_name
    from brainstem_app.jobs.results.quality_file import decided_cells, follow_in_table
    from brainstem_app.study.result_state import Entry
    from brainstem_app.study.segmentations import read_study_result

    result = read_study_result(item.study, item.folder)
    if item.read and _read_of(result) != item.read:
        raise InputError(
            f"{item.words} has changed since it was read here: its labels are others, or somebody has said "
            "something of it.",
            item.folder,
            "It is shown as it is now: look at it again, and decide then.",
        )
    result = result.write_down(Entry.model_validate({"deed": deed, "why": why, "who": login_name()}))
    follow_in_table(item.study, [result])
    return replace(item.with_cells(decided_cells(result)), read=_read_of(result))


def _read_of(result: StudyResult) -> tuple[object, ...]:
    return result.labels_sha256, result.edit_sha256, result.record.history
