"""The files that `segment` puts into the folder of one scan."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import mni_affine, paste_into_mni
from brainstem_app.models.prediction import Prediction
from brainstem_app.preprocessing.normalise import Normalised
from brainstem_app.reports.label_files import write_label_files

Predicted = tuple[NDArray[np.uint8], NDArray[np.float32]]

ARTIFACTS = {
    "labels_native": "labels_native.nii.gz",
    "labels_mni": "labels_mni.nii.gz",
    "confidence_native": "confidence_native.nii.gz",
    "labels_itksnap": "labels_itksnap.txt",
    "labels_freesurfer": "labels_freesurfer.txt",
    "labels_slicer": "labels_slicer.ctbl",
    "report_html": "report.html",
    "report_pdf": "report.pdf",
    "report_json": "report.json",
    "report_csv": "report.csv",
    "report_xlsx": "report.xlsx",
    "picture": "qc.png",
    "manifest": "manifest.json",
}


def to_native(scan: Scan, normalised: Normalised, prediction: Prediction) -> Predicted:
    """Labels and confidence on the scan's grid, both from the nearest voxel of the box."""
    place = normalised.transforms.labels_to_native
    labels = place(prediction.labels, scan.shape, scan.affine)
    steps = np.round(prediction.confidence * 255).astype(np.uint8)
    return labels, place(steps, scan.shape, scan.affine).astype(np.float32) / np.float32(255)


def write_volumes(
    folder: Path,
    scan: Scan,
    normalised: Normalised,
    predicted: Predicted,
    prediction: Prediction,
    table: LabelTable,
) -> None:
    """Write transforms, label maps, confidence and what other programs need to show the labels.

    The folder is made if missing. An earlier ``report.json`` belongs to other labels and is removed first.
    """
    labels, confidence = predicted
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").unlink(missing_ok=True)
    normalised.transforms.save(folder / "transforms")
    save_label_map(folder / ARTIFACTS["labels_native"], labels, scan.affine, space="native")
    save_volume(folder / ARTIFACTS["confidence_native"], confidence, scan.affine, space="native")
    in_mni = paste_into_mni(prediction.labels)
    save_label_map(folder / ARTIFACTS["labels_mni"], in_mni, mni_affine(), space="mni")
    write_label_files(folder, table)
