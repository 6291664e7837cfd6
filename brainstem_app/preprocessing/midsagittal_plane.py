"""The plane between left and right that a scan itself shows: about which its brainstem is most symmetric."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.spaces import AROUND_BOX, Affine
from brainstem_app.preprocessing.intensity import LIMIT
from brainstem_app.preprocessing.transforms import Transforms, grid_points

Vector = NDArray[np.float64]

# Where the search begins, mm of ``mni``: in the middle of the box, on the template's plane of symmetry.
_MIDDLE_MM = np.array([0.0, -27.0, -36.0])
# What is compared, mm from there: so far to both sides, before and behind, above and below. Wider (30 mm),
# cerebellum and temporal lobes have their say, whose sides differ more: in one head of six the plane was
# turned by 1.5° then, and the midbrain's area was 6 % larger.
_SIDE_MM, _FRONT_MM, _UP_MM, _STEP_MM = 16.0, 22.0, 34.0, 2.0
_SMOOTH_VOXELS = 1.0
# First steps of the search, and how far it may go: beyond, the scan is too asymmetric to say.
_STEP_SHIFT_MM, _STEP_DEGREES = 1.0, 1.5
_MOST_SHIFT_MM, _MOST_DEGREES = 5.0, 8.0
_MOST_TRIALS = 150
_FEWEST_PAIRS = 500


@dataclass(frozen=True)
class MidsagittalPlane:
    """The midsagittal plane of a scan's brainstem, in the scan's world (mm, RAS+).

    Attributes
    ----------
    point_mm : ndarray of float64, shape (3,)
        On the plane, near the middle of the brainstem.
    right, front, up : ndarray of float64, shape (3,)
        Unit vectors at right angles: the plane's normal, towards the patient's right; and in the plane,
        towards the patient's front and crown.
    symmetry : float
        Correlation of the intensities of one side with those of the other, mirrored, −1…1.
    is_refined : bool
        Whether the scan's symmetry says where it lies; else it is the template's plane as the affine has it.
    shifted_mm, turned_degrees : float
        How far it was moved along its normal, and turned, from that one.
    """

    point_mm: Vector
    right: Vector
    front: Vector
    up: Vector
    symmetry: float
    is_refined: bool
    shifted_mm: float = 0.0
    turned_degrees: float = 0.0

    def moved(self, shift_mm: float, yaw: float, roll: float) -> MidsagittalPlane:
        """Plane shifted to the right and turned about its upward and its forward axis (degrees)."""
        turn = Rotation.from_rotvec(np.radians(yaw) * self.up) * Rotation.from_rotvec(
            np.radians(roll) * self.front
        )
        right, front, up = turn.apply([self.right, self.front, self.up])
        point = self.point_mm + shift_mm * right
        return replace(self, point_mm=point, right=right, front=front, up=up)

    def points_mm(self, front_mm: Vector, up_mm: Vector, right_mm: Vector) -> Vector:
        """Points (N, 3) of the scan's world, by how far (N,) they lie from `point_mm` along each axis."""
        away = front_mm[:, None] * self.front + up_mm[:, None] * self.up + right_mm[:, None] * self.right
        return np.asarray(self.point_mm + away)

    def degrees_to(self, other: MidsagittalPlane) -> float:
        """Angle between two planes."""
        return float(np.degrees(np.arccos(np.clip(self.right @ other.right, -1.0, 1.0))))


def carried_plane(mni_to_native: Affine) -> MidsagittalPlane:
    """Carry the template's plane x = 0 to a scan by an affine."""
    linear = mni_to_native[:3, :3]
    right = _unit(np.linalg.inv(linear)[0])
    front = linear[:, 1] - (linear[:, 1] @ right) * right
    front = _unit(front)
    up = np.cross(right, front)
    # A scan's world is right-handed, and so is an affine to it.
    point = linear @ _MIDDLE_MM + mni_to_native[:3, 3]
    return MidsagittalPlane(point, right, front, up, float("nan"), False)


def find_midsagittal_plane(image: NDArray[np.float32], transforms: Transforms) -> MidsagittalPlane:
    """Plane of a scan about which the brainstem and what is around it is most symmetric.

    The search begins at the template's plane as the affine has it, and moves it along its normal and about
    its two axes until the intensities of both sides correlate best, within 16 mm of it around the brainstem.
    It is a plane of the scan, not of its grid: a tilted head has a tilted plane.

    Parameters
    ----------
    image : ndarray of float32, shape (197, 233, 189)
        Standardised brain on ``mni`` (`brainstem_app.preprocessing.normalise.Normalised.image`).
    transforms : Transforms
        How it was placed there.
    """
    # Half of the time that reading a scan's libraries takes, and not needed before.
    from scipy.optimize import minimize

    mni_to_native = transforms.mni_to_native
    start = carried_plane(mni_to_native)
    near = _unwarped(AROUND_BOX.crop(image), transforms)
    brain = near > -LIMIT
    smooth = gaussian_filter(near, _SMOOTH_VOXELS)
    to_voxel = np.linalg.inv(mni_to_native @ AROUND_BOX.affine)
    axes = [np.arange(-far, far + 1e-6, _STEP_MM) for far in (_FRONT_MM, _UP_MM)]
    side = np.arange(_STEP_MM / 2, _SIDE_MM, _STEP_MM)
    front, up, away = (part.ravel() for part in np.meshgrid(*axes, side, indexing="ij"))

    def symmetry(plane: MidsagittalPlane) -> float:
        sides = []
        for sign in (1.0, -1.0):
            voxels = plane.points_mm(front, up, sign * away) @ to_voxel[:3, :3].T + to_voxel[:3, 3]
            known = map_coordinates(brain, voxels.T, order=0, mode="constant")
            sides.append((map_coordinates(smooth, voxels.T, order=1, mode="nearest"), known))
        (one, seen), (other, seen_too) = sides
        both = seen & seen_too
        if np.count_nonzero(both) < _FEWEST_PAIRS:
            return -1.0
        one, other = one[both], other[both]
        one, other = one - one.mean(), other - other.mean()
        return float((one * other).sum() / max(np.sqrt((one**2).sum() * (other**2).sum()), 1e-9))

    simplex = np.vstack([np.zeros(3), np.diag([_STEP_SHIFT_MM, _STEP_DEGREES, _STEP_DEGREES])])
    found = minimize(
        lambda steps: -symmetry(start.moved(*steps)),
        np.zeros(3),
        method="Nelder-Mead",
        options={"initial_simplex": simplex, "maxfev": _MOST_TRIALS, "xatol": 0.02, "fatol": 1e-6},
    )
    shift, *degrees = np.abs(found.x)
    if shift > _MOST_SHIFT_MM or max(degrees) > _MOST_DEGREES or -found.fun <= 0:
        return replace(start, symmetry=symmetry(start))
    plane = start.moved(*found.x)
    return replace(
        plane,
        symmetry=float(-found.fun),
        is_refined=True,
        shifted_mm=float((plane.point_mm - start.point_mm) @ start.right),
        turned_degrees=plane.degrees_to(start),
    )


def _unwarped(near: NDArray[np.float32], transforms: Transforms) -> NDArray[np.float32]:
    """Undo a coarse warp, so that the affine alone leads from the image around the box to the scan."""
    if transforms.warp is None:
        return near
    points = Transforms(np.eye(4), transforms.warp).to_mni(grid_points(AROUND_BOX.shape, AROUND_BOX.affine))
    voxels = (points - AROUND_BOX.affine[:3, 3]).T
    return np.asarray(map_coordinates(near, voxels, order=1, mode="nearest").reshape(near.shape))


def _unit(vector: Vector) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector))
