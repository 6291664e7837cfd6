"""View of the chosen cell: its curves, and its labels beside the reference."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from brainstem_app.gui.compare.cell_picture import CellPicture, read_cell_picture
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.messages.window_words import error_words
from brainstem_app.gui.picture_box import PictureBox
from brainstem_app.gui.train.curves import Curves
from brainstem_app.gui.train.run_summary import RunSummary, read_run
from brainstem_app.written_files import RUNS_FOLDER

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background
    from brainstem_app.gui.compare.heat import HeatCell


class CellView(QWidget):
    """Shows one repeat of a cell; at first the one that was best on the validation subjects."""

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._cell: HeatCell | None = None
        self._study: Path | None = None
        self.label = QLabel(self)
        self.label.setTextFormat(Qt.TextFormat.RichText)
        self.label.setAccessibleName("Chosen cell")
        self.label.setWordWrap(True)
        self.repeat = ChoiceBox(self)
        self.repeat.setAccessibleName("Repeat that is shown")
        self.repeat.setToolTip("A repeat differs from the others in its seed alone")
        self.repeat.activated.connect(lambda _row: self._read())
        self.curves = Curves(self)
        self.picture = PictureBox("Labels of the chosen cell beside the reference", self)
        self.picture.setMinimumSize(180, 120)
        self.caption = QLabel(self)
        self.caption.setWordWrap(True)
        self.caption.setAccessibleName("What the picture shows")
        self._lay_out()
        self.show_cell(None, None)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.label, 1)
        head.addWidget(self.repeat)
        self._pictures = QWidget(self)
        beside = QVBoxLayout(self._pictures)
        beside.setContentsMargins(0, 0, 0, 0)
        beside.addWidget(self.picture, 1)
        beside.addWidget(self.caption)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.curves)
        split.addWidget(self._pictures)
        split.setStretchFactor(0, 1)
        split.setChildrenCollapsible(False)
        split.setSizes([470, 270])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(split, 1)

    def show_cell(self, cell: HeatCell | None, study: Path | None) -> None:
        """Show a cell of a study, or that none is chosen; the same cell is read anew."""
        before, self._study = self._cell, study
        self._cell = cell
        is_shown = cell is not None
        self.repeat.setVisible(cell is not None and len(cell.runs) > 1)
        self.curves.setVisible(is_shown)
        self._pictures.setVisible(is_shown)
        if cell is None:
            self.label.setText("Choose a cell to see its curves and its picture.")
            self.repeat.clear()
            return
        text = f"<b>{escape(cell.name)}</b>"
        self.label.setText(f"{text}<br>{escape(cell.reason)}" if cell.reason else text)
        if before is None or before.runs != cell.runs:
            self._fill_repeats(cell)
        self._read()

    def _fill_repeats(self, cell: HeatCell) -> None:
        self.repeat.clear()
        for number, run in enumerate(cell.runs, start=1):
            words = "repeat {0}, the best" if run == cell.best else "repeat {0}"
            self.repeat.addItem(words.format(number), run)
        self.repeat.setCurrentIndex(max(0, self.repeat.findData(cell.best)))
        self.curves.clear()
        self._show_picture(None)

    def read_curves(self) -> None:
        """Read the history of the run again, which may have grown; on a thread."""
        name, study = self._run, self._study
        if not name or study is None:
            return

        def read(run: RunSummary) -> None:
            if run.name == self._run:
                self.curves.show_run(run.history, run.scores, run.part)

        self._background.run(lambda: read_run(study / RUNS_FOLDER / name), read, lambda _error: None)

    def _read(self) -> None:
        """Read the run, and draw its picture on a thread."""
        name, study = self._run, self._study
        if not name or study is None:
            return
        self.read_curves()

        def drawn(picture: CellPicture | None) -> None:
            if name == self._run:
                self._show_picture(picture)

        self._background.run(
            lambda: read_cell_picture(study, name),
            drawn,
            lambda error: self.caption.setText(error_words(error, "There is no picture.", "compare")),
        )

    @property
    def _run(self) -> str:
        """Name of the run that is to be shown, empty for none."""
        return str(self.repeat.currentData() or "")

    def _show_picture(self, picture: CellPicture | None) -> None:
        self.picture.show_image(None if picture is None else picture.image)
        if picture is None:
            self.caption.setText("The picture comes when the cell has been tested.")
            return
        self.caption.setText(
            f"The median-scoring test subject, {picture.subject}. White dots: the reference."
        )
