"""Labels of a warp as smooth curves: where they lie, when they are drawn, when voxels are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.library import defining_file, load_atlas
from brainstem_app.errors import InputError
from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.document.opened import read_labels_for_viewer
from brainstem_app.gui.document.warped_shapes import read_warped_shapes
from brainstem_app.gui.review.paper_figure import FigureStyle, draw_figure
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.overlays.smooth_shapes import SmoothShapes
from brainstem_app.gui.viewer.surfaces.surface import Surface
from brainstem_app.gui.viewer.volume import label_volume
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.spaces import box_affine, crop_to_box
from brainstem_app.imaging.surface_net import fine_surface_net
from brainstem_app.models.library import hash_file
from brainstem_app.preprocessing.scan_to_atlas import ScanToAtlas
from brainstem_app.preprocessing.transforms import Transforms

PAG = 3


def area_of(loops: list[np.ndarray]) -> float:
    """Area inside closed curves; one that runs the other way round takes away."""
    after = [np.roll(loop, -1, axis=0) for loop in loops]
    doubled = [(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0]).sum() for p, q in zip(loops, after, strict=True)]
    return abs(float(sum(doubled))) / 2


def shapes_of(mask: np.ndarray, label: int = 7) -> SmoothShapes:
    points, quads = fine_surface_net(mask)
    triangles = np.concatenate([quads[:, (0, 1, 2)], quads[:, (0, 2, 3)]])
    labels = np.full(len(triangles), label, dtype=np.uint8)
    coarse = Surface.made(points, quads, labels[: len(quads)])
    return SmoothShapes.made(points, triangles, labels, coarse, frozenset({label}))


def ball(radius: float, inner: float = 0.0) -> np.ndarray:
    distance = np.sqrt(((np.indices((25, 25, 25)) - 12.0) ** 2).sum(axis=0))
    return (distance <= radius) & (distance >= inner)


@pytest.mark.parametrize("plane", list(Plane))
def test_curves_of_a_ball_are_round_in_every_plane(plane: Plane) -> None:
    (loop,) = shapes_of(ball(8.3)).curves(plane, 12, [7])[7]
    away = np.linalg.norm(loop - 12.5, axis=1)  # in voxels from the slice's corner
    assert away.mean() == pytest.approx(8.3, abs=0.15)
    assert away.std() < 0.15
    assert len(loop) > 100


def test_hole_is_a_curve_of_its_own() -> None:
    loops = shapes_of(ball(9.2, 4.6)).curves(Plane.AXIAL, 12, [7])[7]
    assert len(loops) == 2
    assert area_of(loops) == pytest.approx(np.pi * (9.2**2 - 4.6**2), rel=0.05)


def test_labels_that_a_slice_does_not_meet_have_no_curve() -> None:
    shapes = shapes_of(ball(8.3))
    assert shapes.curves(Plane.AXIAL, 1, [7]) == {}
    assert shapes.curves(Plane.AXIAL, 12, [8]) == {}


def test_finer_surface_holds_the_volume_of_its_mask() -> None:
    mask = ball(5.0)
    shapes = shapes_of(mask)
    cut = sum(area_of(shapes.curves(Plane.AXIAL, k, [7]).get(7, [])) for k in range(25))
    assert cut == pytest.approx(mask.sum(), rel=0.02)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result whose scan is the atlas's box, bent by 2 mm towards the patient's left."""
    home = tmp_path_factory.mktemp("result")
    atlas = load_atlas()
    displacement = np.zeros((3, 50, 50, 73), dtype=np.float32)
    displacement[0] = 2.0
    labels = np.roll(crop_to_box(atlas.labels), -2, axis=0)
    save_label_map(home / "labels_native.nii.gz", labels, box_affine())
    ScanToAtlas.of(Transforms(np.eye(4)), displacement).save(home / "transforms")
    Transforms(np.eye(4)).save(home / "transforms")
    manifest = {"files": {"atlas": {"sha256": hash_file(defining_file(atlas.folder))}}}
    (home / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (home / "report.json").write_text('{"atlas": {"name": "brainstem31"}}', encoding="utf-8")
    return home


def test_warp_is_read_as_it_was_written(result: Path, tmp_path: Path) -> None:
    points = np.array([[0.0, -30.0, -40.0], [5.0, -25.0, -20.0]])
    read = ScanToAtlas.load(result / "transforms")
    assert read.to_atlas(points) == pytest.approx(points + np.array([2.0, 0.0, 0.0]))
    with pytest.raises(InputError, match="warp"):
        ScanToAtlas.load(tmp_path)


def test_shapes_lie_where_the_labels_are(result: Path) -> None:
    opened = read_labels_for_viewer(result / "labels_native.nii.gz")
    shapes = read_warped_shapes(opened.path, opened.labels, [s.index for s in opened.table.nuclei])
    label = opened.table.by_name("RN_L").index
    z = opened.labels.places[label][2]
    rows, columns = np.nonzero(opened.labels.labels[z] == label)
    (loop,) = shapes.curves(Plane.AXIAL, z, [label])[label]
    assert area_of([loop]) == pytest.approx(len(rows), rel=0.15)
    assert loop.mean(axis=0) == pytest.approx((columns.mean() + 0.5, rows.mean() + 0.5), abs=0.4)


@pytest.mark.parametrize("damage", ["other atlas", "other labels", "no warp"])
def test_what_does_not_belong_together_gives_no_shapes(result: Path, tmp_path: Path, damage: str) -> None:
    opened = read_labels_for_viewer(result / "labels_native.nii.gz")
    labels, nuclei = opened.labels, [s.index for s in opened.table.nuclei]
    home = tmp_path / "damaged"
    home.mkdir()
    manifest = json.loads((result / "manifest.json").read_text(encoding="utf-8"))
    if damage == "other atlas":
        manifest["files"]["atlas"]["sha256"] = "0" * 64
    (home / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if damage != "no warp":
        ScanToAtlas.load(result / "transforms").save(home / "transforms")
        Transforms(np.eye(4)).save(home / "transforms")
    if damage == "other labels":
        labels = type(labels)(labels.grid, np.roll(labels.labels, 8, axis=1))
    assert read_warped_shapes(home / "labels_native.nii.gz", labels, nuclei) is None


def test_space_ends_where_the_scan_does(result: Path) -> None:
    opened = read_labels_for_viewer(result / "labels_native.nii.gz")
    nuclei = [s.index for s in opened.table.nuclei]
    whole = read_warped_shapes(opened.path, opened.labels, nuclei)
    assert set(whole.in_space.labels.tolist()) == set(nuclei)
    shape, affine = (50, 50, 43), box_affine()
    affine[2, 3] += 30  # a scan without the medulla
    cut = label_volume(np.roll(crop_to_box(load_atlas().labels), -2, axis=0)[:, :, 30:], affine)
    assert cut.grid.shape == shape
    shapes = read_warped_shapes(opened.path, cut, nuclei)
    assert shapes is not None
    assert shapes.in_space is None


@pytest.fixture
def page(qtbot: QtBot, settings: WindowSettings, result: Path) -> Iterator[ReviewPage]:
    made = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    made.activateWindow()
    made.document.show_labels(read_labels_for_viewer(result / "labels_native.nii.gz"))
    qtbot.waitUntil(lambda: not made.context.background.is_busy, timeout=60_000)
    yield made
    made.context.background.wait()


def test_voxels_are_drawn_once_labels_are_and_curves_after_undo(qtbot: QtBot, page: ReviewPage) -> None:
    view = page.views.panes[Plane.AXIAL].view
    overlays = view.overlays
    assert (overlays.curves.isVisible(), overlays.fill.isVisible()) == (True, False)
    page.commands["brush"].trigger()
    assert (overlays.curves.isVisible(), overlays.fill.isVisible()) == (False, True)
    x, y, _ = page.views.crosshair
    pixel = view.mapFromScene(view.box.mapViewToScene(QPointF(x + 0.5, y + 8.5)))
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=pixel)
    assert page.document.editor.can_undo
    page.commands["look"].trigger()
    assert not overlays.curves.isVisible()
    page.commands["undo"].trigger()
    assert overlays.curves.isVisible()


def test_curves_are_switched_by_a_key_and_hidden_with_their_nucleus(qtbot: QtBot, page: ReviewPage) -> None:
    view = page.views.panes[Plane.AXIAL].view
    page.document.choose(PAG)
    view.show_crosshair(False)
    x, y, _ = page.views.crosshair
    pixel = view.mapFromScene(view.box.mapViewToScene(QPointF(x + 0.5, y + 0.5)))

    def is_coloured() -> bool:
        colour = view.grab().toImage().pixelColor(pixel)
        return colour.red() > 30 + colour.blue()

    assert is_coloured()
    page.document.structures.toggle(PAG)
    assert not is_coloured()
    page.document.structures.toggle(PAG)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_O, Qt.KeyboardModifier.ShiftModifier)
    assert view.overlays.fill.isVisible()
    assert is_coloured()


def test_labels_are_compared_in_voxels(qtbot: QtBot, page: ReviewPage, result: Path) -> None:
    overlays = page.views.panes[Plane.AXIAL].view.overlays
    page.document.comparison.open(result / "labels_native.nii.gz")
    qtbot.waitUntil(lambda: page.document.comparison.reference is not None, timeout=20_000)
    assert overlays.fill.isVisible()
    page.document.comparison.set_reference(None)
    assert overlays.curves.isVisible()


def test_tissue_is_curved_too_once_it_is_shown(qtbot: QtBot, page: ReviewPage) -> None:
    overlays = page.views.panes[Plane.AXIAL].view.overlays
    page.commands["all_structures"].trigger()
    assert overlays.fill.isVisible(), "voxels until its curves are there"
    qtbot.waitUntil(lambda: not page.context.background.is_busy, timeout=60_000)
    assert overlays.curves.isVisible()
    assert {1, 2} <= page.document.drawn_shapes.known


def test_figure_has_the_curves_that_are_on_the_screen(page: ReviewPage) -> None:
    content, cells = page.views.figure_content(), page.views.figure_cells()
    curved = draw_figure(content, cells, FigureStyle())
    assert sum(len(axes.patches) for axes in curved.axes) > 10
    page.commands["smooth_labels"].trigger()
    stepped = draw_figure(page.views.figure_content(), cells, FigureStyle())
    assert sum(len(axes.patches) for axes in stepped.axes) == len(cells)
