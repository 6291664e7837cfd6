"""The files that `segment` puts into the folder of one scan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import AnyAtlas, Atlas
from brainstem_app.atlas.regions import Regions
from brainstem_app.atlas.warped import SoftMeasures, WarpedAtlas
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import Affine, crop_to_box, mni_affine, paste_into_mni
from brainstem_app.jobs.scans.segment_regions import (
    REGION_FILES,
    measured_regions,
    placed_regions,
    warped_regions,
    write_regions,
)
from brainstem_app.models.prediction import Prediction
from brainstem_app.preprocessing.midsagittal_plane import MidsagittalPlane, find_midsagittal_plane
from brainstem_app.preprocessing.normalise import Normalised
from brainstem_app.preprocessing.scan_to_atlas import ITK_FILES, ScanToAtlas
from brainstem_app.reports.exports.label_files import write_label_files
from brainstem_app.reports.exports.surfaces import Shapes, WarpedShapes
from brainstem_app.reports.scan.midsagittal import MIDSAGITTAL_FILES
from brainstem_app.reports.scan.region_model import WHOLE
from brainstem_app.reports.scan.regions import REGIONS_CSV, RegionsOnScan, where_empty
from brainstem_app.written_files import (
    CONFIDENCE_FILE,
    LABELS_FILE,
    MANIFEST_FILE,
    QC_PICTURE,
    REPORT_FILE,
    TRANSFORMS_FOLDER,
)

ARTIFACTS = {
    "labels_native": LABELS_FILE,
    "labels_mni": "labels_mni.nii.gz",
    "confidence_native": CONFIDENCE_FILE,
    "labels_itksnap": "labels_itksnap.txt",
    "labels_freesurfer": "labels_freesurfer.txt",
    "labels_slicer": "labels_slicer.ctbl",
    "report_html": "report.html",
    "report_pdf": "report.pdf",
    "report_json": REPORT_FILE,
    "report_csv": "report.csv",
    "report_xlsx": "report.xlsx",
    "picture": QC_PICTURE,
    "manifest": MANIFEST_FILE,
}
#: Only where the atlas divides the brainstem into regions.
REGION_ARTIFACTS = {name.partition(".")[0]: name for name in (*REGION_FILES, REGIONS_CSV)}
#: Only where areas were measured on the midsagittal plane.
MIDSAGITTAL_ARTIFACTS = {name.partition(".")[0]: name for name in MIDSAGITTAL_FILES}
#: All that a result can have.
POSSIBLE_ARTIFACTS = ARTIFACTS | REGION_ARTIFACTS | MIDSAGITTAL_ARTIFACTS


@dataclass(frozen=True)
class OnScan:
    """What was found, on the scan's own grid.

    Attributes
    ----------
    labels : ndarray of uint8
    confidence : ndarray of float32
        Of each voxel's label.
    soft : mapping of int to SoftMeasures, or None
        Volume, centre and confidence of each structure under the warp; None where voxels are counted.
    map : ScanToAtlas or None
        The warp, if there is one.
    regions : RegionsOnScan or None
        Midbrain, pons and medulla, if the atlas has them.
    """

    labels: NDArray[np.uint8]
    confidence: NDArray[np.float32]
    soft: Mapping[int, SoftMeasures] | None = None
    map: ScanToAtlas | None = None
    regions: RegionsOnScan | None = None

    @property
    def artifacts(self) -> dict[str, str]:
        """Files of the result by their role, without those that it lacks."""
        areas = None if self.regions is None else self.regions.midsagittal
        return (
            ARTIFACTS
            | (REGION_ARTIFACTS if self.regions is not None else {})
            | (MIDSAGITTAL_ARTIFACTS if areas is not None else {})
        )


def on_scan(
    scan: Scan,
    normalised: Normalised,
    prediction: Prediction,
    atlas: NDArray[np.uint8] | None,
    regions: Regions | None = None,
    plane: Callable[[], MidsagittalPlane] | None = None,
) -> OnScan:
    """Bring what was found in the box onto the scan's grid.

    Parameters
    ----------
    atlas : ndarray of uint8, shape (50, 50, 73), or None
        Label map of the atlas in the box; None for labels without one. Under a warp it is sampled at each
        voxel of the scan; without one, labels and confidence come from the nearest voxel of the box.
    regions : Regions, optional
        Those of the atlas.
    plane : callable, optional
        Returns the midsagittal plane of the scan, where that was begun to be looked for before.
    """
    grid = scan.shape, scan.affine
    if atlas is None or prediction.displacement is None or prediction.class_confidence is None:
        place = normalised.transforms.labels_to_native
        steps = np.round(prediction.confidence * 255).astype(np.uint8)
        confidence = place(steps, *grid).astype(np.float32) / np.float32(255)
        labels = place(prediction.labels, *grid)
        return OnScan(
            labels, confidence, regions=placed_regions(regions, normalised.transforms, grid, labels)
        )
    warped = WarpedAtlas(atlas, prediction.displacement, normalised.transforms)
    plane = plane or partial(find_midsagittal_plane, normalised.image, normalised.transforms)
    # One core measures while another draws.
    with ThreadPoolExecutor(1) as beside:
        soft = beside.submit(warped.measure, grid, prediction.class_confidence)
        of_regions = (
            None
            if regions is None
            else beside.submit(measured_regions, regions, warped, grid, plane, where_empty(scan.data))
        )
        labels = warped.labels_on(grid)
        confidence = warped.confidence_on(grid, labels, prediction.class_confidence)
        on_regions = None
        if regions is not None and of_regions is not None:
            drawn = warped_regions(regions, warped, grid, labels)
            on_regions = RegionsOnScan(regions.table, drawn, *of_regions.result())
        return OnScan(labels, confidence, soft.result(), warped.map, on_regions)


def shapes_of(found: OnScan, affine: Affine, atlas: AnyAtlas) -> tuple[Shapes, Shapes | None]:
    """Shapes of the nuclei and of the regions, from the warp if there is one."""

    def warped(labels: NDArray[np.uint8], soft: Mapping[int, SoftMeasures] | None) -> WarpedShapes | None:
        if found.map is None or soft is None:
            return None
        whole = {index for index, measured in soft.items() if measured.covered >= WHOLE}
        return WarpedShapes(crop_to_box(labels), found.map.to_scan, whole)

    if not isinstance(atlas, Atlas):
        return Shapes(found.labels, affine, atlas.table.nuclei, None), None
    nuclei = Shapes(found.labels, affine, atlas.table.nuclei, warped(atlas.labels, found.soft))
    regions = found.regions
    if regions is None or atlas.regions is None:
        return nuclei, None
    drawn = warped(atlas.regions.labels, regions.soft)
    return nuclei, Shapes(regions.labels, affine, regions.table.structures[1:], drawn)


def write_volumes(
    folder: Path,
    scan: Scan,
    normalised: Normalised,
    found: OnScan,
    prediction: Prediction,
    table: LabelTable,
) -> None:
    """Write transforms, label maps, confidence and what other programs need to show the labels.

    The folder is made if missing. An earlier ``report.json`` belongs to other labels and is removed first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / REPORT_FILE).unlink(missing_ok=True)
    transforms = folder / TRANSFORMS_FOLDER
    normalised.transforms.save(transforms)
    for name in ITK_FILES:
        (transforms / name).unlink(missing_ok=True)
    if found.map is not None:
        found.map.save(transforms)
    save_label_map(folder / ARTIFACTS["labels_native"], found.labels, scan.affine, space="native")
    save_volume(folder / ARTIFACTS["confidence_native"], found.confidence, scan.affine, space="native")
    in_mni = paste_into_mni(prediction.labels)
    save_label_map(folder / ARTIFACTS["labels_mni"], in_mni, mni_affine(), space="mni")
    write_label_files(folder, table)
    write_regions(folder, found.regions, scan.affine)
