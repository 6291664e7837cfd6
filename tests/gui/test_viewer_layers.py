"""What the viewer computes by itself: outlines, brush, undo, surfaces."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.gui.document.agreement import compare
from brainstem_app.gui.document.brush import Brush, stroke_part
from brainstem_app.gui.document.edited_copy import EditedLabels, save_edited_copy
from brainstem_app.gui.document.label_edit import LabelEdit
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.overlays.outline import outline_lines
from brainstem_app.gui.viewer.slices import Voxel, joined
from brainstem_app.gui.viewer.surfaces.render import Camera, render
from brainstem_app.gui.viewer.surfaces.surface import Surface, surface_of
from brainstem_app.gui.viewer.volume import LabelVolume, label_volume
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.orientation import affine_from_letters


def test_outline_of_a_rectangle_is_four_lines() -> None:
    labels = np.zeros((6, 8), dtype=np.uint8)
    labels[2:4, 3:7] = 9
    lines = outline_lines(labels)
    assert set(lines) == {9}
    assert np.round(lines[9]).astype(int).tolist() == [[3, 2, 7, 2], [3, 4, 7, 4], [3, 2, 3, 4], [7, 2, 7, 4]]


def test_outlines_of_neighbours_lie_side_by_side_each_inside_its_own() -> None:
    labels = np.array([[1, 2]], dtype=np.uint8)
    lines = outline_lines(labels)
    assert lines[1][:, (0, 2)].max() < 1 < lines[2][:, (0, 2)].min()


def test_slice_without_labels_has_no_outline() -> None:
    assert outline_lines(np.zeros((4, 4), dtype=np.uint8)) == {}


def test_brush_is_round_in_mm_on_an_anisotropic_scan() -> None:
    voxel_mm = (1.0, 2.0, 4.0)
    disc = Brush(8.0).footprint(voxel_mm, Plane.AXIAL)
    assert np.abs(disc).max(axis=0).tolist() == [4, 2, 0]
    ball = Brush(8.0, in_3d=True).footprint(voxel_mm, Plane.AXIAL)
    assert np.abs(ball).max(axis=0).tolist() == [4, 2, 1]
    assert (np.linalg.norm(ball * voxel_mm, axis=1) <= 4.0).all()
    assert Brush(8.0).footprint(voxel_mm, Plane.SAGITTAL)[:, 0].max() == 0


def test_smallest_brush_covers_the_voxel_it_touches() -> None:
    assert Brush(0.5).footprint((4.0, 4.0, 4.0), Plane.AXIAL).tolist() == [[0, 0, 0]]


def covered(start: Voxel, end: Voxel, brush: Brush, shape: Voxel) -> np.ndarray:
    """Voxels (z, y, x) that a stroke covers."""
    part, mask = stroke_part(start, end, brush.touch((1.0, 1.0, 1.0), Plane.AXIAL), shape)
    return np.argwhere(mask) + [rows.start for rows in part]


def test_stroke_has_no_gaps_and_stays_on_the_grid() -> None:
    z, y, x = covered((0, 0, 1), (6, 3, 1), Brush(0.5), (5, 4, 3)).T
    assert sorted(x.tolist()) == [0, 1, 2, 3, 4]
    assert set(z) == {1}
    assert (np.diff(y[np.argsort(x)]) <= 1).all()
    assert len(covered((0, 0, 0), (0, 0, 0), Brush(20.0, in_3d=True), (5, 4, 3))) == 60


def edit_of(labels: np.ndarray) -> LabelEdit:
    return LabelEdit(label_volume(labels, np.diag([2.0, 2.0, 2.0, 1.0])))


def test_undo_after_saving_is_an_unsaved_change_and_redo_is_not() -> None:
    edit = edit_of(np.zeros((4, 4, 4), dtype=np.uint8))
    edit.paint(np.array([3, 4]), 7)
    edit.end_stroke()
    edit.mark_saved(edit.mark())
    assert not edit.is_changed
    edit.undo()
    assert edit.is_changed
    edit.redo()
    assert not edit.is_changed
    assert edit.volumes_mm3[7] == pytest.approx(16.0)


def test_stroke_that_crosses_itself_is_undone_whole() -> None:
    labels = np.zeros((4, 4, 4), dtype=np.uint8)
    labels[0, 0, 0] = 5
    edit = edit_of(labels)
    edit.paint(np.array([0, 1]), 7)
    edit.paint(np.array([0]), 0)
    edit.end_stroke()
    edit.undo()
    assert edit.volume.labels.reshape(-1)[:2].tolist() == [5, 0]
    assert edit.counts[5] == 1
    assert edit.counts.sum() == 64


def test_painting_nothing_new_is_no_step_of_undo() -> None:
    edit = edit_of(np.full((2, 2, 2), 3, dtype=np.uint8))
    assert not edit.paint(np.arange(8), 3)
    assert not edit.end_stroke()
    assert not edit.can_undo


def test_copy_of_labels_in_mni_space_says_so_too(tmp_path: Path) -> None:
    original = tmp_path / "labels_mni.nii.gz"
    labels = np.zeros((3, 4, 5), dtype=np.uint8)
    affine = np.diag([-1.0, 1.0, 1.0, 1.0])
    save_label_map(original, labels, affine, space="mni")
    volume = label_volume(labels, affine)
    zeros = [0] * 256
    saved = save_edited_copy(EditedLabels(original, volume.labels, LabelTable(structures=()), zeros, zeros))
    header = nib.load(saved).header
    assert saved.name == "labels_mni_edited.nii.gz"
    assert (int(header["sform_code"]), int(header["qform_code"])) == (4, 4)


def test_agreement_counts_only_nuclei_as_differing() -> None:
    ours, theirs = np.zeros((2, 3, 4), dtype=np.uint8), np.zeros((2, 3, 4), dtype=np.uint8)
    ours[0, 0, :2], theirs[0, 0, 1:3] = 3, 3
    theirs[1, 1, 1] = 1
    found = compare(ours, theirs, ((0, 0, 0), (3, 2, 1)), 4, [3])
    assert found.dice[3] == pytest.approx(0.5)
    assert found.differing == 2
    assert joined(None, ((1, 2, 3), (4, 5, 6))) == ((1, 2, 3), (4, 5, 6))


def ball(shape: tuple[int, int, int], centre: tuple[int, ...], radius: float) -> np.ndarray:
    grid = np.indices(shape)
    return sum((axis - c) ** 2 for axis, c in zip(grid, centre, strict=True)) <= radius**2


def enclosed_mm3(surface: Surface) -> float:
    """Volume by the divergence theorem; negative if the surfaces face inwards."""
    a, b, c, d = (surface.points[surface.quads[:, i]].astype(float) for i in range(4))
    return (
        float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() + np.einsum("ij,ij->i", a, np.cross(c, d)).sum())
        / 6
    )


@pytest.fixture
def two_balls() -> LabelVolume:
    """Label 3 at the patient's right, 4 at the left, on voxels of 1×1.5×2 mm stored as LPS."""
    shape = (40, 30, 24)
    labels = np.zeros(shape, dtype=np.uint8)
    labels[ball(shape, (10, 15, 12), 6)] = 3
    labels[ball(shape, (30, 15, 12), 6)] = 4
    return label_volume(labels, affine_from_letters("LPS", shape, (1.0, 1.5, 2.0)))


def test_surfaces_are_closed_face_outwards_and_keep_the_volume(two_balls: LabelVolume) -> None:
    surface = surface_of(two_balls, [3, 4, 9])
    edges = np.sort(np.stack([surface.quads, np.roll(surface.quads, -1, axis=1)], axis=-1), axis=-1).reshape(
        -1, 2
    )
    _, counts = np.unique(edges, axis=0, return_counts=True)
    assert (counts == 2).all()
    volume = float(two_balls.volumes_mm3[[3, 4]].sum())
    assert 0.85 * volume < enclosed_mm3(surface) < 1.02 * volume


def test_patients_right_is_at_the_left_when_seen_from_the_front(two_balls: LabelVolume) -> None:
    table = np.full((256, 4), 255, dtype=np.uint8)
    surface = surface_of(two_balls, [3, 4])
    for yaw, first in ((0.0, 3), (180.0, 4)):
        seen = render(surface, Camera(yaw, 0.0, 3.0), (160, 120), table).labels
        assert np.argwhere(seen == first)[:, 1].mean() < np.argwhere(seen == 7 - first)[:, 1].mean()
    from_left = render(surface, Camera(90.0, 0.0, 3.0), (160, 120), table).labels
    assert set(np.unique(from_left)) == {0, 4}, "the left one hides the right one"


def test_rendered_surface_has_no_holes_and_hidden_labels_are_not_there(two_balls: LabelVolume) -> None:
    table = np.full((256, 4), 255, dtype=np.uint8)
    table[4, 3] = 0
    seen = render(surface_of(two_balls, [3, 4]), Camera(0.0, 0.0, 6.0), (300, 200), table).labels == 3
    rows = [row for row in seen if row.any()]
    assert all(row[row.argmax() : len(row) - row[::-1].argmax()].all() for row in rows)
    assert len(rows) > 6 * 2 * 2 * 6 * 0.8
