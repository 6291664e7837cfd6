"""Measures of surfaces and overlap against panoptica and DeepMind's surface-distance.

`golden_distances.json` holds what both libraries make of the pairs of `mask_pairs.py`; it is written by
`tests/golden/make_distance_golden.py`, with the versions it names. surface-distance is also asked here, on
nuclei of the shipped atlas; it still uses names that SciPy and NumPy have given up.
"""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import surface_distance
from numpy.lib.stride_tricks import sliding_window_view

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas
from brainstem_app.evaluation.structures import Status, StructureMeasures, measure_structures
from brainstem_app.evaluation.surface import SurfaceAgreement, compare_surfaces, surface_points_mm

FOLDER = Path(__file__).resolve().parent
GOLDEN = json.loads((FOLDER / "golden_distances.json").read_text(encoding="utf-8"))
CASES = [case for case in GOLDEN["cases"] if "panoptica" in case]
#: As in `make_distance_golden.py`: distances of whole voxels are compared with a tolerance of whole voxels.
TOLERANCE_MM = 1 + 1e-6

old_names = pytest.mark.filterwarnings(r"ignore:Please import .* from the .scipy.ndimage.:DeprecationWarning")


def _load_pairs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("mask_pairs", FOLDER / "mask_pairs.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MASKS = {name: (reference, predicted) for name, reference, predicted in _load_pairs().pairs()}


def _named(case: dict[str, Any]) -> str:
    return f"{case['name']}, {case['spacing'][2]:.2g} mm"


def _affine(spacing: list[float] | tuple[float, ...]) -> np.ndarray:
    return np.diag([*spacing, 1.0])


def _measured(case: dict[str, Any], table: LabelTable) -> StructureMeasures:
    index = table.names.index("PAG")
    reference, predicted = (mask.astype(np.uint8) * index for mask in MASKS[case["name"]])
    return measure_structures(predicted, _affine(case["spacing"]), table, reference)[index]


def _agreement(first: np.ndarray, second: np.ndarray) -> SurfaceAgreement:
    found = compare_surfaces(first, second)
    assert found is not None
    return found


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_overlap_and_distances_are_panopticas(case: dict[str, Any], table: LabelTable) -> None:
    """The distances of both directions are; ASSD and NSD pool the voxels, HD95 is the larger direction's.

    Panoptica does it the other way round: it averages both directions' means, and pools for HD95.
    """
    found, theirs = _measured(case, table), case["panoptica"]
    assert (found.iou, found.dice) == pytest.approx((theirs["iou"], theirs["dice"]))
    one, other = theirs["from_reference"], theirs["from_predicted"]
    voxels = one["voxels"] + other["voxels"]
    assert found.nsd_1mm == pytest.approx((one["within"] + other["within"]) / voxels)
    assert found.assd_mm == pytest.approx(
        (one["voxels"] * one["mean"] + other["voxels"] * other["mean"]) / voxels
    )
    assert found.hd95_mm == pytest.approx(max(one["percentile_95"], other["percentile_95"]))
    if one["voxels"] == other["voxels"]:
        assert found.assd_mm == pytest.approx(theirs["assd"])
        assert found.nsd_1mm == pytest.approx(theirs["nsd"], abs=1e-9)


@pytest.mark.parametrize("case", CASES, ids=_named)
def test_distances_are_deepminds_but_for_what_a_surface_is(case: dict[str, Any], table: LabelTable) -> None:
    """Its surface lies between the voxels, ours through their centres: never farther apart than a voxel.

    A stray voxel has eight corners there and one centre here.
    """
    found, theirs = _measured(case, table), case["deepmind"]
    voxel = math.hypot(*case["spacing"])
    means = sorted((theirs["mean_from_reference"], theirs["mean_from_predicted"]))
    assert found.dice == pytest.approx(theirs["dice"])
    assert found.hd95_mm == pytest.approx(theirs["hd95"], abs=voxel)
    if case["name"] == "with a stray voxel":
        assert found.nsd_1mm > theirs["surface_dice"]
        return
    assert means[0] - voxel / 2 <= found.assd_mm <= means[1] + voxel / 2
    assert found.nsd_1mm <= theirs["surface_dice"] + 1e-9


@pytest.mark.parametrize("name", ["missed", "absent", "in neither"])
def test_where_deepmind_has_infinity_or_no_number_the_status_says_why(name: str, table: LabelTable) -> None:
    for case in (case for case in GOLDEN["cases"] if case["name"] == name):
        found, theirs = _measured(case, table), case["deepmind"]
        assert theirs["hd95"] == "inf"
        assert (found.hd95_mm, found.assd_mm) == (None, None)
        if name == "missed":
            assert (found.status, found.nsd_1mm, found.dice) == (Status.MISSED, 0.0, 0.0)
            assert (theirs["surface_dice"], theirs["dice"]) == (0.0, 0.0)
        else:
            assert (found.status, found.nsd_1mm, found.dice) == (Status.ABSENT, None, None)
            assert found.false_positive_mm3 == pytest.approx(
                MASKS[name][1].sum() * math.prod(case["spacing"])
            )


def _between_voxels(mask: np.ndarray, spacing: tuple[float, ...]) -> np.ndarray:
    """Where surface-distance puts a surface: corners of voxels (n, 3), in mm, that touch in and outside."""
    corners = sliding_window_view(np.pad(mask, 1), (2, 2, 2)).sum(axis=(3, 4, 5))
    return np.argwhere((corners > 0) & (corners < 8)) * np.asarray(spacing)


def _nuclei() -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Nuclei of the shipped atlas, large and small, and each moved."""
    atlas = load_atlas()
    labels = np.pad(atlas.labels[tuple(slice(i.min(), i.max() + 1) for i in np.nonzero(atlas.labels))], 4)
    index = {s.name: s.index for s in atlas.table.nuclei}
    moves = {"SN_L": (1, -1, 0), "PAG": (1, 1, -1), "LC_R": (0, 2, 1), "DR": (-1, 0, 1), "VTA_R": (2, 0, 0)}
    return [
        (name, labels == index[name], np.roll(labels == index[name], move, axis=(0, 1, 2)))
        for name, move in moves.items()
    ]


@old_names
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 1.2, 2.5)])
def test_on_its_own_surfaces_the_distances_are_exactly_surface_distances(
    spacing: tuple[float, ...],
) -> None:
    for _, reference, predicted in _nuclei():
        theirs = surface_distance.compute_surface_distances(reference, predicted, spacing)
        there, back = theirs["distances_gt_to_pred"], theirs["distances_pred_to_gt"]
        found = _agreement(_between_voxels(reference, spacing), _between_voxels(predicted, spacing))
        both = np.concatenate([there, back])
        assert found.assd_mm == pytest.approx(both.mean())
        assert found.hd95_mm == pytest.approx(max(np.percentile(there, 95), np.percentile(back, 95)))
        assert found.nsd_1mm == pytest.approx((both <= TOLERANCE_MM).mean())


@old_names
@pytest.mark.parametrize("spacing", [(1.0, 1.0, 1.0), (0.7, 1.2, 2.5)])
def test_nuclei_of_the_atlas_are_scored_no_better_than_by_surface_distance(
    spacing: tuple[float, ...],
) -> None:
    """By how much, the how-to page says: NSD up to 0.3 lower, ASSD up to 0.7 mm longer."""
    affine = _affine(spacing)
    for _, reference, predicted in _nuclei():
        theirs = surface_distance.compute_surface_distances(reference, predicted, spacing)
        found = _agreement(surface_points_mm(reference, affine), surface_points_mm(predicted, affine))
        surface_dice = surface_distance.compute_surface_dice_at_tolerance(theirs, TOLERANCE_MM)
        assert -0.3 <= found.nsd_1mm - surface_dice <= 1e-9
        hd95 = surface_distance.compute_robust_hausdorff(theirs, 95)
        assert found.hd95_mm == pytest.approx(hd95, abs=max(spacing))
        mean = np.mean(surface_distance.compute_average_surface_distance(theirs))
        assert 0 <= found.assd_mm - mean <= 0.7
