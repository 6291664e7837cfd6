"""Compare the volumes of groups of people: who, which groups, what is adjusted for, and against whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import QWidget

from brainstem_app.counting import counted, listed
from brainstem_app.evaluation.linear_model import SMALL_GROUP, least_reference
from brainstem_app.gui.background import Reader
from brainstem_app.gui.file_dialogs import FileDialogs
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.report.cohort_choices import chosen_edited
from brainstem_app.gui.report.cohort_form import CohortForm
from brainstem_app.gui.report.people import (
    People,
    StudyChoice,
    choice_in_study,
    made_differently,
    read_people,
)
from brainstem_app.gui.report.report_entries import ReportKind
from brainstem_app.written_files import PARTICIPANTS_FILE

if TYPE_CHECKING:
    from typing import Any

    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.report.report_entries import ReportEntry

_FEWEST = 3


class CohortPanel(CohortForm):
    """Chooses segmentations, groups and covariates, and starts the job that compares them."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._reports: tuple[ReportEntry, ...] = ()
        self._entries: dict[str, ReportEntry] = {}
        self._is_of_new_study = False
        self._reader, self._ticks_all = Reader(context.background), False
        self._is_waiting, self._filled_in = True, ""
        self.people = People()
        self._connect()
        self._show_people(People())

    def _connect(self) -> None:
        for line in (self.table, self.unknown):
            line.editingFinished.connect(self._read)
        self.measure.currentIndexChanged.connect(lambda _row: self._offer(is_first=True))
        self.groups.table_button.clicked.connect(lambda _checked: self._choose_table())
        self.group.currentIndexChanged.connect(lambda _row: self._fill_groups())
        self.reference.currentIndexChanged.connect(lambda _row: self._fill_comparisons())
        self.site.currentIndexChanged.connect(lambda _row: self._update())
        self.edited.currentIndexChanged.connect(lambda _row: self._read())
        for check in (self.categories, self.mixed):
            check.toggled.connect(lambda _on: self._update())
        self._context.study.opened.connect(self._on_study)
        self.all_button.clicked.connect(lambda _checked: self._tick_all())
        self.least.valueChanged.connect(lambda _value: self._update())
        for choices in (self.covariates, self.subjects, self.groups.comparisons):
            choices.changed.connect(self._update)
        self.reference_file.changed.connect(self._update)
        self.reference_file.message.connect(self.message)
        self.persons.save_button.clicked.connect(lambda _checked: self.save_reference())

    def _on_study(self) -> None:
        """Begin anew with the people and the table of a study that was opened."""
        self._is_of_new_study = self._is_waiting = True
        self.table.clear()

    # What there is -----------------------------------------------------------------------------------

    def set_entries(self, entries: tuple[ReportEntry, ...]) -> None:
        """Offer segmentations, or changes over time where there are any, the latest first."""
        self._reports, self._is_waiting = entries, False
        model, has_changes = self.measure.model(), any(e.kind is ReportKind.CHANGE for e in entries)
        item = model.item(1) if isinstance(model, QStandardItemModel) else None
        if item is not None:
            item.setEnabled(has_changes)
            item.setToolTip("" if has_changes else "“Change over time” measures them first")
        if self.of_changes and not has_changes:
            self.measure.setCurrentIndex(0)
        self._offer(is_first=not self._entries or self._is_of_new_study)

    @property
    def of_changes(self) -> bool:
        """Whether changes over time are compared, and not volumes."""
        return bool(self.measure.currentData() == ReportKind.CHANGE)

    def _offer(self, *, is_first: bool) -> None:
        """Offer the people of what is compared; all are ticked at first."""
        kind = self.measure.currentData()
        offered = {str(entry.folder): entry for entry in self._reports if entry.kind == kind}
        if offered == self._entries:
            self._update()
            return
        before = self.subjects.ticked()
        self._is_of_new_study = False
        self._entries = offered
        named = {folder: entry.title for folder, entry in offered.items()}
        self.subjects.offer(dict(sorted(named.items(), key=lambda one: one[1].casefold())))
        self.subjects.tick(before)
        self._ticks_all = self._ticks_all or is_first
        self._read()

    def _choose_table(self) -> None:
        kinds = "Tables (participants.tsv *.tsv);;All files (*)"
        ask = FileDialogs(self._context.settings, self)
        path = ask.file("Table of participants", kinds, self.table.text())
        if path is not None:
            self.table.setText(str(path))
            self._read()

    def _read(self) -> None:
        """Read who the segmentations are of, and what the table says of them."""
        left, text = self._left_out(self._entries), self.table.text().strip()
        folders = {entry.folder: name not in left for name, entry in self._entries.items()}
        missing, uses_edits = self._missing(), chosen_edited(self.edited) == "use"
        table = Path(text) if text not in ("", self._filled_in) else self._table_of_study()
        table = table or (Path(text) if text and self.of_changes else None)  # changes name no scans
        within = self._context.study.results_folder

        def done(people: People) -> None:
            self.resolved.emit("table")
            self._show_people(people)
            if self._ticks_all:
                self._ticks_all = False
                self._tick_all()

        def failed(error: BaseException) -> None:
            self._update()
            self.message.emit(message_of_error(error, "The table of participants cannot be read.", "table"))

        self._reader.read(lambda: read_people(folders, table, missing, uses_edits, within), done, failed)
        self._update()

    def _table_of_study(self) -> Path | None:
        """Table of the open study's dataset."""
        contents = self._context.study.contents
        dataset = None if contents is None else contents.settings.dataset_folder
        table = None if dataset is None else dataset / PARTICIPANTS_FILE
        return table if table is not None and table.is_file() else None

    def _show_people(self, people: People) -> None:
        before, self.people = self.people, people
        if self.table.text().strip() in ("", self._filled_in):  # nobody has chosen another
            self._filled_in = str(people.table or "")
            self.table.setText(self._filled_in)
        is_chosen = self.group.currentData() or (before.groups and before.table == people.table)
        chosen = self.group.currentData() if is_chosen else people.likely_group
        with QSignalBlocker(self.group):
            self.group.clear()
            self.group.addItem("none: each person against all others", "")
            for column, values in people.groups.items():
                self.group.addItem(f"{column} ({', '.join(values)})", column)
            self.group.setCurrentIndex(max(self.group.findData(chosen), 0))
        self.adjust.offer_sites(people.sites)
        self._fill_groups()

    def _fill_groups(self) -> None:
        from brainstem_app.reports.cohort.participants import is_reference_name
        from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML

        group, ticked = str(self.group.currentData() or ""), self.covariates.ticked()
        others = (c for c in self.people.columns if c not in (group, self.people.head_size))
        offered = {column: column for column in others}
        # Measured by each segmentation: no table has to have it.
        titles = {BRAIN_ML: "volume of the brain", INTRACRANIAL_ML: "volume inside the skull"}
        measured = {
            name: f"{titles[name]} ({name})" for name in self.people.measured if name != self.people.head_size
        }
        self.covariates.offer({**offered, **measured})
        self.covariates.tick(ticked)
        values = self.people.groups.get(group, ())
        chosen = self.reference.currentText()
        with QSignalBlocker(self.reference):
            self.reference.clear()
            self.reference.addItems(list(values))
            self.reference.setEnabled(bool(values))
            likely = chosen if chosen in values else next(filter(is_reference_name, values), "")
            self.reference.setCurrentIndex(self.reference.findText(likely) if likely else -1)
        self._fill_comparisons()

    def _fill_comparisons(self) -> None:
        group = str(self.group.currentData() or "")
        self.groups.offer_comparisons(self.people.groups.get(group, ()), self.reference.currentText())
        self._update()

    def _tick_all(self) -> None:
        """Tick the latest segmentation of each person, of the open study if it has any; no rejected ones."""
        latest: dict[str, str] = {}
        place = self._context.study.results_folder
        offered = [f for f in self._entries if place and Path(f).is_relative_to(place)] or [*self._entries]
        for folder in offered:
            # What a result of the study was brought in from takes nobody's place.
            if self._entries[folder].is_rejected or str(self.people.again.get(Path(folder))) in offered:
                continue
            latest.setdefault(self.people.names.get(Path(folder), folder), folder)
        self.subjects.tick(latest.values())

    def _missing(self) -> tuple[str, ...]:
        """Cells that mean unknown, as the user has named them."""
        return tuple(word.strip() for word in self.unknown.text().split(";") if word.strip())

    def _asked(self) -> tuple[str, ...]:
        """Ticked covariates that are asked about before they become categories."""
        return tuple(column for column in self.covariates.ticked() if column in self.people.asks)

    def _left_out(self, folders: Iterable[str]) -> dict[str, str]:
        """Say why some results do not count, by their folder: rejected, or corrected and not wanted."""
        entries = {folder: self._entries[folder] for folder in folders if folder in self._entries}
        left = {folder: "Rejected" for folder, entry in entries.items() if entry.is_rejected}
        if not self.of_changes and chosen_edited(self.edited) == "leave-out":
            corrected = (f for f, entry in entries.items() if entry.is_edited or entry.is_corrected)
            left = dict.fromkeys(corrected, "Corrected") | left
        return left

    def _update(self) -> None:
        self.adjust.offer_head_size(self.people.head_size)
        left = self._left_out(self.subjects.ticked())
        folders = [Path(folder) for folder in self.subjects.ticked() if folder not in left]
        made_with = [self.people.made_with[folder] for folder in folders if folder in self.people.made_with]
        different, asked = made_differently(made_with), self._asked()
        self.mixed.setVisible(bool(different) or self.reference_file.asks_version(made_with))
        self.categories.setVisible(bool(asked))
        self.categories.setText("Catego&ries: {}".format(", ".join(asked)))
        chosen = [self.people.names.get(folder, str(folder)) for folder in folders]
        self.of_study.setVisible(not self.of_changes)
        problem = self._problem(chosen, different, asked)
        people = f"{counted(len(chosen), 'person')}."
        said = (people, *self._cautions(chosen), *self._again_words(), *self._edited_words(left))
        self.said.setText(problem or " ".join(said))
        self.start_button.setEnabled(not problem and not self._is_at_work("cohort"))
        self.persons.save_button.setEnabled(bool(folders) and not self._is_at_work("save-reference"))

    def _problem(self, chosen: list[str], different: str, asked: tuple[str, ...]) -> str:
        """Why these people cannot be compared; empty if they can."""
        if self._reader.is_reading or self._is_waiting:
            return "Finding out who they are…"
        if twice := sorted({name for name in chosen if chosen.count(name) > 1}):
            return f"Tick one result of each person; two or more of: {listed(twice)}."
        fewest = 1 if self.persons.path and not self.group.currentData() else _FEWEST
        if len(chosen) < fewest:
            return "Tick at least {}.".format(counted(fewest, "person"))
        if different and not self.mixed.isChecked():
            return f"They were not made alike: {different}. “Compare all the same” confirms it."
        if asked and not self.categories.isChecked():
            return " ".join(self.people.asks[column] for column in asked)
        if self.persons.saved.isChecked() and (
            problem := self.reference_file.problem(self.mixed.isChecked())
        ):
            return problem
        return self._problem_of_groups(chosen)

    def _problem_of_groups(self, chosen: list[str]) -> str:
        if self.group.currentData() and not self.reference.currentText():
            return "Choose the group to compare with."
        if not self.groups.has_comparison:
            return "Tick what is to be set against what, under Comparisons."
        compared = self.groups.compared
        small = {
            g: n
            for g, n in sorted(self._sizes(chosen).items())
            if n < self.least.value() and (not compared or g in compared)
        }
        if not small:
            return ""
        fewer = ", or ask for fewer" if min(small.values()) > 1 else ""
        return (
            f"A group needs {self.least.value()} people (Fewest people); there are fewer in: "
            f"{listed([f'{g}: {n}' for g, n in small.items()])}. Take them out by “Means unknown”{fewer}."
        )

    def _sizes(self, chosen: list[str]) -> dict[str, int]:
        """How many of these people are in each group; none without groups."""
        group = str(self.group.currentData() or "")
        values = [self.people.values.get(name, {}) for name in chosen]
        return dict(Counter(row[group] for row in values if group in row))

    def _cautions(self, chosen: list[str]) -> list[str]:
        """Say of people who can be compared that they are few, or not in the table."""
        words = []
        sizes, site = self._sizes(chosen), str(self.site.currentData() or "")
        columns = [c for c in (str(self.group.currentData() or ""), site, *self.covariates.ticked()) if c]
        if self.people.table is not None and chosen and not any(map(self.people.values.get, chosen)):
            words.append(f"The table of participants has none of them: a row of it would be “{chosen[0]}”.")
        if left := [n for n in chosen if columns and self._lacks(n, columns)]:
            words.append(f"In no model, for the table lacks a value: {listed(left)}.")
        n = sizes.get(self.reference.currentText(), 0) if sizes else len(chosen)
        needed = least_reference(len(self.covariates.ticked()))
        if self.persons.path:
            words.append("Each is set against the saved reference group.")
        elif n < needed:
            words.append(f"There will be no z-scores: {n} to set a person against, {needed} are needed.")
        if n >= needed and (small := [f"{g}: {size}" for g, size in sizes.items() if size < SMALL_GROUP]):
            words.append("Small groups ({}).".format(", ".join(small)))
        likely = self.people.likely_site
        if likely and not site and likely not in self.covariates.ticked():
            words.append(f"The table has a column “{likely}”: “Adjust for” can take its differences out.")
        return words

    def _again_words(self) -> list[str]:
        """Say which of the ticked scans have older segmentations, which do not count."""
        ticked = {Path(folder) for folder in self.subjects.ticked()}
        names = sorted({self.people.names[new] for new in self.people.again.values() if new in ticked})
        words = "Segmented more than once, one result counts: {0}."
        return [words.format(listed(names))] if names else []

    def _edited_words(self, left: Mapping[str, str]) -> list[str]:
        """Say whether corrected labels count, and whose results do not."""
        if self.of_changes:
            return []
        said = [f"Corrected labels {self.edited.currentText()}, rejected results do not count."]
        for why in dict.fromkeys(left.values()):
            names = [self._entries[folder].words for folder in left if left[folder] == why]
            said.append(f"{why}, so left out: {listed(names)}.")
        return said

    def _lacks(self, name: str, columns: list[str]) -> bool:
        from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML

        asked = [column for column in columns if column not in (BRAIN_ML, INTRACRANIAL_ML)]
        return any(column not in self.people.values.get(name, {}) for column in asked)

    # The jobs ----------------------------------------------------------------------------------------

    def _choice_in_study(self) -> StudyChoice | None:
        """Results of the open study that are ticked, with one model; None for any other choice."""
        rejected = [Path(folder) for folder, entry in self._entries.items() if entry.is_rejected]
        chosen = [Path(folder) for folder in self.subjects.ticked()]
        return choice_in_study(self._context.study.folder, chosen, rejected)

    def _asked_people(self) -> dict[str, Any]:
        """Return what a comparison and a reference group share: who, by which table, adjusted for what."""
        of_study = self._choice_in_study()
        group, text = str(self.group.currentData() or ""), self.table.text().strip()
        whole: dict[str, Any] = {"results": tuple(Path(folder) for folder in self.subjects.ticked())}
        if of_study is not None:
            whole = {
                "study": self._context.study.folder,
                "model": of_study.model,
                "subjects": of_study.subjects,
            }
        if not self.of_changes:
            whole["edited"] = chosen_edited(self.edited)
        return {
            **whole,
            "participants": Path(text) if text else None,
            "group": group,
            "reference": self.reference.currentText() if group else "",
            "covariates": self.covariates.ticked(),
            "head_size": self.head_size.isChecked(),
            "missing": self._missing(),
            "categorical": self._asked(),
            "site": str(self.site.currentData() or ""),
            "least": self.least.value(),
            "mixed": not self.mixed.isHidden() and self.mixed.isChecked(),
        }

    def start(self) -> None:
        """Start the comparison."""
        from brainstem_app.jobs.job import CohortJob

        group = str(self.group.currentData() or "")
        name = f"Groups by {group}" if group else "Each against all"
        if self.of_changes:
            name = f"Change, {name}"
        asked, against = self._asked_people(), self.persons.path
        asked |= {
            "contrasts": self.groups.contrasts if group else (),
            "against": Path(against) if against else None,
        }
        self._submit(lambda out: CohortJob(out=out, **asked), name, "Compare groups of people")

    def save_reference(self) -> None:
        """Ask where the reference group is to be kept, and start the job that makes its file."""
        from brainstem_app.jobs.job import SaveReferenceJob

        target = self.reference_file.ask_target()
        if target is None:
            return
        asked, name = self._asked_people(), self.persons.name.text().strip()
        self._submit(
            lambda out: SaveReferenceJob(out=out, name=name, **asked),
            "Reference group",
            "Save a reference group",
            lambda out: self.reference_file.keep(out, target),
        )

    def focus_first(self) -> None:
        """Give the keys to the list of people."""
        self.subjects.list.setFocus(Qt.FocusReason.OtherFocusReason)
