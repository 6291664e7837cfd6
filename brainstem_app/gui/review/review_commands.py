"""What the actions of the step Review ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from brainstem_app.gui.document.label_editor import Tool
from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.review.view_layout import ViewLayout
from brainstem_app.gui.viewer.convention import Convention, Plane

if TYPE_CHECKING:
    from PySide6.QtGui import QImage

    from brainstem_app.gui.review.review_step import ReviewStep

_ZOOM_STEP = 1.25
_BRUSH_STEP = 1.25
_FADE_STEP = 10


class ReviewCommands(QObject):
    """Carries out the actions of a `ReviewStep`."""

    def __init__(self, step: ReviewStep) -> None:
        super().__init__(step)
        self._step = step

    # Layout ------------------------------------------------------------------------------------------

    def show_axial(self) -> None:
        """Show axial slices only."""
        self._show_plane(Plane.AXIAL)

    def show_coronal(self) -> None:
        """Show coronal slices only."""
        self._show_plane(Plane.CORONAL)

    def show_sagittal(self) -> None:
        """Show sagittal slices only."""
        self._show_plane(Plane.SAGITTAL)

    def show_three(self) -> None:
        """Show three planes, and the nuclei in space."""
        self._show(ViewLayout.THREE)

    def show_side_by_side(self) -> None:
        """Show labels and reference beside each other, in the plane looked at last."""
        self._show(ViewLayout.SIDE_BY_SIDE, self._step.views.main_view.plane)

    def leave_side_by_side(self) -> None:
        """There is no reference any more: go back to three planes."""
        if self._step.actions_.side_by_side.isChecked():
            self._step.actions_.three.setChecked(True)
            self.show_three()

    def _show_plane(self, plane: Plane) -> None:
        self._show(ViewLayout.ONE, plane)

    def _show(self, layout: ViewLayout, plane: Plane | None = None) -> None:
        views = self._step.views
        views.set_layout(layout, plane)
        views.main_view.setFocus()
        self._step.display.update_surface()

    # View --------------------------------------------------------------------------------------------

    def set_radiological(self) -> None:
        """Put the patient's right at the left of the pictures."""
        self._step.display.set_convention(Convention.RADIOLOGICAL)

    def set_neurological(self) -> None:
        """Put the patient's left at the left of the pictures."""
        self._step.display.set_convention(Convention.NEUROLOGICAL)

    def zoom_in(self) -> None:
        """Magnify the view that has the keys."""
        self._step.views.main_view.zoom(_ZOOM_STEP)

    def zoom_out(self) -> None:
        """Show more in the view that has the keys."""
        self._step.views.main_view.zoom(1 / _ZOOM_STEP)

    def fit(self) -> None:
        """Show whole slices."""
        self._step.views.each_visible(lambda view: view.fit())

    def fit_labels(self) -> None:
        """Zoom to the labels."""
        extent = self._step.editor.extent
        if extent is not None:
            self._step.views.each_visible(lambda view: view.fit_labels(*extent))

    def show_crosshair(self, shown: bool) -> None:
        """Draw the crosshair or not."""
        self._step.views.show_crosshair(shown)

    def reset_window(self) -> None:
        """Undo changes of brightness and contrast."""
        self._step.views.main_view.reset_window()

    def brighten(self) -> None:
        """Make the scan brighter."""
        self._step.views.main_view.step_window(0, 1)

    def darken(self) -> None:
        """Make the scan darker."""
        self._step.views.main_view.step_window(0, -1)

    def add_contrast(self) -> None:
        """Show fewer intensities between black and white."""
        self._step.views.main_view.step_window(-1, 0)

    def reduce_contrast(self) -> None:
        """Show more intensities between black and white."""
        self._step.views.main_view.step_window(1, 0)

    def focus_next_view(self) -> None:
        """Give the keys to the next view on the screen."""
        self._step.views.focus_next()

    def set_outline(self, outlined: bool) -> None:
        """Outline the labels, or fill them."""
        from brainstem_app.gui.viewer.overlay_layers import OverlayStyle

        self._step.views.set_style(OverlayStyle.OUTLINE if outlined else OverlayStyle.FILL)

    def show_confidence(self, _shown: bool) -> None:
        """Colour the labels by confidence, or by structure."""
        self._step.display.show_confidence()

    def mark_differences(self, _marked: bool) -> None:
        """Mark where labels and reference differ, or not."""
        self._step.display.show_reference()

    def next_difference(self) -> None:
        """Go to the next slice where a visible structure differs from the reference."""
        step = self._step
        view = step.views.main_view
        shown = step.structure_panel.model.visible
        voxel = step.comparison.next_difference(shown, view.plane, view.index)
        if voxel is None:
            text = step.tr("The visible structures do not differ from the reference.")
            step.message.emit(Message(MessageLevel.INFO, text))
        else:
            step.views.go_to(voxel)

    def toggle_help(self) -> None:
        """Show the sheet with mouse and keys, or hide it."""
        self._step.help.toggle()

    # Labels ------------------------------------------------------------------------------------------

    def fade_labels(self) -> None:
        """Let more of the scan through the labels."""
        self._step.display_bar.opacity.setValue(self._step.display_bar.opacity.value() - _FADE_STEP)

    def strengthen_labels(self) -> None:
        """Let less of the scan through the labels."""
        self._step.display_bar.opacity.setValue(self._step.display_bar.opacity.value() + _FADE_STEP)

    def next_nucleus(self) -> None:
        """Choose the next structure of the list and show it."""
        self._step.structure_panel.step(1)

    def previous_nucleus(self) -> None:
        """Choose the previous structure of the list and show it."""
        self._step.structure_panel.step(-1)

    def find_nucleus(self) -> None:
        """Give the keys to the field that narrows the list."""
        search = self._step.structure_panel.search
        search.setFocus()
        search.selectAll()

    def toggle_nucleus(self) -> None:
        """Draw the chosen structure or not."""
        self._step.structure_panel.model.toggle(self._step.editor.label)

    def show_nucleus_only(self) -> None:
        """Draw the chosen structure and no other."""
        self._step.structure_panel.model.show_only(self._step.editor.label)

    def show_nuclei(self) -> None:
        """Draw the nuclei, without tissue."""
        self._step.structure_panel.model.show_nuclei()

    def show_all(self) -> None:
        """Draw every structure, tissue too."""
        self._step.structure_panel.model.show_all(True)

    def show_none(self) -> None:
        """Draw no structure."""
        self._step.structure_panel.model.show_all(False)

    def close_reference(self) -> None:
        """Take the reference away."""
        self._step.comparison.set_reference(None)

    # Corrections -------------------------------------------------------------------------------------

    def use_no_tool(self) -> None:
        """Let the left button move the crosshair."""
        self._step.editor.set_tool(Tool.LOOK)

    def use_brush(self) -> None:
        """Let the left button paint."""
        if self._step.editor.label == 0:
            self.pick_label()
        self._step.editor.set_tool(Tool.BRUSH)

    def use_eraser(self) -> None:
        """Let the left button erase."""
        self._step.editor.set_tool(Tool.ERASER)

    def smaller_brush(self) -> None:
        """Make the brush smaller."""
        self._step.editor.set_diameter(self._step.editor.diameter_mm / _BRUSH_STEP)

    def larger_brush(self) -> None:
        """Make the brush larger."""
        self._step.editor.set_diameter(self._step.editor.diameter_mm * _BRUSH_STEP)

    def set_brush_3d(self, in_3d: bool) -> None:
        """Paint with a ball, or with a disc in the plane of the view."""
        self._step.editor.set_in_3d(in_3d)

    def pick_label(self) -> None:
        """Paint, from now on, the structure that lies under the crosshair."""
        step = self._step
        labels = step.editor.labels
        label = 0 if labels is None else labels.label(step.views.crosshair)
        if label:
            step.structure_panel.select(label)
            step.editor.set_label(label)

    # Pictures ----------------------------------------------------------------------------------------

    def choose_picture(self) -> None:
        """Ask where to save a picture of the view that has the keys, and save it."""
        views = self._step.views
        target = views.surface if views.surface.hasFocus() else views.main_view
        name = "3d" if target is views.surface else views.main_view.plane.name.lower()
        from brainstem_app.gui.review.picture import picture_of

        self._choose(picture_of(target, self._picture_texts()), name)

    def choose_picture_of_all(self) -> None:
        """Ask where to save a picture of all views on the screen, and save it."""
        from brainstem_app.gui.review.picture import picture_of_all

        self._choose(picture_of_all(self._step.views.picture_cells(), self._picture_texts()), "views")

    def _picture_texts(self) -> dict[str, str]:
        """Return what the file of a picture says of where it is from."""
        step = self._step
        texts = {"Software": "Brainstem App", "Place": step.place_text(step.views.crosshair)}
        source = step.scan or step.labels
        return texts if source is None else {**texts, "Source": source.path.name}

    def _choose(self, image: QImage, name: str) -> None:
        stem = image.text("Source").split(".")[0] or "picture"
        self._step.files.choose_picture_target(image, f"{stem}_{name}")
