"""One report in the window: what it is about, its table, its picture, what to know of its numbers."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import QModelIndex, QSignalBlocker, QSortFilterProxyModel, Qt
from PySide6.QtGui import QImage, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QLabel,
    QScrollArea,
    QSplitter,
    QTabBar,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.controls import faint_label, make_sortable, make_table
from brainstem_app.gui.messages.window_words import window_words
from brainstem_app.gui.picture_box import PictureBox
from brainstem_app.gui.plain_labels import no_mnemonic
from brainstem_app.gui.report.cohort_drawing import GroupDots, PlotDelegate
from brainstem_app.gui.report.report_content import ReportContent
from brainstem_app.gui.report.report_table import NAME_ROLE, UNIT_ROLE, ReportTable
from brainstem_app.gui.rows_model import SORT_ROLE
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.reports.scan.midsagittal import measure_words

_WIDEST = 240
# Both pictures and the notes must fit a screen of 720 rows; what does not fit would be cut, not scaled.
_LEAST_PICTURE = (200, 100)
_TABLE_WIDTH, _PICTURE_WIDTH = 520, 320
_SUMMARY_SHARE = 0.28
_NOTE_LINES = 4


class ReportView(QWidget):
    """Shows a `ReportContent`, or says that there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.content: ReportContent | None = None
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.RichText)
        self.title.setAccessibleName("Chosen report")
        self.lines = QLabel(self)
        self.lines.setWordWrap(True)
        self.lines.setTextFormat(Qt.TextFormat.RichText)
        self.lines.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.lines.setAccessibleName("Summary of the report")
        self.summary = QScrollArea(self)
        self.summary.setWidget(self.lines)
        self.summary.setWidgetResizable(True)
        self.summary.setFrameShape(QScrollArea.Shape.NoFrame)
        self.summary.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.summary.setAccessibleName("Summary of the report")
        self.notes = faint_label(self, name="What to know of these numbers")
        self.limits = QScrollArea(self)
        self.limits.setWidget(self.notes)
        self.limits.setWidgetResizable(True)
        self.limits.setFrameShape(QScrollArea.Shape.NoFrame)
        self.limits.setMaximumHeight(_NOTE_LINES * self.fontMetrics().lineSpacing())
        self.limits.setAccessibleName("What to know of these numbers")
        self.model = ReportTable(self)
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(self.model)
        self._sorted.setSortRole(SORT_ROLE)
        self.table = self._table()
        self.tabs = QTabBar(self)
        self.tabs.setDrawBase(False)
        self.tabs.setExpanding(False)
        self.tabs.setAccessibleName("Tables of the report")
        self.tabs.setToolTip("The tables that the report's page has")
        self.tabs.setElideMode(Qt.TextElideMode.ElideRight)
        self.tabs.currentChanged.connect(self._show_table)
        self.dots = GroupDots(self)
        self.picture = PictureBox("Picture of the labels", self)
        self.plane = PictureBox("Midsagittal plane with the regions", self)
        for box in (self.picture, self.plane):
            box.setMinimumSize(*_LEAST_PICTURE)
        self.pictures = QSplitter(Qt.Orientation.Vertical, self)
        self.pictures.addWidget(self.picture)
        self.pictures.addWidget(self.plane)
        self.pictures.setChildrenCollapsible(False)
        middle = QSplitter(Qt.Orientation.Horizontal, self)
        middle.addWidget(self.table)
        middle.addWidget(self.pictures)
        middle.setChildrenCollapsible(False)
        middle.setStretchFactor(0, 1)
        middle.setSizes((_TABLE_WIDTH, _PICTURE_WIDTH))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.title)
        column.addWidget(self.summary)
        column.addWidget(self.tabs)
        column.addWidget(middle, 1)
        column.addWidget(self.dots)
        column.addWidget(self.limits)

    def _table(self) -> QTableView:
        table = make_table(self, self._sorted, "Numbers of the report", "A click on a heading sorts.")
        make_sortable(table)
        table.setItemDelegate(PlotDelegate(table))
        table.selectionModel().currentRowChanged.connect(lambda index, _before: self._show_dots(index))
        return table

    def show_content(self, content: ReportContent | None, pictures: tuple[QImage, ...] = ()) -> None:
        """Show a report and its pictures, or none."""
        self.content = content
        self._show_tabs(content)
        self._show_table(0)
        self.table.setVisible(content is not None and any(table.rows for table in content.tables))
        read = [] if content is None else list(zip(pictures, content.pictures, strict=False))
        for number, box in enumerate((self.picture, self.plane)):
            image, path = read[number] if number < len(read) else (QImage(), None)
            box.show_image(None if image.isNull() else image, path)
            box.setVisible(not image.isNull())
        self.pictures.setVisible(not (self.picture.is_empty and self.plane.is_empty))
        self.notes.setText("" if content is None else window_words(content.notes))
        self.limits.setVisible(bool(self.notes.text()))
        self.title.setText(f"<b>{escape(content.entry.words)}</b>" if content is not None else "")

    def show_reading(self) -> None:
        """Say that a report is read, where none is shown."""
        if self.content is None:
            self.lines.setText("Reading the report…")

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Give the summary its share of another height."""
        super().resizeEvent(event)
        self._fit_summary()

    def _fit_summary(self) -> None:
        """Show the summary whole, or, where many notes would leave no room for the numbers, scroll it."""
        bar = self.summary.verticalScrollBar().sizeHint().width()
        wanted = self.lines.heightForWidth(max(self.width() - bar, 1))
        most = max(int(_SUMMARY_SHARE * self.height()), _LEAST_PICTURE[1])
        self.summary.setFixedHeight(max(0, min(wanted, most)))

    def _show_tabs(self, content: ReportContent | None) -> None:
        """Offer the tables of a report that has several."""
        with QSignalBlocker(self.tabs):
            while self.tabs.count():
                self.tabs.removeTab(0)
            for table in content.tables if content is not None else ():
                self.tabs.setTabToolTip(self.tabs.addTab(no_mnemonic(table.title)), table.title)
            self.tabs.setVisible(self.tabs.count() > 1)

    def _show_table(self, number: int) -> None:
        """Show another table of the report."""
        tables = () if self.content is None else self.content.tables
        table = tables[number] if 0 <= number < len(tables) else None
        self.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.model.set_table(table)
        self._fit_columns()
        self.lines.setText(self._lines(self.content, "" if table is None else table.note))
        self._fit_summary()
        self.dots.show_volumes("", {})
        if table is not None and self.content is not None and self.content.volumes:
            self.table.setCurrentIndex(self._sorted.index(0, 0))

    def _fit_columns(self) -> None:
        """Make columns as wide as what is in them, within reason, and their headings whole."""
        header = self.table.horizontalHeader()
        # A stretched column would keep the width that it was stretched to.
        header.setStretchLastSection(False)
        self.table.resizeColumnsToContents()
        for column in range(self.model.columnCount()):
            wanted = min(_WIDEST, self.table.columnWidth(column) + 4)
            self.table.setColumnWidth(column, max(wanted, header.sectionSizeHint(column)))
        header.setStretchLastSection(True)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)

    def _show_dots(self, index: QModelIndex) -> None:
        """Draw the people of the nucleus in a row of the table."""
        volumes = {} if self.content is None else self.content.volumes
        name = str(index.data(NAME_ROLE) or "")
        self.dots.show_volumes(measure_words(name), volumes.get(name, {}), str(index.data(UNIT_ROLE) or ""))

    def _lines(self, content: ReportContent | None, note: str) -> str:
        if content is None:
            segmented, trained = StepName.SEGMENT.key, StepName.TRAIN.key
            return f"No report yet: segmented scans ({segmented}) and trained runs ({trained}) appear here."
        if not content.entry.files:
            return "This run has not been measured yet."
        rows = "".join(
            f"<tr><td>{escape(what)}&nbsp;&nbsp;</td><td>{escape(value)}</td></tr>"
            for what, value in (*content.lines, *((("numbers", note),) if note else ()))
        )
        return f"<table>{rows}</table>"
