from __future__ import annotations

import numpy as np

from brainstem_app.imaging.scan import Level
from brainstem_app.preprocessing.fit import Fit, judge_fit, measure_fit
from brainstem_app.preprocessing.template import load_template


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


def test_a_scan_that_ends_in_the_medulla_is_a_warning_that_names_the_level() -> None:
    template = load_template()
    shown = template.brain.copy()
    shown[:, :, :16] = False
    fit = measure_fit(template.t1, shown, np.eye(4), template)
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
