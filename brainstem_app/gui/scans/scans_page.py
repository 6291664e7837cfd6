"""Page Scans: open scans, see whether they can be used and what to do where they cannot."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.counting import counted
from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.arranged_rows import ArrangedRows
from brainstem_app.gui.background import Reader
from brainstem_app.gui.controls import (
    fit_columns,
    make_button,
    make_icon_button,
    make_primary,
    make_sortable,
    make_table,
    page_layout,
)
from brainstem_app.gui.design.tokens import HALF, SPACE
from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.row_menu import RowMenu
from brainstem_app.gui.scans.empty_state import EmptyState
from brainstem_app.gui.scans.examiner import THUMBNAIL, Examiner, Looked
from brainstem_app.gui.scans.finding_list import FindingList
from brainstem_app.gui.scans.gather_scans import GatherScans
from brainstem_app.gui.scans.listing import (
    SERIES_CHOSEN,
    SEVERAL_SERIES,
    ChosenScans,
    Listing,
    series_of,
)
from brainstem_app.gui.scans.scan_filters import ScanFilters
from brainstem_app.gui.scans.scan_list import ScanList
from brainstem_app.gui.scans.scan_states import find_states, scans_in_work
from brainstem_app.gui.scans.scan_table import ScanTable
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.gui.workflow.step_page import StepPage

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.gui.scans.listing import ListedScan

_KEYS = QKeySequence.StandardKey


class ScansPage(StepPage):
    """A table of the opened scans; what was found in the chosen one below it.

    Signals
    -------
    segment_requested(object)
        `ChosenScans`, which are to be segmented without looking at each.
    """

    segment_requested = Signal(object)

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._results = Reader(context.background, what="which scans have results")
        self.list = ScanList(context, self)
        self.list.read.connect(self._show_listing)
        self.list.message.connect(self.message)
        self.list.changed.connect(lambda: self.resolved.emit(""))
        self._told: set[Path] = set()
        self._reading = ""
        self.empty_state = EmptyState(self)
        self.empty_state.command_requested.connect(self.command_requested)
        self.empty_state.undo_requested.connect(self.list.undo)
        self.model = ScanTable(self)
        self._arranged = ArrangedRows(self.model, self)
        self.table = self._table()
        self.examiner = Examiner(context.background, self._next_to_examine, self)
        self.examiner.looked.connect(self._on_looked)
        self.examiner.message.connect(self.message)
        self.findings = FindingList(self)
        self.findings.series_chosen.connect(self._take_series)
        self.summary = QLabel(self)
        self.summary.setAccessibleName("How many scans there are")
        self.filters = ScanFilters(self.model, self._arranged, self)
        self.search = self.filters.search
        self.gathering = GatherScans(context, self)
        self.gathering.message.connect(self.message)
        self.gathering.made.connect(self.list.show_only)
        self.gathering.begin_study.connect(lambda: self.command_requested.emit("new_study"))
        self._arranged.modelReset.connect(self._show_summary)
        self._make_buttons()
        RowMenu(self.table, (self.view_button, self.segment_button, self.remove_button))
        self._lay_out()
        self.list.steps_changed.connect(self._show_steps)
        self.list.busy.connect(self._show_busy)
        self._show_steps()
        context.study.contents_changed.connect(self._show_prepared)
        for signal in (context.jobs.added, context.jobs.changed, context.jobs.turned):
            signal.connect(self._on_job)

    def _make_buttons(self) -> None:
        self.view_button = make_button(self, "Vie&w", "Show the scan (Return)", self._view, "eye")
        hint = "Label the nuclei of the chosen scan, or of several"
        self.segment_button = make_primary(self, "Segme&nt…", hint, self._segment, "brain")
        self.prepare_button = make_button(
            self,
            "&Prepare for training…",
            "Bring the scans of the dataset to one space",
            lambda: self.step_requested.emit(StepName.PREPARE),
        )
        self.gather_button = make_button(
            self,
            "&Make a dataset of these…",
            "Gather the scans in a new BIDS dataset: a study of it opens training, quality and groups",
            lambda: self.gathering.ask(self.model.rows),
        )
        self.add_button = make_button(
            self, "&Add scans…", "Open more scans", lambda: self.command_requested.emit("open_scan"), "plus"
        )
        self.add_folder_button = make_button(
            self,
            "Add a fo&lder…",
            "Open a DICOM folder or BIDS dataset",
            lambda: self.command_requested.emit("open_folder"),
            "folder",
        )
        self.clear_button = make_button(self, "&Empty the list", "No file is removed", self.list.clear)
        self.remove_button = make_button(
            self,
            "Remove fro&m the list",
            "Take the chosen scans off the list (Del); no file is removed",
            lambda: self.list.remove(self.chosen),
            "trash-2",
        )
        self.undo_button = make_icon_button(self, "undo-2", "Undo", "The list as it was before (Ctrl+Z)")
        self.undo_button.clicked.connect(self.list.undo)
        self.redo_button = make_icon_button(self, "redo-2", "Redo", "What was undone, again (Ctrl+Shift+Z)")
        self.redo_button.clicked.connect(self.list.redo)
        for button in (self.undo_button, self.redo_button):
            button.setProperty("framed", True)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.summary, 1)
        head.addWidget(self.filters)
        for button in (self.add_button, self.add_folder_button):
            head.addWidget(button)
        foot = QHBoxLayout()
        for control in (self.remove_button, self.clear_button, self.undo_button, self.redo_button):
            foot.addWidget(control)
        foot.addStretch(1)
        for button in (self.view_button, self.segment_button, self.gather_button, self.prepare_button):
            foot.addWidget(button)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(self.table)
        split.addWidget(self.findings)
        split.setStretchFactor(0, 4)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        listed = QWidget(self)
        layout = page_layout(listed)
        layout.addLayout(head)
        layout.addWidget(split, 1)
        layout.addWidget(self.gathering.progress)
        layout.addLayout(foot)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty_state)
        self.stack.addWidget(listed)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self.stack)

    def _table(self) -> QTableView:
        hint = "Return shows a scan; its findings are below the table."
        table = make_table(self, self._arranged, "Scans", hint)
        table.setIconSize(QSize(THUMBNAIL, THUMBNAIL))
        table.verticalHeader().setDefaultSectionSize(THUMBNAIL + HALF)
        make_sortable(table)
        self._arranged.attach(table)
        self._arranged.emptied.connect(self._show_current)
        table.horizontalHeader().setDefaultAlignment(
            Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        )
        table.selectionModel().currentRowChanged.connect(lambda _new, _old: self._show_current())
        table.selectionModel().selectionChanged.connect(lambda _new, _old: self._offer_segment())
        table.activated.connect(lambda _index: self._view())
        delete = QShortcut(QKeySequence.StandardKey.Delete, table, lambda: self.list.remove(self.chosen))
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        for keys, step in ((_KEYS.Undo, self.list.undo), (_KEYS.Redo, self.list.redo)):
            shortcut = QShortcut(self)
            shortcut.setKeys(keys)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(step)
        return table

    # The list ----------------------------------------------------------------------------------------

    def activate(self) -> None:
        """Begin to look at the scans."""
        self._read_results()
        self.examiner.go_on()

    def run(self) -> None:
        """Segment the marked scans (Ctrl+Return)."""
        self.segment_button.click()

    def show_drop_target(self, shown: bool) -> None:
        """Highlight the place to drop scans on."""
        self.empty_state.set_target(shown)

    def add(self, paths: list[Path]) -> None:
        """Add files, DICOM folders, BIDS datasets or folders of scans."""
        for path in paths:
            self.context.settings.add_recent_scan(path)
        self.list.add(paths)

    def _show_steps(self) -> None:
        self.undo_button.setEnabled(self.list.can_undo)
        self.redo_button.setEnabled(self.list.can_redo)
        self.empty_state.undo_button.setVisible(self.list.can_undo)

    def _show_busy(self, text: str) -> None:
        self._reading = text
        self.empty_state.set_busy(text)
        self._show_summary()

    def _show_listing(self, listing: Listing) -> None:
        self._tell_of_dicom([folder for folder in listing.with_dicom if folder not in self._told])
        row = self.table.currentIndex().row()
        self.model.set_listing(listing)
        self.stack.setCurrentIndex(1 if listing.scans else 0)
        dataset = str(listing.datasets[0]) if listing.datasets else ""
        self.context.study.remember_choice("dataset", dataset)
        self._fit_columns()
        if listing.scans:
            self.table.selectRow(min(max(row, 0), len(listing.scans) - 1))
        self.prepare_button.setVisible(bool(dataset))
        self.gather_button.setVisible(bool(listing.scans) and not dataset)
        self.filters.set_datasets(listing.datasets)
        self._read_results()
        self._show_prepared()
        self._show_summary()
        self.examiner.go_on()

    def _tell_of_dicom(self, folders: list[Path]) -> None:
        """Say once that a folder holds DICOM files beside those that are listed."""
        self._told.update(folders)
        for folder in folders:
            what = "The folder also holds DICOM files; only its NIfTI and MGZ files are listed."
            fix = "To add a DICOM series too, open its own folder, or one of its files."
            self.message.emit(Message(MessageLevel.INFO, what, str(folder), fix))

    def _fit_columns(self) -> None:
        """Columns as wide as what will be in them; the findings get the rest."""
        header = self.table.horizontalHeader()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        fit_columns(self.table, self.model.longest_texts())
        last = self.model.columnCount() - 1
        wide = self.fontMetrics().horizontalAdvance("512×512×512, 0.941×0.941×0.941 mm  ")
        self.table.setColumnWidth(last - 3, wide)
        self.table.setColumnWidth(0, self.table.columnWidth(0) + THUMBNAIL + SPACE)
        states = self.fontMetrics().horizontalAdvance("segmented") + 4 * SPACE
        self.table.setColumnWidth(last - 2, max(self.table.columnWidth(last - 2), states))
        header.setSectionResizeMode(last, QHeaderView.ResizeMode.Stretch)

    def _next_to_examine(self) -> ListedScan | None:
        """Scan to look at next, while the page is on the screen: first those in sight."""
        if not self.isVisible():
            return None
        top, bottom = (self.table.rowAt(y) for y in (0, self.table.viewport().height() - 1))
        last = bottom if bottom >= 0 else self._arranged.rowCount() - 1
        seen = (self._arranged.index(place, 0) for place in range(max(top, 0), last + 1))
        return self.model.next_to_examine(map(self._arranged.source_row, seen))

    def _on_looked(self, looked: Looked) -> None:
        self.model.set_found(looked.examination, looked.picture)
        current = self.current
        if current is not None and str(current.path) == looked.examination.path:
            self._show_current()
        self._offer_segment()
        self._show_summary()

    def _on_job(self, job: QueuedJob) -> None:
        if job.record.kind == "segment":
            self.model.set_work(scans_in_work(self.context.jobs))
        # Results are brought in, corrected, judged and restored by jobs, too.
        if (job.record.state.is_over or job.turns) and self.isVisible():
            self._read_results()

    def _read_results(self) -> None:
        """Look on a thread which scans are segmented."""
        study, folders = self.context.study.folder, self.context.settings.results_folders
        if self.model.rowCount():
            where = study, folders
            tell = self.model.set_results
            self._results.read(
                lambda: find_states(study, folders), tell, lambda _error: None, where, (study, *folders)
            )

    def _show_summary(self) -> None:
        count = self.model.rowCount()
        errors, warnings, left = self.model.counts()
        shown = self._arranged.rowCount()
        parts = [counted(count, "scan")]
        if errors:
            parts.append(f"{errors} cannot be used")
        if warnings:
            parts.append(f"{warnings} with a warning")
        if left:
            parts.append(f"{left} still to look at")
        if shown < count:
            parts.append(f"{shown or 'none'} shown")
        if self._reading:
            parts.append(self._reading[:1].lower() + self._reading[1:])
        self.summary.setText(", ".join(parts))
        self.status.emit(parts[0] if count else "")

    def _show_prepared(self) -> None:
        contents = self.context.study.contents
        records = () if contents is None else contents.subjects
        self.model.set_prepared({record.name: record.state for record in records})

    # The chosen scan ---------------------------------------------------------------------------------

    @property
    def current(self) -> ListedScan | None:
        """The scan whose row is marked."""
        return self.model.row(self._arranged.source_row(self.table.currentIndex()))

    def _show_current(self) -> None:
        scan = self.current
        found = None if scan is None else self.model.found(scan)
        self.findings.show_scan(scan, found)
        usable = found is None or found.readable
        self.view_button.setEnabled(scan is not None and usable)
        self._offer_segment()
        codes = {f.code for f in found.findings} if found is not None else set()
        if scan is not None and codes & {SEVERAL_SERIES, SERIES_CHOSEN}:
            path = scan.path
            self.context.background.run(
                lambda: series_of(path),
                lambda found: self.findings.offer_series(found, str(path)) if self.current == scan else None,
                lambda _error: None,
            )

    def _take_series(self, path: str) -> None:
        scan = self.current
        if scan is None:
            return
        row = self.model.rows.index(scan)
        self.model.replace(row, replace(scan, path=Path(path)))
        self.list.replace_source(scan.path, Path(path))
        self._show_current()
        self.examiner.go_on()

    def _view(self) -> None:
        if self.current is not None and self.view_button.isEnabled():
            self.view_requested.emit(self.current.path)
        else:
            self.findings.focus_series()

    @property
    def chosen(self) -> list[ListedScan]:
        """The scans whose rows are marked, in the order of the list."""
        rows = self._arranged.marked_rows()
        return [scan for row in rows if (scan := self.model.row(row)) is not None]

    @property
    def usable(self) -> list[ListedScan]:
        """Those of the chosen scans that nothing speaks against."""
        found = [(scan, self.model.found(scan)) for scan in self.chosen]
        return [scan for scan, examined in found if examined is None or examined.is_usable]

    def _offer_segment(self) -> None:
        """Several rows can be segmented as soon as one of them can, whichever has the cursor."""
        found = (self.model.found(scan) for scan in self.chosen)
        self.segment_button.setEnabled(any(examined is None or examined.is_usable for examined in found))

    def _segment(self) -> None:
        usable, chosen = self.usable, len(self.chosen)
        if len(usable) == 1:
            self.view_requested.emit(usable[0].path)
        elif usable:
            self.segment_requested.emit(ChosenScans(tuple(usable), chosen - len(usable)))
        else:
            self.findings.focus_series()
