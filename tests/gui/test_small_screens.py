"""The window fits the screen it is on, whatever its size and scale."""

from __future__ import annotations

import os
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import pyqtgraph as pg
import pytest
from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QScrollArea,
    QScrollBar,
    QSplitterHandle,
    QWidget,
)
from pytestqt.qtbot import QtBot

from brainstem_app.gui.design.card import ElidedLabel
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.scans.listing import ChosenScans, ListedScan
from brainstem_app.gui.segment.batch_sheet import BatchSheet
from brainstem_app.gui.viewer.slice_picture import SlicePicture
from brainstem_app.gui.viewer.surfaces.view import SurfaceView
from brainstem_app.gui.window.screen_fit import keep_on_screen
from brainstem_app.gui.workflow.page_header import PageHeader
from brainstem_app.gui.workflow.step import StepName

# A screen of 1280×720 at scale 2.
_LEAST = QSize(640, 360)

_CHILD = """
import sys, tempfile
from pathlib import Path
from PySide6.QtCore import QSettings, QTimer
from brainstem_app.gui.application import make_application
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName

home = Path(tempfile.mkdtemp())
settings = WindowSettings(QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat))
settings.results_folder, settings.jobs_folder = home / "results", home / "jobs"
application = make_application()
def shown():
    window = MainWindow(settings)
    window.show()
    for _ in range(20):
        application.processEvents()
    return window
def fits(window):
    room = window.screen().availableGeometry()
    assert room.contains(window.frameGeometry()), (room, window.frameGeometry())
window = shown()
fits(window)
for step in StepName:
    window.show_step(step)
    application.processEvents()
    fits(window)
window.show_jobs()
application.processEvents()
fits(window)
window.resize(3000, 2000)
window.close()
fits(shown())
print("fits")
"""


@pytest.mark.parametrize("scale", ["1", "1.25", "1.5", "2"])
@pytest.mark.parametrize("screen", ["1280x720", "1366x768"])
def test_first_window_and_the_next_fit_the_screen(tmp_path: object, screen: str, scale: str) -> None:
    """The size of the offscreen platform's screen is said in a file; the scale applies to it as to any."""
    width, height = map(int, screen.split("x"))
    import json
    from pathlib import Path

    config = Path(str(tmp_path)) / "screen.json"
    described = {"name": "one", "x": 0, "y": 0, "width": width, "height": height, "logicalDpi": 96, "dpr": 1}
    config.write_text(json.dumps({"screens": [described]}), encoding="utf-8")
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": f"offscreen:configfile={config}",
        "QT_SCALE_FACTOR": scale,
    }
    ended = subprocess.run(
        [sys.executable, "-c", _CHILD],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert "fits" in ended.stdout, ended.stderr[-2000:]


def test_every_step_fits_the_least_screen_with_a_study_and_the_jobs(
    qtbot: QtBot, open_study: MainWindow
) -> None:
    for step in StepName:
        open_study.show_step(step)
        qtbot.wait(20)
    open_study.show_jobs()
    least = open_study.minimumSizeHint()
    assert least.width() <= _LEAST.width()
    assert least.height() <= _LEAST.height()
    open_study.resize(_LEAST)
    assert open_study.size() == _LEAST
    for step in StepName:
        open_study.show_step(step)
        qtbot.wait(20)
        assert open_study.size() == _LEAST, step


def test_page_that_does_not_fit_is_scrolled(qtbot: QtBot, open_study: MainWindow) -> None:
    open_study.resize(_LEAST)
    open_study.show_step(StepName.PREPARE)
    qtbot.wait(50)
    scrolled = open_study.pages.currentWidget()
    assert scrolled.horizontalScrollBar().maximum() > 0
    page = open_study.page(StepName.PREPARE)
    assert page.width() >= page.minimumSizeHint().width(), "nothing is squeezed together"


def test_no_step_scrolls_sideways_on_a_small_laptop(
    qtbot: QtBot, open_study: MainWindow, result_folder: Path
) -> None:
    window = open_study
    window.open_path(result_folder)
    qtbot.waitUntil(lambda: window.segment_page.document.result is not None, timeout=60_000)
    window.resize(1264, 672)
    for step in StepName:
        window.show_step(step)
        qtbot.wait(50)
        qtbot.waitUntil(lambda: window.pages.currentWidget().horizontalScrollBar().maximum() == 0)
    window.resize(800, 600)
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    for button in (page.cohort_button, page.retest_button, page.change_button):
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
        qtbot.wait(50)
        qtbot.waitUntil(lambda: window.pages.currentWidget().horizontalScrollBar().maximum() == 0)


def test_segment_lies_below_the_picture_on_the_least_screen_and_is_not_scrolled_sideways(
    qtbot: QtBot, window: MainWindow, result_folder: Path
) -> None:
    window.open_path(result_folder)
    qtbot.waitUntil(lambda: window.segment_page.document.result is not None, timeout=60_000)
    page, scrolled = window.segment_page, window.pages.currentWidget()
    window.resize(_LEAST)
    qtbot.waitUntil(lambda: scrolled.horizontalScrollBar().maximum() == 0)
    assert page.splitter.orientation() is Qt.Orientation.Vertical
    assert scrolled.verticalScrollBar().maximum() > 0
    assert page.viewer.view.height() >= 150
    window.resize(1280, 720)
    qtbot.waitUntil(lambda: page.splitter.orientation() is Qt.Orientation.Horizontal)
    qtbot.waitUntil(lambda: scrolled.verticalScrollBar().maximum() == 0)


def test_nuclei_are_seen_on_a_small_laptop_once_they_are_found(
    qtbot: QtBot, window: MainWindow, result_folder: Path
) -> None:
    panel, nuclei = window.segment_page.segment_panel, window.segment_page.structure_panel
    window.resize(1280, 720)
    assert panel.place.isVisible()
    window.open_path(result_folder)
    qtbot.waitUntil(lambda: window.segment_page.document.result is not None, timeout=60_000)
    qtbot.waitUntil(lambda: not panel.place.isVisible())
    qtbot.wait(50)
    seen = nuclei.table.visibleRegion().boundingRect()
    assert seen.height() >= 5 * nuclei.table.rowHeight(nuclei.table.model().index(0, 0))
    qtbot.mouseClick(panel.settings_button, Qt.MouseButton.LeftButton)
    assert panel.place.isVisible()
    assert panel.bids.isVisible()
    qtbot.mouseClick(panel.settings_button, Qt.MouseButton.LeftButton)
    assert not panel.card.isVisible()


def faults_of(window: MainWindow) -> set[str]:
    """Say which widgets on the screen are cut off, lie outside of what holds them or over a neighbour."""
    shown = [w for w in window.centralWidget().findChildren(QWidget) if w.isVisible() and not _is_inner(w)]
    found = {f"{_name(w)} is outside of {_name(w.parentWidget())}" for w in shown if _is_outside(w)}
    found |= {f"{_name(w)} is cut off" for w in shown if _is_cut(w)}
    by_parent: dict[QWidget, list[QWidget]] = {}
    for widget in shown:
        by_parent.setdefault(widget.parentWidget(), []).append(widget)
    for siblings in by_parent.values():
        for one, other in combinations(siblings, 2):
            if one.geometry().intersects(other.geometry()):
                found.add(f"{_name(one)} lies over {_name(other)}")
    return found


def _is_inner(widget: QWidget) -> bool:
    """Whether a widget is a part of a view, a field or a picture, which lays it out itself."""
    inner = (QAbstractItemView, QAbstractSpinBox, QComboBox, QLineEdit, QScrollBar, SlicePicture, SurfaceView)
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, (*inner, pg.PlotWidget)):
            return True
        parent = parent.parentWidget()
    if _is_clipped_column(widget):
        return False
    scrolls = isinstance(widget.parentWidget(), QAbstractScrollArea)
    return isinstance(widget, (QScrollBar, QSplitterHandle)) or (
        scrolls and not isinstance(widget, PageHeader)
    )


def _is_clipped_column(widget: QWidget) -> bool:
    """Whether a widget is what a view scrolls up and down only: it must not be wider."""
    area = widget.parentWidget().parentWidget()
    off = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    return (
        isinstance(area, QScrollArea) and area.horizontalScrollBarPolicy() == off and area.widget() is widget
    )


def _is_outside(widget: QWidget) -> bool:
    parent = widget.parentWidget()
    if _is_clipped_column(widget):
        return widget.width() > parent.width()
    scrolled = isinstance(parent.parentWidget(), QAbstractScrollArea) and not isinstance(widget, PageHeader)
    return not scrolled and not parent.rect().contains(widget.geometry())


def _is_cut(widget: QWidget) -> bool:
    if isinstance(widget, ElidedLabel):
        return False  # says so itself, and the whole under the pointer
    if isinstance(widget, QLabel) and (widget.wordWrap() or not widget.text()):
        return widget.wordWrap() and widget.height() < widget.heightForWidth(widget.width())
    if isinstance(widget, (QAbstractButton, QLabel)):
        needed = widget.sizeHint()
        return widget.width() < needed.width() or widget.height() < needed.height() - 2
    return False


def _name(widget: QWidget) -> str:
    text = widget.text() if isinstance(widget, (QAbstractButton, QLabel)) else widget.accessibleName()
    return f"{type(widget).__name__} {text!r}"


@pytest.mark.parametrize(
    "size", [(1280, 720), (1366, 768), (960, 1040), (640, 360), (1920, 1080), (3840, 2160)], ids=str
)
def test_nothing_on_any_page_is_cut_off_outside_or_over_a_neighbour(
    qtbot: QtBot, open_study: MainWindow, result_folder: Path, size: tuple[int, int]
) -> None:
    """A laptop, half a screen, a screen at scale 2, and one with many pixels at scale 1."""
    window = open_study
    window.open_path(result_folder)
    qtbot.waitUntil(lambda: window.segment_page.document.result is not None, timeout=60_000)
    window.resize(*size)
    faults = {}
    for step in StepName:
        window.show_step(step)
        qtbot.waitUntil(lambda: not window.context.background.is_busy, timeout=60_000)
        qtbot.wait(30)
        if found := faults_of(window):
            faults[step.value] = found
    assert faults == {}


def test_rail_folds_by_itself_where_the_window_is_narrow_and_by_its_button(
    qtbot: QtBot, window: MainWindow
) -> None:
    rail, room = window.rail, window.pages.width()
    window.resize(900, 700)
    qtbot.waitUntil(lambda: rail.steps.is_folded)
    window.resize(1280, 700)
    qtbot.waitUntil(lambda: not rail.steps.is_folded)
    qtbot.mouseClick(rail.fold_button, Qt.MouseButton.LeftButton)
    assert rail.steps.is_folded
    assert window.context.settings.rail_is_folded
    qtbot.waitUntil(lambda: window.pages.width() > room)
    window.resize(900, 700)
    window.resize(1280, 700)
    assert rail.steps.is_folded, "as the user has it"
    assert rail.fold_button.accessibleName() == "Show the names of the steps"
    item = rail.steps.item(0)
    assert "Scans" in item.toolTip(), "its name is under the pointer"


def test_window_of_a_larger_screen_is_made_to_fit(qtbot: QtBot, window: MainWindow) -> None:
    room = window.screen().availableGeometry()
    window.setGeometry(room.right() - 50, room.bottom() - 50, room.width() * 2, room.height() * 2)
    keep_on_screen(window)
    assert room.contains(window.frameGeometry())


def test_sheet_of_a_batch_fits_the_least_screen(qtbot: QtBot, window: MainWindow, scan_file: object) -> None:
    scans = tuple(ListedScan(scan_file, f"a person with a very long name {n}") for n in range(53))
    window.resize(_LEAST)
    panel = window.segment_page.segment_panel
    sheet = BatchSheet(ChosenScans(scans, 2), panel.offered, window.context.settings, window)
    sheet.show()
    assert sheet.height() <= _LEAST.height()
    assert sheet.width() <= _LEAST.width()
    sheet.close()
