"""How a recipe divides the brainstem: planes through landmarks of the template, and the regions between."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

PointMm = tuple[float, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RecipePlane(_Part):
    """A plane at right angles to the midsagittal plane, so that a line in the midsagittal slice defines it.

    Attributes
    ----------
    name : str
        Short name that the regions refer to.
    title : str
        What it is, to follow "below the ", e.g. "plane through …".
    through_mm : tuple of 1 or 2 points
        Landmarks (y, z) in mm of the ``mni`` world, in the midsagittal slice.
    parallel_to : str
        A plane further up in the recipe, where `through_mm` is one point.
    why : str
        What the landmarks are, and how they were found.
    citation : str
        Who draws this border so.
    """

    name: str
    title: str
    through_mm: Annotated[tuple[PointMm, ...], Field(min_length=1, max_length=2)]
    parallel_to: str = ""
    why: str
    citation: str

    @model_validator(mode="after")
    def _check_line(self) -> Self:
        if (len(self.through_mm) == 1) != bool(self.parallel_to):
            raise ValueError(f"{self.name}: give two points, or one and parallel_to")
        if len(self.through_mm) == 2 and self.through_mm[0][0] == self.through_mm[1][0]:
            raise ValueError(f"{self.name}: its two points lie one above the other")
        return self


class RecipeRegion(_Part):
    """A region of the brainstem.

    Attributes
    ----------
    name, full_name : str
        Short name, and name in words.
    colour : str
        ``#rrggbb``.
    below : str
        `RecipePlane.name` of its upper border; empty for the uppermost region.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
    full_name: str
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
    below: str = ""


def check_regions(planes: tuple[RecipePlane, ...], regions: tuple[RecipeRegion, ...]) -> None:
    """Raise ValueError if planes and regions do not belong together."""
    known: list[str] = []
    for plane in planes:
        if plane.name in known:
            raise ValueError(f"the plane {plane.name} occurs twice")
        if plane.parallel_to and plane.parallel_to not in known:
            raise ValueError(f"{plane.name}: there is no plane {plane.parallel_to} before it")
        known.append(plane.name)
    names = [region.name for region in regions]
    for twice in (name for name in names if names.count(name) > 1):
        raise ValueError(f"the region {twice} occurs twice")
    if regions and [region.below for region in regions] != ["", *known]:
        raise ValueError(
            "regions and planes go from top to bottom: each region but the first is below a plane"
        )
