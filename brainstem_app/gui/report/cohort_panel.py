"""Compare the volumes of groups of people: who, which groups, which covariates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.compare.choice_list import ChoiceList
from brainstem_app.gui.controls import make_button, make_check_box
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.report.comparison_panel import ComparisonPanel
from brainstem_app.gui.report.people import People, read_people
from brainstem_app.plurals import counted

if TYPE_CHECKING:
    from brainstem_app.gui.report.report_entries import ReportEntry
    from brainstem_app.gui.workflow.step_page import Workbench

_FEWEST = 3


class CohortPanel(ComparisonPanel):
    """Chooses segmentations, groups and covariates, and starts the job that compares them."""

    def __init__(self, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(bench, parent)
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
        right = QVBoxLayout()
        right.addLayout(form)
        right.addWidget(self.covariates, 1)
        right.addWidget(self.head_size)
        both = QHBoxLayout()
        both.addLayout(left, 1)
        both.addSpacing(12)
        both.addLayout(right, 1)
        column = self._begin_column(
            self.tr(
                "Sets the volumes of the nuclei of groups of people against each other, by a linear model,"
                " and each person against the reference group. One segmentation a person, all with the same"
                " model; groups and covariates come from the participants.tsv of the dataset."
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
        self.subjects.offer({folder: entry.name for folder, entry in offered.items()})
        self.subjects.tick(before)
        if is_first:
            self._read(ticks=True)

    def _choose_table(self) -> None:
        start = self.table.text() or str(self._bench.settings.last_folder)
        name, _ = QFileDialog.getOpenFileName(
            self,
            self.tr("Table of participants"),
            start,
            self.tr("Tables (participants.tsv *.tsv);;All files (*)"),
        )
        if name:
            self.table.setText(name)
            self._read()

    def _read(self, *, ticks: bool = False) -> None:
        """Read who the segmentations are of, and what the table says of them."""
        folders, text = tuple(entry.folder for entry in self._entries.values()), self.table.text().strip()

        def done(people: People) -> None:
            self.resolved.emit("table")
            self._show_people(people)
            if ticks:
                self._tick_all()

        self._bench.background.run(
            lambda: read_people(folders, Path(text) if text else None),
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
        from brainstem_app.reports.participants import is_reference_name
        from brainstem_app.reports.report_model import BRAIN_ML

        group, ticked = str(self.group.currentData() or ""), self.covariates.ticked()
        others = (c for c in self.people.columns if c not in (group, self.people.head_size))
        offered = {column: column for column in others}
        # Measured by each segmentation: no table has to have it.
        self.covariates.offer({**offered, BRAIN_ML: self.tr("volume of the brain (brain_ml)")})
        self.covariates.tick(ticked)
        values = self.people.groups.get(group, ())
        self.reference.clear()
        self.reference.addItems(list(values))
        self.reference.setEnabled(bool(values))
        likely = next((value for value in values if is_reference_name(value)), "")
        self.reference.setCurrentIndex(self.reference.findText(likely) if likely else -1)
        self._update()

    def _tick_all(self) -> None:
        """Tick the latest segmentation of each person."""
        latest: dict[str, str] = {}
        for folder in self._entries:
            latest.setdefault(self.people.names.get(Path(folder), folder), folder)
        self.subjects.tick(latest.values())

    def _update(self) -> None:
        chosen = [self.people.names.get(Path(folder), folder) for folder in self.subjects.ticked()]
        can_start = False
        twice = sorted({name for name in chosen if chosen.count(name) > 1})
        if twice:
            text = self.tr("Tick one segmentation of each person; two or more of: {0}.").format(
                ", ".join(twice)
            )
        elif len(chosen) < _FEWEST:
            text = self.tr("Tick at least {0}.").format(counted(_FEWEST, self.tr("person")))
        elif self.group.currentData() and not self.reference.currentText():
            text = self.tr("Choose the group to compare with.")
        else:
            text, can_start = f"{counted(len(chosen), self.tr('person'))}.", True
        self.said.setText(text)
        self.start_button.setEnabled(can_start and self._bench.jobs.find("cohort", None) is None)

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
            )

        self._submit(make_job, name, self.tr("Compare groups of people"))

    def focus_first(self) -> None:
        """Give the keys to the list of people."""
        self.subjects.list.setFocus(Qt.FocusReason.OtherFocusReason)
