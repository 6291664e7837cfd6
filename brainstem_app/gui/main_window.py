"""The window: the steps at the left, the page of one of them, messages in place, the jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.counting import counted
from brainstem_app.gui.background import Background
from brainstem_app.gui.closing import Closing
from brainstem_app.gui.drop_window import DropWindow
from brainstem_app.gui.file_commands import FileCommands
from brainstem_app.gui.jobs.job_queue import JobQueue
from brainstem_app.gui.jobs.jobs_panel import JobsPanel
from brainstem_app.gui.key_sheet import key_groups
from brainstem_app.gui.menus import WindowActions
from brainstem_app.gui.messages.banners import Banners
from brainstem_app.gui.messages.message_bar import MessageBar
from brainstem_app.gui.opening import Opening
from brainstem_app.gui.plain_labels import show_labels_as_they_are
from brainstem_app.gui.restoring import Restoring
from brainstem_app.gui.screen_fit import keep_on_screen, resize_to_fit
from brainstem_app.gui.segment.many_scans import ManyScans
from brainstem_app.gui.segment.segment_page import SegmentPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.status_line import StatusLine
from brainstem_app.gui.study.open_study import OpenStudy
from brainstem_app.gui.theme import style_anew
from brainstem_app.gui.view_commands import ViewCommands
from brainstem_app.gui.viewer.shortcut_overlay import ShortcutOverlay
from brainstem_app.gui.warm_up import import_plots
from brainstem_app.gui.wheel_guard import guard_wheel
from brainstem_app.gui.workflow.page_stack import PageStack, ScrolledPage
from brainstem_app.gui.workflow.pages import STEPS, make_page
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.gui.workflow.step_bar import StepBar
from brainstem_app.gui.workflow.step_page import AppContext, StepPage

if TYPE_CHECKING:
    from brainstem_app.gui.review.review_step import ReviewStep
    from brainstem_app.gui.scans.scans_page import ScansPage

_FIRST_SIZE = QSize(1320, 840)


class MainWindow(DropWindow):
    """The main window of the program.

    Parameters
    ----------
    settings : WindowSettings
        What was remembered from the last time.
    """

    def __init__(self, settings: WindowSettings) -> None:
        super().__init__()
        guard_wheel()
        show_labels_as_they_are()
        import_plots()
        self._settings = settings
        self._key_sheet: ShortcutOverlay | None = None
        self.background = Background(self)
        self.context = AppContext(
            settings,
            self.background,
            OpenStudy(settings, self.background, self),
            JobQueue(settings, self.background, self),
        )
        self.message_bar = MessageBar(self)
        self.segment_page = SegmentPage(settings, self.background, self.context.jobs, self)
        self.step_bar = StepBar(STEPS, self)
        self._pages: dict[StepName, QWidget] = {StepName.SEGMENT: self.segment_page}
        self.stack = PageStack(self)
        self.stack.add_page(self.segment_page)
        self.files = FileCommands(self)
        self.view = ViewCommands(self)
        self.opening = Opening(self)
        self.many_scans = ManyScans(self.context, self)
        self._lay_out()
        self.jobs_panel = JobsPanel(self.context.jobs, self)
        self.jobs_dock = self._dock(self.jobs_panel)
        status = StatusLine(self)
        self.pointed, self.crosshair, self.job_count = status.pointed, status.crosshair, status.job_count
        self.setStatusBar(status)
        self.actions_ = WindowActions(self)
        self.actions_.show_convention(settings.convention)
        self.closing = Closing(self)
        self.banners = Banners(self)
        self.restoring = Restoring(self)
        self._connect()
        self._restore()
        self._show_title()
        self._update_actions()

    def _lay_out(self) -> None:
        central = QWidget(self)
        layout = QHBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        right = QVBoxLayout()
        right.setSpacing(0)
        right.addWidget(self.message_bar)
        right.addWidget(self.stack, 1)
        layout.addWidget(self.step_bar)
        layout.addLayout(right, 1)
        self.setCentralWidget(central)

    def _dock(self, panel: JobsPanel) -> QDockWidget:
        dock = QDockWidget(self.tr("Jobs"), self)
        dock.setObjectName("jobs_dock")
        dock.setWidget(ScrolledPage(panel, dock))
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        dock.hide()
        return dock

    def _connect(self) -> None:
        step, context = self.segment_page, self.context
        self.many_scans.step_requested.connect(self.show_step)
        self.many_scans.review_requested.connect(self.opening.review_results)
        self.jobs_panel.review_requested.connect(self.opening.review_results)
        step.pointed.connect(self.pointed.setText)
        step.crosshair.connect(self.crosshair.setText)
        step.scan_changed.connect(self._on_scan_changed)
        step.result_changed.connect(self._update_actions)
        step.convention_changed.connect(self.view.set_convention)
        step.segmentation.running_changed.connect(self._on_running)
        step.empty_state.open_requested.connect(self.files.choose_scan)
        step.empty_state.folder_requested.connect(self.files.choose_folder)
        step.segment_panel.file_requested.connect(self.files.choose_model)
        self._show_results_folder()
        step.segment_panel.place.open_requested.connect(self.files.open_results_folder)
        step.segment_panel.place.change_requested.connect(self.files.choose_results_folder)
        step.result_panel.review_requested.connect(self.opening.review_result)
        step.result_panel.open_report_requested.connect(self.files.open_report)
        step.result_panel.save_labels_requested.connect(self.files.choose_labels_target)
        step.result_panel.save_report_requested.connect(self.files.choose_report_target)
        self.dropped.connect(self.opening.open_paths)
        self.drag_over.connect(self._show_drop_target)
        self.step_bar.chosen.connect(self.show_step)
        self.jobs_panel.count_changed.connect(self.job_count.setText)
        context.jobs.changed.connect(self._on_job_changed)
        context.study.opened.connect(self._on_study_opened)
        context.study.contents_changed.connect(self._show_counts)

    def _restore(self) -> None:
        resize_to_fit(self, _FIRST_SIZE)
        if not self._settings.geometry.isEmpty():
            self.restoreGeometry(self._settings.geometry)
            resize_to_fit(self, self.size())
        if not self._settings.splitter.isEmpty():
            self.segment_page.splitter.restoreState(self._settings.splitter)
        self._show_page(StepName.SCANS)

    # Steps -------------------------------------------------------------------------------------------

    @property
    def current_step(self) -> StepName:
        """The step on the screen."""
        return next(step for step, page in self._pages.items() if page is self.stack.page)

    def page(self, step: StepName) -> QWidget:
        """Page of a step; made when it is first asked for."""
        if step not in self._pages:
            page = make_page(step, self.context, self)
            self.banners.take_page(step, page)
            page.step_requested.connect(self.show_step)
            page.log_requested.connect(self.show_log)
            page.status.connect(lambda text: self.step_bar.set_status(step, text))
            self._pages[step] = page
            self.stack.add_page(page)
            self._connect_page(step, page)
        return self._pages[step]

    def has_page(self, step: StepName) -> bool:
        """Whether the page of a step has been made."""
        return step in self._pages

    @property
    def scans(self) -> ScansPage:
        """The page Scans."""
        return self.page(StepName.SCANS)

    @property
    def review(self) -> ReviewStep | None:
        """The step Review; None before it was first shown."""
        page = self._pages.get(StepName.REVIEW)
        return None if page is None else page.step

    def show_step(self, step: StepName) -> None:
        """Go to a step, and take up there what was open the last time."""
        before = self.current_step
        self._show_page(step)
        self.opening.arrive(step, before)
        self.context.study.remember(step=step.value)

    def _show_page(self, step: StepName) -> None:
        page = self.page(step)
        self.stack.show_page(page)
        self.actions_.show_review(step is StepName.REVIEW)
        self.step_bar.show_step(step)
        self.message_bar.show_page(step)
        for label in (self.pointed, self.crosshair):
            label.setVisible(step is StepName.SEGMENT)
        if isinstance(page, StepPage):
            page.activate()

    def _connect_page(self, step: StepName, page: StepPage) -> None:
        if step is StepName.REVIEW:
            self.actions_.add_review(page.step.actions_.groups())
            page.step.set_convention(self._settings.convention)
            page.step.convention_changed.connect(self.view.set_convention)
            self.opening.follow(page.step)
        if step is StepName.QUALITY:
            page.review_requested.connect(self.opening.review_results)
        if step is StepName.REPORT:
            page.review_requested.connect(lambda folder: self.opening.review_results((folder,)))
        if step is StepName.SCANS:
            page.open_requested.connect(self.files.choose_scan)
            page.folder_requested.connect(self.files.choose_folder)
            page.example_requested.connect(self.simulate)
            page.view_requested.connect(self.opening.view)
            page.segment_requested.connect(self.files.choose_batch)

    # After the first paint ---------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Load what is heavy once the window is on the screen."""
        super().showEvent(event)
        QTimer.singleShot(0, self, lambda: keep_on_screen(self))
        self.restoring.begin()

    def show_models(self, models: tuple[object, ...]) -> None:
        """Offer the models that were found."""
        self.segment_page.set_models(models)
        self._update_actions()

    # Opening -----------------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a study, a scan, a folder of scans, a result folder or a label map."""
        self.opening.open_path(path)

    def _on_study_opened(self) -> None:
        self._show_title()
        self._show_results_folder()
        self.actions_.fill_recent()

    def _show_results_folder(self) -> None:
        """Say in Segment where results go, and let them go there."""
        study = self.context.study
        self.segment_page.study = study.results_study
        is_of_study = study.results_study is not None
        self.segment_page.segment_panel.place.show_folder(study.results_folder, is_of_study=is_of_study)

    def _show_counts(self) -> None:
        """Say in the navigation what the study holds, for steps that were not shown yet."""
        self._show_results_folder()
        contents = self.context.study.contents
        prepared, runs = (0, 0) if contents is None else (contents.n_finished, len(contents.runs))
        if StepName.PREPARE not in self._pages:
            text = self.tr("{0} prepared").format(prepared) if prepared else ""
            self.step_bar.set_status(StepName.PREPARE, text)
        if StepName.TRAIN not in self._pages:
            self.step_bar.set_status(StepName.TRAIN, counted(runs, self.tr("run")) if runs else "")

    # Jobs --------------------------------------------------------------------------------------------

    def start_step(self) -> None:
        """Start what the step on the screen is for: prepare, train, compare, segment, measure."""
        page = self.stack.page
        if isinstance(page, StepPage):
            page.run()
        elif self.actions_.segment.isEnabled():
            self.segment()

    def segment(self) -> None:
        """Segment the open scan."""
        self.show_step(StepName.SEGMENT)
        self.segment_page.segment()

    def simulate(self) -> None:
        """Make a simulated scan and open it."""
        self.show_step(StepName.SEGMENT)
        self.segment_page.simulate()

    def cancel_job(self) -> None:
        """Ask the job about the open scan to stop."""
        self.segment_page.cancel()

    def show_jobs(self) -> None:
        """Show the panel of jobs, or hide it."""
        shown = self.jobs_dock.isHidden()
        self.jobs_dock.setVisible(shown)
        if shown:
            self.jobs_panel.table.setFocus()

    def show_job(self, job: object) -> None:
        """Show how far a job is."""
        self.jobs_dock.show()
        self.jobs_panel.select(job)

    def show_log(self, job: object) -> None:
        """Show what a job has printed."""
        self.show_job(job)
        self.jobs_panel.log_button.setChecked(True)

    def _on_running(self, running: bool) -> None:
        self._update_actions()
        self.step_bar.set_status(StepName.SEGMENT, self.tr("running") if running else "")

    def _on_job_changed(self, job: object) -> None:
        record = job.record
        if record.state.is_over and record.study and record.study == str(self.context.study.folder):
            self.context.study.refresh()
        if record.kind == "export-model" and record.state == "finished":
            self.restoring.read_models()

    # What the window says ----------------------------------------------------------------------------

    def show_help(self) -> None:
        """Show what mouse and keys do, or hide it again."""
        if self._key_sheet is None:
            self._key_sheet = ShortcutOverlay(key_groups(self), self.centralWidget())
        self._key_sheet.toggle()

    def _on_scan_changed(self) -> None:
        self._show_title()
        self._update_actions()

    def _show_title(self) -> None:
        scan, folder = self.segment_page.scan, self.context.study.folder
        parts = [scan.path.name if scan is not None else "", folder.name if folder is not None else ""]
        self.setWindowTitle(" – ".join([*(part for part in parts if part), self.tr("Brainstem App")]))

    def _update_actions(self) -> None:
        step = self.segment_page
        self.actions_.enable(
            scan=step.scan is not None and step.segment_panel.can_start,
            viewer=step.has_viewer,
            result=step.result is not None,
            report=step.result is not None and bool(step.result.reports),
            running=step.job is not None,
            model=bool(step.segment_panel.model),
        )

    def _show_drop_target(self, shown: bool) -> None:
        self.segment_page.empty_state.set_target(shown)
        self.scans.empty_state.set_target(shown)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the desktop when it goes from light to dark, or back."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            QTimer.singleShot(0, self, lambda: style_anew(self))

    # Closing -----------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ask in place if a job runs; else remember the window and go."""
        if not self.closing.may_close():
            event.ignore()
            return
        self.save_all()
        self.context.jobs.leave_running()
        self.background.wait()
        super().closeEvent(event)

    def save_all(self) -> None:
        """Write down where the window and the work are."""
        self._settings.geometry = self.saveGeometry()
        self._settings.splitter = self.segment_page.splitter.saveState()
        self.context.study.save()
