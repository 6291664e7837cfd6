"""Strip at the bottom: messages, what lies under the pointer, where the crosshair is, how many jobs run."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QStatusBar, QWidget

from brainstem_app.gui.design.card import ElidedLabel
from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.messages.message_bar import MessageBar

_SHARES = (5, 2)


class StatusLine(QStatusBar):
    """The messages of the window at the left, three texts at the right; each has its share of the width.

    Parts that grew with their texts would move the buttons of a message.
    """

    def __init__(self, messages: MessageBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_line")
        self.pointed = _label(self, "Under the pointer")
        self.crosshair = _label(self, "Crosshair")
        self.job_count = QLabel(self)
        self.job_count.setAccessibleName("Jobs that run and wait")
        self.job_count.setToolTip("Ctrl+J shows the jobs")
        texts = QWidget(self)
        grid = QGridLayout(texts)
        grid.setContentsMargins(SPACE, 0, SPACE, 0)
        grid.setHorizontalSpacing(2 * SPACE)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(0, 1)
        grid.addWidget(self.pointed, 0, 0, 1, 2)
        grid.addWidget(self.crosshair, 1, 0)
        grid.addWidget(self.job_count, 1, 1)
        messages_share, texts_share = _SHARES
        # Permanent, for Qt hides the others while it shows what a command of a menu does.
        self.addPermanentWidget(self._with_hint(messages), messages_share)
        self.addPermanentWidget(texts, texts_share)

    def _with_hint(self, messages: MessageBar) -> QWidget:
        """Put what a command does, while the pointer is on it, where messages are, below them."""
        whole = QWidget(self)
        self.hint = ElidedLabel("", whole)
        self.hint.setAccessibleName("What the command does")
        self.hint.setContentsMargins(2 * SPACE, 0, 0, 0)
        self.messageChanged.connect(self.hint.setText)
        grid = QGridLayout(whole)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.addWidget(messages, 0, 0)
        grid.addWidget(self.hint, 0, 0, Qt.AlignmentFlag.AlignVCenter)
        messages.raise_()
        return whole


def _label(parent: QWidget, name: str) -> ElidedLabel:
    label = ElidedLabel("", parent)
    label.setAccessibleName(name)
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    return label
