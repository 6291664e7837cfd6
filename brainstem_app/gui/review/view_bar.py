"""The bars above and below the views: layout; opacity, outline, confidence, convention."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget

from brainstem_app.gui.colour_bar import ColourBar
from brainstem_app.gui.review.edit_panel import action_button
from brainstem_app.gui.review.review_actions import ReviewActions
from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.gui.viewer.convention_switch import ConventionSwitch


class LayoutBar(QWidget):
    """Buttons for the planes, and for zooming back."""

    def __init__(self, actions: ReviewActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for action, text in (
            (actions.three, self.tr("Three planes")),
            (actions.axial, self.tr("Axial")),
            (actions.coronal, self.tr("Coronal")),
            (actions.sagittal, self.tr("Sagittal")),
            (actions.side_by_side, self.tr("Side by side")),
        ):
            row.addWidget(action_button(action, text, self))
        row.addStretch(1)
        for action, text in (
            (actions.fit_labels, self.tr("Brainstem")),
            (actions.fit, self.tr("Whole slice")),
            (actions.help, self.tr("Keys")),
        ):
            row.addWidget(action_button(action, text, self))


class DisplayBar(QWidget):
    """How the labels are drawn, and which side is at the left.

    Signals
    -------
    opacity_changed(int), convention_changed(object)
        The user chose another percentage, another `Convention`.
    """

    opacity_changed = Signal(int)
    convention_changed = Signal(object)

    def __init__(
        self, actions: ReviewActions, opacity: int, convention: Convention, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._actions = actions
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setMinimumWidth(60)
        self.opacity.setMaximumWidth(120)
        self.opacity.setAccessibleName(self.tr("Opacity of the labels"))
        self.opacity.setToolTip(self.opacity.accessibleName())
        self._percent = QLabel(self)
        self._percent.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %"))
        self.scale = self._confidence_scale()
        self.scale.hide()
        actions.confidence.toggled.connect(self.scale.setVisible)
        self.convention = ConventionSwitch(convention, self)
        self.convention.chosen.connect(self.convention_changed)
        self._lay_out()
        self.opacity.valueChanged.connect(self._on_opacity)
        self.opacity.setValue(opacity)
        self._on_opacity(opacity)
        self.show_convention(convention)

    def show_convention(self, convention: Convention) -> None:
        """Choose a convention."""
        self.convention.show_convention(convention)
        actions = self._actions
        chosen = actions.radiological if convention is Convention.RADIOLOGICAL else actions.neurological
        chosen.setChecked(True)

    def _lay_out(self) -> None:
        name = QLabel(self.tr("&Labels"), self)
        name.setBuddy(self.opacity)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(name)
        row.addWidget(self.opacity)
        row.addWidget(self._percent)
        row.addWidget(action_button(self._actions.outline, self.tr("Outline"), self))
        row.addWidget(action_button(self._actions.confidence, self.tr("Confidence"), self))
        row.addWidget(self.scale)
        row.addStretch(1)
        row.addWidget(self.convention)

    def _confidence_scale(self) -> ColourBar:
        from brainstem_app.gui.viewer.overlay import CONFIDENCE_COLOURS

        bar = ColourBar(self.tr("Colours of the confidence, red 0 to blue 1"), self)
        bar.setToolTip(
            self.tr("Probability that the network gave the label that won; no probability of being right")
        )
        bar.show_scale([QColor(*colour) for colour in CONFIDENCE_COLOURS], "0", "1")
        return bar

    def _on_opacity(self, value: int) -> None:
        self._percent.setText(f"{value} %")
        self.opacity_changed.emit(value)
