"""The files of the report on change, and the table of many people's changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from brainstem_app.imaging.atomic import write_bytes, write_text
from brainstem_app.plain_text import cell_text, tsv_text
from brainstem_app.reports.change.document import change_document
from brainstem_app.reports.change.model import ChangeEntry, ChangeReport
from brainstem_app.reports.engine.files import write_document
from brainstem_app.reports.engine.sheets import Cell, Sheet, about_sheet, entry_sheet

REPORT = "change.json"
PICTURE = "change.png"
FILES = (REPORT, "change.csv", "change.xlsx", "change.html", "change.pdf", PICTURE)
#: One row a person, beside the folders of all.
TABLE = "changes.tsv"
_ERROR = "_se"


def write_change_report(folder: Path, report: ChangeReport, picture: bytes) -> None:
    """Write the `FILES` into a folder, each whole or not at all, ``change.json`` last.

    ``change.csv`` has one row a region and nucleus.
    """
    folder.mkdir(parents=True, exist_ok=True)
    structures = _structures(report)
    facts: list[tuple[str, Cell]] = [
        ("subject", report.subject),
        ("model", report.model.title),
        ("atlas", report.atlas.title),
        ("program", report.program),
        ("method", report.method),
        ("repeatability", report.repeatability),
    ]
    facts += [(f"scan {s.session}", f"{s.file}, {s.years:.3f} years") for s in report.scans]
    notes = [w.text for w in report.warnings]
    about = about_sheet(report.created, facts, notes, report.methods, report.limits)
    document = change_document(report, picture)
    write_bytes(folder / PICTURE, picture)
    write_document(folder, "change", document, (structures, about), {"change.csv": structures})
    write_text(folder / REPORT, report.to_json())


def _structures(report: ChangeReport) -> Sheet:
    """One row a structure, the volumes of each scan in a column."""
    every = entry_sheet("structures", ChangeEntry, report.measured)
    at = list(every.head).index("volumes_mm3")
    sessions = [f"{scan.session}_mm3" for scan in report.scans]
    rows = [
        [*row[:at], *e.volumes_mm3, *row[at + 1 :]]
        for e, row in zip(report.measured, every.rows, strict=True)
    ]
    return Sheet("structures", [*every.head[:at], *sessions, *every.head[at + 1 :]], rows)


def read_change_report(path: Path) -> ChangeReport:
    """Read a report on change.

    Raises
    ------
    InputError
        If the file cannot be read or is none.
    """
    what = "This is no report on change of this program."
    return ChangeReport.read(path, what, "Measure the change again.")


def find_change_reports(folder: Path) -> list[tuple[Path, ChangeReport]]:
    """Read every report on change below a folder, in the order of their folders."""
    return [(path, read_change_report(path)) for path in sorted(folder.rglob(REPORT))]


def write_changes_table(folder: Path) -> Path:
    """Write ``changes.tsv``: a row a person, % a year of each structure, and its standard error (``_se``)."""
    found = find_change_reports(folder)
    names = list(dict.fromkeys(e.name for _, report in found for e in report.measured))
    head = ["participant_id", "dataset", "scans", "years", "model", "atlas", "program", "method"]
    head += [column for name in names for column in (name, name + _ERROR)]
    lines = [head, *(_row(path.parent.name, report, names) for path, report in found)]
    write_text(folder / TABLE, tsv_text(map(cell_text, line) for line in lines))
    return folder / TABLE


def _row(name: str, report: ChangeReport, names: Sequence[str]) -> list[str]:
    entries = {entry.name: entry for entry in report.measured}
    row = [name, report.dataset or "n/a", str(len(report.scans)), f"{report.span_years:.4f}"]
    row += [report.model.title, report.atlas.title, report.program, report.method]
    for each in names:
        entry = entries.get(each)
        values = (None, None) if entry is None else (entry.percent_a_year, entry.error)
        row += ["n/a" if value is None else f"{value:.5f}" for value in values]
    return row
