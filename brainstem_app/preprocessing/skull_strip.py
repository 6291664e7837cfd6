"""Which voxels are brain: deepbet's two networks on whole heads, the foreground of stripped scans.

deepbet (Fisch et al., Computers in Biology and Medicine 2024, doi 10.1016/j.compbiomed.2024.108845; MIT)
finds the brain on the whole volume at 128³, then segments the box around it at 256³. Its networks lie in
``resources/skull_strip`` as ONNX. What surrounds them follows deepbet 1.0.2: nearest-neighbour resizing,
grey levels clipped at two percentiles, the largest component, no holes.
"""

from __future__ import annotations

import math
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from brainstem_app.errors import BrainstemError, ImplausibleResultError
from brainstem_app.imaging.intensity_levels import faces
from brainstem_app.imaging.orientation import from_canonical, to_canonical
from brainstem_app.imaging.spaces import Affine
from brainstem_app.locations import resource
from brainstem_app.onnx_runtime import load_onnxruntime

COARSE_SIDE = 128
FINE_SIDE = 256
BOX_MARGIN = 0.1

# Rule of `is_stripped`; measured on the 63 scans of shared/data (see its docstring).
STRIPPED_STEP_MM = 3.0
MIN_BACKGROUND_SHARE = 0.25
MAX_BRAIN_LITRES = 2.5
SHELL_DEPTH_MM = (4.0, 12.0)
DARK_LEVEL = 0.35
MAX_DARK_SHELL_SHARE = 0.25

# The fine network takes half a GB while it runs: of scans that are done together, one does.
_ONE_AT_A_TIME = Lock()
_ANY_NEIGHBOUR = np.ones((3, 3, 3), dtype=bool)
_Mask = NDArray[np.bool_]
_Box = tuple[slice, slice, slice]


def brain_mask(data: NDArray[np.float32], affine: Affine, *, threads: int = 2) -> _Mask:
    """Voxels of the brain, brainstem and cerebellum included, of a whole-head T1-weighted scan.

    Parameters
    ----------
    data : ndarray of float32, shape (X, Y, Z)
        Whole head on its own grid (``native``), finite.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm, RAS+).
    threads : int
        Threads of ONNX Runtime.

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        Mask on the same grid.

    Raises
    ------
    ImplausibleResultError
        If no brain is found.
    BrainstemError
        If a network file is missing or damaged.
    """
    head, _ = to_canonical(data, affine)
    coarse = _brain("deepbet_box.onnx", head, COARSE_SIDE, threads)
    box = _box_around(_largest_component(coarse), head.shape)
    fine = _brain("deepbet_fine.onnx", head[box], FINE_SIDE, threads)
    inside = _largest_component(_resize(fine, head[box].shape))
    mask = np.zeros(head.shape, dtype=bool)
    mask[box] = ndimage.binary_fill_holes(inside)
    return np.ascontiguousarray(from_canonical(mask, affine))


def is_stripped(data: NDArray[np.float32], affine: Affine) -> bool:
    """Whether everything but the brain has already been removed from a scan.

    Three things must hold together, seen on a grid of about 3 mm:

    1. at least a quarter of all voxels have exactly one and the same value, the commonest one of the
       volume's six faces: the background was blanked;
    2. what is left fills at most 2.5 litres: a head, even without its face, is larger;
    3. going inward from its surface there is no skull: of the voxels 4–12 mm deep less than a quarter are
       darker than 0.35 of the median deeper than 25 mm (both above the blank value).

    Defacing alone blanks a part of the background too, so 1 is not enough. Measured: 52 stripped scans
    (ds002748) have 0.60–0.66 blank, 1.1–1.7 litres, 0.05–0.13 dark; 10 defaced heads (ds000011) have
    0.17–0.24 blank, 10.3 litres (noisy air), 0.44 or more dark; the studyforrest series 0.57 blank, 5.6
    litres, 0.54 dark.

    Parameters
    ----------
    data : ndarray of float32, shape (X, Y, Z)
        A T1-weighted scan, finite.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm, RAS+).
    """
    voxel_mm = np.sqrt((np.asarray(affine)[:3, :3] ** 2).sum(axis=0))
    steps = [max(1, round(STRIPPED_STEP_MM / size)) for size in voxel_mm]
    sparse = data[:: steps[0], :: steps[1], :: steps[2]]
    spacing_mm = tuple(float(size * step) for size, step in zip(voxel_mm, steps, strict=True))
    background = np.float32(_background_value(sparse))
    if np.mean(sparse == background) < MIN_BACKGROUND_SHARE:
        return False
    foreground = _closed_foreground(sparse, iterations=2)
    litres = foreground.sum() * math.prod(spacing_mm) / 1e6
    if not 0 < litres <= MAX_BRAIN_LITRES:
        return False
    return _dark_shell_share(sparse - background, foreground, spacing_mm) < MAX_DARK_SHELL_SHARE


def stripped_mask(data: NDArray[np.float32], affine: Affine) -> _Mask:
    """Brain mask of a scan that `is_stripped`: its foreground, closed by 2 mm, the largest part, no holes.

    Parameters
    ----------
    data : ndarray of float32, shape (X, Y, Z)
        Stripped scan, finite.
    affine : ndarray, shape (4, 4)
        Voxel to world (mm, RAS+).

    Returns
    -------
    ndarray of bool, shape (X, Y, Z)
        Mask on the same grid.

    Raises
    ------
    ImplausibleResultError
        If all voxels are equal.
    """
    smallest_mm = np.sqrt((np.asarray(affine)[:3, :3] ** 2).sum(axis=0)).min()
    return _closed_foreground(data, iterations=max(1, round(2.0 / smallest_mm)))


def _brain(network: str, volume: NDArray[np.float32], side: int, threads: int) -> _Mask:
    """Ask one of deepbet's networks where brain is in a volume resized to (side, side, side)."""
    onnxruntime = load_onnxruntime()
    path = resource("skull_strip", network)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that wait sleep: spinning takes processor time for nothing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise BrainstemError(
            f"The skull-stripping network cannot be loaded: {error}", path, "Install Brainstem App again."
        ) from error
    with _ONE_AT_A_TIME:
        image = _standardised(volume, side)[None, None]
        (brain,) = session.run(None, {"image": image})
    return np.asarray(brain[0, 0])


def _standardised(volume: NDArray[np.float32], side: int) -> NDArray[np.float32]:
    """Resize a volume to (side, side, side), and standardise it as the networks know it.

    Clipped at the grey levels that 0.5 % and 99.5 % of voxels lie below; mean 0.449, deviation 0.226. Levels,
    mean and deviation are those of the resized volume.
    """
    # One volume, changed in place: of this size each new one costs as much as what is computed.
    resized = _resize(volume, (side,) * 3)
    low, high = np.quantile(resized, [0.005, 0.995])
    if high <= low:
        raise _no_brain()
    resized -= np.float32(low)
    resized /= np.float32(high - low)
    np.clip(resized, 0.0, 1.0, out=resized)
    mean, deviation = resized.mean(), resized.std()
    resized -= mean
    resized *= np.float32(0.226)
    resized /= deviation
    resized += np.float32(0.449)
    return resized


def _resize(volume: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """Nearest-neighbour resizing with half-pixel centres, as PyTorch's ``nearest-exact``."""
    # The last axis first, while the others are short: afterwards whole lines and planes are copied.
    for axis in reversed(range(volume.ndim)):
        old, new = volume.shape[axis], shape[axis]
        indices = np.minimum(((np.arange(new) + 0.5) * (old / new)).astype(np.intp), old - 1)
        volume = volume.take(indices, axis)
    return volume


def _box_around(coarse: _Mask, shape: tuple[int, ...]) -> _Box:
    """Box of a volume of the given shape around a coarse mask of the same field of view, with a margin."""
    box = []
    for axis, n in enumerate(shape):
        profile = coarse.mean(axis=tuple(a for a in range(3) if a != axis))
        (occupied,) = np.nonzero(profile > 0.02)
        if occupied.size == 0:
            raise _no_brain()
        first, last, scale = occupied[0], occupied[-1] + 1, n / coarse.shape[axis]
        centre = round(scale * (first + last) / 2)
        size = round((1 + 2 * BOX_MARGIN) * scale * (last - first))
        box.append(slice(max(0, int(centre - size / 2)), min(n, int(centre + size / 2))))
    return box[0], box[1], box[2]


def _largest_component(mask: _Mask) -> _Mask:
    labels, n = ndimage.label(mask, structure=_ANY_NEIGHBOUR)
    if n == 0:
        raise _no_brain()
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return np.asarray(labels == sizes.argmax())


def _background_value(data: NDArray[np.float32]) -> float:
    """Commonest value of the volume's six faces."""
    values, counts = np.unique(faces(data), return_counts=True)
    return float(values[counts.argmax()])


def _closed_foreground(data: NDArray[np.float32], iterations: int) -> _Mask:
    contrast = np.abs(data - np.float32(_background_value(data)))
    top = float(np.quantile(contrast, 0.995))
    if top == 0:
        raise _no_brain()
    padded = np.pad(contrast > 1e-3 * top, iterations + 1)
    closed = ndimage.binary_closing(padded, iterations=iterations)
    filled = ndimage.binary_fill_holes(_largest_component(closed))
    inner = slice(iterations + 1, -iterations - 1)
    return np.ascontiguousarray(filled[inner, inner, inner])


def _dark_shell_share(data: NDArray[np.float32], foreground: _Mask, spacing_mm: tuple[float, ...]) -> float:
    """Share of the voxels a few millimetres below the surface that are as dark as bone."""
    inner = slice(1, -1)
    depth_mm = ndimage.distance_transform_edt(np.pad(foreground, 1), sampling=spacing_mm)[inner, inner, inner]
    deep = depth_mm > 25
    shell = (depth_mm > SHELL_DEPTH_MM[0]) & (depth_mm <= SHELL_DEPTH_MM[1])
    if not deep.any() or not shell.any():
        return 1.0
    return float(np.mean(data[shell] < DARK_LEVEL * np.median(data[deep])))


def _no_brain() -> ImplausibleResultError:
    return ImplausibleResultError(
        "No brain was found in the scan.",
        None,
        "Check that the scan is a T1-weighted scan of a head and that its orientation is right.",
    )
