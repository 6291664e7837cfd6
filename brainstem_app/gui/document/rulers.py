"""Rulers that lie on the slices of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from brainstem_app.gui.viewer.ruler import Ruler


class Rulers(QObject):
    """Keeps rulers until they are taken away, or another scan is opened.

    Attributes
    ----------
    all : tuple of Ruler
    chosen : Ruler or None
        The one that was drawn or clicked last.

    Signals
    -------
    changed
        There are others, or another one is chosen.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.all: tuple[Ruler, ...] = ()
        self.chosen: Ruler | None = None

    def put(self, ruler: Ruler, instead_of: Ruler | None = None) -> None:
        """Add a ruler, or put it in the place of another; it is the chosen one."""
        self.all = (*(one for one in self.all if one not in (ruler, instead_of)), ruler)
        self.choose(ruler)

    def choose(self, ruler: Ruler | None) -> None:
        """Choose a ruler, or none."""
        self.chosen = ruler
        self.changed.emit()

    def remove(self, ruler: Ruler | None) -> None:
        """Take a ruler away."""
        if ruler in self.all:
            self.all = tuple(one for one in self.all if one != ruler)
            self.choose(None)

    def remove_chosen(self) -> None:
        """Take the chosen ruler away."""
        self.remove(self.chosen)

    def clear(self) -> None:
        """Take all away."""
        if self.all:
            self.all = ()
            self.choose(None)
