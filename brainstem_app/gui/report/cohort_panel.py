"""Compare the volumes of groups of people: who, which groups, which covariates."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.counting import counted, listed
from brainstem_app.evaluation.linear_model import LEAST_GROUP, SMALL_GROUP, least_reference
from brainstem_app.gui.compare.choice_list import ChoiceList
from brainstem_app.gui.controls import make_button, make_check_box
from brainstem_app.gui.file_dialogs import FileDialogs
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.report.comparison_panel import ComparisonPanel
from brainstem_app.gui.report.people import People, made_differently, read_people

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.report.report_entries import ReportEntry

_FEWEST = 3


class CohortPanel(ComparisonPanel):
    """Chooses segmentations, groups and covariates, and starts the job that compares them."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._entries: dict[str, ReportEntry] = {}
        self.people = People()
        self.subjects = ChoiceList(self.tr("&People"), {}, self)
        self.table = QLineEdit(self)
        self.table.setPlaceholderText("participants.tsv")
        self.table.setAccessibleName(self.tr("Table of participants"))
        self.table.setToolTip(self.tr("participants.tsv of the dataset: groups, ages and other columns"))
        self.table.editingFinished.connect(self._read)
        self.table.textChanged.connect(self.table.setToolTip)
        self.table_button = make_button(
            self, self.tr("Choose…"), self.tr("Choose the table of participants"), self._choose_table
        )
        self.group = self._box(self.tr("Column of the groups"), self.tr("Says who is in which group"))
        self.reference = self._box(
            self.tr("Group to compare with"), self.tr("The others are set against this one, e.g. controls")
        )
        self.covariates = ChoiceList(self.tr("&Covariates"), {}, self)
        self.head_size = make_check_box(
            self, "", self.tr("Large heads have large nuclei; this takes it out of the comparison")
        )
        self.head_size.setChecked(True)
        self.unknown = QLineEdit(self)
        self.unknown.setPlaceholderText(self.tr("besides n/a, e.g. 89+; age=-999"))
        self.unknown.setAccessibleName(self.tr("Cells that mean unknown"))
        self.unknown.setToolTip(
            self.tr("Cells of the table that mean unknown, with semicolons: whoever has one is in no model")
        )
        self.unknown.editingFinished.connect(self._read)
        self.categories = make_check_box(
            self,
            "",
            self.tr("Each value of such a column becomes a category of its own, however many they are"),
        )
        self.mixed = make_check_box(
            self,
            self.tr("Compare &all the same"),
            self.tr(
                "Volumes may differ because atlases, models or versions of the program do; the report says so"
            ),
        )
        for box in (self.categories, self.mixed):
            box.toggled.connect(lambda _on: self._update())
            box.hide()
        self.covariates.changed.connect(self._update)
        self.subjects.changed.connect(self._update)
        self.group.currentIndexChanged.connect(lambda _row: self._fill_groups())
        self.reference.currentIndexChanged.connect(lambda _row: self._update())
        self._lay_out()
        self._show_people(People())

    def _box(self, name: str, hint: str) -> QComboBox:
        box = QComboBox(self)
        box.setAccessibleName(name)
        box.setToolTip(hint)
        return box

    def _lay_out(self) -> None:
        self.all_button = make_button(
            self, self.tr("All"), self.tr("Tick the latest segmentation of each person"), self._tick_all
        )
        self.none_button = make_button(
            self, self.tr("None"), self.tr("Tick nobody"), lambda: self.subjects.tick(())
        )
        ticks = QHBoxLayout()
        ticks.addWidget(self.all_button)
        ticks.addWidget(self.none_button)
        ticks.addStretch(1)
        left = QVBoxLayout()
        left.addWidget(self.subjects, 1)
        left.addLayout(ticks)
        table = QHBoxLayout()
        table.addWidget(self.table, 1)
        table.addWidget(self.table_button)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        name = QLabel(self.tr("&Table of participants"), self)
        name.setBuddy(self.table)
        form.addRow(name, table)
        form.addRow(self.tr("Gr&oups"), self.group)
        form.addRow(self.tr("Refere&nce group"), self.reference)
        form.addRow(self.tr("Means un&known"), self.unknown)
        right = QVBoxLayout()
        right.addLayout(form)
        right.addWidget(self.covariates, 1)
        for box in (self.head_size, self.categories, self.mixed):
            right.addWidget(box)
        both = QHBoxLayout()
        both.addLayout(left, 1)
        both.addSpacing(12)
        both.addLayout(right, 1)
        column = self._begin_column(
            self.tr(
                "Sets the volumes of nuclei and regions of groups of people against each other, by a linear"
                " model, and each person against the reference group. One segmentation a person, all with the"
                " same model; groups and covariates come from the participants.tsv of the dataset."
            )
        )
        column.addLayout(both, 1)
        self._end_column(
            column, self.tr("Co&mpare"), self.tr("Compare the volumes of the nuclei of these people")
        )

    # What there is -----------------------------------------------------------------------------------

    def set_entries(self, entries: tuple[ReportEntry, ...]) -> None:
        """Offer segmentations, the latest first."""
        offered = {str(entry.folder): entry for entry in entries}
        if offered == self._entries:
            return
        before, is_first = self.subjects.ticked(), not self._entries
        self._entries = offered
        self.subjects.offer({folder: self._name(entry) for folder, entry in offered.items()})
        self.subjects.tick(before)
        if is_first:
            self._read(ticks=True)

    def _name(self, entry: ReportEntry) -> str:
        return self.tr("{0} (rejected)").format(entry.name) if entry.is_rejected else entry.name

    def _choose_table(self) -> None:
        kinds = self.tr("Tables (participants.tsv *.tsv);;All files (*)")
        ask = FileDialogs(self._context.settings, self)
        path = ask.file(self.tr("Table of participants"), kinds, self.table.text())
        if path is not None:
            self.table.setText(str(path))
            self._read()

    def _read(self, *, ticks: bool = False) -> None:
        """Read who the segmentations are of, and what the table says of them."""
        folders, text = tuple(entry.folder for entry in self._entries.values()), self.table.text().strip()
        missing = self._missing()

        def done(people: People) -> None:
            self.resolved.emit("table")
            self._show_people(people)
            if ticks:
                self._tick_all()

        self._context.background.run(
            lambda: read_people(folders, Path(text) if text else None, missing),
            done,
            lambda error: self.message.emit(
                message_of_error(error, self.tr("The table of participants cannot be read."), "table")
            ),
        )

    def _show_people(self, people: People) -> None:
        self.people = people
        if people.table is not None and not self.table.text():
            self.table.setText(str(people.table))
        chosen = self.group.currentData()
        self.group.blockSignals(True)
        self.group.clear()
        self.group.addItem(self.tr("none: each person against all others"), "")
        for column, values in people.groups.items():
            self.group.addItem(f"{column} ({', '.join(values)})", column)
        self.group.setCurrentIndex(max(self.group.findData(chosen or people.likely_group), 0))
        self.group.blockSignals(False)
        self.head_size.setVisible(bool(people.head_size))
        self.head_size.setText(self.tr("Adjust for the size of the hea&d ({0})").format(people.head_size))
        self._fill_groups()

    def _fill_groups(self) -> None:
        from brainstem_app.reports.cohort.participants import is_reference_name
        from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML

        group, ticked = str(self.group.currentData() or ""), self.covariates.ticked()
        others = (c for c in self.people.columns if c not in (group, self.people.head_size))
        offered = {column: column for column in others}
        # Measured by each segmentation: no table has to have it.
        measured = {BRAIN_ML: self.tr("volume of the brain (brain_ml)")}
        if self.people.head_size != INTRACRANIAL_ML:
            measured[INTRACRANIAL_ML] = self.tr("volume inside the skull (intracranial_ml)")
        self.covariates.offer({**offered, **measured})
        self.covariates.tick(ticked)
        values = self.people.groups.get(group, ())
        chosen = self.reference.currentText()
        self.reference.clear()
        self.reference.addItems(list(values))
        self.reference.setEnabled(bool(values))
        likely = chosen if chosen in values else next(filter(is_reference_name, values), "")
        self.reference.setCurrentIndex(self.reference.findText(likely) if likely else -1)
        self._update()

    def _tick_all(self) -> None:
        """Tick the latest segmentation of each person, but for rejected ones."""
        latest: dict[str, str] = {}
        for folder, entry in self._entries.items():
            if entry.is_rejected:
                continue
            latest.setdefault(self.people.names.get(Path(folder), folder), folder)
        self.subjects.tick(latest.values())

    def _missing(self) -> tuple[str, ...]:
        """Cells that mean unknown, as the user has named them."""
        return tuple(word.strip() for word in self.unknown.text().split(";") if word.strip())

    def _asked(self) -> tuple[str, ...]:
        """Ticked covariates that are asked about before they become categories."""
        return tuple(column for column in self.covariates.ticked() if column in self.people.asks)

    def _update(self) -> None:
        folders = [Path(folder) for folder in self.subjects.ticked()]
        made_with = [self.people.made_with[folder] for folder in folders if folder in self.people.made_with]
        different, asked = made_differently(made_with), self._asked()
        self.mixed.setVisible(bool(different))
        self.categories.setVisible(bool(asked))
        self.categories.setText(self.tr("Catego&ries: {0}").format(", ".join(asked)))
        chosen = [self.people.names.get(folder, str(folder)) for folder in folders]
        problem = self._problem(chosen, different, asked)
        people = f"{counted(len(chosen), self.tr('person'))}."
        self.said.setText(problem or " ".join((people, *self._cautions(chosen), *self._edited_words())))
        self.start_button.setEnabled(not problem and self._context.jobs.find("cohort", None) is None)

    def _problem(self, chosen: list[str], different: str, asked: tuple[str, ...]) -> str:
        """Why these people cannot be compared; empty if they can."""
        twice = sorted({name for name in chosen if chosen.count(name) > 1})
        if twice:
            return self.tr("Tick one segmentation of each person; two or more of: {0}.").format(listed(twice))
        if len(chosen) < _FEWEST:
            return self.tr("Tick at least {0}.").format(counted(_FEWEST, self.tr("person")))
        if different and not self.mixed.isChecked():
            return self.tr("They were not made alike: {0}. “Compare all the same” confirms it.").format(
                different
            )
        if asked and not self.categories.isChecked():
            return " ".join(self.people.asks[column] for column in asked)
        if self.group.currentData() and not self.reference.currentText():
            return self.tr("Choose the group to compare with.")
        sizes = self._sizes(chosen)
        if alone := [group for group, n in sizes.items() if n < LEAST_GROUP]:
            return self.tr("A group needs two people; one alone is in: {0}.").format(listed(alone))
        return ""

    def _sizes(self, chosen: list[str]) -> dict[str, int]:
        """How many of these people are in each group; none without groups."""
        group = str(self.group.currentData() or "")
        values = [self.people.values.get(name, {}) for name in chosen]
        return dict(Counter(row[group] for row in values if group in row))

    def _cautions(self, chosen: list[str]) -> list[str]:
        """Say of people who can be compared that they are few, or not in the table."""
        words = []
        sizes = self._sizes(chosen)
        columns = [c for c in (str(self.group.currentData() or ""), *self.covariates.ticked()) if c]
        if left := [n for n in chosen if columns and self._lacks(n, columns)]:
            words.append(self.tr("In no model, for the table lacks a value: {0}.").format(listed(left)))
        n = sizes.get(self.reference.currentText(), 0) if sizes else len(chosen)
        needed = least_reference(len(self.covariates.ticked()))
        if n < needed:
            words.append(
                self.tr("There will be no z-scores: {0} to set a person against, {1} are needed.").format(
                    n, needed
                )
            )
        elif small := [f"{group}: {size}" for group, size in sizes.items() if size < SMALL_GROUP]:
            words.append(self.tr("Small groups ({0}).").format(", ".join(small)))
        return words

    def _edited_words(self) -> list[str]:
        """Say whose corrections are not compared: reports hold what Segment has measured."""
        names = [
            self.people.names.get(Path(folder), folder)
            for folder in self.subjects.ticked()
            if folder in self._entries and self._entries[folder].is_edited
        ]
        words = self.tr("Corrected by hand, but compared with the volumes before that: {0}.")
        return [words.format(listed(names))] if names else []

    def _lacks(self, name: str, columns: list[str]) -> bool:
        from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML

        asked = [column for column in columns if column not in (BRAIN_ML, INTRACRANIAL_ML)]
        return any(column not in self.people.values.get(name, {}) for column in asked)

    # The job -----------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the comparison."""
        from brainstem_app.jobs.job import CohortJob

        group = str(self.group.currentData() or "")
        name = self.tr("Groups by {0}").format(group) if group else self.tr("Each against all")
        text = self.table.text().strip()

        def make_job(out: Path) -> CohortJob:
            return CohortJob(
                results=tuple(Path(folder) for folder in self.subjects.ticked()),
                out=out,
                participants=Path(text) if text else None,
                group=group,
                reference=self.reference.currentText() if group else "",
                covariates=self.covariates.ticked(),
                head_size=self.head_size.isChecked(),
                missing=self._missing(),
                categorical=self._asked(),
                mixed=not self.mixed.isHidden() and self.mixed.isChecked(),
            )

        self._submit(make_job, name, self.tr("Compare groups of people"))

    def focus_first(self) -> None:
        """Give the keys to the list of people."""
        self.subjects.list.setFocus(Qt.FocusReason.OtherFocusReason)
