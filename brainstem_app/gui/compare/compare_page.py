"""Page Compare: what to compare at the left, the heat map and the curves of a cell at the right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from PySide6.QtCore import QSortFilterProxyModel, Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.edition import Edition, edition
from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.background import Reader
from brainstem_app.gui.colour_bar import ColourBar
from brainstem_app.gui.compare.cell_view import CellView
from brainstem_app.gui.compare.grid_panel import GridPanel
from brainstem_app.gui.compare.heat import Heat, HeatCell, read_heat
from brainstem_app.gui.compare.heat_table import HeatDelegate, HeatTable
from brainstem_app.gui.controls import (
    fill_side_by_side,
    make_button,
    make_primary,
    make_settings_column,
    make_sortable,
    make_table,
)
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.design.empty_hint import HintOrContent
from brainstem_app.gui.file_dialogs import FileDialogs, open_in_system
from brainstem_app.gui.forms.model_form import ModelForm
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.jobs.speed_button import SpeedButton
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.rows_model import SORT_ROLE
from brainstem_app.gui.segment.save_copies import save_copy
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.gui.workflow.step_page import StepPage
from brainstem_app.jobs.job import CompareJob
from brainstem_app.study.grid import Grid
from brainstem_app.validation import misfits

if TYPE_CHECKING:
    from brainstem_app.gui.jobs.queued_job import QueuedJob

_READ_SOON_MS = 350
_READ_AGAIN_MS = 3000


class ComparePage(StepPage):
    """Compares networks on the open study."""

    trains = True

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._job: QueuedJob | None = None
        self._reader = Reader(context.background)
        self.heat: Heat | None = None
        self.panel = GridPanel(self)
        self.how = ModelForm(CompareJob, ("study", "grid"), self)
        self.how.fold.setText("How it is run")
        self.plan = QLabel(self)
        self.plan.setWordWrap(True)
        self.plan.setAccessibleName("Size of the plan")
        self.speed_button = SpeedButton(context.jobs, self)
        self.speed_button.measured.connect(self.read)
        self.start_button = make_primary(
            self,
            "S&tart the comparison",
            "Cells that are done are not run again",
            self.start,
            "play",
        )
        self.progress = JobProgress(self)
        self.progress.cancel_button.setText("Stop")
        self.progress.cancel_button.setToolTip("Finished cells and whole epochs are kept.")
        self.measure = ChoiceBox(self)
        self.measure.setAccessibleName("Number that is shown")
        self.measure.setToolTip("What the numbers and colours of the heat map stand for")
        self.measure.addItem("Mean IoU of the nuclei, test subjects", "nuclei")
        self.measure.addItem("Mean IoU of all classes, test subjects", "all")
        self.model = HeatTable(self)
        self.measure.currentIndexChanged.connect(lambda _row: self._on_measure())
        self.legend = ColourBar("Colours of the heat map", self)
        self.legend.setToolTip("Mean IoU without colour, and in full colour")
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(SORT_ROLE)
        self.table = self._table()
        self.cell = CellView(context.background, self)
        self._soon = QTimer(self, singleShot=True, interval=_READ_SOON_MS)
        self._soon.timeout.connect(self.read)
        self._again = QTimer(self, interval=_READ_AGAIN_MS)
        self._again.timeout.connect(self.read)
        self._lay_out()
        self._on_cell()
        self.panel.changed.connect(self._on_grid)
        self.how.changed.connect(self._soon.start)
        context.study.opened.connect(self._on_study)
        context.study.contents_changed.connect(self._soon.start)
        context.jobs.added.connect(lambda _job: self._find_job())
        self._on_study()

    def _lay_out(self) -> None:
        below = (self.plan, self.speed_button, self.start_button, self.progress)
        left = make_settings_column(self, (self.panel, self.how), below)
        self.report_button = make_button(
            self,
            "&Open the report",
            "Open the page of the comparison in the browser",
            self.open_report,
        )
        self.export_button = make_button(
            self, "&Export the table…", "Save all numbers as CSV", self.choose_target
        )
        head = QHBoxLayout()
        head.addWidget(self.measure)
        head.addWidget(self.legend)
        head.addStretch(1)
        head.addWidget(self.report_button)
        head.addWidget(self.export_button)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(self.table)
        split.addWidget(self.cell)
        split.setStretchFactor(1, 1)
        split.setChildrenCollapsible(False)
        split.setSizes([270, 450])
        right = QWidget(self)
        beside = QVBoxLayout(right)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addLayout(head)
        beside.addWidget(split, 1)
        self.shown = HintOrContent("grid-3x3", right, self.start_button, self)
        self.shown.pressed.connect(lambda: self.step_requested.emit(StepName.PREPARE))
        fill_side_by_side(self, left, self.shown, (390, 740))

    def _table(self) -> QTableView:
        table = make_table(
            self,
            self._sorted,
            "Heat map",
            "Choosing a cell shows its curves and its picture; a click on a heading sorts.",
        )
        make_sortable(table)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignCenter)
        table.setItemDelegate(HeatDelegate(table))
        table.setAlternatingRowColors(False)
        table.setShowGrid(True)
        table.selectionModel().currentChanged.connect(lambda _new, _old: self._on_cell())
        return table

    # What to compare ---------------------------------------------------------------------------------

    def activate(self) -> None:
        """Read the comparison again."""
        self.read()

    def _on_study(self) -> None:
        """Show the comparison that was looked at last, as its folder or the workspace has it."""
        study = self.context.study
        kept = study.workspace.forms.get("compare", {})
        try:
            if kept:
                self.panel.show_grid(Grid.model_validate(kept))
        except ValidationError:
            pass
        self._find_job()
        self._soon.start()

    def grid(self) -> Grid | None:
        """Grid that is described, None (with the reason in place) if it does not fit."""
        missing = self.panel.missing()
        if missing:
            self.plan.setText(f"Choose at least one of each: {', '.join(missing)}.")
            return None
        try:
            return self.panel.grid()
        except ValidationError as error:
            problem = misfits(error, Grid)[0].what
            self.plan.setText(f"This cannot be compared: {problem}")
            return None

    def _on_grid(self) -> None:
        grid = self.grid()
        ready = grid is not None and self.context.study.is_prepared and edition() is Edition.FULL
        self.start_button.setEnabled(ready and self._job is None)
        if grid is not None:
            self.context.study.remember_form("compare", grid.model_dump(mode="json", by_alias=True))
            self._soon.start()

    def read(self) -> None:
        """Read where the described comparison stands."""
        folder, grid = self.context.study.folder, self.grid()
        ready = grid is not None and self.context.study.is_prepared and edition() is Edition.FULL
        self.start_button.setEnabled(ready and self._job is None)
        if folder is None or grid is None or not self.context.study.is_prepared:
            self._reader.forget()
            self._show_heat(None)
            if not self.context.study.is_prepared:
                words = "Networks are compared on prepared scans; three people are the least."
                self.shown.show_hint(words, "Prepare scans")
            if grid is not None:
                self.plan.setText(f"Prepare subjects first ({StepName.PREPARE.key}).")
            return
        self.shown.show_content()
        here = self.how.values()["executor"] == "local"

        def done(heat: Heat) -> None:
            self.resolved.emit("heat")
            self._show_heat(heat)

        def failed(error: BaseException) -> None:
            self._again.stop()
            self.message.emit(message_of_error(error, "The comparison cannot be read.", "heat"))

        what = folder, grid.model_dump_json(), here
        self._reader.read(lambda: read_heat(grid, folder, here=here), done, failed, what)

    def _show_heat(self, heat: Heat | None) -> None:
        is_new = heat is None or self.heat is None or heat.columns != self.heat.columns
        before = self.current
        self.heat = heat
        self.model.set_heat(heat)
        self._show_legend()
        if is_new or self.current != before:
            self._on_cell()
        elif self._job is not None:
            self.cell.read_curves()
        if is_new:
            self.table.resizeColumnsToContents()
            header = self.table.horizontalHeader()
            few = self.model.columnCount() <= 8
            mode = QHeaderView.ResizeMode.Stretch if few else QHeaderView.ResizeMode.Interactive
            for column in range(1, self.model.columnCount()):
                header.setSectionResizeMode(column, mode)
        self.speed_button.setVisible(heat is not None and not heat.is_time_known)
        if heat is not None:
            self.plan.setText(heat.plan)
            self.report_button.setEnabled((heat.folder / "report.html").exists())
            self.export_button.setEnabled((heat.folder / "results.csv").exists())
        else:
            self.report_button.setEnabled(False)
            self.export_button.setEnabled(False)

    def _on_measure(self) -> None:
        self.model.set_measure(str(self.measure.currentData()))
        self._show_legend()

    def _show_legend(self) -> None:
        scale = self.model.scale
        ends = [self.model.colour(shade) for shade in (0.0, 1.0)]
        self.legend.show_scale(ends, f"{scale.low:.3f}", f"{scale.high:.3f}")
        self.legend.setVisible(self.model.has_values)

    # Working -----------------------------------------------------------------------------------------

    def run(self) -> None:
        """Start the comparison."""
        self.start_button.click()

    def start(self) -> None:
        """Put the comparison into the queue."""
        grid, folder = self.grid(), self.context.study.folder
        if grid is None or folder is None:
            return
        job = self.how.build(study=folder, grid=grid)
        if isinstance(job, CompareJob):
            self.context.jobs.submit(job, study=folder)

    def _find_job(self) -> None:
        """Follow the comparison of this study, also one that an earlier window has started."""
        job = self.context.jobs.find("compare", self.context.study.folder)
        if job is None or job is self._job:
            return
        self._job = job
        self.start_button.setEnabled(False)
        job.artifact.connect(lambda _event: self._soon.start())
        job.ended.connect(lambda _outcome: self._on_ended())
        self.progress.follow(job, "Starting…")
        self.status.emit("running")
        self._again.start()

    def _on_ended(self) -> None:
        self._job = None
        self._again.stop()
        self.status.emit("")
        self.read()

    # Looking -----------------------------------------------------------------------------------------

    @property
    def current(self) -> HeatCell | None:
        """The chosen cell."""
        index = self._sorted.mapToSource(self.table.currentIndex())
        return self.model.cell(index.row(), index.column()) if index.isValid() else None

    def _on_cell(self) -> None:
        self.cell.show_cell(self.current, self.context.study.folder)

    def open_report(self) -> None:
        """Open the page of the comparison in the browser."""
        if self.heat is not None:
            open_in_system(self.heat.folder / "report.html", self.message.emit)

    def choose_target(self) -> None:
        """Ask where to save the table."""
        if self.heat is None:
            return
        ask = FileDialogs(self.context.settings, self)
        target = ask.target("Export the table", f"{self.heat.name}.csv", "CSV (*.csv)")
        if target is not None:
            self.export(target[0])

    def export(self, target: Path) -> None:
        """Save a copy of the comparison's table."""
        if self.heat is None:
            return
        source = self.heat.folder / "results.csv"
        target = target if target.suffix else target.with_suffix(".csv")
        background, say = self.context.background, self.message.emit
        save_copy(source, target, background, say, failed="The table was not saved.")
