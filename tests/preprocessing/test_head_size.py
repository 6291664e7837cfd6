"""Intracranial volume from the skull: the same however large the brain in it is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion

from brainstem_app.imaging.spaces import MNI_ORIGIN_MM, Affine, ras_affine
from brainstem_app.preprocessing.head_size import NO_SKULL, Skull, load_skull, measure_head
from brainstem_app.preprocessing.template import load_template

GRID = ras_affine(2.0, MNI_ORIGIN_MM)


def _brain() -> NDArray[np.bool_]:
    return load_template().brain[::2, ::2, ::2]


def _skull(brain: NDArray[np.bool_], affine: Affine = GRID) -> Skull:
    """Head with the template's skull, and a brain in it."""
    bone = 0.15 + 0.85 * load_skull().volume.data
    return Skull.of(np.where(brain, np.float32(1), bone).astype(np.float32), brain, affine)


def test_volume_follows_the_skull_from_a_start_that_is_too_small() -> None:
    larger = np.diag([1.05, 1.03, 1.04, 1.0])
    size = measure_head(_skull(_brain(), larger @ GRID), np.eye(4), load_skull())
    assert size.intracranial_ml == pytest.approx(load_skull().inside_ml * 1.05 * 1.03 * 1.04, rel=0.005)
    assert size.findings(1300.0) == ()


def test_volume_stays_when_the_brain_shrinks() -> None:
    whole, shrunken = _brain(), binary_erosion(_brain(), iterations=3)
    assert shrunken.sum() < 0.85 * whole.sum()
    size, later = (measure_head(_skull(brain), np.eye(4), load_skull()) for brain in (whole, shrunken))
    assert size.intracranial_ml is not None
    assert later.intracranial_ml == pytest.approx(size.intracranial_ml, rel=0.002)


def test_head_that_the_scan_cuts_has_no_volume_and_says_so() -> None:
    skull = _skull(_brain())
    cut = replace(skull, extent=(99, 117, 70))
    size = measure_head(cut, np.eye(4), load_skull())
    assert size.intracranial_ml is None
    (finding,) = size.findings(1234.4)
    assert "of skull and scalp above the ears lie in the scan" in finding.problem
    assert "1,234 ml" in finding.problem


def test_what_is_no_skull_has_no_volume() -> None:
    skull = _skull(_brain())
    noise = np.random.default_rng(0).random(skull.volume.data.shape).astype(np.float32)
    size = measure_head(replace(skull, volume=replace(skull.volume, data=noise)), np.eye(4), load_skull())
    assert size.intracranial_ml is None
    assert "do not look like those of other heads" in size.why_not
    (finding,) = size.findings(1200.0)
    assert "with the skull" not in finding.fix, "it was given with its skull"
    assert "eTIV" in finding.fix


def test_stripped_scan_is_told_what_to_give_instead() -> None:
    (finding,) = NO_SKULL.findings(1100.0)
    assert finding.code == "head-size-unknown"
    assert "with the skull" in finding.fix
