"""Where the slices of a DICOM stack lie, one above the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence

import numpy as np

from brainstem_app.imaging.dicom.headers import DicomImage, Numbers

_DIGITS_MM = 2
_GAP = 1.5


def place(image: DicomImage) -> Hashable:
    """Where an image lies, to a hundredth of a millimetre, or, if it does not say so, its number."""
    if image.position is not None:
        return tuple(np.round(image.position, _DIGITS_MM).tolist())
    return image.number if image.number is not None else (image.path, image.frame)


def largest_pile(images: Iterable[DicomImage]) -> int:
    """Largest number of images at one place: 1 for a volume."""
    return max(Counter(map(place, images)).values(), default=0)


def heights_mm(images: Sequence[DicomImage]) -> Numbers | None:
    """Place of each slice across the plane they share; None if an image does not say where it lies."""
    placed = [(i.normal, i.position) for i in images if i.normal is not None and i.position is not None]
    if not placed or len(placed) < len(images):
        return None
    normals, positions = zip(*placed, strict=True)
    return np.asarray(np.array(positions) @ np.mean(normals, axis=0))


def has_gap(images: Sequence[DicomImage]) -> bool:
    """Whether a slice is missing between the others."""
    heights = heights_mm(images)
    if heights is None or len(heights) < 3:
        return False
    steps = np.diff(np.unique(np.round(heights, _DIGITS_MM)))
    return bool(steps.size and steps.max() > _GAP * np.median(steps))
