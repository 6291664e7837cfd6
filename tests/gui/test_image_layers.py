"""Images over the scan: laid where their header places them, coloured, remembered, refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu
from pytestqt.qtbot import QtBot

from brainstem_app.errors import InputError
from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.document.opened import read_for_viewer
from brainstem_app.gui.document.read_layer import read_layer
from brainstem_app.gui.messages.message import Message
from brainstem_app.gui.review.paper_figure import FigureStyle, draw_figure
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.overlays.image_layer import LayerColours, value_text
from brainstem_app.gui.viewer.ruler import Ruler
from brainstem_app.gui.viewer.volume import CanonicalGrid

from .test_keys_beside import check_keys

SHAPE = (30, 36, 28)


def turned(size_mm: float, degrees: float, origin: tuple[float, float, float]) -> np.ndarray:
    """An affine turned about z, its first axis to the patient's left."""
    a, affine = np.radians(degrees), np.eye(4)
    affine[:3, :3] = np.array([[-np.cos(a), -np.sin(a), 0], [-np.sin(a), np.cos(a), 0], [0, 0, 1]]) * size_mm
    affine[:3, 3] = origin
    return affine


SCAN = turned(2.0, 10.0, (25.0, -30.0, -28.0))


def height_map(path: Path, shape: tuple[int, int, int], affine: np.ndarray, scale: float = 0.01) -> Path:
    """Write an image whose value is the world's z (mm) times a scale: its place can be read off it."""
    voxels = np.indices(shape).reshape(3, -1)
    z = affine[2, :3] @ voxels + affine[2, 3]
    nib.save(nib.Nifti1Image((z * scale).reshape(shape).astype(np.float32), affine), path)
    return path


@pytest.fixture
def page(qtbot: QtBot, settings: WindowSettings, tmp_path: Path) -> Iterator[ReviewPage]:
    """Review with a dark scan."""
    made = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(made)
    made.resize(1300, 900)
    made.show()
    made.activateWindow()
    noise = np.random.default_rng(0).normal(20, 5, SHAPE).astype(np.float32)
    nib.save(nib.Nifti1Image(noise, SCAN), tmp_path / "scan.nii.gz")
    made.document.show_scan(read_for_viewer(tmp_path / "scan.nii.gz"))
    made.document.display.set(has_crosshair=False)
    yield made
    made.context.background.wait()


def add(qtbot: QtBot, page: ReviewPage, path: Path) -> None:
    page.document.layers.add(path)
    qtbot.waitUntil(lambda: not page.context.background.is_busy, timeout=20_000)


@pytest.fixture
def qsm(qtbot: QtBot, page: ReviewPage, tmp_path: Path) -> Path:
    """A map on a finer, otherwise turned grid that covers the middle of the scan."""
    path = height_map(tmp_path / "sub-1_QSM.nii.gz", (36, 36, 36), turned(1.5, -25.0, (20.0, -28.0, -25.0)))
    add(qtbot, page, path)
    return path


def test_values_lie_where_both_headers_say(page: ReviewPage, qsm: Path) -> None:
    (layer,) = page.document.layers.all
    grid = page.document.image.grid
    assert layer.image.was_resampled
    for voxel in (grid.centre, (14, 20, 9), (17, 16, 15)):
        assert layer.image.value(voxel) == pytest.approx(0.01 * grid.world_mm(voxel)[2], abs=1e-3)
    assert np.isnan(layer.image.value((0, 0, 27)))


def test_readout_gives_the_value_under_the_crosshair(page: ReviewPage, qsm: Path) -> None:
    x, y, z = page.document.image.grid.centre
    page.views.go_to((x, y, z + 3))
    assert "z 6.0 mm  ·  QSM 0.06  ·" in page.readout.crosshair.text()


def test_image_on_the_scans_grid_is_taken_as_it_is(tmp_path: Path) -> None:
    path = height_map(tmp_path / "fa.nii.gz", SHAPE, SCAN)
    canonical = read_for_viewer(path).image.grid
    layer = read_layer(path, canonical)
    assert not layer.image.was_resampled
    assert layer.image.covered == 1


def test_image_that_lies_elsewhere_is_refused(qtbot: QtBot, page: ReviewPage, tmp_path: Path) -> None:
    told: list[Message] = []
    page.message.connect(told.append)
    add(qtbot, page, height_map(tmp_path / "far.nii.gz", (9, 9, 9), turned(2.0, 0.0, (500.0, 0.0, 0.0))))
    assert page.document.layers.all == ()
    assert "does not overlap" in told[0].what
    assert "Register" in told[0].fix


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1234, "0.123"), (-45.25, "-45.2"), (4532.4, "4532"), (81234.0, "81234"), (0.0, "0")],
)
def test_values_have_no_powers_of_ten_where_scanners_have_none(value: float, text: str) -> None:
    assert value_text(value, 3) == text


def test_several_volumes_and_no_orientation_are_refused(tmp_path: Path) -> None:
    grid = CanonicalGrid(SHAPE, np.eye(4))
    four = nib.Nifti1Image(np.zeros((4, 4, 4, 3), dtype=np.float32), np.eye(4))
    nib.save(four, tmp_path / "four.nii.gz")
    lost = nib.Nifti1Image(np.ones((4, 4, 4), dtype=np.float32), None)
    lost.header.set_sform(None, 0)
    lost.header.set_qform(None, 0)
    nib.save(lost, tmp_path / "lost.nii.gz")
    for name in ("four.nii.gz", "lost.nii.gz"):
        with pytest.raises(InputError):
            read_layer(tmp_path / name, grid)


def test_image_without_a_number_is_not_said_to_lie_elsewhere(tmp_path: Path) -> None:
    nothing = nib.Nifti1Image(np.full((4, 4, 4), np.nan, dtype=np.float32), np.eye(4))
    nib.save(nothing, tmp_path / "nothing.nii.gz")
    with pytest.raises(InputError, match="no numbers"):
        read_layer(tmp_path / "nothing.nii.gz", CanonicalGrid(SHAPE, np.eye(4)))


def colour_in_the_middle(page: ReviewPage) -> QColor:
    view = page.views.panes[Plane.AXIAL].view
    return view.grab().toImage().pixelColor(view.rect().center() + QPoint(9, 9))


def test_colours_range_and_opacity_follow_the_panel(qtbot: QtBot, page: ReviewPage, qsm: Path) -> None:
    (row,) = page.layers_panel.rows
    row.colours.setCurrentIndex(row.colours.findData(LayerColours.INFERNO))
    row.opacity.setValue(100)
    z = page.document.image.grid.world_mm(page.views.crosshair)[2] * 0.01
    row.low.setValue(z - 0.2)
    row.high.setValue(z - 0.1)
    bright = colour_in_the_middle(page)
    assert bright.red() > 200, "what is above the range has the last colour"
    assert bright.green() > 200
    qtbot.mouseClick(row.shown, Qt.MouseButton.LeftButton, pos=QPoint(8, row.shown.height() // 2))
    assert colour_in_the_middle(page).red() < 200
    assert not page.document.layers.all[0].style.is_visible
    row.shown.setChecked(True)
    row.low.setValue(z + 0.1)
    assert row.high.value() > row.low.value(), "the other end goes along"
    row.clear.setChecked(True)
    grey = colour_in_the_middle(page)
    assert grey.red() == grey.green() == grey.blue(), "what is below is not drawn"


def test_images_change_places_and_go(qtbot: QtBot, page: ReviewPage, qsm: Path, tmp_path: Path) -> None:
    add(qtbot, page, height_map(tmp_path / "fa.nii.gz", SHAPE, SCAN))
    names = lambda: [layer.name for layer in page.document.layers.all]  # noqa: E731
    assert names() == ["QSM", "fa"]
    qtbot.mouseClick(page.layers_panel.rows[0].down, Qt.MouseButton.LeftButton)
    assert names() == ["fa", "QSM"]
    qtbot.mouseClick(page.layers_panel.rows[0].remove, Qt.MouseButton.LeftButton)
    assert names() == ["fa"]
    assert qsm.is_file()


def test_images_come_back_with_their_scan_as_they_were_drawn(
    qtbot: QtBot, page: ReviewPage, qsm: Path, tmp_path: Path, settings: WindowSettings
) -> None:
    gone = height_map(tmp_path / "gone.nii.gz", SHAPE, SCAN)
    add(qtbot, page, gone)
    page.document.layers.restyle(page.document.layers.all[0], opacity=35, colours=LayerColours.TURBO)
    gone.unlink()
    again = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(again)
    again.document.show_scan(read_for_viewer(tmp_path / "scan.nii.gz"))
    qtbot.waitUntil(lambda: len(again.document.layers.all) == 1, timeout=20_000)
    (layer,) = again.document.layers.all
    assert (layer.image.path, layer.style.opacity, layer.style.colours) == (qsm, 35, LayerColours.TURBO)
    other = height_map(tmp_path / "other.nii.gz", SHAPE, SCAN)
    again.document.show_scan(read_for_viewer(other))
    assert again.document.layers.all == ()
    again.context.background.wait()


def test_key_shows_the_scan_alone_for_a_moment(qtbot: QtBot, page: ReviewPage, qsm: Path) -> None:
    page.document.layers.restyle(page.document.layers.all[0], opacity=100, colours=LayerColours.TURBO)
    view = page.views.panes[Plane.AXIAL].view
    for is_hidden in (True, False):
        qtbot.keyClick(view, Qt.Key.Key_L)
        grey = colour_in_the_middle(page)
        assert (grey.red() == grey.green() == grey.blue()) is is_hidden
        assert ("QSM" in page.readout.crosshair.text()) is not is_hidden


def test_images_stay_when_their_scan_is_opened_again(page: ReviewPage, qsm: Path, tmp_path: Path) -> None:
    page.document.layers.restyle(page.document.layers.all[0], opacity=100, colours=LayerColours.TURBO)
    page.document.show_scan(read_for_viewer(tmp_path / "scan.nii.gz"))
    seen = colour_in_the_middle(page)
    assert not seen.red() == seen.green() == seen.blue()


def test_image_is_chosen_by_the_menu(
    qtbot: QtBot, page: ReviewPage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = height_map(tmp_path / "chosen.nii.gz", SHAPE, SCAN)
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_a: ([str(path)], ""))
    page.commands["add_image"].trigger()
    qtbot.waitUntil(lambda: len(page.document.layers.all) == 1, timeout=20_000)


def test_dropped_image_asks_what_it_is(qtbot: QtBot, page: ReviewPage, tmp_path: Path) -> None:
    path = height_map(tmp_path / "dropped.nii.gz", SHAPE, SCAN)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    middle, keys = page.views.rect().center(), Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(middle, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(page.views, entered)
    assert entered.isAccepted()
    dropped = QDropEvent(QPointF(middle), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, keys)
    QApplication.sendEvent(page.views, dropped)
    menu = page.findChild(QMenu)
    menu.actions()[0].trigger()
    qtbot.waitUntil(lambda: len(page.document.layers.all) == 1, timeout=20_000)
    menu.close()


def test_several_files_and_label_maps_are_left_to_the_window(page: ReviewPage, tmp_path: Path) -> None:
    keys = Qt.KeyboardModifier.NoModifier
    for names in (["a.nii.gz", "b.nii.gz"], ["labels_native.nii.gz"], ["table.csv"]):
        data = QMimeData()
        for name in names:
            (tmp_path / name).touch()
        data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in names])
        event = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, keys)
        QApplication.sendEvent(page.views, event)
        assert not event.isAccepted()


def test_figure_has_visible_images_with_the_scale_of_their_values(page: ReviewPage, qsm: Path) -> None:
    layers, cells = page.document.layers, page.views.figure_cells()
    layers.restyle(layers.all[0], low=-0.1, high=0.25)
    figure = draw_figure(page.views.figure_content(), cells, FigureStyle())
    words = [text.get_text() for text in figure.texts]
    assert {"QSM", "−0.1", "0.25"} <= set(words)
    assert all(len(axes.images) == 2 for axes in figure.axes[: len(cells)])
    layers.restyle(layers.all[0], is_visible=False)
    figure = draw_figure(page.views.figure_content(), cells, FigureStyle())
    assert "QSM" not in [text.get_text() for text in figure.texts]


def test_layers_and_rulers_are_used_by_the_keys_alone(qtbot: QtBot, page: ReviewPage, qsm: Path) -> None:
    assert page.document.layers.all
    page.document.rulers.put(Ruler(Plane.AXIAL, 14, (3.0, 4.0), (9.0, 4.0)))
    check_keys(qtbot, page)
