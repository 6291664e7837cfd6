"""The table that the labels of a file belong to: what lies beside it says so, or the atlases at hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.drawn_labels import DrawnTable
from brainstem_app.atlas.label_table import LabelTable, Structure
from brainstem_app.atlas.library import (
    LABELS_FILE_NAME,
    AtlasTable,
    citations_of,
    list_atlases,
    load_atlas_table,
)
from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.models.library import ATLAS_FOLDER, hash_file, list_models
from brainstem_app.models.tables_beside import TableBeside, tables_beside
from brainstem_app.named_version import with_version

_GIVE_ATLAS = (
    "Say which atlas they were made with: --atlas NAME (`brainstem-app atlas list` shows the names), or "
    "--atlas FOLDER."
)
_RESTORE = (
    "Restore that file, or take it out of the folder; with --atlas, evaluate is told which atlas they are of."
)
_GIVE_TABLE = (
    "Choose the atlas the labels were made with (--atlas), renumber them, or put their table beside them: "
    "dseg.tsv, with the columns index and name."
)


class UnknownAtlasError(InputError):
    """Nothing says for certain which atlas labels belong to.

    Parameters
    ----------
    what, where : str, Path
        As for any error.
    choices : tuple of AtlasTable
        Atlases at hand that name all the labels.
    fix : str, optional
        What to do, if it is more than to say the atlas.
    """

    def __init__(
        self, what: str, where: Path, choices: tuple[AtlasTable, ...], fix: str = _GIVE_ATLAS
    ) -> None:
        super().__init__(what, where, fix)
        self.choices = choices


@dataclass(frozen=True)
class LabelMeaning:
    """What the labels of a file mean.

    Attributes
    ----------
    table : LabelTable
    name, version : str
        Of the atlas.
    citations : tuple of str
        What to cite for it, one source an entry.
    notes : tuple of str
        What the user should know: what was taken for granted, which sources contradict each other.
    own_numbers : DrawnTable or None
        How the file numbers the structures of the table, if it is not by their indices.
    """

    table: LabelTable
    name: str
    version: str
    citations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    own_numbers: DrawnTable | None = None

    @property
    def title(self) -> str:
        """Name and version of the atlas."""
        return with_version(self.name, self.version)

    @property
    def numbers(self) -> DrawnTable:
        """What the numbers of the file mean."""
        return self.own_numbers or DrawnTable.of_classes(self.table)


def labels_in(labels: NDArray[np.integer]) -> frozenset[int]:
    """Labels that a label map holds."""
    if labels.dtype != np.uint8:
        return frozenset(np.unique(labels).tolist())
    return frozenset(np.flatnonzero(np.bincount(labels.ravel(), minlength=1)).tolist())


def meaning_of_labels(
    path: Path,
    labels: frozenset[int],
    atlas: str | None = None,
    other: tuple[Path, LabelMeaning] | None = None,
) -> LabelMeaning:
    """Say what the labels of a file mean, which are the indices of a table.

    In this order: the atlas that the user names; what lies beside the file (the ``report.json`` of its
    result, the table of an atlas or of a BIDS dataset, the record of a study); the one atlas at hand
    that names all labels, of the program's, the user's and the models'.

    Parameters
    ----------
    path : Path
        The label map.
    labels : frozenset of int
        Labels it holds.
    atlas : str, optional
        Name or folder of an atlas: the user's word.
    other : tuple of Path and LabelMeaning, optional
        Labels that these are compared with, and their meaning: theirs too if nothing beside the file says so.

    Raises
    ------
    UnknownAtlasError
        If nothing beside the file says it, and several atlases or none name all labels; or if what lies
        beside it contradicts itself.
    InputError
        If the atlas is not here or damaged, or does not name a label; or if the table beside the file numbers
        the structures otherwise than 0, 1, 2, …
    """
    if atlas is not None:
        return _as_told(path, labels, load_atlas_table(atlas))
    beside = tables_beside(path)
    if beside:
        meaning = meaning_beside(path, labels, beside)
        _require_indices(path, labels, meaning, beside[0].where)
        return meaning
    if other is not None:
        return meaning_of_other(path, labels, *other)
    return meaning_known(path, labels)


def known_atlases() -> tuple[AtlasTable, ...]:
    """List the atlases at hand: the program's, the user's, those of models; damaged ones are left out."""
    places: list[str | Path] = [*list_atlases()]
    places += [model.folder / ATLAS_FOLDER for model in list_models()]
    found: list[AtlasTable] = []
    for place in places:
        try:
            atlas = load_atlas_table(place)
        except InputError:
            continue
        if all(_labels_of(atlas) != _labels_of(other) for other in found):
            found.append(atlas)
    return tuple(found)


def _labels_of(atlas: AtlasTable) -> tuple[str, tuple[Structure, ...]]:
    """Return what tells atlases apart; copies of older versions lack the regions of their structures."""
    return atlas.title, tuple(s.model_copy(update={"region": ""}) for s in atlas.table.structures)


def _as_told(path: Path, labels: frozenset[int], atlas: AtlasTable) -> LabelMeaning:
    told = LabelMeaning(atlas.table, atlas.name, atlas.version, citations_of(atlas))
    beside = tables_beside(path)
    named = [found.where.name for found in beside if found.numbers is not None]
    fix = f"Leave --atlas out: {named[0]} beside it says what its numbers mean." if named else _GIVE_TABLE
    _require_named(path, labels, told.numbers, f"the atlas {told.title}", fix)
    notes = [
        f"{found.where.name} beside {path.name} says that its labels are of {found.title or 'another atlas'}"
        f", which names some of them otherwise; they are read as those of {told.title}, as you say."
        for found in beside
        if found.numbers is not None and rows_of(found.numbers, labels) != rows_of(told.numbers, labels)
    ]
    notes += [
        f"{found.problem} The labels are read as those of {told.title}, as you say."
        for found in beside
        if found.problem
    ]
    return with_notes(told, notes)


def meaning_beside(path: Path, labels: frozenset[int], beside: tuple[TableBeside, ...]) -> LabelMeaning:
    """Return the meaning that the files beside a label map give it, with the numbers that it has.

    Raises
    ------
    UnknownAtlasError, InputError
        As `meaning_of_labels`, but for the numbers.
    """
    known = known_atlases()
    tables = [(found, _table_of(found, known)) for found in beside]
    for found, table in tables:
        if found.problem:
            raise UnknownAtlasError(found.problem, found.where, _that_name(labels, known), _RESTORE)
        if table is None:
            raise UnknownAtlasError(
                f"{found.where.name} beside the labels says that they are of the atlas {found.title}, "
                "which is not here as it was.",
                path,
                (),
            )
    (first, table), *rest = [(found, table) for found, table in tables if table is not None]
    for other, other_table in rest:
        if rows_of(other_table, labels) != rows_of(table, labels):
            raise UnknownAtlasError(
                f"{first.where.name} and {other.where.name} beside the labels contradict each other: "
                f"{first.title or 'one'} and {other.title or 'the other'} name some labels otherwise.",
                path,
                _that_name(labels, known),
            )
    _require_named(path, labels, table, f"{first.where.name} beside it")
    return replace(_described(first, table.table, known), own_numbers=table.own)


def _table_of(found: TableBeside, known: tuple[AtlasTable, ...]) -> DrawnTable | None:
    if found.numbers is not None:
        return found.numbers
    told = found.labels_sha256
    for atlas in known:
        if found.names(atlas) and told in ("", hash_file(atlas.folder / LABELS_FILE_NAME)):
            return DrawnTable.of_classes(atlas.table)
    return None


def _described(found: TableBeside, table: LabelTable, known: tuple[AtlasTable, ...]) -> LabelMeaning:
    """Return the table beside a file, with colours and citations of the atlas if that is here."""
    named = [atlas for atlas in known if not found.name or found.names(atlas)]
    same = next((a for a in named if a.table.names == table.names), None)
    if same is not None:
        return LabelMeaning(same.table, same.name, same.version, citations_of(same))
    notes = [
        f"The atlas {atlas.title} that is here names some labels otherwise than {found.where.name} beside "
        "the label map, which was written with it; the names are those of the latter."
        for atlas in named
        if found.title and _renames(atlas.table, table)
    ]
    return LabelMeaning(table, found.name or "unknown", found.version, notes=tuple(notes[:1]))


def meaning_of_other(path: Path, labels: frozenset[int], first: Path, meaning: LabelMeaning) -> LabelMeaning:
    """Return the meaning of labels of which nothing is said: that of the file they are compared with."""
    _require_named(path, labels, meaning.numbers, f"the atlas {meaning.title}")
    note = (
        f"Nothing beside {path.name} says what its labels mean: they are read as those of {first.name}, of "
        f"the atlas {meaning.title}."
    )
    return replace(meaning, notes=(note,))


def meaning_known(path: Path, labels: frozenset[int]) -> LabelMeaning:
    """Return the only reading that the atlases at hand leave; several ask for the user's word."""
    known = known_atlases()
    fitting = _that_name(labels, known)
    if not fitting:
        names = ", ".join(atlas.title for atlas in known)
        raise UnknownAtlasError(
            f"The labels go up to {max(labels)}; none of the atlases here ({names}) names all of them.",
            path,
            (),
        )
    readings = {rows_of(DrawnTable.of_classes(atlas.table), labels) for atlas in fitting}
    if len(readings) > 1:
        names = ", ".join(atlas.title for atlas in fitting)
        raise UnknownAtlasError(
            f"Nothing beside the label map says which atlas its labels are of: {names} name "
            "them differently.",
            path,
            fitting,
        )
    atlas = fitting[0]
    note = (
        f"Nothing beside {path.name} says which atlas its labels are of. They are read as those of "
        f"{atlas.title}, the only atlas here that names them all."
    )
    meaning = LabelMeaning(atlas.table, atlas.name, atlas.version, citations_of(atlas))
    return with_notes(meaning, [note])


def _that_name(labels: frozenset[int], known: tuple[AtlasTable, ...]) -> tuple[AtlasTable, ...]:
    return tuple(atlas for atlas in known if labels.issubset(range(atlas.table.n_classes)))


def rows_of(numbers: DrawnTable, labels: Iterable[int]) -> tuple[tuple[int, str], ...]:
    """Names of some labels; the background has none."""
    return tuple((label, numbers.name_of(label)) for label in sorted(labels) if label)


def _renames(table: LabelTable, other: LabelTable) -> bool:
    """Whether an index of the second table has another name in the first, or none."""
    return table.names[1 : other.n_classes] != other.names[1:]


def _require_named(
    path: Path, labels: frozenset[int], numbers: DrawnTable, whose: str, fix: str = _GIVE_TABLE
) -> None:
    odd = sorted(labels - numbers.index_of.keys() - numbers.ignored)
    if odd:
        only = f"only 0 to {numbers.table.n_classes - 1}" if numbers.keeps(()) else "no such number"
        raise InputError(f"The file has label {odd[-1]}, but {whose} has {only}.", path, fix)


def _require_indices(path: Path, labels: frozenset[int], meaning: LabelMeaning, where: Path) -> None:
    own = meaning.own_numbers
    if own is not None and not own.keeps(labels):
        numbers = listed([str(number) for number in sorted({*own.index_of, *own.ignored} - {0})])
        raise InputError(
            f"By {where.name} beside the labels, their numbers are {numbers}. Only labels that are numbered "
            "1, 2, 3, … without a gap, and drawn everywhere, can be opened.",
            path,
            "Renumber a copy of the map and of its table. Evaluate, add-reference, prepare --labels and the "
            "comparison in Review go by the names, and take them as they are.",
        )


def with_notes(meaning: LabelMeaning, notes: Iterable[str]) -> LabelMeaning:
    """Return a meaning with more notes, none twice."""
    return replace(meaning, notes=tuple(dict.fromkeys((*meaning.notes, *notes))))
