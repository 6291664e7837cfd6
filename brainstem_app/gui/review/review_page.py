"""Page Review: the views at the left; nuclei, comparison and corrections at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from brainstem_app.gui.actions import ActionRow, ActionTable
from brainstem_app.gui.controls import ScrolledColumn, page_layout
from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.document.document import Document
from brainstem_app.gui.review.compare_panel import ComparePanel
from brainstem_app.gui.review.document_views import DocumentViews
from brainstem_app.gui.review.edit_panel import EditPanel
from brainstem_app.gui.review.empty_page import EmptyPage
from brainstem_app.gui.review.layers_panel import LayersPanel
from brainstem_app.gui.review.readout import Readout
from brainstem_app.gui.review.results_bar import ResultsBar
from brainstem_app.gui.review.review_actions import review_keys, review_rows
from brainstem_app.gui.review.review_files import ReviewFiles
from brainstem_app.gui.review.tool_bar import DrawingBar
from brainstem_app.gui.review.unsaved_edits import UnsavedEdits
from brainstem_app.gui.review.view_bar import DisplayBar, LayoutBar
from brainstem_app.gui.review.view_menu import ViewMenu
from brainstem_app.gui.scans.result_line import ResultLine
from brainstem_app.gui.structures.structure_panel import StructurePanel
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.shortcut_overlay import ShortcutOverlay
from brainstem_app.gui.workflow.step_page import StepPage

if TYPE_CHECKING:
    from pathlib import Path

    from brainstem_app.gui.app_context import AppContext

_SIDE_WIDTH = 430


class ReviewPage(StepPage):
    """Looks at labels from every side, compares two label maps, corrects them.

    Attributes
    ----------
    document : Document
        What is shown.
    views : DocumentViews
        Draws it.
    results : ResultsBar
        Results to go through one after the other.
    files : ReviewFiles
        Opens and saves.
    commands : ActionTable
        What the page can do, for its buttons and for the window's menu.
    """

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.document = Document(context.settings, context.background, self, keeps_labels=True)
        self.views = DocumentViews(self.document, context.background, self)
        self.results = ResultsBar(self)
        self.files = ReviewFiles(context, self.document, self.results, self)
        folder = context.settings.kept_edits_folder
        self.kept = UnsavedEdits(self.document, folder, context.background, self)
        self.structure_panel = StructurePanel(self.document, self)
        self._has_side = True
        self.commands = ActionTable(
            [
                *review_rows(self.document, self.views, self.structure_panel, self.files, self._toggle_help),
                ActionRow(
                    "side",
                    "Panel at the right",
                    "F9",
                    self._show_side,
                    checked_when=lambda: self._has_side,
                    hint="Nuclei, images, comparison and tools beside the pictures",
                ),
            ],
            self,
            Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )
        self.compare_panel = ComparePanel(self.document, self.commands, self)
        self.menu = ViewMenu(self.document, self.views, self.commands)
        self.layers_panel = LayersPanel(self.document, self.commands, self)
        self.edit_panel = EditPanel(self.document, self.commands, self)
        self.empty_page = EmptyPage(self.commands, self)
        self.display_bar = DisplayBar(self.document, self.commands, self)
        self.result_line = ResultLine(self.document, self)
        self.readout = Readout(self.document, self.views, self)
        self._lay_out()
        self.help = ShortcutOverlay(review_keys(self.commands), self)
        self._connect()

    def _lay_out(self) -> None:
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty_page)
        self.stack.addWidget(self.views)
        layout_bar, middle = LayoutBar(self.commands, self), QWidget(self)
        row = QHBoxLayout(middle)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2)
        row.addWidget(DrawingBar(self.commands, self))
        row.addWidget(self.stack, 1)
        left = _column(self.results, layout_bar, middle, self.readout, self.display_bar, stretched=middle)
        side = _column(
            self.result_line,
            self.structure_panel,
            self.layers_panel,
            self.compare_panel,
            self.edit_panel,
            stretched=self.structure_panel,
        )
        self.side = ScrolledColumn(side, self)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        splitter.addWidget(left)
        splitter.addWidget(self.side)
        splitter.setStretchFactor(0, 1)
        splitter.setStretchFactor(1, 0)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([850, _SIDE_WIDTH])
        splitter.setHandleWidth(2 * SPACE)
        page_layout(self).addWidget(splitter)

    def _connect(self) -> None:
        document, editor = self.document, self.document.editor
        for told in (document.message, self.files.message, self.kept.message):
            told.connect(self.message)
        self.show_document(document)
        document.opener.busy.connect(self._show_busy)
        self.views.image_dropped.connect(self.files.ask_about_image)
        document.scan_wanted.connect(self.files.choose_scan)
        document.image_changed.connect(self._on_image)
        document.labels_shown.connect(self._on_labels)
        document.result_changed.connect(self._on_result)
        document.result_changed.connect(self.commands.refresh)
        self.files.corrected.written.connect(lambda _folder: document.read_result_again())
        document.replaced.connect(lambda: self.resolved.emit(""))
        document.comparison.changed.connect(lambda: self.resolved.emit("reference"))
        editor.state_changed.connect(self._on_edited)
        self.results.chosen.connect(self.files.open_result)
        document.opener.not_opened.connect(self._on_not_opened)
        brightness, first = self.display_bar.brightness, self.views.panes[Plane.AXIAL].view
        first.window_changed.connect(brightness.show_window)
        brightness.window_chosen.connect(first.set_window)
        brightness.auto_wanted.connect(first.reset_window)
        for signal in (
            document.image_changed,
            document.labels_changed,
            document.confidence_changed,
            document.shapes_changed,
            document.comparison.changed,
            document.display.changed,
            document.rulers.changed,
            document.layers.listed,
            editor.state_changed,
            editor.brush_changed,
            self.views.layout_changed,
            self.context.study.contents_changed,
            self.files.training_set.message,
        ):
            signal.connect(self.commands.refresh)

    def activate(self) -> None:
        """Give the keys to the views."""
        self._focus_views()

    def _show_side(self, is_shown: bool) -> None:
        """Show what stands beside the pictures, or give them its room."""
        self._has_side = is_shown
        self.side.setVisible(is_shown)
        self._focus_views()

    def _toggle_help(self) -> None:
        self.help.toggle()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is open."""
        return self.document.scan is None and self.document.labels is None

    def _on_image(self) -> None:
        self.stack.setCurrentWidget(self.views)
        if (image := self.document.image) is not None:
            self.display_bar.brightness.show_image(image, image.window)
        self._focus_views()

    def _on_labels(self) -> None:
        self.document.read_confidence()
        self.views.fit_labels()
        self._focus_views()
        self.document.choose_largest()

    def _on_result(self) -> None:
        """Mark the result that is shown in the list to go through; labels of no result end the list."""
        result = self.document.result
        if result is not None and result.is_segmentation:
            self.results.show_result(result.folder)
        elif result is not None:
            self.results.offer(())

    def _on_not_opened(self, path: Path) -> None:
        """Let the ways through the list pass over a result that stays closed."""
        result = self.document.result
        self.results.pass_over(path, is_shown=result is not None and result.folder == path)

    def _on_edited(self) -> None:
        """Say in the navigation whether there are edits that no file holds."""
        is_edited = self.document.editor.is_changed
        if not is_edited:
            self.resolved.emit("edits")
        self.status.emit("not saved" if is_edited else "")

    def _focus_views(self) -> None:
        """Give the keys to the view looked at last."""
        if self.document.image is not None and self.isVisible():
            self.views.main_view.setFocus()

    def _show_busy(self, text: str) -> None:
        if text:
            self.resolved.emit("")
        self.empty_page.set_busy(text)
        self.readout.show_busy(text)


def _column(*widgets: QWidget, stretched: QWidget) -> QWidget:
    """Widgets below one another; one of them takes the room that is left."""
    column = QWidget()
    layout = QVBoxLayout(column)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    for widget in widgets:
        layout.addWidget(widget, int(widget is stretched))
    return column
