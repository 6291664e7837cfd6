"""How far registrations of one scan disagree about an atlas' nuclei: the uncertainty of any reference, in mm.

A reference that was made by registration is one opinion of several. For an atlas that ships with the
program they were compared on open scans (`tests/consensus`); the table lies beside the atlas. Other atlases
have none.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from brainstem_app.atlas.library import atlas_name_is_shipped, load_atlas_table
from brainstem_app.locations import resource
from brainstem_app.small_files import read_small

DISAGREEMENT_FILE_NAME = "disagreement.json"
_Millimetres = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class NucleusDisagreement(BaseModel):
    """Mean distances of a nucleus' surfaces (ASSD, mm), means over the subjects.

    Attributes
    ----------
    between_mm : float
        Over all pairs of registrations.
    reference_mm : float
        Of the registration that `prepare` makes reference labels by, from the consensus of the others.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    between_mm: _Millimetres
    reference_mm: _Millimetres


class DisagreementTable(BaseModel):
    """Content of ``disagreement.json``.

    Attributes
    ----------
    atlas, atlas_version : str
        Atlas that was laid on the scans.
    date, made_by, source, licence : str
        When and by which script it was made, from which scans.
    subjects : int
        Number of scans, each of another person.
    registrations : tuple of str
        What was compared.
    nuclei : dict of str to NucleusDisagreement
        By the short name of the nucleus.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_name: Annotated[Literal["brainstem-disagreement/1"], Field(alias="schema")] = (
        "brainstem-disagreement/1"
    )
    atlas: str
    atlas_version: str
    date: str
    made_by: str
    source: str
    licence: str
    subjects: Annotated[int, Field(ge=1)]
    registrations: tuple[str, ...]
    nuclei: Annotated[dict[str, NucleusDisagreement], Field(min_length=1)]

    def between_mm(self, name: str) -> float | None:
        """Distance between registrations of a nucleus, mm; None of what is not in the table."""
        found = self.nuclei.get(name)
        return None if found is None else found.between_mm

    @property
    def mean_reference_mm(self) -> float:
        """Mean over the nuclei of the distance of `prepare`'s registration from the consensus."""
        return sum(found.reference_mm for found in self.nuclei.values()) / len(self.nuclei)


def disagreement_about(atlas: str, version: str) -> DisagreementTable | None:
    """Table of a shipped atlas of this name and version; None of any other atlas."""
    if not atlas_name_is_shipped(atlas) or load_atlas_table(atlas).version != version:
        return None
    path = resource("atlas", atlas) / DISAGREEMENT_FILE_NAME
    if not path.is_file():
        return None
    return DisagreementTable.model_validate_json(read_small(path))
