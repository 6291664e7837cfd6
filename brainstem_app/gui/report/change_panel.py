"""Measure change over time: which scans of each person, and when each was made."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QLineEdit, QWidget

from brainstem_app.counting import counted
from brainstem_app.errors import BrainstemError
from brainstem_app.gui.background import Reader
from brainstem_app.gui.controls import FieldForm, make_button, make_table
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.file_dialogs import FileDialogs
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.messages.window_words import error_words, window_words
from brainstem_app.gui.report.comparison_panel import ComparisonPanel
from brainstem_app.imaging.text_table import number_of

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.report.report_entries import ReportEntry
    from brainstem_app.jobs.job import ChangeJob

_SCAN, _YEARS = 0, 1


class ScansFrom(StrEnum):
    """Where the scans of each person are named."""

    STUDY = "study"
    DATASET = "dataset"
    FILES = "files"


@dataclass(frozen=True)
class _Row:
    """A person: the scans in the order of time, the years between the first and the last, or why not."""

    person: str
    scans: str
    years: str


class ChangePanel(ComparisonPanel):
    """Chooses the scans, shows of whom and when they are, and starts the job that measures their change."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._reader = Reader(context.background)
        self._ready = 0
        self._dialogs = FileDialogs(context.settings, self)
        self.way = ChoiceBox(self)
        self.way.setAccessibleName("Where the scans of each person are")
        self.way.setToolTip("How the program learns which scans are of the same person")
        for way, text in (
            (ScansFrom.STUDY, "In the open study: people with several sessions"),
            (ScansFrom.DATASET, "In a BIDS dataset: people with several sessions"),
            (ScansFrom.FILES, "In files: scans of one person"),
        ):
            self.way.addItem(text, way)
        self.dataset = self._line("Folder of a dataset, or of one person in it")
        self.person = self._line("What to call the person in the report")
        self.choose_button = make_button(self, "Choose…", "Choose it on the disk", self._choose)
        self.clear_button = make_button(
            self, "Clea&r", "Take all scans out of the list", lambda: self._take([])
        )
        self._files: list[Path] = []
        self._typed: dict[Path, str] = {}  # the table shows people, too
        self.rows = QStandardItemModel(0, 3, self)
        self.table = make_table(
            self,
            self.rows,
            "Scans that were found",
            "Of files, the years can be written here; of datasets they come from its tables.",
        )
        self.table.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self._lay_out()
        self.way.currentIndexChanged.connect(lambda _row: self._show_way())
        for line in (self.dataset, self.person):
            line.editingFinished.connect(self._read)
        self.rows.itemChanged.connect(lambda _item: self._read_files())
        context.study.opened.connect(self._on_study)
        self._on_study()

    def _line(self, hint: str) -> QLineEdit:
        line = QLineEdit(self)
        line.setPlaceholderText(hint)
        line.setToolTip(hint)
        line.setAccessibleDescription(hint)
        return line

    def _lay_out(self) -> None:
        form = FieldForm()
        form.add("S&cans", self.way)
        chosen = QWidget(self)
        beside = QHBoxLayout(chosen)
        beside.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in (
            (self.dataset, 1),
            (self.person, 1),
            (self.choose_button, 0),
            (self.clear_button, 0),
        ):
            beside.addWidget(widget, stretch)
        self._place_label = QLabel(self)
        form.add(self._place_label, chosen, self.dataset)
        self._chosen = chosen
        column = self._begin_column(
            "Says how much the brainstem of a person changes in a year. All scans of a person are"
            " measured together, in one place between them, so that none counts as the first."
            " Give scans of one scanner and protocol. It takes about a minute a scan."
        )
        column.addLayout(form)
        column.addWidget(self.table, 1)
        self._end_column(column, "&Measure", "Measure the change of each person in per cent a year")
        self.said.setAccessibleName("What will be measured")

    # What there is -----------------------------------------------------------------------------------

    def set_entries(self, entries: tuple[ReportEntry, ...]) -> None:
        """Look again: a study's results, or what was said of them, may be others now."""
        if self.isVisible() and self.chosen_way is ScansFrom.STUDY:
            self._read()

    def focus_first(self) -> None:
        """Give the keys to the first choice, and look again."""
        self.way.setFocus(Qt.FocusReason.OtherFocusReason)
        self._read()

    @property
    def chosen_way(self) -> ScansFrom:
        """Where the scans are named."""
        return ScansFrom(self.way.currentData())

    def choose(self, way: ScansFrom, *places: Path) -> None:
        """Take the scans from here: a dataset's folder, or files."""
        self.way.setCurrentIndex(self.way.findData(way))
        if way is ScansFrom.DATASET:
            self.dataset.setText(str(places[0]))
            self._read()
        elif way is ScansFrom.FILES:
            self._take(list(places))

    def _on_study(self) -> None:
        model = self.way.model()
        has_study = self._context.study.folder is not None
        item = model.item(0) if isinstance(model, QStandardItemModel) else None
        if item is not None:
            item.setEnabled(has_study)
        way = ScansFrom.STUDY if has_study else ScansFrom.DATASET
        self.way.setCurrentIndex(self.way.findData(way))
        self._show_way()

    def _show_way(self) -> None:
        way = self.chosen_way
        shown = way is not ScansFrom.STUDY
        for widget in (self._place_label, self._chosen):
            widget.setVisible(shown)
        self.dataset.setVisible(way is ScansFrom.DATASET)
        self.person.setVisible(way is ScansFrom.FILES)
        self.clear_button.setVisible(way is ScansFrom.FILES)
        of_files = way is ScansFrom.FILES
        self._place_label.setText("&Person" if of_files else "&Dataset")
        self._place_label.setBuddy(self.person if of_files else self.dataset)
        self.person.setAccessibleName("Person")
        self.dataset.setAccessibleName("Dataset")
        self.choose_button.setText("A&dd scans…" if of_files else "Choose…")
        heads = ["Scan", "Years since the first"] if of_files else ["Person", "Scans", "Years"]
        self.rows.setColumnCount(len(heads))
        self.rows.setHorizontalHeaderLabels(heads)
        if of_files:
            self._take(self._files)
        else:
            self._read()

    def _choose(self) -> None:
        if self.chosen_way is ScansFrom.FILES:
            kinds = "Scans (*.nii *.nii.gz *.mgz *.mgh);;All files (*)"
            more = self._dialogs.files("Scans of one person", kinds)
            self._take([*self._files, *(path for path in more if path not in self._files)])
        elif folder := self._dialogs.folder("Dataset"):
            self.dataset.setText(str(folder))
            self._read()

    def _take(self, files: list[Path]) -> None:
        """Show files in rows, each with a place for its years."""
        self._files = files
        with QSignalBlocker(self.rows):
            self.rows.setRowCount(0)
            for number, path in enumerate(files):
                name = QStandardItem(path.name)
                name.setEditable(False)
                name.setToolTip(str(path))
                years = self._typed.get(path) or ("0" if number == 0 else "")
                self.rows.appendRow([name, QStandardItem(years)])
        self.rows.layoutChanged.emit()
        self._read_files()

    def _typed_years(self) -> list[str]:
        if self.chosen_way is not ScansFrom.FILES:
            return []
        items = (self.rows.item(row, _YEARS) for row in range(self.rows.rowCount()))
        return ["" if item is None else item.text().strip() for item in items]

    def _read_files(self) -> None:
        """Say whether each file has its years."""
        if self.chosen_way is not ScansFrom.FILES:
            return
        self._typed = dict(zip(self._files, self._typed_years(), strict=True))
        self._ready = 0
        if len(self._files) < 2:
            self.said.setText("Add two scans of one person or more.")
        elif (years := self._years()) is None:
            self.said.setText("Write into the table when each scan was made, in years, e.g. 0 and 1.5.")
        elif len(set(years)) < 2:
            self.said.setText("All scans have one time: there is no change a year between them.")
        else:
            self._ready = 1
            text = "{0} in {1} years."
            count = counted(len(self._files), "scan")
            self.said.setText(text.format(count, f"{max(years) - min(years):.2f}"))
        self._update()

    def _years(self) -> tuple[float, ...] | None:
        """Years of the files; None if one is missing or no number."""
        years = [number_of(text.replace(",", ".")) for text in self._typed_years()]
        return None if None in years else tuple(year for year in years if year is not None)

    def _read(self) -> None:
        """Look for people with several scans in the study or dataset."""
        if self.chosen_way is ScansFrom.FILES:
            return
        self._reader.forget()
        job = self._job(Path("OUT"))
        if job is None:
            said = "Choose the folder of a dataset."
            if self.chosen_way is ScansFrom.STUDY:
                said = "No study is open."
            self._show((), said)
            return

        def read() -> tuple[tuple[_Row, ...], int, list[str]]:
            return _people(job)

        def done(found: tuple[tuple[_Row, ...], int, list[str]]) -> None:
            rows, ready, notes = found
            text = f"{counted(ready, 'person')} can be measured."
            self._show(rows, window_words(" ".join([text, *notes]), "change"), ready)

        def failed(error: BaseException) -> None:
            self._show((), error_words(error, "The scans cannot be read.", "change"))

        self._reader.read(read, done, failed)

    def _show(self, rows: tuple[_Row, ...], said: str, ready: int = 0) -> None:
        self.rows.setRowCount(0)
        for row in rows:
            cells = [QStandardItem(text) for text in (row.person, row.scans, row.years)]
            for cell in cells:
                cell.setEditable(False)
                cell.setToolTip(cell.text())
            self.rows.appendRow(cells)
        self.said.setText(said)
        self._ready = ready
        self._update()

    def _update(self) -> None:
        self.start_button.setEnabled(self._ready > 0 and not self._is_at_work("change"))

    # The job -----------------------------------------------------------------------------------------

    def _job(self, out: Path) -> ChangeJob | None:
        """Job of what is chosen; None if nothing is."""
        from brainstem_app.jobs.job import ChangeJob

        way, study = self.chosen_way, self._context.study.folder
        if way is ScansFrom.STUDY:
            return None if study is None else ChangeJob(study=study, out=out)
        if way is ScansFrom.DATASET:
            folder = self.dataset.text().strip()
            return ChangeJob(scans=(Path(folder),), out=out) if folder else None
        years = self._years() or ()
        return ChangeJob(scans=tuple(self._files), years=years, subject=self.person.text().strip(), out=out)

    def start(self) -> None:
        """Start measuring."""
        try:
            wanted = self._job(Path("OUT"))
        except (BrainstemError, ValueError) as error:
            self.message.emit(message_of_error(error, "This cannot be measured.", "start"))
            return
        if wanted is not None:
            self._submit(
                lambda out: wanted.model_copy(update={"out": out}),
                "Change",
                "Measure change over time",
            )


def _people(job: ChangeJob) -> tuple[tuple[_Row, ...], int, list[str]]:
    """People of a job in rows, how many can be measured, and notes."""
    from brainstem_app.jobs.people.sessions import in_time, people_of

    people, notes = people_of(job)
    rows, ready = [], 0
    fixes: dict[str, None] = {}  # each once, however many people need it
    for person in people:
        try:
            timed = in_time(person)
        except BrainstemError as error:
            names = ", ".join(session.name for session in person.sessions)
            rows.append(_Row(person.folder, names, window_words(error.what, "change")))
            fixes[error.fix] = None
            continue
        ready += 1
        names = ", ".join(session.name for session in timed.sessions)
        rows.append(_Row(person.folder, names, f"{timed.sessions[-1].years - timed.sessions[0].years:.2f}"))
    return tuple(rows), ready, [*notes, *fixes]
