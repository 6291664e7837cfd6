"""Dialog that makes a figure for a paper: layout, width, ground, legend; a preview; PNG, SVG or PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.background import Reader
from brainstem_app.gui.controls import FieldForm, faint_label, make_check_box
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.design.look import set_primary
from brainstem_app.gui.design.tokens import SPACE
from brainstem_app.gui.messages.window_words import error_words
from brainstem_app.gui.review.paper_figure import (
    ONE_COLUMN_MM,
    TWO_COLUMNS_MM,
    FigureCell,
    FigureContent,
    FigureStyle,
    draw_figure,
    series_of,
)
from brainstem_app.gui.viewer.convention import Plane

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from brainstem_app.gui.background import Background

_PREVIEW = QSize(440, 420)
_PREVIEW_DPI = 90


@dataclass(frozen=True)
class FigureLayout:
    """A layout to choose: its name, the cells, and how many stand beside each other."""

    title: str
    cells: tuple[FigureCell, ...]
    columns: int


class FigureDialog(QDialog):
    """Shows what the figure will be, and has it saved.

    Signals
    -------
    save_wanted(object)
        The matplotlib `Figure` to save.
    """

    save_wanted = Signal(object)

    def __init__(
        self,
        content: FigureContent,
        on_screen: tuple[FigureCell, ...],
        background: Background,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Figure for a paper")
        self._content, self._reader = content, Reader(background)
        self._figure: Figure | None = None  # as it is chosen now, once it is drawn
        self._is_wanted = False
        self._layouts = self._made_layouts(on_screen)
        self.layouts = self._choice("Layout", [one.title for one in self._layouts])
        self.widths = self._choice("Width", ["two columns, 174 mm", "one column, 85 mm"])
        self.grounds = self._choice("Ground", ["white", "black"])
        self.legend = make_check_box(self, "&Legend", "Names and colours of the nuclei")
        self.letters = make_check_box(self, "L&etters", "Sides of the patient, and A, B, C at the pictures")
        self.scale = make_check_box(self, "S&cale bar", "Length in mm in each picture")
        self.rulers = make_check_box(self, "&Rulers", "Distances that were measured")
        self.rulers.setVisible(bool(content.rulers))
        self.preview = QLabel(self)
        self.preview.setAccessibleName("Preview of the figure")
        self.preview.setMinimumSize(_PREVIEW)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for box in (self.legend, self.letters, self.scale, self.rulers):
            box.setChecked(True)
            box.toggled.connect(lambda _on: self._draw())
        self.state = faint_label(self, name="State of the preview")
        self.state.setMinimumHeight(self.state.fontMetrics().height())
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.save_button = buttons.addButton("&Save…", QDialogButtonBox.ButtonRole.AcceptRole)
        self.save_button.setToolTip("PNG with 300 dpi, SVG or PDF")
        set_primary(self.save_button)
        buttons.accepted.connect(self._save)
        buttons.rejected.connect(self.reject)
        self._lay_out(buttons)
        self._draw()

    def _choice(self, name: str, titles: list[str]) -> QComboBox:
        box = ChoiceBox(self)
        box.setAccessibleName(name)
        box.setToolTip(name)
        box.addItems(titles)
        box.currentIndexChanged.connect(lambda _row: self._draw())
        return box

    def _made_layouts(self, on_screen: tuple[FigureCell, ...]) -> tuple[FigureLayout, ...]:
        made = [FigureLayout("as on the screen", on_screen, min(3, max(1, len(on_screen))))]
        for title, plane in (
            ("eight axial slices", Plane.AXIAL),
            ("eight coronal slices", Plane.CORONAL),
            ("eight sagittal slices", Plane.SAGITTAL),
        ):
            made.append(FigureLayout(title, series_of(self._content, plane, 8), 4))
        return tuple(one for one in made if one.cells)

    def _lay_out(self, buttons: QDialogButtonBox) -> None:
        form = FieldForm()
        for text, control in (
            ("La&yout", self.layouts),
            ("&Width", self.widths),
            ("&Ground", self.grounds),
        ):
            form.add(text, control)
        for box in (self.legend, self.letters, self.scale, self.rulers):
            form.addRow("", box)
        beside = QHBoxLayout()
        beside.setSpacing(2 * SPACE)
        beside.addLayout(form)
        shown = QVBoxLayout()
        shown.addWidget(self.preview, 1)
        shown.addWidget(self.state, 0, Qt.AlignmentFlag.AlignHCenter)
        beside.addLayout(shown, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * SPACE, 2 * SPACE, 2 * SPACE, 2 * SPACE)
        layout.addLayout(beside, 1)
        layout.addWidget(buttons)

    def figure(self) -> Callable[[], Figure]:
        """Return what draws the figure as it is chosen now; to be called on a thread."""
        chosen = self._layouts[self.layouts.currentIndex()]
        style = FigureStyle(
            width_mm=TWO_COLUMNS_MM if self.widths.currentIndex() == 0 else ONE_COLUMN_MM,
            columns=chosen.columns,
            is_dark=self.grounds.currentIndex() == 1,
            has_legend=self.legend.isChecked(),
            has_letters=self.letters.isChecked(),
            has_scale=self.scale.isChecked(),
            has_rulers=self.rulers.isChecked(),
        )
        content = self._content
        return lambda: draw_figure(content, chosen.cells, style)

    def _draw(self) -> None:
        """Draw the figure on a thread; of two drawings the later one counts, and none once it is closed."""
        draw, self._figure = self.figure(), None
        self.state.setText("Drawing…")

        def drawn() -> tuple[Figure, QImage]:
            figure = draw()
            return figure, _picture(figure)

        def failed(error: BaseException) -> None:
            self._is_wanted = False
            self.state.setText(error_words(error, "The figure cannot be drawn."))

        self._reader.read(drawn, lambda both: self._show(*both), failed)

    def _show(self, figure: Figure, image: QImage) -> None:
        keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        ratio = self.devicePixelRatioF()
        shown = QPixmap.fromImage(image).scaled(_PREVIEW * ratio, keep, smooth)
        shown.setDevicePixelRatio(ratio)
        self.preview.setPixmap(shown)
        self._figure = figure
        self.state.clear()
        if self._is_wanted:
            self._save()

    def _save(self) -> None:
        """Give the figure away and close, as soon as it is drawn."""
        if self._figure is None:
            self._is_wanted = True
            self.state.setText("Drawing… It is saved when it is drawn.")
            return
        self.save_wanted.emit(self._figure)
        self.accept()

    def done(self, result: int) -> None:
        """Close; what is being drawn is not wanted any more."""
        self._reader.forget()
        super().done(result)


def _picture(figure: Figure) -> QImage:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from brainstem_app.reports.engine.drawing_alone import drawing_alone

    figure.set_dpi(_PREVIEW_DPI * 2)
    with drawing_alone():
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
    width, height = canvas.get_width_height()
    return QImage(canvas.buffer_rgba(), width, height, QImage.Format.Format_RGBA8888).copy()


def default_name(source: Path | None) -> str:
    """Name of the file that the dialog proposes."""
    stem = "figure" if source is None else source.name.split(".")[0]
    return f"{stem}_figure.png"
