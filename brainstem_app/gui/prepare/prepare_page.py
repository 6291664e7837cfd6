"""Page Prepare: settings at the left, subjects in the middle, their pictures at the right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.counting import agreeing, counted
from brainstem_app.errors import InputError
from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.arranged_rows import ArrangedRows
from brainstem_app.gui.background import Reader
from brainstem_app.gui.controls import (
    fit_columns,
    make_button,
    make_primary,
    make_search,
    make_settings_column,
    make_sortable,
    make_table,
    page_layout,
)
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.design.empty_hint import HintOrContent
from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.forms.model_form import ModelForm
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.jobs.job_table import about_text
from brainstem_app.gui.messages.message import Message, MessageLevel, message_of_error
from brainstem_app.gui.prepare.subject_list import Subject, read_subjects
from brainstem_app.gui.prepare.subject_table import SubjectTable
from brainstem_app.gui.prepare.subject_view import SubjectView
from brainstem_app.gui.row_menu import RowMenu
from brainstem_app.gui.study.training_set import remove_from_training_set
from brainstem_app.gui.workflow.step_page import StepPage
from brainstem_app.jobs.job import PrepareJob
from brainstem_app.jobs.kinds.job_model import DEFAULT_ATLAS
from brainstem_app.study.quality import save_decision

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.queued_job import QueuedJob
    from brainstem_app.jobs.events import Progress

# Seconds a scan takes on one core, as measured on 52 scans; used until this study has its own.
_USUAL_S = 90.0
_REFRESH_MS = 2000
_STATES = (
    ("all", ""),
    ("prepared", "finished"),
    ("not prepared", "new"),
    ("failed", "failed"),
    ("accepted", "accepted"),
    ("rejected", "rejected"),
)
_DECISIONS: tuple[tuple[str, Literal["accepted", "rejected"] | None], ...] = (
    ("A", "accepted"),
    ("R", "rejected"),
    ("U", None),
)
_REDO = frozenset({"subjects", "version", "kind"})


class PreparePage(StepPage):
    """Prepares the scans of a dataset into a study."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._reader = Reader(context.background)
        self._job: QueuedJob | None = None
        self.form = ModelForm(PrepareJob, _REDO, self, choices={"atlas": _atlases()})
        self.form.changed.connect(self._on_form)
        self.estimate = QLabel(self)
        self.estimate.setWordWrap(True)
        self.estimate.setAccessibleName("How long it will take")
        self.all_button = make_primary(
            self,
            "Prepare a&ll",
            "All scans that are not prepared yet (Ctrl+Return)",
            lambda: self._start(()),
            "play",
        )
        self.some_button = make_button(
            self,
            "Prepare the &chosen",
            "The subjects whose rows are marked",
            self._start_chosen,
        )
        self.progress = JobProgress(self)
        self.model = SubjectTable(self)
        self._arranged = ArrangedRows(self.model, self)
        self.table = self._table()
        self.view = SubjectView(context.background, self)
        RowMenu(self.table, (*self.view.buttons, self.some_button))
        self.view.decided.connect(self.decide)
        self.view.reference_unwanted.connect(self._take_out)
        self._refresh = QTimer(self, singleShot=True, interval=_REFRESH_MS)
        self._refresh.timeout.connect(context.study.refresh)
        self._lay_out()
        for keys, decision in _DECISIONS:
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(lambda d=decision: self.decide(d))
        context.study.contents_changed.connect(self._read)
        context.study.opened.connect(self._on_study)
        context.jobs.added.connect(lambda _job: self._find_job())
        self._on_study()

    def _lay_out(self) -> None:
        buttons = QWidget(self)
        row = QHBoxLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.all_button, 1)
        row.addWidget(self.some_button, 1)
        left = make_settings_column(self, (self.form,), (self.estimate, buttons, self.progress))
        split = QSplitter(Qt.Orientation.Horizontal, self)
        looked_at = QSplitter(Qt.Orientation.Horizontal, self)
        for part, stretch in ((self._listed(), 1), (self.view, 2)):
            looked_at.addWidget(part)
            looked_at.setStretchFactor(looked_at.count() - 1, stretch)
        self.shown = HintOrContent("sliders-horizontal", looked_at, self.all_button, self)
        self.shown.pressed.connect(lambda: self.command_requested.emit("open_folder"))
        for widget in (left, self.shown):
            split.addWidget(widget)
        split.setStretchFactor(1, 1)
        for one, sizes in ((looked_at, [440, 400]), (split, [340, 840])):
            one.setChildrenCollapsible(False)
            one.setHandleWidth(2 * SPACE)
            one.setSizes(sizes)
        layout = page_layout(self)
        layout.addWidget(split)

    def _listed(self) -> QWidget:
        """Put above the table what narrows it."""
        hint = "Shows only the subjects whose row holds this text"
        self.search = make_search(self, "Find a subject", hint, self._arranged.set_text)
        self.state = ChoiceBox(self)
        self.state.setAccessibleName("State")
        self.state.setToolTip("Shows only the subjects in this state")
        for text, value in _STATES:
            self.state.addItem(text, value)
        self.state.currentIndexChanged.connect(lambda _place: self._narrow())
        row = QHBoxLayout()
        row.addWidget(self.search, 1)
        row.addWidget(self.state)
        part = QWidget(self)
        column = QVBoxLayout(part)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.table, 1)
        return part

    def _narrow(self) -> None:
        wanted = str(self.state.currentData() or "")
        shown = (lambda subject: wanted in (subject.state or "new", subject.decision)) if wanted else None
        self._arranged.set_filter(shown)

    def _table(self) -> QTableView:
        table = make_table(
            self,
            self._arranged,
            "Subjects",
            "A accepts the picture of a subject, R rejects it, U undecides.",
        )
        make_sortable(table)
        self._arranged.attach(table)
        table.setMinimumWidth(380)  # subjects of two datasets have long names
        header = table.horizontalHeader()
        header.setStretchLastSection(True)
        table.selectionModel().currentRowChanged.connect(lambda _new, _old: self._show_current())
        table.selectionModel().selectionChanged.connect(lambda _new, _old: self._update())
        return table

    # What there is to prepare ------------------------------------------------------------------------

    def activate(self) -> None:
        """Take over the dataset that was opened in Scans."""
        if self.dataset is None:
            chosen = self.context.study.workspace.choices.get("dataset", "")
            if chosen:
                self.form.editor("dataset").set_value(chosen)
        self._propose_study()
        self._read()

    @property
    def dataset(self) -> Path | None:
        """Dataset of the form."""
        text = str(self.form.editor("dataset").value() or "")
        return Path(text) if text else None

    def _on_study(self) -> None:
        """Another study: its dataset and settings, as they were used."""
        study = self.context.study
        kept = study.workspace.forms.get("prepare", {})
        self.form.reset()
        self.form.set_values({"dataset": study.workspace.choices.get("dataset", ""), **kept})
        self.form.set_values({"study": str(study.folder or "")})
        self.form.editor("study").setEnabled(not study.is_open)
        self._read()
        self._find_job()

    def _propose_study(self) -> None:
        dataset, study = self.dataset, self.form.editor("study")
        if dataset is not None and not study.value() and not self.context.study.is_open:
            study.set_value(str(dataset.parent / f"{dataset.name}-study"))

    def _on_form(self) -> None:
        self.resolved.emit("start")
        self.context.study.remember_form("prepare", _without(self.form.values(), "study"))
        self._update()

    def _read(self) -> None:
        study = self.context.study
        contents, dataset = study.contents, self.dataset
        is_prepared = contents is not None and contents.is_prepared
        if contents is not None and contents.settings.dataset and (is_prepared or dataset is None):
            self.form.set_values({"dataset": contents.settings.dataset})
            dataset = Path(contents.settings.dataset)
        if contents is not None and is_prepared:
            self.form.set_values({"space": contents.settings.space, "atlas": contents.settings.atlas})
        for name in ("dataset", "space", "atlas"):
            self.form.editor(name).setEnabled(not is_prepared)
        self._reader.read(
            lambda: read_subjects(dataset, contents),
            self._show_subjects,
            lambda error: self.message.emit(
                message_of_error(error, "The subjects cannot be listed.", "list")
            ),
            (study.folder, dataset),
        )

    def _show_subjects(self, subjects: tuple[Subject, ...]) -> None:
        chosen = self.current
        self.resolved.emit("list")
        self.model.set_subjects(subjects)
        fit_columns(self.table, self.model.longest_texts())
        row = -1 if chosen is None else self.model.row_of(chosen.name)
        if subjects and not self.table.currentIndex().isValid():
            index = self._arranged.mapFromSource(self.model.index(max(row, 0), 0))
            self.table.setCurrentIndex(index)
        self._show_current()
        self._update()

    # Working -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Prepare all that is not prepared yet."""
        self.all_button.click()

    def _start_chosen(self) -> None:
        chosen = (self.model.row(row) for row in self._arranged.marked_rows())
        self._start(tuple(sorted({subject.person for subject in chosen if subject is not None})))

    def _start(self, people: tuple[str, ...]) -> None:
        job = self.form.build(subjects=people)
        if not isinstance(job, PrepareJob):
            return
        if not job.dataset.is_dir() or not str(job.study).strip(". "):
            self.message.emit(
                Message(
                    MessageLevel.WARNING,
                    "It is not clear what to prepare, or where to.",
                    str(job.dataset),
                    "Choose the folder of a BIDS dataset, here or in Scans, and a folder for the study.",
                    owner="start",
                )
            )
            return
        folder = job.study.absolute()
        if not self.context.study.is_open:
            self.context.study.create(folder)
        self.context.jobs.submit(job.model_copy(update={"study": folder}), study=folder)

    def _find_job(self) -> None:
        """Follow the job that prepares this study, also one that an earlier window has started."""
        folder = self.context.study.folder or _path(self.form.editor("study").value())
        job = self.context.jobs.find("prepare", folder)
        if job is None or job is self._job:
            return
        self._job = job
        job.progress.connect(self._on_progress)
        job.artifact.connect(lambda _event: self._refresh.start())
        job.warned.connect(lambda _event: self._refresh.start())
        job.ended.connect(lambda _outcome: self._on_ended())
        self.progress.follow(job, "Starting…")
        self._update()

    def _on_progress(self, event: Progress) -> None:
        if event.item:
            self.model.set_now(event.item, event.message)

    def _on_ended(self) -> None:
        self._job = None
        self.model.clear_now()
        self.context.study.refresh()
        self._update()

    # Looking -----------------------------------------------------------------------------------------

    @property
    def current(self) -> Subject | None:
        """The subject whose row is marked."""
        return self.model.row(self._arranged.source_row(self.table.currentIndex()))

    def decide(self, decision: Literal["accepted", "rejected"] | None) -> None:
        """Accept or reject the chosen subject, and go to the next; None takes a decision back."""
        subject, folder = self.current, self.context.study.folder
        if subject is None or folder is None or subject.state != "finished":
            return
        try:
            # A small file, written at once: decisions come faster than a thread could take them in order.
            save_decision(folder, subject.name, decision)
        except InputError as error:
            self.message.emit(message_of_error(error, "The decision was not saved.", "decision"))
            return
        self.resolved.emit("decision")
        self._read()
        row = self.table.currentIndex().row()
        if decision is not None and row + 1 < self._arranged.rowCount():
            self.table.selectRow(row + 1)

    def _take_out(self, name: str) -> None:
        """Give a subject the reference back that it had before its labels were added."""
        study = self.context.study.folder
        if study is not None:
            remove_from_training_set(self.context, name, study)

    def _show_current(self) -> None:
        self.view.show_subject(self.current, self.context.study.folder)

    def _update(self) -> None:
        """Show what can be done now, and about how long it takes."""
        subjects = self.model.rows
        left = [subject for subject in subjects if subject.state != "finished"]
        working = self._job is not None
        if subjects:
            self.shown.show_content()
        else:
            words = "Training begins with a BIDS dataset: its people are listed here."
            self.shown.show_hint(words, "Open a folder…")
        self.all_button.setText(f"Prepare a&ll ({len(left)})" if left else "Prepare a&ll")
        self.all_button.setEnabled(bool(subjects) and not working)
        self.some_button.setEnabled(bool(self.table.selectionModel().selectedRows()) and not working)
        self.estimate.setText("" if working else self._estimate(subjects, left))
        done = len(subjects) - len(left)
        self.status.emit(f"{done} of {len(subjects)}" if subjects else "")

    def _estimate(self, subjects: tuple[Subject, ...], left: list[Subject]) -> str:
        if not subjects:
            return "Open a BIDS dataset in Scans (Ctrl+1), or choose its folder above."
        if not left:
            ready = counted(len(subjects), "subject")
            verb = agreeing(len(subjects), "is", "are")
            said = "{0} {1} prepared, none is left. Look at each picture: A accepts, R rejects."
            return f"{said.format(ready, verb)} {self._reference_words()}".strip()
        timed = [
            sum(s.record.timings.values()) for s in subjects if s.record is not None and s.record.timings
        ]
        each = sorted(timed)[len(timed) // 2] if timed else _USUAL_S
        jobs = max(1, int(self.form.editor("jobs").value()))
        text = about_text(each * len(left) / min(jobs, len(left)))
        if timed:
            return f"{len(left)} to go: about {text}, judging by those that are prepared."
        return f"{len(left)} to go: about {text} on a usual machine."

    def _reference_words(self) -> str:
        """Say how far the reference labels may be off; nothing where that is not known."""
        contents = self.context.study.contents
        mm = None if contents is None else contents.settings.reference_mm
        if mm is None:
            return ""
        return (
            f"The reference is one registration; on open subjects its nuclei lie {mm:.2f} mm from the "
            "consensus of others."
        )


def _atlases() -> tuple[str, ...]:
    from brainstem_app.atlas.library import list_atlases

    names = tuple(list_atlases())
    return names if DEFAULT_ATLAS in names else (DEFAULT_ATLAS, *names)


def _path(text: Any) -> Path | None:
    return Path(str(text)) if text else None


def _without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}
