from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from brainstem_app.imaging.orientation import axis_letters
from brainstem_app.preprocessing.skull_strip import is_stripped
from brainstem_app.simulation.subject import SimulatedSubject, SimulationSettings, simulate_subject

LEFT, RIGHT, STEM = 1, 2, 3

BRAIN = SimulationSettings(with_skull=False, voxel_size_mm=(2.4, 2.8))
HEAD = replace(BRAIN, with_skull=True)


def _simulate(
    seed: int, template: SimpleNamespace, labels: np.ndarray, settings: SimulationSettings
) -> SimulatedSubject:
    return simulate_subject(np.random.default_rng(seed), template, labels, settings)


def _centre_mm(subject: SimulatedSubject, label: int) -> np.ndarray:
    voxel = np.argwhere(subject.labels == label).mean(axis=0)
    return (subject.affine @ np.append(voxel, 1))[:3]


@pytest.fixture(scope="module")
def brain(template: SimpleNamespace, labels: np.ndarray) -> SimulatedSubject:
    return _simulate(7, template, labels, BRAIN)


@pytest.fixture(scope="module")
def head(template: SimpleNamespace, labels: np.ndarray) -> SimulatedSubject:
    return _simulate(3, template, labels, HEAD)


def test_same_seed_same_subject_other_seed_another(
    brain: SimulatedSubject, template: SimpleNamespace, labels: np.ndarray
) -> None:
    again = _simulate(7, template, labels, BRAIN)
    assert np.array_equal(again.data, brain.data)
    assert np.array_equal(again.labels, brain.labels)
    assert np.array_equal(again.affine, brain.affine)
    assert not np.array_equal(_simulate(8, template, labels, BRAIN).affine, brain.affine)


@pytest.mark.parametrize("orientation", ["LAS", "PSR", "IRP"])
def test_left_stays_left(orientation: str, template: SimpleNamespace, labels: np.ndarray) -> None:
    subject = _simulate(1, template, labels, replace(BRAIN, orientations=(orientation,)))
    assert "".join(axis_letters(subject.affine)) == orientation
    assert _centre_mm(subject, LEFT)[0] < _centre_mm(subject, RIGHT)[0] - 10


def test_labels_lie_on_the_anatomy_they_name(head: SimulatedSubject) -> None:
    marks, around = (np.isin(head.labels, names) for names in ([LEFT, RIGHT], [STEM]))
    assert np.median(head.data[marks]) < 0.6 * np.median(head.data[around])


def test_labels_are_the_atlas_moved_by_the_stated_transform(head: SimulatedSubject) -> None:
    mni = (head.world_to_mni @ np.append(_centre_mm(head, LEFT), 1))[:3]
    moved = mni + head.warp.displacement_on((1, 1, 1), _placed(mni))[:, 0, 0, 0]
    assert np.allclose(moved, [-10, -28, -30], atol=1.5)


def _placed(point: np.ndarray) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, 3] = point
    return affine


def test_subjects_do_not_fold(head: SimulatedSubject, brain: SimulatedSubject) -> None:
    assert head.warp.jacobian_determinant().min() > 0
    assert brain.warp.jacobian_determinant().min() > 0


def test_head_has_a_skull_and_brain_alone_has_none(head: SimulatedSubject, brain: SimulatedSubject) -> None:
    assert is_stripped(brain.data, brain.affine)
    assert not is_stripped(head.data, head.affine)


def test_data_are_finite_whole_numbers_on_a_grid_without_shear(head: SimulatedSubject) -> None:
    assert head.data.dtype == np.float32
    assert head.data.min() >= 0
    assert np.array_equal(head.data, np.round(head.data))
    axes = head.affine[:3, :3] / np.linalg.norm(head.affine[:3, :3], axis=0)
    assert np.allclose(axes.T @ axes, np.eye(3), atol=1e-9)
