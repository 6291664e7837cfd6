"""A lab's own label table: what the numbers of its label maps mean, and the classes they become.

A lab numbers its labels as it likes; the classes of a table and of a network are 0, 1, 2, … without a gap.
Numbers that the table calls "not drawn", or that are said to be, stand for voxels that nobody looked at.
"""

from __future__ import annotations

import colorsys
import hashlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.importing.side_names import split_side, with_side
from brainstem_app.atlas.label_table import TABLE_FILE_NAME, Group, LabelTable, Side, Structure, table_text
from brainstem_app.atlas.library import CARD_FILE_NAME, DRAWN
from brainstem_app.atlas.source_tables.reading import read_source_table
from brainstem_app.atlas.source_tables.source_label import SourceLabel
from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import write_json, write_text
from brainstem_app.imaging.label_map import IGNORED_LABEL, load_label_map, load_label_numbers
from brainstem_app.imaging.spaces import Affine

_NOT_DRAWN = re.compile(
    r"(not|un|never)[ _-]?(drawn|labell?ed|outlined|annotated|known)|ignored?([ _-]label)?", re.I
)
_BACKGROUND = 0
_TISSUE = ("WM", "GM")
_GOLDEN, _DARKER = 0.618034, 0.72
_UNKNOWN_SHOWN = 8


@dataclass(frozen=True)
class DrawnTable:
    """What a lab's numbers mean.

    Attributes
    ----------
    table : LabelTable
        The classes: the background and the lab's structures, in the order of their numbers.
    index_of : mapping of int to int
        Class of each number of the lab's maps.
    ignored : frozenset of int
        Numbers of voxels that nobody labelled.
    """

    table: LabelTable
    index_of: Mapping[int, int]
    ignored: frozenset[int] = frozenset()

    @classmethod
    def of_classes(cls, table: LabelTable) -> DrawnTable:
        """Table whose classes are the numbers themselves."""
        return cls(table, {s.index: s.index for s in table.structures})

    def keeps(self, numbers: Collection[int]) -> bool:
        """Whether a map with these numbers has classes: each number is its own, and all was labelled."""
        same = all(number == index for number, index in self.index_of.items())
        return same and self.ignored.isdisjoint(numbers)

    @property
    def own(self) -> DrawnTable | None:
        """The same; None if its numbers are the classes of its table, and stand for nothing else."""
        return None if self.keeps(self.ignored) else self

    def name_of(self, number: int) -> str:
        """Short name of a number; of one that nobody labelled, or that has no name, something else."""
        if number in self.ignored:
            return "(not drawn)"
        index = self.index_of.get(number)
        return "" if index is None else self.table.names[index]

    def as_classes_of(self, table: LabelTable) -> DrawnTable:
        """Return the same numbers as classes of another table, matched by the names of the structures.

        Short and full names and sides are compared, not how they are spelt (``RN, left`` is ``rn_L``). A
        structure that the other table does not have is its background.
        """
        there = counterparts(self.table, table)
        index_of = {number: there.get(index, _BACKGROUND) for number, index in self.index_of.items()}
        return DrawnTable(table, index_of, self.ignored)

    def classes(self, numbers: NDArray[np.integer], where: Path) -> NDArray[np.uint8]:
        """Turn the numbers of a map into classes; `IGNORED_LABEL` where nobody labelled.

        Parameters
        ----------
        numbers : ndarray of integers, shape (X, Y, Z)
            As the file has them.
        where : Path
            The file, for the error.

        Returns
        -------
        ndarray of uint8, shape (X, Y, Z)

        Raises
        ------
        InputError
            If the map holds a number that the table does not name.
        """
        found, inverse = np.unique(numbers, return_inverse=True)
        unknown = [int(n) for n in found if int(n) not in self.index_of and int(n) not in self.ignored]
        if unknown:
            more = "…" if len(unknown) > _UNKNOWN_SHOWN else ""
            shown = ", ".join(map(str, unknown[:_UNKNOWN_SHOWN])) + more
            raise InputError(
                f"The label map holds {shown}, which the table of labels does not name.",
                where,
                "Add it to the table; if nobody labelled those voxels, as “not drawn”, or say so to prepare: "
                "--ignore-label NUMBER.",
            )
        classes = [IGNORED_LABEL if int(n) in self.ignored else self.index_of[int(n)] for n in found]
        return np.array(classes, dtype=np.uint8)[inverse].reshape(numbers.shape)

    def is_of(self, table: LabelTable) -> bool:
        """Whether these are the labels of an atlas: the same numbers for the same names, none missing."""
        mine = {number: self.table.structures[index] for number, index in self.index_of.items()}
        return len(mine) == table.n_classes and all(
            number in mine and _same(mine[number], structure)
            for number, structure in enumerate(table.structures)
        )

    def of_atlas(self, table: LabelTable) -> DrawnTable:
        """Return the same with an atlas's own rows, whose numbers these are."""
        return DrawnTable(table, {s.index: s.index for s in table.structures}, self.ignored)

    def save(self, folder: Path, name: str, version: str) -> None:
        """Write the table as an atlas without a map: ``structures.csv`` and ``atlas.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / TABLE_FILE_NAME, table_text(self.table))
        numbers = {str(index): number for number, index in sorted(self.index_of.items())}
        card = {
            "name": name,
            "version": version,
            "labels": DRAWN,
            "numbers": numbers,
            "not_drawn": sorted(self.ignored),
        }
        write_json(folder / CARD_FILE_NAME, card)


def table_hash(drawn: DrawnTable) -> str:
    """SHA-256 of the file that `DrawnTable.save` writes of the table."""
    return hashlib.sha256(table_text(drawn.table).encode()).hexdigest()


def read_drawn_table(path: Path, ignored: Collection[int] = ()) -> DrawnTable:
    """Read a lab's table of labels, in any of the formats of `read_source_table`.

    Parameters
    ----------
    path : Path
        The table: BIDS' ``dseg.tsv``, CSV, JSON, ITK-SNAP's, FreeSurfer's or FSL's.
    ignored : collection of int
        Numbers that mean "not drawn", besides those that the table calls so.

    Raises
    ------
    InputError
        If the table cannot be read, has too many labels, or two get one name.
    """
    return drawn_table(read_source_table(path).labels, path, ignored)


def drawn_table(labels: Iterable[SourceLabel], path: Path, ignored: Collection[int] = ()) -> DrawnTable:
    """Make the table of rows that were read from a file; as `read_drawn_table`."""
    rows = sorted(labels, key=lambda row: row.number)
    left_out = frozenset(ignored) | {row.number for row in rows if _is_not_drawn(row)}
    if _BACKGROUND in left_out:
        raise InputError(
            "0 is the background; it cannot stand for what is not drawn.",
            path,
            "Give what is not drawn a number of its own.",
        )
    kept = [row for row in rows if row.number not in left_out and row.number != _BACKGROUND]
    if not kept or len(kept) >= IGNORED_LABEL:
        raise InputError(
            f"The table has {len(kept)} labels; 1 to {IGNORED_LABEL - 1} can be learned and compared.",
            path,
            "Give the table of the structures that the label maps hold.",
        )
    structures = [_background(), *(_structure(k, row, path.name) for k, row in enumerate(kept, start=1))]
    _require_names(structures, kept, path)
    index_of = {_BACKGROUND: _BACKGROUND} | {row.number: k for k, row in enumerate(kept, start=1)}
    return DrawnTable(LabelTable(structures=tuple(structures)), index_of, left_out)


def _is_not_drawn(row: SourceLabel) -> bool:
    name = row.name.strip()
    # The background is called "Unknown" by FreeSurfer, "unlabeled" by others.
    is_background = row.number == _BACKGROUND and name.lower().startswith("un")
    return _NOT_DRAWN.fullmatch(name) is not None and not is_background


def load_classes(path: Path, numbers: DrawnTable | None) -> tuple[NDArray[np.uint8], Affine]:
    """Read a label map as classes of a table: its own labels, or what `numbers` makes of them.

    Returns
    -------
    labels : ndarray of uint8, shape (X, Y, Z)
        `IGNORED_LABEL` where `numbers` says that nobody labelled.
    affine : ndarray, shape (4, 4)

    Raises
    ------
    InputError
        As `load_label_map`, or as `DrawnTable.classes`.
    """
    if numbers is None:
        return load_label_map(path)
    found, affine = load_label_numbers(path)
    return numbers.classes(found, path), affine


def counterparts(mine: LabelTable, other: LabelTable) -> dict[int, int]:
    """For the index of each structure that another table has, too, by its name: the index there."""
    names = _indices_by_name(other)
    found = {_BACKGROUND: _BACKGROUND}
    for words in ("name", "full_name"):
        left = {s.index: names.get(_key(getattr(s, words), s.side)) for s in mine.structures}
        left = {k: n for k, n in left.items() if k not in found and n not in found.values()}
        often = Counter(left.values())
        found |= {k: n for k, n in left.items() if n is not None and often[n] == 1}
    return found


def _indices_by_name(table: LabelTable) -> dict[tuple[str, Side], int]:
    """Index of each structure by its short and its full name; names of several structures tell nothing."""
    found: dict[tuple[str, Side], int] = {}
    for words in ("full_name", "name"):
        keys = {s.index: _key(getattr(s, words), s.side) for s in table.structures[1:]}
        often = Counter(keys.values())
        found |= {key: index for index, key in keys.items() if key[0] and often[key] == 1}
    return found


def _key(name: str, side: Side) -> tuple[str, Side]:
    word, own = split_side(name)
    return word.casefold(), own or side


def _same(mine: Structure, other: Structure) -> bool:
    both_background = mine.group is Group.BACKGROUND and other.group is Group.BACKGROUND
    return both_background or mine.name == other.name or mine.full_name == other.full_name


def _background() -> Structure:
    return Structure(
        index=_BACKGROUND,
        name="background",
        full_name="background",
        side=Side.MIDLINE,
        group=Group.BACKGROUND,
        colour="#000000",
        source="",
        licence="",
    )


def _structure(index: int, row: SourceLabel, source: str) -> Structure:
    name, side = split_side(row.name)
    return Structure(
        index=index,
        name=with_side(name, side) or row.name,
        full_name=row.name,
        side=side or Side.MIDLINE,
        group=Group.TISSUE if name in _TISSUE else Group.NUCLEUS,
        colour=row.colour or _colour(index, side),
        source=source,
        licence="the lab's own",
    )


def _colour(index: int, side: Side | None) -> str:
    value = 0.95 * (_DARKER if side is Side.RIGHT else 1.0)
    rgb = colorsys.hsv_to_rgb((index * _GOLDEN) % 1.0, 0.65, value)
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)


def _require_names(structures: list[Structure], rows: list[SourceLabel], path: Path) -> None:
    first: dict[str, SourceLabel] = {}
    for structure, row in zip(structures[1:], rows, strict=True):
        other = first.setdefault(structure.name, row)
        if other is not row:
            raise InputError(
                f"The labels {other.number} and {row.number} have one name, {structure.name}.",
                path,
                "Give each structure its own name; sides end in _L and _R.",
            )
