from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, ras_affine
from brainstem_app.preprocessing.fit import Fit, judge_coarse_warp, judge_fit, measure_fit
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Displacement


def _codes(fit: Fit) -> dict[str, Level]:
    return {finding.code: finding.level for finding in judge_fit(fit)}


def test_the_template_fits_itself() -> None:
    template = load_template()
    fit = measure_fit(template.t1, template.brain, np.eye(4), template)
    assert fit.correlation > 0.99
    assert fit.coverage > 0.99
    assert judge_fit(fit) == ()


def test_noise_is_refused() -> None:
    template = load_template()
    noise = np.random.default_rng(0).standard_normal(template.t1.shape).astype(np.float32)
    assert _codes(measure_fit(noise, template.brain, np.eye(4), template)) == {"no-fit": Level.ERROR}


@pytest.mark.parametrize(("axis", "mm"), [(0, 3), (1, 2), (1, -3), (2, 3), (2, -3)])
def test_a_brainstem_a_few_millimetres_off_is_a_warning(axis: int, mm: int) -> None:
    template = load_template()
    moved = np.roll(template.t1, mm, axis=axis)
    assert _codes(measure_fit(moved, template.brain, np.eye(4), template)) == {"poor-fit": Level.WARNING}


def test_a_brain_without_contrast_or_with_reversed_contrast_is_refused() -> None:
    template = load_template()
    rng = np.random.default_rng(0)
    flat = np.where(template.brain, rng.normal(0.7, 0.05, template.t1.shape), 0).astype(np.float32)
    reversed_ = np.where(template.brain, 1 - template.t1, 0).astype(np.float32)
    for image in (flat, reversed_):
        assert _codes(measure_fit(image, template.brain, np.eye(4), template)) == {"no-fit": Level.ERROR}


def test_a_scan_that_ends_in_the_medulla_is_a_warning_that_names_the_level() -> None:
    template = load_template()
    shown = template.brain.copy()
    shown[:, :, :16] = False
    image = np.where(shown, template.t1, np.float32(-3))
    fit = measure_fit(image, shown, np.eye(4), template)
    assert fit.lowest_mm == -56.0
    (finding,) = judge_fit(fit)
    assert finding.code == "medulla-cut-off"
    assert finding.level is Level.WARNING
    assert "-56" in finding.problem


def test_a_scan_without_the_brainstem_is_refused() -> None:
    template = load_template()
    shown = template.brain.copy()
    shown[:, :, :50] = False
    codes = _codes(measure_fit(template.t1, shown, np.eye(4), template))
    assert codes["brainstem-cut-off"] is Level.ERROR


def test_an_absurd_stretch_is_refused() -> None:
    template = load_template()
    fit = measure_fit(template.t1, template.brain, np.diag([0.3, 0.9, 0.9, 1.0]), template)
    assert _codes(fit)["implausible-size"] is Level.ERROR


@pytest.mark.parametrize(
    ("factor", "codes"),
    [
        (0.67, {"implausible-size"}),
        (0.8, set()),
        (0.95, set()),
        (1.04, {"doubtful-size"}),
        (1.35, {"implausible-size"}),
    ],
)
def test_a_brain_of_an_impossible_volume_tells_of_a_wrong_voxel_size(factor: float, codes: set[str]) -> None:
    template = load_template()
    fit = measure_fit(template.t1, template.brain, np.diag([factor] * 3 + [1.0]), template)
    assert set(_codes(fit)) == codes


def _coarse_warp(height_mm: float, width_mm: float, z_mm: float) -> Displacement:
    """A smooth push upwards around the point (0, −28, z), on a grid of 4 mm over the whole of mni."""
    affine = ras_affine(4.0, MNI_ORIGIN_MM)
    axes = [origin + 4.0 * np.arange(n) for origin, n in zip(MNI_ORIGIN_MM, (50, 59, 48), strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    near = np.exp(-(x**2 + (y + 28) ** 2 + (z - z_mm) ** 2) / (2 * width_mm**2))
    field = np.stack([np.zeros_like(near), np.zeros_like(near), height_mm * near], axis=-1)
    return Displacement(field.astype(np.float32), affine)


def test_a_smooth_warp_of_a_few_millimetres_is_no_finding() -> None:
    assert judge_coarse_warp(_coarse_warp(4.0, 20.0, -35.0), load_template()) == ()


def test_a_warp_that_folds_at_the_brainstem_is_refused_and_one_that_folds_elsewhere_is_not() -> None:
    (finding,) = judge_coarse_warp(_coarse_warp(30.0, 10.0, -35.0), load_template())
    assert (finding.code, finding.level) == ("coarse-warp-folds", Level.ERROR)
    assert judge_coarse_warp(_coarse_warp(30.0, 10.0, 70.0), load_template()) == ()


def test_a_warp_that_carries_the_brainstem_far_is_a_warning_with_the_distance() -> None:
    (finding,) = judge_coarse_warp(_coarse_warp(14.0, 40.0, -35.0), load_template())
    assert (finding.code, finding.level) == ("coarse-warp-far", Level.WARNING)
    assert "14 mm" in finding.problem
