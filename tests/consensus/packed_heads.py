"""Read what `pack_heads.py` wrote; needs NumPy and SciPy alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

_STEP = 2
_UNIT_MM = 0.01


class Heads(NamedTuple):
    """Subjects on one grid of 1 mm, box and margin; arrays of NumPy or JAX.

    Attributes
    ----------
    images : uint8, shape (H, X, Y, Z)
        Standardised intensities, −3 to 3, as 0 to 255.
    fields : float32, shape (H, 4, X, Y, Z)
        The label at x is that of the label map at x + d(x), voxels; and by how much that may be off, mm.
    maps : uint8, shape (M, X, Y, Z)
        Label maps.
    map_of : int32, shape (H,)
        Which is a subject's own.
    bells : float32, shape (H, B, 4)
        Middle and reach, voxels, of each part of a nucleus; a reach of 0 is none.
    mirrored : uint8, shape (classes,)
        The class of the structure on the other side.
    """

    images: Any
    fields: Any
    maps: Any
    map_of: Any
    bells: Any
    mirrored: Any


class PackedHeads(NamedTuple):
    """A packed file.

    Attributes
    ----------
    heads : Heads
    training, validation : tuple of int
        Which of them are learned from, and which are only looked at.
    origin : tuple of int
        Voxel of the grid at which the box begins.
    mirror_plane : float
        Along the box's first axis, voxels.
    nuclei : tuple of int
    weights : list of ndarray
        Of the network to begin with, in its own order.
    """

    heads: Heads
    training: tuple[int, ...]
    validation: tuple[int, ...]
    origin: tuple[int, int, int]
    mirror_plane: float
    nuclei: tuple[int, ...]
    weights: list[NDArray[np.float32]]


def read_heads(path: Path) -> PackedHeads:
    """Read a packed file; simulated subjects come last, and are learned from."""
    with np.load(path) as file:
        images = np.concatenate([file["images"], file["simulated_images"]])
        real = len(file["validation"])
        simulated = len(images) - real
        fields = np.zeros((len(images), 4, *images.shape[1:]), dtype=np.float32)
        fields[:real] = _on_grid(_summed(file["displacements"]) * np.float32(_UNIT_MM), images.shape[1:])
        bells = np.zeros((len(images), *file["bells"].shape[1:]), dtype=np.float32)
        bells[:real] = file["bells"]
        chosen = np.flatnonzero(file["validation"])
        heads = Heads(
            images,
            fields,
            np.concatenate([file["atlas"][None], file["simulated_labels"]]),
            np.concatenate([np.zeros(real), np.arange(1, simulated + 1)]).astype(np.int32),
            bells,
            file["mirrored"],
        )
        x, y, z = file["origin"].tolist()
        return PackedHeads(
            heads,
            tuple(np.setdiff1d(np.arange(len(images)), chosen).tolist()),
            tuple(chosen.tolist()),
            (x, y, z),
            float(file["mirror_plane"]),
            tuple(file["nuclei"].tolist()),
            kernels_of({name: file[name] for name in file.files if name.startswith(("weight_", "step_"))}),
        )


def eight_bit_kernels(weights: list[NDArray[np.float32]], levels: int = 127) -> dict[str, NDArray[Any]]:
    """Weights by name: what has one dimension as it is, kernels as −127 to 127 times a step a channel.

    For weights to begin with, and for the change of weights beside those: then a step is a hundredth of the
    largest change of its channel. Fewer levels take less space when compressed.
    """
    named: dict[str, NDArray[Any]] = {}
    for number, weight in enumerate(weights):
        if weight.ndim < 2:
            named[f"weight_{number:03d}"] = weight
            continue
        step = np.maximum(np.abs(weight).max(axis=tuple(range(weight.ndim - 1))), 1e-12) / levels
        named[f"weight_{number:03d}"] = np.rint(weight / step).astype(np.int8)
        named[f"step_{number:03d}"] = step.astype(np.float32)
    return named


def kernels_of(named: dict[str, NDArray[Any]]) -> list[NDArray[np.float32]]:
    """Weights that `eight_bit_kernels` named."""
    names = sorted(name for name in named if name.startswith("weight_"))
    steps = [named.get(name.replace("weight_", "step_"), np.float32(1)) for name in names]
    return [(named[name] * step).astype(np.float32) for name, step in zip(names, steps, strict=True)]


def _summed(volumes: NDArray[np.int16]) -> NDArray[np.float32]:
    for axis in (4, 3, 2):
        volumes = np.cumsum(volumes, axis=axis, dtype=np.int16)
    return volumes.astype(np.float32)


def _on_grid(coarse: NDArray[np.float32], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """Cubic splines through a grid of 2 mm, at every mm."""
    for axis, size in enumerate(shape, start=2):
        knots = np.arange(coarse.shape[axis]) * _STEP
        matrix = make_interp_spline(knots, np.eye(len(knots)))(np.arange(size)).astype(np.float32)
        coarse = np.moveaxis(np.moveaxis(coarse, axis, -1) @ matrix.T, -1, axis)
    return coarse
