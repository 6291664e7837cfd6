"""The files of the report of a cohort."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.cohort.document import cohort_document
from brainstem_app.reports.cohort.model import CohortReport, VolumeEffect
from brainstem_app.reports.cohort.who_is_in import people_sheet
from brainstem_app.reports.engine.files import write_document
from brainstem_app.reports.engine.sheets import Cell, Sheet, about_sheet, entry_sheet
from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML

FILES = (
    "cohort.json",
    "cohort.csv",
    "cohort.xlsx",
    "cohort.html",
    "cohort.pdf",
    "volumes.csv",
    "zscores.csv",
    "people.csv",
)
#: Written only where sites were asked for, or a saved reference group.
OPTIONAL_FILES = ("harmonised.csv", "centiles.csv")


def write_cohort_report(folder: Path, report: CohortReport) -> None:
    """Write the `FILES` into a folder, each whole or not at all, ``cohort.json`` last.

    ``volumes.csv`` and ``zscores.csv`` have one row a subject, so has ``people.csv`` of who is in, and
    ``cohort.csv`` one a comparison and region, area or nucleus; ``cohort.xlsx`` has all of them as sheets.
    The `OPTIONAL_FILES` of an earlier report that this one does not have are removed.
    """
    comparisons, people = _comparisons(report), people_sheet(report)
    volumes, scores = _by_subject(report, "volumes", "volume_mm3"), _by_subject(report, "zscores", "z")
    facts: list[tuple[str, Cell]] = [
        ("atlas", report.atlas),
        ("models", ", ".join(report.models)),
        ("versions of the program", ", ".join(report.versions)),
        ("covariates", ", ".join(report.covariates)),
        ("subjects", len(report.subjects)),
        ("subjects in the models", len(report.modelled)),
        ("fewest people of a group and site", report.least),
        ("sites", ", ".join(f"{site}: {n}" for site, n in report.sites.items())),
        ("saved reference group", report.against.name if report.against else None),
    ]
    about = about_sheet(report.created, facts, report.notes, report.methods, report.limits)
    tables = {
        "volumes.csv": volumes,
        "zscores.csv": scores,
        "cohort.csv": comparisons,
        "people.csv": people,
    }
    if report.sites:
        tables["harmonised.csv"] = _by_subject(report, "harmonised", "harmonised")
    if report.against:
        tables["centiles.csv"] = _by_subject(report, "centiles", "centile")
    sheets = (
        comparisons,
        volumes,
        scores,
        *(tables[name] for name in OPTIONAL_FILES if name in tables),
        people,
        about,
    )
    for name in OPTIONAL_FILES:
        if name not in tables:
            (folder / name).unlink(missing_ok=True)
    write_document(folder, "cohort", cohort_document(report), sheets, tables)
    write_text(folder / "cohort.json", report.to_json())


def _by_subject(report: CohortReport, name: str, what: str) -> Sheet:
    values = [getattr(subject, what) for subject in report.subjects]
    names = list(dict.fromkeys(measured for value in values for measured in value))
    columns = list(dict.fromkeys(column for subject in report.subjects for column in subject.covariates))
    places = [place for place in ("dataset", "session") if any(getattr(s, place) for s in report.subjects)]
    sizes = [size for size in (BRAIN_ML, INTRACRANIAL_ML) if size not in columns]
    rows = [
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
    return Sheet(name, ["participant_id", *places, "file", "group", *columns, *sizes, *names], rows)


def _comparisons(report: CohortReport) -> Sheet:
    """One row a comparison and measure; the numbers of people come first."""
    sizes = ("n", "reference_n")
    every = entry_sheet("", VolumeEffect, (effect for c in report.comparisons for effect in c.effects))
    order = sorted(range(len(every.head)), key=lambda at: every.head[at] not in sizes)
    groups = [(c.group, c.reference or report.reference) for c in report.comparisons for _ in c.effects]
    rows = [[*who, *(row[at] for at in order)] for who, row in zip(groups, every.rows, strict=True)]
    return Sheet("comparisons", ["group", "reference", *(every.head[at] for at in order)], rows)
