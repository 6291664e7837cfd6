"""The step Report: what there is at the left, its numbers at the right, and the ways to take them away."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSortFilterProxyModel, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QPalette
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.controls import fill_side_by_side, make_button, make_sortable, make_table
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.report.report_content import ReportContent, read_report
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind, find_reports
from brainstem_app.gui.report.report_table import SORT_ROLE, ReportTable
from brainstem_app.gui.segment.save_copies import copy_whole
from brainstem_app.gui.workflow.step_page import StepPage, Workbench
from brainstem_app.jobs.job import EvaluateRunJob

_WIDEST = 240
_ENTRY_ROLE = Qt.ItemDataRole.UserRole


class ReportPage(StepPage):
    """Shows the reports of the study and of the segmentations."""

    def __init__(self, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(bench, parent)
        self.content: ReportContent | None = None
        self.list = self._list()
        self.title = QLabel(self)
        self.title.setAccessibleName(self.tr("Chosen report"))
        self.lines = QLabel(self)
        self.lines.setWordWrap(True)
        self.lines.setTextFormat(Qt.TextFormat.RichText)
        self.lines.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.lines.setAccessibleName(self.tr("Summary of the report"))
        self.notes = QLabel(self)
        self.notes.setWordWrap(True)
        self.notes.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self.notes.setAccessibleName(self.tr("What to know of these numbers"))
        self.model = ReportTable(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(SORT_ROLE)
        self.table = self._table()
        self.progress = JobProgress(self)
        self._lay_out()
        bench.study.opened.connect(lambda: self._show(None))
        bench.study.contents_changed.connect(self.read)
        bench.jobs.added.connect(lambda _job: self._update())
        bench.jobs.changed.connect(lambda _job: self._update())
        self._show(None)
        self.read()

    def _lay_out(self) -> None:
        self.measure_button = make_button(
            self,
            self.tr("&Measure on the test subjects"),
            self.tr("Label every test subject with the run's network, and compare with the reference"),
            self.measure,
        )
        self.open_button = make_button(
            self,
            self.tr("&Open the report"),
            self.tr("Open the page in the browser, as it will be exported"),
            self.open,
        )
        self.export_button = make_button(
            self,
            self.tr("&Export…"),
            self.tr("Save a copy as HTML, PDF, CSV, XLSX or JSON"),
            self.choose_target,
        )
        self.folder_button = make_button(
            self,
            self.tr("Open &folder"),
            self.tr("All files of the report"),
            lambda: self._open(self._folder()),
        )
        buttons = QHBoxLayout()
        buttons.addWidget(self.measure_button)
        buttons.addStretch(1)
        for button in (self.folder_button, self.open_button, self.export_button):
            buttons.addWidget(button)
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addWidget(self.lines)
        column.addWidget(self.table, 1)
        column.addWidget(self.notes)
        column.addWidget(self.progress)
        column.addLayout(buttons)
        fill_side_by_side(self, self.list, right, (270, 860))

    def _list(self) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setHeaderHidden(True)
        tree.setAccessibleName(self.tr("Reports"))
        tree.setAccessibleDescription(self.tr("Choosing one shows its numbers beside the list."))
        tree.setMinimumWidth(200)
        tree.setRootIsDecorated(False)
        tree.currentItemChanged.connect(lambda item, _before: self._on_chosen(item))
        return tree

    def _table(self) -> QTableView:
        table = make_table(
            self, self._sorted, self.tr("Numbers of the report"), self.tr("A click on a heading sorts.")
        )
        make_sortable(table)
        return table

    # What there is -----------------------------------------------------------------------------------

    def activate(self) -> None:
        """Look for reports again."""
        self.read()

    def read(self) -> None:
        """Look for the reports of the study and of the segmentations."""
        study, results = self.bench.study.folder, self.bench.settings.results_folder
        self.bench.background.run(
            lambda: find_reports(study, results),
            self._show_entries,
            lambda error: self.message.emit(
                message_of_error(error, self.tr("The reports cannot be listed."))
            ),
        )

    @property
    def entries(self) -> tuple[ReportEntry, ...]:
        """Reports of the list."""
        groups = (self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount()))
        return tuple(
            group.child(row).data(0, _ENTRY_ROLE) for group in groups for row in range(group.childCount())
        )

    def choose(self, name: str) -> None:
        """Choose the report of a run, comparison or result folder."""
        for item in self.list.findItems(name, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive):
            if item.data(0, _ENTRY_ROLE) is not None:
                self.list.setCurrentItem(item)
                return

    def _show_entries(self, entries: tuple[ReportEntry, ...]) -> None:
        if entries == self.entries and entries:
            return
        titles = {
            ReportKind.RUN: self.tr("Runs of the study"),
            ReportKind.COMPARISON: self.tr("Comparisons"),
            ReportKind.SEGMENTATION: self.tr("Segmentations"),
        }
        chosen = self.bench.study.workspace.choices.get("report", "")
        self.list.blockSignals(True)
        self.list.clear()
        for kind, title in titles.items():
            group = QTreeWidgetItem(self.list, [title])
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            for entry in entries:
                if entry.kind is kind:
                    item = QTreeWidgetItem(group, [entry.name])
                    item.setData(0, _ENTRY_ROLE, entry)
                    item.setToolTip(0, str(entry.folder))
            group.setHidden(not group.childCount())
            group.setExpanded(True)
        self.list.blockSignals(False)
        self.status.emit(
            self.tr("{0} reports").format(sum(bool(e.files) for e in entries)) if entries else ""
        )
        names = [entry.name for entry in entries]
        if names:
            measured = next((entry.name for entry in entries if entry.files), names[0])
            self.choose(chosen if chosen in names else measured)
        else:
            self._show(None)

    def _on_chosen(self, item: QTreeWidgetItem | None) -> None:
        entry = None if item is None else item.data(0, _ENTRY_ROLE)
        if entry is None:
            return
        self.bench.study.remember_choice("report", entry.name)
        self.bench.background.run(
            lambda: read_report(entry),
            lambda content: self._show(content) if self.chosen == entry else None,
            lambda error: self.message.emit(message_of_error(error, self.tr("The report cannot be read."))),
        )

    @property
    def chosen(self) -> ReportEntry | None:
        """The report that is marked."""
        item = self.list.currentItem()
        return None if item is None else item.data(0, _ENTRY_ROLE)

    def _show(self, content: ReportContent | None) -> None:
        self.content = content
        self.model.set_content(content)
        self.table.resizeColumnsToContents()
        for column in range(self.model.columnCount()):
            self.table.setColumnWidth(column, min(_WIDEST, self.table.columnWidth(column) + 4))
        header = self.table.horizontalHeader()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.table.setVisible(bool(content and content.rows))
        self.notes.setText("" if content is None else content.notes)
        self.notes.setVisible(bool(self.notes.text()))
        self.title.setText(f"<b>{content.entry.name}</b>" if content is not None else "")
        self.lines.setText(self._lines(content))
        self._update()

    def _lines(self, content: ReportContent | None) -> str:
        if content is None:
            return self.tr("No report yet: trained runs (Ctrl+3) and segmented scans (Ctrl+5) appear here.")
        if not content.entry.files:
            return self.tr("This run has not been measured yet.")
        rows = "".join(
            f"<tr><td>{what}&nbsp;&nbsp;</td><td>{value}</td></tr>" for what, value in content.lines
        )
        return f"<table>{rows}</table>"

    # Taking away -------------------------------------------------------------------------------------

    def run(self) -> None:
        """Measure the chosen run."""
        self.measure_button.click()

    def measure(self) -> None:
        """Measure the chosen run on the test subjects."""
        entry, folder = self.chosen, self.bench.study.folder
        if entry is not None and folder is not None and entry.kind is ReportKind.RUN:
            title = self.tr("Measure {0}").format(entry.name)
            job = self.bench.jobs.submit(
                EvaluateRunJob(study=folder, run=entry.name), title, folder, item=entry.name
            )
            if job is not None:
                job.ended.connect(lambda _outcome: self._read_again(entry.name))
                self.progress.follow(job, self.tr("Starting…"))

    def open(self) -> None:
        """Open the page in the browser."""
        if self.chosen is not None and self.chosen.page is not None:
            self._open(self.chosen.page)

    def choose_target(self) -> None:
        """Ask where to save a copy, and of which kind."""
        entry = self.chosen
        if entry is None or not entry.files:
            return
        kinds = ";;".join(f"{file.stem} – {file.suffix[1:].upper()} (*{file.suffix})" for file in entry.files)
        start = self.bench.settings.last_folder / f"{entry.name}{entry.files[0].suffix}"
        name, kind = QFileDialog.getSaveFileName(self, self.tr("Export the report"), str(start), kinds)
        if name:
            place = kinds.split(";;").index(kind) if kind in kinds.split(";;") else 0
            self.export(Path(name), entry.files[place])

    def export(self, target: Path, source: Path) -> None:
        """Save a copy of a file of the report; the ending of the name decides which, if it has one."""
        entry = self.chosen
        if entry is None:
            return
        if target.suffix.lower() != source.suffix:
            other = next((file for file in entry.files if file.suffix == target.suffix.lower()), None)
            source, target = (
                (other, target) if other else (source, target.with_name(target.name + source.suffix))
            )
        self.bench.settings.last_folder = target.parent

        def done(path: Path) -> None:
            action = MessageAction(self.tr("Open folder"), lambda: self._open(path.parent))
            what = self.tr("{0} is saved.").format(path.name)
            self.message.emit(Message(MessageLevel.INFO, what, str(path.parent), actions=(action,)))

        self.bench.background.run(
            lambda: copy_whole(source, target),
            done,
            lambda error: self.message.emit(message_of_error(error, self.tr("The report was not saved."))),
        )

    def _read_again(self, name: str) -> None:
        self.bench.study.remember_choice("report", name)
        self.list.clear()
        self.read()

    def _folder(self) -> Path:
        return Path() if self.chosen is None else self.chosen.folder

    def _open(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            what = self.tr("No program on this computer opens {0}.").format(path.name)
            self.message.emit(Message(MessageLevel.WARNING, what, str(path)))

    def _update(self) -> None:
        entry, folder = self.chosen, self.bench.study.folder
        is_run = entry is not None and entry.kind is ReportKind.RUN
        busy = is_run and self.bench.jobs.find("evaluate-run", folder, item=entry.name) is not None
        self.measure_button.setVisible(is_run)
        self.measure_button.setEnabled(is_run and not busy and (entry.folder / "best.keras").exists())
        self.open_button.setEnabled(entry is not None and entry.page is not None)
        self.export_button.setEnabled(entry is not None and bool(entry.files))
        self.folder_button.setEnabled(entry is not None)
