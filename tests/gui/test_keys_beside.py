"""Windows beside the main one by the keys alone: each control has a name and help, the Tab key gets there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QDialogButtonBox, QWidget
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.review.figure_dialog import FigureDialog
from brainstem_app.gui.review.paper_figure import FigureCell
from brainstem_app.gui.scans.listing import ChosenScans, ListedScan
from brainstem_app.gui.segment.batch_sheet import BatchSheet
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.window.about import AboutDialog
from brainstem_app.gui.window.computer_dialog import ComputerDialog
from brainstem_app.gui.window.settings_dialog import SettingsDialog

from .test_help_in_place import controls, words_of
from .test_paper_figure import two_nuclei

_LIMIT_MS = 30_000
_MOST_KEYS = 200


def check_keys(qtbot: QtBot, shown: QWidget) -> None:
    """Find a name and help of every control in a window or page, and get to each by the Tab key."""
    found = [control for control in controls(shown) if control.isVisible()]
    told = {(type(control).__name__, *words_of(control)) for control in found}
    assert {one for one in told if not one[1]} == set(), "without a name"
    boxes = shown.findChildren(QDialogButtonBox)
    clear = {words_of(button)[0] for box in boxes for button in box.buttons()}  # OK, Cancel, Close
    assert {one for one in told if not one[2] and one[1] not in clear} == set(), "without help"
    wanted = {c for c in found if c.isEnabled() and c.focusPolicy() & Qt.FocusPolicy.TabFocus}
    assert wanted
    reached: set[QWidget] = set()
    (shown.focusWidget() or next(iter(wanted))).setFocus()
    for _ in range(_MOST_KEYS):  # a page of the manual goes from link to link
        reached.add(QApplication.focusWidget())
        if wanted <= reached | {control for control in wanted if control.focusProxy() in reached}:
            return
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    pytest.fail(f"not reached: {[words_of(control)[0] for control in wanted - reached]}")


def _models(window: MainWindow) -> QWidget:
    window.beside.show_models()
    return window.beside.library


def _atlases(window: MainWindow) -> QWidget:
    window.beside.show_atlases()
    return window.beside.library


def _import_form(window: MainWindow) -> QWidget:
    window.beside.show_atlases()
    window.beside.library.atlases.show_form()
    return window.beside.library


def _manual(window: MainWindow) -> QWidget:
    window.beside.show_manual()
    return window.beside.manual


def _changes(window: MainWindow) -> QWidget:
    window.beside.show_changes()
    return window.beside.manual


def _batch(window: MainWindow) -> QWidget:
    two = ChosenScans((ListedScan(Path("a.nii"), "a"), ListedScan(Path("b.nii"), "b")))
    offered = window.segment_page.segment_panel.offered
    return _opened(BatchSheet(two, offered, window.context.settings, window))


def _figure(window: MainWindow) -> QWidget:
    cell = FigureCell(Plane.CORONAL, 10, (0.0, 20.0), (0.0, 20.0))
    return _opened(FigureDialog(two_nuclei(), (cell,), window.context.background, window))


def _settings(window: MainWindow) -> QWidget:
    return _opened(SettingsDialog(window.context.settings, window))


def _opened(dialog: QWidget) -> QWidget:
    dialog.show()
    return dialog


@pytest.mark.parametrize(
    "open_one",
    [
        _models,
        _atlases,
        _import_form,
        _manual,
        _changes,
        _batch,
        _figure,
        _settings,
        lambda window: _opened(ComputerDialog(window)),
        lambda window: _opened(AboutDialog(window)),
    ],
)
def test_every_control_beside_the_window_is_reached_by_the_tab_key_and_has_a_name(
    qtbot: QtBot, window: MainWindow, open_one: Callable[[MainWindow], QWidget]
) -> None:
    shown = open_one(window)
    qtbot.waitUntil(lambda: not window.context.background.is_busy, timeout=_LIMIT_MS)
    shown.activateWindow()
    qtbot.waitUntil(shown.isActiveWindow, timeout=_LIMIT_MS)
    check_keys(qtbot, shown)
