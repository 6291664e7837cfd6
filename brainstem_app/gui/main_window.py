"""Main window: the steps at the left, the page of one of them, messages in place, the jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMenu, QWidget

from brainstem_app.counting import counted
from brainstem_app.gui.actions import ActionRow, ActionTable
from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.cut_texts import tell_cut_texts
from brainstem_app.gui.design.look import design
from brainstem_app.gui.jobs.jobs_panel import JobsPanel
from brainstem_app.gui.messages.banners import Banners
from brainstem_app.gui.messages.message_bar import MessageBar
from brainstem_app.gui.plain_labels import show_labels_as_they_are
from brainstem_app.gui.review.review_actions import REVIEW_MENU
from brainstem_app.gui.segment.many_scans import ManyScans
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.steady_focus import keep_focus_steady
from brainstem_app.gui.viewer.shortcut_overlay import ShortcutOverlay
from brainstem_app.gui.warm_up import import_plots
from brainstem_app.gui.wheel_guard import guard_wheel
from brainstem_app.gui.window.closing import Closing
from brainstem_app.gui.window.drop_window import DropWindow
from brainstem_app.gui.window.file_commands import FileCommands
from brainstem_app.gui.window.opening import Opening
from brainstem_app.gui.window.restoring import Restoring
from brainstem_app.gui.window.screen_fit import keep_on_screen, resize_to_fit
from brainstem_app.gui.window.settings_dialog import SettingsDialog
from brainstem_app.gui.window.side_windows import SideWindows
from brainstem_app.gui.window.status_line import StatusLine
from brainstem_app.gui.window.window_actions import (
    MENUS,
    OPEN_MENU,
    RECENT,
    file_rows,
    step_rows,
    view_rows,
    window_keys,
)
from brainstem_app.gui.workflow.page_stack import STEPS, PageStack, ScrolledPage
from brainstem_app.gui.workflow.rail import Rail
from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.gui.review.review_page import ReviewPage
    from brainstem_app.gui.scans.scans_page import ScansPage
    from brainstem_app.gui.workflow.step_page import StepPage

_FIRST_SIZE = QSize(1320, 840)


class MainWindow(DropWindow):
    """The main window of the program: makes the parts, and connects them.

    Parameters
    ----------
    settings : WindowSettings
        What was remembered from the last time.

    Attributes
    ----------
    context : AppContext
        What the pages are given.
    pages : PageStack
    commands : ActionTable
        What menus, tool bar and keys do.
    """

    def __init__(self, settings: WindowSettings) -> None:
        super().__init__()
        guard_wheel()
        show_labels_as_they_are()
        tell_cut_texts()
        keep_focus_steady()
        design().want(settings.preferences.look.look)
        import_plots()
        self._key_sheet: ShortcutOverlay | None = None
        self.context = context = AppContext.made(settings, self)
        self.message_bar = MessageBar(self)
        self.pages = PageStack(context, self)
        self.segment_page = self.pages.segment
        self.rail = Rail(STEPS, self)
        self.step_bar = self.rail.steps
        self.jobs_panel = JobsPanel(context.jobs, self)
        self.opening = Opening(context, self.pages, self)
        self.many_scans = ManyScans(context, self)
        self.files = FileCommands(context, self.opening, self.pages, self.many_scans, self)
        self._lay_out()
        self.jobs_dock = self._dock(self.jobs_panel)
        status = StatusLine(self.message_bar, self)
        self.pointed, self.crosshair, self.job_count = status.pointed, status.crosshair, status.job_count
        self.setStatusBar(status)
        self.beside = SideWindows(context, lambda: self.current_step, self)
        self.commands = self._made_commands()
        self._fill_menus()
        self.closing = Closing(context, self.pages, self)
        self.banners = Banners(context, self.many_scans, self)
        self.restoring = Restoring(context, self.pages, self.opening, self)
        self._connect()
        self._connect_page(StepName.SEGMENT, self.segment_page)
        self._restore()
        self._show_title()

    def _lay_out(self) -> None:
        central = QWidget(self)
        layout = QHBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.rail)
        layout.addWidget(self.pages, 1)
        self.setCentralWidget(central)

    def _dock(self, panel: JobsPanel) -> QDockWidget:
        dock = QDockWidget("Jobs", self)
        dock.setObjectName("jobs_dock")
        dock.setWidget(ScrolledPage(panel, dock))
        dock.setFeatures(QDockWidget.DockWidgetFeature.DockWidgetClosable)
        self.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        dock.hide()
        return dock

    def _connect(self) -> None:
        context, segment, files = self.context, self.segment_page, self.files
        context.messages.said.connect(self.message_bar.show_message)
        context.messages.over.connect(lambda owners: self.message_bar.clear(*owners))
        self.many_scans.step_requested.connect(self.show_step)
        self.many_scans.review_requested.connect(self.opening.review_results)
        self.jobs_panel.review_requested.connect(self.opening.review_results)
        self.jobs_panel.count_changed.connect(self.job_count.setText)
        self.opening.step_wanted.connect(self.show_step)
        files.job_shown.connect(self.show_job)
        files.command_requested.connect(self.commands.run)
        segment.pointed.connect(self.pointed.setText)
        segment.crosshair.connect(self.crosshair.setText)
        segment.document.opened.connect(self._show_title)
        self.dropped.connect(self.opening.open_paths)
        self.drag_over.connect(self._show_drop_target)
        self.step_bar.chosen.connect(self._on_chosen)
        self.pages.made.connect(self._connect_page)
        self.pages.shown.connect(self._on_shown)
        self.rail.folded.connect(lambda folded: setattr(context.settings, "rail_is_folded", folded))
        context.settings.changed.connect(lambda name: self._show_look() if name == "look" else None)
        context.jobs.changed.connect(self._on_job_changed)
        context.study.opened.connect(self._show_title)
        context.study.contents_changed.connect(self._show_counts)
        study = context.study
        of_segment = (segment.changed, segment.document.display.changed)
        for signal in (*of_segment, study.opened, study.contents_changed):
            signal.connect(self.commands.refresh)

    def _restore(self) -> None:
        settings = self.context.settings
        resize_to_fit(self, _FIRST_SIZE)
        if not settings.geometry.isEmpty():
            self.restoreGeometry(settings.geometry)
            resize_to_fit(self, self.size())
        if not settings.splitter.isEmpty():
            self.segment_page.splitter.restoreState(settings.splitter)
        self.rail.want_folded(settings.rail_is_folded)
        self.pages.show_step(StepName.SCANS)

    # Actions -----------------------------------------------------------------------------------------

    def _made_commands(self) -> ActionTable:
        own = [
            ActionRow("quit", "&Quit", "Ctrl+Q", self.close),
            ActionRow("settings", "Se&ttings…", "Ctrl+,", self._show_settings),
            ActionRow("jobs", "&Jobs", "Ctrl+J", self.show_jobs),
            *self.beside.rows(self.show_help),
        ]
        return ActionTable(
            [
                *file_rows(self.context, self.files, self.opening, self.segment_page),
                *step_rows(self.pages, self.show_step),
                *view_rows(self.segment_page),
                *own,
            ],
            self,
        )

    def _fill_menus(self) -> None:
        self.recent = QMenu("&Recent", self)
        self.recent.aboutToShow.connect(lambda: self.opening.fill_recent(self.recent))
        for title, entries in MENUS.items():
            menu = self._last_menu = self.menuBar().addMenu(title)
            self.commands.fill(menu, (self.recent if entry == RECENT else entry for entry in entries))
        self.open_menu = self.commands.fill(
            QMenu("Open", self), (self.recent if one == RECENT else one for one in OPEN_MENU)
        )
        for header in self.pages.headers.values():
            header.set_menu(self.open_menu)

    # Steps -------------------------------------------------------------------------------------------

    @property
    def current_step(self) -> StepName:
        """The step on the screen."""
        return self.pages.step

    def page(self, step: StepName) -> StepPage:
        """Page of a step; made when it is first asked for."""
        return self.pages.page(step)

    @property
    def scans(self) -> ScansPage:
        """The page Scans."""
        return self.pages.scans

    @property
    def review(self) -> ReviewPage | None:
        """The page Review; None before it was first shown."""
        return self.pages.review

    def show_step(self, step: StepName) -> None:
        """Go to a step, and take up there what was open the last time."""
        before = self.current_step
        self.pages.show_step(step)
        self.opening.arrive(step, before)
        self.context.study.remember(step=step.value)

    def _on_chosen(self, step: StepName) -> None:
        self.context.messages.clear("")  # what nobody owns was said of what the user did last
        self.show_step(step)

    def _on_shown(self, step: StepName) -> None:
        # A key of two actions does nothing: while Review is on the screen its keys are its own.
        review = self.review
        is_review = review is not None and step is StepName.REVIEW
        self.commands.give_way(review.commands.keys if is_review and review is not None else ())
        self.step_bar.show_step(step)
        if step in (StepName.REVIEW, StepName.REPORT, StepName.QUALITY):
            self.banners.look_at_results()
        self.message_bar.show_page(step)
        for label in (self.pointed, self.crosshair):
            label.setVisible(step is StepName.SEGMENT)

    def _connect_page(self, step: StepName, page: StepPage) -> None:
        self.banners.take_page(step, page)
        if hasattr(self, "open_menu"):
            self.pages.headers[step].set_menu(self.open_menu)
        page.status.connect(lambda text: self.step_bar.set_status(step, text))
        page.step_requested.connect(self.show_step)
        page.log_requested.connect(self.show_log)
        page.view_requested.connect(self.opening.view)
        page.review_requested.connect(self.opening.review_results)
        page.command_requested.connect(self.commands.run)
        if step is StepName.SCANS:
            self.scans.segment_requested.connect(self.files.choose_batch)
        elif step is StepName.REVIEW and self.review is not None:
            menu = self.review.commands.fill(QMenu("&Review", self), REVIEW_MENU)
            self.menuBar().insertMenu(self._last_menu.menuAction(), menu)
            self.opening.follow(self.review)

    # After the first paint ---------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Load what is heavy once the window is on the screen."""
        super().showEvent(event)
        QTimer.singleShot(0, self, lambda: keep_on_screen(self))
        self.restoring.begin()
        self.beside.tell_of_update()

    def open_path(self, path: Path) -> None:
        """Open a study, a scan, a folder of scans, a result folder or a label map."""
        self.opening.open_path(path)

    def _show_counts(self) -> None:
        """Say in the navigation what the study holds, for steps that were not shown yet."""
        contents = self.context.study.contents
        prepared, runs = (0, 0) if contents is None else (contents.n_finished, len(contents.runs))
        if not self.pages.has(StepName.PREPARE):
            text = f"{prepared} prepared" if prepared else ""
            self.step_bar.set_status(StepName.PREPARE, text)
        if not self.pages.has(StepName.TRAIN):
            self.step_bar.set_status(StepName.TRAIN, counted(runs, "run") if runs else "")

    # Jobs --------------------------------------------------------------------------------------------

    def show_jobs(self) -> None:
        """Show the panel of jobs, or hide it."""
        shown = self.jobs_dock.isHidden()
        self.jobs_dock.setVisible(shown)
        if shown:
            self.jobs_panel.table.setFocus()

    def show_job(self, job: QueuedJob) -> None:
        """Show how far a job is."""
        self.jobs_dock.show()
        self.jobs_panel.select(job)

    def show_log(self, job: QueuedJob) -> None:
        """Show what a job has printed."""
        self.show_job(job)
        self.jobs_panel.log_button.setChecked(True)

    def _on_job_changed(self, job: QueuedJob) -> None:
        record, study = job.record, self.context.study
        if record.state.is_over and record.study and record.study == str(study.folder):
            study.refresh()
        if record.kind == "export-model" and record.state == "finished":
            self.context.models.read()

    # What the window says ----------------------------------------------------------------------------

    def show_help(self) -> None:
        """Show what mouse and keys do, or hide it again."""
        if self._key_sheet is None:
            self._key_sheet = ShortcutOverlay(window_keys(self.commands), self.centralWidget())
        self._key_sheet.toggle()

    def _show_settings(self) -> None:
        SettingsDialog(self.context.settings, self).open()

    def _show_title(self) -> None:
        scan, folder = self.segment_page.document.scan_path, self.context.study.folder
        parts = ["" if path is None else path.name for path in (scan, folder)]
        self.setWindowTitle(" – ".join([*(part for part in parts if part), "Brainstem App"]))

    def _show_drop_target(self, shown: bool) -> None:
        for page in (self.segment_page, self.scans):
            page.show_drop_target(shown)

    def _show_look(self) -> None:
        design().want(self.context.settings.preferences.look.look)
        self.pages.show_looks()
        self._on_shown(self.current_step)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Fold the names of the steps where the pages need the room."""
        super().resizeEvent(event)
        self.rail.set_width_of_window(self.width())

    # Closing -----------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ask in place if a job runs; else remember the window and go."""
        if not self.closing.may_close():
            event.ignore()
            return
        self.save_all()
        self.context.jobs.leave_running()
        self.context.background.wait()
        self.closing.forget_edits()
        super().closeEvent(event)

    def save_without_asking(self) -> None:
        """Save what can be saved: the program is ended from outside, and nobody can be asked."""
        self.closing.save_edits_without_asking()
        self.save_all()

    def save_all(self) -> None:
        """Write down where the window and the work are."""
        settings = self.context.settings
        settings.geometry = self.saveGeometry()
        if self.segment_page.splitter.orientation() is Qt.Orientation.Horizontal:
            settings.splitter = self.segment_page.splitter.saveState()
        self.context.study.save()
