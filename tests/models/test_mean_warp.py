"""The mean warp is symmetric, and leads where the training subjects' warps lead on average."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine
from brainstem_app.models.mean_warp import displacement_in_box, mean_warp
from brainstem_app.preprocessing.transforms import Displacement


def _warp(x: float, y: float, z: float) -> Displacement:
    field = np.broadcast_to(np.array([x, y, z], dtype=np.float32), (*BOX_SHAPE, 3)).copy()
    return Displacement(field, box_affine())


def test_what_is_alike_on_both_sides_is_the_mean_of_the_subjects() -> None:
    found = mean_warp([_warp(0, 1, -2), _warp(0, 2, 0)])
    np.testing.assert_allclose(found.field[20, 20, 20], (0, 1.5, -1))


def test_a_shift_to_one_side_is_no_usual_one() -> None:
    assert not mean_warp([_warp(3, 0, 0)]).field.any()


def test_both_sides_move_outwards_if_one_did() -> None:
    warp = _warp(0, 0, 0)
    # The box ends at x = -25 mm and 24 mm; 0 mm is voxel 25.
    warp.field[35, :, :, 0] = 1.0
    found = mean_warp([warp]).field
    np.testing.assert_allclose(found[35, 10, 10, 0], 0.5)
    np.testing.assert_allclose(found[15, 10, 10, 0], -0.5)


def test_it_is_the_same_from_a_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    field = rng.normal(0, 1, (*BOX_SHAPE, 3)).astype(np.float32)
    found = mean_warp([Displacement(field, box_affine())])
    found.save(tmp_path / "warp.nii.gz")
    again = displacement_in_box(Displacement.load(tmp_path / "warp.nii.gz"))
    np.testing.assert_allclose(again, np.moveaxis(found.field, -1, 0), atol=1e-5)


def test_no_warps_have_no_mean() -> None:
    with pytest.raises(ValueError, match="no warps"):
        mean_warp([])
