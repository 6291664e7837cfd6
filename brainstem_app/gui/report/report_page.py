"""Page Report: what there is at the left, its numbers at the right, and the ways to take them away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QStackedWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.counting import counted
from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.controls import fill_side_by_side, make_button, make_search, make_switch
from brainstem_app.gui.design.empty_hint import HintOrContent
from brainstem_app.gui.design.look import colours_of, set_icon, set_primary
from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.report.change_panel import ChangePanel
from brainstem_app.gui.report.cohort_panel import CohortPanel
from brainstem_app.gui.report.comparison_panel import ComparisonPanel
from brainstem_app.gui.report.export import ReportExport
from brainstem_app.gui.report.report_content import ReportContent
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind, find_reports
from brainstem_app.gui.report.report_view import ReportView
from brainstem_app.gui.report.retest_panel import RetestPanel
from brainstem_app.gui.row_menu import RowMenu
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.gui.workflow.step_page import StepPage
from brainstem_app.jobs.job import EvaluateRunJob

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.queued_job import QueuedJob

_ENTRY_ROLE = Qt.ItemDataRole.UserRole
_LIST_WIDTH, _LEAST_LIST_WIDTH = 300, 200


class ReportPage(StepPage):
    """Shows the reports of the study and of the segmentations."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.content: ReportContent | None = None
        self.list = self._list()
        self.report = ReportView(self)
        self.model, self.lines, self.notes = self.report.model, self.report.lines, self.report.notes
        self.progress = JobProgress(self)
        self.cohort, self.retest = CohortPanel(context, self), RetestPanel(context, self)
        self.change = ChangePanel(context, self)
        for panel in (self.cohort, self.retest, self.change):
            panel.message.connect(self.message)
            panel.resolved.connect(self.resolved)
            panel.finished.connect(lambda folder: self._read_again(folder.name))
        self.export = ReportExport(context, self)
        self.export.message.connect(self.message)
        self._make_buttons()
        self._lay_out()
        context.study.opened.connect(lambda: self._show(None))
        context.study.contents_changed.connect(self.read)
        context.jobs.added.connect(lambda _job: self._update())
        context.jobs.changed.connect(self._on_job_changed)
        self._show_nothing()
        self.read()

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
        self._panels = {
            self.cohort_button: self.cohort,
            self.retest_button: self.retest,
            self.change_button: self.change,
        }

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
        for panel in self._panels.values():
            self.right.addWidget(panel)
        left = QWidget(self)
        beside = QVBoxLayout(left)
        beside.setContentsMargins(0, 0, 0, 0)
        hint = "Shows only the reports whose name or model holds this text"
        self.search = make_search(self, "Find a report", hint, lambda _text: self._narrow())
        beside.addWidget(self.search)
        beside.addWidget(self.list, 1)
        for button in self._panels:
            beside.addWidget(button)
        fill_side_by_side(self, left, self.right, (_LIST_WIDTH, 830))

    def _button(
        self, text: str, hint: str, slot: Callable[[ReportEntry], None], icon: str = ""
    ) -> QPushButton:
        """Make a button that does something with the chosen report."""
        return make_button(self, text, hint, lambda: None if self.chosen is None else slot(self.chosen), icon)

    def _list(self) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setColumnCount(2)
        tree.setHeaderLabels(["Report", "Model"])
        tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        tree.header().resizeSection(1, tree.fontMetrics().horizontalAdvance("brainstem31 5  ") + 2 * SPACE)
        tree.header().setStretchLastSection(False)
        least = tree.indentation() + tree.fontMetrics().horizontalAdvance("sub-sim01_T1w…  ")
        tree.header().setMinimumSectionSize(least)
        tree.setAccessibleName("Reports")
        tree.setAccessibleDescription("Choosing one shows its numbers beside the list.")
        tree.setMinimumWidth(_LEAST_LIST_WIDTH)
        tree.setRootIsDecorated(False)
        tree.currentItemChanged.connect(lambda item, _before: self._on_chosen(item))
        for signal in (tree.itemClicked, tree.itemActivated):
            signal.connect(lambda _item: self._show_report())
        return tree

    # What there is -----------------------------------------------------------------------------------

    def activate(self) -> None:
        """Look for reports again."""
        self.read()

    def read(self) -> None:
        """Look for the reports of the study and of the segmentations."""
        study, results = self.context.study.folder, self.context.settings.results_folders
        self.context.background.run(
            lambda: find_reports(study, *results),
            self._show_entries,
            lambda error: self.message.emit(message_of_error(error, "The reports cannot be listed.", "list")),
        )

    @property
    def entries(self) -> tuple[ReportEntry, ...]:
        """Reports of the list."""
        groups = (self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount()))
        return tuple(
            group.child(row).data(0, _ENTRY_ROLE)
            for group in groups
            if group is not None
            for row in range(group.childCount())
        )

    def choose(self, name: str) -> None:
        """Choose the report of a run, comparison or result folder."""
        for item in self.list.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive):
            if item.data(0, _ENTRY_ROLE) is not None:
                self.list.setCurrentItem(item)
                return

    def _show_entries(self, entries: tuple[ReportEntry, ...]) -> None:
        self.resolved.emit("list")
        for panel in self._panels.values():
            panel.set_entries(entries)
        if entries == self.entries and entries:
            return
        titles = {
            ReportKind.RUN: "Runs of the study",
            ReportKind.COMPARISON: "Comparisons",
            ReportKind.COHORT: "Groups of people",
            ReportKind.RETEST: "Repeatability",
            ReportKind.CHANGE: "Change over time",
            ReportKind.SEGMENTATION: "Segmentations",
        }
        chosen = self.context.study.workspace.choices.get("report", "")
        with QSignalBlocker(self.list):
            self.list.clear()
            for kind, title in titles.items():
                group = QTreeWidgetItem(self.list, [title])
                group.setFlags(Qt.ItemFlag.ItemIsEnabled)
                for entry in entries:
                    if entry.kind is kind:
                        self._add_item(group, entry)
                group.setExpanded(True)
        self._narrow()
        count = sum(bool(entry.files) for entry in entries)
        self.status.emit(counted(count, "report") if entries else "")
        names = [entry.name for entry in entries]
        if names:
            self.shown.show_content()
            measured = next((entry.name for entry in entries if entry.files), names[0])
            # A change over time is named by its folder, in which each person has a report.
            wanted = (entry.name for entry in entries if chosen in (entry.name, entry.folder.parent.name))
            self.choose(next(wanted, measured))
        else:
            self._show_nothing()

    def _narrow(self) -> None:
        """Show the reports that hold what is looked for, and no empty group."""
        text = self.search.text().casefold()
        for group in self.list.findItems("", Qt.MatchFlag.MatchContains):
            items = [group.child(place) for place in range(group.childCount())]
            for item in items:
                item.setHidden(text not in f"{item.text(0)}\n{item.text(1)}".casefold())
            group.setHidden(all(item.isHidden() for item in items))

    def _show_nothing(self) -> None:
        self._show(None)
        words = "Segmented scans and trained networks have their reports here."
        self.shown.show_hint(words, "Segment a scan")

    def _add_item(self, group: QTreeWidgetItem, entry: ReportEntry) -> None:
        item = QTreeWidgetItem(group, [entry.name])
        item.setData(0, _ENTRY_ROLE, entry)
        item.setToolTip(0, str(entry.folder))
        if entry.model is None:
            item.setFirstColumnSpanned(True)
            return
        words = [entry.model.title]
        if entry.model.mean_iou is None:
            words.append(entry.model.accuracy)
        if entry.is_edited or entry.is_corrected:
            words.append("edited" if entry.is_edited else "corrected")
        if entry.is_rejected:
            words.append("rejected")
        names_model = "/" in entry.name and len(words) > 1  # in a study: whose it is, and the model
        item.setText(1, ", ".join(words[names_model:]))
        item.setToolTip(1, f"Model {entry.model.title}, {entry.model.accuracy}")
        if len(words) > 1:
            item.setForeground(1, QColor(colours_of(self).fair))

    def _on_chosen(self, item: QTreeWidgetItem | None) -> None:
        entry = None if item is None else item.data(0, _ENTRY_ROLE)
        if entry is None:
            return
        self.context.study.remember_choice("report", entry.name)
        self.report.show_reading()

        def read() -> tuple[ReportContent, tuple[QImage, ...]]:
            from brainstem_app.gui.report.read_report import read_report  # it loads what draws charts

            content = read_report(entry)
            return content, tuple(QImage(str(path)) for path in content.pictures)

        self.context.background.run(
            read,
            lambda found: self._show(*found) if self.chosen == entry else None,
            lambda error: self.message.emit(message_of_error(error, "The report cannot be read.", "read")),
        )

    @property
    def chosen(self) -> ReportEntry | None:
        """The report that is marked."""
        item = self.list.currentItem()
        entry: ReportEntry | None = None if item is None else item.data(0, _ENTRY_ROLE)
        return entry

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
            self.right.setCurrentWidget(self._panels[button])
            self._panels[button].focus_first()
        elif self._shown_panel is None:
            self.right.setCurrentWidget(self.shown)

    def _show_report(self) -> None:
        for button in self._panels:
            button.setChecked(False)

    @property
    def _shown_panel(self) -> ComparisonPanel | None:
        return next((panel for button, panel in self._panels.items() if button.isChecked()), None)

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
        self.context.study.remember_choice("report", name)
        self.list.clear()
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
        self.measure_button.setEnabled(run is not None and not busy and (run.folder / "best.keras").exists())
        self.open_button.setEnabled(entry is not None and entry.page is not None)
        self.pdf_button.setVisible(entry is not None and entry.pdf is not None)
        self.export_button.setEnabled(entry is not None and bool(entry.files))
        self.folder_button.setEnabled(entry is not None)
        self.review_button.setVisible(entry is not None and entry.kind is ReportKind.SEGMENTATION)
