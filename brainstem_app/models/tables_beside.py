"""Files beside a label map that say what its labels mean, as this program and BIDS write them."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from brainstem_app.atlas.drawn_labels import DrawnTable, drawn_table
from brainstem_app.atlas.label_table import TABLE_FILE_NAME, LabelTable, Structure
from brainstem_app.atlas.library import CARD_FILE_NAME, LABELS_FILE_NAME, AtlasTable, load_atlas_table
from brainstem_app.atlas.source_tables.plain_text import read_itk_snap
from brainstem_app.atlas.source_tables.reading import read_source_table
from brainstem_app.atlas.source_tables.source_label import SourceLabel
from brainstem_app.errors import InputError
from brainstem_app.named_version import with_version
from brainstem_app.small_files import read_json, read_text
from brainstem_app.written_files import MANIFEST_FILE, REGION_LABELS_FILE, REPORT_FILE

_EDIT_SCHEMA = "brainstem-edit/1"
_MOST_COPIES = 1000
_COLOURS = "labels_itksnap.txt"
_REGION_NAMES = "labels_regions_itksnap.txt"
_DATASET_TABLE = "dseg.tsv"
# How many folders up a BIDS table holds for a file: sub-01/ses-1/anat.
_LEVELS = 4
# For a map with another name, of which nothing else says anything: its own folder and the one above.
_LEVELS_OF_OTHERS = 2
_ENDINGS = (".nii.gz", ".nii", ".mgz", ".mgh")
_GOLDEN = 0.618034
_NOT_STATED = "not stated"


@dataclass(frozen=True)
class TableBeside:
    """What a file says of the labels beside it.

    Attributes
    ----------
    where : Path
        The file.
    name, version : str
        Atlas that it names; empty if it names none.
    numbers : DrawnTable or None
        What the numbers of the label map mean; None if the file names an atlas alone, or cannot be read.
    labels_sha256 : str
        Hash of that atlas' label map, or empty.
    problem : str
        Why the file cannot be read, or empty: then nothing is known, which is not that nothing is said.
    """

    where: Path
    name: str
    version: str
    numbers: DrawnTable | None
    labels_sha256: str = ""
    problem: str = ""

    @property
    def title(self) -> str:
        """Name and version of the atlas, as far as they are said."""
        return with_version(self.name, self.version)

    def names(self, atlas: AtlasTable) -> bool:
        """Whether this is the atlas that is named, as far as name and version say."""
        return self.name == atlas.name and self.version in ("", atlas.version)


def tables_beside(labels: Path) -> tuple[TableBeside, ...]:
    """List what the files beside a label map say of its labels, the most telling first.

    They are the ``report.json`` of a result, the table of an atlas' folder, the record of a prepared subject,
    and the ``dseg.tsv`` of BIDS. One that is there and cannot be read has a `TableBeside.problem`. What lies
    beside the original holds for a corrected copy of it too.
    """
    try:
        labels = _original_of(labels)
        # Regions of a result: its report names the nuclei, whose numbers are others.
        if labels.name == REGION_LABELS_FILE:
            return (_region_table(labels),)
        found = [_report(labels), _atlas_folder(labels), _subject_record(labels)]
        found.append(_bids_table(labels, alone=not any(found)))
    except InputError as error:
        return (TableBeside(Path(error.where or labels), "", "", None, problem=error.what),)
    return tuple(entry for entry in found if entry is not None)


def _original_of(labels: Path) -> Path:
    """Label map that a corrected copy was made from, as the record beside it says; else the file itself."""
    for _ in range(_MOST_COPIES):
        record = _read_json(labels.with_name(f"{_stem(labels)}.json"))
        if record.get("schema") != _EDIT_SCHEMA or not isinstance(record.get("original"), dict):
            break
        labels = labels.with_name(Path(str(record["original"].get("file", ""))).name or labels.name)
    return labels


def _report(labels: Path) -> TableBeside | None:
    path = labels.with_name(REPORT_FILE)
    content = _read_json(path)
    if "atlas" not in content:  # of another program
        return None
    try:
        name, version = str(content["atlas"]["name"]), str(content["atlas"].get("version", ""))
        colours = _colours_beside(labels)
        rows = [_structure_of_report(row, name, colours) for row in content.get("structures", ())]
        return TableBeside(path, name, version, _of_classes(rows) if rows else None)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _unreadable(path, "it does not list the labels 0, 1, 2, … with their names") from error


def _region_table(labels: Path) -> TableBeside:
    path = labels.with_name(_REGION_NAMES)
    try:
        return TableBeside(path, "", "", _described(read_itk_snap(read_text(path)), path, ""))
    except FileNotFoundError as error:
        raise InputError(
            f"{path.name}, which names the regions of {labels.name}, is missing.", path
        ) from error
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error


def _structure_of_report(row: Mapping[str, Any], atlas: str, colours: Mapping[int, str]) -> Structure:
    index = int(row["index"])
    return Structure(
        index=index,
        name=row["name"],
        full_name=row["full_name"],
        side=row["side"],
        group=row["group"],
        colour=colours.get(index, _made_colour(index)),
        source=atlas,
        licence=_NOT_STATED,
        reliability=row.get("reliability", ""),
        region=row.get("region") or "",
    )


def _atlas_folder(labels: Path) -> TableBeside | None:
    home = labels.parent
    if labels.name != LABELS_FILE_NAME or not (home / CARD_FILE_NAME).is_file():
        return None
    try:
        atlas = load_atlas_table(home)
    except InputError as error:
        raise _unreadable(Path(error.where or home), error.what) from error
    return TableBeside(home / TABLE_FILE_NAME, atlas.name, atlas.version, DrawnTable.of_classes(atlas.table))


def _subject_record(labels: Path) -> TableBeside | None:
    path = labels.with_name(MANIFEST_FILE)
    settings = _read_json(path).get("settings")
    if not isinstance(settings, dict) or not settings.get("atlas") or "atlas_version" not in settings:
        return None
    name, version = str(settings["atlas"]), str(settings["atlas_version"])
    return TableBeside(path, name, version, None, str(settings.get("atlas_sha256", "")))


def _bids_table(labels: Path, *, alone: bool) -> TableBeside | None:
    stem = _stem(labels)
    levels = _LEVELS if stem.endswith("_dseg") else _LEVELS_OF_OTHERS if alone else 0
    above = [folder / _DATASET_TABLE for folder in list(labels.parents)[:levels]]
    path = next((place for place in (labels.with_name(f"{stem}.tsv"), *above) if place.is_file()), None)
    if path is None:
        return None
    name, _, version = str(_read_json(labels.with_name(f"{stem}.json")).get("LabelAtlas", "")).partition(" ")
    try:
        rows = read_source_table(path).labels
        # BIDS' name is the long one.
        short = [
            replace(row, name=row.abbreviation, full_name=row.name) if row.abbreviation else row
            for row in rows
        ]
        return TableBeside(path, name, version, _described(short, path, name))
    except InputError as error:
        raise _unreadable(path, error.what) from error


def _described(rows: Iterable[SourceLabel], path: Path, atlas: str) -> DrawnTable:
    """Return what rows say, the background added, of labels that are not known to be the lab's own."""
    rows = tuple(rows)
    drawn = drawn_table(rows, path)
    full = {drawn.index_of.get(row.number): row.full_name for row in rows if row.full_name}
    said = {"source": atlas or _NOT_STATED, "licence": _NOT_STATED}
    structures = tuple(
        s.model_copy(update={**said, "full_name": full.get(s.index, s.full_name)} if s.index else {})
        for s in drawn.table.structures
    )
    return replace(drawn, table=LabelTable(structures=structures))


def _of_classes(structures: Iterable[Structure]) -> DrawnTable:
    """Table of all labels from 0 on; ValueError if one is missing."""
    table = LabelTable(structures=tuple(structures))
    if [s.index for s in table.structures] != list(range(table.n_classes)):
        raise ValueError("the labels are not 0, 1, 2, … in order")
    return DrawnTable.of_classes(table)


def _colours_beside(labels: Path) -> dict[int, str]:
    try:
        rows = read_itk_snap(read_text(labels.with_name(_COLOURS)))
    except (OSError, ValueError):
        return {}
    return {row.number: row.colour for row in rows}


def _made_colour(index: int) -> str:
    rgb = colorsys.hsv_to_rgb((index * _GOLDEN) % 1.0, 0.65, 0.95)
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)


def _read_json(path: Path) -> dict[str, Any]:
    """Read a file of JSON; empty if it is not there or holds something else."""
    try:
        content = read_json(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _unreadable(path, str(error)) from error
    return content if isinstance(content, dict) else {}


def _unreadable(path: Path, why: str) -> InputError:
    return InputError(f"{path.name} beside the labels cannot be read: {why.rstrip('.')}.", path)


def _stem(path: Path) -> str:
    for ending in _ENDINGS:
        if path.name.lower().endswith(ending):
            return path.name[: -len(ending)]
    return path.stem
