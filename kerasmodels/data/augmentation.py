"""How strongly training volumes are changed at random; `kerasmodels.data.augmented` changes them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kerasmodels.data.volumes import IGNORED


class Augmentation(BaseModel):
    """How strongly volumes are changed; every default is "not at all".

    Parameters
    ----------
    mirrored_indices : tuple of int, optional
        For every class the class of the structure on the other side (itself for a midline one). If given,
        half of the volumes are mirrored along the slices' height, which is left–right, and their labels
        swapped.
    mirror_plane : float, optional
        Where along the slices' height the plane lies that is mirrored at, voxels from the middle of the first
        one; the middle of the volume by default. What comes from beyond the volume's edge repeats the edge.
    rotation_degrees, scale, shift : float
        Standard deviations of the rotation about each axis (degrees), of the logarithm of the size along
        each axis, and of the shift along each axis (voxels).
    elastic : tuple of (float, float)
        Smooth displacements that are added up: the standard deviation of each, and the distance of its
        control points, both in voxels.
    contrast, offset, gamma, shading, noise : float
        Standard deviations of the logarithm of a factor, of a constant, of the logarithm of an exponent, of a
        smooth factor, and of noise, for intensities between `lowest` and −`lowest`.
    blur : float
        Largest standard deviation of a Gaussian blur, voxels; drawn evenly from 0.
    lowest : float
        The intensity of what is not brain: it stays as it is, and no intensity goes below.
    odd : float
        How likely each of the next four is for a volume, from 0 to 1: what only some scans have.
    thickness : float
        Thickest slices that a volume is seen in along one of its axes, voxels; 1 leaves it.
    ringing : float
        Largest share of the spatial frequencies that one axis lacks, the highest ones: edges ring.
    cut : float
        Largest share of the slices, at one end, that the field of view leaves out: `lowest`.
    mask_edge : float
        Standard deviation (voxels) of how far the border of what is brain lies from where it should: too
        narrow here, there too wide, which shows fluid.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    mirrored_indices: tuple[Annotated[int, Field(ge=0, lt=IGNORED)], ...] | None = None
    mirror_plane: float | None = None
    rotation_degrees: float = Field(default=0.0, ge=0)
    scale: float = Field(default=0.0, ge=0)
    shift: float = Field(default=0.0, ge=0)
    elastic: tuple[tuple[Annotated[float, Field(ge=0)], Annotated[float, Field(gt=0)]], ...] = ()
    contrast: float = Field(default=0.0, ge=0)
    offset: float = Field(default=0.0, ge=0)
    gamma: float = Field(default=0.0, ge=0)
    shading: float = Field(default=0.0, ge=0)
    noise: float = Field(default=0.0, ge=0)
    blur: float = Field(default=0.0, ge=0)
    lowest: float = Field(default=-3.0, lt=0)
    odd: float = Field(default=0.0, ge=0, le=1)
    thickness: float = Field(default=1.0, ge=1)
    ringing: float = Field(default=0.0, ge=0, lt=1)
    cut: float = Field(default=0.0, ge=0, lt=1)
    mask_edge: float = Field(default=0.0, ge=0)


#: Changes that keep a brainstem at 1 mm plausible; mirroring needs a label table: the caller adds it.
MILD = Augmentation(
    rotation_degrees=3.0,
    scale=0.03,
    shift=0.8,
    elastic=((0.6, 20.0), (0.3, 10.0)),
    contrast=0.12,
    offset=0.12,
    gamma=0.1,
    shading=0.05,
    noise=0.08,
    blur=0.6,
)

#: Changes as wide as scans from elsewhere: contrasts, noise, thick slices, ringing, cuts, poor brain masks.
WIDE = MILD.model_copy(
    update={
        "contrast": 0.2,
        "offset": 0.25,
        "gamma": 0.2,
        "shading": 0.1,
        "noise": 0.14,
        "blur": 1.0,
        "odd": 0.3,
        "thickness": 4.0,
        "ringing": 0.5,
        "cut": 0.25,
        "mask_edge": 1.0,
    }
)

AugmentationName = Literal["none", "mild", "wide"]

#: By name; none changes nothing.
AUGMENTATIONS: dict[AugmentationName, Augmentation | None] = {"none": None, "mild": MILD, "wide": WIDE}
