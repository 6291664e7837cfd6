"""The maps of a lab's own atlas: a folder of one file a structure, one label map, or an image of volumes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from brainstem_app.atlas.label_table import Side
from brainstem_app.atlas.side_names import split_side, with_side
from brainstem_app.atlas.source_tables.reading import read_source_table
from brainstem_app.atlas.source_tables.source_label import SourceLabel
from brainstem_app.errors import InputError
from brainstem_app.imaging.file_names import has_ending
from brainstem_app.imaging.label_map import load_volume
from brainstem_app.imaging.spaces import Affine

_ENDINGS = (".nii", ".nii.gz", ".mgz", ".mgh")
_GRID_TOLERANCE_MM = 0.01
_PERCENT = 100.0


@dataclass(frozen=True)
class SourceMap:
    """Where a structure lies, on the source's own grid.

    Attributes
    ----------
    name : str
        Name without the side.
    side : Side or None
        What the name says; None where it says nothing.
    full_name : str
        The name as the source has it.
    colour : str
        ``#rrggbb`` or empty.
    probability : ndarray of float32, shape (X, Y, Z)
        0…1.
    affine : ndarray, shape (4, 4)
        Voxel to the source's world, mm.
    file : Path
        Where it was read from.
    """

    name: str
    side: Side | None
    full_name: str
    colour: str
    probability: NDArray[np.float32]
    affine: Affine
    file: Path

    @property
    def table_name(self) -> str:
        """Name in the label table."""
        return with_side(self.name, self.side)


def read_maps(source: Path, table: Path | None = None) -> Iterator[SourceMap]:
    """Read the maps of an atlas one after the other, so that only one is in memory.

    Parameters
    ----------
    source : Path
        A folder of masks or probability maps, one file a structure (0…1 or 0…100, or any one value for a
        mask); or a label map; or an image of one volume (probability) a structure.
    table : Path, optional
        What the numbers of a label map or the volumes mean.

    Raises
    ------
    InputError
        If there is nothing to read, a name occurs twice, a map is empty or holds no probabilities, files lie
        on different grids, or the table is missing or does not fit.
    """
    if not source.exists():
        raise InputError("There is no such file or folder.", source, "Check the name.")
    if source.is_dir():
        if table is not None:
            raise InputError(
                "A table belongs to one label map, not to a folder of maps.",
                table,
                "Leave out --table; the files' names are the structures' names.",
            )
        return _maps_of_folder(source)
    if table is None:
        raise InputError(
            "A label map needs a table that says what its numbers mean.",
            source,
            "Give it with --table: FSL XML, ITK-SNAP, FreeSurfer, CSV or JSON.",
        )
    return _maps_of_volumes(source, table) if _n_volumes(source) > 1 else _maps_of_labels(source, table)


def files_of(source: Path) -> list[Path]:
    """Images that an atlas is read from, in the order of their names.

    Raises
    ------
    InputError
        If a folder holds none.
    """
    if not source.is_dir():
        return [source]
    files = [path for path in sorted(source.iterdir()) if has_ending(path, _ENDINGS)]
    if not files:
        below = sorted({path.parent.name for path in source.glob("*/*") if has_ending(path, _ENDINGS)})
        fix = (
            f"Give one of its folders: {', '.join(below[:8])}."
            if below
            else "Give a folder of .nii.gz files."
        )
        raise InputError("The folder holds no NIfTI file.", source, fix)
    return files


def sha256_of_files(files: Sequence[Path]) -> str:
    """One hash over the content of the files, in their order."""
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _maps_of_folder(folder: Path) -> Iterator[SourceMap]:
    files = files_of(folder)
    named = [(path, _stem(path), *split_side(_stem(path))) for path in files]
    check_names([(with_side(name, side), path) for path, _, name, side in named])
    named.sort(key=lambda entry: (entry[2].lower(), entry[3] is Side.RIGHT))
    first: tuple[tuple[int, ...], Affine] | None = None
    for path, stem, name, side in named:
        values, affine = load_volume(path)
        if first is None:
            first = values.shape, affine
        elif values.shape != first[0] or np.abs(affine - first[1]).max() > _GRID_TOLERANCE_MM:
            raise InputError(
                f"This map lies on another grid than {named[0][0].name}.",
                path,
                "All maps of a folder must belong to one space and one grid; sort the files into folders.",
            )
        yield SourceMap(name, side, stem, "", _as_probability(values, path), affine, path)


def _maps_of_labels(source: Path, table: Path) -> Iterator[SourceMap]:
    labels = [label for label in read_source_table(table) if label.number != 0]
    values, affine = load_volume(source)
    if not np.array_equal(values, np.round(values)):
        raise InputError(
            "The file holds fractions, so it is no label map.",
            source,
            "Give the label map, or a folder of probability maps.",
        )
    numbers = values.astype(np.int32)
    boxes = dict(enumerate(ndi.find_objects(np.clip(numbers, 0, None)), start=1))
    used = [label for label in labels if boxes.get(label.number) is not None]
    if not used:
        raise InputError(
            "None of the numbers in the table occurs in the label map.",
            table,
            "Check that they belong together.",
        )
    for label in used:
        box = boxes[label.number]
        corner = np.eye(4)
        corner[:3, 3] = [part.start for part in box]
        yield _map_of(label, (numbers[box] == label.number).astype(np.float32), affine @ corner, source)


def _maps_of_volumes(source: Path, table: Path) -> Iterator[SourceMap]:
    image: Any = nib.load(source)
    n = _n_volumes(source)
    if not (int(image.header["sform_code"]) or int(image.header["qform_code"])):
        raise InputError(
            "The header does not say where left and right are.", source, "Mend the header's qform or sform."
        )
    labels = read_source_table(table, volumes=True)
    numbers = [label.number for label in labels]
    first = 0 if min(numbers) == 0 else 1
    if max(numbers) - first >= n or (first == 1 and max(numbers) != n):
        raise InputError(
            f"The image has {n} volumes; the table counts from {min(numbers)} to {max(numbers)}.",
            table,
            "Let the table name all volumes, counted from 0 or from 1.",
        )
    affine = np.asarray(image.affine, dtype=np.float64)
    for label in labels:
        values = np.asarray(image.dataobj[..., label.number - first], dtype=np.float32)
        yield _map_of(label, _as_probability(values, source, label.name), affine, source)


def _map_of(label: SourceLabel, probability: NDArray[np.float32], affine: Affine, source: Path) -> SourceMap:
    name, side = split_side(label.name)
    return SourceMap(name, side, label.name, label.colour, probability, affine, source)


def _as_probability(values: NDArray[np.float32], path: Path, name: str = "") -> NDArray[np.float32]:
    """Probability 0…1 of a mask (any one value), of probabilities, or of percent."""
    what = f"The map of {name}" if name else "The map"
    finite = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    positive = finite[finite > 0]
    if positive.size == 0:
        raise InputError(f"{what} is empty.", path, "Remove it from the atlas, or give the right file.")
    low, high = float(finite.min()), float(positive.max())
    if low < 0 or (high > _PERCENT and float(positive.min()) < high):
        raise InputError(
            f"{what} holds values from {low:g} to {high:g}; a probability is 0 to 1 (or 0 to 100 percent).",
            path,
            "Give masks or probability maps; a label map is given as one file with --table.",
        )
    if high <= 1:
        return finite
    if float(positive.min()) == high:
        return (finite > 0).astype(np.float32)
    return finite / np.float32(_PERCENT)


def _n_volumes(path: Path) -> int:
    try:
        shape = nib.load(path).shape  # type: ignore[attr-defined]
    except (OSError, EOFError, ValueError, nib.filebasedimages.ImageFileError) as error:
        raise InputError("The atlas cannot be read.", path, "Give a NIfTI file.") from error
    return int(np.prod(shape[3:])) if len(shape) > 3 else 1


def check_names(named: Sequence[tuple[str, Path]]) -> None:
    """Raise InputError for a name that occurs twice or that every atlas has; each comes with its file."""
    first: dict[str, Path] = {}
    for name, path in named:
        if not name or name.lower() in ("background", "wm", "gm"):
            raise InputError(
                f"{name or 'An empty name'} cannot be the name of a nucleus: the program uses it itself.",
                path,
                "Rename it.",
            )
        if name.lower() in first:
            raise InputError(
                f"The name {name} occurs twice, also in {first[name.lower()].name}.",
                path,
                "Give each structure its own name; only _L and _R may differ.",
            )
        first[name.lower()] = path


def _stem(path: Path) -> str:
    name = path.name
    for ending in sorted(_ENDINGS, key=len, reverse=True):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name
