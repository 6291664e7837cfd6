"""Page Report: what there is at the left, its numbers at the right, and the ways to take them away."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.background import Reader
from brainstem_app.gui.controls import faint_label, fill_side_by_side, make_button, make_search, make_switch
from brainstem_app.gui.design.empty_hint import HintOrContent
from brainstem_app.gui.design.look import set_icon, set_primary
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.report.export import ReportExport
from brainstem_app.gui.report.report_content import ReportContent
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind, count_of
from brainstem_app.gui.report.report_list import ReportList
from brainstem_app.gui.report.report_search import FoundReports, ReportSearch
from brainstem_app.gui.report.report_view import ReportView
from brainstem_app.gui.row_menu import RowMenu
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.gui.workflow.step_page import StepPage
from brainstem_app.jobs.job import EvaluateRunJob
from brainstem_app.written_files import BEST_NETWORK

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.gui.report.change_panel import ChangePanel
    from brainstem_app.gui.report.cohort_panel import CohortPanel
    from brainstem_app.gui.report.comparison_panel import ComparisonPanel
    from brainstem_app.gui.report.retest_panel import RetestPanel

_LIST_WIDTH = 300
_Panel = TypeVar("_Panel", bound="ComparisonPanel")


class ReportPage(StepPage):
    """Shows the reports of the study and of the segmentations."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.content: ReportContent | None = None
        self._search, self._wanted = ReportSearch(), ""
        self._known: tuple[ReportEntry, ...] | None = None  # None until all are found
        self._reader = Reader(context.background, what="the list of reports")
        self._reading = Reader(context.background, what="the report")
        self.list = ReportList(self)
        self.list.chosen_changed.connect(self._on_chosen)
        for signal in (self.list.itemClicked, self.list.itemActivated):
            signal.connect(lambda _item: self._show_report())
        self.left = faint_label(self, name="What is being looked for")
        self.left.hide()
        self.report = ReportView(self)
        self.model, self.lines, self.notes = self.report.model, self.report.lines, self.report.notes
        self.progress = JobProgress(self)
        self.export = ReportExport(context, self)
        self.export.message.connect(self.message)
        self._make_buttons()
        self._lay_out()
        context.study.opened.connect(self._on_study)
        context.study.contents_changed.connect(self.read)
        context.jobs.added.connect(lambda _job: self._update())
        context.jobs.changed.connect(self._on_job_changed)
        self._on_study()

    def _make_buttons(self) -> None:
        self.measure_button = make_button(
            self,
            "&Measure the run",
            "Label every test subject with the run's network, and compare with the reference",
            self.measure,
        )
        self.open_button = self._button(
            "&Open the report",
            "Open the page in the browser, as it will be exported",
            lambda entry: self.export.open(entry.page),
        )
        self.pdf_button = self._button(
            "&PDF",
            "Open the pages as they will be exported and printed",
            lambda entry: self.export.open(entry.pdf),
        )
        self.export_button = self._button(
            "&Export…",
            "Save a copy as HTML, PDF, CSV, XLSX or JSON",
            lambda entry: self.export.choose_target(entry),
            "download",
        )
        set_primary(self.export_button)
        self.folder_button = self._button(
            "Fol&der",
            "All files of the report",
            lambda entry: self.export.open(entry.folder),
        )
        self.review_button = self._button(
            "Re&view",
            "Look at the labels from every side, and correct them",
            lambda entry: self.review_requested.emit((entry.folder,)),
        )
        self.cohort_button = make_switch(
            self,
            "Compare gro&ups of people…",
            "Volumes of the nuclei of many people, by group, from their segmentations",
            lambda _on: self._show_panel(self.cohort_button),
        )
        set_icon(self.cohort_button, "users")
        self.retest_button = make_switch(
            self,
            "Measure repeata&bility…",
            "How well the volumes repeat themselves, from two segmentations of each person",
            lambda _on: self._show_panel(self.retest_button),
        )
        set_icon(self.retest_button, "repeat")
        self.change_button = make_switch(
            self,
            "Change over t&ime…",
            "How much the brainstem of a person changes in a year, from several scans",
            lambda _on: self._show_panel(self.change_button),
        )
        set_icon(self.change_button, "chart-line")
        self._panels: dict[QPushButton, Callable[[], ComparisonPanel]] = {
            self.cohort_button: lambda: self.cohort,
            self.retest_button: lambda: self.retest,
            self.change_button: lambda: self.change,
        }

    # The panels are half of the page: each is made when it is first asked for.

    @cached_property
    def cohort(self) -> CohortPanel:
        """Panel of groups of people."""
        from brainstem_app.gui.report.cohort_panel import CohortPanel

        return self._taken_in(CohortPanel(self.context, self))

    @cached_property
    def retest(self) -> RetestPanel:
        """Panel of repeated scans."""
        from brainstem_app.gui.report.retest_panel import RetestPanel

        return self._taken_in(RetestPanel(self.context, self))

    @cached_property
    def change(self) -> ChangePanel:
        """Panel of change over time."""
        from brainstem_app.gui.report.change_panel import ChangePanel

        return self._taken_in(ChangePanel(self.context, self))

    def _taken_in(self, panel: _Panel) -> _Panel:
        panel.message.connect(self.message)
        panel.resolved.connect(self.resolved)
        panel.finished.connect(lambda folder: self._read_again(folder.name))
        self.right.addWidget(panel)
        return panel

    def _lay_out(self) -> None:
        of_report = (self.folder_button, self.pdf_button, self.open_button, self.export_button)
        RowMenu(self.list, (self.measure_button, self.review_button, *of_report))
        buttons = QHBoxLayout()
        buttons.addWidget(self.measure_button)
        buttons.addWidget(self.review_button)
        buttons.addStretch(1)
        for button in of_report:
            buttons.addWidget(button)
        self.view = QWidget(self)
        column = QVBoxLayout(self.view)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.report, 1)
        column.addWidget(self.progress)
        column.addLayout(buttons)
        self.shown = HintOrContent("file-text", self.view, self.export_button, self)
        self.shown.pressed.connect(lambda: self.step_requested.emit(StepName.SEGMENT))
        self.right = QStackedWidget(self)
        self.right.addWidget(self.shown)
        left = QWidget(self)
        beside = QVBoxLayout(left)
        beside.setContentsMargins(0, 0, 0, 0)
        hint = "Shows only the reports whose name or model holds this text"
        self.search = make_search(self, "Find a report", hint, lambda text: self.list.seek(text))
        beside.addWidget(self.search)
        beside.addWidget(self.list, 1)
        beside.addWidget(self.left)
        for button in self._panels:
            beside.addWidget(button)
        fill_side_by_side(self, left, self.right, (_LIST_WIDTH, 830))

    def _button(
        self, text: str, hint: str, slot: Callable[[ReportEntry], None], icon: str = ""
    ) -> QPushButton:
        """Make a button that does something with the chosen report."""
        return make_button(self, text, hint, lambda: None if self.chosen is None else slot(self.chosen), icon)

    # What there is -----------------------------------------------------------------------------------

    def activate(self) -> None:
        """Look for reports again."""
        self.read()

    def read(self) -> None:
        """Look for the reports of the study and of the segmentations, while the page is looked at."""
        study, settings = self.context.study.folder, self.context.settings
        results, opened = settings.results_folders, settings.recent_results
        if self.isVisible():
            where = (study, results, opened)
            self._look(lambda: self._search.find(study, *results, opened=opened), where)

    def _look(self, function: Callable[[], FoundReports], where: Hashable) -> None:
        def failed(error: BaseException) -> None:
            self._show_emptiness()
            self.message.emit(message_of_error(error, "The reports cannot be listed.", "list"))

        study, settings = self.context.study.folder, self.context.settings
        places = (study, *settings.results_folders, *settings.recent_results)
        self._reader.read(function, lambda found: self._show_found(found, where), failed, where, places)
        self._show_emptiness()

    @property
    def entries(self) -> tuple[ReportEntry, ...]:
        """Reports of the list."""
        return self.list.entries

    def _show_found(self, found: FoundReports, where: Hashable) -> None:
        """Show the reports that are known, and look for the rest."""
        self.resolved.emit("list")
        if found.left and not self._reader.is_reading and self.isVisible():
            self._look(lambda: self._search.find_more(found), where)
        entries, is_all = found.entries, not self._reader.is_reading
        if not is_all and len(entries) < len(self.entries):
            return  # they were all known before; those that have gone since are taken off at the end
        if is_all:
            self._known = entries
            self._tell_panel()
        self.list.show_entries(entries)
        count = count_of(entries)
        self.status.emit(count)
        self.left.setText(f"{count}; still looking…" if count else "Still looking…")
        self.left.setVisible(not is_all)
        if entries:
            self.shown.show_content()
            self._choose(entries, is_all=is_all)
        else:
            self._show_emptiness()

    def _choose(self, entries: tuple[ReportEntry, ...], *, is_all: bool) -> None:
        """Mark the report that was looked at last, or the first one that was measured."""
        # A change over time is named by its folder, in which each person has a report.
        folders = (e.folder for e in entries if self._wanted in (e.name, e.folder.parent.name, str(e.folder)))
        if self._wanted and (folder := next(folders, None)):
            self._wanted = ""
            self.list.choose(str(folder))
        elif self.chosen is None and (is_all or not self._wanted):
            self.list.choose(str(next((entry for entry in entries if entry.files), entries[0]).folder))

    def _show_emptiness(self) -> None:
        """Say why no report is shown, if none is."""
        if self.entries:
            return
        if self._reader.is_reading:
            self.shown.show_hint("Looking for reports…")
            return
        self._show(None)
        words = "Segmented scans and trained networks have their reports here."
        self.shown.show_hint(words, "Segment a scan")

    def _on_study(self) -> None:
        """Show nothing of the study before; what was chosen in this one is chosen again."""
        self._wanted = self.context.study.workspace.choices.get("report", "")
        self._reader.forget()
        self._known = None
        self.list.show_entries(())
        self.status.emit("")
        self._show(None)
        self._show_emptiness()
        self.read()

    def _on_chosen(self, entry: ReportEntry) -> None:
        self._wanted = ""
        # The name goes with a study that is copied or moved; several results of elsewhere may share one.
        is_only = sum(other.name == entry.name for other in self.entries) == 1
        self.context.study.remember_choice("report", entry.name if is_only else str(entry.folder))
        self.report.show_reading()

        def read() -> tuple[ReportContent, tuple[QImage, ...]]:
            from brainstem_app.gui.report.read_report import read_report  # it loads what draws charts

            content = read_report(entry)
            return content, tuple(QImage(str(path)) for path in content.pictures)

        self._reading.read(
            read,
            lambda found: self._show(*found) if self.chosen == entry else None,
            lambda error: self.message.emit(message_of_error(error, "The report cannot be read.", "read")),
            where=(entry.folder,),
        )

    @property
    def chosen(self) -> ReportEntry | None:
        """The report that is marked."""
        return self.list.chosen

    def _show(self, content: ReportContent | None, pictures: tuple[QImage, ...] = ()) -> None:
        self.content = content
        self.resolved.emit("read")
        self.report.show_content(content, pictures)
        self._update()

    def _show_panel(self, button: QPushButton) -> None:
        """Show what a button is for in place of the report, or the report again."""
        if button.isChecked():
            for other in self._panels.keys() - {button}:
                other.setChecked(False)
            panel = self._panels[button]()
            self.right.setCurrentWidget(panel)
            self._tell_panel()
            panel.focus_first()
        elif self._shown_panel is None:
            self.right.setCurrentWidget(self.shown)

    def _tell_panel(self) -> None:
        """Offer all reports in the panel that is looked at: it takes time to list and read thousands."""
        panel = self._shown_panel
        if panel is not None and self._known is not None:
            panel.set_entries(self._known)

    def _show_report(self) -> None:
        for button in self._panels:
            button.setChecked(False)

    @property
    def _shown_panel(self) -> ComparisonPanel | None:
        return next((panel() for button, panel in self._panels.items() if button.isChecked()), None)

    # Measuring ---------------------------------------------------------------------------------------

    def run(self) -> None:
        """Measure the chosen run, compare the ticked people, or measure repeatability."""
        panel = self._shown_panel
        (self.measure_button if panel is None else panel.start_button).click()

    def measure(self) -> None:
        """Measure the chosen run on the test subjects."""
        entry, folder = self.chosen, self.context.study.folder
        if entry is not None and folder is not None and entry.kind is ReportKind.RUN:
            measuring = EvaluateRunJob(study=folder, run=entry.name)
            job = self.context.jobs.submit(measuring, study=folder, item=entry.name)
            if job is not None:
                job.ended.connect(lambda _outcome: self._read_again(entry.name))
                self.progress.follow(job, "Starting…")

    def _read_again(self, name: str) -> None:
        self._show_report()
        self._wanted = name
        self.read()

    def _on_job_changed(self, job: QueuedJob) -> None:
        """List what a segmentation has made also while this page is looked at; it is of no study."""
        if job.record.kind == "segment" and job.state.is_over:
            self.read()
        self._update()

    def _update(self) -> None:
        entry, folder = self.chosen, self.context.study.folder
        run = entry if entry is not None and entry.kind is ReportKind.RUN else None
        busy = run is not None and self.context.jobs.find("evaluate-run", folder, item=run.name) is not None
        self.measure_button.setVisible(run is not None)
        self.measure_button.setEnabled(run is not None and not busy and (run.folder / BEST_NETWORK).exists())
        self.open_button.setEnabled(entry is not None and entry.page is not None)
        self.pdf_button.setVisible(entry is not None and entry.pdf is not None)
        self.export_button.setEnabled(entry is not None and bool(entry.files))
        self.folder_button.setEnabled(entry is not None)
        self.review_button.setVisible(entry is not None and entry.kind is ReportKind.SEGMENTATION)
