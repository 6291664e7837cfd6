"""Lay a source atlas on the template although the source's own template image is not at hand.

The atlas itself says what lies where: its labels, put into groups of like tissue (brainstem, ventricles,
red nucleus, everything else), must each cover a region of one grey value on our T1. How well they do is the
correlation ratio (Roche et al. 1998): the share of the T1's variance that the groups explain. The
source is moved until that is largest. Sources are averages that were drawn symmetrically or are made so
later, and all belong to the MNI152 family, so only shifts, the pitch and one size may change.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from scipy.optimize import minimize

from brainstem_app.atlas.building.sources import Source
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, Affine

Volume = NDArray[np.float32]

# Centre of rotation and size: the middle of the pons (mm).
_CENTRE = np.array([0.0, -28.0, -28.0])
_STEP = {"x": 1.0, "y": 1.0, "z": 1.0, "pitch": 0.02, "scale": 0.02}
_MARGIN_MM = 4
_LEAST_MEMBERSHIP = 0.01


@dataclass(frozen=True)
class Fitted:
    """Where a source was laid, and how far off it was.

    Attributes
    ----------
    template_to_source : ndarray, shape (4, 4)
        Where a point of the ``mni`` world (mm) lies in the source's world (mm).
    parameters : dict of str to float
        Shift of the source onto the template (mm), pitch (radians), relative size.
    measure : str
        What `before` and `after` are.
    before, after : float
        The measure as overlaid, and as registered.
    moved_mm : float
        Root mean square distance that the voxels of the source's groups moved.
    """

    template_to_source: Affine
    parameters: dict[str, float]
    measure: str
    before: float
    after: float
    moved_mm: float


def register(source: Source, t1: Volume) -> Fitted:
    """Move a source until its groups explain the template's T1 best.

    Parameters
    ----------
    source : Source
        Read from its file, with the groups in its recipe.
    t1 : ndarray of float32, shape (197, 233, 189)
        Template T1 on the ``mni`` grid.

    Returns
    -------
    Fitted
        Deterministic; Powell's method from the overlay.
    """
    recipe = source.recipe.registration
    groups = [ndi.gaussian_filter(source.membership(group), 0.5) for group in recipe.groups]
    voxels = _voxels_around(source)
    values = t1[tuple(voxels.T)].astype(np.float64)
    points = voxels + np.array(MNI_ORIGIN_MM)

    def loss(steps: NDArray[np.float64]) -> float:
        matrix = np.linalg.inv(source.affine) @ template_to_source(recipe.parameters, steps)
        sampled = points @ matrix[:3, :3].T + matrix[:3, 3]
        members = [ndi.map_coordinates(group, sampled.T, order=1) for group in groups]
        return 1.0 - correlation_ratio(values, members)

    start = np.zeros(len(recipe.parameters))
    found = minimize(loss, start, method="Powell", options={"xtol": 0.01, "ftol": 1e-6, "maxiter": 12})
    best = template_to_source(recipe.parameters, found.x)
    moved = points @ best[:3, :3].T + best[:3, 3] - points
    return Fitted(
        template_to_source=best,
        parameters=_describe(recipe.parameters, found.x),
        measure="correlation ratio (0 to 1) of the template's T1 given the source's groups",
        before=1.0 - loss(start),
        after=1.0 - float(found.fun),
        moved_mm=float(np.sqrt((moved**2).sum(axis=1).mean())),
    )


def register_landmarks(source: Source, others: dict[str, Source]) -> Fitted:
    """Shift a source so that the structures it shares with registered ones lie on theirs, on average.

    Parameters
    ----------
    source : Source
        Read from its file, with the landmarks in its recipe.
    others : dict of str to Source
        Registered sources by their ids.

    Returns
    -------
    Fitted
        The measure is the root mean square distance (mm) between the landmarks' centres.
    """
    landmarks = source.recipe.registration.landmarks
    own = np.array([_centre_mm(source, landmark.labels) for landmark in landmarks])
    there = np.array([_centre_mm(others[mark.source], mark.source_labels) for mark in landmarks])
    shift = (there - own).mean(axis=0)
    matrix = np.eye(4)
    matrix[:3, 3] = -shift
    return Fitted(
        template_to_source=matrix,
        parameters={f"shift_{axis}_mm": round(float(s), 2) for axis, s in zip("xyz", shift, strict=True)},
        measure="root mean square distance of the landmarks, mm",
        before=float(np.sqrt(((there - own) ** 2).sum(axis=1).mean())),
        after=float(np.sqrt(((there - own - shift) ** 2).sum(axis=1).mean())),
        moved_mm=float(np.linalg.norm(shift)),
    )


def _centre_mm(source: Source, labels: tuple[int, ...]) -> NDArray[np.float64]:
    centre = ndi.center_of_mass(source.probability(labels))
    return np.asarray(centre) + MNI_ORIGIN_MM


def correlation_ratio(values: NDArray[np.float64], members: list[NDArray[np.float32]]) -> float:
    """Share of the variance of the values that soft groups and their remainder explain, 0…1."""
    rest = np.clip(1.0 - sum(members), 0.0, 1.0)
    total = float(values.var()) * values.size
    between = 0.0
    for weight in [*members, rest]:
        mass = float(weight.sum())
        if mass > 1:
            between += mass * (float(weight @ values) / mass - float(values.mean())) ** 2
    return between / total


def template_to_source(names: tuple[str, ...], steps: NDArray[np.float64]) -> Affine:
    """World-to-world matrix (mm) of parameters given in steps: 1 mm, 0.02 rad, 2 %.

    The parameters say how the source moves onto the template; the matrix is the inverse of that.
    """
    value = {name: step * _STEP[name] for name, step in zip(names, steps, strict=True)}
    cosine, sine = np.cos(value.get("pitch", 0.0)), np.sin(value.get("pitch", 0.0))
    linear = (1 + value.get("scale", 0.0)) * np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    forward = np.eye(4)
    forward[:3, :3] = linear
    forward[:3, 3] = _CENTRE - linear @ _CENTRE + [value.get(axis, 0.0) for axis in "xyz"]
    return np.asarray(np.linalg.inv(forward))


def _describe(names: tuple[str, ...], steps: NDArray[np.float64]) -> dict[str, float]:
    unit = {"x": "shift_x_mm", "y": "shift_y_mm", "z": "shift_z_mm", "pitch": "pitch_rad", "scale": "size"}
    found = {unit[name]: float(step * _STEP[name]) for name, step in zip(names, steps, strict=True)}
    if "size" in found:
        found["size"] += 1.0
    return {name: round(number, 4) for name, number in found.items()}


def _voxels_around(source: Source) -> NDArray[np.int64]:
    """Find indices (N, 3) on the ``mni`` grid: the groups and a margin around them, every second voxel."""
    labels = [label for group in source.recipe.registration.groups for label in group]
    near = source.probability(labels) > _LEAST_MEMBERSHIP
    near = ndi.binary_dilation(near | near[::-1], iterations=_MARGIN_MM)
    every_second = np.zeros_like(near)
    every_second[::2, ::2, ::2] = every_second[1::2, 1::2, 1::2] = True
    return np.argwhere(near & every_second)
