"""How well changes between scans of one person repeat themselves with a model: a table beside its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from brainstem_app.errors import InputError
from brainstem_app.small_files import read_small

CHANGE_FILE = "change.json"
#: Name of the method, in results: numbers of two methods are never compared.
METHOD = "half-way-1"


class Repeats(BaseModel):
    """Of one nucleus or region.

    Attributes
    ----------
    cv_percent : float
        Within-subject coefficient of variation of its volume over scans that nobody changed, all scans of a
        person measured together.
    slope : float or None
        Measured over true change, where it was shrunk; None where that was not measured.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    cv_percent: Annotated[float, Field(ge=0)]
    slope: float | None = None


class ChangeTable(BaseModel):
    """``change.json`` in the folder of a model.

    Attributes
    ----------
    model, version : str
        Model that was measured.
    method : str
        Name of the method (`METHOD`).
    measured_on : str
        Scans, in words.
    structures : dict of str to Repeats
        By short name of the nucleus, name of the region, ``brainstem``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_name: Literal["brainstem-change-table/1"] = Field("brainstem-change-table/1", alias="schema")
    model: str
    version: str
    method: str
    date: str
    measured_on: str
    structures: dict[str, Repeats]


def read_change_table(folder: Path) -> ChangeTable | None:
    """Read the table of a model's folder; None if it has none.

    Raises
    ------
    InputError
        If it is damaged.
    """
    path = folder / CHANGE_FILE
    if not path.is_file():
        return None
    try:
        return ChangeTable.model_validate_json(read_small(path))
    except (OSError, ValidationError) as error:
        raise InputError(
            "The model's table of repeated changes cannot be read.", path, "Copy the model again."
        ) from error
