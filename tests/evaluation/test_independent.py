"""What is held against others' truth: `tests/independent/` and `tests/benchmarks/drawn_outlines.py`."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import binary_erosion

from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import AROUND_BOX, BOX_SHAPE, box_affine, crop_to_box
from brainstem_app.preprocessing.transforms import Displacement, grid_points

TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def _scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("consensus", "benchmarks", "independent"):
        monkeypatch.syspath_prepend(TESTS / folder)


@pytest.fixture
def outlines() -> ModuleType:
    return importlib.import_module("outlines")


@pytest.fixture
def parts() -> ModuleType:
    return importlib.import_module("hand_drawn_parts")


@pytest.fixture
def ants() -> ModuleType:
    return importlib.import_module("ants_fields")


@pytest.fixture
def page() -> ModuleType:
    return importlib.import_module("independent_page")


def _template_as_scan() -> Any:
    """The atlas's own box as a scan that needs no placing and no warp."""
    still = np.zeros((3, *BOX_SHAPE), dtype=np.float32)
    scan = Scan(np.zeros(BOX_SHAPE, dtype=np.float32), box_affine(), Path("box.nii.gz"))
    warped = SimpleNamespace(to_native=np.eye(4), fields={"way": still})
    return importlib.import_module("laid_atlas").Laid(scan, warped)


def test_an_outline_drawn_a_voxel_inside_of_ours_lies_about_a_millimetre_deep(outlines: ModuleType) -> None:
    atlas, scan = crop_to_box(load_atlas().labels), _template_as_scan()
    stem = atlas > 0
    same = outlines.Drawn(np.where(stem, 35, 0), box_affine())
    inner = outlines.Drawn(np.where(binary_erosion(stem, border_value=1), 35, 0), box_affine())
    alike = outlines.agreement(same, scan, "way", atlas)
    deep = outlines.agreement(inner, scan, "way", atlas)
    assert alike.mean_mm < 0.02
    assert alike.dice_shared > 0.99
    assert alike.volume_ratio == pytest.approx(1, abs=0.01)
    assert 0.7 < deep.deep_mm < 1.05
    assert deep.volume_ratio > 1.1


def test_depths_are_found_between_voxels(outlines: ModuleType) -> None:
    def ball_on(grid: Any) -> Any:
        radius = np.linalg.norm(grid_points(*grid), axis=1).reshape(grid[0])
        return np.clip((10.3 - radius) / 2 + 0.5, 0, 1).astype(np.float32)

    ways = np.random.default_rng(1).normal(size=(500, 3))
    ways /= np.linalg.norm(ways, axis=1)[:, None]
    for radius in (8.0, 10.3, 10.4, 12.5):
        assert outlines.depths_mm(radius * ways, ball_on) == pytest.approx(10.3 - radius, abs=0.06)


def test_what_a_protocol_counts_elsewhere_counts_only_in_the_first_dice(outlines: ModuleType) -> None:
    atlas, scan = crop_to_box(load_atlas().labels), _template_as_scan()
    labels = np.where(atlas > 0, 35, 0)
    z = grid_points(BOX_SHAPE, box_affine())[:, 2].reshape(BOX_SHAPE)
    labels[(labels == 35) & (z > -20)] = 61
    found = outlines.agreement(outlines.Drawn(labels, box_affine()), scan, "way", atlas)
    assert found.dice < 0.9
    assert found.dice_below > 0.99


def test_tracts_of_eve_go_to_the_nearest_part(parts: ModuleType) -> None:
    eve = np.zeros((3, 3, 12), dtype=int)
    eve[..., :4], eve[..., 4:8], eve[..., 8:] = 65, 129, 63
    eve[1, 1, :] = 29
    eve[0, 0, 10] = 121
    found = parts.drawn_parts(eve)
    assert found[1, 1].tolist() == [3] * 4 + [2] * 4 + [1] * 4
    assert found[0, 0, 10] == 1


def test_centres_are_compared_from_theirs_to_ours(parts: ModuleType) -> None:
    theirs = np.zeros((10, 10, 10), dtype=bool)
    theirs[3:6, 3:6, 3:6] = True
    found = parts.compared(np.roll(theirs, 2, axis=0), theirs, np.diag([-1.0, 1.0, 1.0, 1.0]))
    assert found["centre_offset_mm"] == pytest.approx([-2, 0, 0]), "the first axis runs to the left"
    assert found["dice"] == pytest.approx(1 / 3)
    assert found["ours_mm3"] == found["theirs_mm3"] == 27


def test_a_registration_of_ants_follows_a_scan_that_is_placed_otherwise_now(ants: ModuleType) -> None:
    points = grid_points(AROUND_BOX.shape, AROUND_BOX.affine)
    field = (0.05 * points).reshape(*AROUND_BOX.shape, 3).astype(np.float32)
    kept = ants.AntsField(Displacement(field, AROUND_BOX.affine), np.eye(4), 1.0)
    box = grid_points(BOX_SHAPE, box_affine())
    moved = np.eye(4)
    moved[:3, 3] = (2.0, -1.0, 3.0)
    for placement in (np.eye(4), moved):
        there = box + placement[:3, 3]
        found = kept.in_box(placement).reshape(3, -1).T
        assert np.abs(found + box - 1.05 * there).max() < 1e-3


def test_missing_registrations_of_ants_are_left_out(ants: ModuleType, tmp_path: Path) -> None:
    assert ants.Ants(tmp_path).field(ants.REGION, "eve", tmp_path / "no.nii.gz") is None


def test_ways_are_compared_on_the_scans_that_both_have(page: ModuleType) -> None:
    figure = page.Figure(
        "outline",
        {page.SHIPPED: {"a": 0.4, "b": 0.2}, page.AFFINE: {"a": 0.5, "b": 0.5}, page.WHOLE: {"a": 0.3}},
    )
    assert figure.against(page.WHOLE) == (0.4, 0.3, 1)
    assert figure.is_worse(page.WHOLE)
    assert not figure.is_worse(page.AFFINE)
    assert figure.against(page.REGION) is None
    lines = "\n".join(page._worse([figure]))
    assert "**Than affine alone** in 0 of 1 figures." in lines
    assert "- outline: 0.40 against 0.30 mm (n = 1)" in lines


def test_overlap_is_better_when_it_is_higher(page: ModuleType) -> None:
    figure = page.Figure("Dice", {page.SHIPPED: {"a": 0.9}, page.AFFINE: {"a": 0.8}}, True, "")
    assert not figure.is_worse(page.AFFINE)
    assert page.Figure("Dice", {page.SHIPPED: {"a": 0.7}, page.AFFINE: {"a": 0.8}}, True).is_worse(
        page.AFFINE
    )


def test_numbers_are_given_with_their_spread(page: ModuleType) -> None:
    assert page.spread([1.0, 2.0, 3.0]) == "2.00 ± 1.00"
    assert page.spread([-0.5]) == "−0.50"
    assert page.signed(-0.04) == "−0.0"


def test_what_the_warp_does_not_gain_inside_is_said(page: ModuleType) -> None:
    words = importlib.import_module("independent_claims")._inside

    def result(surfaces_mm: float, landmarks_mm: float) -> dict[str, Any]:
        def eve(mm: float) -> dict[str, Any]:
            return {"RN_L": {"surfaces_mm": mm}, "RN_R": {"surfaces_mm": mm}}

        return {
            "hand_drawn_parts": {"by_way": {page.SHIPPED: eve(surfaces_mm), page.AFFINE: eve(0.9)}},
            "landmarks": {"by_way": {page.SHIPPED: {"mm": [landmarks_mm]}, page.AFFINE: {"mm": [1.7]}}},
        }

    assert words(result(0.5, 1.2)) == ""
    assert "0.86 mm off (0.90 by the affine)" in words(result(0.86, 1.2))
