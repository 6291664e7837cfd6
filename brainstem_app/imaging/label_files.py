"""Where a lab keeps the label maps of its subjects: BIDS derivatives, folders by subject, a list of files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.scan_name import BidsScan
from brainstem_app.imaging.bids.subject_ids import id_key
from brainstem_app.imaging.text_table import read_text_table

_ENDING = re.compile(r"\.(nii\.gz|nii|mgz|mgh)$", re.I)
_DSEG = re.compile(r"_dseg\.(nii\.gz|nii)$", re.I)
_ENTITY = re.compile(r"([a-zA-Z]+)-([a-zA-Z0-9+]+)")
# Of a BIDS name: what says where the map lies and what it shows, not whose it is.
_OF_THE_MAP = {"desc", "atlas", "seg", "label", "res", "space"}
#: Spaces that are the scan's own.
_OWN_SPACES = {"orig", "T1w", "individual"}
_LISTS = {".csv", ".tsv", ".txt"}
_SUBJECT = ("participant_id", "subject", "sub", "scan", "id")
_LABELS = ("labels", "label", "dseg", "segmentation", "file", "path")
_TABLES = ("dseg.tsv", "labels.tsv", "labels.csv", "labels.json", "labels.txt", "labels.label")
_WHERE_LABELS = (
    "Give a BIDS derivatives folder with sub-…_dseg.nii.gz, a folder with a folder or file a subject, or a "
    "table with the columns participant_id and labels."
)


@dataclass(frozen=True)
class LabelFiles:
    """Label maps of a lab, and whose they are.

    Attributes
    ----------
    root : Path
        The folder, or the list.
    listed : mapping of str to Path
        From a list: the file of each subject, by the key of its name; empty for a folder.
    files : tuple of Path
        From a folder: all its label maps.
    """

    root: Path
    listed: dict[str, Path] = field(default_factory=dict)
    files: tuple[Path, ...] = ()

    @classmethod
    def find(cls, root: Path) -> LabelFiles:
        """Look through a folder, or read a list.

        Raises
        ------
        InputError
            If there is nothing, or the list lacks a column.
        """
        if root.is_file() and root.suffix.lower() in _LISTS:
            return cls(root, _read_list(root))
        if not root.is_dir():
            raise InputError("There are no labels.", root, _WHERE_LABELS)
        files = sorted(path for path in root.rglob("*") if _ENDING.search(path.name) and path.is_file())
        named = [path for path in files if _DSEG.search(path.name)]
        found = tuple(path for path in named or files if _is_in_own_space(path))
        if not found:
            raise InputError("The folder holds no label map on the grid of a scan.", root, _WHERE_LABELS)
        return cls(root, files=found)

    def of(self, scan: BidsScan) -> Path:
        """Label map of a scan.

        Raises
        ------
        InputError
            If there is none, or more than one.
        """
        if self.listed:
            names = (scan.full_name, scan.name, scan.subject)
            found = [self.listed[key] for name in names if (key := id_key(name)) in self.listed][:1]
        else:
            found = [path for path in self.files if _is_of(path, self.root, scan)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise InputError(
                f"There is no label map of {scan.name}.", self.root, "Add it, or leave the subject out."
            )
        shown = ", ".join(path.name for path in found[:3])
        raise InputError(
            f"There are {len(found)} label maps of {scan.full_name}: {shown}.",
            found[0].parent,
            "Keep one of them in the folder, or name the files in a table with participant_id and labels.",
        )

    def tables(self) -> tuple[Path, ...]:
        """Tables of labels that may be meant: at the root, then beside the maps."""
        home = self.root if self.root.is_dir() else self.root.parent
        roots = [home / name for name in _TABLES]
        if self.listed:
            roots = [path for path in roots if path != self.root]
        beside = [table_beside(path) for path in self.files or self.listed.values()]
        return tuple(path for path in (*roots, *beside) if path is not None and path.is_file())


def table_beside(labels: Path) -> Path | None:
    """Table of labels that lies beside one map under its name; None if there is none."""
    path = labels.with_name(_ENDING.sub("", labels.name) + ".tsv")
    return path if path.is_file() else None


def _read_list(path: Path) -> dict[str, Path]:
    table = read_text_table(path, "list of label maps")
    name, file = table.column(*_SUBJECT), table.column(*_LABELS)
    if name is None or file is None:
        raise InputError("The list of label maps lacks a column.", path, _WHERE_LABELS)
    rows = [(row.cells.get(name), row.cells.get(file)) for row in table.rows]
    return {id_key(who): path.parent / where for who, where in rows if who and where}


def _is_in_own_space(path: Path) -> bool:
    space = dict(_ENTITY.findall(path.name)).get("space")
    return space is None or space in _OWN_SPACES


def _is_of(path: Path, root: Path, scan: BidsScan) -> bool:
    """Whether a map is a scan's: its BIDS name says nothing else, or its folder or file is called so."""
    entities = _ENTITY.findall(_ENDING.sub("", path.name))
    said = {key: value for key, value in entities if key not in _OF_THE_MAP}
    mine = dict(_ENTITY.findall(scan.full_name))
    if "sub" in said:
        # A map that says less than the scan's name is for it all the same, but not for another session's.
        told_by_folders = dict(_ENTITY.findall("_".join(path.relative_to(root).parts[:-1])))
        said = {**{k: v for k, v in told_by_folders.items() if k in ("sub", "ses")}, **said}
        same_session = said.get("ses") == mine.get("ses")
        return same_session and all(mine.get(key) == value for key, value in said.items())
    words = [_ENDING.sub("", path.name), *path.relative_to(root).parts[:-1]]
    keys = {id_key(word) for word in words}
    return id_key(scan.name) in keys or (scan.session is None and id_key(scan.subject) in keys)
