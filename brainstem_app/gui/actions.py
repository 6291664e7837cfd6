"""Table of actions: menus, tool bars, buttons and the sheet of keys are made from its rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QIcon, QKeySequence
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from brainstem_app.gui.design.look import set_icon
from brainstem_app.gui.design.tokens import ICON

Keys = str | QKeySequence.StandardKey
KeyRow = tuple[str, str]


def always() -> bool:
    """Return True: nothing has to be open for the action."""
    return True


@dataclass(frozen=True)
class ActionRow:
    """One thing that the user can ask for.

    Attributes
    ----------
    id : str
        Its name in the program.
    text : str
        What the menu says; ``&`` stands before the letter that chooses it.
    keys : str or QKeySequence.StandardKey
        Shortcuts with a space between them, the first of which is shown.
    run : callable
        Does it; of a switch with the new state.
    enabled_when : callable
        Whether it can be done now.
    checked_when : callable or None
        Whether it is on now; None if it is no switch.
    group : str
        Of the switches with this word one is on.
    icon : str or QIcon
        Name of an icon of the set, or one of its own; empty for none.
    hint : str
        One line of what it is for.
    """

    id: str
    text: str
    keys: Keys
    run: Callable[..., object]
    enabled_when: Callable[[], bool] = always
    checked_when: Callable[[], bool] | None = None
    group: str = ""
    icon: str | QIcon = ""
    hint: str = ""

    @property
    def shortcuts(self) -> list[QKeySequence]:
        """The keys as Qt has them."""
        keys = self.keys.split() if isinstance(self.keys, str) else [self.keys]
        return [QKeySequence(key) for key in keys]


class ActionTable:
    """The actions of a widget, made from rows, by their ids.

    Parameters
    ----------
    rows : iterable of ActionRow
    widget : QWidget
        Whose actions they are; their keys work where `context` says.
    context : Qt.ShortcutContext
    """

    def __init__(
        self,
        rows: Iterable[ActionRow],
        widget: QWidget,
        context: Qt.ShortcutContext = Qt.ShortcutContext.WindowShortcut,
    ) -> None:
        self._rows = {row.id: row for row in rows}
        self._groups: dict[str, QActionGroup] = {}
        self._actions = {row.id: self._made(row, widget, context) for row in self._rows.values()}
        self.refresh()

    def __getitem__(self, name: str) -> QAction:
        return self._actions[name]

    def __iter__(self) -> Iterable[QAction]:
        return iter(self._actions.values())

    def run(self, name: str) -> None:
        """Do what an action is for, if it can be done now."""
        self.refresh()
        self._actions[name].trigger()

    def refresh(self, *_told: Any) -> None:
        """Enable what can be done now, and tick what is on; takes whatever a signal says."""
        for name, row in self._rows.items():
            action = self._actions[name]
            action.setEnabled(row.enabled_when())
            if row.checked_when is not None and action.isChecked() != row.checked_when():
                action.setChecked(row.checked_when())

    def give_way(self, keys: Collection[str]) -> None:
        """Leave some keys to others, for a key of two actions does nothing; take the rest back."""
        for name, row in self._rows.items():
            own = row.shortcuts
            self._actions[name].setShortcuts([] if any(k.toString() in keys for k in own) else own)

    @property
    def keys(self) -> frozenset[str]:
        """All shortcuts, as `QKeySequence` writes them."""
        return frozenset(key.toString() for action in self._actions.values() for key in action.shortcuts())

    # What is made of the table -----------------------------------------------------------------------

    def fill(self, menu: QMenu, entries: Iterable[str | QMenu | None]) -> QMenu:
        """Add actions and menus to a menu; None separates."""
        for entry in entries:
            if entry is None:
                menu.addSeparator()
            elif isinstance(entry, QMenu):
                menu.addMenu(entry)
            else:
                menu.addAction(self._actions[entry])
        return menu

    def button(self, name: str, text: str, parent: QWidget, icon: str = "") -> QToolButton:
        """Make a button of an action, with a short text, an icon or both; the keys are in its hint."""
        action, button = self._actions[name], QToolButton(parent)
        action.setIconText(text or plain_text(action))  # what a button shows of its action
        button.setDefaultAction(action)
        button.setProperty("framed", True)
        if icon:
            set_icon(action, icon)
            action.setIconVisibleInMenu(False)
            beside = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
            button.setToolButtonStyle(beside if text else Qt.ToolButtonStyle.ToolButtonIconOnly)
            button.setProperty("icon_only", not text)
            button.setIconSize(QSize(ICON, ICON))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        keys, words = action.shortcut().toString(), plain_text(action)
        hint = f"{words} ({keys})" if keys else words
        # Of the action: what a button has of its own goes when its action changes.
        action.setToolTip(f"{hint}\n{action.statusTip()}" if action.statusTip() else hint)
        button.setAccessibleName(words)
        return button

    def key_rows(self, *names: str) -> list[KeyRow]:
        """Key and words of each action, for the sheet of keys."""
        words = [plain_text(self._actions[name]) for name in names]
        pairs = zip(names, words, strict=True)
        return [(self.key(name), text[:1].lower() + text[1:]) for name, text in pairs]

    def key(self, *names: str) -> str:
        """Keys of actions as this system writes them, also of those that have given way."""
        form = QKeySequence.SequenceFormat.NativeText
        return "  ".join(key.toString(form) for name in names for key in self._rows[name].shortcuts[:1])

    # Making ------------------------------------------------------------------------------------------

    def _made(self, row: ActionRow, widget: QWidget, context: Qt.ShortcutContext) -> QAction:
        action = QAction(row.text, widget)
        action.setShortcuts(row.shortcuts)
        action.setShortcutContext(context)
        action.setCheckable(row.checked_when is not None)
        if isinstance(row.icon, QIcon):
            action.setIcon(row.icon)
        elif row.icon:
            set_icon(action, row.icon)
        action.setStatusTip(row.hint)
        if row.group:
            self._groups.setdefault(row.group, QActionGroup(widget)).addAction(action)
        if row.checked_when is None or row.group:
            action.triggered.connect(lambda _checked=False: self._run(row))
        else:
            action.toggled.connect(lambda on: self._switch(row, on))
        widget.addAction(action)
        return action

    def _run(self, row: ActionRow) -> None:
        row.run()
        self.refresh()

    def _switch(self, row: ActionRow, on: bool) -> None:
        if row.checked_when is not None and on != row.checked_when():
            row.run(on)
            self.refresh()


def plain_text(action: QAction) -> str:
    """Text of an action without the mark of its letter, and without dots."""
    return action.text().replace("&", "").removesuffix("…")
