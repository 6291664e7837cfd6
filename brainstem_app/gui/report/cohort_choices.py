"""Choices of a comparison of people, a tab each: groups, what is adjusted for, what each is set against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from types import MappingProxyType

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.compare.choice_list import ChoiceList
from brainstem_app.gui.controls import FieldForm, faint_label, make_button, make_check_box
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.plain_labels import no_mnemonic
from brainstem_app.gui.report.report_entries import ReportKind
from brainstem_app.jobs.kinds.people import Edited
from brainstem_app.reports.cohort.request import LEAST_PEOPLE
from brainstem_app.written_files import PARTICIPANTS_FILE

_MOST_LEAST = 999


def _box(parent: QWidget, name: str, hint: str) -> QComboBox:
    box = ChoiceBox(parent)
    box.setAccessibleName(name)
    box.setToolTip(hint)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    return box


def _line(parent: QWidget, name: str, hint: str, placeholder: str) -> QLineEdit:
    line = QLineEdit(parent)
    line.setAccessibleName(name)
    line.setToolTip(hint)
    line.setPlaceholderText(placeholder)
    return line


def what_box(parent: QWidget) -> QComboBox:
    """Make a box that says what of the people is compared."""
    hint = "Volumes of one segmentation of each person, or the change between several"
    box = _box(parent, "What is compared", hint)
    box.addItem("Volumes", ReportKind.SEGMENTATION)
    box.addItem("Changes over time", ReportKind.CHANGE)
    return box


def edited_box(parent: QWidget) -> QComboBox:
    """Make a box that says what counts of results whose labels were corrected by hand."""
    box = _box(parent, "Corrected labels", "What counts of results whose labels were corrected by hand")
    for text, choice in (
        ("count", "use"),
        ("do not count, the original ones do", "original"),
        ("are left out", "leave-out"),
    ):
        box.addItem(text, choice)
    return box


def chosen_edited(box: QComboBox) -> Edited:
    """Return the choice of an `edited_box`, as a job has it."""
    choices: dict[str, Edited] = {"use": "use", "original": "original", "leave-out": "leave-out"}
    return choices[str(box.currentData())]


class GroupChoices(QWidget):
    """Table, groups, which are compared, and how few people may be in one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = _line(
            self,
            "Table of participants",
            "participants.tsv of the dataset: groups, ages and other columns",
            PARTICIPANTS_FILE,
        )
        hint = self.table.toolTip()
        self.table.textChanged.connect(lambda text: self.table.setToolTip(text or hint))
        self.table_button = make_button(self, "Choose…", "Choose the table of participants", lambda: None)
        self.unknown = _line(
            self,
            "Cells that mean unknown",
            "Cells of the table that mean unknown, with semicolons: whoever has one is in no model",
            "besides n/a, e.g. 89+; age=-999",
        )
        self.group = _box(self, "Column of the groups", "Says who is in which group")
        self.reference = _box(
            self,
            "Group to compare with",
            "The others are set against this one, e.g. controls",
        )
        self.least = QSpinBox(self)
        self.least.setRange(2, _MOST_LEAST)
        self.least.setValue(LEAST_PEOPLE)
        self.least.setAccessibleName("Fewest people of a group")
        self.least.setToolTip(
            "Smaller groups and sites are refused; a nucleus found in fewer people has no numbers"
        )
        self.comparisons = ChoiceList("Co&mparisons", {}, self)
        table = QHBoxLayout()
        table.addWidget(self.table, 1)
        table.addWidget(self.table_button)
        form = FieldForm()
        form.add("&Table of participants", table, self.table)
        form.add("Means un&known", self.unknown)
        form.add("Gr&oups", self.group)
        form.add("Refere&nce group", self.reference)
        form.add("Fe&west people", self.least)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.comparisons, 1)
        column.addStretch(0)

    def offer_comparisons(self, groups: Sequence[str], reference: str) -> None:
        """Offer what groups can be set against each other; those with the reference group are ticked."""
        others = [group for group in groups if group != reference]
        offered: dict[str, str] = {}
        self._groups_of = {}
        if reference and len(others) > 1:
            pairs = [*((group, reference) for group in others), *combinations(others, 2)]
            offered = {f"{a}:{b}": f"{a} against {b}" for a, b in pairs}
            self._groups_of = {f"{a}:{b}": (a, b) for a, b in pairs}
            self._groups_of[f"{'+'.join(others)}:{reference}"] = (*others, reference)
            together = f"{', '.join(others)} together against {reference}"
            offered[f"{'+'.join(others)}:{reference}"] = together
        before = self.comparisons.ticked()
        self._usual = tuple(f"{group}:{reference}" for group in others) if offered else ()
        self.comparisons.offer(offered)
        self.comparisons.tick([text for text in before if text in offered] or self._usual)
        self.comparisons.setVisible(bool(offered))

    @property
    def contrasts(self) -> tuple[str, ...]:
        """What is ticked; nothing where that is each group with the reference group."""
        ticked = self.comparisons.ticked()
        return () if ticked == self._usual else ticked

    @property
    def compared(self) -> frozenset[str]:
        """Groups that the ticked comparisons are of; none where there is no choice."""
        ticked = self.comparisons.ticked()
        return frozenset(group for text in ticked for group in self._groups_of.get(text, ()))

    @property
    def has_comparison(self) -> bool:
        """Whether anything is compared, as far as there is a choice."""
        return self.comparisons.isHidden() or bool(self.comparisons.ticked())

    _usual: tuple[str, ...] = ()
    _groups_of: Mapping[str, tuple[str, ...]] = MappingProxyType({})


class AdjustChoices(QWidget):
    """Covariates, the size of the head, and the column of the scanner or site."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.covariates = ChoiceList("&Covariates", {}, self)
        self.head_size = make_check_box(
            self, "", "Large heads have large nuclei; this takes it out of the comparison"
        )
        self.head_size.setChecked(True)
        self.site = _box(
            self,
            "Column of the scanner or site",
            "Takes out what one scanner measures otherwise than another, by ComBat; groups are kept",
        )
        form = FieldForm()
        form.add("Scanner or s&ite", self.site)
        column = QVBoxLayout(self)
        column.addWidget(self.covariates, 1)
        column.addWidget(self.head_size)
        column.addLayout(form)

    def offer_head_size(self, column: str) -> None:
        """Offer a column of the head's size, unless none is known or a ticked covariate is one."""
        from brainstem_app.reports.cohort.participants import name_head_size

        self.head_size.setText(f"Adjust for the size of the hea&d ({no_mnemonic(column)})")
        self.head_size.setVisible(bool(column) and not name_head_size(self.covariates.ticked()))

    def offer_sites(self, sites: Mapping[str, tuple[str, ...]]) -> None:
        """Offer columns that may say the site; what was chosen stays."""
        chosen = self.site.currentData()
        with QSignalBlocker(self.site):
            self.site.clear()
            self.site.addItem("one scanner, or leave its differences in", "")
            for column, values in sites.items():
                self.site.addItem(f"{column} ({', '.join(values)})", column)
            self.site.setCurrentIndex(max(self.site.findData(chosen), 0))


class PersonChoices(QWidget):
    """What each person is set against, and a reference group to be saved."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.own = QRadioButton("The reference &group, or all others", self)
        self.own.setToolTip("Each person is set against people of this comparison")
        self.own.setChecked(True)
        self.saved = QRadioButton("A sa&ved reference group", self)
        self.saved.setToolTip("Each person is set against people that are in a file, of any lab")
        self.file = _line(
            self,
            "File of the saved reference group",
            "reference.json, as it was saved here or in another lab",
            "reference.json",
        )
        self.file_button = make_button(
            self, "Choose…", "Choose the file of a saved reference group", lambda: None
        )
        self.about = faint_label(self, name="What the saved reference group is")
        self.name = _line(
            self,
            "Name of the reference group",
            "What it is called in the file and in reports",
            "e.g. Controls Paris 3 T",
        )
        self.save_button = make_button(
            self,
            "&Save the reference group…",
            "Keep it as a file that names nobody, for people of later or of another lab",
            lambda: None,
        )
        for widget in (self.file, self.file_button):
            widget.setEnabled(False)
            self.saved.toggled.connect(widget.setEnabled)
        file = QHBoxLayout()
        file.addWidget(self.file, 1)
        file.addWidget(self.file_button)
        save = QHBoxLayout()
        save.addWidget(self.name, 1)
        save.addWidget(self.save_button)
        column = QVBoxLayout(self)
        column.addWidget(faint_label(self, "Each person is set against"))
        column.addWidget(self.own)
        column.addWidget(self.saved)
        column.addLayout(file)
        column.addWidget(self.about)
        column.addStretch(1)
        column.addWidget(
            faint_label(
                self,
                "A saved reference group holds what these people predict of any other, with their"
                " covariates, and no person. Another lab can set its people against it.",
            )
        )
        column.addLayout(save)

    @property
    def path(self) -> str:
        """File that people are set against; empty for none."""
        return self.file.text().strip() if self.saved.isChecked() else ""
