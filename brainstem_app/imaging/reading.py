"""Read a scan from a NIfTI file, an MGH/MGZ file or a DICOM folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.scan_name import check_name
from brainstem_app.imaging.dicom.conversion import convert_series, split_series
from brainstem_app.imaging.dicom.headers import is_dicom_file
from brainstem_app.imaging.dicom.temporary import conversion_folder
from brainstem_app.imaging.header_checks import check_header
from brainstem_app.imaging.orientation import all_orientations, to_letters
from brainstem_app.imaging.scan import Finding, Level, Scan
from brainstem_app.imaging.scan_file import open_scan_file
from brainstem_app.imaging.unreadable import UnreadableScanError
from brainstem_app.imaging.voxel_checks import check_geometry, check_voxels, replace_not_finite

_FILE_OF_SERIES = Finding(
    Level.INFO,
    "dicom-file-given",
    "One DICOM file was given; the whole series it belongs to was read from its folder.",
)


def read_scan(path: Path, assume_orientation: str | None = None, series: str | None = None) -> Scan:
    """Read one T1-weighted scan and check it.

    Parameters
    ----------
    path : Path
        NIfTI (.nii, .nii.gz, .hdr/.img), MGH or MGZ file, or the folder of a DICOM series; ``FOLDER#SERIES``
        chooses one series of a folder that holds several.
    assume_orientation : str, optional
        Direction of the three voxel axes, e.g. ``"RAS"``, used only if the header states none; of DICOM where
        columns, rows and slices run, in the order of the slices' numbers.
    series : str, optional
        Number or description of the DICOM series; see `brainstem_app.imaging.dicom.series.list_series`.

    Returns
    -------
    Scan
        float32 voxels in the file's own order, finite, with what was found. Findings of level ``error``
        do not raise here as long as the voxels can be read: see `require_usable`.

    Raises
    ------
    InputError
        If no scan can be read: nothing there, damaged, of another kind, several volumes or series.
    """
    if assume_orientation is not None and assume_orientation not in all_orientations():
        raise InputError(
            f"{assume_orientation!r} is no orientation.",
            None,
            "Give three letters for the directions of the axes, such as RAS, LAS or LPS.",
        )
    folder, chosen = split_series(path)
    if folder.is_dir():
        return _read_dicom(folder, series or chosen, assume_orientation, ())
    if is_dicom_file(path):
        return _read_dicom(path, None, assume_orientation, (_FILE_OF_SERIES,))
    return _read_file(path, assume_orientation, check_name(path))


def require_usable(scan: Scan) -> None:
    """Refuse a scan with a finding of level ``error``.

    Raises
    ------
    InputError
        With the first such finding.
    """
    for finding in scan.findings:
        if finding.level is Level.ERROR:
            raise InputError(finding.problem, scan.source, finding.fix)


def _read_dicom(
    path: Path, series: str | None, assume_orientation: str | None, extra: tuple[Finding, ...]
) -> Scan:
    source = path.parent if path.is_file() else path
    try:
        with conversion_folder() as folder:
            converted = convert_series(path, folder, series, assume_orientation)
            found = (*extra, *converted.findings)
            stated = assume_orientation if converted.letters is None else None
            scan = replace(_read_converted(converted.path, source, stated, found), source=source)
    except OSError as error:
        raise UnreadableScanError(
            "temporary-folder",
            f"The series cannot be converted in the temporary folder: {error.strerror or error}.",
            error.filename or source,
            "Make room there, or name another folder in the environment variable TMPDIR (Windows: TEMP).",
        ) from error
    if converted.letters is None:
        return scan
    # dcm2niix turns images upside down; the user speaks of columns, rows and slices as they are stored.
    data, affine = to_letters(scan.data, scan.affine, converted.letters)
    return replace(scan, data=np.ascontiguousarray(data), affine=affine)


def _read_converted(
    file: Path, source: Path, assume_orientation: str | None, extra: tuple[Finding, ...]
) -> Scan:
    """Read what dcm2niix made; an error names the series, for the file is gone by then."""
    try:
        scan = _read_file(file, assume_orientation, extra)
    except UnreadableScanError as error:
        raise UnreadableScanError(error.code, error.what, source, error.fix) from error
    # The header with two transforms is dcm2niix' own; images turned by a hair have a finding of theirs.
    return replace(scan, findings=tuple(f for f in scan.findings if f.code != "qform-sform-differ"))


def _read_file(path: Path, assume_orientation: str | None, extra: tuple[Finding, ...] = ()) -> Scan:
    with open_scan_file(path) as opened:
        placed = check_header(opened, assume_orientation)
        values, moved = opened.read_intensities()
    values, lost = replace_not_finite(values)
    scan = Scan(values, placed.affine, path)
    findings = (*extra, *opened.findings, *placed.findings, *moved, *lost)
    return replace(scan, findings=(*findings, *check_geometry(scan), *check_voxels(scan)))
