"""The confidence that Segment writes beside its labels, read for the viewer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.viewer.volume import CanonicalGrid

CONFIDENCE_FILE = "confidence_native.nii.gz"


def read_confidence(labels_file: Path, grid: CanonicalGrid) -> NDArray[np.uint8] | None:
    """Confidence beside a label map.

    Returns
    -------
    ndarray of uint8, shape (Z, Y, X), or None
        255 is a probability of 1. None if there is no such file, or it lies on another grid.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    from brainstem_app.imaging.header_checks import check_header
    from brainstem_app.imaging.orientation import to_canonical
    from brainstem_app.imaging.scan_file import open_scan_file

    path = labels_file.with_name(CONFIDENCE_FILE)
    if not path.is_file():
        return None
    with open_scan_file(path) as opened:
        values, native_affine = opened.read_values(), check_header(opened).affine
    canonical, affine = to_canonical(values, native_affine)
    x, y, z = canonical.shape
    if not CanonicalGrid((x, y, z), affine).matches(grid):
        return None
    steps = np.empty((z, y, x), dtype=np.uint8)
    for k in range(z):
        steps[k] = np.clip(np.nan_to_num(canonical[:, :, k].T) * 255 + 0.5, 0, 255)
    return steps
