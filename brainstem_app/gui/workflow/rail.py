"""Rail at the left of the window: the steps, and the button that folds them to their icons."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from brainstem_app.gui.design.look import set_icon
from brainstem_app.gui.design.tokens import HALF
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.gui.workflow.step_bar import StepBar

#: A window that is narrower than this, in pixels, needs the room for its pages.
NARROW = 1100


class Rail(QFrame):
    """A `StepBar` that folds: by its button, and by itself where the window is narrow.

    Signals
    -------
    folded(bool)
        The user has folded or unfolded it in a window that has room for the names.
    """

    folded = Signal(bool)

    def __init__(self, steps: tuple[StepName, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self._wants_folded = False
        self._is_narrow = False
        self.steps = StepBar(steps, self)
        self.fold_button = QToolButton(self)
        self.fold_button.setAccessibleDescription("The names of the steps, or their icons alone")
        self.fold_button.clicked.connect(self._press)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, HALF, 1, HALF)
        layout.setSpacing(HALF)
        layout.addWidget(self.steps, 1)
        layout.addWidget(self.fold_button)
        self._fold(False)

    def set_width_of_window(self, width: int) -> None:
        """Fold where the window has become narrow; where it is wide again, as the user had it."""
        narrow = width < NARROW
        if narrow != self._is_narrow:
            self._is_narrow = narrow
            self._fold(narrow or self._wants_folded)

    def want_folded(self, folded: bool) -> None:
        """Take up what the user chose the last time."""
        self._wants_folded = folded
        self._fold(folded or self._is_narrow)

    def _press(self) -> None:
        folded = not self.steps.is_folded
        if not self._is_narrow:
            self._wants_folded = folded
            self.folded.emit(folded)
        self._fold(folded)

    def _fold(self, folded: bool) -> None:
        self.steps.fold(folded)
        set_icon(self.fold_button, "panel-left-open" if folded else "panel-left-close", "soft")
        words = "Show the names of the steps" if folded else "Fold to icons"
        self.fold_button.setToolTip(words)
        self.fold_button.setAccessibleName(words)
