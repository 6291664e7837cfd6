"""Midsagittal areas of real heads: as they are, turned, and with a midbrain that has shrunk."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from changed_heads import NOISE, STRIPPED, Bell, bells_of, shrunk, source
from numpy.typing import NDArray
from scipy.ndimage import affine_transform
from scipy.spatial.transform import Rotation

from brainstem_app.atlas.midsagittal import MIDBRAIN, Midsagittal, measure_midsagittal
from brainstem_app.atlas.warped import WarpedAtlas, labels_under
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import Affine, box_affine, crop_to_box
from brainstem_app.jobs.scans.loaded_model import LoadedModel
from brainstem_app.models.prediction import predict_box
from brainstem_app.preprocessing.midsagittal_plane import (
    MidsagittalPlane,
    carried_plane,
    find_midsagittal_plane,
)
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.scan_to_atlas import ScanToAtlas

#: A head is turned by so much about each of its axes, degrees, and moved, mm.
TURN, SHIFT_MM = (8.0, -8.0, 8.0), (4.0, -5.0, 3.0)
#: Growth of the coordinates in the middle of a midbrain that shrinks.
GROWTH = 0.08
#: How far the plane is put wrong to see what that does.
WRONG = {
    "1 mm aside": (1.0, 0.0, 0.0),
    "2° about the vertical": (0.0, 2.0, 0.0),
    "2° rolled": (0.0, 0.0, 2.0),
}
Areas = dict[str, float]


@dataclass(frozen=True)
class Shrunken(ScanToAtlas):
    """The map of a head to the atlas after the head has shrunk in known places."""

    bells: tuple[Bell, ...] = ()

    def to_atlas(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where points (N, 3) of the shrunken scan lie in the atlas, mm."""
        back = np.linalg.inv(self.mni_to_native)
        before = source(points_mm @ back[:3, :3].T + back[:3, 3], self.bells)
        linear = self.mni_to_native
        return super().to_atlas(before @ linear[:3, :3].T + linear[:3, 3])


@dataclass(frozen=True)
class Head:
    """A head that went the whole way of the program."""

    scan: Scan
    warped: WarpedAtlas
    plane: MidsagittalPlane

    def areas(
        self, model: LoadedModel, plane: MidsagittalPlane, to_atlas: ScanToAtlas | None = None
    ) -> Areas:
        """Areas, mm², and the ratio, %, on a plane."""
        assert model.atlas.regions is not None
        grid = self.scan.shape, self.scan.affine
        found = measure_midsagittal(to_atlas or self.warped.map, model.atlas.regions, plane, grid)
        assert found is not None
        return areas_of(found)


def areas_of(found: Midsagittal) -> Areas:
    """Areas by name, mm², and the ratio, %."""
    areas = {name: each.area_mm2 for name, each in found.areas.items()}
    return {**areas, "ratio": 100 * areas["midbrain_tegmentum"] / areas["pons"]}


def placed(model: LoadedModel, scan: Scan) -> Head:
    """Take a scan the program's whole way, and find its plane."""
    normalised = normalise_scan(scan)
    prediction = predict_box(model.open_network(), normalised.box, model.way, lambda share, text: None)
    assert prediction.displacement is not None
    warped = WarpedAtlas(model.way.atlas, prediction.displacement, normalised.transforms)
    plane = find_midsagittal_plane(normalised.image, normalised.transforms)
    return Head(scan, warped, plane)


def turned(scan: Scan) -> tuple[Scan, Affine]:
    """Turn and move a head, resample it once and add noise; and where its points were, mm to mm."""
    turn = Rotation.from_euler("xyz", TURN, degrees=True).as_matrix()
    middle = (scan.affine @ [*(np.array(scan.shape) / 2), 1])[:3]
    back = np.eye(4)
    back[:3, :3], back[:3, 3] = turn, middle - turn @ middle + SHIFT_MM
    return _resampled(scan, back), back


def measure_head(model: LoadedModel, scan: Scan) -> dict[str, Any]:
    """All figures of one head."""
    whole = placed(model, scan)
    carried = carried_plane(whole.warped.transforms.mni_to_native)
    found: dict[str, Any] = {
        "areas": whole.areas(model, whole.plane),
        "areas on the template's plane": whole.areas(model, carried),
        "symmetry": whole.plane.symmetry,
        "shifted_mm": whole.plane.shifted_mm,
        "turned_degrees": whole.plane.turned_degrees,
        "wrong": {name: whole.areas(model, whole.plane.moved(*steps)) for name, steps in WRONG.items()},
    }
    again, back = turned(scan)
    moved = placed(model, again)
    aside = (back[:3, :3] @ moved.plane.point_mm + back[:3, 3] - whole.plane.point_mm) @ whole.plane.right
    between = back[:3, :3] @ moved.plane.right
    found["turned"] = {
        "areas": moved.areas(model, moved.plane),
        "areas on the template's plane": moved.areas(
            model, carried_plane(moved.warped.transforms.mni_to_native)
        ),
        "plane_degrees": float(np.degrees(np.arccos(np.clip(between @ whole.plane.right, -1, 1)))),
        "plane_mm": float(abs(aside)),
    }
    found["shrunk"] = _shrunken(model, whole)
    return found


def measure_scan(model: LoadedModel, scan: Scan) -> dict[str, Any]:
    """Areas of a scan, on the plane that it shows and on the template's."""
    head = placed(model, scan)
    carried = carried_plane(head.warped.transforms.mni_to_native)
    return {
        "areas": head.areas(model, head.plane),
        "areas on the template's plane": head.areas(model, carried),
    }


def kept_figures(path: Path, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Figures of a JSON file, made first if it is not there."""
    if not path.exists():
        half = path.with_suffix(".part")
        half.write_text(json.dumps(work()), encoding="utf-8")
        half.replace(path)
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _shrunken(model: LoadedModel, whole: Head) -> dict[str, Any]:
    """Shrink a head's midbrain alone, take it the whole way, and say what truly became of its areas."""
    regions = model.atlas.regions
    assert regions is not None
    index = regions.names.index(MIDBRAIN) + 1
    under = labels_under(crop_to_box(regions.labels), whole.warped.displacement)
    bells = bells_of(np.argwhere(under == index) + box_affine()[:3, 3], GROWTH)
    to_native = whole.warped.transforms.mni_to_native
    small = placed(model, shrunk(whole.scan, bells, to_native))
    truly = Shrunken(to_native, whole.warped.map.warp, tuple(bells))
    return {
        "areas": small.areas(model, small.plane),
        "truth": whole.areas(model, whole.plane, truly),
    }


def _resampled(scan: Scan, back: Affine) -> Scan:
    """Resample a head once, its points moved from where `back` (mm to mm) leads, with noise of its own."""
    pull, shape = np.linalg.inv(scan.affine) @ back @ scan.affine, scan.shape
    data = affine_transform(scan.data, pull[:3, :3], pull[:3, 3], shape, order=3, mode="grid-constant")
    tissue = float(np.median(scan.data[scan.data > np.median(scan.data[scan.data > 0])]))
    data = np.maximum(data + np.random.default_rng(7).normal(0, NOISE * tissue, shape), 1e-3)
    if (scan.data == 0).mean() > STRIPPED:
        inside = (scan.data > 0).astype(np.float32)
        data = np.where(affine_transform(inside, pull[:3, :3], pull[:3, 3], shape, order=1) > 0.5, data, 0)
    return replace(scan, data=data.astype(np.float32))
