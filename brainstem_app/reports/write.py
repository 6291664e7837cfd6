"""Write all files of a report into its folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from brainstem_app.imaging.atomic import write_bytes, write_text
from brainstem_app.reports.build import build_report
from brainstem_app.reports.html import report_html
from brainstem_app.reports.manifest import Manifest, make_manifest
from brainstem_app.reports.midsagittal import write_midsagittal
from brainstem_app.reports.midsagittal_picture import midsagittal_png
from brainstem_app.reports.page import make_page
from brainstem_app.reports.pdf import report_pdf
from brainstem_app.reports.qc_picture import QcVolumes, qc_png
from brainstem_app.reports.regions import write_regions_csv
from brainstem_app.reports.report_model import Report, ReportInputs
from brainstem_app.reports.table_csv import report_csv
from brainstem_app.reports.table_xlsx import report_xlsx


def write_report(folder: Path, inputs: ReportInputs, ready: Callable[[], object] = lambda: None) -> Report:
    """Measure the labels and write the seven files of a report.

    They are ``report.json``, ``.csv``, ``.xlsx``, ``.html`` and ``.pdf``, ``qc.png`` and ``manifest.json``;
    with regions also ``report_regions.csv``, and with areas on the midsagittal plane ``midsagittal.png`` and
    ``report_midsagittal.csv``. Each file is written whole or not at all; ``report.json`` comes
    last: a folder with it is complete.

    Parameters
    ----------
    folder : Path
        Made if missing; files of those names are replaced.
    inputs : ReportInputs
        What the report is made from.
    ready : callable
        Called when all is made, before the first file is written: returns when files that the report speaks
        of are there, or raises.

    Raises
    ------
    InputError
        If grids differ or a label is not in the table; nothing is written then.
    """
    created = datetime.now(UTC).astimezone().isoformat(timespec="seconds")
    manifest = make_manifest(inputs, created)
    report = build_report(inputs, manifest)
    write_report_files(folder, report, inputs, manifest, ready)
    return report


def write_report_files(
    folder: Path,
    report: Report,
    inputs: ReportInputs,
    manifest: Manifest,
    ready: Callable[[], object] = lambda: None,
    plane: bytes | None = None,
) -> None:
    """Write the files of a report whose numbers are known; see `write_report`.

    `plane` is the picture (PNG) of the midsagittal plane, if it is not to be drawn.
    """
    scan = inputs.scan.data if inputs.scan else None
    volumes = QcVolumes(inputs.labels_native, inputs.labels_affine, scan, inputs.reference)
    picture = qc_png(volumes, inputs.table, inputs.title)
    plane = midsagittal_png(inputs.regions, inputs.scan) if plane is None else plane
    page = make_page(report, inputs, manifest, folder, plane)
    html, pdf, xlsx = report_html(page, picture), report_pdf(page, picture), report_xlsx(report)
    ready()
    write_bytes(folder / "qc.png", picture)
    write_text(folder / "manifest.json", manifest.to_json())
    write_text(folder / "report.csv", report_csv(report))
    write_regions_csv(folder, report)
    write_midsagittal(folder, report, plane)
    write_bytes(folder / "report.xlsx", xlsx)
    write_text(folder / "report.html", html)
    write_bytes(folder / "report.pdf", pdf)
    write_text(folder / "report.json", report.to_json())
