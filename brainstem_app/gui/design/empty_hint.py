"""Empty state of a part of a page: an icon, one sentence, one button in place of what is not there yet."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QAbstractButton, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from brainstem_app.gui.design.look import set_icon, set_primary, set_tone
from brainstem_app.gui.design.tokens import SPACE

_ICON = 40
_WIDTH = 440


class EmptyHint(QWidget):
    """Says why there is nothing yet, and leads to where it comes from.

    Signals
    -------
    pressed
        The user wants to go there.
    """

    pressed = Signal()

    def __init__(self, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        picture = QLabel(self)
        set_icon(picture, icon, "soft", _ICON)
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setFixedWidth(_WIDTH)
        set_tone(self.words, "soft")
        self.button = QPushButton(self)
        set_primary(self.button)
        self.button.setAccessibleName("Go on")
        self.button.setToolTip("Leads to where what is missing comes from")
        self.button.clicked.connect(lambda _checked=False: self.pressed.emit())
        layout = QVBoxLayout(self)
        layout.setSpacing(2 * SPACE)
        layout.addStretch(2)
        for widget in (picture, self.words, self.button):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addStretch(3)

    def say(self, words: str, button: str, hint: str = "") -> None:
        """Say another sentence, and what the button does."""
        self.words.setText(words)
        self.words.setFixedHeight(self.words.heightForWidth(_WIDTH))
        self.setAccessibleName(words)
        self.button.setVisible(bool(button))
        if button:
            self.button.setText(button)
            self.button.setAccessibleName(button.replace("&", ""))
            self.button.setAccessibleDescription(hint or words)
            self.button.setToolTip(hint or words)


class HintOrContent(QStackedWidget):
    """A part of a page, or a hint in its place while there is nothing to show.

    The button of the hint is the filled one of the page while it is there; `own` is it at other times.

    Signals
    -------
    pressed
        The user wants to go where the hint leads.
    """

    pressed = Signal()

    def __init__(self, icon: str, content: QWidget, own: QAbstractButton, parent: QWidget) -> None:
        super().__init__(parent)
        self._own = own
        self.hint = EmptyHint(icon, self)
        self.hint.pressed.connect(self.pressed)
        self.addWidget(content)
        self.addWidget(self.hint)

    @property
    def is_empty(self) -> bool:
        """Whether the hint is shown."""
        return self.currentWidget() is self.hint

    def show_hint(self, words: str, button: str = "") -> None:
        """Show why there is nothing, and what to do."""
        self.hint.say(words, button)
        self.setCurrentWidget(self.hint)
        set_primary(self._own, not button)

    def show_content(self) -> None:
        """Show what there is."""
        self.setCurrentIndex(0)
        set_primary(self._own)
