"""The file ``quality.tsv`` of a study: written whole, and followed when somebody decides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import write_text
from brainstem_app.imaging.text_table import TextTable, read_text_table
from brainstem_app.plain_text import tsv_text, without_apostrophe
from brainstem_app.reports.quality_table import DECIDED, UNKNOWN, tsv_cell
from brainstem_app.small_files import read_json
from brainstem_app.study.record import changing
from brainstem_app.study.segmentations import LabelledScan, StudyResult
from brainstem_app.written_files import EDITED_FOLDER, MANIFEST_FILE, QUALITY_TABLE


def read_quality_table(study: Path) -> TextTable | None:
    """Read the table of a study; None if it was not made yet.

    Raises
    ------
    InputError
        If the file cannot be read.
    """
    path = study / QUALITY_TABLE
    return read_text_table(path, "table of quality", is_own=True) if path.is_file() else None


def name_in_table(result: str) -> str:
    """Name of a result as `read_quality_table` has it in the column ``folder``, where spaces may be fewer."""
    return without_apostrophe(tsv_cell(result))


def decided_cells(result: StudyResult) -> dict[str, str]:
    """Return what people said of a result, by the column of the table."""
    last = result.last
    said = {
        "labels": "original" if result.edit is None else "corrected",
        "state": result.state,
        "why": last.why if last else "",
        "who": last.who if last else "",
        "date": last.date if last else "",
    }
    return {name: said[name] for name in DECIDED}


def follow_in_table(study: Path, results: Sequence[StudyResult]) -> None:
    """Write what was decided of some results into the table, if there is one.

    Its numbers stay, and so does what it says of the labels that they are of.
    The decision itself lies beside the result: a table that cannot be read is made anew by ``quality``.
    """
    if not results:
        return
    decided = {
        name_in_table(result.name): {
            name: cell for name, cell in decided_cells(result).items() if name != "labels"
        }
        for result in results
    }
    with changing(study, "review"):
        try:
            table = read_quality_table(study)
        except InputError:
            return
        if table is None:
            return
        rows = [table.columns]
        for row in table.rows:
            cells = {**row.cells, **decided.get(row.cells.get("folder", ""), {})}
            rows.append(tuple(tsv_cell(cells.get(name, UNKNOWN)) for name in table.columns))
        write_text(table.path, tsv_text(rows))


def is_written(result: LabelledScan) -> bool:
    """Whether the report of the correction that is current now lies in the folder ``edited``."""
    return has_report_of(result.folder, result.edit_sha256)


def has_report_of(folder: Path, edit_sha256: str) -> bool:
    """Whether the report of the correction with this hash lies in the folder of a result."""
    try:
        files = read_json(folder / EDITED_FOLDER / MANIFEST_FILE)["files"]
        return bool(edit_sha256) and files["labels"]["sha256"] == edit_sha256
    except (OSError, ValueError, KeyError, TypeError):
        return False
