"""Menu of a list: by right click or the menu key, on the row that is meant, with the page's own buttons."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QStringListModel
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QTableView, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.row_menu import RowMenu
from brainstem_app.gui.workflow.step import StepName


class Page(QWidget):
    """Three names in a table, and buttons for them."""

    def __init__(self) -> None:
        super().__init__()
        self.table = QTableView(self)
        self.table.setModel(QStringListModel(["sub-01", "sub-02", "sub-03"], self))
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.pressed: list[str] = []
        self.view, self.remove, self.hidden = (QPushButton(t, self) for t in ("&View", "Remove", "Never"))
        for button in (self.view, self.remove, self.hidden):
            button.clicked.connect(lambda _on=False, b=button: self.pressed.append(b.text()))
        self.remove.setEnabled(False)
        column = QVBoxLayout(self)
        for widget in (self.table, self.view, self.remove, self.hidden):
            column.addWidget(widget)
        self.hidden.hide()
        RowMenu(self.table, (self.view, self.remove, self.hidden))

    @property
    def marked(self) -> list[int]:
        return [index.row() for index in self.table.selectionModel().selectedRows()]


@pytest.fixture
def page(qtbot: QtBot) -> Page:
    shown = Page()
    qtbot.addWidget(shown)
    shown.resize(300, 300)
    shown.show()
    return shown


def ask(page: Page, row: int, reason: QContextMenuEvent.Reason) -> QMenu:
    port = page.table.viewport()
    place = QPoint(1, 1) if row < 0 else page.table.visualRect(page.table.model().index(row, 0)).center()
    QApplication.sendEvent(port, QContextMenuEvent(reason, place, port.mapToGlobal(place)))
    return page.table.findChild(QMenu)


def test_right_click_chooses_the_row_below_it_and_offers_the_pages_buttons(page: Page) -> None:
    page.table.selectRow(0)
    menu = ask(page, 2, QContextMenuEvent.Reason.Mouse)
    assert page.marked == [2]
    offered = {action.text(): action.isEnabled() for action in menu.actions() if not action.isSeparator()}
    assert offered == {"&View": True, "Remove": False, "Copy the text": True}
    menu.actions()[0].trigger()
    assert page.pressed == ["&View"]


def test_rows_that_are_chosen_stay_so_and_are_copied(page: Page) -> None:
    page.table.selectAll()
    ask(page, 1, QContextMenuEvent.Reason.Mouse).actions()[-1].trigger()
    assert page.marked == [0, 1, 2]
    assert QGuiApplication.clipboard().text() == "sub-01\nsub-02\nsub-03"


def test_menu_key_is_about_the_row_that_is_marked(page: Page) -> None:
    page.table.selectRow(1)
    assert ask(page, -1, QContextMenuEvent.Reason.Keyboard) is not None
    assert page.marked == [1]


def test_nothing_opens_where_there_is_no_row(page: Page) -> None:
    port = page.table.viewport()
    below = QPoint(5, port.height() - 2)
    asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, below, port.mapToGlobal(below))
    QApplication.sendEvent(port, asked)
    assert page.table.findChild(QMenu) is None


@pytest.mark.parametrize(
    "step", [StepName.SCANS, StepName.REPORT, StepName.QUALITY, StepName.PREPARE, StepName.TRAIN]
)
def test_lists_of_all_pages_have_a_menu(window: MainWindow, step: StepName) -> None:
    window.show_step(step)
    assert window.page(step).findChild(RowMenu) is not None
