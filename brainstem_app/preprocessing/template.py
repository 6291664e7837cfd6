"""The template everything is brought to: ICBM 2009a nonlinear symmetric, 1 mm, skull-stripped."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from brainstem_app.errors import BrainstemError
from brainstem_app.imaging.spaces import MNI_SHAPE
from brainstem_app.locations import resource

# Values of resources/template/tissue.nii.gz, written by make_template.py beside it.
_WHITE, _GREY = 1, 2


@dataclass(frozen=True)
class Template:
    """Template volumes on the ``mni`` grid (197, 233, 189), 1 mm, left–right symmetric.

    Attributes
    ----------
    t1 : ndarray of float32
        T1-weighted intensities 0…1; 0 outside the brain.
    brain : ndarray of bool
        Brain (the template is skull-stripped).
    brainstem : ndarray of bool
        Midbrain, pons and medulla down to z = −72 mm, without CSF and cerebellum.
    white_matter, grey_matter : ndarray of bool
        Voxels more likely of that tissue than of the other; neither in CSF.
    """

    t1: NDArray[np.float32]
    brain: NDArray[np.bool_]
    brainstem: NDArray[np.bool_]
    white_matter: NDArray[np.bool_]
    grey_matter: NDArray[np.bool_]


@lru_cache(maxsize=1)
def load_template() -> Template:
    """Load the packaged template (about 0.2 s, no network); later calls return the same arrays, read-only.

    Raises
    ------
    BrainstemError
        If a file of the program is missing or damaged.
    """
    t1, tissue, brainstem = (template_volume(name, MNI_SHAPE) for name in ("t1", "tissue", "brainstem"))
    template = Template(
        t1=(t1 / np.float32(255)).astype(np.float32),
        brain=t1 > 0,
        brainstem=brainstem > 0,
        white_matter=tissue == _WHITE,
        grey_matter=tissue == _GREY,
    )
    for volume in vars(template).values():
        volume.setflags(write=False)
    return template


def template_volume(name: str, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Read a packaged volume of the template, ``resources/template/NAME.nii.gz``.

    Raises
    ------
    BrainstemError
        If it is missing, damaged or has another shape.
    """
    path = resource("template", f"{name}.nii.gz")
    fix = "Install Brainstem App again."
    try:
        volume = np.asarray(nib.load(path).dataobj, dtype=np.uint8)  # type: ignore[attr-defined]
    except (OSError, EOFError, ValueError, nib.filebasedimages.ImageFileError) as error:
        raise BrainstemError("A file of the template cannot be read.", path, fix) from error
    if volume.shape != shape:
        raise BrainstemError("A file of the template has another grid.", path, fix)
    return volume
