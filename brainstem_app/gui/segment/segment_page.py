"""The step Segment: a scan and its labels at the left; model, structures and result at the right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from brainstem_app.gui.background import Background
from brainstem_app.gui.document.opened import OpenedLabels, OpenedResult, OpenedScan, ResultFiles
from brainstem_app.gui.document.scan_opener import ScanOpener
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel
from brainstem_app.gui.scans.empty_state import EmptyState
from brainstem_app.gui.scans.scan_panel import ScanPanel
from brainstem_app.gui.segment.result_panel import ResultPanel
from brainstem_app.gui.segment.result_saver import ResultSaver
from brainstem_app.gui.segment.segment_panel import SegmentPanel
from brainstem_app.gui.segment.segmentation import Segmentation
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.structures.structure_panel import StructurePanel
from brainstem_app.gui.warm_up import read_structures

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.gui.jobs.job_queue import JobQueue
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.gui.segment.viewer_panel import ViewerPanel
    from brainstem_app.gui.viewer.volume import Voxel

_SIDE_WIDTH = 470


class SegmentPage(QWidget):
    """One page of the window.

    Signals
    -------
    message(object)
        A `Message` to show in place.
    pointed(str), crosshair(str)
        Texts for the status line.
    convention_changed(object)
        The user chose another `Convention` below the picture.
    scan_changed, result_changed
        Another scan or result is open (or none).
    """

    message = Signal(object)
    pointed = Signal(str)
    crosshair = Signal(str)
    convention_changed = Signal(object)
    scan_changed = Signal()
    result_changed = Signal()

    def __init__(
        self,
        settings: WindowSettings,
        background: Background,
        jobs: JobQueue,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._background = background
        self.scan: OpenedScan | None = None
        self.labels: OpenedLabels | None = None
        self.result: ResultFiles | None = None
        #: Folder of the open study, which results go to.
        self.study: Path | None = None
        self._viewer: ViewerPanel | None = None
        self.opener = ScanOpener(background, self)
        self.segmentation = Segmentation(jobs, self)
        self.saver = ResultSaver(background, self)
        self.empty_state = EmptyState(self)
        self.scan_panel = ScanPanel(self)
        self.segment_panel = SegmentPanel(settings.outputs, self)
        self.structure_panel = StructurePanel(self)
        self.result_panel = ResultPanel(self)
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty_state)
        panels = QWidget(self)
        column = QVBoxLayout(panels)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.scan_panel)
        column.addWidget(self.segment_panel)
        column.addWidget(self.structure_panel, 1)
        scroll = QScrollArea(self)
        scroll.setWidget(panels)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        side = QWidget(self)
        side.setMinimumWidth(380)
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
        self.splitter.setSizes([800, _SIDE_WIDTH])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 4)
        layout.addWidget(self.splitter)

    def _connect(self) -> None:
        self.opener.scan_read.connect(self.show_scan)
        self.opener.labels_read.connect(self.show_labels)
        self.opener.result_read.connect(self.show_result)
        self.opener.failed.connect(self.message)
        self.opener.noted.connect(self.message)
        self.opener.busy.connect(self._show_busy)
        self.empty_state.example_requested.connect(self.simulate)
        self.segment_panel.segment_requested.connect(lambda _model: self.segment())
        self.segment_panel.models.currentIndexChanged.connect(lambda _place: self._list_structures())
        self.segmentation.segmented.connect(self._on_segmented)
        self.segmentation.simulated.connect(self._on_simulated)
        self.segmentation.message.connect(self.message)
        self.segmentation.running_changed.connect(lambda _running: self._show_job())
        self.segment_panel.outputs_changed.connect(self._remember_outputs)
        self.structure_panel.chosen.connect(self.go_to)
        self.structure_panel.model.visibility_changed.connect(self._update_colours)
        self.saver.message.connect(self.message)

    # Opening -----------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a scan, a DICOM folder, a result folder or a label map."""
        self.opener.open(path, None if self.scan is None else self.scan.path)

    def show_scan(self, scan: OpenedScan) -> None:
        """Show a scan that was read, without labels."""
        self.scan, self.labels = scan, None
        self.viewer.set_image(scan.image)
        self.scan_panel.show_scan(scan)
        self.structure_panel.show_volumes(None)
        self._list_structures()
        errors = [f for f in scan.findings if f.level.value == "error"]
        refusal = self.tr("This scan cannot be segmented; the red lines above say why.") if errors else ""
        self.segment_panel.set_scan(True, refusal)
        self._set_result(None)
        self.stack.setCurrentWidget(self.viewer)
        self._show_job()
        self.scan_changed.emit()

    def show_labels(self, labels: OpenedLabels) -> None:
        """Show a label map over the open scan, or alone if it does not belong to it."""
        if self.scan is None or not labels.labels.grid.matches(self.scan.image.grid):
            self._show_labels_alone(labels)
        self.labels = labels
        if self._is_new_table(labels.table):
            self.structure_panel.model.set_table(labels.table)
        self.structure_panel.show_volumes(labels)
        self.viewer.set_labels(labels.labels)
        self._update_colours()
        self._set_result(ResultFiles(folder=labels.path.parent, labels=labels.path))
        self.viewer.fit_labels()
        self._go_to_first()

    def show_result(self, opened: OpenedResult) -> None:
        """Show a segmentation: its scan, its labels, its report."""
        if opened.scan is not None:
            self.show_scan(opened.scan)
        self.show_labels(opened.labels)
        self._set_result(opened.files)
        if opened.findings:
            self.scan_panel.show_findings(opened.findings)

    def _show_labels_alone(self, labels: OpenedLabels) -> None:
        from brainstem_app.gui.viewer.volume import empty_image

        had_scan = self.scan is not None
        self.scan = self.labels = None
        self.viewer.set_image(empty_image(labels.labels.grid))
        self.scan_panel.show_missing(self.tr("Labels without their scan"))
        self.segment_panel.set_scan(False)
        self.stack.setCurrentWidget(self.viewer)
        self._show_job()
        self.scan_changed.emit()
        what = (
            self.tr("These labels do not lie on the grid of the scan that was open, so they are shown alone.")
            if had_scan
            else self.tr("These labels are shown without their scan.")
        )
        fix = self.tr("Open the scan they were made from, then the labels again.")
        self.message.emit(Message(MessageLevel.WARNING, what, str(labels.path), fix, is_of_page=True))

    # Jobs --------------------------------------------------------------------------------------------

    def segment(self) -> None:
        """Segment the open scan."""
        if self.scan is not None:
            panel = self.segment_panel
            self.segmentation.segment(
                self.scan.path, panel.model, panel.outputs, self._settings.results_folder, self.study
            )

    def simulate(self) -> None:
        """Make a simulated scan and open it."""
        self.segmentation.simulate(self._settings.results_folder)

    @property
    def job(self) -> QueuedJob | None:
        """The job about the scan that is open, or about the one that is being made."""
        scan = None if self.scan is None else self.scan.path
        return self.segmentation.job_of(scan) or self.segmentation.simulation

    def cancel(self) -> None:
        """Stop the job that is shown."""
        if self.job is not None:
            self.job.cancel()

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
                first = self.tr("Making a scan…") if shown is simulation else self.tr("Starting…")
                progress.follow(shown, first)
        self.segment_panel.set_running(job is not None and not in_middle)

    def _on_segmented(self, folder: Path, scan: Path, seconds: float) -> None:
        what = self.tr("{0} is segmented ({1:.0f} s).").format(scan.name, seconds)
        action = MessageAction(self.tr("Open folder"), lambda: self.saver.open_path(folder))
        if self.scan is not None and self.scan.path == scan:
            self.opener.open_result(folder, scan)
        else:
            open_scan = None if self.scan is None else self.scan.path
            show = MessageAction(self.tr("Show it"), lambda: self.opener.open_result(folder, open_scan))
            self.message.emit(Message(MessageLevel.INFO, what, str(folder), actions=(show, action)))
            return
        self.message.emit(Message(MessageLevel.INFO, what, str(folder), actions=(action,)))

    def _on_simulated(self, scan: Path) -> None:
        self.opener.open_scan(scan)

    def _list_structures(self) -> None:
        """List the structures that the chosen model will find, while there are no labels."""
        model = self.segment_panel.chosen

        def show(table: LabelTable) -> None:
            if self.labels is None and model == self.segment_panel.chosen and self._is_new_table(table):
                self.structure_panel.model.set_table(table)

        self._background.run(lambda: read_structures(model), show, lambda _error: None)

    def set_models(self, models: tuple[object, ...]) -> None:
        """Offer the models that were found."""
        self.segment_panel.set_models(models)
        self._list_structures()

    def _remember_outputs(self) -> None:
        self._settings.outputs = self.segment_panel.outputs

    # Results -----------------------------------------------------------------------------------------

    def _set_result(self, result: ResultFiles | None) -> None:
        self.result = self.saver.result = result
        self.result_panel.show_result(result)
        self.scan_panel.result.show_result(result)
        self.result_changed.emit()

    # Viewer ------------------------------------------------------------------------------------------

    @property
    def viewer(self) -> ViewerPanel:
        """The viewer; made when it is first needed, for it loads pyqtgraph and NumPy."""
        if self._viewer is None:
            from brainstem_app.gui.segment.viewer_panel import ViewerPanel

            self._viewer = ViewerPanel(self._settings.opacity, self._settings.convention, self)
            self._viewer.opacity_changed.connect(self._remember_opacity)
            self._viewer.convention_changed.connect(self._remember_convention)
            self._viewer.view.pointed.connect(self._show_pointed)
            self._viewer.view.place_changed.connect(self._show_crosshair)
            self.stack.addWidget(self._viewer)
        return self._viewer

    @property
    def has_viewer(self) -> bool:
        """Whether the viewer is shown."""
        return self._viewer is not None and self.stack.currentWidget() is self._viewer

    def go_to(self, label: int) -> None:
        """Show the slice that holds most of a structure."""
        place = None if self.labels is None else self.labels.labels.places.get(label)
        if place is not None:
            self.viewer.view.set_crosshair(place)

    def _go_to_first(self) -> None:
        """Show the largest nucleus, so that labels are on the screen at once."""
        if self.labels is None:
            return
        volumes = self.labels.labels.volumes_mm3
        present = [s.index for s in self.labels.table.nuclei if volumes[s.index] > 0]
        if present:
            self.go_to(max(present, key=lambda label: volumes[label]))

    def _is_new_table(self, table: LabelTable) -> bool:
        return not self.structure_panel.model.shows(table)

    def _update_colours(self) -> None:
        if self._viewer is not None:
            from brainstem_app.gui.viewer.overlay import colour_table

            model = self.structure_panel.model
            self._viewer.view.set_colours(colour_table(model.colours, model.visible))

    def _remember_opacity(self, value: int) -> None:
        self._settings.opacity = value

    def _remember_convention(self, convention: object) -> None:
        self._settings.convention = convention
        self.convention_changed.emit(convention)

    def _show_busy(self, text: str) -> None:
        self.empty_state.set_busy(text)
        self.pointed.emit(text)

    def _show_crosshair(self) -> None:
        place = self.viewer.image.grid.world_mm(self.viewer.view.crosshair)
        self.crosshair.emit(self.tr("Crosshair {0}").format(_mm(place)))

    def _show_pointed(self, voxel: Voxel | None) -> None:
        if voxel is None:
            self.pointed.emit("")
            return
        image = self.viewer.image
        words = [_mm(image.grid.world_mm(voxel))]
        if self.labels is not None:
            structure = self.structure_panel.model.structure(self.labels.labels.label(voxel))
            if structure is not None:
                words.append(f"{structure.name}: {structure.full_name}")
        if self.scan is not None:
            words.append(self.tr("intensity {0:.4g}").format(image.intensity(voxel)))
        self.pointed.emit("   ·   ".join(words))


def _mm(point: tuple[float, float, float]) -> str:
    x, y, z = point
    return f"x {x:.1f}  y {y:.1f}  z {z:.1f} mm"
