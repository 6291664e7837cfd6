"""Figures for papers: what is shown, in the width of a column, with letters, scale and legend."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.background import Background
from brainstem_app.gui.review.figure_dialog import FigureDialog
from brainstem_app.gui.review.paper_figure import (
    ONE_COLUMN_MM,
    FigureCell,
    FigureContent,
    FigureStyle,
    draw_figure,
    figure_target,
    save_figure,
    series_of,
)
from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.viewer.overlays.overlay import colour_table
from brainstem_app.gui.viewer.ruler import Ruler
from brainstem_app.gui.viewer.volume import image_volume, label_volume

_RED, _BLUE = (220, 20, 20), (20, 60, 220)


def two_nuclei() -> FigureContent:
    """A grey block of 40 mm with a red nucleus at the patient's right and a blue one at the left."""
    data = np.full((40, 40, 40), 500, dtype=np.int16)
    labels = np.zeros(data.shape, dtype=np.uint8)
    labels[26:32, 15:25, 10:30], labels[8:14, 15:25, 10:30] = 3, 4
    affine = np.eye(4)
    return FigureContent(
        image_volume(data, affine),
        label_volume(labels, affine),
        colour_table({3: _RED, 4: _BLUE}, {3, 4}),
        {3: "RN_R", 4: "RN_L", 5: "PAG"},
        (0.0, 65535.0),
        Convention.RADIOLOGICAL,
        opacity=1.0,
    )


@pytest.fixture
def content() -> FigureContent:
    """The same for each test."""
    return two_nuclei()


def _words(figure: object) -> set[str]:
    texts = [*figure.texts, *(text for axes in figure.axes for text in axes.texts)]
    legends = [text for legend in figure.legends for text in legend.get_texts()]
    return {text.get_text() for text in (*texts, *legends)}


def test_png_has_300_dpi_and_the_width_of_a_column(content: FigureContent, tmp_path: Path) -> None:
    cells = series_of(content, Plane.AXIAL, 4)
    style = FigureStyle(width_mm=ONE_COLUMN_MM, columns=2)
    path = save_figure(draw_figure(content, cells, style), tmp_path / "figure.png")
    with Image.open(path) as picture:
        assert round(picture.info["dpi"][0]) == 300
        assert picture.width == pytest.approx(ONE_COLUMN_MM / 25.4 * 300, abs=2)


def _pixels(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def test_place_of_a_slice_of_a_tilted_scan_is_that_of_the_middle_of_what_is_seen(
    content: FigureContent,
) -> None:
    tilt = np.radians(10)
    affine = np.eye(4)
    affine[1:3, 1:3] = [[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]]
    tilted = replace(content, image=image_volume(np.full((40, 40, 40), 500, np.int16), affine), labels=None)
    cell = FigureCell(Plane.AXIAL, 20, (10.0, 20.0), (24.0, 36.0))
    z = affine[2, 1] * 29.5 + affine[2, 2] * 20
    assert f"z = {z:.1f} mm" in _words(draw_figure(tilted, (cell,), FigureStyle()))


@pytest.mark.parametrize(("convention", "red_is_left"), [("radiological", True), ("neurological", False)])
def test_sides_are_those_of_the_convention(
    content: FigureContent, tmp_path: Path, convention: str, red_is_left: bool
) -> None:
    turned = replace(content, convention=Convention(convention))
    cell = FigureCell(Plane.AXIAL, 20, (0.0, 40.0), (0.0, 40.0))
    style = FigureStyle(width_mm=60, columns=1, has_legend=False, has_scale=False)
    figure = draw_figure(turned, (cell,), style)
    with Image.open(save_figure(figure, tmp_path / "one.png")) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    red = np.argwhere((pixels[..., 0] > 150) & (pixels[..., 1] < 80))[:, 1].mean()
    assert bool(red < pixels.shape[1] / 2) is red_is_left
    letters = [text.get_text() for text in figure.axes[0].texts]
    assert letters[:2] == (["R", "L"] if red_is_left else ["L", "R"])


def test_legend_names_the_nuclei_that_are_seen_and_no_other(content: FigureContent) -> None:
    cells = series_of(content, Plane.SAGITTAL, 1)
    assert {"RN_L", "RN_R"} - _words(draw_figure(content, cells, FigureStyle())) == {"RN_L", "RN_R"}
    through_right = (FigureCell(Plane.SAGITTAL, 28, (0.0, 40.0), (0.0, 40.0)),)
    words = _words(draw_figure(content, through_right, FigureStyle()))
    assert "RN_R" in words
    assert not {"RN_L", "PAG"} & words
    assert "x = 28.0 mm" in words


def test_letters_and_scale_can_be_left_out(content: FigureContent) -> None:
    cells = series_of(content, Plane.AXIAL, 3)
    words = _words(draw_figure(content, cells, FigureStyle()))
    assert any(word.startswith("A  z") for word in words)
    assert any(word.endswith("0 mm") and "=" not in word for word in words)
    bare = FigureStyle(has_letters=False, has_scale=False, has_legend=False)
    assert all(word.startswith("z = ") for word in _words(draw_figure(content, cells, bare)))


def test_ruler_that_leaves_the_picture_is_drawn_as_far_as_that_goes(content: FigureContent) -> None:
    cell = FigureCell(Plane.AXIAL, 20, (10.0, 30.0), (10.0, 30.0))
    across = replace(content, rulers=(Ruler(Plane.AXIAL, 20, (2.0, 20.0), (38.0, 20.0)),))
    bare = FigureStyle(has_letters=False, has_scale=False, has_legend=False)
    shown, without = draw_figure(across, (cell,), bare), draw_figure(content, (cell,), bare)
    assert _words(shown) - _words(without) == {"36.0 mm"}
    drawn = (_pixels(shown) != _pixels(without)).any(axis=(0, 2))
    assert drawn.mean() > 0.9, "from edge to edge"
    beyond = replace(content, rulers=(Ruler(Plane.AXIAL, 20, (1.0, 1.0), (5.0, 5.0)),))
    assert _words(draw_figure(beyond, (cell,), bare)) == _words(without)


@pytest.mark.parametrize("ending", ["svg", "pdf"])
def test_vector_files_hold_text_as_text(content: FigureContent, tmp_path: Path, ending: str) -> None:
    figure = draw_figure(content, series_of(content, Plane.AXIAL, 2), FigureStyle())
    path = save_figure(figure, tmp_path / f"figure.{ending}")
    if ending == "svg":
        assert "RN_R" in path.read_text(encoding="utf-8")
    else:
        assert path.read_bytes().startswith(b"%PDF")


def test_figure_has_the_ending_of_the_kind_that_was_chosen() -> None:
    assert figure_target(Path("a"), "PDF (*.pdf)") == Path("a.pdf")
    assert figure_target(Path("a.svg"), "PNG, 300 dpi (*.png)") == Path("a.svg")
    assert figure_target(Path("a.b"), "") == Path("a.b.png")


def test_dialog_previews_what_is_chosen_and_hands_the_figure_on(
    qtbot: QtBot, content: FigureContent, tmp_path: Path
) -> None:
    cell = FigureCell(Plane.CORONAL, 20, (0.0, 40.0), (0.0, 40.0))

    dialog = FigureDialog(content, (cell,), Background(), None)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, False)  # qtbot closes it once more
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: not dialog.preview.pixmap().isNull(), timeout=60_000)
    first = dialog.preview.pixmap().cacheKey()
    dialog.layouts.setCurrentIndex(1)
    qtbot.waitUntil(lambda: dialog.preview.pixmap().cacheKey() != first, timeout=60_000)
    dialog.widths.setCurrentIndex(1)
    assert dialog.state.text().startswith("Drawing")
    with qtbot.waitSignal(dialog.save_wanted, timeout=60_000) as told:
        dialog.save_button.click()
        assert dialog.isEnabled(), "another choice can be made while the figure is drawn"
        dialog.widths.setCurrentIndex(0)
    assert len(told.args[0].axes) == 8
