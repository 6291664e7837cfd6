"""Midsagittal areas of real heads: as they are, turned, and with a midbrain that has shrunk."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from changed_heads import NOISE, STRIPPED, Bell, bells_of, shrunk, source
from measured_heads import hash_of_code, kept_arrays
from numpy.typing import NDArray
from scipy.ndimage import affine_transform
from scipy.spatial.transform import Rotation

from brainstem_app.atlas.midsagittal import MIDBRAIN, Midsagittal, measure_midsagittal
from brainstem_app.atlas.warped import WarpedAtlas, labels_under
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import AROUND_BOX, MNI_SHAPE, Affine, box_affine, crop_to_box
from brainstem_app.jobs.scans.loaded_model import LoadedModel
from brainstem_app.models.prediction import predict_box
from brainstem_app.preprocessing.intensity import LIMIT
from brainstem_app.preprocessing.midsagittal_plane import (
    MidsagittalPlane,
    carried_plane,
    find_midsagittal_plane,
)
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.scan_to_atlas import ScanToAtlas
from brainstem_app.preprocessing.transforms import Transforms

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
# What is kept holds as long as this code is the same: all that places a head, and not its plane.
_CODE = (
    "preprocessing/[!m]*.py",
    "models/atlas_fit.py",
    "models/local_correlation.py",
    "models/prediction.py",
)
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
        assert model.mapped_atlas.regions is not None
        grid = self.scan.shape, self.scan.affine
        found = measure_midsagittal(to_atlas or self.warped.map, model.mapped_atlas.regions, plane, grid)
        assert found is not None
        return areas_of(found)


def areas_of(found: Midsagittal) -> Areas:
    """Areas by name, mm², and the ratio, %."""
    areas = {name: each.area_mm2 for name, each in found.areas.items()}
    return {**areas, "ratio": 100 * areas["midbrain_tegmentum"] / areas["pons"]}


class Placed:
    """Heads that went the program's whole way, on disk: what is there is not computed again.

    Parameters
    ----------
    work : Path
        They are kept by the hash of model and code, but for the code that finds the plane.
    """

    def __init__(self, work: Path, model: LoadedModel) -> None:
        self.model = model
        told = repr((hash_of_code(_CODE), sorted(model.card.sha256.items()), model.card.method))
        self._folder = work / f"midsagittal-{hashlib.sha256(told.encode()).hexdigest()[:8]}"
        self._folder.mkdir(parents=True, exist_ok=True)

    def head(self, name: str, scan: Scan) -> Head:
        """Take a scan the whole way, if it did not go it before, and find its plane."""

        def work() -> dict[str, NDArray[np.generic]]:
            normalised = normalise_scan(scan)
            found = predict_box(
                self.model.open_network(), normalised.box, self.model.context, lambda share, text: None
            )
            assert found.displacement is not None
            near = AROUND_BOX.crop(normalised.image)
            return {"near": near, "field": found.displacement, "a": normalised.transforms.mni_to_native}

        kept = kept_arrays(self._folder / f"{name}.npz", work)
        image = np.full(MNI_SHAPE, np.float32(-LIMIT))
        image[AROUND_BOX.slices] = kept["near"]
        transforms = Transforms(kept["a"])
        warped = WarpedAtlas(self.model.context.bent_atlas, kept["field"], transforms)
        return Head(scan, warped, find_midsagittal_plane(image, transforms))


def turned(scan: Scan) -> tuple[Scan, Affine]:
    """Turn and move a head, resample it once and add noise; and where its points were, mm to mm."""
    turn = Rotation.from_euler("xyz", TURN, degrees=True).as_matrix()
    middle = (scan.affine @ [*(np.array(scan.shape) / 2), 1])[:3]
    back = np.eye(4)
    back[:3, :3], back[:3, 3] = turn, middle - turn @ middle + SHIFT_MM
    return _resampled(scan, back), back


def measure_head(placed: Placed, name: str, scan: Scan) -> dict[str, Any]:
    """All figures of one head."""
    model = placed.model
    whole = placed.head(name, scan)
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
    moved = placed.head(f"{name}-turned", again)
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
    found["shrunk"] = _shrunken(placed, name, whole)
    return found


def measure_scan(placed: Placed, name: str, scan: Scan) -> dict[str, Any]:
    """Areas of a scan, on the plane that it shows and on the template's."""
    model = placed.model
    head = placed.head(name, scan)
    carried = carried_plane(head.warped.transforms.mni_to_native)
    return {
        "areas": head.areas(model, head.plane),
        "areas on the template's plane": head.areas(model, carried),
    }


def _shrunken(placed: Placed, name: str, whole: Head) -> dict[str, Any]:
    """Shrink a head's midbrain alone, take it the whole way, and say what truly became of its areas."""
    model = placed.model
    regions = model.mapped_atlas.regions
    assert regions is not None
    index = regions.names.index(MIDBRAIN) + 1
    under = labels_under(crop_to_box(regions.labels), whole.warped.displacement)
    bells = bells_of(np.argwhere(under == index) + box_affine()[:3, 3], GROWTH)
    to_native = whole.warped.transforms.mni_to_native
    small = placed.head(f"{name}-shrunk", shrunk(whole.scan, bells, to_native))
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
