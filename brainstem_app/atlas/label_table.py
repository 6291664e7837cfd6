"""The label table of an atlas: one row a structure, one file an atlas."""

from __future__ import annotations

import csv
import io
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from brainstem_app.errors import InputError
from brainstem_app.plain_text import printable
from brainstem_app.small_files import read_text

TABLE_FILE_NAME = "structures.csv"


class Side(StrEnum):
    """Side of the body a structure lies on, the patient's own left and right."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


class Group(StrEnum):
    """What kind of label a row is."""

    BACKGROUND = "background"
    TISSUE = "tissue"
    NUCLEUS = "nucleus"


def _one_line(text: str) -> str:
    return " ".join(printable(text).split())


Words = Annotated[str, AfterValidator(_one_line)]


class Structure(BaseModel):
    """One label of an atlas.

    Attributes
    ----------
    index : int
        Value in the label map, 0…255; 0 is the background.
    name : str
        Short name; paired structures end in ``_L`` and ``_R``.
    full_name : str
        Anatomical name in words.
    side, group : Side, Group
        Laterality and kind.
    colour : str
        ``#rrggbb``.
    source, licence : str
        Atlas the label comes from, and its licence.
    reliability : str
        ``A`` (good), ``B`` (fair), ``C`` (poor), by `brainstem_app.atlas.reliability`; empty for tissue and
        background.
    region : str
        Name of the region of the brainstem that holds most of a nucleus; empty where none is known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: Annotated[int, Field(ge=0, le=255)]
    name: Annotated[Words, Field(min_length=1)]
    full_name: Words
    side: Side
    group: Group
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
    source: Words
    licence: Words
    reliability: Annotated[str, Field(pattern=r"^[ABC]?$")] = ""
    region: Words = ""

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Colour as three integers 0…255."""
        value = self.colour.lstrip("#")
        return int(value[0:2], 16), int(value[2:4], 16), int(value[4:6], 16)


class LabelTable(BaseModel):
    """All structures of an atlas, in the order of their indices 0…K−1 without a gap."""

    model_config = ConfigDict(frozen=True)

    structures: tuple[Structure, ...]

    @property
    def n_classes(self) -> int:
        """K: number of labels, the background included."""
        return len(self.structures)

    @property
    def names(self) -> tuple[str, ...]:
        """Short name of each structure, by its index."""
        return tuple(s.name for s in self.structures)

    @property
    def nuclei(self) -> tuple[Structure, ...]:
        """The structures of group ``nucleus``."""
        return tuple(s for s in self.structures if s.group is Group.NUCLEUS)

    @property
    def regions(self) -> tuple[str, ...]:
        """Names of the regions that structures lie in, in the order of the structures."""
        return tuple(dict.fromkeys(s.region for s in self.structures if s.region))

    def by_name(self, name: str) -> Structure:
        """Structure of that short name; KeyError if there is none."""
        for structure in self.structures:
            if structure.name == name:
                return structure
        raise KeyError(name)

    def mirrored_indices(self) -> tuple[int, ...]:
        """For each index, the index of the same structure on the other side (itself on the midline).

        ``np.array(table.mirrored_indices())[labels[::-1]]`` is the label map of the mirrored head.
        """
        index_of = {s.name: s.index for s in self.structures}
        return tuple(index_of.get(other_side(s.name), s.index) for s in self.structures)


def other_side(name: str) -> str:
    """Name of the same structure on the other side; the name itself if it names no side."""
    if name.endswith("_L"):
        return name[:-2] + "_R"
    if name.endswith("_R"):
        return name[:-2] + "_L"
    return name


def read_label_table(path: Path) -> LabelTable:
    """Read a label table from CSV (one header line, columns as the fields of `Structure`).

    Tables of older versions lack the column ``region``.

    Raises
    ------
    InputError
        If the file is missing or malformed, an index is missing or a name occurs twice.
    """
    fix = "Each row needs the columns " + ", ".join(Structure.model_fields) + "."
    try:
        rows = csv.DictReader(io.StringIO(read_text(path), newline=""))
        structures = tuple(Structure.model_validate(row) for row in rows)
    except OSError as error:
        raise InputError("The label table cannot be read.", path, "Check that the file exists.") from error
    except (ValidationError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"The label table has a row that does not fit: {error}", path, fix) from error
    if [s.index for s in structures] != list(range(len(structures))):
        raise InputError("The indices of the label table are not 0, 1, 2, … in order.", path, fix)
    if len({s.name for s in structures}) != len(structures):
        raise InputError("A name occurs twice in the label table.", path, "Give each structure its own name.")
    return LabelTable(structures=structures)


def table_text(table: LabelTable) -> str:
    """Write the label table as CSV text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(Structure.model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(structure.model_dump(mode="json") for structure in table.structures)
    return text.getvalue()
