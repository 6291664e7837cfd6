"""Controls of the comparison of people: who at the left, tabs of choices at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from brainstem_app.gui.compare.choice_list import ChoiceList
from brainstem_app.gui.controls import FieldForm, make_button, make_check_box
from brainstem_app.gui.report.cohort_choices import (
    AdjustChoices,
    GroupChoices,
    PersonChoices,
    edited_box,
    what_box,
)
from brainstem_app.gui.report.comparison_panel import ComparisonPanel
from brainstem_app.gui.report.reference_file import ReferenceFile

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext


class CohortForm(ComparisonPanel):
    """Lays out the controls of a comparison of people; what they do is said by who makes one of it."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.measure = what_box(self)
        self.subjects = ChoiceList("&People", {}, self)
        self.groups, self.adjust, self.persons = GroupChoices(self), AdjustChoices(self), PersonChoices(self)
        self.table, self.unknown = self.groups.table, self.groups.unknown
        self.group, self.reference, self.least = self.groups.group, self.groups.reference, self.groups.least
        self.covariates, self.head_size = self.adjust.covariates, self.adjust.head_size
        self.site = self.adjust.site
        self.edited = edited_box(self)
        self.categories = make_check_box(
            self,
            "",
            "Each value of such a column becomes a category of its own, however many they are",
        )
        self.mixed = make_check_box(
            self,
            "Compare &all the same",
            "Volumes may differ because atlases, models or versions of the program do; the report says so",
        )
        for box in (self.categories, self.mixed):
            box.hide()
        self._lay_out()
        self.reference_file = ReferenceFile(context, self.persons, self)

    def _lay_out(self) -> None:
        self.all_button = make_button(self, "All", "Tick the latest result of each person", lambda: None)
        self.none_button = make_button(self, "None", "Tick nobody", lambda: self.subjects.tick(()))
        ticks = QHBoxLayout()
        ticks.addWidget(self.all_button)
        ticks.addWidget(self.none_button)
        ticks.addStretch(1)
        self.of_study = QWidget(self)
        form = FieldForm(self.of_study)
        form.setRowWrapPolicy(FieldForm.RowWrapPolicy.WrapLongRows)
        form.add("&Corrected labels", self.edited)
        what = FieldForm()
        what.add("What", self.measure)
        left = QVBoxLayout()
        left.addLayout(what)
        left.addWidget(self.subjects, 1)
        left.addLayout(ticks)
        left.addWidget(self.of_study)
        self.tabs = QTabWidget(self)
        self.tabs.addTab(self.groups, "&Groups")
        self.tabs.addTab(self.adjust, "Ad&just for")
        self.tabs.addTab(self.persons, "&Each person")
        right = QVBoxLayout()
        right.addWidget(self.tabs, 1)
        for box in (self.categories, self.mixed):
            right.addWidget(box)
        both = QHBoxLayout()
        both.addLayout(left, 2)
        both.addSpacing(12)
        both.addLayout(right, 3)
        column = self._begin_column(
            "Sets the volumes of nuclei and regions of groups of people, or their changes over time,"
            " against each other, by a linear model, and each person against the reference group. One"
            " result a person, all with the same model; groups and covariates come from the"
            " participants.tsv of the dataset."
        )
        column.addLayout(both, 1)
        self._end_column(column, "Co&mpare", "Compare the nuclei of these people")
