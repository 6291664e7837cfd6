"""The runs of a study as a table."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from brainstem_app.gui.jobs.job_table import about_text
from brainstem_app.jobs.network_names import network_title

if TYPE_CHECKING:
    from brainstem_app.gui.train.run_summary import RunSummary

AnyIndex = QModelIndex | QPersistentModelIndex


class RunColumn(IntEnum):
    """Columns of the table."""

    NAME = 0
    NETWORK = 1
    LOSS = 2
    EPOCHS = 3
    NUCLEI = 4
    TIME = 5
    STATE = 6


class RunTable(QAbstractTableModel):
    """Rows are runs."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._runs: tuple[RunSummary, ...] = ()
        self._working: dict[str, str] = {}

    def set_runs(self, runs: tuple[RunSummary, ...]) -> None:
        """Show other runs, or the same ones as they are now."""
        same = [run.name for run in runs] == [run.name for run in self._runs]
        if not same:
            self.beginResetModel()
        self._runs = runs
        if not same:
            self.endResetModel()
        else:
            self._tell_all()

    def set_working(self, states: dict[str, str]) -> None:
        """Set the state of the jobs that train now, by run."""
        if states != self._working:
            self._working = states
            self._tell_all()

    def run(self, row: int) -> RunSummary | None:
        """Run of a row."""
        return self._runs[row] if 0 <= row < len(self._runs) else None

    def row_of(self, name: str) -> int:
        """Row of a run, −1 if it is not there."""
        return next((row for row, run in enumerate(self._runs) if run.name == name), -1)

    @property
    def runs(self) -> tuple[RunSummary, ...]:
        """All runs."""
        return self._runs

    def _tell_all(self) -> None:
        if self._runs:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._runs) - 1, len(RunColumn) - 1))

    # Qt's interface --------------------------------------------------------------------------------

    def rowCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of runs."""
        return 0 if parent is not None and parent.isValid() else len(self._runs)

    def columnCount(self, parent: AnyIndex | None = None) -> int:  # noqa: N802 - Qt's name
        """Return the number of columns."""
        return 0 if parent is not None and parent.isValid() else len(RunColumn)

    def headerData(  # noqa: N802 - Qt's name
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Titles of the columns, and what they mean."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.ToolTipRole and section == RunColumn.NUCLEI:
            return self.tr("Mean IoU over the nuclei of the best epoch, on the validation slices")
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            self.tr("Run"),
            self.tr("Network"),
            self.tr("Loss"),
            self.tr("Epochs"),
            self.tr("IoU, nuclei"),
            self.tr("Time"),
            self.tr("State"),
        )[section]

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        run = self._runs[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(run, RunColumn(index.column()))
        if role == Qt.ItemDataRole.ToolTipRole:
            return str(run.folder)
        return None

    def _text(self, run: RunSummary, column: RunColumn) -> str:
        job, best = run.job, run.best
        match column:
            case RunColumn.NAME:
                return run.name
            case RunColumn.NETWORK:
                return "" if job is None else network_title(job.decoder, job.encoder)
            case RunColumn.LOSS:
                return "" if job is None else job.loss
            case RunColumn.EPOCHS:
                return str(len(run.history)) if job is None else f"{len(run.history)} / {job.epochs}"
            case RunColumn.NUCLEI:
                return "" if best is None else f"{best.val_nuclei_miou:.3f}"
            case RunColumn.TIME:
                return about_text(sum(row.seconds for row in run.history)) if run.history else ""
            case _:
                return self._state(run)

    def _state(self, run: RunSummary) -> str:
        if run.name in self._working:
            return self._working[run.name]
        if run.is_in_use:
            return self.tr("in use")
        if run.is_finished:
            return self.tr("tested") if run.part == "test" else self.tr("done")
        return self.tr("stopped")
