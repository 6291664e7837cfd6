"""The packed consensus of registrations, which later scripts read: `tests/consensus/packed_consensus.py`."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.spaces import BOX_SHAPE, Affine, box_affine
from brainstem_app.preprocessing.transforms import grid_points

CONSENSUS = Path(__file__).resolve().parents[1] / "consensus"
# Half of the unit, and what a grid of 2 mm costs a warp that bends more than a head does.
CLOSE_MM = 0.03


@pytest.fixture
def packed(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(CONSENSUS)
    return importlib.import_module("packed_consensus")


@pytest.fixture
def agreement(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(CONSENSUS)
    return importlib.import_module("agreement")


def _target(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Where a made, smooth warp carries points (mm)."""
    turned = points[:, [1, 2, 0]] / [9.0, 11.0, 13.0]
    return points + np.sin(turned) * [1.5, -2.0, 3.0] + [0.3, -0.2, 0.1]


def _moved(degrees: float, shift_mm: tuple[float, float, float]) -> Affine:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", [degrees, -degrees, degrees / 2], degrees=True).as_matrix()
    affine[:3, 3] = shift_mm
    return affine


def _save(
    path: Path, packed: ModuleType, kept: object, mni_to_native: Affine, subject: str = "ds1/sub-01"
) -> None:
    points = grid_points(kept.shape, kept.affine)
    field = (_target(points) - points).astype(np.float32).reshape(*kept.shape, 3)
    apart = (1.5 + np.cos(points[:, 2] / 10)).astype(np.float32).reshape(kept.shape)
    made = packed.PlacedConsensus(field, apart, mni_to_native)
    packed.save_packed(path, {subject: made}, kept.affine[:3, 3])


def test_packed_warp_and_disagreement_come_back(
    tmp_path: Path, packed: ModuleType, agreement: ModuleType
) -> None:
    path = tmp_path / "packed.npz"
    _save(path, packed, agreement.KEPT, np.eye(4))
    warp, apart = packed.load_consensus("ds1/sub-01", path=path)
    points = grid_points(BOX_SHAPE, box_affine())
    assert packed.subjects_in(path) == ["ds1/sub-01"]
    np.testing.assert_allclose(points + warp.at(points), _target(points), atol=CLOSE_MM)
    np.testing.assert_allclose(apart.ravel(), 1.5 + np.cos(points[:, 2] / 10), atol=CLOSE_MM)


def test_consensus_follows_a_scan_that_is_placed_otherwise_now(
    tmp_path: Path, packed: ModuleType, agreement: ModuleType
) -> None:
    path = tmp_path / "packed.npz"
    then, now = _moved(5.0, (20.0, -30.0, 10.0)), _moved(6.0, (20.5, -29.0, 10.5))
    _save(path, packed, agreement.KEPT, then)
    warp, _ = packed.load_consensus("ds1/sub-01", now, path=path)
    points = grid_points(BOX_SHAPE, box_affine())
    change = np.linalg.inv(then) @ now
    before = points @ change[:3, :3].T + change[:3, 3]
    low = np.add(agreement.KEPT.affine[:3, 3], 2)
    inside = ((before > low) & (before < low + np.array(agreement.KEPT.shape) - 5)).all(axis=1)
    assert inside.mean() > 0.9
    np.testing.assert_allclose((points + warp.at(points))[inside], _target(before)[inside], atol=CLOSE_MM)


def test_packing_more_subjects_leaves_those_that_are_packed_as_they_are(
    tmp_path: Path, packed: ModuleType, agreement: ModuleType
) -> None:
    path = tmp_path / "packed.npz"
    _save(path, packed, agreement.KEPT, np.eye(4), "ds1/sub-02")
    before = packed.load_consensus("ds1/sub-02", path=path)
    _save(path, packed, agreement.KEPT, _moved(5.0, (20.0, -30.0, 10.0)), "ds1/sub-01")
    after = packed.load_consensus("ds1/sub-02", path=path)
    assert packed.subjects_in(path) == ["ds1/sub-01", "ds1/sub-02"]
    np.testing.assert_array_equal(before[0].field, after[0].field)
    np.testing.assert_array_equal(before[1], after[1])


def test_packing_on_another_grid_is_refused(
    tmp_path: Path, packed: ModuleType, agreement: ModuleType
) -> None:
    path = tmp_path / "packed.npz"
    _save(path, packed, agreement.KEPT, np.eye(4))
    with pytest.raises(ValueError, match="begins elsewhere"):
        packed.save_packed(path, {}, agreement.KEPT.affine[:3, 3] + 1)


def test_numbers_of_subjects_come_back_to_four_decimals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(CONSENSUS)
    measures = importlib.import_module("measures")
    lost = measures.Agreement(assd_mm=[1 / 3, np.nan], iou=[0.5, 0.0])
    numbers = measures.SubjectMeasures(
        warnings="",
        smoothing_mm=1.0,
        between_mm=[0.4, np.nan],
        disagreement_mm=[0.5, 0.6],
        to_consensus={"affine": lost},
        to_others={},
        ncc={"affine": 0.9},
        folds={"affine": 0},
        cpu_s={"placement": 8.0},
    )
    path = tmp_path / "measures.json"
    measures.save_kept(
        {"ds1/sub-01": measures.KeptMeasures(measures=numbers, packing_mm=(0.005, 0.08))}, path
    )
    back = measures.load_kept(path)["ds1/sub-01"]
    assert back.packing_mm == (0.005, 0.08)
    assert back.measures.to_consensus["affine"].assd_mm[0] == 0.3333
    assert np.isnan(back.measures.to_consensus["affine"].assd_mm[1])
    assert measures.load_kept(tmp_path / "none.json") == {}


def test_one_registration_that_goes_astray_does_not_move_the_consensus(agreement: ModuleType) -> None:
    rng = np.random.default_rng(5)
    fields = rng.normal(0, 0.1, (6, 75, 76, 85, 3)).astype(np.float32) + np.float32([1.0, -2.0, 0.5])
    fields[3] += 40
    found = agreement.consensus_of(fields)
    assert np.abs(found.displacement.field - [1.0, -2.0, 0.5]).max() < 0.2
    assert found.disagreement.min() > 20


def test_shipped_consensus_does_not_fold(packed: ModuleType) -> None:
    for subject in packed.subjects_in()[:3]:
        warp, apart = packed.load_consensus(subject)
        assert warp.jacobian().min() > 0
        assert 0 < np.median(apart) < 3
