"""The panel Compare: a second label map, how well the two agree, where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from brainstem_app.counting import agreeing, counted
from brainstem_app.gui.review.edit_panel import action_button
from brainstem_app.gui.review.review_actions import ReviewActions

if TYPE_CHECKING:
    from brainstem_app.gui.document.agreement import Agreement


class ComparePanel(QGroupBox):
    """Shows the agreement with a reference."""

    def __init__(self, actions: ReviewActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTitle(self.tr("Compare"))
        self._name = QLabel(self)
        self._name.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._name.setAccessibleName(self.tr("Reference"))
        self._numbers = QLabel(self)
        self._numbers.setAccessibleName(self.tr("Agreement with the reference"))
        self._open = action_button(actions.open_reference, self.tr("Reference…"), self)
        self._close = action_button(actions.close_reference, self.tr("Close"), self)
        self._marks = action_button(actions.differences, self.tr("Mark differences"), self)
        self._next = action_button(actions.next_difference, self.tr("Next"), self)
        buttons = QHBoxLayout()
        for button in (self._open, self._marks, self._next):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(self._close)
        layout = QVBoxLayout(self)
        layout.addWidget(self._name)
        layout.addWidget(self._numbers)
        layout.addLayout(buttons)
        self.show_reference("", "")

    def show_reference(self, name: str, path: str) -> None:
        """Name the reference, or say that there is none."""
        has = bool(name)
        self._name.setText(name if has else self.tr("A second label map, shown beside the first."))
        self._name.setToolTip(path)
        for widget in (self._marks, self._next, self._close, self._numbers):
            widget.setVisible(has)

    def show_agreement(self, agreement: Agreement) -> None:
        """Say how well the two agree."""
        mean = agreement.mean_dice
        words = "–" if mean is None else f"{mean:.3f}"
        differing = agreement.differing
        verb = agreeing(differing, self.tr("differs"), self.tr("differ"))
        self._numbers.setText(
            self.tr("Mean Dice of the nuclei {0}  ·  {1} {2}").format(
                words, counted(differing, self.tr("voxel")), verb
            )
        )
