"""Read a scan from a NIfTI file, an MGH/MGZ file or a DICOM folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.header_checks import check_header
from brainstem_app.imaging.orientation import all_orientations
from brainstem_app.imaging.scan import Finding, Level, Scan
from brainstem_app.imaging.scan_file import open_scan_file
from brainstem_app.imaging.voxel_checks import check_geometry, check_voxels, replace_not_finite


def read_scan(path: Path, assume_orientation: str | None = None, series: str | None = None) -> Scan:
    """Read one T1-weighted scan and check it.

    Parameters
    ----------
    path : Path
        NIfTI (.nii, .nii.gz), MGH or MGZ file, or the folder of a DICOM series; ``FOLDER#SERIES`` chooses
        one series of a folder that holds several.
    assume_orientation : str, optional
        Direction of the three voxel axes, e.g. ``"RAS"``, used only if the header states none.
    series : str, optional
        Number or description of the DICOM series; see `brainstem_app.imaging.dicom.list_series`.

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
    return _read_file(path, assume_orientation)


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


def _read_file(path: Path, assume_orientation: str | None, extra: tuple[Finding, ...] = ()) -> Scan:
    with open_scan_file(path) as opened:
        placed = check_header(opened, assume_orientation)
        values = opened.read_values()
    values, lost = replace_not_finite(values)
    scan = Scan(values, placed.affine, path)
    findings = (*extra, *opened.findings, *placed.findings, *lost, *check_geometry(scan), *check_voxels(scan))
    return replace(scan, findings=findings)
