"""Reference group in a file: what it predicts of everybody, and nothing of anybody.

Another lab can set its people against it. The file holds coefficients, not people: no name, no volume and no
age of one person but the lowest and highest of each covariate.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator, Field, ValidationError

from brainstem_app.errors import InputError, UnconfirmedError
from brainstem_app.evaluation.reference_fit import ReferenceFit
from brainstem_app.named_version import read_title, with_version
from brainstem_app.plain_text import OneLine
from brainstem_app.reports.cohort.people import Person
from brainstem_app.reports.engine.entry import Entry, ReportEntry
from brainstem_app.small_files import read_small

REFERENCE_FILE = "reference.json"
_NEWER = "Get the file again, or save the reference group with this version of the program."


class ReferenceModel(Entry):
    """Model that made the labels of a reference group."""

    name: str
    version: str | None = None
    sha256: str | None = None

    @property
    def title(self) -> str:
        """Name, version and the beginning of the hash, as far as they are known."""
        digest = f" ({self.sha256[:8]}…)" if self.sha256 else ""
        return f"{with_version(self.name, self.version)}{digest}"


class ReferenceCovariate(Entry):
    """One column that people were adjusted for; see `covariates.ColumnCoding`."""

    column: str
    levels: tuple[str, ...]
    means: tuple[float, ...]
    low: float | None = None
    high: float | None = None


class ReferenceMeasure(Entry):
    """One region, area or nucleus; see `ReferenceFit`. `mean` and `sd` are as measured, in its `unit`."""

    name: str
    full_name: str
    unit: str
    reliability: str
    mean: float
    sd: float
    n: int = Field(ge=2)
    degrees: int = Field(ge=1)
    spread: float = Field(gt=0)
    coefficients: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]

    @property
    def fit(self) -> ReferenceFit:
        """Its linear model."""
        return ReferenceFit(
            self.n, self.degrees, np.array(self.coefficients), np.array(self.covariance), self.spread
        )


class ReferenceGroup(ReportEntry):
    """Content of ``reference.json``: a reference group.

    `name` says whom it is of, in words; `n` how many people. `versions` are those of the program that made
    their results, `program` that of the one that wrote the file. `head_size_method` is how the volume inside
    the skull was measured, where that is a covariate. `sites` counts the people of each site, if differences
    between sites were taken out, as older versions could.
    """

    schema_name: Annotated[Literal["brainstem-reference/1"], Field(alias="schema")] = "brainstem-reference/1"
    created: str
    program: str
    name: OneLine
    n: int = Field(ge=2)
    atlas: Annotated[str, AfterValidator(read_title)]
    model: ReferenceModel | None
    versions: tuple[str, ...]
    covariates: tuple[ReferenceCovariate, ...]
    head_size_method: str | None = None
    sites: dict[str, int] = Field(default_factory=dict)
    measures: tuple[ReferenceMeasure, ...]
    notes: tuple[str, ...]
    command: str
    limits: str

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must be known of whoever is set against it."""
        return tuple(covariate.column for covariate in self.covariates)


def read_reference(path: Path) -> ReferenceGroup:
    """Read a saved reference group: the file, or the folder it lies in.

    Raises
    ------
    InputError
        If it is not there or cannot be read, or its parts do not fit each other.
    """
    file = path / REFERENCE_FILE if path.is_dir() else path
    try:
        found = ReferenceGroup.model_validate_json(read_small(file))
    except FileNotFoundError as error:
        raise InputError("There is no such file.", file, "Check the name and the folder.") from error
    except (OSError, ValidationError) as error:
        raise InputError(
            "This is no reference group that this version of the program can read.", file, _NEWER
        ) from error
    size = 1 + sum(len(covariate.means) for covariate in found.covariates)
    for measure in found.measures:
        shape = {len(measure.coefficients), len(measure.covariance), *map(len, measure.covariance)}
        if shape != {size}:
            problem = f"The reference group is damaged: “{measure.name}” does not fit its covariates."
            raise InputError(problem, file, _NEWER)
    return found


def require_same_kind(
    reference: ReferenceGroup, people: list[Person], where: Path, *, mixed: bool
) -> list[str]:
    """Refuse people whose results were made with another atlas or model than those of a reference group.

    Parameters
    ----------
    mixed : bool
        The user has said that the version of the program may be another one.

    Returns
    -------
    list of str
        What to say of versions that differ.

    Raises
    ------
    InputError
        If atlas or model differ: z-scores would be of the model, not of the person.
    UnconfirmedError
        If the version of the program does, and `mixed` is False.
    """
    atlases = sorted({p.result.report.atlas.title for p in people} - {reference.atlas})
    if atlases:
        raise InputError(
            f"The reference group was measured with the atlas {reference.atlas}, these people with "
            f"{', '.join(atlases)}.",
            where,
            "Segment the scans with its model, or take a reference group of yours.",
        )
    wanted = _key(reference.model)
    others = [p for p in people if _key(model_of_person(p)) != wanted]
    if others:
        own = model_of_person(others[0])
        title = reference.model.title if reference.model else "no model"
        raise InputError(
            f"The reference group was measured with the model {title}, {others[0].name} with "
            f"{own.title if own else 'no model'}.",
            where,
            "Segment the scans with its model, or take a reference group of yours.",
        )
    versions = sorted({p.result.version for p in people} - {*reference.versions, ""})
    if not versions or not reference.versions:
        return []
    problem = (
        f"The reference group was measured with version {', '.join(reference.versions)} of the program, "
        f"these people with {', '.join(versions)}."
    )
    if not mixed:
        fix = "Segment all with one version; or confirm with --mixed (in the window: “compare all the same”)."
        raise UnconfirmedError(problem, where, fix)
    return [f"{problem} Volumes may differ for that reason alone."]


def model_of_person(person: Person) -> ReferenceModel | None:
    """Model that made the labels of a person."""
    model = person.result.report.model
    if model is None:
        return None
    return ReferenceModel(name=model.name, version=model.version, sha256=model.sha256)


def _key(model: ReferenceModel | None) -> object:
    """Return what makes two models the same: the hash of their weights, else name and version."""
    return model and (model.sha256 or (model.name, model.version))
