"""Results of `segment` as a DICOM segmentation object, for scans that came as DICOM."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from brainstem_app.counting import counted
from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import write_bytes
from brainstem_app.imaging.dicom.conversion import split_series
from brainstem_app.imaging.dicom.headers import is_dicom_file
from brainstem_app.imaging.dicom.source import read_source_images, says_where_it_lies
from brainstem_app.imaging.inputs import ScanInput
from brainstem_app.imaging.label_map import load_label_map
from brainstem_app.jobs.job import SegmentJob
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.scans.loaded_model import LoadedModel
from brainstem_app.jobs.scans.segment_files import ARTIFACTS
from brainstem_app.reports.exports.dicom_seg import Maker, labels_on_frames, segmentation_bytes

DICOM_FILE_NAME = "labels_dicom.dcm"


def came_as_dicom(path: Path) -> bool:
    """Whether a path of `expand_inputs` is a DICOM series: a folder, or one file of it."""
    folder, _ = split_series(path)
    return folder.is_dir() or is_dicom_file(folder)


def require_dicom(scans: Sequence[ScanInput], orientation: str | None = None) -> None:
    """Refuse scans that no DICOM segmentation can lie on, before any of them is segmented.

    Parameters
    ----------
    orientation : str, optional
        The user's word for scans whose headers do not say how they lie. It places the voxels of a scan, not
        the images of its series.

    Raises
    ------
    InputError
        If no scan has a DICOM series for the object to lie on, or if only the user's word says how one lies.
    """
    series = [scan for scan in scans if came_as_dicom(scan.path)]
    if not series:
        raise InputError(
            "No scan came as DICOM, so there is no series that a DICOM segmentation could lie on.",
            scans[0].path,
            "Leave --dicom-seg out, or give the folder of the DICOM series.",
        )
    for scan in series if orientation is not None else ():
        if not says_where_it_lies(scan.path):
            raise InputError(
                f"The images of {scan.name} do not say where their pixels lie, and --orientation does not "
                "say it of each image: no DICOM segmentation can lie on them.",
                scan.path,
                "Leave --dicom-seg out, or export the series from the scanner or archive again, with "
                "positions and orientations.",
            )


def write_dicom(
    job: SegmentJob, scan: ScanInput, folder: Path, model: LoadedModel, reporter: Reporter
) -> None:
    """Write ``labels_dicom.dcm`` into the folder of a finished scan; warn if it did not come as DICOM."""
    if not came_as_dicom(scan.path):
        reporter.warn(
            f"{scan.name}: no DICOM segmentation, for the scan did not come as DICOM.",
            scan.path,
            "Give the folder of its DICOM series.",
        )
        return
    labels, affine = load_label_map(folder / ARTIFACTS["labels_native"])
    images = read_source_images(scan.path)
    lost = int(np.count_nonzero(labels)) - int(np.count_nonzero(labels_on_frames(labels, affine, images)))
    if lost:
        reporter.warn(
            f"{scan.name}: the slices of the series do not lie on the voxels of the scan, which was "
            f"interpolated when it was read; the DICOM segmentation differs by "
            f"{counted(abs(lost), 'voxel')}.",
            scan.path,
            "Take the volumes from the report, not from the DICOM segmentation.",
        )
    maker = Maker(
        model.card.name,
        model.card.sha256.get(model.weights.name, ""),
        model.atlas.name,
        model.atlas.version,
    )
    content = segmentation_bytes(
        labels, affine, model.atlas.table, images, maker, job.dicom_identity, folder.name
    )
    write_bytes(folder / DICOM_FILE_NAME, content)
    reporter.artifact("labels_dicom", folder / DICOM_FILE_NAME, folder.name)
