"""Every control of every page says what it is and what it does."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QTabBar,
    QWidget,
)
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.viewer.shortcut_overlay import ShortcutOverlay
from brainstem_app.gui.workflow.step import StepName

_KINDS = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QSlider,
    QTabBar,
)
# Parts of a control, made by Qt, which it speaks for; those of a bar or menu have their action's words.
_SPEAK_FOR_THEIR_PARTS = (
    "QAbstractSpinBox",
    "QComboBox",
    "QComboBoxPrivateContainer",
    "QDockWidget",
    "QLineEdit",
    "QListWidget",
    "QMenuBar",
    "QTabBar",
    "QTableView",
    "QToolBar",
    "QTreeView",
    "QTreeWidget",
)


def controls(window: QWidget) -> list[QWidget]:
    """Controls that a person can use, without the parts that Qt makes them of."""
    return [
        widget
        for widget in window.findChildren(QWidget)
        if isinstance(widget, _KINDS)
        and not widget.objectName().startswith("qt_")
        and not any(widget.parent().inherits(kind) for kind in _SPEAK_FOR_THEIR_PARTS)
    ]


def words_of(widget: QWidget) -> tuple[str, str]:
    """Name and help, as a screen reader and a tool tip have them."""
    name = widget.accessibleName() or (widget.text() if isinstance(widget, QAbstractButton) else "")
    return name, widget.toolTip() or widget.whatsThis() or widget.accessibleDescription()


@pytest.mark.parametrize("step", StepName)
def test_every_control_has_a_name_and_help(open_study: MainWindow, step: StepName) -> None:
    open_study.show_step(step)
    page = open_study.page(step)
    found = controls(page)
    assert found
    told = {(type(c).__name__, c.objectName(), *words_of(c)) for c in found}
    assert {one for one in told if not one[2]} == set(), "without a name"
    assert {one for one in told if not one[3]} == set(), "without help"


def test_controls_around_the_pages_have_a_name_and_help(open_study: MainWindow) -> None:
    open_study.show_jobs()
    parts = (open_study.jobs_panel, open_study.message_bar, open_study.step_bar)
    told = {(type(c).__name__, *words_of(c)) for part in parts for c in (part, *controls(part))}
    assert {one for one in told if not one[1] and one[0] != "JobsPanel"} == set(), "without a name"
    assert {one for one in told if not one[2] and one[0] not in {"JobsPanel", "MessageBar"}} == set()


@pytest.mark.parametrize("step", StepName)
def test_tab_key_reaches_every_control_and_is_caught_by_none(
    qtbot: QtBot, open_study: MainWindow, step: StepName
) -> None:
    open_study.show_step(step)
    page = open_study.page(step)
    qtbot.waitUntil(lambda: not open_study.context.background.is_busy, timeout=60_000)
    open_study.activateWindow()
    wanted = {
        control
        for control in controls(page)
        if control.isVisible() and control.isEnabled() and control.focusPolicy() & Qt.FocusPolicy.TabFocus
    }
    open_study.step_bar.setFocus()
    assert wanted
    reached = []
    while (now := QApplication.focusWidget()) not in reached:
        reached.append(now)
        qtbot.keyClick(now, Qt.Key.Key_Tab)
    missed = {
        words_of(control)[0] for control in wanted - set(reached) if control.focusProxy() not in reached
    }
    assert missed == set()


def test_every_setting_of_a_form_has_a_line_of_explanation(open_study: MainWindow) -> None:
    forms = [open_study.page(step).form for step in (StepName.PREPARE, StepName.TRAIN)]
    compare = open_study.page(StepName.COMPARE)
    for form in (*forms, compare.panel.shared, compare.how):
        assert {name for name in form.names if not form.editor(name).spec.help} == set()


def test_every_entry_of_the_menus_has_words(qtbot: QtBot, open_study: MainWindow) -> None:
    for menu in open_study.menuBar().actions():
        for action in menu.menu().actions():
            assert action.isSeparator() or action.text()


def test_shift_f1_shows_the_keys_over_any_page_and_hides_them(qtbot: QtBot, open_study: MainWindow) -> None:
    open_study.show_step(StepName.TRAIN)
    open_study.activateWindow()
    qtbot.keyClick(open_study, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    sheet = open_study.findChild(ShortcutOverlay)
    assert sheet.isVisible()
    told = sheet.accessibleDescription()
    for action in (
        open_study.commands["save_study_as"],
        open_study.commands["jobs"],
        open_study.commands["start"],
    ):
        assert action.shortcut().toString() in told
    qtbot.keyClick(sheet, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    assert not sheet.isVisible()
