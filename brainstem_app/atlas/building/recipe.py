"""The recipe of an atlas: a readable TOML file that says which label comes from where, and how.

A recipe names its sources (a file each, with licence and citation), how each is registered to the
template, for every nucleus the source's labels, the threshold, the priority and the corrections, each with
its reason, and the planes that divide the brainstem into regions. ``resources/atlas/brainstem31/recipe.toml``
is the example to copy.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from brainstem_app.atlas.building.region_recipe import RecipePlane, RecipeRegion, check_regions
from brainstem_app.atlas.library import NOT_STATED
from brainstem_app.errors import InputError
from brainstem_app.small_files import parse_toml, read_text
from brainstem_app.validation import input_error

Millimetres3 = tuple[float, float, float]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Landmark(_Part):
    """A structure that two sources share: its centre of mass must be the same.

    Attributes
    ----------
    labels : tuple of int
        In the source to register; both sides together.
    source : str
        A source further up in the recipe, already registered.
    source_labels : tuple of int
        The same structure there.
    """

    labels: tuple[int, ...]
    source: str
    source_labels: tuple[int, ...]


class Registration(_Part):
    """How a source is laid on the template.

    Attributes
    ----------
    method : {"none", "correlation-ratio", "landmarks"}
        ``correlation-ratio`` moves the source until its tissue groups explain the template's T1 best,
        ``landmarks`` until the structures it shares with other sources lie on theirs.
    landmarks : tuple of Landmark
        For that method; the shift is the mean over the landmarks.
    groups : tuple of tuple of int
        Labels that look alike on T1, e.g. ventricles; what is in no group is one group more.
    parameters : tuple of {"x", "y", "z", "pitch", "scale"}
        What may change: shifts (mm), rotation about the left–right axis, one size.
    why : str
        Reason for the method, with what was measured.
    """

    method: Literal["none", "correlation-ratio", "landmarks"] = "none"
    landmarks: tuple[Landmark, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    parameters: tuple[Literal["x", "y", "z", "pitch", "scale"], ...] = ("x", "y", "z")
    why: str = ""


class RecipeSource(_Part):
    """One source atlas.

    Attributes
    ----------
    id : str
        Short name that the structures refer to.
    title, licence, citation, space : str
        For the notice; `space` is the template the source was drawn on.
    file : Path
        NIfTI file below the data folder.
    kind : {"labels", "probabilities"}
        One volume of labels, or one volume (0…1) a structure; then a label is the volume's number.
    """

    id: str
    title: str
    licence: str
    citation: str
    space: str
    file: Path
    kind: Literal["labels", "probabilities"]
    registration: Registration = Registration()

    @field_validator("file")
    @classmethod
    def _below_the_data(cls, file: Path) -> Path:
        if file.is_absolute() or file.drive or ".." in file.parts:
            raise ValueError(f"{file} does not lie below the data folder")
        return file


class RecipeStructure(_Part):
    """One nucleus, or a pair of nuclei.

    Attributes
    ----------
    name : str
        Name in the label table, without ``_L`` or ``_R`` for a pair.
    source : str
        `RecipeSource.id`.
    labels : tuple of int
        Labels of both sides together, or of a midline nucleus.
    left, right : tuple of int
        Labels of each side, where the source tells them apart.
    paired : bool
        Whether there is one on each side.
    threshold : float or "expected"
        Least probability; ``expected``: the one that gives the volume the probabilities add up to.
    smooth_mm : float
        Standard deviation of a Gaussian over the symmetric probability, before the threshold.
    shift_mm : tuple of 3 float
        Correction: away from the midline, forward, upward, in mm.
    column_mm : float, optional
        Correction: keep only what is within this radius of the centre line through the axial slices.
    aqueduct_mm : tuple of 4 float, optional
        Correction: the ring of this thickness around the aqueduct, ``(behind and beside, in front,
        lowest z, highest z)``, joined to the source's label, which is cut 1 mm outside of the ring.
    priority : int
        Where two overlap, the higher priority wins; at the same priority the more probable.
    drawn : bool
        Whether the source is a sphere or a drawing around published coordinates: reliability C.
    why : str
        Reason for the corrections.
    """

    name: str
    source: str
    labels: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    right: tuple[int, ...] = ()
    paired: bool
    threshold: Annotated[float, Field(gt=0, le=1)] | Literal["expected"] = 0.5
    smooth_mm: Annotated[float, Field(ge=0, le=3)] = 0.0
    shift_mm: Millimetres3 = (0.0, 0.0, 0.0)
    column_mm: Annotated[float, Field(gt=0)] | None = None
    aqueduct_mm: tuple[float, float, float, float] | None = None
    priority: int = 0
    drawn: bool = False
    why: str = ""

    @model_validator(mode="after")
    def _check_labels(self) -> RecipeStructure:
        sides = bool(self.left) + bool(self.right)
        if sides == 1 or (sides == 2) == bool(self.labels):
            raise ValueError(f"{self.name}: give either labels, or left and right")
        if sides and not self.paired:
            raise ValueError(f"{self.name}: left and right need paired = true")
        if not self.paired and self.shift_mm[0] != 0:
            raise ValueError(f"{self.name}: a midline nucleus cannot be moved away from the midline")
        return self


class Recipe(_Part):
    """A whole recipe.

    Attributes
    ----------
    name, version, date : str
        Of the atlas.
    licence, licence_why : str
        Licence of the fused map as a whole, and why that one: those of its sources must allow it.
    table : Path
        Label table (CSV); read relative to the recipe.
    source, structure : tuple
        Sources and nuclei; every nucleus of the table occurs once.
    plane, region : tuple
        Planes that divide the brainstem into regions, and the regions, both from top to bottom; an atlas
        may have none.
    folder : Path
        Where the recipe lies.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$")]
    version: str
    date: str
    licence: str = NOT_STATED
    licence_why: str = ""
    table: Path = Path("structures.csv")
    source: tuple[RecipeSource, ...]
    structure: tuple[RecipeStructure, ...]
    plane: tuple[RecipePlane, ...] = ()
    region: tuple[RecipeRegion, ...] = ()
    folder: Path

    @model_validator(mode="after")
    def _check_names(self) -> Recipe:
        ids = [s.id for s in self.source]
        names = [s.name for s in self.structure]
        for twice in (n for n in ids + names if (ids + names).count(n) > 1):
            raise ValueError(f"{twice} occurs twice")
        for structure in self.structure:
            if structure.source not in ids:
                raise ValueError(f"{structure.name}: there is no source {structure.source}")
        check_regions(self.plane, self.region)
        return self

    @property
    def table_path(self) -> Path:
        """Path of the label table."""
        return self.folder / self.table


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises
    ------
    InputError
        If the file cannot be read, is no TOML, or says something that does not fit.
    """
    try:
        values = parse_toml(read_text(path))
    except OSError as error:
        raise InputError("The recipe cannot be read.", path, "Check that the file exists.") from error
    except ValueError as error:
        raise InputError(f"The recipe is not valid TOML: {error}", path, "Mend that line.") from error
    try:
        return Recipe.model_validate({**values, "folder": path.resolve().parent})
    except ValidationError as error:
        fix = "Compare it with the recipe of brainstem31, which ships with the program."
        problem = input_error(error, Recipe, path, fix)
        raise InputError(f"The recipe does not fit: {problem.what}", path, problem.fix) from error
