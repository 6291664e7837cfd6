"""The files of the report on volumes: tables for a statistics program, a page to read, JSON."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.imaging.atomic import write_bytes, write_text
from brainstem_app.reports.csv_text import csv_text
from brainstem_app.reports.html import render
from brainstem_app.reports.report_model import reliability_text
from brainstem_app.reports.scan_entry import BRAIN_ML, INTRACRANIAL_ML
from brainstem_app.reports.table_xlsx import Cell, Sheet, workbook
from brainstem_app.reports.volumes_model import VolumeEffect, VolumesReport
from brainstem_app.reports.volumes_page import (
    comparison_note,
    is_far,
    make_volumes_page,
    scale_of_effects,
    unseen_mark,
)
from brainstem_app.reports.volumes_pdf import volumes_pdf

Table = tuple[list[str], list[list[Cell]]]
FILES = (
    "cohort.json",
    "cohort.csv",
    "cohort.xlsx",
    "cohort.html",
    "cohort.pdf",
    "volumes.csv",
    "zscores.csv",
)


def write_volumes_report(folder: Path, report: VolumesReport) -> None:
    """Write the `FILES` into a folder, each whole or not at all, ``cohort.json`` last.

    ``volumes.csv`` and ``zscores.csv`` have one row a subject, ``cohort.csv`` one a comparison and region,
    area or nucleus; ``cohort.xlsx`` has all three as sheets.
    """
    page = make_volumes_page(report)
    html = render(
        "volumes.html",
        **vars(page),
        notes=[comparison_note(report, comparison) for comparison in report.comparisons],
        scales=[scale_of_effects(comparison) for comparison in report.comparisons],
        is_far=is_far,
        unseen_mark=unseen_mark,
        reliability=reliability_text(page.with_change),
    )
    volumes, scores, comparisons = _by_subject(report, "volume_mm3"), _by_subject(report, "z"), _tests(report)
    about: list[tuple[Cell, ...]] = [
        ("created", report.created),
        ("atlas", report.atlas),
        ("models", ", ".join(report.models)),
        ("covariates", ", ".join(report.covariates)),
        ("subjects", len(report.subjects)),
        ("subjects in the models", len(report.modelled)),
        *(("note", note) for note in report.notes),
        ("methods", report.methods),
        ("limits", report.limits),
    ]
    sheets = [
        Sheet("comparisons", *comparisons),
        Sheet("volumes", *volumes),
        Sheet("zscores", *scores),
        Sheet("about", (), about),
    ]
    write_text(folder / "volumes.csv", csv_text(*volumes))
    write_text(folder / "zscores.csv", csv_text(*scores))
    write_text(folder / "cohort.csv", csv_text(*comparisons))
    write_bytes(folder / "cohort.xlsx", workbook(sheets, report.created))
    write_text(folder / "cohort.html", html)
    write_bytes(folder / "cohort.pdf", volumes_pdf(page))
    write_text(folder / "cohort.json", report.to_json())


def _by_subject(report: VolumesReport, what: str) -> Table:
    values = [getattr(subject, what) for subject in report.subjects]
    names = list(dict.fromkeys(name for value in values for name in value))
    columns = list(dict.fromkeys(column for subject in report.subjects for column in subject.covariates))
    places = [place for place in ("dataset", "session") if any(getattr(s, place) for s in report.subjects)]
    sizes = [size for size in (BRAIN_ML, INTRACRANIAL_ML) if size not in columns]
    head = ["participant_id", *places, "file", "group", *columns, *sizes, *names]
    return head, [
        [
            s.subject,
            *(getattr(s, place) for place in places),
            *(s.file, s.group),
            *map(s.covariates.get, columns),
            *(getattr(s, size) for size in sizes),
            *map(value.get, names),
        ]
        for s, value in zip(report.subjects, values, strict=True)
    ]


def _tests(report: VolumesReport) -> Table:
    fields = list(VolumeEffect.model_fields)
    sizes = ["n", "reference_n"]
    rest = [field for field in fields if field not in sizes]
    return ["group", "reference", *sizes, *rest], [
        [c.group, report.reference, *(_cell(getattr(nucleus, f)) for f in (*sizes, *rest))]
        for c in report.comparisons
        for nucleus in c.effects
    ]


def _cell(value: Cell) -> Cell:
    """Write a mark as 1 or 0: spreadsheets count it."""
    return int(value) if isinstance(value, bool) else value
