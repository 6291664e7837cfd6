"""The files of the report of a scan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brainstem_app.imaging.atomic import write_bytes, write_text
from brainstem_app.reports.engine.files import MadeDocument
from brainstem_app.reports.engine.sheets import Sheet, about_sheet, entry_sheet
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.document import scan_document
from brainstem_app.reports.scan.manifest import Manifest, make_manifest
from brainstem_app.reports.scan.midsagittal import MIDSAGITTAL_CSV, MIDSAGITTAL_FILES, MIDSAGITTAL_PICTURE
from brainstem_app.reports.scan.midsagittal_picture import midsagittal_png
from brainstem_app.reports.scan.model import Report, ReportInputs, StructureEntry
from brainstem_app.reports.scan.qc_picture import QcVolumes, qc_png
from brainstem_app.reports.scan.region_model import AreaEntry, RegionEntry
from brainstem_app.reports.scan.regions import REGIONS_CSV
from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML
from brainstem_app.written_files import MANIFEST_FILE, QC_PICTURE, REPORT_FILE

_AXES = ("x", "y", "z")


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
    tables = _tables(report)
    document = scan_document(report, inputs, manifest, folder, (picture, plane))
    made = MadeDocument.of(document, (*tables.values(), _about(report)))
    ready()
    for name in (REGIONS_CSV, *MIDSAGITTAL_FILES):
        (folder / name).unlink(missing_ok=True)
    write_bytes(folder / QC_PICTURE, picture)
    write_text(folder / MANIFEST_FILE, manifest.to_json())
    if plane:
        write_bytes(folder / MIDSAGITTAL_PICTURE, plane)
    made.write(folder, "report", tables)
    write_text(folder / REPORT_FILE, report.to_json())


def _tables(report: Report) -> dict[str, Sheet]:
    """Tables of a report by the names of their CSV files; columns are named as in ``report.json``."""
    tables = {"report.csv": structures_sheet(report)}
    if report.regions:
        tables[REGIONS_CSV] = entry_sheet("regions", RegionEntry, report.regions)
    if report.midsagittal is not None:
        tables[MIDSAGITTAL_CSV] = entry_sheet("midsagittal", AreaEntry, report.midsagittal.areas)
    return tables


def structures_sheet(report: Report) -> Sheet:
    """One row a structure; a structure that was not found has no volume: statistics are to leave it out.

    The centroid is three columns, ``centroid_x_mm``, ``centroid_y_mm``, ``centroid_z_mm``.
    """
    found = [s.model_copy(update={"volume_mm3": s.measured_mm3}) for s in report.structures]
    sheet = entry_sheet("structures", StructureEntry, found)
    at = sheet.head.index("centroid_mm")
    head = [*sheet.head[:at], *(f"centroid_{axis}_mm" for axis in _AXES), *sheet.head[at + 1 :]]
    rows = [
        [*row[:at], *(s.centroid_mm or (None, None, None)), *row[at + 1 :]]
        for row, s in zip(sheet.rows, found, strict=True)
    ]
    return Sheet("structures", head, rows)


def _about(report: Report) -> Sheet:
    facts: list[tuple[str, Any]] = [
        ("scan", report.scan.file),
        (BRAIN_ML, report.scan.brain_ml),
        (INTRACRANIAL_ML, report.scan.intracranial_ml),
        ("size of the head", report.scan.head_size_in_words or None),
        ("model", report.model.title if report.model else None),
        ("atlas", report.atlas.title),
        *report.summary.model_dump(mode="json").items(),
        *((f"{f.level.value}: {f.code}", f.problem) for f in (*report.warnings, *report.notes)),
    ]
    return about_sheet(report.created, facts, (), report.methods, report.limits)
