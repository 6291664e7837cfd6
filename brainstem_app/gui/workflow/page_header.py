"""Header of a page: its title, who and what is shown or what the page is for, and the way to open things."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from brainstem_app.gui.design.card import ElidedLabel, set_type
from brainstem_app.gui.design.look import set_icon, set_tone
from brainstem_app.gui.design.tokens import HALF, SPACE, Type
from brainstem_app.gui.workflow.step import StepText


class PageHeader(QWidget):
    """One line above a page.

    Attributes
    ----------
    title : QLabel
    about : ElidedLabel
        Who and what is shown; what the page is for, while nothing is.
    open_button : QPushButton
        Opens the menu it is given.
    """

    def __init__(self, text: StepText, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page_header")
        self._purpose = text.purpose
        self.title = QLabel(text.title, self)
        set_type(self.title, Type.TITLE)
        self.about = ElidedLabel(text.purpose, self)
        set_tone(self.about, "soft")
        self.open_button = QPushButton("Open", self)
        self.open_button.setToolTip("Scans, folders, results, label maps, studies")
        self.open_button.setAccessibleName("Open")
        self.open_button.setAccessibleDescription(self.open_button.toolTip())
        set_icon(self.open_button, "folder-open")
        self.open_button.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, HALF)
        row.setSpacing(2 * SPACE)
        row.addWidget(self.title)
        row.addWidget(self.about, 1)
        row.addWidget(self.open_button)

    def show_about(self, words: str, hint: str = "") -> None:
        """Say who and what is shown; empty says again what the page is for."""
        self.about.setText(words or self._purpose)
        self.about.set_hint(hint)
        set_tone(self.about, "" if words else "soft")

    def set_menu(self, menu: QMenu) -> None:
        """Offer what can be opened."""
        self.open_button.setMenu(menu)
        self.open_button.show()
