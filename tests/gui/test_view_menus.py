"""Menus of the views and of the list of structures, and the colours and names that they give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QColorDialog, QInputDialog, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.document.opened import read_result_for_viewer
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.structures.structure_model import Column
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.slice_view import SliceView
from brainstem_app.gui.viewer.slices import Voxel

PAG, SC_L = 3, 4
LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def page(qtbot: QtBot, settings: WindowSettings, result_folder: Path) -> Iterator[ReviewPage]:
    """Review with a result."""
    made = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(made)
    made.resize(1300, 900)
    made.show()
    made.activateWindow()
    made.document.show_result(read_result_for_viewer(result_folder))
    qtbot.waitUntil(lambda: not made.context.background.is_busy, timeout=20_000)
    made.document.choose(PAG)
    yield made
    while (popup := QApplication.activePopupWidget()) is not None:
        popup.close()
    made.context.background.wait()


def pixel_of(view: SliceView, voxel: Voxel) -> QPoint:
    h, v = view.plane.horizontal, view.plane.vertical
    sizes = view._image.grid.voxel_size_mm
    return view.mapFromScene(
        view.box.mapViewToScene(QPointF((voxel[h] + 0.5) * sizes[h], (voxel[v] + 0.5) * sizes[v]))
    )


def axial(page: ReviewPage) -> SliceView:
    return page.views.panes[Plane.AXIAL].view


def menu_of(owner: QWidget) -> QMenu:
    """The menu that is open over a widget."""
    (menu,) = [one for one in owner.findChildren(QMenu) if one.isVisible()]
    return menu


def choose(owner: QWidget, start: str) -> None:
    """Choose the entry of the open menu whose words begin so."""
    menu = menu_of(owner)
    inner = [action for one in menu.findChildren(QMenu) for action in one.actions()]
    named = [one for one in (*menu.actions(), *inner) if one.text().replace("&", "").startswith(start)]
    action = named[0]
    assert action.isEnabled()
    action.trigger()
    menu.close()
    QApplication.processEvents()


def right_click(qtbot: QtBot, view: SliceView, voxel: Voxel) -> None:
    qtbot.mouseClick(view.viewport(), RIGHT, pos=pixel_of(view, voxel))


def test_menu_names_what_lies_there_with_its_volume(qtbot: QtBot, page: ReviewPage) -> None:
    view = axial(page)
    right_click(qtbot, view, page.views.crosshair)
    first = menu_of(page.views).actions()[0].text()
    assert first.startswith("PAG: Periaqueductal grey")
    assert first.endswith("mm³")
    choose(page.views, "Hide it")
    assert PAG not in page.document.structures.visible
    right_click(qtbot, view, page.views.crosshair)
    choose(page.views, "Show it only")
    assert page.document.structures.visible == {PAG}


def test_menu_goes_to_a_place_centres_it_and_copies_it(qtbot: QtBot, page: ReviewPage) -> None:
    view, (x, y, z) = axial(page), page.views.crosshair
    target = (x + 2, y + 3, z)
    right_click(qtbot, view, target)
    choose(page.views, "Go here")
    assert page.views.crosshair == target
    assert page.views.panes[Plane.CORONAL].view.crosshair == target
    right_click(qtbot, view, target)
    choose(page.views, "Centre the view here")
    middle = view.viewport().rect().center()
    assert (pixel_of(view, target) - middle).manhattanLength() <= 3
    right_click(qtbot, view, target)
    choose(page.views, "Copy the place")
    copied = [float(number) for number in QGuiApplication.clipboard().text().split()]
    assert copied == pytest.approx(page.document.image.grid.world_mm(target), abs=0.06)


def test_right_drag_zooms_and_opens_no_menu(qtbot: QtBot, page: ReviewPage) -> None:
    view, start = axial(page), pixel_of(axial(page), page.views.crosshair)
    before = view.part
    qtbot.mousePress(view.viewport(), RIGHT, pos=start)
    qtbot.mouseMove(view.viewport(), start - QPoint(0, 40))
    qtbot.mouseRelease(view.viewport(), RIGHT, pos=start - QPoint(0, 40))
    assert view.part != before
    assert not any(menu.isVisible() for menu in page.views.findChildren(QMenu))


def test_key_for_menus_opens_that_of_the_crosshair(page: ReviewPage) -> None:
    view = axial(page)
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(view, QContextMenuEvent(reason, QPoint(5, 5), view.mapToGlobal(QPoint(5, 5))))
    assert menu_of(page.views).actions()[0].text().startswith("PAG")


def test_brush_erases_with_the_right_button_and_ctrl_opens_the_menu(qtbot: QtBot, page: ReviewPage) -> None:
    page.commands["brush"].trigger()
    view, voxel = axial(page), page.views.crosshair
    right_click(qtbot, view, voxel)
    assert page.document.editor.labels.label(voxel) == 0
    assert not any(menu.isVisible() for menu in page.views.findChildren(QMenu))
    pixel, control = pixel_of(view, voxel), Qt.KeyboardModifier.ControlModifier
    qtbot.mouseClick(view.viewport(), RIGHT, control, pos=pixel)
    assert menu_of(page.views).isVisible()


def test_ruler_is_removed_by_its_menu(qtbot: QtBot, page: ReviewPage) -> None:
    view, (x, y, z) = axial(page), page.views.crosshair
    page.commands["ruler"].trigger()
    start, end = pixel_of(view, (x - 3, y, z)), pixel_of(view, (x + 3, y, z))
    qtbot.mousePress(view.viewport(), LEFT, pos=start)
    qtbot.mouseMove(view.viewport(), end)
    qtbot.mouseRelease(view.viewport(), LEFT, pos=end)
    page.commands["look"].trigger()
    right_click(qtbot, view, (x + 1, y, z))
    choose(page.views, "Remove this ruler, 2")
    assert page.document.rulers.all == ()


def test_picture_is_copied_to_the_clipboard(qtbot: QtBot, page: ReviewPage) -> None:
    view = axial(page)
    right_click(qtbot, view, page.views.crosshair)
    choose(page.views, "Copy the picture")
    assert QGuiApplication.clipboard().pixmap().size() == view.grab().size()


def test_nuclei_in_space_have_a_menu_with_directions(qtbot: QtBot, page: ReviewPage) -> None:
    surface = page.views.surface
    qtbot.mouseClick(surface, RIGHT, pos=QPoint(3, 3))
    choose(page.views, "Look from the patient's left")
    assert (surface.camera.yaw, surface.camera.pitch) == (90.0, 0.0)


def row_of(page: ReviewPage, label: int) -> QPoint:
    table = page.structure_panel.table
    return table.visualRect(page.structure_panel.click_row(label).siblingAtColumn(Column.FULL_NAME)).center()


def open_row_menu(page: ReviewPage, label: int) -> None:
    page.structure_panel.table.customContextMenuRequested.emit(row_of(page, label))


def colour_at(page: ReviewPage, label: int) -> QColor:
    view, place = axial(page), page.document.editor.place(label)
    view.show_crosshair(False)
    page.views.go_to(place)
    return view.grab().toImage().pixelColor(pixel_of(view, place))


def test_double_click_on_the_swatch_gives_a_colour_to_pictures_and_figures(
    qtbot: QtBot, page: ReviewPage
) -> None:
    panel = page.structure_panel
    page.document.display.set(opacity=100)
    panel.table.scrollTo(panel.click_row(PAG))
    centre = panel.swatch_area(PAG).center()
    qtbot.mouseDClick(panel.table.viewport(), LEFT, pos=centre)
    qtbot.mouseRelease(panel.table.viewport(), LEFT, pos=centre)
    qtbot.waitUntil(lambda: panel.findChild(QColorDialog) is not None, timeout=5_000)
    dialog = panel.findChild(QColorDialog)
    dialog.setCurrentColor(QColor(0, 200, 0))
    dialog.accept()
    assert colour_at(page, PAG).green() > 180
    assert colour_at(page, PAG).red() < 40
    assert tuple(page.views.figure_content().colours[PAG, :3]) == (0, 200, 0)


def test_colour_and_name_are_kept_for_the_atlas_and_can_be_reset(
    qtbot: QtBot, page: ReviewPage, settings: WindowSettings, result_folder: Path
) -> None:
    panel = page.structure_panel
    open_row_menu(page, PAG)
    choose(panel, "Name in the window")
    dialog = panel.findChild(QInputDialog)
    assert "Reports and files keep PAG" in dialog.labelText()
    dialog.setTextValue("Central grey")
    dialog.accept()
    page.views.go_to(page.document.editor.place(PAG))
    assert "Central grey: Periaqueductal grey" in page.readout.crosshair.text()
    assert page.views.figure_content().names[PAG] == "Central grey"
    assert page.document.labels.table.structures[PAG].name == "PAG", "files name it as the atlas does"
    again = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(again)
    again.document.show_result(read_result_for_viewer(result_folder))
    assert again.document.structures.structure(PAG).name == "Central grey"
    open_row_menu(page, PAG)
    choose(panel, "The atlas's own")
    for document in (page.document, again.document):
        assert document.structures.structure(PAG).name == "PAG"
    again.context.background.wait()


def test_name_is_no_longer_than_the_list_has_room_for(qtbot: QtBot, page: ReviewPage) -> None:
    panel = page.structure_panel
    open_row_menu(page, PAG)
    choose(panel, "Name in the window")
    line = panel.findChild(QInputDialog).findChild(QLineEdit)
    line.selectAll()
    qtbot.keyClicks(line, "x" * 60)
    qtbot.keyClick(line, Qt.Key.Key_Return)
    assert page.document.structures.structure(PAG).name == "x" * 32
    assert not panel.table.horizontalScrollBar().isVisible()


def test_row_menu_goes_to_its_nucleus_and_shows_it_only(page: ReviewPage) -> None:
    panel = page.structure_panel
    open_row_menu(page, SC_L)
    choose(panel, "SC_L")
    assert page.views.crosshair == page.document.editor.place(SC_L)
    open_row_menu(page, SC_L)
    choose(panel, "Show it only")
    assert page.document.structures.visible == {SC_L}


def test_menu_of_a_region_shows_it_alone(page: ReviewPage) -> None:
    panel, model = page.structure_panel, page.document.structures
    region = panel._sorted.mapFromSource(model.region_cell("pons"))
    panel.table.customContextMenuRequested.emit(panel.table.visualRect(region).center())
    choose(panel, "Show the pons only")
    assert PAG not in model.visible
    assert model.visible


def test_picture_of_segment_has_a_menu_too(qtbot: QtBot, window: MainWindow, result_folder: Path) -> None:
    document, panel = window.segment_page.document, window.segment_page.viewer
    document.show_result(read_result_for_viewer(result_folder))
    document.choose(PAG)
    right_click(qtbot, panel.view, panel.view.crosshair)
    choose(panel, "Hide it")
    assert PAG not in document.structures.visible
