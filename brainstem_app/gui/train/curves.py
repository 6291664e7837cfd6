"""Curves of a run: loss and mean IoU by epoch, the IoU of each nucleus at the end."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from brainstem_app.gui.design.tokens import CYCLE
from brainstem_app.gui.train.run_summary import EPOCH_NUMBERS, NucleusScore
from brainstem_app.jobs.events import IOU_OF

if TYPE_CHECKING:
    from collections.abc import Sequence

    from brainstem_app.gui.train.run_summary import EpochRow
    from brainstem_app.jobs.events import Metric, Progress

_BLUE, _ORANGE, _GREEN = CYCLE[:3]
_MOST_BATCHES = 4000
_MOST_TICKS = 10


class Curves(QWidget):
    """Draws one run; grows while it learns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[int, dict[str, float]] = {}
        self._batches: list[tuple[float, float]] = []
        self._nuclei: dict[str, float] = {}
        self.loss = self._plot("Loss by epoch", "Loss by epoch")
        self.accuracy = self._plot("Mean IoU, validation", "Mean IoU of the validation by epoch")
        self.nuclei = self._plot("IoU of each nucleus", "IoU of each nucleus")
        self.accuracy.setYRange(0, 1.02, padding=0)
        self.nuclei.setYRange(0, 1.02, padding=0)
        self._loss_batches = self.loss.plot([], [], pen=pg.mkPen(_BLUE, width=1, style=Qt.PenStyle.DotLine))
        self._curves = {
            "loss": self._curve(self.loss, "training", _BLUE),
            "val_loss": self._curve(self.loss, "validation", _ORANGE),
            "val_macro_miou": self._curve(self.accuracy, "all classes", _BLUE),
            "val_nuclei_miou": self._curve(self.accuracy, "nuclei", _GREEN),
        }
        self._bars = pg.BarGraphItem(x=[], height=[], width=0.7, brush=_GREEN)
        self.nuclei.addItem(self._bars)
        row = QHBoxLayout()
        row.addWidget(self.loss)
        row.addWidget(self.accuracy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row, 3)
        layout.addWidget(self.nuclei, 2)
        self._follow_palette()

    def clear(self) -> None:
        """Show nothing."""
        self.show_run((), (), "")

    def show_run(self, history: Sequence[EpochRow], scores: Sequence[NucleusScore], part: str) -> None:
        """Show the epochs of a run, and its nuclei if it was measured."""
        self._rows = {row.epoch: {name: getattr(row, name) for name in EPOCH_NUMBERS} for row in history}
        self._batches = []
        self._nuclei = {}
        self._draw()
        words = {"validation": "validation", "test": "test"}
        self._draw_nuclei(scores, f"{words.get(part, part)} subjects")

    def add_metric(self, metric: Metric) -> None:
        """Add one number of an epoch; those of the nuclei come before their mean."""
        if metric.name.startswith(IOU_OF):
            self._nuclei[metric.name.removeprefix(IOU_OF)] = metric.value
        if metric.name in self._curves:
            self._rows.setdefault(metric.step, {})[metric.name] = metric.value
            self._draw()
        if metric.name == "val_nuclei_miou":
            scores = [NucleusScore(name, value) for name, value in self._nuclei.items()]
            self._nuclei = {}
            self._draw_nuclei(scores, f"validation, epoch {metric.step}")

    def add_progress(self, progress: Progress) -> None:
        """Add the loss within an epoch."""
        if progress.loss is None:
            return
        self._batches.append((progress.done, progress.loss))
        del self._batches[:-_MOST_BATCHES]
        self._draw_batches()

    def points(self, name: str) -> list[tuple[int, float]]:
        """Epochs and values of a curve."""
        return [
            (epoch, row[name])
            for epoch, row in sorted(self._rows.items())
            if math.isfinite(row.get(name, math.nan))
        ]

    @property
    def batch_count(self) -> int:
        """Points within the epochs."""
        return len(self._batches)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Follow the system from light to dark."""
        if event.type() == QEvent.Type.PaletteChange:
            self._follow_palette()
        super().changeEvent(event)

    def _plot(self, title: str, name: str) -> pg.PlotWidget:
        plot = pg.PlotWidget(self)
        plot.setAccessibleName(name)
        plot.setMinimumSize(180, 110)
        plot.setMenuEnabled(False)
        plot.setMouseEnabled(x=False, y=False)
        plot.hideButtons()
        plot.showGrid(x=False, y=True, alpha=0.2)
        plot.setProperty("heading", title)
        plot.addLegend(offset=(-8, 8), labelTextSize="8pt")
        return plot

    def _curve(self, plot: pg.PlotWidget, name: str, colour: str) -> pg.PlotDataItem:
        return plot.plot(
            [],
            [],
            name=name,
            pen=pg.mkPen(colour, width=2),
            symbol="o",
            symbolSize=5,
            symbolBrush=colour,
            symbolPen=None,
        )

    def _draw(self) -> None:
        for name, curve in self._curves.items():
            points = self.points(name)
            curve.setData([epoch for epoch, _ in points], [value for _, value in points])
        step = math.ceil(max(self._rows, default=1) / _MOST_TICKS)
        for plot in (self.loss, self.accuracy):
            plot.getAxis("bottom").setTickSpacing(step, step)
        self._draw_batches()

    def _draw_batches(self) -> None:
        self._loss_batches.setData([x for x, _ in self._batches], [y for _, y in self._batches])

    def _draw_nuclei(self, scores: Sequence[NucleusScore], where: str) -> None:
        self._bars.setOpts(x=list(range(len(scores))), height=[score.iou for score in scores])
        axis = self.nuclei.getAxis("bottom")
        axis.setTicks([_ticks([score.name for score in scores])])
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * 0.7)
        axis.setStyle(tickFont=font, tickLength=3)
        self.nuclei.setProperty("heading", f"IoU of each nucleus ({where})")
        self.nuclei.setVisible(bool(scores))
        self._head(self.nuclei)

    def _follow_palette(self) -> None:
        palette = self.palette()
        for plot in (self.loss, self.accuracy, self.nuclei):
            plot.setBackground(palette.color(QPalette.ColorRole.Base))
            for side in ("left", "bottom"):
                axis = plot.getAxis(side)
                axis.setPen(palette.color(QPalette.ColorRole.PlaceholderText))
                axis.setTextPen(palette.color(QPalette.ColorRole.Text))
            plot.getPlotItem().legend.setLabelTextColor(palette.color(QPalette.ColorRole.Text))
            self._head(plot)

    def _head(self, plot: pg.PlotWidget) -> None:
        colour = self.palette().color(QPalette.ColorRole.Text).name()
        plot.setTitle(str(plot.property("heading")), color=colour, size="9pt")
        plot.plotItem.titleLabel.setMinimumWidth(0)  # a narrow plot would be as wide as it, and be cut off


def _ticks(names: Sequence[str]) -> list[tuple[float, str]]:
    """One tick a nucleus; a left one and the right one beside it share theirs, for want of room.

    Every second name stands a line lower, so that neighbours do not run into each other.
    """
    ticks: list[tuple[float, str]] = []
    for place, name in enumerate(names):
        base = name.removesuffix("_L").removesuffix("_R")
        if ticks and ticks[-1][1] == base:
            ticks[-1] = (place - 0.5, base)
        else:
            ticks.append((float(place), base))
    return [(place, f"\n{base}" if i % 2 else f"{base}\n") for i, (place, base) in enumerate(ticks)]
