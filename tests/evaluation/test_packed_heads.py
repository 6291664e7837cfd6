"""Weights travel in eight bits or less, and a change of weights belongs to the network that it changes."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from brainstem_app.models.library import find_model

CONSENSUS = Path(__file__).resolve().parents[1] / "consensus"


@pytest.fixture
def packed_heads(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(CONSENSUS)
    return importlib.import_module("packed_heads")


@pytest.fixture
def model_of_weights(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(CONSENSUS)
    return importlib.import_module("model_of_weights")


@pytest.fixture
def weights() -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [draw.normal(0, 1, shape).astype(np.float32) for shape in ((3, 3, 4, 8), (8,), (5, 2))]


@pytest.mark.parametrize("levels", [127, 10])
def test_kernels_come_back_within_half_a_step_and_the_rest_as_it_was(
    packed_heads: ModuleType, weights: list[np.ndarray], levels: int
) -> None:
    found = packed_heads.kernels_of(packed_heads.eight_bit_kernels(weights, levels))
    assert np.array_equal(found[1], weights[1])
    for kernel in (0, 2):
        step = np.abs(weights[kernel]).max(axis=tuple(range(weights[kernel].ndim - 1))) / levels
        assert (np.abs(found[kernel] - weights[kernel]) <= 0.501 * step).all()


def test_change_of_weights_is_read_from_two_files_or_one(
    model_of_weights: ModuleType, packed_heads: ModuleType, weights: list[np.ndarray], tmp_path: Path
) -> None:
    named, begun = packed_heads.eight_bit_kernels(weights), find_model("brainstem31")
    names = sorted(named)
    for part, chosen in (("a", names[:2]), ("b", names[2:])):
        np.savez(tmp_path / f"phase-1-{part}.npz", **{name: named[name] for name in chosen})
    packed = tmp_path / "change.npz"
    np.savez(packed, **named, model=np.array(begun.card.sha256["model.keras"]))
    for place in (tmp_path / "phase-1", packed):
        for one, other in zip(
            model_of_weights.changes_of(place, begun), packed_heads.kernels_of(named), strict=True
        ):
            assert np.array_equal(one, other)


def test_change_of_another_network_is_refused(
    model_of_weights: ModuleType, packed_heads: ModuleType, weights: list[np.ndarray], tmp_path: Path
) -> None:
    packed = tmp_path / "change.npz"
    np.savez(packed, **packed_heads.eight_bit_kernels(weights), model=np.array("0" * 64))
    with pytest.raises(SystemExit, match="another network"):
        model_of_weights.changes_of(packed, find_model("brainstem31"))
