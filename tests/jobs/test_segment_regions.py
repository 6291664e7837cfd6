"""Regions that a segmentation writes: those of its own atlas, on its warp, or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from brainstem_app.atlas.library import load_atlas
from brainstem_app.atlas.regions import IMPORTED_FROM, Regions, region_structure, table_of_regions
from brainstem_app.imaging.label_map import load_label_map
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import BOX_SHAPE, MNI_SHAPE, crop_to_box, mni_affine
from brainstem_app.jobs.scans.segment_files import OnScan, on_scan, shapes_of
from brainstem_app.jobs.scans.segment_regions import write_regions
from brainstem_app.models.prediction import Prediction
from brainstem_app.preprocessing.fit import Fit
from brainstem_app.preprocessing.intensity import normalise
from brainstem_app.preprocessing.normalise import Normalised
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.reports.scan.regions import are_imported, regions_note


def _on_template(regions: Regions | None) -> tuple[OnScan, Scan]:
    """The template, segmented without a bend."""
    atlas, template = load_atlas(), load_template()
    scan = Scan(template.t1, mni_affine(), Path("template.nii.gz"))
    fit = Fit(1.0, 1.0, 1.0, -72.0, 1.0, 1.0, 1.8)
    image = normalise(template.t1, template.brain)
    normalised = Normalised(image, Transforms(np.eye(4)), fit, (), brain_ml=1800.0)
    labels = crop_to_box(atlas.labels)
    sure = np.ones((*BOX_SHAPE, atlas.table.n_classes), dtype=np.float32)
    still = np.zeros((3, *BOX_SHAPE), dtype=np.float32)
    prediction = Prediction(labels, sure[..., 0], labels, still, sure)
    return on_scan(scan, normalised, prediction, labels, regions), scan


def _halves(brainstem: NDArray[np.bool_]) -> Regions:
    """A lab's own division: at z = −30 mm."""
    labels = np.zeros(MNI_SHAPE, dtype=np.uint8)
    labels[..., 42:][brainstem[..., 42:]] = 1
    labels[..., :42][brainstem[..., :42]] = 2
    source = f"{IMPORTED_FROM}parts.nii.gz"
    rows = [region_structure(k, name, name, "#808080", source, "none") for k, name in ((1, "up"), (2, "low"))]
    return Regions(table_of_regions(rows), labels)


def test_areas_of_the_template_come_from_its_own_symmetry(tmp_path: Path) -> None:
    regions = load_atlas().regions
    found, _ = _on_template(regions)
    assert regions is not None
    assert found.regions is not None
    plane = found.regions.midsagittal
    assert plane is not None
    assert plane.plane.is_refined
    assert plane.plane.symmetry > 0.99
    assert (abs(plane.plane.shifted_mm), plane.plane.turned_degrees) < (0.05, 0.05)
    middle = crop_to_box(regions.labels)[25]
    assert plane.areas["pons"].area_mm2 == pytest.approx(np.count_nonzero(middle == 2), rel=0.01)
    assert found.artifacts["midsagittal"] == "midsagittal.png"


def test_imported_regions_are_measured_written_and_shaped_as_the_shipped_ones(tmp_path: Path) -> None:
    atlas = load_atlas()
    own = _halves(atlas.labels > 0)
    found, scan = _on_template(own)
    regions = found.regions
    assert regions is not None
    assert regions.soft is not None
    volumes = [regions.soft[k].volume_mm3 for k in (0, 1, 2)]
    assert volumes[1:] == pytest.approx([np.count_nonzero(own.labels == k) for k in (1, 2)], rel=0.01)
    assert volumes[0] == pytest.approx(sum(volumes[1:]))
    assert regions.midsagittal is None, "it has no midbrain and pons"
    assert are_imported(regions.table)
    assert "the atlas's own and carried to the scan: up: imported from parts.nii.gz" in regions_note(regions)
    write_regions(tmp_path, regions, scan.affine)
    np.testing.assert_array_equal(load_label_map(tmp_path / "labels_regions_native.nii.gz")[0], own.labels)
    assert '"low"' in (tmp_path / "labels_regions_itksnap.txt").read_text(encoding="utf-8")
    _, shapes = shapes_of(found, scan.affine, replace(atlas, regions=own))
    assert shapes is not None
    sizes = {mesh.name: np.ptp(mesh.points[:, 2]) for mesh in shapes.meshes()}
    assert sizes == pytest.approx({"up": 29, "low": 42}, abs=2.5)


def test_atlas_without_regions_has_none_of_the_shipped_ones(tmp_path: Path) -> None:
    found, scan = _on_template(None)
    assert found.regions is None
    write_regions(tmp_path, found.regions, scan.affine)
    assert not list(tmp_path.iterdir())
    assert shapes_of(found, scan.affine, load_atlas())[1] is None
    assert not any("regions" in name or "midsagittal" in name for name in found.artifacts)
