"""Table of the runs of a study."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt

from brainstem_app.gui.jobs.job_table import about_text
from brainstem_app.gui.rows_model import Column, RowsModel
from brainstem_app.gui.train.run_summary import RunSummary
from brainstem_app.jobs.network_names import loss_title, network_title


class RunTable(RowsModel[RunSummary]):
    """Rows are runs."""

    def __init__(self, parent: QObject | None = None) -> None:
        hints = {Qt.ItemDataRole.ToolTipRole: lambda run: str(run.folder)}
        super().__init__((), lambda run: run.name, parent, hints)
        self._working: dict[str, str] = {}
        columns: list[Column[RunSummary]] = [
            Column("Run", lambda run: run.name),
            Column("Network", _network),
            Column("Loss", lambda run: "" if run.job is None else loss_title(run.job.loss)),
            Column("Epochs", _epochs),
            Column(
                "IoU, nuclei",
                lambda run: "" if run.best is None else f"{run.best.val_nuclei_miou:.3f}",
                hint="Mean IoU over the nuclei of the best epoch, on the validation slices",
            ),
            Column("Time", _time),
            Column("State", self._state),
        ]
        self.set_rows((), columns)

    def set_working(self, states: dict[str, str]) -> None:
        """Set the state of the jobs that train now, by run."""
        if states != self._working:
            self._working = states
            self.tell_all()

    def _state(self, run: RunSummary) -> str:
        if run.name in self._working:
            return self._working[run.name]
        if run.is_in_use:
            return "in use"
        if run.is_finished:
            return "tested" if run.part == "test" else "done"
        return "stopped"


def _network(run: RunSummary) -> str:
    return "" if run.job is None else network_title(run.job.decoder, run.job.encoder)


def _epochs(run: RunSummary) -> str:
    done = len(run.history)
    return str(done) if run.job is None else f"{done} / {run.job.epochs}"


def _time(run: RunSummary) -> str:
    return about_text(sum(row.seconds for row in run.history)) if run.history else ""
