"""What networks learn from: the box of a prepared subject, its image and reference labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import BOX_SHAPE
from brainstem_app.written_files import LABELS_BOX_FILE, SCAN_BOX_FILE

_PREPARE_AGAIN = "Delete the subject's folder and run `brainstem-app prepare` again."


@dataclass(frozen=True)
class PreparedBox:
    """One prepared subject in the ``box``.

    Attributes
    ----------
    image : ndarray of float32, shape (50, 50, 73)
        Normalised intensities, −3…3; −3 outside the brain.
    labels : ndarray of uint8, shape (50, 50, 73)
        Reference labels.
    """

    name: str
    image: NDArray[np.float32]
    labels: NDArray[np.uint8]


def read_prepared_box(folder: Path) -> PreparedBox:
    """Image and reference labels of a subject's folder; see `Study.load_box`."""
    image = read_box(folder / SCAN_BOX_FILE).astype(np.float32)
    if odd := int(np.count_nonzero(~np.isfinite(image))):
        raise InputError(
            f"The prepared image of {folder.name} holds {odd} voxels that are no numbers (NaN or infinite).",
            folder / SCAN_BOX_FILE,
            f"{_PREPARE_AGAIN} If it happens again, reject {folder.name} in the window's step Prepare.",
        )
    return PreparedBox(folder.name, image, read_box_labels(folder / LABELS_BOX_FILE))


def read_box_labels(path: Path) -> NDArray[np.uint8]:
    """Read a label map of the box; InputError if it is missing, damaged, or holds what is no label."""
    values = read_box(path)
    labels = values.astype(np.uint8) if np.isfinite(values).all() else None
    if labels is None or not np.array_equal(labels, values):
        raise InputError(
            f"The labels of {path.parent.name} hold numbers that are no labels (whole, from 0 to 255).",
            path,
            _PREPARE_AGAIN,
        )
    return labels


def read_box(path: Path) -> NDArray[Any]:
    """Read a volume of the box, (50, 50, 73); InputError if it is missing, damaged or of another shape."""
    import nibabel

    try:
        image: Any = nibabel.load(path)
        volume = np.asarray(image.dataobj) if image.shape == BOX_SHAPE else None
    except (OSError, EOFError, ValueError, nibabel.filebasedimages.ImageFileError) as error:
        raise InputError("A file of the study is missing or damaged.", path, _PREPARE_AGAIN) from error
    if volume is None:
        raise InputError(f"The volume has shape {image.shape}, not {BOX_SHAPE}.", path, _PREPARE_AGAIN)
    return volume
