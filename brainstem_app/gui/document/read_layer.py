"""Reader of an image that is to be laid over a scan (on a thread: nibabel, NumPy, SciPy)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.gui.viewer.overlays.image_layer import ImageLayer, LayerColours, LayerImage, LayerStyle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from brainstem_app.gui.viewer.volume import CanonicalGrid

_SAMPLE = 200_000
_SHOWN_PER_CENT = (1.0, 99.0)
# What names of files say of weighted images, which are read in greys; other maps have colours.
_GREY_WORDS = ("t1", "t2", "flair", "pdw", "swi", "bold", "b0")


def read_layer(path: Path, grid: CanonicalGrid) -> ImageLayer:
    """Read an image and lay it over a scan where its header places it; nothing is registered.

    Parameters
    ----------
    path : Path
        NIfTI or MGH/MGZ file of one volume.
    grid : CanonicalGrid
        Of the scan; an image on another one is interpolated linearly, once.

    Raises
    ------
    InputError
        If it cannot be read, holds no number, does not say where it lies, or lies elsewhere.
    """
    from brainstem_app.imaging.header_checks import check_header
    from brainstem_app.imaging.orientation import to_canonical
    from brainstem_app.imaging.scan import Level
    from brainstem_app.imaging.scan_file import open_scan_file

    with open_scan_file(path) as opened:
        placed = check_header(opened)
        for finding in placed.findings:
            if finding.level is Level.ERROR:
                raise InputError(finding.problem, path, finding.fix)
        values = opened.read_values()
    if not np.isfinite(values).any():
        raise InputError("The image holds no numbers: every voxel is empty.", path, "Make the map again.")
    canonical, affine = to_canonical(values, placed.affine)
    is_alike = canonical.shape == grid.shape and np.allclose(affine, grid.affine, atol=1e-2)
    on_grid = canonical if is_alike else _resampled(canonical, affine, grid)
    ready = np.ascontiguousarray(on_grid.transpose(2, 1, 0), dtype=np.float32)
    ready[~np.isfinite(ready)] = np.nan
    covered = float(np.isfinite(ready).mean())
    if not covered:
        raise InputError(
            "The image does not overlap with the scan: its header places it elsewhere.",
            path,
            "Register it to the scan first, or open the scan that it was acquired with.",
        )
    image = LayerImage(path, ready, covered, not is_alike)
    return ImageLayer(image, _first_style(path, ready))


def _resampled(
    values: NDArray[np.float32], affine: NDArray[np.float64], grid: CanonicalGrid
) -> NDArray[np.float32]:
    """Values at the middle of the scan's voxels (X, Y, Z); NaN beyond the image and where it has none."""
    from brainstem_app.imaging.resampling import resample

    known = np.isfinite(values)
    reached = resample(known.astype(np.uint8), affine, grid.shape, grid.affine, order=0)
    found = resample(np.where(known, values, np.float32(0)), affine, grid.shape, grid.affine)
    return np.where(reached > 0, found, np.float32(np.nan))


def _first_style(path: Path, values: NDArray[np.float32]) -> LayerStyle:
    """Colours by the name of the file, range by the values: zeros, mostly of a mask, do not count."""
    stride = max(1, values.size // _SAMPLE)
    sample = values.reshape(-1)[::stride]
    inside = sample[np.isfinite(sample) & (sample != 0)]
    low, high = (0.0, 1.0) if not inside.size else np.percentile(inside, _SHOWN_PER_CENT).tolist()
    if not high > low:
        low, high = min(low, 0.0), max(high, low + 1.0)
    name = path.name.lower()
    is_grey = any(word in name for word in _GREY_WORDS)
    return LayerStyle(LayerColours.GREY if is_grey else LayerColours.VIRIDIS, low, high)
