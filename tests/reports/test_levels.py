"""Levels of a picture: distinct slices, near to where they should be."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas
from brainstem_app.reports.scan.levels import AXIAL_LEVELS, distinct_levels, levels_of
from brainstem_app.reports.scan.qc_picture import QcVolumes, qc_png


@pytest.mark.parametrize(
    ("wanted", "extent", "n_slices", "slice_mm", "expected"),
    [
        ([90, 83, 60, 25], (0, 99), 100, 1.0, [90, 83, 60, 25]),  # as they should be
        ([30.4, 30.4, 20, 8], (0, 40), 60, 1.0, [30, 28, 20, 8]),  # two nuclei in one slice
        ([30, 30, 30, 30], (0, 40), 60, 1.0, [30, 28, 32, 26]),
        ([30, 30, 20, 8], (0, 40), 60, 0.5, [30, 26, 20, 8]),  # thin slices: 2 mm are four
        ([9, 8.3, 6, 2.5], (0, 10), 30, 5.0, [9, 8, 6, 2]),  # thick ones
        ([1, 1, 1, 1], (1, 2), 6, 1.0, [1, 2, 0, 3]),  # labels in two slices: those around them
        ([0, 0, 0, 0], (0, 2), 3, 5.0, [0, 1, 2, None]),  # fewer slices than levels
    ],
)
def test_levels_are_distinct_slices(
    wanted: list[float],
    extent: tuple[int, int],
    n_slices: int,
    slice_mm: float,
    expected: list[int | None],
) -> None:
    assert distinct_levels(wanted, extent, n_slices, slice_mm) == expected


@pytest.mark.parametrize("height", [1, 2, 3, 4, 5, 40])
def test_midbrain_pons_and_medulla_are_three_slices_of_any_nuclei(height: int) -> None:
    nuclei = np.zeros((8, 8, 60), dtype=bool)
    nuclei[3:5, 3:5, 10 : 10 + height] = True
    levels = levels_of(nuclei)
    assert list(levels) == list(AXIAL_LEVELS)
    assert len(set(levels.values())) == 3


def _axial_places(labels: np.ndarray, table: LabelTable, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Places that the titles of the axial pictures name."""
    figures: list[Figure] = []
    draw = Figure.draw

    def keep(figure: Figure, renderer: Any) -> None:
        figures.append(figure)
        draw(figure, renderer)

    monkeypatch.setattr(Figure, "draw", keep)
    qc_png(QcVolumes(labels, np.eye(4)), table, "made")
    titles = [axes.get_title() for axes in figures[0].axes]
    return [found.group() for title in titles if (found := re.search(r"z = \S+ mm", title))]


def test_two_nuclei_at_one_height_are_shown_in_two_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    table = load_atlas().table
    labels = np.zeros((30, 30, 50), dtype=np.uint8)
    labels[10:20, 10:20, 5:45] = 1
    for place, name in enumerate(("RN_L", "IC_L")):
        labels[12 + 3 * place, 12:15, 34:39] = table.by_name(name).index
    places = _axial_places(labels, table, monkeypatch)
    assert len(places) == len(set(places)) == 4


def test_scan_of_three_slices_has_three_levels(table: LabelTable, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.ones((10, 10, 3), dtype=np.uint8)
    places = _axial_places(labels, table, monkeypatch)
    assert len(places) == len(set(places)) == 3
