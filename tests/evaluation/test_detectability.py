"""Arithmetic of the measurement of volumes: tests/benchmarks/detectability.py and what goes with it."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_ind

from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import ras_affine
from brainstem_app.models.card import ModelCard, read_card
from brainstem_app.preprocessing.transforms import grid_points

BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(BENCHMARKS)

    def load(name: str) -> ModuleType:
        return importlib.import_module(name)

    return load


def test_slope_and_scatter_of_made_changes_are_found(benchmark: Any) -> None:
    true = np.log1p(-np.tile([0.05, 0.1, 0.2], 5))
    heads = np.repeat(np.arange(5), 3)
    exact = benchmark("detectability").response(true, 0.6 * true, heads)
    assert (exact.slope, exact.slope_error) == (pytest.approx(0.6), pytest.approx(0, abs=1e-9))
    noise = np.random.default_rng(1).normal(0, 0.02, (400, 15))
    many = benchmark("detectability").response(
        np.tile(true, 400), 0.6 * np.tile(true, 400) + noise.ravel(), np.arange(6000) // 3
    )
    assert many.slope == pytest.approx(0.6, abs=0.01)
    assert many.scatter_percent == pytest.approx(2.0, abs=0.1)


def test_nothing_that_changes_has_no_slope(benchmark: Any) -> None:
    assert np.isnan(benchmark("detectability").response(np.zeros(3), np.ones(3), np.arange(3)).slope)


def test_smallest_change_grows_with_noise_and_with_blindness(benchmark: Any) -> None:
    smallest = benchmark("detectability").smallest_change_percent
    found = smallest(np.array([1.0, 2.0, 1.0, 1.0, 1.0]), np.array([1.0, 1.0, 0.5, 0.0, -0.3]))
    np.testing.assert_allclose(found, [2.772, 5.544, 5.544, np.inf, np.inf], rtol=1e-3)


def test_pooled_variation_keeps_the_size_of_rescans_and_the_pattern_of_moved_heads(benchmark: Any) -> None:
    kit, rng = benchmark("detectability"), np.random.default_rng(2)
    own = np.array([1.0, 2.0, 4.0])
    rescans, moves = (rng.normal(0, s * own / 100 * np.sqrt(2), (4000, 3)) for s in (3.0, 1.0))
    np.testing.assert_allclose(kit.pooled_cv_percent(rescans, moves), 3 * own, rtol=0.05)
    np.testing.assert_allclose(kit.pooled_cv_percent(rescans, moves[:0]), kit.cv_percent(rescans))
    np.testing.assert_allclose(kit.pooled_cv_percent(rescans[:0], moves), kit.cv_percent(moves))


def test_spread_between_people_leaves_out_what_sites_differ_by(benchmark: Any) -> None:
    kit, rng = benchmark("detectability"), np.random.default_rng(3)
    sites = np.repeat([0, 1], 3000)
    volumes = rng.normal(0, 0.1, (6000, 1)) + np.where(sites == 1, 5.0, 0.0)[:, None]
    spread = kit.spread_percent(volumes, sites)
    assert spread[0] == pytest.approx(10, rel=0.05)
    np.testing.assert_allclose(kit.icc(np.array([10.0, 10.0]), np.array([6.0, 20.0])), [0.64, 0.0])


def test_groups_of_25_find_the_difference_that_is_promised_in_four_of_five_studies(benchmark: Any) -> None:
    kit, rng = benchmark("detectability"), np.random.default_rng(4)
    difference = float(kit.group_difference_percent(np.array([10.0]), np.array([0.5]))[0])
    # Half of it is measured.
    patients = rng.normal(-0.5 * difference, 10, (25, 4000))
    found = ttest_ind(patients, rng.normal(0, 10, (25, 4000))).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.03)


def test_bells_shrink_what_they_are_for_and_leave_what_lies_apart(benchmark: Any) -> None:
    heads = benchmark("changed_heads")
    grid = grid_points((48, 24, 24), ras_affine(0.5, (0.0, 0.0, 0.0)))
    ball = np.linalg.norm(grid - [6, 6, 6], axis=1) < 3
    bells = heads.bells_of(grid[ball], 0.06)
    assert len(bells) == 1
    after = heads.source(grid, bells)
    shrunk = np.count_nonzero(np.linalg.norm(after - [6, 6, 6], axis=1) < 3) / np.count_nonzero(ball)
    assert shrunk == pytest.approx(0.9, abs=0.03)
    far = np.linalg.norm(grid - [6, 6, 6], axis=1) > 12
    np.testing.assert_allclose(after[far], grid[far], atol=0.01)


def test_long_nucleus_is_shrunk_along_its_length(benchmark: Any) -> None:
    heads = benchmark("changed_heads")
    points = np.array([[x, y, z] for x in range(3) for y in range(3) for z in range(24)], dtype=float)
    bells = heads.bells_of(points, 0.05)
    assert len(bells) > 1
    assert max(bell.spread_mm for bell in bells) < 8


def test_targets_that_share_a_head_lie_apart(benchmark: Any) -> None:
    middles = [np.array([[0.0, 0.0, z]]) for z in (0, 10, 25, 31, 60)]
    found = benchmark("changed_heads").together(middles, 20.0)
    assert sorted(t for head in found for t in head) == [0, 1, 2, 3, 4]
    assert all(
        abs(middles[a][0, 2] - middles[b][0, 2]) >= 20 for head in found for a in head for b in head if a != b
    )


def _entry(name: str, slope: float, change: float | None, kind: str = "nucleus") -> dict[str, Any]:
    rest = dict.fromkeys(
        (
            "slope_error",
            "scatter_percent",
            "cv_moved_percent",
            "drift_percent",
            "spread_percent",
            "icc",
            "group_difference_percent",
        ),
        0.5,
    )
    return {
        "name": name,
        "kind": kind,
        "atlas_grade": "B" if kind == "nucleus" else "",
        "slope": slope,
        "slope_placed_once": slope,
        "smallest_change_percent": change,
        "cv_percent": 1.5,
        "cv_rescans_percent": 1.5,
        **rest,
    }


@pytest.fixture
def result() -> dict[str, Any]:
    nuclei = [_entry("PAG", 0.9, 4.6), _entry("VTA_L", 0.05, 80.0), _entry("DR", -0.1, None)]
    way = {
        "structures": [*nuclei, _entry("brainstem", 0.99, 1.0, "region")],
        "outline_mm": 0.402,
        "least_jacobian": 0.2,
        "cpu_s": 1.0,
        "wall_s": 1.0,
    }
    return {
        "date": "2026-01-01",
        "machine": "a machine",
        "model": {"name": "net", "version": "4", "sha256": {"model.onnx": "a" * 64}},
        "about": "",
        "pairs": ["1/2"],
        "people": [5, 7, 1],
        "outlines": 0,
        "lost_percent": [5.0, 10.0, 20.0],
        "nuclei_placed_anew": {"PAG": (0.9, 0.91)},
        "label_maps": {},
        "ways": {"affine alone": way, "as shipped": way},
    }


def test_goals_are_met_missed_or_not_measured(benchmark: Any, result: dict[str, Any]) -> None:
    found = {g.figure: g.met for g in benchmark("measurement_goals").goals(result, "as shipped")}
    assert found["CV over real rescans, nuclei: median / worst"] is True
    assert found["smallest detectable change of a person, median of the nuclei graded A or B"] is True
    assert found["folds in any warp"] is True
    slopes = next(name for name in found if name.endswith("each scan placed anew"))
    assert found[slopes] is None, "three of four regions are not measured"
    result["ways"]["as shipped"]["structures"][-1]["slope"] = 0.8
    found = {g.figure: g.met for g in benchmark("measurement_goals").goals(result, "as shipped")}
    assert found[slopes] is False, "one that misses is enough"


def test_goals_of_other_pages_are_read_from_their_figures(
    benchmark: Any, result: dict[str, Any], tmp_path: Path
) -> None:
    goals = benchmark("measurement_goals")

    def met(what: str) -> bool | None:
        told = goals.goals(result, "as shipped", goals.Elsewhere.in_folder(tmp_path))
        return next(goal.met for goal in told if goal.figure.startswith(what))

    assert met("file to report") is None
    assert met("against ANTs") is None
    total = {"name": "in all", "wall_s": 9.0, "cpu_s": 15.1, "peak_gb": 0.8}
    (tmp_path / "time-and-memory.json").write_text(json.dumps({"load": 0.1, "scans": [total]}))
    assert met("file to report") is False, "15.1 CPU-seconds are more than 15"
    way = {"to_ants_mm": 0.3, "to_consensus_mm": 0.3}
    ways = {"warp": way, "network": {**way, "to_consensus_mm": 0.31}, "affine": dict.fromkeys(way, 0.4)}
    figures = {"model": {"version": "4"}, "ways": ways}
    (tmp_path / "distances.json").write_text(json.dumps(figures))
    assert met("against ANTs") is False, "no nearer to ANTs than version 2"
    ways["network"] = dict.fromkeys(way, 0.31)
    (tmp_path / "distances.json").write_text(json.dumps(figures))
    assert met("against ANTs") is True
    assert met("border facing fluid") is None
    outlines = {"outlines": {"by_way": {"as shipped": {"a": {"mean_mm": 0.36}, "b": {"mean_mm": 0.45}}}}}
    (tmp_path / "independent.json").write_text(json.dumps({"model": {"version": "4"}, **outlines}))
    assert met("border facing fluid") is False, "0.405 is more than 0.40"


def test_page_names_what_cannot_be_seen_the_blindest_first(benchmark: Any, result: dict[str, Any]) -> None:
    text = "\n".join(benchmark("measurement_page").page(result))
    assert "**Change cannot be seen** in DR, VTA_L" in text
    assert "| PAG | A | 0.90 ± 0.50 | 0.90 |" in text
    assert "| VTA_L | C † | 0.05 ± 0.50 |" in text


def test_card_takes_figures_of_its_own_weights_alone(
    benchmark: Any, result: dict[str, Any], tmp_path: Path
) -> None:
    card = ModelCard(
        name="net", atlas="a", atlas_version="1", decoder="d", encoder="e", classes=4,
        sha256={"model.onnx": "a" * 64},
    )  # fmt: skip
    card.save(tmp_path)
    measured = tmp_path / "measurement.json"
    measured.write_text(json.dumps(result), encoding="utf-8")
    benchmark("write_detectability").write_detectability(measured, tmp_path)
    known = read_card(tmp_path).detectability
    assert list(known) == ["PAG", "VTA_L", "DR"]
    assert [known[name].is_seen for name in known] == [True, False, False]
    card.model_copy(update={"sha256": {"model.onnx": "b" * 64}}).save(tmp_path)
    with pytest.raises(InputError, match="other weights"):
        benchmark("write_detectability").write_detectability(measured, tmp_path)
