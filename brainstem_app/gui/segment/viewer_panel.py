"""The viewer: slices, slider, and the controls under them."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QToolButton, QVBoxLayout, QWidget

from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.gui.viewer.convention_switch import ConventionSwitch
from brainstem_app.gui.viewer.slice_view import PAGE, SliceView
from brainstem_app.gui.viewer.volume import ImageVolume, LabelVolume


class ViewerPanel(QWidget):
    """A `SliceView` with its slice slider, opacity, convention and "whole slice" button.

    Signals
    -------
    opacity_changed(int), convention_changed(object)
        The user chose another percentage, another `Convention`.
    """

    opacity_changed = Signal(int)
    convention_changed = Signal(object)

    def __init__(self, opacity: int, convention: Convention, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = SliceView(parent=self)
        self.slider = QSlider(Qt.Orientation.Vertical, self)
        self.slider.setAccessibleName(self.tr("Slice"))
        self.slider.setToolTip(self.tr("Slice, from the feet (bottom) to the head (top)"))
        self.slider.setPageStep(PAGE)
        self.slider.valueChanged.connect(self.view.set_index)
        self.position = QLabel(self)
        self.position.setAccessibleName(self.tr("Slice shown"))
        self.opacity = QSlider(Qt.Orientation.Horizontal, self)
        self.opacity.setRange(0, 100)
        self.opacity.setMinimumWidth(40)
        self.opacity.setMaximumWidth(160)
        self.opacity.setAccessibleName(self.tr("Opacity of the labels"))
        self.opacity.setToolTip(self.tr("Opacity of the labels"))
        self.opacity_value = QLabel(self)
        self.opacity_value.setMinimumWidth(self.fontMetrics().horizontalAdvance("100 %"))
        self.opacity.valueChanged.connect(self._on_opacity)
        self.convention = ConventionSwitch(convention, self)
        self.convention.chosen.connect(self._on_convention)
        self.fit_button = QToolButton(self)
        self.fit_button.setText(self.tr("Whole slice"))
        self.fit_button.setToolTip(self.tr("Undo zoom (Ctrl+0)"))
        self.fit_button.setAccessibleName(self.tr("Show the whole slice"))
        self.fit_button.clicked.connect(self.view.fit)
        self.labels_button = QToolButton(self)
        self.labels_button.setText(self.tr("Brainstem"))
        self.labels_button.setToolTip(self.tr("Zoom to the labels (Ctrl+9)"))
        self.labels_button.setAccessibleName(self.tr("Zoom to the labels"))
        self.labels_button.setEnabled(False)
        self.labels_button.clicked.connect(self.fit_labels)
        self._labels: LabelVolume | None = None
        self.view.place_changed.connect(self._show_place)
        self._lay_out()
        self.opacity.setValue(opacity)
        self._on_opacity(opacity)
        self.view.set_convention(convention)

    def _lay_out(self) -> None:
        picture = QHBoxLayout()
        picture.setSpacing(4)
        picture.addWidget(self.view, 1)
        picture.addWidget(self.slider)
        opacity_name = QLabel(self.tr("&Labels"), self)
        opacity_name.setBuddy(self.opacity)
        controls = QHBoxLayout()
        controls.setSpacing(8)
        controls.addWidget(self.position)
        controls.addStretch(1)
        for widget in (
            opacity_name,
            self.opacity,
            self.opacity_value,
            self.convention,
            self.labels_button,
            self.fit_button,
        ):
            controls.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(picture, 1)
        layout.addLayout(controls)

    def set_image(self, image: ImageVolume) -> None:
        """Show a scan from its middle."""
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, image.grid.shape[self.view.plane.normal] - 1)
        self.image = image
        self._labels = None
        self.labels_button.setEnabled(False)
        self.view.set_image(image)
        self.view.setFocus()

    def set_labels(self, labels: LabelVolume) -> None:
        """Show labels over the scan."""
        self._labels = labels
        self.view.set_labels(labels)
        self.labels_button.setEnabled(labels.extent is not None)

    def fit_labels(self) -> None:
        """Zoom to the labels."""
        if self._labels is not None and self._labels.extent is not None:
            self.view.fit_labels(*self._labels.extent)

    def set_convention(self, convention: Convention) -> None:
        """Show a convention that was chosen elsewhere."""
        self.convention.show_convention(convention)
        self.view.set_convention(convention)

    def _show_place(self) -> None:
        index = self.view.index
        with QSignalBlocker(self.slider):
            self.slider.setValue(index)
        height = self.image.grid.world_mm(self.view.crosshair)[self.view.plane.normal]
        self.position.setText(
            self.tr("Slice {0} of {1}  ·  z = {2:.1f} mm").format(index + 1, self.view.n_slices, height)
        )

    def _on_opacity(self, value: int) -> None:
        self.opacity_value.setText(f"{value} %")
        self.view.set_opacity(value / 100)
        self.opacity_changed.emit(value)

    def _on_convention(self, convention: Convention) -> None:
        self.view.set_convention(convention)
        self.convention_changed.emit(convention)
