"""Page Segment: a scan and its labels at the left; model, structures and result at the right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from brainstem_app.gui.background import Reader
from brainstem_app.gui.controls import ScrolledColumn
from brainstem_app.gui.design.look import set_primary
from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.document.document import Document
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel
from brainstem_app.gui.scans.empty_state import EmptyState
from brainstem_app.gui.scans.scan_panel import ScanPanel
from brainstem_app.gui.segment.result_panel import ResultPanel
from brainstem_app.gui.segment.result_saver import ResultSaver
from brainstem_app.gui.segment.segment_panel import SegmentPanel
from brainstem_app.gui.segment.segmentation import Segmentation
from brainstem_app.gui.structures.structure_panel import StructurePanel
from brainstem_app.gui.warm_up import read_structures
from brainstem_app.gui.workflow.step_page import StepPage

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.gui.segment.viewer_panel import ViewerPanel
    from brainstem_app.gui.viewer.slices import Voxel

_SIDE_WIDTH, _LEAST_SIDE_WIDTH = 470, 410
#: Of the picture and of what is found, where they lie below each other.
_LEAST_HEIGHTS = 280, 420


class SegmentPage(StepPage):
    """Segments the open scan, and shows what came of it.

    Attributes
    ----------
    document : Document
        What is shown.

    Signals
    -------
    pointed(str), crosshair(str)
        Texts for the status line.
    changed
        What can be done now may be something else.
    """

    pointed = Signal(str)
    crosshair = Signal(str)
    changed = Signal()

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._viewer: ViewerPanel | None = None
        self._earlier = Reader(context.background, in_turn=False, what="the results of the study")
        self.document = Document(context.settings, context.background, self)
        self.segmentation = Segmentation(context.jobs, self)
        self.saver = ResultSaver(self.document, context.background, self)
        self.empty_state = EmptyState(self)
        self.scan_panel = ScanPanel(self.document, self)
        self.segment_panel = SegmentPanel(context.settings, self)
        self.structure_panel = StructurePanel(self.document, self)
        self.result_panel = ResultPanel(self.document, self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty_state)
        panels = QWidget(self)
        column = QVBoxLayout(panels)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACE)
        column.addWidget(self.scan_panel)
        column.addWidget(self.segment_panel)
        column.addWidget(self.structure_panel, 1)
        scroll = ScrolledColumn(panels, self)
        self._side = side = QWidget(self)
        side.setMinimumWidth(_LEAST_SIDE_WIDTH)
        below = QVBoxLayout(side)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(scroll, 1)
        below.addWidget(self.result_panel)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.addWidget(self.stack)
        self.splitter.addWidget(side)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setStretchFactor(1, 0)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.setHandleWidth(2 * SPACE)
        self.splitter.setSizes([800, _SIDE_WIDTH])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        layout.addWidget(self.splitter)

    def fit_room(self, room: QSize) -> None:
        """Put what is found below the picture where both have no room beside each other."""
        # The margins of the page, and the handle between both.
        around = 3 * 2 * SPACE
        is_beside = room.width() >= self.stack.minimumSizeHint().width() + _LEAST_SIDE_WIDTH + around
        if is_beside == (self.splitter.orientation() is Qt.Orientation.Horizontal):
            return
        self.splitter.setOrientation(Qt.Orientation.Horizontal if is_beside else Qt.Orientation.Vertical)
        picture, side = (0, 0) if is_beside else _LEAST_HEIGHTS
        self.stack.setMinimumHeight(picture)
        self._side.setMinimumHeight(side)
        self.splitter.setSizes([800, _SIDE_WIDTH] if is_beside else list(_LEAST_HEIGHTS))

    def _connect(self) -> None:
        document, panel, models = self.document, self.segment_panel, self.context.models
        document.message.connect(self.message)
        self.show_document(document)
        study = self.context.study
        for signal in (study.opened, study.contents_changed):
            signal.connect(self._show_place)
        document.opener.busy.connect(self._show_busy)
        document.image_changed.connect(self._on_image)
        document.labels_changed.connect(self._list_structures)
        document.labels_shown.connect(self._on_labels)
        document.opened.connect(self.changed)
        for widget in (self.empty_state, panel, self.result_panel):
            widget.command_requested.connect(self.command_requested)
        panel.segment_requested.connect(self.segment)
        panel.models.currentIndexChanged.connect(lambda _place: self._list_structures())
        models.changed.connect(lambda: panel.set_models(models.models))
        models.changed.connect(self._list_structures)
        self.segmentation.segmented.connect(self._on_segmented)
        self.segmentation.simulated.connect(document.opener.open_scan)
        self.segmentation.message.connect(self.message)
        document.result_changed.connect(self._show_primary)
        self.segmentation.running_changed.connect(self._on_running)
        self.saver.message.connect(self.message)
        for signal in (models.changed, document.result_changed, self.segmentation.running_changed):
            signal.connect(self.changed)

    # What is shown -----------------------------------------------------------------------------------

    def _on_image(self) -> None:
        scan = self.document.scan
        errors = [] if scan is None else [f for f in scan.findings if f.level.value == "error"]
        refusal = "This scan cannot be segmented; the red lines above say why." if errors else ""
        self.segment_panel.set_scan(scan is not None, refusal)
        self.stack.setCurrentWidget(self.viewer)
        self._show_primary()
        self._show_place()
        self._show_job()

    @property
    def results_folder(self) -> Path:
        """Folder that results of the open scan go to: the open study's, or else that of the settings."""
        return self.segment_panel.place.folder

    def _show_place(self) -> None:
        self.segment_panel.place.show_study(self.context.study.results_folder)

    def _show_primary(self) -> None:
        """Let what comes next stand out: to segment, or to review what was found."""
        has_scan, has_result = self.document.scan is not None, self.document.result is not None
        set_primary(self.segment_panel.start_button, has_scan and not has_result)
        self.segment_panel.set_result(has_result)

    def _on_labels(self) -> None:
        self.viewer.fit_labels()
        self.document.choose_largest()

    def _list_structures(self) -> None:
        """List the structures that the chosen model will find, while there are no labels."""
        document, model = self.document, self.segment_panel.chosen
        if document.labels is not None:
            return

        def show(table: LabelTable) -> None:
            is_wanted = document.labels is None and model == self.segment_panel.chosen
            if is_wanted and not document.structures.shows(table):
                document.structures.set_table(table)

        self.context.background.run(lambda: read_structures(model), show, lambda _error: None)

    def _show_busy(self, text: str) -> None:
        if text:
            self.resolved.emit("")
        self.empty_state.set_busy(text)
        self.pointed.emit(text)

    def show_drop_target(self, shown: bool) -> None:
        """Highlight the place to drop a scan on."""
        self.empty_state.set_target(shown)

    # Jobs --------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Segment the open scan, if there is one that can be."""
        if self.can_segment:
            self.segment()

    @property
    def can_segment(self) -> bool:
        """Whether there is a scan to segment, a model to do it, and no job about it yet."""
        panel = self.segment_panel
        return self.document.scan is not None and panel.can_start and bool(panel.model) and self.job is None

    def segment(self) -> None:
        """Segment the open scan; ask first where the study holds a result that somebody has worked on."""
        path, panel = self.document.scan_path, self.segment_panel
        if path is None or panel.chosen is None:
            return
        model, outputs, card = panel.model, panel.outputs, panel.chosen.card
        results, study = self.context.settings.results_folder, self.context.study.folder

        def begin() -> None:
            self.segmentation.segment(path, model, outputs, results, study)

        def look(study: Path) -> str:
            from brainstem_app.gui.segment.earlier_results import results_worked_on

            return results_worked_on(path, card, study)

        def ask(what: str) -> None:
            if not what:
                begin()
                return
            actions = (MessageAction("Segment again", begin), MessageAction("Keep it", lambda: None))
            question = Message(
                MessageLevel.QUESTION, what, str(path), actions=actions, owner="again", is_of_page=True
            )
            self.message.emit(question)

        if study is None or outputs.bids:
            begin()
            return
        self._earlier.read(lambda: look(study), ask, lambda _error: begin(), where=(study,))

    def simulate(self) -> None:
        """Make a simulated scan and open it."""
        self.segmentation.simulate(self.context.settings.results_folder)

    @property
    def job(self) -> QueuedJob | None:
        """The job about the scan that is open, or about the one that is being made."""
        return self.segmentation.job_of(self.document.scan_path) or self.segmentation.simulation

    def cancel(self) -> None:
        """Stop the job that is shown."""
        if self.job is not None:
            self.job.cancel()

    def _on_running(self, running: bool) -> None:
        if running:
            self.resolved.emit("")
        self.status.emit("running" if running else "")
        self._show_job()

    def _show_job(self) -> None:
        """Show how far the job about what is open has come."""
        job, simulation = self.job, self.segmentation.simulation
        self.empty_state.set_buttons_enabled(simulation is None)
        in_middle = job is not None and job is simulation and self.stack.currentWidget() is self.empty_state
        for progress, shown in (
            (self.empty_state.progress, job if in_middle else None),
            (self.segment_panel.progress, None if in_middle else job),
        ):
            if shown is None:
                progress.leave()
            else:
                first = "Making a scan…" if shown is simulation else "Starting…"
                progress.follow(shown, first)
        self.segment_panel.set_running(job is not None and not in_middle)

    def _on_segmented(self, folder: Path, scan: Path, seconds: float) -> None:
        what = f"{scan.name} is segmented ({seconds:.0f} s)."
        actions = [MessageAction("Open folder", lambda: self.saver.open_path(folder))]
        if self.document.scan_path == scan:
            self.document.open_result(folder)
        else:
            show = MessageAction("Show it", lambda: self.document.open_result(folder))
            actions.insert(0, show)
        self.message.emit(Message(MessageLevel.INFO, what, str(folder), actions=tuple(actions)))

    # Viewer ------------------------------------------------------------------------------------------

    @property
    def viewer(self) -> ViewerPanel:
        """The viewer; made when it is first needed, for it loads pyqtgraph and NumPy."""
        if self._viewer is None:
            from brainstem_app.gui.segment.viewer_panel import ViewerPanel

            self._viewer = ViewerPanel(self.document, self)
            self._viewer.view.pointed.connect(self._show_pointed)
            self._viewer.view.place_changed.connect(self._show_crosshair)
            self.stack.addWidget(self._viewer)
            self._show_crosshair()
        return self._viewer

    @property
    def has_viewer(self) -> bool:
        """Whether the viewer is shown."""
        return self._viewer is not None and self.stack.currentWidget() is self._viewer

    def _show_crosshair(self) -> None:
        image = self.document.image
        if image is not None:
            x, y, z = image.grid.world_mm(self.viewer.view.crosshair)
            place = f"x {x:.1f}  y {y:.1f}  z {z:.1f} mm"
            self.crosshair.emit(f"Crosshair {place}")

    def _show_pointed(self, voxel: Voxel | None) -> None:
        self.pointed.emit("" if voxel is None else self.document.place_text(voxel))
