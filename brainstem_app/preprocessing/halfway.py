"""Place several scans of one head in a space half-way between them, found without favouring any of them.

Whoever lays a second scan on the first interpolates the second alone, and lets the first decide what counts:
that by itself makes a change where there is none (Yushkevich et al., NeuroImage 2010, 50:434; Reuter et al.,
NeuroImage 2012, 61:1402). Here every two scans are registered both ways by turning and shifting alone, the
mean of all is taken in the logarithms of the matrices, and every scan is resampled once into that place. All
share one affine to the template, the mean of theirs, so that no part of a change is lost in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import expm, logm, polar
from scipy.ndimage import binary_dilation

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.spaces import MNI_SHAPE, Affine, mni_affine
from brainstem_app.preprocessing.affine import correlation
from brainstem_app.preprocessing.linear_registration import PyramidLevel, SampledVolume, register_linear
from brainstem_app.preprocessing.normalise import CorrectedBrain

_CENTRE_MM = (0.0, -20.0, 10.0)
_LEVELS = (
    PyramidLevel(4.0, 4, rigid=True),
    PyramidLevel(2.0, 2, rigid=True),
    PyramidLevel(1.0, 2, rigid=True),
)
_MARGIN_VOXELS = 2
_MEAN_STEPS = 10


@dataclass(frozen=True)
class HalfWay:
    """Where the scans of one head lie.

    Attributes
    ----------
    mni_to_native : tuple of ndarray, shape (4, 4)
        Of each scan: ``mni`` mm → its own mm. They differ by turning and shifting alone.
    likeness : float
        Least correlation of the brains of two scans, one laid on the other.
    """

    mni_to_native: tuple[Affine, ...]
    likeness: float


def place_half_way(brains: Sequence[CorrectedBrain], placed: Sequence[Affine]) -> HalfWay:
    """Find the space between some scans of one head.

    Parameters
    ----------
    brains : sequence of CorrectedBrain
        One a scan, at least one.
    placed : sequence of ndarray, shape (4, 4)
        Affine of each, ``mni`` mm → its own mm, as `normalise_scan` finds it.
    """
    turned = [_rigid_part(matrix) for matrix in placed]
    images = [_laid(brain, turn) for brain, turn in zip(brains, turned, strict=True)]
    steps, alike = _between(images)
    moves = _from_the_middle(steps)
    to_native = [turn @ move for turn, move in zip(turned, moves, strict=True)]
    template = mean_matrix([np.linalg.inv(x) @ a for x, a in zip(to_native, placed, strict=True)])
    return HalfWay(tuple(x @ template for x in to_native), alike)


def mean_matrix(matrices: Sequence[Affine]) -> Affine:
    """Mean of affines that lie close together, in their logarithms; the order does not matter."""
    mean = np.asarray(np.mean(matrices, axis=0), dtype=np.float64)
    for _ in range(_MEAN_STEPS):
        step = np.mean([_log(np.asarray(np.linalg.solve(mean, m))) for m in matrices], axis=0)
        mean = mean @ expm(step)
        if np.abs(step).max() < 1e-12:
            break
    return np.asarray(mean)


def _rigid_part(matrix: Affine) -> Affine:
    """Turn and shift of an affine: its nearest rotation, its centre where it was."""
    centre = np.asarray(_CENTRE_MM)
    rigid = np.eye(4)
    rigid[:3, :3] = polar(matrix[:3, :3])[0]
    rigid[:3, 3] = matrix[:3, :3] @ centre + matrix[:3, 3] - rigid[:3, :3] @ centre
    return rigid


def _laid(brain: CorrectedBrain, turn: Affine) -> NDArray[np.float32]:
    """Brain in its own size on the grid of ``mni``."""
    return resample(brain.bright, brain.affine, MNI_SHAPE, mni_affine(), world_to_world=turn)


def _between(images: Sequence[NDArray[np.float32]]) -> tuple[NDArray[np.float64], float]:
    """Logarithms (n, n, 4, 4) of what leads from each image to each other, and their least correlation.

    Each pair is registered both ways, and the way back is the inverse of the way there.
    """
    n = len(images)
    logs, alike = np.zeros((n, n, 4, 4)), 1.0
    volumes = [SampledVolume(image, mni_affine()) for image in images]
    masks = [binary_dilation(image > 0, iterations=_MARGIN_VOXELS) for image in images]
    for i in range(n):
        for j in range(i + 1, n):
            there = register_linear(volumes[i], volumes[j], masks[i], np.eye(4), _CENTRE_MM, _LEVELS)
            back = register_linear(volumes[j], volumes[i], masks[j], np.eye(4), _CENTRE_MM, _LEVELS)
            logs[i, j] = (_log(there) - _log(back)) / 2
            logs[j, i] = -logs[i, j]
            moved = resample(
                images[j], mni_affine(), MNI_SHAPE, mni_affine(), world_to_world=expm(logs[i, j])
            )
            both = masks[i] | (moved > 0)
            alike = min(alike, correlation(images[i][both], moved[both]))
    return logs, alike


def _from_the_middle(logs: NDArray[np.float64]) -> list[Affine]:
    """Find what leads from the middle to each image, by the ways between them.

    From each image all others can be placed, and their mean taken; the mean over these images is the middle.
    """
    n = len(logs)
    seen = np.zeros((n, n, 4, 4))
    for base in range(n):
        ways = [expm(logs[base, other]) for other in range(n)]
        middle = mean_matrix(ways)
        seen[base] = [_log(way @ np.linalg.inv(middle)) for way in ways]
    return [np.asarray(expm(each)) for each in seen.mean(axis=0)]


def _log(matrix: NDArray[np.floating]) -> Affine:
    return np.asarray(np.real(logm(matrix)), dtype=np.float64)
