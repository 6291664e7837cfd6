"""The files of the report on volumes: tables for a statistics program, a page to read, JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from brainstem_app import __version__
from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.html import render
from brainstem_app.reports.report_model import RELIABILITY_TEXT
from brainstem_app.reports.volumes_model import VolumeEffect, VolumesReport

FILES = ("cohort.json", "cohort.csv", "cohort.html", "volumes.csv", "zscores.csv")


def write_volumes_report(folder: Path, report: VolumesReport) -> None:
    """Write the `FILES` into a folder, each whole or not at all, ``cohort.json`` last.

    ``volumes.csv`` and ``zscores.csv`` have one row a subject, ``cohort.csv`` one a comparison and nucleus.
    """
    page = render("volumes.html", report=report, reliability=RELIABILITY_TEXT, version=__version__)
    write_text(folder / "volumes.csv", _by_subject(report, "volume_mm3"))
    write_text(folder / "zscores.csv", _by_subject(report, "z"))
    write_text(folder / "cohort.csv", _comparisons(report))
    write_text(folder / "cohort.html", page)
    write_text(folder / "cohort.json", report.to_json())


def _by_subject(report: VolumesReport, what: str) -> str:
    values = [getattr(subject, what) for subject in report.subjects]
    names = list(dict.fromkeys(name for value in values for name in value))
    columns = list(dict.fromkeys(column for subject in report.subjects for column in subject.covariates))
    head = ["participant_id", "file", "group", *columns, *names]
    return _table(
        head,
        (
            [s.subject, s.file, s.group, *map(s.covariates.get, columns), *map(value.get, names)]
            for s, value in zip(report.subjects, values, strict=True)
        ),
    )


def _comparisons(report: VolumesReport) -> str:
    fields = list(VolumeEffect.model_fields)
    return _table(
        ["group", "reference", "n", "reference_n", *fields],
        (
            [c.group, report.reference, c.n, c.reference_n, *(getattr(nucleus, f) for f in fields)]
            for c in report.comparisons
            for nucleus in c.nuclei
        ),
    )


def _table(head: list[str], rows: Iterable[list[object]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return buffer.getvalue()
