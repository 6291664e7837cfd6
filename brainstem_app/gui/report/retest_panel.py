"""Measure how well volumes repeat themselves: which two results of each person."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QHeaderView,
    QWidget,
)

from brainstem_app.counting import counted
from brainstem_app.errors import UnconfirmedError
from brainstem_app.gui.background import Reader
from brainstem_app.gui.controls import FieldForm, make_check_box, make_table
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.messages.window_words import error_words, window_words
from brainstem_app.gui.report.cohort_choices import chosen_edited, edited_box
from brainstem_app.gui.report.comparison_panel import ComparisonPanel
from brainstem_app.gui.report.report_entries import ReportKind
from brainstem_app.gui.report.result_folder_picker import ResultFolderPicker

if TYPE_CHECKING:
    from typing import Any

    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.report.report_entries import ReportEntry
    from brainstem_app.reports.retest.pairs import Pairs


_FEW = 5


class PairsFrom(StrEnum):
    """Where both results of each person are named."""

    STUDY = "study"
    ONE_FOLDER = "one-folder"
    TWO_FOLDERS = "two-folders"
    TABLE = "table"


class RetestPanel(ComparisonPanel):
    """Chooses two results of each person, shows which were found, and starts the job that compares them."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._reader = Reader(context.background)
        self._can_start = False
        self.confirmed = make_check_box(
            self,
            "Compare &all the same",
            "Results of different models, or people of two datasets; the report says so",
        )
        self.confirmed.hide()
        self.confirmed.toggled.connect(lambda _on: self._read())
        self.way = ChoiceBox(self)
        self.way.setAccessibleName("Where the two results of each person are")
        self.way.setToolTip("How the program learns which two results are of the same person")
        for way, text in (
            (PairsFrom.STUDY, "In the open study: two sessions of each person"),
            (PairsFrom.ONE_FOLDER, "In one folder: two sessions or runs of each person"),
            (PairsFrom.TWO_FOLDERS, "In two folders: each person once in both"),
            (PairsFrom.TABLE, "In a table: subject, first, second"),
        ):
            self.way.addItem(text, way)
        self.model, self.edited = self._box("Model"), edited_box(self)
        self.model.setToolTip("The study holds results of these models; one of them is compared")
        for box in (self.model, self.edited):
            box.currentIndexChanged.connect(lambda _row: self._on_place())
        results = context.settings.results_folder
        self.first, self.second = ResultFolderPicker(results, self), ResultFolderPicker(results, self)
        for place in (self.first, self.second):
            place.changed.connect(self._on_place)
        self.pairs = QStandardItemModel(0, 3, self)
        self.pairs.setHorizontalHeaderLabels(["Person", "First", "Second"])
        self.table = make_table(
            self,
            self.pairs,
            "Pairs that were found",
            "Scans of each person, in this order.",
        )
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._lay_out()
        self.way.currentIndexChanged.connect(lambda _row: self._show_way())
        context.study.opened.connect(self._offer_study)
        self._offer_study()

    def _box(self, name: str) -> QComboBox:
        box = ChoiceBox(self)
        box.setAccessibleName(name)
        return box

    def _lay_out(self) -> None:
        form = FieldForm()
        form.add("B&oth results", self.way)
        for place in (self.first, self.second):
            form.add(place.label, place, place.label.buddy())
        self._model_row = (form.add("Mode&l", self.model), self.model)
        form.add("&Corrected labels", self.edited)
        column = self._begin_column(
            "Sets two results of the same people against each other: two scans, or one scan prepared in"
            " two ways. It says how much of a difference is the method's own noise. Both must be"
            " segmented with the same model."
        )
        column.addLayout(form)
        column.addWidget(self.table, 1)
        column.addWidget(self.confirmed)
        self._end_column(column, "&Measure", "Say how well the volumes of the nuclei repeat themselves")

    # What there is -----------------------------------------------------------------------------------

    def set_entries(self, entries: tuple[ReportEntry, ...]) -> None:
        """Offer the folders of the window's own segmentations, the latest first."""
        results = self._context.settings.results_folder
        segmented = (entry.folder for entry in entries if entry.kind is ReportKind.SEGMENTATION)
        own = (folder for folder in segmented if folder.is_relative_to(results))
        jobs = dict.fromkeys(folder.relative_to(results).parts[0] for folder in own)
        offered = {job: str(results / job) for job in jobs}
        for place in (self.first, self.second):
            place.offer(offered)
        study, had_none = self._context.study.folder, not self.model.count()
        self._offer_models(study)
        if had_none and self.model.count():
            self._offer_study()  # its first results have come since it was opened
        elif self.chosen_way is PairsFrom.STUDY:
            self._show_way()

    def _offer_study(self) -> None:
        """Offer the open study where it holds results, and take it if it was opened."""
        study = self._context.study.folder
        model = self.way.model()
        item = model.item(0) if isinstance(model, QStandardItemModel) else None
        if item is not None:
            item.setEnabled(study is not None)
        self._offer_models(study)
        with QSignalBlocker(self.way):
            if self.model.count():
                self.way.setCurrentIndex(self.way.findData(PairsFrom.STUDY))
            elif self.chosen_way is PairsFrom.STUDY:
                self.way.setCurrentIndex(self.way.findData(PairsFrom.ONE_FOLDER))
        self._show_way()

    def _offer_models(self, study: Path | None) -> None:
        """Offer the models of the study's results, the one that was chosen or the last one first."""
        from brainstem_app.study.segmentations import result_folders

        models = sorted({folder.name for folder in result_folders(study)}) if study is not None else []
        if models == [self.model.itemText(row) for row in range(self.model.count())]:
            return
        chosen = self.model.currentText()
        with QSignalBlocker(self.model):
            self.model.clear()
            self.model.addItems(models)
            self.model.setCurrentIndex(
                max(self.model.findText(chosen), 0) if chosen in models else len(models) - 1
            )

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
        is_of_study = way is PairsFrom.STUDY
        if is_of_study:
            self._offer_models(self._context.study.folder)
        for widget in self._model_row:
            widget.setVisible(is_of_study and self.model.count() > 1)
        self.first.label.setVisible(not is_of_study)
        self.first.setVisible(not is_of_study)
        results = "Folder that Segment has written"
        names = {
            PairsFrom.ONE_FOLDER: (
                "Fol&der of results",
                f"{results}; ses- or run- in the names tells the scans of a person apart",
            ),
            PairsFrom.TWO_FOLDERS: (
                "F&irst results",
                f"{results}; sub- in the names tells who is who",
            ),
            PairsFrom.TABLE: (
                "&Table of pairs",
                "CSV or TSV; the columns first and second name folders of results",
            ),
        }
        if not is_of_study:
            name, hint = names[way]
            self.first.ask_for(name, hint, is_file=way is PairsFrom.TABLE)
        self.second.ask_for("Se&cond results", results, is_file=False)
        is_of_two = way is PairsFrom.TWO_FOLDERS
        self.second.label.setVisible(is_of_two)
        self.second.setVisible(is_of_two)
        self._read()

    def _on_place(self) -> None:
        self._ask_anew()
        self._read()

    def _ask_anew(self) -> None:
        """Take back what was confirmed for other results."""
        with QSignalBlocker(self.confirmed):
            self.confirmed.setChecked(False)
        self.confirmed.hide()

    def _read(self) -> None:
        """Look for both results of each person."""
        self._reader.forget()
        way = self.chosen_way
        first, second, is_confirmed = self.first.path, self.second.path, self.confirmed.isChecked()
        study, model = self._context.study.folder, self.model.currentText()
        edited = chosen_edited(self.edited)
        if way is PairsFrom.STUDY and (study is None or not model):
            self._show(None, "Open a study with results, in the step Segment or Quality.")
            return
        if (way is not PairsFrom.STUDY and not first) or (way is PairsFrom.TWO_FOLDERS and not second):
            self._show(None, "Choose where the results are.")
            return

        # Until it is known what these are, nothing can begin.
        self._can_start = False
        self._update()

        def read() -> Pairs:
            from brainstem_app.jobs.results.chosen import chosen_of_study, counted_pairs
            from brainstem_app.reports.retest.pairs import find_pairs, pairs_of_sessions

            if way is PairsFrom.STUDY and study is not None:
                chosen = chosen_of_study(study, model, edited)
                found = pairs_of_sessions(chosen.results, study, mixed=is_confirmed)
                return replace(found, notes=(*chosen.notes, *found.notes))
            other = Path(second) if way is PairsFrom.TWO_FOLDERS else None
            found = find_pairs(Path(first), other, mixed=is_confirmed, same_people=is_confirmed)
            return counted_pairs(found, edited)

        def done(found: Pairs) -> None:
            self._show(found, self._words(found))

        def failed(error: BaseException) -> None:
            if isinstance(error, UnconfirmedError):
                self.confirmed.show()
            self._show(None, error_words(error, "The results cannot be read.", "retest"))

        self._reader.read(read, done, failed)

    def _words(self, found: Pairs) -> str:
        text = "{} with two results.".format(counted(len(found.pairs), "person"))
        for reason, names in found.left_out.items():
            who = ", ".join(names) if len(names) <= _FEW else counted(len(names), "person")
            text += " " + f"Left out: {who} ({reason})."
        return " ".join((text, *(window_words(note, "retest") for note in found.notes)))

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
        self.start_button.setEnabled(self._can_start and not self._is_at_work("retest"))

    # The job -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the comparison."""
        from brainstem_app.jobs.job import RetestJob

        title = "Measure repeatability"
        if self.chosen_way is PairsFrom.STUDY:
            asked: dict[str, Any] = {
                "study": self._context.study.folder,
                "model": self.model.currentText(),
                "edited": chosen_edited(self.edited),
                "mixed": self.confirmed.isChecked(),
            }
            self._submit(lambda out: RetestJob(out=out, **asked), "Repeatability", title)
            return
        first = Path(self.first.path)
        second = Path(self.second.path) if self.chosen_way is PairsFrom.TWO_FOLDERS else None
        is_confirmed, edited = self.confirmed.isChecked(), chosen_edited(self.edited)
        self._submit(
            lambda out: RetestJob(
                results=first,
                second=second,
                out=out,
                mixed=is_confirmed,
                same_people=is_confirmed,
                edited=edited,
            ),
            "Repeatability",
            title,
        )
