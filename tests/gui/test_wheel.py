"""The wheel: it scrolls pages and steps through slices; it changes no value that the user did not choose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, QSignalBlocker, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QDial,
    QDialog,
    QFileDialog,
    QLabel,
    QScrollArea,
    QScrollBar,
    QSlider,
    QSpinBox,
    QTabBar,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.scans.listing import ChosenScans, ListedScan
from brainstem_app.gui.segment.batch_sheet import BatchSheet
from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.gui.wheel_guard import guard_wheel
from brainstem_app.gui.window.about import AboutDialog
from brainstem_app.gui.window.computer_dialog import ComputerDialog
from brainstem_app.gui.workflow.step import StepName

_LIMIT_MS = 60_000
_NOTCH = 120


def turn(widget: QWidget, notches: int = -1, *, at: QPoint | None = None) -> None:
    """Turn the wheel over a widget, as the system tells the window of it."""
    window = widget.window()
    place = widget.mapTo(window, at or widget.rect().center())
    QTest.wheelEvent(window.windowHandle(), QPointF(place), QPoint(0, notches * _NOTCH))
    QApplication.processEvents()


def turn_behind_the_window(widget: QWidget) -> None:
    """Give a widget an event of the wheel whatever lies over it: controls that are folded away too."""
    centre = QPointF(widget.rect().center())
    none = Qt.MouseButton.NoButton
    for notches in (-1, 1):
        event = QWheelEvent(
            centre,
            widget.mapToGlobal(centre),
            QPoint(),
            QPoint(0, notches * _NOTCH),
            none,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(widget, event)


def value_of(control: QWidget) -> object:
    match control:
        case QComboBox() | QTabBar():
            return control.currentIndex()
        case QAbstractSpinBox():
            return control.text()
        case _:
            return control.value()


def controls_in(parent: QWidget) -> Iterator[QWidget]:
    """Every control with a value that a wheel could change, each able to change."""
    for kind in (QComboBox, QAbstractSpinBox, QAbstractSlider, QTabBar):
        for control in parent.findChildren(kind):
            if isinstance(control, QScrollBar):
                continue
            if isinstance(control, QComboBox) and control.count() < 2:
                with QSignalBlocker(control):
                    control.addItems(["one", "two"])
            if isinstance(control, QSlider) and control.maximum() <= control.minimum():
                with QSignalBlocker(control):
                    control.setRange(0, 10)
            yield control


@pytest.fixture
def full_window(qtbot: QtBot, open_study: MainWindow, result_folder: Path) -> MainWindow:
    """A window with every page made, a study, a scan and its labels."""
    window = open_study
    window.open_path(result_folder)
    qtbot.waitUntil(
        lambda: window.segment_page.document.result is not None and window.segment_page.has_viewer,
        timeout=_LIMIT_MS,
    )
    for step in StepName:
        window.show_step(step)
        QApplication.processEvents()
    qtbot.waitUntil(
        lambda: window.review is not None and window.review.document.image is not None, timeout=_LIMIT_MS
    )
    return window


def test_wheel_changes_no_control_of_any_page(qtbot: QtBot, full_window: MainWindow) -> None:
    window, seen = full_window, 0
    for step in StepName:
        window.show_step(step)
        QApplication.processEvents()
        for control in controls_in(window):
            name = f"{step}: {type(control).__name__} {control.accessibleName()!r}"
            before = value_of(control)
            turn_behind_the_window(control)
            assert value_of(control) == before, name
            if control.isVisible() and control.visibleRegion().contains(control.rect().center()):
                had_focus = control.hasFocus()
                turn(control)
                turn(control, 1)
                assert value_of(control) == before, name
                assert control.hasFocus() == had_focus, f"{name} took the focus"
                seen += 1
    assert seen > 12, "the controls were not found"


def test_no_widget_takes_the_focus_from_the_wheel(qtbot: QtBot, full_window: MainWindow) -> None:
    for step in StepName:
        full_window.show_step(step)
        QApplication.processEvents()
    shown = [
        widget
        for widget in full_window.findChildren(QWidget)
        if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished)
    ]
    assert len(shown) > 200
    policy = Qt.FocusPolicy.WheelFocus
    assert [widget for widget in shown if widget.focusPolicy() == policy] == []


@pytest.mark.parametrize(
    "make",
    [
        AboutDialog,
        ComputerDialog,
        lambda parent: BatchSheet(
            ChosenScans((ListedScan(Path("a.nii"), "a"), ListedScan(Path("b.nii"), "b"))),
            parent.segment_page.segment_panel.offered,
            parent.context.settings,
            parent,
        ),
        lambda parent: QFileDialog(parent, options=QFileDialog.Option.DontUseNativeDialog),
    ],
)
def test_wheel_changes_no_control_of_a_dialog(
    qtbot: QtBot, window: MainWindow, make: Callable[[MainWindow], QDialog]
) -> None:
    dialog = make(window)
    with qtbot.waitExposed(dialog):
        dialog.show()
    for control in controls_in(dialog):
        before = value_of(control)
        turn_behind_the_window(control)
        assert value_of(control) == before, control.objectName()
    dialog.close()


@pytest.fixture
def form(qtbot: QtBot) -> QScrollArea:
    """A page that scrolls, with one control of each kind on it."""
    guard_wheel()
    inside = QWidget()
    column = QVBoxLayout(inside)
    box, line = QComboBox(), QComboBox()
    line.setEditable(True)
    number, slider, dial, tabs = QSpinBox(), QSlider(Qt.Orientation.Horizontal), QDial(), QTabWidget()
    for choice in (box, line):
        choice.addItems(list("abcdef"))
        choice.setCurrentIndex(2)
    for one in (number, slider, dial):
        one.setValue(50)
    for name in "abc":
        tabs.addTab(QLabel(name), name)
    for control in (box, line, number, slider, dial, tabs):
        column.addWidget(control)
    for row in range(40):
        column.addWidget(QLabel(str(row)))
    area = QScrollArea()
    area.setWidget(inside)
    area.resize(300, 400)
    qtbot.addWidget(area)
    with qtbot.waitExposed(area):
        area.show()
    area.activateWindow()
    qtbot.waitUntil(area.isActiveWindow)
    return area


def test_wheel_over_a_control_scrolls_the_page_instead(form: QScrollArea) -> None:
    bar = form.verticalScrollBar()
    for control in controls_in(form):
        form.ensureWidgetVisible(control)
        before, top = value_of(control), bar.value()
        turn(control, at=QPoint(10, 8))
        assert value_of(control) == before
        assert bar.value() > top, type(control).__name__


@pytest.mark.parametrize("kind", [QSpinBox, QSlider, QDial])
def test_wheel_changes_a_control_that_was_clicked(qtbot: QtBot, form: QScrollArea, kind: type) -> None:
    control = form.findChild(kind)
    qtbot.mouseClick(control, Qt.MouseButton.LeftButton)
    before = value_of(control)
    turn(control)
    assert value_of(control) != before


def test_wheel_changes_a_drop_down_that_the_tab_key_went_to(qtbot: QtBot, form: QScrollArea) -> None:
    box, line = form.findChildren(QComboBox)[:2]
    box.setFocus()
    turn(box)
    assert box.currentIndex() == 2, "the program gave it the focus, not the user"
    qtbot.keyClick(box, Qt.Key.Key_Tab)
    assert line.hasFocus()
    qtbot.wait(450)
    turn(line)
    assert line.currentIndex() == 3


def test_focus_passed_on_by_a_hidden_control_is_no_choice(qtbot: QtBot, form: QScrollArea) -> None:
    box, line = form.findChildren(QComboBox)[:2]
    box.setFocus(Qt.FocusReason.MouseFocusReason)
    box.hide()
    assert line.hasFocus(), "Qt passes the focus on"
    turn(line)
    assert line.currentIndex() == 2


def test_turn_that_scrolls_the_page_goes_on_over_a_chosen_control(qtbot: QtBot, form: QScrollArea) -> None:
    number, label = form.findChild(QSpinBox), form.widget().findChildren(QLabel)[-38]
    qtbot.mouseClick(number, Qt.MouseButton.LeftButton)
    form.ensureWidgetVisible(label)
    turn(label)
    form.verticalScrollBar().setValue(0)
    turn(number)
    assert number.value() == 50
    form.verticalScrollBar().setValue(0)
    qtbot.wait(450)
    turn(number)
    assert number.value() == 49


def test_wheel_and_arrows_leave_the_convention_alone(qtbot: QtBot, full_window: MainWindow) -> None:
    window = full_window
    assert isinstance(window.review, ReviewPage)
    for step, switch in (
        (StepName.SEGMENT, window.segment_page.viewer.convention),
        (StepName.REVIEW, window.review.display_bar.convention),
    ):
        window.show_step(step)
        left, right = switch.buttons.values()
        qtbot.mouseClick(left, Qt.MouseButton.LeftButton)
        left.setFocus(Qt.FocusReason.TabFocusReason)
        turn(right)
        for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Up):
            qtbot.keyClick(left, key)
        assert switch.convention is window.context.settings.convention is Convention.RADIOLOGICAL
        assert left.isChecked()
        assert not right.isChecked()


def test_convention_is_one_in_all_steps(qtbot: QtBot, full_window: MainWindow) -> None:
    window = full_window
    assert isinstance(window.review, ReviewPage)
    window.show_step(StepName.REVIEW)
    button = window.review.display_bar.convention.buttons[Convention.NEUROLOGICAL]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert button.isChecked()
    assert window.segment_page.viewer.view.convention is Convention.NEUROLOGICAL
    assert window.segment_page.viewer.convention.convention is Convention.NEUROLOGICAL
    assert window.commands["neurological"].isChecked()
    window.show_step(StepName.SEGMENT)
    qtbot.mouseClick(
        window.segment_page.viewer.convention.buttons[Convention.RADIOLOGICAL], Qt.MouseButton.LeftButton
    )
    assert {view.convention for view in window.review.views.views()} == {Convention.RADIOLOGICAL}
    assert window.review.display_bar.convention.convention is Convention.RADIOLOGICAL
