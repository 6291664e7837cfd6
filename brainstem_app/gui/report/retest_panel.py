"""Measure how well volumes repeat themselves: which two results of each person."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHeaderView,
    QWidget,
)

from brainstem_app.counting import counted
from brainstem_app.errors import UnconfirmedError
from brainstem_app.gui.controls import make_check_box, make_table
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.report.comparison_panel import ComparisonPanel
from brainstem_app.gui.report.result_folder_picker import ResultFolderPicker

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.report.report_entries import ReportEntry
    from brainstem_app.reports.retest.pairs import Pairs


_FEW = 5


class PairsFrom(StrEnum):
    """Where both results of each person are named."""

    ONE_FOLDER = "one-folder"
    TWO_FOLDERS = "two-folders"
    TABLE = "table"


class RetestPanel(ComparisonPanel):
    """Chooses two results of each person, shows which were found, and starts the job that compares them."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._request = 0
        self._can_start = False
        self.confirmed = make_check_box(
            self,
            self.tr("Compare &all the same"),
            self.tr("Results of different models, or people of two datasets; the report says so"),
        )
        self.confirmed.hide()
        self.confirmed.toggled.connect(lambda _on: self._read())
        self.way = QComboBox(self)
        self.way.setAccessibleName(self.tr("Where the two results of each person are"))
        self.way.setToolTip(self.tr("How the program learns which two results are of the same person"))
        for way, text in (
            (PairsFrom.ONE_FOLDER, self.tr("In one folder: two sessions or runs of each person")),
            (PairsFrom.TWO_FOLDERS, self.tr("In two folders: each person once in both")),
            (PairsFrom.TABLE, self.tr("In a table: subject, first, second")),
        ):
            self.way.addItem(text, way)
        results = context.settings.results_folder
        self.first, self.second = ResultFolderPicker(results, self), ResultFolderPicker(results, self)
        for place in (self.first, self.second):
            place.changed.connect(self._on_place)
        self.pairs = QStandardItemModel(0, 3, self)
        self.pairs.setHorizontalHeaderLabels([self.tr("Person"), self.tr("First"), self.tr("Second")])
        self.table = make_table(
            self,
            self.pairs,
            self.tr("Pairs that were found"),
            self.tr("Scans of each person, in this order."),
        )
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._lay_out()
        self.way.currentIndexChanged.connect(lambda _row: self._show_way())
        self._show_way()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(self.tr("B&oth results"), self.way)
        form.addRow(self.first.label, self.first)
        form.addRow(self.second.label, self.second)
        column = self._begin_column(
            self.tr(
                "Sets two results of the same people against each other: two scans, or one scan prepared in"
                " two ways. It says how much of a difference is the method's own noise. Both must be"
                " segmented with the same model."
            )
        )
        column.addLayout(form)
        column.addWidget(self.table, 1)
        column.addWidget(self.confirmed)
        self._end_column(
            column, self.tr("&Measure"), self.tr("Say how well the volumes of the nuclei repeat themselves")
        )

    # What there is -----------------------------------------------------------------------------------

    def set_entries(self, entries: tuple[ReportEntry, ...]) -> None:
        """Offer the folders of the window's own segmentations, the latest first."""
        results = self._context.settings.results_folder
        own = (entry.folder for entry in entries if entry.folder.is_relative_to(results))
        jobs = dict.fromkeys(folder.relative_to(results).parts[0] for folder in own)
        offered = {job: str(results / job) for job in jobs}
        for place in (self.first, self.second):
            place.offer(offered)

    @property
    def chosen_way(self) -> PairsFrom:
        """Where both results are named."""
        return PairsFrom(self.way.currentData())

    def focus_first(self) -> None:
        """Give the keys to the first choice."""
        self.way.setFocus(Qt.FocusReason.OtherFocusReason)

    def choose(self, way: PairsFrom, first: Path, second: Path | None = None) -> None:
        """Take the results from here."""
        self.way.setCurrentIndex(self.way.findData(way))
        self.first.set_path(str(first))
        self.second.set_path("" if second is None else str(second))
        self._ask_anew()
        self._read()

    def _show_way(self) -> None:
        way = self.chosen_way
        self._ask_anew()
        results = self.tr("Folder that Segment has written")
        names = {
            PairsFrom.ONE_FOLDER: (
                self.tr("Fol&der of results"),
                self.tr("{0}; ses- or run- in the names tells the scans of a person apart").format(results),
            ),
            PairsFrom.TWO_FOLDERS: (
                self.tr("F&irst results"),
                self.tr("{0}; sub- in the names tells who is who").format(results),
            ),
            PairsFrom.TABLE: (
                self.tr("&Table of pairs"),
                self.tr("CSV or TSV; the columns first and second name folders of results"),
            ),
        }
        name, hint = names[way]
        self.first.ask_for(name, hint, is_file=way is PairsFrom.TABLE)
        self.second.ask_for(self.tr("Se&cond results"), results, is_file=False)
        for widget in (self.second.label, self.second):
            widget.setVisible(way is PairsFrom.TWO_FOLDERS)
        self._read()

    def _on_place(self) -> None:
        self._ask_anew()
        self._read()

    def _ask_anew(self) -> None:
        """Take back what was confirmed for other results."""
        self.confirmed.blockSignals(True)
        self.confirmed.setChecked(False)
        self.confirmed.blockSignals(False)
        self.confirmed.hide()

    def _read(self) -> None:
        """Look for both results of each person."""
        self._request += 1
        request, way = self._request, self.chosen_way
        first, second, is_confirmed = self.first.path, self.second.path, self.confirmed.isChecked()
        if not first or (way is PairsFrom.TWO_FOLDERS and not second):
            self._show(None, self.tr("Choose where the results are."))
            return

        def read() -> Pairs:
            from brainstem_app.reports.retest.pairs import find_pairs

            other = Path(second) if way is PairsFrom.TWO_FOLDERS else None
            return find_pairs(Path(first), other, mixed=is_confirmed, same_people=is_confirmed)

        def done(found: Pairs) -> None:
            if request == self._request:
                self._show(found, self._words(found))

        def failed(error: BaseException) -> None:
            if request == self._request:
                if isinstance(error, UnconfirmedError):
                    self.confirmed.show()
                told = message_of_error(error, self.tr("The results cannot be read."))
                self._show(None, " ".join(part for part in (told.what, told.fix) if part))

        self._context.background.run(read, done, failed)

    def _words(self, found: Pairs) -> str:
        text = self.tr("{0} with two results.").format(counted(len(found.pairs), self.tr("person")))
        for reason, names in found.left_out.items():
            who = ", ".join(names) if len(names) <= _FEW else counted(len(names), self.tr("person"))
            text += " " + self.tr("Left out: {0} ({1}).").format(who, reason)
        return text

    def _show(self, found: Pairs | None, said: str) -> None:
        self.pairs.setRowCount(0)
        for pair in () if found is None else found.pairs:
            cells = [
                QStandardItem(text) for text in (pair.subject, pair.first.scan.file, pair.second.scan.file)
            ]
            for cell in cells:
                cell.setEditable(False)
            self.pairs.appendRow(cells)
        self.said.setText(said)
        self._can_start = found is not None
        self._update()

    def _update(self) -> None:
        self.start_button.setEnabled(self._can_start and self._context.jobs.find("retest", None) is None)

    # The job -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the comparison."""
        from brainstem_app.jobs.job import RetestJob

        first = Path(self.first.path)
        second = Path(self.second.path) if self.chosen_way is PairsFrom.TWO_FOLDERS else None
        is_confirmed = self.confirmed.isChecked()
        self._submit(
            lambda out: RetestJob(
                results=first, second=second, out=out, mixed=is_confirmed, same_people=is_confirmed
            ),
            self.tr("Repeatability"),
            self.tr("Measure repeatability"),
        )
