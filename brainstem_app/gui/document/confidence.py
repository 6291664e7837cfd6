"""Reader of the confidence that Segment writes beside its labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.gui.viewer.volume import CanonicalGrid
from brainstem_app.written_files import CONFIDENCE_FILE, LABELS_FILE, REGION_LABELS_FILE


def read_confidence(labels_file: Path, grid: CanonicalGrid) -> NDArray[np.uint8] | None:
    """Confidence beside a label map.

    Returns
    -------
    ndarray of uint8, shape (Z, Y, X), or None
        255 is a probability of 1; 0, which no network gives, where the label was changed by hand. None if
        there is no such file, or it lies on another grid, or the labels are the regions: it is of the nuclei.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    from brainstem_app.imaging.header_checks import check_header
    from brainstem_app.imaging.label_map import load_label_map
    from brainstem_app.imaging.orientation import to_canonical
    from brainstem_app.imaging.scan_file import open_scan_file

    path = labels_file.with_name(CONFIDENCE_FILE)
    if not path.is_file() or labels_file.name == REGION_LABELS_FILE:
        return None
    with open_scan_file(path) as opened:
        values, native_affine = opened.read_values(), check_header(opened).affine
    original = labels_file.with_name(LABELS_FILE)
    if labels_file != original and original.is_file():
        ours, first = load_label_map(labels_file)[0], load_label_map(original)[0]
        if ours.shape == first.shape == values.shape:
            values = np.where(ours == first, values, 0)
    canonical, affine = to_canonical(values, native_affine)
    x, y, z = canonical.shape
    if not CanonicalGrid((x, y, z), affine).matches(grid):
        return None
    steps = np.empty((z, y, x), dtype=np.uint8)
    for k in range(z):
        steps[k] = np.clip(np.nan_to_num(canonical[:, :, k].T) * 255 + 0.5, 0, 255)
    return steps
