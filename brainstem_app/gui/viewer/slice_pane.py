"""View of one plane with its caption and its slider."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.drawing_view import DrawingView
from brainstem_app.gui.viewer.slice_view import PAGE
from brainstem_app.gui.viewer.volume import ImageVolume


class SlicePane(QWidget):
    """A `DrawingView` with what plane and slice it shows above, and a slider at the right.

    Parameters
    ----------
    plane : Plane
    title : str, optional
        What is shown, before the plane, e.g. "Reference".
    """

    def __init__(self, plane: Plane, title: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = title
        self._image: ImageVolume | None = None
        self.view = DrawingView(plane, self)
        self.caption = QLabel(self)
        self.slider = QSlider(Qt.Orientation.Vertical, self)
        self.slider.setPageStep(PAGE)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.valueChanged.connect(self.view.set_index)
        self.view.place_changed.connect(self._show_place)
        picture = QHBoxLayout()
        picture.setSpacing(2)
        picture.addWidget(self.view, 1)
        picture.addWidget(self.slider)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.caption)
        layout.addLayout(picture, 1)
        self._name()

    def set_title(self, title: str) -> None:
        """Say what is shown, before the plane."""
        self._title = title
        self._name()
        if self._image is not None:
            self._show_place()

    def set_active(self, active: bool) -> None:
        """Say by the caption whether the keys come here."""
        font = self.caption.font()
        font.setBold(active)
        self.caption.setFont(font)

    def set_image(self, image: ImageVolume) -> None:
        """Show a scan from its middle, without labels."""
        self._image = image
        self._set_range()
        self.view.set_image(image)

    def set_plane(self, plane: Plane) -> None:
        """Show another plane."""
        if plane is self.view.plane:
            return
        self.view.plane = plane
        self._name()
        self._set_range()
        self.view.set_plane(plane)

    def plane_name(self) -> str:
        """Name of the plane in words."""
        names = {
            Plane.AXIAL: "Axial",
            Plane.CORONAL: "Coronal",
            Plane.SAGITTAL: "Sagittal",
        }
        return names[self.view.plane]

    def _set_range(self) -> None:
        if self._image is not None:
            with QSignalBlocker(self.slider):
                self.slider.setRange(0, self._image.grid.shape[self.view.plane.normal] - 1)

    def _name(self) -> None:
        name = f"{self._title}, {self.plane_name().lower()}" if self._title else self.plane_name()
        self.caption.setText(name)
        self.view.setAccessibleName(f"{name} slices")
        self.slider.setAccessibleName(f"{name} slice")
        self.slider.setToolTip("Slice (wheel, ↑ ↓, Page Up, Page Down)")

    def _show_place(self) -> None:
        if self._image is None:
            return
        with QSignalBlocker(self.slider):
            self.slider.setValue(self.view.index)
        plane = self.view.plane
        place = self._image.grid.world_mm(self.view.crosshair)[plane.normal]
        axis = "xyz"[plane.normal]
        name = f"{self._title}, {self.plane_name().lower()}" if self._title else self.plane_name()
        self.caption.setText(
            f"{name}  ·  slice {self.view.index + 1} of {self.view.n_slices}  ·  {axis} = {place:.1f} mm"
        )
