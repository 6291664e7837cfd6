"""Panel Compare: a second label map, how well the two agree, where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from brainstem_app.counting import agreeing, counted
from brainstem_app.gui.design.card import Card

if TYPE_CHECKING:
    from brainstem_app.gui.actions import ActionTable
    from brainstem_app.gui.document.agreement import Agreement
    from brainstem_app.gui.document.document import Document


class ComparePanel(Card):
    """Shows the agreement with a reference."""

    def __init__(self, document: Document, commands: ActionTable, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self.set_title("Compare")
        self._comparison = document.comparison
        self._name = QLabel(self)
        self._name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._name.setAccessibleName("Reference")
        self._numbers = QLabel(self)
        self._numbers.setAccessibleName("Agreement with the reference")
        self._open = commands.button("open_reference", "Reference…", self)
        self._close = commands.button("close_reference", "Close", self)
        self._marks = commands.button("differences", "Mark differences", self)
        self._next = commands.button("next_difference", "Next", self)
        buttons = QHBoxLayout()
        for button in (self._open, self._close):
            self.head.addWidget(button)
        for button in (self._marks, self._next):
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = self.body
        layout.addWidget(self._name)
        layout.addWidget(self._numbers)
        layout.addLayout(buttons)
        self._comparison.changed.connect(self._show_reference)
        self._comparison.compared.connect(self._show_agreement)
        self._show_reference()

    def _show_reference(self) -> None:
        """Name the reference, or say that there is none."""
        reference = self._comparison.reference
        none = "A second label map, shown beside the first."
        self._name.setText(none if reference is None else reference.path.name)
        self._name.setToolTip("" if reference is None else str(reference.path))
        for widget in (self._marks, self._next, self._close, self._numbers):
            widget.setVisible(reference is not None)

    def _show_agreement(self, agreement: Agreement) -> None:
        """Say how well the two agree."""
        mean = agreement.mean_dice
        words = "–" if mean is None else f"{mean:.3f}"
        differing = agreement.differing
        verb = agreeing(differing, "differs", "differ")
        self._numbers.setText(f"Mean Dice of the nuclei {words}  ·  {counted(differing, 'voxel')} {verb}")
