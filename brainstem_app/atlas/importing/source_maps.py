"""The maps of a lab's own atlas: a folder of one file a structure, one label map, or an image of volumes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from brainstem_app.atlas.importing.label_matching import match_values, match_volumes
from brainstem_app.atlas.importing.probability_scale import ValueRange, scale_of
from brainstem_app.atlas.importing.side_names import split_side, with_side
from brainstem_app.atlas.label_table import Side
from brainstem_app.atlas.source_tables.reading import read_source_table
from brainstem_app.atlas.source_tables.source_label import SourceLabel
from brainstem_app.errors import InputError
from brainstem_app.imaging.file_names import has_ending
from brainstem_app.imaging.label_map import load_label_numbers, load_volume
from brainstem_app.imaging.scan_limits import require_fitting
from brainstem_app.imaging.spaces import Affine

_ENDINGS = (".nii", ".nii.gz", ".mgz", ".mgh")
_GRID_TOLERANCE_MM = 0.01
Voxel = tuple[int, int, int]


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
        The name in words if the source has one, else the name as the source has it.
    colour : str
        ``#rrggbb`` or empty.
    probability : ndarray of float32, shape (X, Y, Z)
        0…1.
    affine : ndarray, shape (4, 4)
        Voxel to the source's world, mm.
    file : Path
        Where it was read from.
    start, grid : tuple of int
        First voxel of `probability` on the grid that all maps of the atlas share, and that grid's shape.
    in_region : str
        Region of the brainstem that the source's table says it lies in; empty where it says none.
    """

    name: str
    side: Side | None
    full_name: str
    colour: str
    probability: NDArray[np.float32]
    affine: Affine
    file: Path
    start: Voxel
    grid: Voxel
    in_region: str = ""

    @property
    def table_name(self) -> str:
        """Name in the label table."""
        return with_side(self.name, self.side)


@dataclass(frozen=True)
class SourceMaps:
    """The maps of an atlas.

    Attributes
    ----------
    maps : iterator of SourceMap
        Read one after the other, so that only one is in memory.
    notes : tuple of str
        What the user should know of how they were read.
    """

    maps: Iterator[SourceMap]
    notes: tuple[str, ...] = ()


def read_maps(source: Path, table: Path | None = None, *, leave_out_unnamed: bool = False) -> SourceMaps:
    """Read the maps of an atlas.

    Parameters
    ----------
    source : Path
        A folder of masks or probability maps, one file a structure (0…1, 0…100 or 0…255, all alike; or any
        one value for a mask); or a label map; or an image of one volume (probability) a structure.
    table : Path, optional
        What the numbers of a label map or the volumes mean.
    leave_out_unnamed : bool, default=False
        Whether numbers or volumes that the table does not name are left out rather than refused.

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
    if _n_volumes(source) > 1:
        return _maps_of_volumes(source, table, leave_out=leave_out_unnamed)
    return _maps_of_labels(source, table, leave_out=leave_out_unnamed)


def files_of(source: Path) -> list[Path]:
    """Images that an atlas is read from, in the order of their names.

    Raises
    ------
    InputError
        If a folder holds none.
    """
    if not source.is_dir():
        return [source]
    files = [path for path in sorted(source.iterdir()) if _is_map(path)]
    if not files:
        below = _folders_of_maps(source)
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


def _is_map(path: Path) -> bool:
    """Whether a file is named as an image; the ``._`` files that macOS leaves beside files are none."""
    return has_ending(path, _ENDINGS) and not path.name.startswith(".") and not path.is_dir()


def _folders_of_maps(folder: Path) -> list[str]:
    return sorted({path.parent.name for path in folder.glob("*/*") if _is_map(path)})


def _maps_of_folder(folder: Path) -> SourceMaps:
    files = files_of(folder)
    named = [(path, _stem(path), *split_side(_stem(path))) for path in files]
    check_names([(with_side(name, side), path) for path, _, name, side in named])
    named.sort(key=lambda entry: (entry[2].lower(), entry[3] is Side.RIGHT))
    first: tuple[tuple[int, ...], Affine] | None = None
    ranges = []
    for path, *_ in named:
        values, affine = load_volume(path)
        if first is None:
            first = values.shape, affine
        elif values.shape != first[0] or np.abs(affine - first[1]).max() > _GRID_TOLERANCE_MM:
            raise InputError(
                f"This map lies on another grid than {named[0][0].name}.",
                path,
                "All maps of a folder must belong to one space and one grid; sort the files into folders.",
            )
        ranges.append(ValueRange.of(values, path))
    scale = scale_of(ranges)

    def maps() -> Iterator[SourceMap]:
        for path, stem, name, side in named:
            values, affine = load_volume(path)
            yield _whole_map((name, side), (stem, ""), scale.probability(values), affine, path)

    below = _folders_of_maps(folder)
    notes = (f"Folders below it are not read: {', '.join(below)}.",) if below else ()
    return SourceMaps(maps(), (*scale.notes, *notes))


def _maps_of_labels(source: Path, table: Path, *, leave_out: bool) -> SourceMaps:
    numbers, affine = load_label_numbers(source)
    labelled = numbers != 0
    # Numbers may be as large as those of the Allen Institute: places count values in their order instead.
    values, places = np.unique(numbers[labelled], return_inverse=True)
    voxels = dict(zip(values.tolist(), np.bincount(places, minlength=len(values)).tolist(), strict=True))
    matched = match_values(read_source_table(table), voxels, source, table, leave_out=leave_out)
    ranks = np.zeros(numbers.shape, dtype=np.int32)
    ranks[labelled] = places + 1
    boxes = dict(zip(values.tolist(), enumerate(ndi.find_objects(ranks), start=1), strict=True))

    def maps() -> Iterator[SourceMap]:
        for label in matched.labels:
            rank, box = boxes[label.number]
            corner = np.eye(4)
            corner[:3, 3] = [part.start for part in box]
            made = _map_of(label, (ranks[box] == rank).astype(np.float32), affine @ corner, source)
            x, y, z = (part.start for part in box)
            nx, ny, nz = numbers.shape
            yield replace(made, start=(x, y, z), grid=(nx, ny, nz))

    return SourceMaps(maps(), matched.notes)


def _maps_of_volumes(source: Path, table: Path, *, leave_out: bool) -> SourceMaps:
    image: Any = nib.load(source)
    n = _n_volumes(source)
    if not _says_where(image.header):
        raise InputError(
            "The header does not say where left and right are.", source, "Mend the header's qform or sform."
        )
    matched = match_volumes(read_source_table(table, volumes=True), n, source, table, leave_out=leave_out)
    affine = np.asarray(image.affine, dtype=np.float64)
    scale = scale_of(
        [ValueRange.of(_volume(image, label.number), source, label.name) for label in matched.labels]
    )

    def maps() -> Iterator[SourceMap]:
        for label in matched.labels:
            yield _map_of(label, scale.probability(_volume(image, label.number)), affine, source)

    return SourceMaps(maps(), (*scale.notes, *matched.notes))


def _says_where(header: Any) -> bool:
    if "goodRASFlag" in header:
        return bool(header["goodRASFlag"])
    return bool(int(header["sform_code"]) or int(header["qform_code"]))


def _volume(image: Any, number: int) -> NDArray[np.float32]:
    place = np.unravel_index(number, image.shape[3:], order="F")
    return np.asarray(image.dataobj[(..., *(int(k) for k in place))], dtype=np.float32)


def _map_of(label: SourceLabel, probability: NDArray[np.float32], affine: Affine, source: Path) -> SourceMap:
    shown = label.full_name or label.name, label.colour
    whole = _whole_map(split_side(label.name), shown, probability, affine, source)
    return replace(whole, in_region=label.region)


def _whole_map(
    name: tuple[str, Side | None],
    shown: tuple[str, str],
    probability: NDArray[np.float32],
    affine: Affine,
    file: Path,
) -> SourceMap:
    x, y, z = probability.shape
    return SourceMap(*name, *shown, probability, affine, file, (0, 0, 0), (x, y, z))


def _n_volumes(path: Path) -> int:
    try:
        shape = nib.load(path).shape  # type: ignore[attr-defined]
    except (OSError, EOFError, ValueError, nib.filebasedimages.ImageFileError) as error:
        raise InputError("The atlas cannot be read.", path, "Give a NIfTI file.") from error
    require_fitting(path, (*shape, 1, 1, 1)[:3])
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
