"""Blocks of the report on change over time."""

from __future__ import annotations

import math

from brainstem_app.counting import counted
from brainstem_app.reports.change.model import ChangeEntry, ChangeReport, ChangeScan
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import (
    Block,
    Document,
    Facts,
    Heading,
    Note,
    Paragraph,
    Picture,
    Table,
    Tiles,
    cautions,
    grades,
    methods,
    repeat,
)
from brainstem_app.reports.engine.columns import Cell, Column, between, grade
from brainstem_app.reports.engine.drawing import colours
from brainstem_app.reports.engine.line_chart import Line, LineChart, line_charts
from brainstem_app.reports.scan.model import reliability_text, unseen_mark, unseen_sentence

#: Volumes of so many scans have a column each; of more the first and the last.
_MOST_COLUMNS = 4
_ACROSS = 3
_NUMBERS_NOTE = (
    "Change: slope of the straight line through the volumes by their mean, % a year, with its 95 % interval. "
    "Error: standard error of it; “method”: from how well two scans of somebody who has not changed agree, "
    "“fit”: from the scatter of three scans or more about the line, where that is larger. Bold: the interval "
    "leaves out 0. None of it is corrected for the number of structures: of those that have not changed, one "
    "in twenty leaves out 0 by chance. Seen: part of a change of the structure alone that was measured in "
    "test scans; a change is given as measured, and not divided by it."
)
_SOURCES = {"repeatability": "method", "fit": "fit", "": ""}


def change_document(report: ChangeReport, picture: bytes = b"", *, draw: bool = True) -> Document:
    """Choose and word what a reader sees of a report.

    Parameters
    ----------
    picture : bytes
        PNG of the labels on the mean of all scans; empty for none.
    draw : bool
        Whether the charts are drawn, which takes seconds.
    """
    measured = any(nucleus.change_seen is not None for nucleus in report.nuclei)
    notes = [w.text for w in report.warnings]
    blocks: list[Block] = [_tiles(report), *cautions(_notes(report), report.limits)]
    if notes:
        blocks += [Heading("About the scans", "scans-notes"), *map(Note, notes)]
    blocks += [
        Heading("Scans", "scans"),
        Table(_scan_columns(), (report.scans,)),
        Heading("Change a year", "structures"),
        Table(_columns(report), (report.regions, report.nuclei), "dense"),
        Paragraph(_NUMBERS_NOTE, "small"),
        grades(reliability_text(measured)),
    ]
    drawn = [entry for entry in report.measured if draw and entry.percent_a_year is not None]
    charts = [volume_chart(report, entry) for entry in drawn]
    if charts:
        blocks += [Heading("Volumes over time", "plots"), line_charts(charts, _ACROSS)]
    if picture:
        blocks += [
            Heading("Where the labels lie", "picture"),
            Picture(
                picture,
                "Labels of the nuclei, outlined on the mean of all scans at several levels.",
                "Labels of all scans together, on their mean image in the template's place.",
            ),
        ]
    facts = {
        "Least correlation of two brains": f"{report.likeness:.3f}",
        "Method": report.method,
        "Repeatability": report.repeatability,
    }
    blocks += [Facts(tuple(facts.items())), *methods(report.methods), *repeat(report.command)]
    return Document(
        title=f"Change over time of {report.subject}",
        kind="Change of the brainstem over time",
        headline=f"{report.subject}: {counted(len(report.scans), 'scan')} in {_years(report.span_years)}",
        about=_about(report),
        created=report.created,
        blocks=tuple(blocks),
    )


def _about(report: ChangeReport) -> str:
    of = (formatting.moment(report.created), f"model {report.model.title}", f"atlas {report.atlas.title}")
    return " · ".join(of)


def _tiles(report: ChangeReport) -> Tiles:
    tiles = [(percent_a_year(entry), f"{entry.name}, % a year") for entry in report.regions]
    return Tiles((*tiles, (_years(report.span_years), "from the first to the last scan")))


def _notes(report: ChangeReport) -> list[str]:
    notes = []
    unmeasured = [entry for entry in report.measured if entry.why_not]
    for why in dict.fromkeys(entry.why_not for entry in unmeasured):
        names = ", ".join(entry.name for entry in unmeasured if entry.why_not == why)
        notes.append(f"Not measured, for {why}: {names}.")
    if any(entry.percent_a_year is not None and entry.error is None for entry in report.measured):
        notes.append(
            "Where no standard error is given, nobody has measured how well the volume repeats itself, and "
            "two scans alone cannot say it."
        )
    unseen = [entry.name for entry in report.nuclei if entry.change_seen is False]
    return [*notes, f"{unseen_sentence(unseen)} They have a dagger (†)."] if unseen else notes


def _scan_columns() -> tuple[Column[ChangeScan], ...]:
    return (
        Column("Scan", lambda s: s.session),
        Column("File", lambda s: s.file, align="words"),
        Column("Date", lambda s: s.day or formatting.MISSING),
        Column("Years", lambda s: f"{s.years:.2f}", "since the first"),
    )


def _columns(report: ChangeReport) -> tuple[Column[ChangeEntry], ...]:
    n = len(report.scans)
    shown = range(n) if n <= _MOST_COLUMNS else (0, n - 1)
    return (
        Column("Structure", lambda e: Cell(e.name + unseen_mark(e), below=e.full_name)),
        Column(
            "Change",
            lambda e: between(e.percent_a_year, e.low, e.high, _signed),
            "% a year, 95 % interval",
            mark=lambda e: "strong" if e.is_change else "",
        ),
        Column("Error", lambda e: e.error, "% a year", lambda v: formatting.ratio(v, 2)),
        Column("Reliability", lambda e: e.reliability, format=grade, align="centre"),
        *(_volume(report, number) for number in shown),
        Column("From", lambda e: _SOURCES[e.error_source]),
        Column("Seen", lambda e: e.slope, "of a change alone", lambda v: formatting.ratio(v, 2)),
    )


def _volume(report: ChangeReport, number: int) -> Column[ChangeEntry]:
    title = report.scans[number].session
    return Column(title, lambda e: e.volumes_mm3[number], "mm³", formatting.volume)


def volume_chart(report: ChangeReport, entry: ChangeEntry) -> LineChart:
    """Volumes of a structure over time, in per cent of their mean, and the line through them."""
    known = [v for v in entry.volumes_mm3 if v is not None]
    mean = sum(known) / len(known)
    years = [scan.years for scan in report.scans]
    points = tuple((y, 100 * v / mean) for y, v in zip(years, known, strict=True))
    middle, rate = sum(years) / len(years), entry.percent_a_year or 0.0
    ends = (min(years), max(years))
    dots, fitted = colours()[:2]
    whisker = 1.96 * (entry.cv_percent or 0)
    ranges = tuple((x, y - whisker, y + whisker) for x, y in points) if whisker else ()
    lines = (
        Line("a scan, with the method's 95 %", dots, points, ranges=ranges, joined=False),
        Line("line", fitted, tuple((x, 100 + rate * (x - middle)) for x in ends), thin=True),
    )
    title = f"{entry.name}: {entry.full_name}" if entry.full_name else entry.name
    return LineChart(title, "years", "% of the mean volume", lines, least=-math.inf, most=math.inf)


def percent_a_year(entry: ChangeEntry) -> str:
    """Change and its standard error in words: ``−1.20 ± 0.35``."""
    if entry.percent_a_year is None:
        return formatting.MISSING
    error = "" if entry.error is None else f" ± {entry.error:.2f}"
    return f"{_signed(entry.percent_a_year)}{error}"


def _signed(value: float | None) -> str:
    return formatting.signed(value, 2)


def _years(value: float) -> str:
    return f"{value:.2f} years" if value < 10 else f"{value:.1f} years"
