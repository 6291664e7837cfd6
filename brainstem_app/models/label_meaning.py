"""The table that the labels of a file belong to: what lies beside it says so, or the atlases at hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable, Structure
from brainstem_app.atlas.library import (
    LABELS_FILE_NAME,
    AtlasTable,
    citations_of,
    list_atlases,
    load_atlas_table,
)
from brainstem_app.errors import InputError
from brainstem_app.models.library import ATLAS_FOLDER, hash_file, list_models
from brainstem_app.models.tables_beside import TableBeside, tables_beside
from brainstem_app.named_version import with_version

_GIVE_ATLAS = (
    "Say which atlas they were made with: --atlas NAME (`brainstem-app atlas list` shows the names), or "
    "--atlas FOLDER."
)


class UnknownAtlasError(InputError):
    """Nothing says for certain which atlas labels belong to.

    Parameters
    ----------
    what, where : str, Path
        As for any error.
    choices : tuple of AtlasTable
        Atlases at hand that name all the labels.
    """

    def __init__(self, what: str, where: Path, choices: tuple[AtlasTable, ...]) -> None:
        super().__init__(what, where, _GIVE_ATLAS)
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
    """

    table: LabelTable
    name: str
    version: str
    citations: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Name and version of the atlas."""
        return with_version(self.name, self.version)

    def differs_from(self, other: LabelMeaning, labels: Iterable[int]) -> bool:
        """Whether one of these labels is another structure there."""
        return _rows(self.table, labels) != _rows(other.table, labels)


def labels_in(labels: NDArray[np.uint8]) -> frozenset[int]:
    """Labels that a label map holds."""
    return frozenset(np.flatnonzero(np.bincount(labels.ravel(), minlength=1)).tolist())


def meaning_of_labels(
    path: Path,
    labels: frozenset[int],
    atlas: str | None = None,
    other: tuple[Path, LabelMeaning] | None = None,
) -> LabelMeaning:
    """Say what the labels of a file mean.

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
        If the atlas is not here or damaged, or does not name a label.
    """
    if atlas is not None:
        return _as_told(path, labels, load_atlas_table(atlas))
    beside = tables_beside(path)
    if beside:
        return _as_beside(path, labels, beside)
    if other is not None:
        return _as_other(path, labels, *other)
    return _as_known(path, labels)


def meaning_of_two(files: Mapping[Path, frozenset[int]], atlas: str | None = None) -> LabelMeaning:
    """Say what the labels of two files on one grid mean, which must be the same.

    Raises
    ------
    UnknownAtlasError, InputError
        As `meaning_of_labels`, and if the two belong to atlases that name a label otherwise.
    """
    every = frozenset[int]().union(*files.values())
    if atlas is not None:
        told = [meaning_of_labels(path, labels, atlas) for path, labels in files.items()]
        return _with_notes(told[0], [note for meaning in told for note in meaning.notes])
    said = {path: meaning_of_labels(path, files[path]) for path in files if tables_beside(path)}
    if not said:
        return _as_known(next(iter(files)), every)
    (first, meaning), *rest = said.items()
    for path, other in rest:
        if meaning.differs_from(other, every):
            raise UnknownAtlasError(
                f"The labels of {first.name} are of the atlas {meaning.title}, those here of {other.title}, "
                "which names some of them otherwise: they cannot be compared.",
                path,
                (),
            )
    notes = [note for each in said.values() for note in each.notes]
    for path in files.keys() - said.keys():
        notes += _as_other(path, files[path], first, meaning).notes
    return _with_notes(meaning, notes)


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
    _require_named(path, labels, told.table, f"the atlas {told.title}")
    notes = [
        f"{found.where.name} beside {path.name} says that its labels are of {found.title or 'another atlas'}"
        f", which names some of them otherwise; they are read as those of {told.title}, as you say."
        for found in tables_beside(path)
        if found.table is not None and _rows(found.table, labels) != _rows(told.table, labels)
    ]
    return _with_notes(told, notes)


def _as_beside(path: Path, labels: frozenset[int], beside: tuple[TableBeside, ...]) -> LabelMeaning:
    known = known_atlases()
    tables = [(found, _table_of(found, known)) for found in beside]
    for found, table in tables:
        if table is None:
            raise UnknownAtlasError(
                f"{found.where.name} beside the labels says that they are of the atlas {found.title}, "
                "which is not here as it was.",
                path,
                (),
            )
    (first, table), *rest = [(found, table) for found, table in tables if table is not None]
    for other, other_table in rest:
        if _rows(other_table, labels) != _rows(table, labels):
            raise UnknownAtlasError(
                f"{first.where.name} and {other.where.name} beside the labels contradict each other: "
                f"{first.title or 'one'} and {other.title or 'the other'} name some labels otherwise.",
                path,
                _that_name(labels, known),
            )
    _require_named(path, labels, table, f"{first.where.name} beside it")
    return _described(first, table, known)


def _table_of(found: TableBeside, known: tuple[AtlasTable, ...]) -> LabelTable | None:
    if found.table is not None:
        return found.table
    told = found.labels_sha256
    for atlas in known:
        if found.names(atlas) and told in ("", hash_file(atlas.folder / LABELS_FILE_NAME)):
            return atlas.table
    return None


def _described(found: TableBeside, table: LabelTable, known: tuple[AtlasTable, ...]) -> LabelMeaning:
    """Return the table beside a file, with colours and citations of the atlas if that is here."""
    every = range(table.n_classes)
    named = [atlas for atlas in known if not found.name or found.names(atlas)]
    same = next((a for a in named if a.table.names == table.names), None)
    if same is not None:
        return LabelMeaning(same.table, same.name, same.version, citations_of(same))
    notes = [
        f"The atlas {atlas.title} that is here names some labels otherwise than {found.where.name} beside "
        "the label map, which was written with it; the names are those of the latter."
        for atlas in named
        if found.title and _rows(atlas.table, every) != _rows(table, every)
    ]
    return LabelMeaning(table, found.name or "unknown", found.version, notes=tuple(notes[:1]))


def _as_other(path: Path, labels: frozenset[int], first: Path, meaning: LabelMeaning) -> LabelMeaning:
    """Return the meaning of labels that are compared with those of another file."""
    _require_named(path, labels, meaning.table, f"the atlas {meaning.title}")
    note = (
        f"Nothing beside {path.name} says what its labels mean: they are read as those of {first.name}, of "
        f"the atlas {meaning.title}."
    )
    return replace(meaning, notes=(note,))


def _as_known(path: Path, labels: frozenset[int]) -> LabelMeaning:
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
    readings = {_rows(atlas.table, labels) for atlas in fitting}
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
    return _with_notes(meaning, [note])


def _that_name(labels: frozenset[int], known: tuple[AtlasTable, ...]) -> tuple[AtlasTable, ...]:
    return tuple(atlas for atlas in known if max(labels, default=0) < atlas.table.n_classes)


def _rows(table: LabelTable, labels: Iterable[int]) -> tuple[tuple[int, str], ...]:
    """Names of the labels that a table has."""
    names = table.names
    return tuple((label, names[label] if label < len(names) else "") for label in sorted(labels) if label)


def _require_named(path: Path, labels: frozenset[int], table: LabelTable, whose: str) -> None:
    odd = sorted(label for label in labels if label >= table.n_classes)
    if odd:
        raise InputError(
            f"The file has label {odd[-1]}, but {whose} has only 0 to {table.n_classes - 1}.",
            path,
            "Choose the atlas the labels were made with (--atlas), or renumber them.",
        )


def _with_notes(meaning: LabelMeaning, notes: Iterable[str]) -> LabelMeaning:
    return replace(meaning, notes=tuple(dict.fromkeys((*meaning.notes, *notes))))
