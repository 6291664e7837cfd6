"""Which intensities are drawn black and white, so that what lies in the brainstem is told apart."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

#: A box of which the rule can be asked is at least as large as a brainstem: right, anterior, superior.
BOX_MM = (40.0, 40.0, 50.0)
#: Less than this that is labelled is nuclei without the tissue around them, which are no measure of it.
_BRAINSTEM_MM3 = 10_000.0
#: In a box without such labels, the darker part that is mostly fluid.
_FLUID_PER_CENT = 20.0
#: The middle of the brainstem's intensities, and how far beyond it black and white lie, in its widths. The
#: middle then takes 55 % of the greys in every scan; docs/results/window.md has what becomes of the rest.
_MIDDLE_PER_CENT, _BELOW, _ABOVE = (5.0, 95.0), 1 / 2, 1 / 3


def grey_range(
    values: NDArray[Any], labels: NDArray[np.uint8], voxel_mm3: float
) -> tuple[float, float] | None:
    """Find the intensities to draw black and white; None where there are not two intensities above 0.

    Black lies so far below the brainstem that fluid is black; white so far above it that its white matter is
    not white yet.

    Parameters
    ----------
    values : ndarray, shape (X, Y, Z)
        Intensities in a box around the brainstem (`BOX_MM`), those at and below 0 without signal.
    labels : ndarray of uint8, shape (X, Y, Z)
        Where the brainstem is. Labels of some nuclei alone are not used: their box is.
    voxel_mm3 : float
        Volume of one voxel, or of those that one stands for.
    """
    labelled = labels > 0
    is_whole = int(np.count_nonzero(labelled)) * voxel_mm3 >= _BRAINSTEM_MM3
    tissue = values[labelled] if is_whole else values.ravel()
    tissue = tissue[tissue > 0]
    if tissue.size and not is_whole:
        tissue = tissue[tissue >= np.percentile(tissue, _FLUID_PER_CENT)]
    if not tissue.size:
        return None
    dark, bright = (float(level) for level in np.percentile(tissue, _MIDDLE_PER_CENT))
    width = bright - dark
    return (max(0.0, dark - _BELOW * width), bright + _ABOVE * width) if width > 0 else None
