"""Mathematics of drawing on labels: fill, polygon, interpolation, smoothing, what a nucleus gives up."""

from __future__ import annotations

import numpy as np
import pytest

from brainstem_app.gui.document.label_edit import DrawnSlice, LabelEdit
from brainstem_app.gui.editing.between_slices import gaps_to_fill, slices_between
from brainstem_app.gui.editing.drawing import Pen, Refusal, copy_slice, fill, interpolate, outline, smooth
from brainstem_app.gui.editing.part import given_back
from brainstem_app.gui.editing.polygon import inside_polygon
from brainstem_app.gui.editing.smoothing import smoothed
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.slices import slice_of
from brainstem_app.gui.viewer.volume import label_volume

NUCLEUS, OTHER, TISSUE = 3, 4, 1
NUCLEI = (NUCLEUS, OTHER)
SHAPE = (24, 26, 22)


def disc(centre: tuple[float, float], radius: float, shape: tuple[int, int] = (26, 24)) -> np.ndarray:
    v, h = np.indices(shape)
    return (v - centre[0]) ** 2 + (h - centre[1]) ** 2 <= radius**2


def edit_of(native: np.ndarray, voxel_mm: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> LabelEdit:
    """An edit of labels (X, Y, Z) whose axes run to the right, front and head."""
    return LabelEdit(label_volume(native.astype(np.uint8), np.diag([*voxel_mm, 1.0])))


def stacked(slices: dict[int, np.ndarray], plane: Plane = Plane.AXIAL) -> LabelEdit:
    """An edit with a nucleus on some slices of a plane."""
    edit = edit_of(np.zeros(SHAPE))
    for index, shape in slices.items():
        slice_view = np.moveaxis(edit.volume.labels, 2 - plane.normal, 0)[index]
        slice_view[shape] = NUCLEUS
    return edit_of(edit.volume.labels.transpose(2, 1, 0))


def shape_of(edit: LabelEdit, plane: Plane, index: int) -> np.ndarray:
    return slice_of(edit.volume.labels, plane, index) == NUCLEUS


# Polygon ---------------------------------------------------------------------------------------------


def test_polygon_holds_the_pixels_whose_centre_is_inside() -> None:
    square = inside_polygon(np.array([[1.0, 1.0], [4.0, 1.0], [4.0, 3.0], [1.0, 3.0]]), (5, 6))
    assert np.argwhere(square).tolist() == [[v, h] for v in (1, 2) for h in (1, 2, 3)]
    triangle = inside_polygon(np.array([[0.0, 0.0], [4.0, 0.0], [0.0, 4.0]]), (5, 5))
    assert triangle.sum(axis=1).tolist() == [3, 2, 1, 0, 0]
    beyond = inside_polygon(np.array([[-9.0, -9.0], [99.0, -9.0], [99.0, 99.0], [-9.0, 99.0]]), (5, 6))
    assert beyond.all()


def test_polygon_agrees_with_matplotlib() -> None:
    path = pytest.importorskip("matplotlib.path")
    rng = np.random.default_rng(1)
    centres = np.stack(np.meshgrid(np.arange(40) + 0.5, np.arange(30) + 0.5), axis=-1).reshape(-1, 2)
    for _ in range(20):
        points = rng.uniform(-5, 45, (6, 2))
        points = points[np.argsort(np.arctan2(*(points - points.mean(axis=0)).T))]
        expected = path.Path(points).contains_points(centres).reshape(30, 40)
        assert np.array_equal(inside_polygon(points, (30, 40)), expected)


# Fill ------------------------------------------------------------------------------------------------


def ring() -> np.ndarray:
    shape = disc((12, 12), 6) & ~disc((12, 12), 4.2)
    assert shape[12, 6]
    return shape


@pytest.mark.parametrize("plane", Plane)
def test_fill_takes_what_the_outline_closes_on_that_slice_alone(plane: Plane) -> None:
    axes = (plane.vertical, plane.horizontal)
    shape = tuple(SHAPE[axis] for axis in axes)
    outer = disc((11, 11), 6, shape)
    hollow = outer & ~disc((11, 11), 4.2, shape)
    edit = stacked({9: hollow, 10: hollow}, plane)
    seed = [0, 0, 0]
    seed[plane.normal], seed[plane.vertical], seed[plane.horizontal] = 9, 11, 11
    assert fill(edit, Pen(NUCLEUS, NUCLEI), plane, tuple(seed), in_3d=False, erases=False) is None
    assert np.array_equal(shape_of(edit, plane, 9), outer)
    assert np.array_equal(shape_of(edit, plane, 10), hollow)


def test_fill_refuses_an_open_outline_and_a_click_on_it() -> None:
    shape = ring()
    shape[12, :8] = False
    edit = stacked({9: shape})
    pen = Pen(NUCLEUS, NUCLEI)
    assert fill(edit, pen, Plane.AXIAL, (12, 12, 9), in_3d=False, erases=False) is Refusal.OPEN_OUTLINE
    assert fill(edit, pen, Plane.AXIAL, (17, 12, 9), in_3d=False, erases=False) is Refusal.ON_OUTLINE
    assert not edit.end_stroke()


def test_fill_leaves_another_nucleus_in_the_hole_unless_it_is_asked_to_take_it() -> None:
    for protects in (True, False):
        edit = stacked({9: ring()})
        edit.volume.labels[9, 12, 13] = OTHER
        pen = Pen(NUCLEUS, NUCLEI, protects)
        assert fill(edit, pen, Plane.AXIAL, (11, 12, 9), in_3d=False, erases=False) is None
        assert (edit.volume.labels[9, 12, 13] == OTHER) is np.bool_(protects)
        assert edit.volume.labels[9, 12, 12] == NUCLEUS


def test_fill_in_3d_needs_a_closed_shell() -> None:
    z, y, x = np.indices(SHAPE[::-1])
    far = (x - 11) ** 2 + (y - 11) ** 2 + (z - 11) ** 2
    shell = (far <= 36) & (far > 16)
    edit = edit_of(np.where(shell, NUCLEUS, 0).transpose(2, 1, 0))
    pen = Pen(NUCLEUS, NUCLEI)
    assert fill(edit, pen, Plane.AXIAL, (11, 11, 11), in_3d=True, erases=False) is None
    assert edit.counts[NUCLEUS] == (far <= 36).sum()
    edit.end_stroke()
    edit.undo()
    edit.volume.labels[11:, 11, 11] = 0  # a hole in the shell
    assert fill(edit, pen, Plane.AXIAL, (11, 11, 11), in_3d=True, erases=False) is Refusal.OPEN_OUTLINE


def test_fill_erases_the_piece_that_is_touched() -> None:
    edit = stacked({9: disc((6, 6), 2) | disc((18, 18), 2), 10: disc((6, 6), 2)})
    pen = Pen(NUCLEUS, NUCLEI)
    assert fill(edit, pen, Plane.AXIAL, (6, 6, 9), in_3d=False, erases=True) is None
    assert np.array_equal(shape_of(edit, Plane.AXIAL, 9), disc((18, 18), 2))
    assert shape_of(edit, Plane.AXIAL, 10).any()
    assert fill(edit, pen, Plane.AXIAL, (0, 0, 9), in_3d=False, erases=True) is Refusal.NOT_HIT


# Interpolation ---------------------------------------------------------------------------------------


def test_slices_between_two_discs_are_discs_on_the_line_between_them() -> None:
    first, last = disc((8, 6), 3.2), disc((16, 14), 5.2)
    made = list(slices_between(first, last, 3, (1.0, 1.0)))
    for number, shape in enumerate(made, 1):
        v, h = np.argwhere(shape).mean(axis=0)
        assert (v, h) == pytest.approx((8 + 2 * number, 6 + 2 * number), abs=0.2)
        radius = np.sqrt(shape.sum() / np.pi)
        assert radius == pytest.approx(3.2 + 0.5 * number, abs=0.3)


def test_slices_between_the_same_shape_are_that_shape() -> None:
    shape = ring()
    assert all(np.array_equal(made, shape) for made in slices_between(shape, shape, 2, (1.0, 2.0)))


def test_single_voxels_far_apart_are_joined_without_a_break() -> None:
    first, last = np.zeros((2, 9, 9), dtype=bool)
    first[1, 1] = last[7, 7] = True
    assert [shape.sum() >= 1 for shape in slices_between(first, last, 4, (1.0, 1.0))] == [True] * 4


def test_gaps_are_filled_and_what_lies_between_drawn_slices_is_made_anew() -> None:
    assert gaps_to_fill([], [3, 4, 8]) == [(4, 8)]
    assert gaps_to_fill([3, 6, 9], range(2, 12)) == [(3, 6), (6, 9)]
    assert gaps_to_fill([3, 6], [2, 3, 6, 10]) == [(3, 6), (6, 10)]
    assert gaps_to_fill([4], range(2, 12)) == []
    assert gaps_to_fill([5, 9], [5, 6]) == [], "a slice that was emptied closes nothing"


@pytest.mark.parametrize("plane", Plane)
def test_nucleus_outlined_on_three_slices_of_any_plane_is_filled_in_between(plane: Plane) -> None:
    shape = (SHAPE[plane.vertical], SHAPE[plane.horizontal])
    big, small = disc((10, 10), 5.2, shape), disc((10, 10), 3.2, shape)
    edit = stacked({4: small, 8: big, 12: small}, plane)
    pen = Pen(NUCLEUS, NUCLEI)
    assert interpolate(edit, pen, plane) == [(4, 8), (8, 12)]
    sizes = [int(shape_of(edit, plane, index).sum()) for index in range(4, 13)]
    assert sizes == sorted(sizes[:5]) + sorted(sizes[5:], reverse=True)
    assert sizes[1:4] == sizes[5:8][::-1]
    assert interpolate(edit, pen, plane) is Refusal.NO_GAP
    edit.end_stroke()
    edit.undo()
    assert edit.counts[NUCLEUS] == 2 * small.sum() + big.sum()


def test_slices_between_those_drawn_on_lose_what_was_there_to_the_tissue_and_spare_others() -> None:
    edit = stacked({index: disc((12, 12), 6.2) for index in range(4, 13)})
    edit.volume.labels[(edit.volume.labels == 0)] = TISSUE
    edit.volume.labels[8, 12, 12] = OTHER
    small = disc((12, 12), 3.2)
    for index in (4, 12):
        here = edit.volume.labels[index]
        changed = np.flatnonzero((here == NUCLEUS) & ~small) + index * here.size
        edit.paint(changed, TISSUE)
        edit.end_stroke(DrawnSlice(NUCLEUS, Plane.AXIAL, index))
    assert interpolate(edit, Pen(NUCLEUS, NUCLEI), Plane.AXIAL) == [(4, 12)]
    expected = small.copy()
    expected[12, 12] = False
    assert np.array_equal(shape_of(edit, Plane.AXIAL, 8), expected)
    assert edit.volume.labels[8, 12, 12] == OTHER
    assert edit.volume.labels[8, 12, 7] == TISSUE, "no hole in the brainstem"


def test_undone_outline_is_no_slice_drawn_on() -> None:
    edit = edit_of(np.zeros(SHAPE))
    for index in (3, 7):
        edit.paint(np.array([index * 26 * 24 + 300]), NUCLEUS)
        edit.end_stroke(DrawnSlice(NUCLEUS, Plane.AXIAL, index))
    assert edit.drawn_slices(NUCLEUS, Plane.AXIAL) == (3, 7)
    assert edit.drawn_slices(NUCLEUS, Plane.CORONAL) == ()
    edit.undo()
    assert edit.drawn_slices(NUCLEUS, Plane.AXIAL) == (3,)


# Smoothing -------------------------------------------------------------------------------------------


def test_smoothing_keeps_the_volume_and_takes_a_spike_off() -> None:
    z, y, x = np.indices((21, 21, 21))
    ball = (x - 10) ** 2 + (y - 10) ** 2 + (z - 10) ** 2 <= 25
    spiky = ball.copy()
    spiky[10, 10, 16:20] = True
    made = smoothed(spiky, np.ones_like(ball), 1.0, (1.0, 1.0, 1.0))
    assert made.sum() == spiky.sum()
    assert not made[10, 10, 17:].any()
    assert (made & ball).sum() > 0.97 * ball.sum()


def test_smoothing_is_as_wide_in_mm_along_thick_slices() -> None:
    mask = np.zeros((9, 15, 15), dtype=bool)
    mask[3:6, 4:11, 4:11] = True
    flat = smoothed(mask, np.ones_like(mask), 1.0, (1.0, 1.0, 40.0))
    assert all(flat[k].any() == mask[k].any() for k in range(9)), (
        "slices 40 mm apart know nothing of each other"
    )


def test_smoothed_nucleus_takes_no_voxel_of_another() -> None:
    native = np.zeros(SHAPE)
    native[8:14, 8:14, 8:14] = NUCLEUS
    native[14:17, 8:14, 8:14] = OTHER
    edit = edit_of(native, (1.0, 1.0, 1.5))
    before = edit.counts[[NUCLEUS, OTHER]].tolist()
    pen = Pen(NUCLEUS, NUCLEI)
    assert smooth(edit, pen, 2.0) is None
    assert edit.counts[[NUCLEUS, OTHER]].tolist() == before
    assert (edit.volume.labels[8:14, 8:14, 14:17] == OTHER).all()
    assert smooth(edit, Pen(9, (*NUCLEI, 9)), 1.0) is Refusal.NO_NUCLEUS


def test_what_a_nucleus_gives_up_goes_to_the_nearest_tissue() -> None:
    labels = np.array([[[TISSUE, NUCLEUS, NUCLEUS, NUCLEUS, OTHER, 0]]], dtype=np.uint8)
    removed = labels == NUCLEUS
    tissue = np.ones(256, dtype=bool)
    tissue[[NUCLEUS, OTHER]] = False
    assert given_back(labels, removed, tissue, (1.0, 1.0, 1.0)).tolist() == [TISSUE, TISSUE, 0]


# Copy, range -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", [1, -1])
def test_copy_gives_the_next_slice_the_same_shape(by: int) -> None:
    edit = stacked({8: disc((12, 12), 4), 8 + by: disc((6, 6), 3)})
    pen = Pen(NUCLEUS, NUCLEI)
    assert copy_slice(edit, pen, Plane.AXIAL, 8, by) is None
    assert np.array_equal(shape_of(edit, Plane.AXIAL, 8 + by), disc((12, 12), 4))
    assert copy_slice(edit, pen, Plane.AXIAL, 20, by) is Refusal.NOT_ON_SLICE
    assert copy_slice(edit, pen, Plane.AXIAL, 21, 1) is Refusal.NO_SLICE


def test_polygon_draws_on_voxels_of_the_range_only() -> None:
    edit = edit_of(np.zeros(SHAPE))
    steps = np.broadcast_to(np.arange(24, dtype=np.uint16), SHAPE[::-1])
    pen = Pen(NUCLEUS, NUCLEI, steps=steps, levels=(6, 8))
    square = np.array([[4.0, 4.0], [12.0, 4.0], [12.0, 6.0], [4.0, 6.0]])
    assert outline(edit, pen, Plane.AXIAL, 5, square, erases=False) is None
    assert np.argwhere(edit.volume.labels).tolist() == [[5, y, x] for y in (4, 5) for x in (6, 7, 8)]
