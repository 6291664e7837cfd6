"""The midsagittal plane: where the scan is symmetric, whatever its grid and its affine say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.spaces import AROUND_BOX, MNI_SHAPE, mni_affine
from brainstem_app.preprocessing.intensity import LIMIT, normalise
from brainstem_app.preprocessing.midsagittal_plane import carried_plane, find_midsagittal_plane
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Displacement, Transforms, grid_points

MIDDLE = np.array([0.0, -27.0, -36.0])


def _image(turn: NDArray[np.float64], shift: NDArray[np.float64]) -> NDArray[np.float32]:
    """The template in the box, turned about the middle of the brainstem and shifted; nothing elsewhere."""
    template = load_template()
    standard = normalise(template.t1, template.brain)
    points = grid_points(AROUND_BOX.shape, AROUND_BOX.affine)
    there = (points - MIDDLE - shift) @ turn + MIDDLE
    voxels = there - mni_affine()[:3, 3]
    image = np.full(MNI_SHAPE, np.float32(-LIMIT))
    image[AROUND_BOX.slices] = map_coordinates(standard, voxels.T, order=1, cval=-LIMIT).reshape(
        AROUND_BOX.shape
    )
    return image


def test_plane_of_a_head_that_the_affine_left_askew_is_found_by_its_symmetry() -> None:
    turn = Rotation.from_euler("zy", [2.5, -3.0], degrees=True).as_matrix()
    shift = np.array([1.7, 0.0, 0.0])
    plane = find_midsagittal_plane(_image(turn, shift), Transforms(np.eye(4)))
    assert plane.is_refined
    assert plane.symmetry > 0.95
    assert np.degrees(np.arccos(plane.right @ turn[:, 0])) < 0.3
    assert abs((plane.point_mm - MIDDLE - shift) @ turn[:, 0]) < 0.2
    assert plane.turned_degrees == pytest.approx(3.9, abs=0.4)


def test_plane_is_one_of_the_scan_and_moves_with_its_world() -> None:
    native = np.eye(4)
    native[:3, :3] = Rotation.from_euler("xyz", [11, -20, 33], degrees=True).as_matrix()
    native[:3, :3] @= np.diag([1.1, 0.9, 1.0])
    native[:3, 3] = 5, -40, 12
    plane = find_midsagittal_plane(_image(np.eye(3), np.zeros(3)), Transforms(native))
    carried = carried_plane(native)
    assert plane.degrees_to(carried) < 0.2
    axes = np.stack([plane.right, plane.front, plane.up])
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(axes) == pytest.approx(1)
    # The template's points of x = 0 lie on it, and the patient's right is on its right.
    on = native[:3, :3] @ [0.0, -60.0, 20.0] + native[:3, 3]
    right = native[:3, :3] @ [10.0, -27.0, -36.0] + native[:3, 3]
    assert abs((on - carried.point_mm) @ carried.right) < 1e-9
    assert (right - plane.point_mm) @ plane.right > 9


def test_without_a_symmetric_scan_the_plane_is_the_templates_and_says_so() -> None:
    noise = np.random.default_rng(0).normal(size=MNI_SHAPE).astype(np.float32)
    noise[: MNI_SHAPE[0] // 2] = np.linspace(-2, 2, MNI_SHAPE[2])
    noise[MNI_SHAPE[0] // 2 :] = np.linspace(2, -2, MNI_SHAPE[2])
    plane = find_midsagittal_plane(noise, Transforms(np.eye(4)))
    assert not plane.is_refined
    assert (plane.shifted_mm, plane.turned_degrees) == (0, 0)
    np.testing.assert_allclose(plane.right, [1, 0, 0])


def test_plane_of_a_scan_that_was_warped_too_is_that_of_the_scan() -> None:
    """The coarse warp of the nonlinear space moves all by 1.5 mm to the side: there the plane is."""
    aside = np.zeros((*AROUND_BOX.shape, 3), dtype=np.float32)
    aside[..., 0] = 1.5
    transforms = Transforms(np.eye(4), Displacement(aside, AROUND_BOX.affine))
    plane = find_midsagittal_plane(_image(np.eye(3), np.zeros(3)), transforms)
    assert plane.point_mm[0] == pytest.approx(1.5, abs=0.1)
