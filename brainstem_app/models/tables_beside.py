"""Files beside a label map that say what its labels mean, as this program and BIDS write them."""

from __future__ import annotations

import colorsys
import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from brainstem_app.atlas.importing.side_names import split_side
from brainstem_app.atlas.label_table import TABLE_FILE_NAME, Group, LabelTable, Side, Structure
from brainstem_app.atlas.library import CARD_FILE_NAME, LABELS_FILE_NAME, AtlasTable, load_atlas_table
from brainstem_app.atlas.source_tables.plain_text import read_itk_snap
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
_ENDINGS = (".nii.gz", ".nii", ".mgz", ".mgh")
_GOLDEN = 0.618034
_TISSUE = ("WM", "GM")


@dataclass(frozen=True)
class TableBeside:
    """What a file says of the labels beside it.

    Attributes
    ----------
    where : Path
        The file.
    name, version : str
        Atlas that it names; empty if it names none.
    table : LabelTable or None
        None if it names an atlas alone.
    labels_sha256 : str
        Hash of that atlas' label map, or empty.
    """

    where: Path
    name: str
    version: str
    table: LabelTable | None
    labels_sha256: str = ""

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
    and the ``dseg.tsv`` of BIDS. A file that cannot be read says nothing. What lies beside the original holds
    for a corrected copy of it too.
    """
    labels = _original_of(labels)
    # Regions of a result: its report names the nuclei, whose numbers are others.
    if labels.name == REGION_LABELS_FILE and (regions := _region_table(labels)) is not None:
        return (regions,)
    found = (_report(labels), _atlas_folder(labels), _subject_record(labels), _bids_table(labels))
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
    try:
        name, version = str(content["atlas"]["name"]), str(content["atlas"].get("version", ""))
        colours = _colours_beside(labels)
        rows = [_structure_of_report(row, name, colours) for row in content.get("structures", ())]
        return TableBeside(path, name, version, _table(rows) if rows else None)
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def _region_table(labels: Path) -> TableBeside | None:
    path = labels.with_name(_REGION_NAMES)
    try:
        rows = read_itk_snap(read_text(path))
        named = [
            {"index": str(row.number), "name": row.name, "color": row.colour}
            if row.number
            else {"index": "0", "name": "background"}
            for row in rows
        ]
        return TableBeside(path, "", "", _table(_structure_of_bids(row, "") for row in named))
    except (OSError, ValueError):
        return None


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
        licence="not stated",
        reliability=row.get("reliability", ""),
        region=row.get("region") or "",
    )


def _atlas_folder(labels: Path) -> TableBeside | None:
    home = labels.parent
    if labels.name != LABELS_FILE_NAME or not (home / CARD_FILE_NAME).is_file():
        return None
    try:
        atlas = load_atlas_table(home)
    except InputError:
        return None
    return TableBeside(home / TABLE_FILE_NAME, atlas.name, atlas.version, atlas.table)


def _subject_record(labels: Path) -> TableBeside | None:
    path = labels.with_name(MANIFEST_FILE)
    settings = _read_json(path).get("settings")
    if not isinstance(settings, dict) or not settings.get("atlas") or "atlas_version" not in settings:
        return None
    name, version = str(settings["atlas"]), str(settings["atlas_version"])
    return TableBeside(path, name, version, None, str(settings.get("atlas_sha256", "")))


def _bids_table(labels: Path) -> TableBeside | None:
    stem = _stem(labels)
    own = labels.with_name(f"{stem}.tsv")
    places = [own]
    if stem.endswith("_dseg"):
        places += [folder / _DATASET_TABLE for folder in list(labels.parents)[:_LEVELS]]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        return None
    sidecar = _read_json(labels.with_name(f"{stem}.json"))
    name, _, version = str(sidecar.get("LabelAtlas", "")).partition(" ")
    try:
        text = read_text(path).removeprefix("\ufeff")
        rows = list(csv.DictReader(io.StringIO(text, newline=""), delimiter="\t"))
        return TableBeside(path, name, version, _table(_structure_of_bids(row, name) for row in rows))
    except (OSError, KeyError, TypeError, ValueError, csv.Error):
        return None


def _structure_of_bids(row: Mapping[str, str], atlas: str) -> Structure:
    index = int(row["index"])
    name = row.get("abbreviation") or row["name"]
    group = Group.BACKGROUND if index == 0 else Group.TISSUE if name in _TISSUE else Group.NUCLEUS
    return Structure(
        index=index,
        name=name,
        full_name=row["name"],
        side=split_side(name)[1] or Side.MIDLINE,
        group=group,
        colour=row.get("color") or _made_colour(index),
        source=atlas or "not stated",
        licence="not stated",
    )


def _table(structures: Iterable[Structure]) -> LabelTable:
    """Table of all labels from 0 on; ValueError if one is missing."""
    table = LabelTable(structures=tuple(structures))
    if [s.index for s in table.structures] != list(range(table.n_classes)) or not table.structures:
        raise ValueError("the labels are not 0, 1, 2, … in order")
    return table


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
    try:
        content = read_json(path)
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _stem(path: Path) -> str:
    for ending in _ENDINGS:
        if path.name.lower().endswith(ending):
            return path.name[: -len(ending)]
    return path.stem
