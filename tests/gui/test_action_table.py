"""Table of actions: what is enabled, ticked and done, and who has the keys."""

from __future__ import annotations

from PySide6.QtWidgets import QMenu, QWidget
from pytestqt.qtbot import QtBot

from brainstem_app.gui.actions import ActionRow, ActionTable


class Lamp:
    """Something that is on or off, broken or not."""

    def __init__(self) -> None:
        self.is_on = self.is_broken = False
        self.colour = "red"

    def switch(self, on: bool) -> None:
        self.is_on = on

    def paint(self, colour: str) -> None:
        self.colour = colour


def table_of(lamp: Lamp, widget: QWidget) -> ActionTable:
    def colour(name: str) -> ActionRow:
        return ActionRow(
            name, name, "", lambda: lamp.paint(name), checked_when=lambda: lamp.colour == name, group="colour"
        )

    return ActionTable(
        [
            ActionRow("on", "&On", "Ctrl+O", lamp.switch, lambda: not lamp.is_broken, lambda: lamp.is_on),
            ActionRow("off", "O&ff…", "F Ctrl+F", lambda: lamp.switch(False), lambda: lamp.is_on),
            colour("red"),
            colour("green"),
        ],
        widget,
    )


def test_actions_follow_what_they_are_about(qtbot: QtBot) -> None:
    widget, lamp = QWidget(), Lamp()
    qtbot.addWidget(widget)
    table = table_of(lamp, widget)
    assert not table["off"].isEnabled()
    lamp.is_on = True
    table.refresh()
    assert table["off"].isEnabled()
    assert table["on"].isChecked()
    lamp.is_broken = True
    table.refresh()
    assert not table["on"].isEnabled()


def test_switch_is_run_once_and_not_by_being_shown(qtbot: QtBot) -> None:
    widget, lamp = QWidget(), Lamp()
    qtbot.addWidget(widget)
    table = table_of(lamp, widget)
    table["on"].trigger()
    assert lamp.is_on
    table["off"].trigger()
    assert not lamp.is_on
    assert not table["on"].isChecked()
    assert not table["off"].isEnabled()


def test_one_of_a_group_is_ticked(qtbot: QtBot) -> None:
    widget, lamp = QWidget(), Lamp()
    qtbot.addWidget(widget)
    table = table_of(lamp, widget)
    assert table["red"].isChecked()
    table["green"].trigger()
    assert lamp.colour == "green"
    assert [table[name].isChecked() for name in ("red", "green")] == [False, True]
    table["green"].trigger()
    assert table["green"].isChecked(), "what is on stays on"


def test_keys_are_left_to_others_and_taken_back(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    table = table_of(Lamp(), widget)
    assert table.keys == {"Ctrl+O", "F", "Ctrl+F"}
    table.give_way({"Ctrl+F"})
    assert table.keys == {"Ctrl+O"}
    table.give_way(())
    assert table.keys == {"Ctrl+O", "F", "Ctrl+F"}


def test_menu_button_and_sheet_are_made_of_the_rows(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    table = table_of(Lamp(), widget)
    menu = table.fill(QMenu(widget), ("on", None, "off"))
    assert [action.text() for action in menu.actions()] == ["&On", "", "O&ff…"]
    button = table.button("off", "Dark", widget)
    assert (button.text(), button.toolTip(), button.accessibleName()) == ("Dark", "Off (F)", "Off")
    assert table.key_rows("off") == [("F", "off")]


def test_a_sheet_of_keys_names_those_that_have_given_way(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    rows = [
        ActionRow("open", "&Open…", "Ctrl+L Ctrl+M", lambda: None),
        ActionRow("go", "&Go", "", lambda: None),
    ]
    table = ActionTable(rows, widget)
    table.give_way({"Ctrl+L"})
    assert table["open"].shortcut().isEmpty()
    assert table.key_rows("open", "go") == [("Ctrl+L", "open"), ("", "go")]
