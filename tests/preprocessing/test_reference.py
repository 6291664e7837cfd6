from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import load_label_map
from brainstem_app.imaging.spaces import BOX_SHAPE, MNI_SHAPE, box_affine, crop_to_box, mni_affine
from brainstem_app.preprocessing.reference import crop_displacement, reference_labels, relabel_subject
from brainstem_app.preprocessing.syn import SynSettings, fine_warp
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Displacement
from brainstem_app.written_files import FINE_WARP_FILE, LABELS_BOX_FILE, REPEAT_BOX_FILE, TRANSFORMS_FOLDER

NAMES = ("background", "WM", "GM", "PAG", "SC_L")


def _atlas() -> np.ndarray:
    atlas = np.zeros(MNI_SHAPE, dtype=np.uint8)
    atlas[90:106, 100:110, 30:40] = 4
    return atlas


def _shift(mm: tuple[float, float, float]) -> Displacement:
    return Displacement(np.broadcast_to(np.float32(mm), (*BOX_SHAPE, 3)).copy(), box_affine())


def test_without_a_warp_the_reference_is_the_atlas() -> None:
    np.testing.assert_array_equal(reference_labels(_atlas(), _shift((0, 0, 0))), crop_to_box(_atlas()))


def test_the_warp_points_from_the_subject_to_the_atlas() -> None:
    labels = reference_labels(_atlas(), _shift((0.0, 0.0, 2.0)))
    np.testing.assert_array_equal(labels[:, :, :71], crop_to_box(_atlas())[:, :, 2:])


def test_a_new_atlas_is_laid_through_the_saved_warp(tmp_path: Path) -> None:
    _shift((0, 0, 0)).save(tmp_path / TRANSFORMS_FOLDER / FINE_WARP_FILE)
    findings = relabel_subject(tmp_path, _atlas(), NAMES)
    labels, affine = load_label_map(tmp_path / LABELS_BOX_FILE)
    np.testing.assert_array_equal(labels, crop_to_box(_atlas()))
    np.testing.assert_allclose(affine, box_affine())
    assert findings == ()
    assert not (tmp_path / REPEAT_BOX_FILE).exists()


def test_a_label_that_the_warp_loses_is_named(tmp_path: Path) -> None:
    _shift((0.0, 0.0, 60.0)).save(tmp_path / TRANSFORMS_FOLDER / FINE_WARP_FILE)
    (finding,) = relabel_subject(tmp_path, _atlas(), NAMES)
    assert finding.code == "label-shrunk"
    assert "SC_L" in finding.problem


def test_a_subject_without_its_warp_cannot_be_labelled_anew(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="warp is missing"):
        relabel_subject(tmp_path, _atlas(), NAMES)


def test_the_box_is_cut_from_where_it_lies_in_the_wider_warp() -> None:
    affine = mni_affine()
    affine[:3, 3] += (61, 71, 0)
    field = np.zeros((75, 76, 85, 3), dtype=np.float32)
    field[12 + 7, 12 + 9, 11] = (1, 2, 3)
    cropped = crop_displacement(Displacement(field, affine))
    assert cropped.field.shape == (*BOX_SHAPE, 3)
    np.testing.assert_array_equal(cropped.field[7, 9, 11], [1, 2, 3])


@pytest.mark.slow
def test_the_fine_registration_follows_a_shifted_brainstem_without_folding() -> None:
    template = load_template()
    moved = np.roll(template.t1, 2, axis=2)
    warp = fine_warp(moved, template, SynSettings(radius=3, iterations=(20, 10)))
    assert warp.jacobian().min() > 0
    centre = np.array([[0.0, -28.0, -35.0], [8.0, -30.0, -30.0]])
    assert np.abs(warp.at(centre)[:, 2] + 2.0).max() < 0.7
