"""Read what a report says, on a thread."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.gui.report.report_content import ReportContent, ShownTable, limits_of, lines_of, tables_of
from brainstem_app.gui.report.report_entries import ReportEntry
from brainstem_app.plain_text import without_apostrophe
from brainstem_app.reports.change.document import change_document
from brainstem_app.reports.change.model import ChangeReport
from brainstem_app.reports.cohort.document import cohort_document
from brainstem_app.reports.cohort.model import CohortReport
from brainstem_app.reports.engine.blocks import Document
from brainstem_app.reports.engine.columns import Column, distance, ratio3
from brainstem_app.reports.engine.entry import Estimate
from brainstem_app.reports.evaluation.model import EvaluationReport, MethodSummary
from brainstem_app.reports.evaluation.tables import (
    means_table,
    subject_table,
    surface_table,
)
from brainstem_app.reports.evaluation.tables import (
    structure_table as evaluated_table,
)
from brainstem_app.reports.retest.document import retest_document
from brainstem_app.reports.retest.model import RetestReport
from brainstem_app.reports.scan.confidence import marks_note
from brainstem_app.reports.scan.model import Report
from brainstem_app.reports.scan.scan_entry import ScanEntry
from brainstem_app.reports.scan.tables import area_table, region_table, structure_table
from brainstem_app.small_files import read_text
from brainstem_app.written_files import METRICS_FILE, QC_PICTURE, REPORT_FILE

_DAMAGED = ("The report is damaged, or of another version of the program.", "Make it again.")
Volumes = dict[str, dict[str, tuple[float, ...]]]


def read_report(entry: ReportEntry) -> ReportContent:
    """Read a report.

    Raises
    ------
    InputError
        If its file is damaged.
    """
    by_name = {file.name: file for file in entry.files}
    for name, read in _READERS.items():
        if name in by_name:
            return read(entry, by_name[name])
    return ReportContent(entry)


def _content(
    entry: ReportEntry, document: Document, volumes: Volumes | None = None, *, pictures: tuple[Path, ...] = ()
) -> ReportContent:
    blocks = document.blocks
    lines = lines_of(document, entry.kind)
    return ReportContent(entry, lines, tables_of(blocks), limits_of(blocks), volumes or {}, pictures)


def _cohort(entry: ReportEntry, path: Path) -> ReportContent:
    report = CohortReport.read(path, *_DAMAGED)
    return _content(entry, cohort_document(report, draw=False), _volumes_by_group(report))


def _volumes_by_group(report: CohortReport) -> Volumes:
    """Volumes of each nucleus by group, the reference first."""
    names = {name for person in report.subjects for name in person.z}
    names |= {effect.name for c in report.comparisons for effect in c.effects}
    found: dict[str, dict[str, list[float]]] = {}
    for person in sorted(report.subjects, key=lambda p: (p.group != report.reference, p.group or "")):
        group = person.group or ("unknown" if report.group else "all")
        # What was compared, where differences of sites were taken out.
        for name, volume in (person.harmonised or person.volume_mm3).items():
            if name in names and volume is not None:
                found.setdefault(name, {}).setdefault(group, []).append(volume)
    return {name: {g: tuple(v) for g, v in groups.items()} for name, groups in found.items()}


def _retest(entry: ReportEntry, path: Path) -> ReportContent:
    report = RetestReport.read(path, *_DAMAGED)
    volumes = {
        part.name: {
            "first": tuple(v for p in report.subjects if (v := p.first_mm3.get(part.name)) is not None),
            "second": tuple(v for p in report.subjects if (v := p.second_mm3.get(part.name)) is not None),
        }
        for part in report.measured
    }
    return _content(entry, retest_document(report, draw=False), volumes)


def _change(entry: ReportEntry, path: Path) -> ReportContent:
    report = ChangeReport.read(path, *_DAMAGED)
    pictures = tuple(file for file in entry.files if file.suffix == ".png")
    content = _content(entry, change_document(report, draw=False), pictures=pictures)
    # What changed comes before the scans that it was seen in.
    return replace(content, tables=content.tables[::-1])


def _run(entry: ReportEntry, path: Path) -> ReportContent:
    from brainstem_app.jobs.networks.run_metrics import best_epoch

    report = EvaluationReport.read(path, *_DAMAGED)
    lines = [("subjects", f"{report.summary.n_subjects} ({report.part})")]
    now = best_epoch(path.parent)
    if report.best_epoch is not None and now not in (None, report.best_epoch):
        since = (
            f"of epoch {report.best_epoch}; the run has a better one since, of epoch {now}: evaluate it again"
        )
        lines.append(("network", since))
    lines += [(method.name, _accuracy(method)) for method in (report.summary, *report.baselines)]
    tables = {
        "Structures": evaluated_table(report),
        "Surfaces, centres and volumes": surface_table(report),
        "Means": means_table(report),
        "Subjects": subject_table(report),
    }
    notes = " ".join([*report.notes, report.limits])
    shown = (ShownTable.of(title, table) for title, table in tables.items())
    return ReportContent(entry, tuple(lines), tuple(table for table in shown if table.rows), notes)


def _accuracy(method: MethodSummary) -> str:
    apart = method.distance_nuclei_mm
    at = "" if apart is None or apart.value is None else f" at {distance(apart.value)} mm"
    return f"nuclei {_interval(method.macro_miou_nuclei)}{at}, all classes {_interval(method.macro_miou)}"


def _interval(estimate: Estimate) -> str:
    ends = "" if estimate.low is None else f" ({ratio3(estimate.low)} – {ratio3(estimate.high)})"
    return f"{ratio3(estimate.value)}{ends}"


def _segmentation(entry: ReportEntry, path: Path) -> ReportContent:
    report = Report.read(path, *_DAMAGED)
    model = "–" if entry.model is None else f"{entry.model.title}, {entry.model.accuracy}"
    lines = [("scan", report.scan.file), *_head_size(report.scan), ("model", model)]
    if entry.is_edited:
        told = (
            "The labels were corrected by hand since; these numbers are those of the original. "
            "Review writes the report anew."
        )
        lines.append(("edited", told))
    lines += [(finding.level.value, finding.text) for finding in report.warnings]
    tables = {"Structures": structure_table(report), "Regions": region_table(report)}
    if report.midsagittal is not None:
        tables["Midsagittal areas"] = area_table(report.midsagittal)
    notes = {"Structures": marks_note(report.structures)}
    shown = (
        replace(ShownTable.of(title, table), note=notes.get(title, "")) for title, table in tables.items()
    )
    known = {file.name: file for file in entry.files}
    return ReportContent(
        entry,
        tuple(lines),
        tuple(table for table in shown if table.rows),
        report.limits,
        pictures=tuple(known[name] for name in (QC_PICTURE, "midsagittal.png") if name in known),
    )


def _head_size(scan: ScanEntry) -> list[tuple[str, str]]:
    """Volumes of head and brain in ml, those that were measured."""
    inside, brain = scan.intracranial_ml, scan.brain_ml
    parts = [] if inside is None else [f"{inside:,.0f} ml inside the skull"]
    parts += [] if brain is None else [f"{brain:,.0f} ml brain mask"]
    if inside is None and parts:
        parts.append("the volume inside the skull is not known")
    return [("head size", ", ".join(parts))] if parts else []


def _comparison(entry: ReportEntry, path: Path) -> ReportContent:
    try:
        table = list(csv.reader(io.StringIO(read_text(path), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("The table of the comparison cannot be read.", path, "Start it again.") from error
    if not table:
        return ReportContent(entry)
    head, *rows = table
    columns = tuple(
        Column[list[str]](name, partial(_value, place), format=_number) for place, name in enumerate(head)
    )
    cells = ShownTable("Cells", columns, tuple(rows))
    return ReportContent(entry, (("cells", str(len(rows))),), (cells,))


def _value(place: int, row: list[str]) -> str | float:
    try:
        return float(row[place])
    except ValueError:
        return without_apostrophe(row[place])
    except IndexError:
        return ""


def _number(value: str | float) -> str:
    if isinstance(value, str):
        return value
    return f"{value:,.0f}" if value.is_integer() else f"{value:.3f}" if abs(value) < 10 else f"{value:,.1f}"


#: Readers of the file that a report is known by.
_READERS: dict[str, Callable[[ReportEntry, Path], ReportContent]] = {
    METRICS_FILE: _run,
    REPORT_FILE: _segmentation,
    "cohort.json": _cohort,
    "retest.json": _retest,
    "change.json": _change,
    "results.csv": _comparison,
}
