"""All measures of every structure of a label map, with or without a reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import Group, LabelTable, Side, Structure
from brainstem_app.errors import InputError
from brainstem_app.evaluation.confusion import Counts, confusion_counts, dice_per_class, iou_per_class
from brainstem_app.evaluation.surface import compare_surfaces, surface_points_mm
from brainstem_app.evaluation.volume import Point, centroid_mm, distance_mm, voxel_volume_mm3
from brainstem_app.imaging.spaces import Affine

if TYPE_CHECKING:  # the window reads reports, and needs no warps for that
    from brainstem_app.atlas.warped import SoftMeasures

Labels = NDArray[np.uint8]


class Status(StrEnum):
    """What happened to a structure."""

    SCORED = "scored"
    MISSED = "missed"
    ABSENT = "absent"
    UNSCORED = "unscored"


@dataclass(frozen=True)
class StructureMeasures:
    """Numbers of one structure; None where a number is not defined.

    Attributes
    ----------
    structure : Structure
        Row of the label table.
    status : Status
        ``scored`` (in both), ``missed`` (in the reference only: overlap is 0, and counts), ``absent`` (not
        in the reference: not counted), ``unscored`` (no reference given).
    voxels, volume_mm3 : int, float
        Predicted size. The volume is that of the voxels, or what of the structure lies in the scan under the
        warp (`brainstem_app.atlas.warped`).
    centroid_mm : tuple of three floats or None
        Predicted centre of mass in world mm (RAS+).
    confidence : float or None
        Mean over the predicted voxels of the confidence, 0…1.
    iou, dice, nsd_1mm : float or None
        0…1; `nsd_1mm` is the normalised surface distance at 1 mm.
    hd95_mm, assd_mm, centroid_error_mm : float or None
        None unless the structure is in both.
    reference_voxels, reference_volume_mm3 : int, float or None
        Size in the reference; None without one.
    false_positive_mm3 : float or None
        Predicted volume of an ``absent`` structure, else None.
    volume_difference_mm3 : float or None
        Predicted volume minus the reference's, negative where too little was predicted; minus all of the
        reference's for a ``missed`` structure, None for an ``absent`` or ``unscored`` one.
    asymmetry_index, reference_asymmetry_index : float or None
        Of a structure with a left and a right: (left − right) / (left + right) of the predicted volumes, and
        of the reference's. The same on both sides; −1…1, positive where the left is larger, ±1 where one
        side is missing, None where both are.
    """

    structure: Structure
    status: Status
    voxels: int
    volume_mm3: float
    centroid_mm: Point | None = None
    confidence: float | None = None
    iou: float | None = None
    dice: float | None = None
    nsd_1mm: float | None = None
    hd95_mm: float | None = None
    assd_mm: float | None = None
    centroid_error_mm: float | None = None
    reference_voxels: int | None = None
    reference_volume_mm3: float | None = None
    false_positive_mm3: float | None = None
    volume_difference_mm3: float | None = None
    asymmetry_index: float | None = None
    reference_asymmetry_index: float | None = None


@dataclass(frozen=True)
class _Shape:
    """One structure in one label map: its surface and its centre."""

    surface_mm: NDArray[np.float64]
    centroid_mm: Point | None
    confidence: float | None


def measure_structures(
    predicted: Labels,
    affine: Affine,
    table: LabelTable,
    reference: Labels | None = None,
    confidence: NDArray[np.float32] | None = None,
    soft: Mapping[int, SoftMeasures] | None = None,
    ignored: int | None = None,
) -> list[StructureMeasures]:
    """Measure every structure of the table, the background included, in the table's order.

    The background has voxels, volume, IoU and Dice only: it is one of the classes of the macro mean IoU, but
    has no surface or centre of interest.

    Parameters
    ----------
    predicted : ndarray of uint8, shape (X, Y, Z)
        Labels.
    affine : ndarray of float64, shape (4, 4)
        Voxel to world in mm; may be anisotropic, oblique or sheared.
    table : LabelTable
        What the labels mean.
    reference : ndarray of uint8, shape (X, Y, Z), optional
        Labels on the same grid to compare with.
    confidence : ndarray of float32, shape (X, Y, Z), optional
        Highest class probability of each voxel.
    soft : mapping of int to SoftMeasures, optional
        Volume, centre and confidence of structures under the warp, by their index: they take the place of
        what is counted in voxels.
    ignored : int, optional
        Label of voxels of the reference that nobody labelled: what was predicted there is not measured.

    Raises
    ------
    InputError
        If the shapes differ or a label is not in the table.
    """
    counts = confusion_counts(
        predicted if reference is None else reference, predicted, table.n_classes, ignored
    )
    if reference is not None and ignored is not None:
        known = reference != ignored
        predicted, reference = (np.where(known, each, 0).astype(np.uint8) for each in (predicted, reference))
    if confidence is not None and confidence.shape != predicted.shape:
        raise InputError(
            f"The confidence map {confidence.shape} differs in size from the labels {predicted.shape}.",
            None,
            "Bring both onto the same grid.",
        )
    shapes = _shapes(predicted, affine, table, confidence, with_surface=reference is not None)
    volume = voxel_volume_mm3(affine)
    if reference is None:
        alone = [
            _unscored(s, int(counts[s.index, s.index]), volume, shapes.get(s.index)) for s in table.structures
        ]
        return _with_asymmetry([_softly(m, soft) for m in alone], table)
    reference_shapes = _shapes(reference, affine, table, None, with_surface=True)
    compared = [
        _compared(s, counts, volume, shapes.get(s.index), reference_shapes.get(s.index))
        for s in table.structures
    ]
    return _with_asymmetry([_softly(m, soft) for m in compared], table)


def _softly(measures: StructureMeasures, soft: Mapping[int, SoftMeasures] | None) -> StructureMeasures:
    """Measures with volume, centre and confidence from the warp, where it gives them."""
    found = (soft or {}).get(measures.structure.index)
    if found is None:
        return measures
    reference = measures.reference_volume_mm3
    counted = reference is not None and measures.status is not Status.ABSENT
    return replace(
        measures,
        volume_mm3=found.volume_mm3,
        centroid_mm=found.centroid_mm,
        confidence=found.confidence,
        volume_difference_mm3=found.volume_mm3 - reference if counted and reference is not None else None,
    )


def mean_distance_of_nuclei(measures: Sequence[StructureMeasures]) -> float | None:
    """Mean distance of surfaces (ASSD, mm) of the nuclei that are in both label maps; None if none is."""
    found = [m.assd_mm for m in measures if m.structure.group is Group.NUCLEUS and m.assd_mm is not None]
    return float(np.mean(found)) if found else None


def asymmetry_index(left: float, right: float) -> float | None:
    """(left − right) / (left + right) of two volumes, −1…1; None if both are 0."""
    return (left - right) / (left + right) if left + right else None


def _with_asymmetry(measures: list[StructureMeasures], table: LabelTable) -> list[StructureMeasures]:
    """Give both sides of each pair the asymmetry index of the pair."""
    others = table.mirrored_indices()
    return [
        _pair_measured(m, measures[others[m.structure.index]]) if others[m.structure.index] != i else m
        for i, m in enumerate(measures)
    ]


def _pair_measured(one: StructureMeasures, other: StructureMeasures) -> StructureMeasures:
    left, right = (one, other) if one.structure.side is Side.LEFT else (other, one)
    in_reference = None
    if left.reference_voxels is not None and right.reference_voxels is not None:
        in_reference = asymmetry_index(left.reference_voxels, right.reference_voxels)
    return replace(
        one,
        asymmetry_index=asymmetry_index(left.volume_mm3, right.volume_mm3),
        reference_asymmetry_index=in_reference,
    )


def _unscored(structure: Structure, voxels: int, voxel_mm3: float, shape: _Shape | None) -> StructureMeasures:
    return StructureMeasures(
        structure=structure,
        status=Status.UNSCORED,
        voxels=voxels,
        volume_mm3=voxels * voxel_mm3,
        centroid_mm=shape.centroid_mm if shape else None,
        confidence=shape.confidence if shape else None,
    )


def _compared(
    structure: Structure, counts: Counts, voxel_mm3: float, shape: _Shape | None, reference: _Shape | None
) -> StructureMeasures:
    index = structure.index
    voxels = int(counts[:, index].sum())
    reference_voxels = int(counts[index].sum())
    status = _status(voxels, reference_voxels)
    counted = status is not Status.ABSENT
    agreement = compare_surfaces(shape.surface_mm, reference.surface_mm) if shape and reference else None
    nsd = 0.0 if status is Status.MISSED and structure.group is not Group.BACKGROUND else None
    return StructureMeasures(
        structure=structure,
        status=status,
        voxels=voxels,
        volume_mm3=voxels * voxel_mm3,
        centroid_mm=shape.centroid_mm if shape else None,
        confidence=shape.confidence if shape else None,
        iou=float(iou_per_class(counts)[index]) if counted else None,
        dice=float(dice_per_class(counts)[index]) if counted else None,
        nsd_1mm=agreement.nsd_1mm if agreement else nsd,
        hd95_mm=agreement.hd95_mm if agreement else None,
        assd_mm=agreement.assd_mm if agreement else None,
        centroid_error_mm=distance_mm(shape.centroid_mm, reference.centroid_mm)
        if shape and reference
        else None,
        reference_voxels=reference_voxels,
        reference_volume_mm3=reference_voxels * voxel_mm3,
        false_positive_mm3=None if counted else voxels * voxel_mm3,
        volume_difference_mm3=(voxels - reference_voxels) * voxel_mm3 if counted else None,
    )


def _status(voxels: int, reference_voxels: int) -> Status:
    if not reference_voxels:
        return Status.ABSENT
    return Status.SCORED if voxels else Status.MISSED


def _shapes(
    labels: Labels,
    affine: Affine,
    table: LabelTable,
    confidence: NDArray[np.float32] | None,
    *,
    with_surface: bool,
) -> dict[int, _Shape]:
    """Shape of each structure but the background that is in the label map, measured in its bounding box."""
    shapes = {}
    # Here, for the window reads reports and needs no more of SciPy than that.
    from scipy.ndimage import find_objects

    boxes = find_objects(labels, max_label=table.n_classes - 1)
    for structure in table.structures:
        if structure.index == 0 or (box := boxes[structure.index - 1]) is None:
            continue
        mask = labels[box] == structure.index
        start = (box[0].start, box[1].start, box[2].start)
        shapes[structure.index] = _Shape(
            surface_mm=surface_points_mm(mask, affine, start) if with_surface else np.zeros((0, 3)),
            centroid_mm=centroid_mm(mask, affine, start),
            confidence=None if confidence is None else float(confidence[box][mask].mean()),
        )
    return shapes
