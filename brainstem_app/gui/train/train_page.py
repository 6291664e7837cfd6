"""Page Train: settings at the left, the runs of the study and their curves at the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.counting import counted
from brainstem_app.edition import Edition, edition
from brainstem_app.errors import InputError
from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.background import Reader
from brainstem_app.gui.controls import (
    faint_label,
    fill_side_by_side,
    make_button,
    make_primary,
    make_settings_column,
    make_table,
)
from brainstem_app.gui.design.empty_hint import HintOrContent
from brainstem_app.gui.file_dialogs import open_in_system
from brainstem_app.gui.forms.model_form import ModelForm
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.jobs.speed_button import SpeedButton
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.messages.window_words import error_words
from brainstem_app.gui.row_menu import RowMenu
from brainstem_app.gui.train.curves import Curves
from brainstem_app.gui.train.estimate import device_text, estimate
from brainstem_app.gui.train.export_run import export_run
from brainstem_app.gui.train.presets import PresetBar
from brainstem_app.gui.train.run_summary import EPOCH_NUMBERS, RunSummary, read_run, read_runs
from brainstem_app.gui.train.run_table import RunTable
from brainstem_app.gui.train.training_jobs import TrainingJobs
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.gui.workflow.step_page import StepPage
from brainstem_app.jobs.job import TrainJob
from brainstem_app.plain_name import require_name
from brainstem_app.written_files import EVENTS_FILE, RUNS_FOLDER

if TYPE_CHECKING:
    from brainstem_app.jobs.events import Metric, Progress
    from brainstem_app.jobs.networks.machine_speed import MachineSpeed

_LOOK_AGAIN_MS = 5000
#: Settings that are shown without unfolding.
_PLAIN = frozenset({"run", "decoder", "encoder", "loss", "epochs"})
_SET_ELSEWHERE = frozenset({"study", "version", "kind"})


class TrainPage(StepPage):
    """Trains networks on the open study."""

    trains = True

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._reader = Reader(context.background)
        self._proposed = ""
        self._again = QTimer(self, singleShot=True, interval=_LOOK_AGAIN_MS)
        self._again.timeout.connect(self._look_again)
        self._speed: MachineSpeed | None = None
        # What trainings have said since the runs were read: table and curves show the same epochs.
        self._said: dict[str, list[Metric]] = {}
        self.form = ModelForm(TrainJob, _SET_ELSEWHERE, self, plain=_PLAIN)
        self.form.fold.setText("All settings")
        self.form.changed.connect(self._on_form)
        self.presets = PresetBar(self.form, self)
        self.device = faint_label(self, name="Device")
        self.estimate = faint_label(self, name="How much there is to do")
        self.speed_button = SpeedButton(context.jobs, self)
        self.speed_button.measured.connect(self._read_speed)
        self.start_button = make_primary(self, "&Train", "Start the run (Ctrl+Return)", self.start, "play")
        self.progress = JobProgress(self)
        self.progress.cancel_button.setText("Stop")
        self.progress.cancel_button.setToolTip("Whole epochs are kept; the run can go on later.")
        self.jobs = TrainingJobs(context, self)
        self.model = RunTable(self)
        self.table = self._table()
        self.curves = Curves(self)
        self._lay_out()
        context.study.opened.connect(self._on_study)
        context.study.contents_changed.connect(self.read)
        self.jobs.changed.connect(self._show_jobs)
        self.jobs.metric.connect(self._on_metric)
        self.jobs.progressed.connect(self._on_progress)
        self.jobs.ended.connect(self._on_ended)
        self._on_study()

    def _lay_out(self) -> None:
        preset = QVBoxLayout()
        preset.addWidget(self.presets)
        below = (self.device, self.estimate, self.speed_button, self.start_button, self.progress)
        left = make_settings_column(self, (self.form,), below, head=preset)
        right = QWidget(self)
        beside = QVBoxLayout(right)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.table, 2)
        beside.addLayout(self._run_buttons())
        beside.addWidget(self.curves, 5)
        self.shown = HintOrContent("activity", right, self.start_button, self)
        self.shown.pressed.connect(lambda: self.step_requested.emit(StepName.PREPARE))
        fill_side_by_side(self, left, self.shown, (370, 760))

    def _run_buttons(self) -> QHBoxLayout:
        self.resume_button = make_button(
            self, "Go &on", "Go on with the chosen run where it stopped", self.resume
        )
        self.settings_button = make_button(
            self,
            "Use its s&ettings",
            "Put the settings of the chosen run into the form",
            self._take,
        )
        self.log_button = make_button(
            self, "&Log", "Show what the job of the chosen run has printed", self._show_log
        )
        self.export_button = make_button(
            self, "Add to my &models", "Make the network available in Segment", self.export
        )
        self.folder_button = make_button(
            self,
            "Open fol&der",
            "Curves, networks and numbers of the run",
            self._open_folder,
        )
        of_run = (self.resume_button, self.settings_button, self.log_button, self.export_button)
        RowMenu(self.table, (*of_run, self.folder_button))
        row = QHBoxLayout()
        for button in of_run:
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.folder_button)
        return row

    def _table(self) -> QTableView:
        table = make_table(self, self.model, "Runs", "A run shows its curves below.")
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setMinimumHeight(90)
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(self.model.column_of("Network"), QHeaderView.ResizeMode.Stretch)
        table.selectionModel().currentRowChanged.connect(lambda _new, _old: self._show_current())
        return table

    # Settings ----------------------------------------------------------------------------------------

    def activate(self) -> None:
        """Read the runs again; at first also find out about the device."""
        self.read()
        self.context.study.refresh()  # the command line may have trained on the study meanwhile
        self._read_speed()
        if not self.device.text():
            self.device.setText("Looking for a graphics card…")
            self.context.background.run(
                device_text,
                self.device.setText,
                lambda error: self.device.setText(error_words(error, "Which device is not known.")),
            )

    def _read_speed(self) -> None:
        from brainstem_app.jobs.networks.machine_speed import read_speed

        def done(speed: MachineSpeed | None) -> None:
            self._speed = speed
            self._update()

        self.context.background.run(read_speed, done, lambda _error: None)

    def _on_study(self) -> None:
        kept = self.context.study.workspace.forms.get("train", {})
        self._proposed = ""
        self._said.clear()
        self.form.reset()
        self.form.set_values(kept)
        self.curves.clear()
        self.read()

    def _on_form(self) -> None:
        self._propose_name()
        self.context.study.remember_form("train", _plain(self.form.values()))
        self._update()

    def _propose_name(self) -> None:
        """Name the run after its network, as long as the user has not."""
        editor = self.form.editor("run")
        if editor.value() and editor.value() != self._proposed:
            return
        values = self.form.values()
        base = f"{values['decoder']}-{values['encoder']}-{values['loss']}"
        taken = {run.name for run in self.model.rows}
        number = next(
            n
            for n in range(1, 10_000)
            if (n == 1 and base not in taken) or (n > 1 and f"{base}-{n}" not in taken)
        )
        self._proposed = base if number == 1 else f"{base}-{number}"
        if editor.value() != self._proposed:
            with QSignalBlocker(self.form):
                editor.set_value(self._proposed)

    def _take(self) -> None:
        run = self.current
        if run is not None and run.job is not None:
            self.form.set_values(run.job.model_dump(mode="json", exclude={"run", "study", "kind", "version"}))

    # Working -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Start the run."""
        self.start_button.click()

    def start(self) -> None:
        """Put the run into the queue."""
        folder = self.context.study.folder
        job = self.form.build(study=folder)
        if not isinstance(job, TrainJob) or folder is None:
            return
        try:
            require_name(job.run, "a run", folder / RUNS_FOLDER)
        except InputError as error:
            self.form.reject("run", f"{error.what} {error.fix}")
            return
        self.jobs.submit(job)

    def resume(self) -> None:
        """Go on with the chosen run; to more epochs, if the form asks for more."""
        run, folder = self.current, self.context.study.folder
        if run is None or run.job is None or folder is None:
            return
        wanted = self.form.values()["epochs"]
        epochs = max(run.job.epochs, wanted) if run.is_finished else run.job.epochs
        self.jobs.submit(run.job.model_copy(update={"study": folder, "epochs": epochs}))

    def export(self) -> None:
        """Export the chosen run's network, and put it among the user's models."""
        if self.current is not None:
            export_run(self.context, self.current, self.message.emit)

    def _show_jobs(self) -> None:
        """Show which runs are trained now, and the progress of the one that is at work."""
        active = self.jobs.active
        words = {"waiting": "waiting", "running": "training"}
        states = {
            run: "stopping" if job.is_cancelling else words[job.state.value] for run, job in active.items()
        }
        self.model.set_working(states)
        running = next((job for job in active.values() if job.is_running), None)
        if running is not None and not self.progress.isVisibleTo(self):
            self.progress.follow(running, "Starting…")
        count = len(active)
        self.status.emit(f"{count} training" if count else self._run_count())
        self._update()

    def _on_ended(self, run: str) -> None:
        """Read the run as it is on disk now: all its training has said is there."""
        self._said.pop(run, None)
        self.context.study.refresh()

    def _as_said(self, run: RunSummary) -> RunSummary:
        return run.with_metrics(self._said.get(run.name, ()))

    def _on_metric(self, run: str, event: Metric) -> None:
        if self.model.row_of(run) < 0:
            self.context.study.refresh()
        if event.name in EPOCH_NUMBERS:
            self._said.setdefault(run, []).append(event)
            self.model.set_rows(tuple(map(self._as_said, self.model.rows)))
        if self.current is not None and self.current.name == run:
            self.curves.add_metric(event)

    def _on_progress(self, run: str, event: Progress) -> None:
        if self.model.row_of(run) < 0 and event.done > 0:
            self.context.study.refresh()
        if self.current is not None and self.current.name == run:
            self.curves.add_progress(event)

    # Looking -----------------------------------------------------------------------------------------

    def read(self) -> None:
        """Read the runs of the study."""
        contents = self.context.study.contents
        if contents is None:
            self._reader.forget()
            self._show_runs(())
            return
        self._reader.read(
            lambda: read_runs(contents.folder, contents.runs),
            self._show_runs,
            lambda error: self.message.emit(message_of_error(error, "The runs cannot be read.", "runs")),
            (contents.folder, contents.runs),
        )

    def _look_again(self) -> None:
        self.read()
        self._show_current()

    @property
    def current(self) -> RunSummary | None:
        """The run whose row is marked."""
        return self.model.row(self.table.currentIndex().row())

    def _show_runs(self, runs: tuple[RunSummary, ...]) -> None:
        self.resolved.emit("runs")
        chosen = self.context.study.workspace.choices.get("run", "")
        self.model.set_rows(tuple(map(self._as_said, runs)))
        row = self.model.row_of(chosen)
        if runs and self.table.currentIndex().row() != max(row, 0):
            self.table.selectRow(max(row, 0))
        self._propose_name()
        self.jobs.find()
        if any(run.is_in_use and run.name not in self.jobs.active for run in runs):
            # Another program trains it, and tells nobody here when it has got on.
            self._again.start()

    def _run_count(self) -> str:
        count = len(self.model.rows)
        return counted(count, "run") if count else ""

    def _show_current(self) -> None:
        run = self.current
        self._update()
        if run is None:
            self.curves.clear()
            return
        self.context.study.remember_choice("run", run.name)
        self.context.background.run(lambda: read_run(run.folder), self._show_curves, lambda _error: None)

    def _show_curves(self, run: RunSummary) -> None:
        if self.current is not None and self.current.name == run.name:
            self.curves.show_run(self._as_said(run).history, run.scores, run.part)

    def _show_log(self) -> None:
        run = self.current
        job = None if run is None else self.jobs.of(run.name)
        if job is not None:
            self.log_requested.emit(job)
        elif run is not None:
            open_in_system(run.folder / EVENTS_FILE, self.message.emit)

    def _open_folder(self) -> None:
        if self.current is not None:
            open_in_system(self.current.folder, self.message.emit)

    def _update(self) -> None:
        study, run = self.context.study, self.current
        name = str(self.form.editor("run").value())
        job = self.jobs.of(name)
        busy = job is not None and not job.state.is_over
        self.start_button.setEnabled(study.is_prepared and not busy and edition() is Edition.FULL)
        if self.model.rows:
            self.shown.show_content()
        elif study.is_prepared:
            self.shown.show_hint("No run yet: Train starts one with the settings at the left.")
        else:
            words = "A network learns from prepared scans; three people are the least."
            self.shown.show_hint(words, "Prepare scans")
        expected = estimate(study.contents, self.form, self.model.rows, self._speed)
        self.estimate.setText(expected.words)
        self.speed_button.setVisible(not expected.known)
        trained = None if run is None else self.jobs.of(run.name)
        active = trained is not None and not trained.state.is_over
        self.resume_button.setEnabled(
            run is not None
            and run.job is not None
            and not active
            and not run.is_in_use
            and edition() is Edition.FULL
            and (not run.is_finished or self._wants_more(run))
        )
        self.settings_button.setEnabled(run is not None and run.job is not None)
        self.log_button.setEnabled(run is not None)
        self.export_button.setEnabled(run is not None and bool(run.history))
        self.folder_button.setEnabled(run is not None)

    def _wants_more(self, run: RunSummary) -> bool:
        return run.job is not None and int(self.form.values()["epochs"]) > run.job.epochs


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON has them; a proposed name is proposed anew."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in values.items()
        if name != "run"
    }
