"""The corrected labels of a result: their numbers, and their report written anew."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np

from brainstem_app.atlas.drawn_labels import DrawnTable, load_classes
from brainstem_app.atlas.erased import mostly_erased
from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import citations_of, load_atlas
from brainstem_app.atlas.regions import follow_edit
from brainstem_app.counting import counted, listed
from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.imaging.dicom.conversion import split_series
from brainstem_app.imaging.label_map import load_label_map
from brainstem_app.imaging.reading import read_scan
from brainstem_app.jobs.results.quality_file import is_written
from brainstem_app.models.label_meaning import labels_in, meaning_of_labels
from brainstem_app.reports.corrected import Correction, corrected_report
from brainstem_app.reports.scan.files import write_report_files
from brainstem_app.reports.scan.manifest import make_manifest, sha256_of
from brainstem_app.reports.scan.midsagittal import MIDSAGITTAL_PICTURE
from brainstem_app.reports.scan.model import ModelDescription, Report, ReportInputs
from brainstem_app.reports.scan.reading import read_report
from brainstem_app.reports.scan.regions import RegionsOnScan
from brainstem_app.study.segmentations import LabelledScan
from brainstem_app.written_files import EDITED_FOLDER, LABELS_FILE, REGION_LABELS_FILE, REPORT_FILE

_GRID_TOLERANCE_MM = 0.1


def report_of_version(result: LabelledScan) -> Report:
    """Report of the labels that count now: the segmentation's, or that of the corrected labels.

    The latter is read where it was written for this very correction, and made else; nothing is written.

    Raises
    ------
    InputError
        If a file is missing or damaged, or the corrected labels do not fit the original.
    """
    original = read_report(result.folder / REPORT_FILE)
    if result.edit is None:
        return original
    written = result.folder / EDITED_FOLDER / REPORT_FILE
    if is_written(result) and written.is_file():
        return read_report(written)
    return corrected_report(original, read_correction(result.folder, result.edit.path, result.edit.saved)[0])


def read_correction(
    folder: Path, edited: Path, saved: datetime, numbers: DrawnTable | None = None
) -> tuple[Correction, LabelTable | None]:
    """Read the labels of a result before and after a correction, and what its regions mean.

    Parameters
    ----------
    folder : Path
        Of the result.
    edited : Path
        The corrected labels.
    saved : datetime
        When they were.
    numbers : DrawnTable, optional
        How the numbers of the corrected labels become those of the result, if they are others.

    Raises
    ------
    InputError
        If a file is no label map, the grids differ, a label is not of the result's atlas, or no nucleus is
        left.
    """
    before, affine = load_label_map(folder / LABELS_FILE)
    after, placed = load_classes(edited, numbers)
    if before.shape != after.shape or not np.allclose(affine, placed, atol=_GRID_TOLERANCE_MM):
        raise InputError(
            "The corrected labels do not lie on the grid of the original.",
            edited,
            f"Correct a copy of {LABELS_FILE}, without resampling it.",
        )
    known = meaning_of_labels(folder / LABELS_FILE, labels_in(before)).table
    unknown = sorted(labels_in(after) - {structure.index for structure in known.structures})
    if unknown:
        raise InputError(
            f"The corrected labels hold {counted(len(unknown), 'number')} that this result's atlas does not "
            f"name: {listed([str(index) for index in unknown])}.",
            edited,
            f"Correct a copy of {LABELS_FILE}, and give that; other numbers belong to other structures.",
        )
    there, left = (np.bincount(labels.ravel(), minlength=256).tolist() for labels in (before, after))
    mostly_erased(known, there, left, edited)  # refuses that all is
    regions_path = folder / REGION_LABELS_FILE
    if not regions_path.is_file():
        return Correction(before, after, affine, saved), None
    regions, region_affine = load_label_map(regions_path)
    if regions.shape != before.shape or not np.allclose(region_affine, affine, atol=_GRID_TOLERANCE_MM):
        raise InputError(
            "The regions of this result do not lie on the grid of its labels.",
            regions_path,
            "Segment the scan again.",
        )
    table = meaning_of_labels(regions_path, labels_in(regions)).table
    return Correction(before, after, affine, saved, regions, table.names[1:]), table


def write_corrected_report(
    result: LabelledScan, command: tuple[str, ...], scan: Path | None = None
) -> Report:
    """Write the report of the corrected labels of a result into its folder ``edited``.

    Parameters
    ----------
    scan : Path, optional
        Where the scan lies, as for `scan_to_show`.

    Raises
    ------
    InputError
        As `read_correction`, or if the result has no correction.
    BrainstemError
        If the scan is not where it was, or is another one now: the picture shows it.
    """
    if result.edit is None:
        raise InputError(
            f"The labels of {result.name} were not corrected.",
            result.folder,
            "Correct them in Review, or give the corrected label map with --labels.",
        )
    original = read_report(result.folder / REPORT_FILE)
    correction, regions = read_correction(result.folder, result.edit.path, result.edit.saved)
    inputs = _inputs(result, original, correction, regions, command, scan_to_show(result, scan))
    report = corrected_report(original, correction)
    drawn = result.folder / MIDSAGITTAL_PICTURE
    plane = drawn.read_bytes() if report.midsagittal is not None and drawn.is_file() else b""
    if not plane:
        report = report.model_copy(update={"midsagittal": None})
    manifest = make_manifest(inputs, report.created)
    write_report_files(result.folder / EDITED_FOLDER, report, inputs, manifest, plane=plane)
    return report


def _inputs(
    result: LabelledScan,
    original: Report,
    correction: Correction,
    regions: LabelTable | None,
    command: tuple[str, ...],
    path: Path,
) -> ReportInputs:
    """Gather what the pages of the report say beside the numbers, and show."""
    original_labels = result.folder / LABELS_FILE
    meaning = meaning_of_labels(original_labels, labels_in(correction.after))
    try:
        atlas = load_atlas(original.atlas.name)
        citations = citations_of(atlas) if atlas.version == original.atlas.version else ()
    except InputError:
        citations = ()
    placed = None
    if correction.regions is not None and regions is not None:
        followed = follow_edit(correction.regions, correction.after)
        placed = RegionsOnScan(regions, followed, is_edited=True)
    edited = result.current_labels
    return ReportInputs(
        labels_native=correction.after,
        labels_affine=correction.affine,
        table=meaning.table,
        atlas_name=original.atlas.name,
        atlas_version=original.atlas.version,
        atlas_citations=citations,
        model=_model(original),
        scan=read_scan(path),
        regions=placed,
        settings={"corrected": edited.name},
        files={"scan": path, "original": original_labels, "labels": edited},
        command=command,
    )


def scan_to_show(result: LabelledScan, given: Path | None = None) -> Path:
    """Scan that a result is of; BrainstemError if it is not there, or is another one.

    Parameters
    ----------
    given : Path, optional
        Where it lies, if somebody has said it.
    """
    scan, original = given or result.scan, read_report(result.folder / REPORT_FILE)
    if scan is None:
        raise BrainstemError(
            "Nothing beside this result says where its scan lies, and the picture of the report shows it.",
            result.folder,
            f"Give the scan, {original.scan.file}: `brainstem-app correct RESULT --scan SCAN`.",
        )
    there, _ = split_series(scan)
    if not there.exists():
        raise BrainstemError(
            "The scan is not where it was, so the picture of the report cannot be drawn.",
            scan,
            "Connect its drive, or say where it lies now: `brainstem-app correct RESULT --scan SCAN`.",
        )
    if original.scan.sha256 and there.is_file() and sha256_of(there) != original.scan.sha256:
        raise BrainstemError(
            f"This is not the scan that was segmented ({original.scan.file}): its content is another.",
            scan,
            "Put that scan back, or segment this one.",
        )
    return scan


def _model(original: Report) -> ModelDescription | None:
    model = original.model
    if model is None:
        return None
    return ModelDescription(
        name=model.name,
        sha256=model.sha256 or "",
        version=model.version or "",
        test_macro_miou=model.test_macro_miou,
        test_nuclei_miou=model.test_macro_miou_nuclei,
    )
