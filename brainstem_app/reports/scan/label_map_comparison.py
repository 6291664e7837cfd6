"""Report of two label volumes: a prediction against a reference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.drawn_labels import DrawnTable, load_classes
from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.regions import follow_edit
from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import IGNORED_LABEL, load_label_map
from brainstem_app.imaging.orientation import to_axes_of, to_canonical
from brainstem_app.imaging.scan import Finding
from brainstem_app.imaging.spaces import Affine
from brainstem_app.reports.scan.files import write_report
from brainstem_app.reports.scan.model import Report, ReportInputs
from brainstem_app.reports.scan.regions import RegionsOnScan

GRID_TOLERANCE_MM = 0.1
_AS_THEY_ARE: Mapping[Path, DrawnTable] = MappingProxyType({})


def write_label_map_comparison(
    predicted: Path,
    reference: Path,
    folder: Path,
    *,
    table: LabelTable,
    own_numbers: Mapping[Path, DrawnTable] = _AS_THEY_ARE,
    atlas_name: str,
    atlas_version: str,
    atlas_citations: tuple[str, ...] = (),
    findings: tuple[Finding, ...] = (),
    command: tuple[str, ...] = (),
    regions: tuple[Path, LabelTable] | None = None,
) -> Report:
    """Compare two label files and write the report into a folder.

    The files may store the same grid with their axes in another order or direction; they are compared in
    the order nearest to right, anterior, superior.

    Parameters
    ----------
    predicted, reference : Path
        Label maps, NIfTI or MGZ, on the same grid.
    folder : Path
        Where the report goes.
    table : LabelTable
        What the labels of both mean.
    own_numbers : mapping of Path to DrawnTable
        How the numbers of a file become indices of the table, if they are not. Voxels that nobody labelled
        are left out of both maps.
    atlas_name, atlas_version : str
        Atlas of the table.
    atlas_citations : tuple of str
        What to cite for it.
    findings : tuple of Finding
        Shown in the report: what is doubtful about the meaning of the labels.
    command : tuple of str
        Command line for the report's "how to repeat".
    regions : tuple of Path and LabelTable, optional
        Region map of the labels as they were before any edit, on the grid of `predicted`, and what it means.

    Raises
    ------
    InputError
        If a file cannot be read, a label is not in the table, or the grids differ.
    """
    labels, native = load_classes(predicted, own_numbers.get(predicted))
    reference_labels, reference_affine = load_classes(reference, own_numbers.get(reference))
    reference_labels, reference_affine = to_axes_of(reference_labels, reference_affine, native)
    for path, values in ((predicted, labels), (reference, reference_labels)):
        _require_named(path, values if path not in own_numbers else values[values != IGNORED_LABEL], table)
    _require_same_grid(labels.shape, native, reference_labels.shape, reference_affine, reference)
    placed = None if regions is None else _regions(*regions, labels, native)
    if own_numbers:
        not_drawn = (labels == IGNORED_LABEL) | (reference_labels == IGNORED_LABEL)
        labels, reference_labels = (np.where(not_drawn, 0, each) for each in (labels, reference_labels))
    labels, affine = to_canonical(labels, native)
    reference_labels = np.ascontiguousarray(to_canonical(reference_labels, native)[0])
    inputs = ReportInputs(
        labels_native=np.ascontiguousarray(labels),
        labels_affine=affine,
        table=table,
        atlas_name=atlas_name,
        atlas_version=atlas_version,
        atlas_citations=atlas_citations,
        name=predicted.name,
        reference=reference_labels,
        regions=placed,
        findings=findings,
        files={"predicted": predicted, "reference": reference},
        command=command,
    )
    return write_report(folder, inputs)


def _regions(path: Path, table: LabelTable, labels: NDArray[np.uint8], native: Affine) -> RegionsOnScan:
    """Regions of labels, those that were edited since the region map was written included."""
    regions, affine = load_label_map(path)
    _require_same_grid(labels.shape, native, regions.shape, affine, path)
    edited = follow_edit(regions, labels)
    return RegionsOnScan(
        table,
        np.ascontiguousarray(to_canonical(edited, native)[0]),
        is_edited=not np.array_equal(edited, regions),
    )


def _require_named(path: Path, labels: NDArray[np.uint8], table: LabelTable) -> None:
    if labels.size and int(labels.max()) >= table.n_classes:
        raise InputError(
            f"The file has label {int(labels.max())}, but the atlas has only 0 to {table.n_classes - 1}.",
            path,
            "Choose the atlas the labels were made with, or renumber them.",
        )


def _require_same_grid(
    shape: tuple[int, ...],
    affine: Affine,
    reference_shape: tuple[int, ...],
    reference_affine: Affine,
    where: Path,
) -> None:
    fix = "Resample one onto the other with nearest-neighbour interpolation, or choose the matching file."
    if shape != reference_shape:
        raise InputError(
            f"The two label maps have different grids: {_times(shape)} and {_times(reference_shape)} voxels.",
            where,
            fix,
        )
    corners = np.array(
        [[*(end * (n - 1) for end, n in zip(bits, shape, strict=True)), 1] for bits in np.ndindex(2, 2, 2)]
    )
    apart = float(np.linalg.norm(corners @ (affine - reference_affine).T, axis=1).max())
    if apart > GRID_TOLERANCE_MM:
        raise InputError(
            f"The two label maps lie at different places: their grids are up to {apart:.1f} mm apart.",
            where,
            fix,
        )


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(str(n) for n in shape)
