"""Two label maps on one table: as they are numbered, or by the names of their structures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.drawn_labels import DrawnTable, load_classes
from brainstem_app.atlas.label_table import Group, LabelTable
from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import IGNORED_LABEL, load_label_numbers
from brainstem_app.imaging.spaces import Affine
from brainstem_app.models.label_meaning import (
    LabelMeaning,
    UnknownAtlasError,
    labels_in,
    meaning_beside,
    meaning_known,
    meaning_of_labels,
    meaning_of_other,
    rows_of,
    with_notes,
)
from brainstem_app.models.tables_beside import tables_beside


@dataclass(frozen=True)
class CommonMeaning:
    """What the labels of two files mean.

    Attributes
    ----------
    meaning : LabelMeaning
        The table of both, and what the user should know.
    own_numbers : mapping of Path to DrawnTable
        How the numbers of a file become indices of the table; without a file whose numbers they are.
    """

    meaning: LabelMeaning
    own_numbers: Mapping[Path, DrawnTable]


def meaning_of_two(
    predicted: Path, reference: Path, labels: Mapping[Path, frozenset[int]], atlas: str | None = None
) -> CommonMeaning:
    """Say what the labels of two files on one grid mean, in the table of the first that names its own.

    Parameters
    ----------
    predicted, reference : Path
        The label maps.
    labels : mapping of Path to frozenset of int
        Labels that each holds.
    atlas : str, optional
        Name or folder of the atlas of both: the user's word.

    Raises
    ------
    UnknownAtlasError, InputError
        As `meaning_of_labels`, but for the numbers; and if the two have no structure in common.
    """
    files = tuple(dict.fromkeys((predicted, reference)))
    if atlas is not None:
        told = [meaning_of_labels(path, labels[path], atlas) for path in files]
        return CommonMeaning(with_notes(told[0], [note for one in told for note in one.notes]), {})
    said = [path for path in files if tables_beside(path)]
    if not said:
        every = frozenset[int]().union(*labels.values())
        return CommonMeaning(meaning_known(predicted, every), {})
    first, *others = (*said, *(path for path in files if path not in said))
    meaning = meaning_beside(first, labels[first], tables_beside(first))
    read = {first: meaning}
    for path in others:
        read[path] = meaning_like(path, labels[path], (first, meaning), labels[first])
    notes = [note for one in read.values() for note in one.notes]
    own = {path: one.own_numbers for path, one in read.items() if one.own_numbers is not None}
    for path, numbers in own.items():
        if ignored := sorted(numbers.ignored & labels[path]):
            notes.append(
                f"Where nobody labelled {path.name} ({listed([str(n) for n in ignored])}), both are left out."
            )
    return CommonMeaning(with_notes(replace(meaning, own_numbers=None), notes), own)


def meaning_like(
    path: Path,
    labels: frozenset[int],
    other: tuple[Path, LabelMeaning],
    others_labels: frozenset[int] = frozenset(),
) -> LabelMeaning:
    """Say what the labels of a file mean in the table of another file, which they are compared with.

    If nothing beside the file names them, or they have the same names there, the numbers are those of the
    other file; else they are matched by the names of their structures, and those without counterpart are
    background.

    Raises
    ------
    UnknownAtlasError, InputError
        As `meaning_of_labels`, but for the numbers; and if no structure has a counterpart.
    """
    first, meaning = other
    beside = tables_beside(path)
    if not beside:
        return meaning_of_other(path, labels, first, meaning)
    match = _match(path, labels, meaning.numbers)
    numbers = match.numbers
    if not match.by_name:
        return replace(meaning, own_numbers=numbers.own, notes=match.own.notes)
    groups = {meaning.table.structures[numbers.index_of[n]].group for n in labels - numbers.ignored}
    if Group.NUCLEUS not in groups:
        raise UnknownAtlasError(
            f"The labels of {first.name} are of the atlas {meaning.title}, those here of {match.own.title}, "
            "which has none of its nuclei: they cannot be compared.",
            path,
            (),
        )
    short = path.name != first.name
    mine, its = (one.name if short else f"{one.parent.name}/{one.name}" for one in (path, first))
    note = (
        f"{mine} numbers its structures otherwise than {its}, as {beside[0].where.name} beside it says: they "
        "are matched by name."
    )
    if match.alone:
        note += f" Only {mine} has {', '.join(match.alone)}: background here."
    if alone := _only_in(others_labels, meaning.numbers, numbers):
        note += f" Only {its} has {', '.join(alone)}: not compared."
    return replace(meaning, own_numbers=numbers.own, notes=(*match.own.notes, note))


def read_by_name(
    path: Path, other: tuple[Path, LabelMeaning]
) -> tuple[NDArray[np.uint8], Affine, LabelMeaning]:
    """Read a label map as labels of another file, as `meaning_like`; what nobody labelled is background.

    Returns
    -------
    labels : ndarray of uint8, shape (X, Y, Z)
        Indices of the other file's table.
    affine : ndarray, shape (4, 4)
    meaning : LabelMeaning
    """
    there = labels_in(load_label_numbers(path)[0])
    meaning = meaning_like(path, there, other)
    labels, affine = load_classes(path, meaning.own_numbers)
    if meaning.own_numbers is None or meaning.own_numbers.ignored.isdisjoint(there):
        return labels, affine, meaning
    note = f"What nobody labelled in {path.name} is background here."
    return np.where(labels == IGNORED_LABEL, np.uint8(0), labels), affine, with_notes(meaning, [note])


def numbers_by_name(
    path: Path, labels: frozenset[int], table: LabelTable, whose: str, fix: str
) -> tuple[DrawnTable, tuple[str, ...]]:
    """Say how the numbers of a file with a table beside it become indices of a table that has all of them.

    Returns
    -------
    numbers : DrawnTable
    notes : tuple of str
        What the user should know.

    Raises
    ------
    UnknownAtlasError, InputError
        As `meaning_of_labels`, but for the numbers; and, with `fix`, if the table lacks a structure.
    """
    match = _match(path, labels, DrawnTable.of_classes(table))
    if match.alone:
        raise InputError(f"{path.name} has {', '.join(match.alone)}, which {whose} do not have.", path, fix)
    note = f"{path.name} numbers its structures otherwise than {whose}: they are matched by name."
    return match.numbers, (*match.own.notes, *((note,) if match.by_name else ()))


@dataclass(frozen=True)
class _Match:
    """What a file says of its numbers, what they are in another table, and the structures that it lacks."""

    own: LabelMeaning
    numbers: DrawnTable
    by_name: bool
    alone: tuple[str, ...] = ()


def _match(path: Path, labels: frozenset[int], target: DrawnTable) -> _Match:
    own = meaning_beside(path, labels, tables_beside(path))
    said = own.numbers
    drawn = labels - said.ignored
    if rows_of(said, drawn) == rows_of(target, drawn):
        return _Match(own, replace(target, ignored=said.ignored), by_name=False)
    numbers = said.as_classes_of(target.table)
    alone = tuple(said.name_of(n) for n in sorted(drawn) if said.index_of[n] and not numbers.index_of[n])
    return _Match(own, numbers, by_name=True, alone=alone)


def _only_in(labels: frozenset[int], mine: DrawnTable, other: DrawnTable) -> list[str]:
    """Name the structures of the first map that the second one's table lacks; both have one table."""
    there = set(other.index_of.values())
    return [mine.name_of(n) for n in sorted(labels - mine.ignored) if mine.index_of[n] not in there]
