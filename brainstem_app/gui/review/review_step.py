"""The step Review: the views at the left; nuclei, comparison and corrections at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QStackedWidget,
    QWidget,
)

from brainstem_app.gui.background import Background
from brainstem_app.gui.document.comparison import Comparison
from brainstem_app.gui.document.label_editor import LabelEditor, Tool
from brainstem_app.gui.document.opened import find_result
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.review.compare_panel import ComparePanel
from brainstem_app.gui.review.display import Display
from brainstem_app.gui.review.edit_panel import EditPanel
from brainstem_app.gui.review.empty_page import EmptyPage
from brainstem_app.gui.review.readout import Readout, place_text
from brainstem_app.gui.review.results_bar import ResultsBar
from brainstem_app.gui.review.review_actions import ReviewActions
from brainstem_app.gui.review.review_commands import ReviewCommands
from brainstem_app.gui.review.review_files import ReviewFiles
from brainstem_app.gui.review.review_layout import column_of, two_columns
from brainstem_app.gui.review.shortcut_sheet import shortcut_groups
from brainstem_app.gui.review.view_bar import DisplayBar, LayoutBar
from brainstem_app.gui.scans.result_line import ResultLine
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.structures.structure_panel import StructurePanel
from brainstem_app.gui.viewer.shortcut_overlay import ShortcutOverlay

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from brainstem_app.gui.document.agreement import Agreement
    from brainstem_app.gui.document.opened import OpenedLabels, OpenedResult, OpenedScan, ResultFiles
    from brainstem_app.gui.review.linked_views import LinkedViews
    from brainstem_app.gui.viewer.convention import Convention
    from brainstem_app.gui.viewer.volume import ImageVolume, Voxel

_VOLUMES_MS = 60


class ReviewStep(QWidget):
    """Looks at labels from every side, compares two label maps, corrects them.

    Stands alone, or is a page of the window.

    Attributes
    ----------
    actions_ : ReviewActions
        What it can do, for the window's menus.
    files : ReviewFiles
        Opens and saves.
    display : Display
        How things are drawn.
    editor : LabelEditor
    comparison : Comparison

    Signals
    -------
    message(object)
        A `Message` to show in place.
    pointed(str), crosshair(str)
        What lies under the pointer and the crosshair; the step shows both itself.
    convention_changed(object)
        The user chose another `Convention`.
    replaced, opened
        Another scan or label map is about to be shown, is open.
    edited_changed(bool)
        Whether there are unsaved edits.
    """

    message = Signal(object)
    pointed = Signal(str)
    crosshair = Signal(str)
    convention_changed = Signal(object)
    replaced = Signal()
    opened = Signal()
    edited_changed = Signal(bool)

    def __init__(
        self, settings: WindowSettings, background: Background, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.settings, self.background = settings, background
        self.scan: OpenedScan | None = None
        self.labels: OpenedLabels | None = None
        self.result: ResultFiles | None = None
        self.image: ImageVolume | None = None
        self.confidence: NDArray | None = None
        self.made_views: LinkedViews | None = None
        self._pointed: Voxel | None = None
        self.editor = LabelEditor(background, self)
        self.comparison = Comparison(self.editor, background, self)
        self.files = ReviewFiles(self)
        self.commands = ReviewCommands(self)
        self.display = Display(self)
        self.actions_ = ReviewActions(self)
        self.structure_panel = StructurePanel(self)
        self.compare_panel = ComparePanel(self.actions_, self)
        self.edit_panel = EditPanel(self.editor, self.actions_, self)
        self.empty_page = EmptyPage(self.actions_, self)
        self.layout_bar = LayoutBar(self.actions_, self)
        self.display_bar = DisplayBar(self.actions_, settings.opacity, settings.convention, self)
        self._volumes_soon = QTimer(self, singleShot=True, interval=_VOLUMES_MS)
        self._lay_out()
        self.help = ShortcutOverlay(shortcut_groups(self.actions_, self), self)
        self._connect()
        self.update_actions()

    def _lay_out(self) -> None:
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty_page)
        self.results, self.result_line = ResultsBar(self), ResultLine(self)
        self.readout = Readout(self)
        left = column_of(
            self.results, self.layout_bar, self.stack, self.readout, self.display_bar, stretched=self.stack
        )
        side = column_of(
            self.result_line,
            self.structure_panel,
            self.compare_panel,
            self.edit_panel,
            stretched=self.structure_panel,
        )
        self.splitter = two_columns(left, side, self)

    def _connect(self) -> None:
        editor, files = self.editor, self.files
        for source in (editor, files, self.comparison):
            source.message.connect(self.message)
        files.opener.scan_read.connect(self.show_scan)
        files.opener.labels_read.connect(self.show_labels)
        files.opener.labels_read.connect(lambda _labels: self.results.offer(()))
        files.opener.result_read.connect(self.show_result)
        files.opener.busy.connect(self._show_busy)
        self.results.chosen.connect(files.open_result)
        self.structure_panel.chosen.connect(self._on_chosen)
        self.structure_panel.model.visibility_changed.connect(self.display.update_colours)
        self.comparison.changed.connect(self.display.show_reference)
        self.comparison.compared.connect(self._on_compared)
        self.display_bar.opacity_changed.connect(self.display.set_opacity)
        self.display_bar.convention_changed.connect(self.display.set_convention)
        editor.copied.connect(self._on_copied)
        editor.painted.connect(self._on_painted)
        editor.stroke_done.connect(self.comparison.compare)
        editor.jumped.connect(lambda voxel: self.views.go_to(voxel))
        editor.brush_changed.connect(self._on_brush)
        editor.state_changed.connect(self._on_state)
        editor.saved.connect(self._on_saved)
        self._volumes_soon.timeout.connect(self._show_volumes)

    # Opening -----------------------------------------------------------------------------------------

    def show_scan(self, scan: OpenedScan) -> None:
        """Show a scan; labels that are open and lie on its grid stay."""
        self.replaced.emit()
        kept = self.labels
        if kept is not None and not kept.labels.grid.matches(scan.image.grid):
            self._set_labels(None)  # at once: its voxels are not those of the new scan
            kept = None
        self.scan = scan
        reference = self.comparison.reference
        self._set_image(scan.image)
        if kept is None:
            self._set_labels(None)
        else:
            self.views.set_labels(self.editor.labels)
            self.comparison.set_reference(reference)
            self.display.show_confidence()
        self.opened.emit()

    def show_labels(self, opened: OpenedLabels) -> None:
        """Show a label map over the open scan, or alone if it does not belong to it."""
        self.replaced.emit()
        if self.scan is None or not opened.labels.grid.matches(self.scan.image.grid):
            self._show_alone(opened)
        self._set_labels(opened)
        self._read_confidence(opened)
        self.commands.fit_labels()
        self.focus_views()
        self._go_to_first()
        self.opened.emit()

    def show_result(self, result: OpenedResult) -> None:
        """Show a segmentation: its scan and its labels."""
        if result.scan is not None:
            self._set_labels(None)
            self.show_scan(result.scan)
        self.show_labels(result.labels)
        self._show_result_line(result.files)
        self.results.show_result(result.files.folder)
        self.opened.emit()

    def _show_result_line(self, result: ResultFiles | None) -> None:
        self.result = result
        self.result_line.show_result(result)

    def _on_saved(self, _copy: object) -> None:
        if self.result is not None and self.result.is_segmentation:
            self._show_result_line(find_result(self.result.folder))

    def _show_alone(self, opened: OpenedLabels) -> None:
        from brainstem_app.gui.viewer.volume import empty_image

        what = self.tr("These labels are shown without their scan.")
        if self.scan is not None:
            what = self.tr(
                "These labels do not lie on the grid of the scan that was open: they are shown alone."
            )
        self.scan = None
        self._set_labels(None)
        self._set_image(empty_image(opened.labels.grid))
        fix = self.tr("Open the scan they were made from; the labels stay.")
        actions = (MessageAction(self.tr("Open the scan…"), self.files.choose_scan),)
        told = Message(MessageLevel.WARNING, what, str(opened.path), fix, actions=actions, is_of_page=True)
        self.message.emit(told)

    def _set_image(self, image: ImageVolume) -> None:
        self.image = image
        self.views.set_image(image)
        self.stack.setCurrentWidget(self.views)
        self.focus_views()

    def _set_labels(self, opened: OpenedLabels | None) -> None:
        self.labels, self.confidence = opened, None
        self._show_result_line(None)
        self.editor.set_labels(opened)
        self.comparison.set_reference(None)
        model = self.structure_panel.model
        if opened is not None and not model.shows(opened.table):
            model.set_table(opened.table)
        self.views.set_labels(self.editor.labels)
        self._show_volumes()
        self.display.show_confidence()
        self.display.update_colours()
        self.display.update_surface()
        self.update_actions()
        self.update_readout()

    def _read_confidence(self, opened: OpenedLabels) -> None:
        from brainstem_app.gui.document.confidence import read_confidence

        def done(confidence: NDArray | None) -> None:
            if self.labels is opened:
                self.confidence = confidence
                self.display.show_confidence()
                self.update_readout()
                self.update_actions()

        self.background.run(
            lambda: read_confidence(opened.path, opened.labels.grid),
            done,
            lambda error: self.message.emit(
                message_of_error(error, self.tr("The confidence cannot be read."))
            ),
        )

    # Views -------------------------------------------------------------------------------------------

    @property
    def has_views(self) -> bool:
        """Whether anything is open."""
        return self.made_views is not None and self.image is not None

    @property
    def views(self) -> LinkedViews:
        """The views; made when they are first needed, for they load pyqtgraph and NumPy."""
        if self.made_views is None:
            from brainstem_app.gui.review.linked_views import LinkedViews

            self.made_views = LinkedViews(self.background, self)
            self.made_views.set_convention(self.settings.convention)
            self.made_views.set_opacity(self.display_bar.opacity.value() / 100)
            self.made_views.crosshair_moved.connect(self._show_crosshair)
            self.made_views.pointed.connect(self._show_pointed)
            self.made_views.stroke_began.connect(self.editor.begin)
            self.made_views.stroke_moved.connect(self.editor.move)
            self.made_views.stroke_ended.connect(self.editor.end)
            self.made_views.surface.picked.connect(self._on_chosen)
            self.stack.addWidget(self.made_views)
        return self.made_views

    def focus_views(self) -> None:
        """Give the keys to the view looked at last."""
        if self.has_views and self.isVisible():
            self.views.main_view.setFocus()

    def set_convention(self, convention: Convention) -> None:
        """Put the patient's right or left at the left of the pictures."""
        self.display.set_convention(convention)

    def _on_chosen(self, label: int) -> None:
        """Show a structure, and paint it from now on."""
        self.structure_panel.select(label)
        self.editor.set_label(label)
        place = self.editor.place(label)
        if place is not None:
            self.views.go_to(place)

    def _go_to_first(self) -> None:
        """Show the largest nucleus, so that labels are on the screen at once."""
        if self.labels is None:
            return
        volumes = self.editor.volumes_mm3
        present = [s.index for s in self.labels.table.nuclei if volumes[s.index] > 0]
        if present:
            self._on_chosen(max(present, key=lambda label: volumes[label]))

    # Edits and comparison ----------------------------------------------------------------------------

    def _on_copied(self) -> None:
        self.views.set_labels(self.editor.labels)
        self.display.show_reference()
        self.update_readout()

    def _on_painted(self, box: tuple[Voxel, Voxel] | None) -> None:
        self.views.redraw_labels(box)
        self._volumes_soon.start() if not self._volumes_soon.isActive() else None
        self.display.update_surface_soon()
        self.update_readout()

    def _show_volumes(self) -> None:
        self.structure_panel.show_volumes(self.editor)

    def _on_brush(self) -> None:
        structure = self.structure_panel.model.structure(self.editor.label)
        if structure is None:
            self.edit_panel.show_structure("", "", "")
        else:
            self.edit_panel.show_structure(structure.name, structure.full_name, structure.colour)
            if self.editor.tool is Tool.BRUSH:
                self.structure_panel.model.show(structure.index)
        if self.made_views is not None:
            self.made_views.set_brush(self.editor.brush)

    def _on_state(self) -> None:
        self.update_actions()
        self.edited_changed.emit(self.editor.is_changed)

    def _on_compared(self, agreement: Agreement) -> None:
        self.compare_panel.show_agreement(agreement)
        self.structure_panel.show_dice(agreement.dice)

    # What is said ------------------------------------------------------------------------------------

    def update_actions(self) -> None:
        """Enable what can be done now."""
        editor = self.editor
        self.actions_.enable(
            scan=self.has_views,
            labels=editor.labels is not None,
            reference=self.comparison.reference is not None,
            confidence=self.confidence is not None,
            undo=editor.can_undo,
            redo=editor.can_redo,
            save=editor.is_changed and not editor.is_saving,
        )

    def place_text(self, voxel: Voxel) -> str:
        """Return what is at a voxel, in words."""
        if self.image is None:
            return ""
        table = None if self.labels is None else self.labels.table
        image = None if self.scan is None else self.image
        reference, ours = self.comparison.reference, self.editor.labels
        is_edited = ours is not None and self.labels.labels.label(voxel) != ours.label(voxel)
        return place_text(
            self.image.grid,
            voxel,
            image,
            table,
            (ours, None if reference is None else reference.labels),
            None if is_edited else self.confidence,
        )

    def _show_busy(self, text: str) -> None:
        self.empty_page.set_busy(text)
        self.readout.show_busy(text)

    def update_readout(self) -> None:
        """Say anew what lies below crosshair and pointer: labels, reference or confidence are others."""
        if self.has_views:
            self._show_crosshair(self.views.crosshair)
            self._show_pointed(self._pointed)

    def _show_crosshair(self, voxel: Voxel) -> None:
        text = self.place_text(voxel)
        self.readout.show_crosshair(text)
        self.crosshair.emit(text)

    def _show_pointed(self, voxel: Voxel | None) -> None:
        self._pointed = voxel
        text = "" if voxel is None else self.place_text(voxel)
        self.readout.show_pointed(text)
        self.pointed.emit(text)
