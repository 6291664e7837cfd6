"""Time the drawing tools of Review on a made scan of 512³ voxels with 0.4 mm edges.

``python tests/benchmarks/benchmark_drawing.py [SIDE] [RESULT]``. Each time is from the movement of the mouse
to the pictures of all three planes drawn anew. Of a folder that Segment has written, with a warp,
movements from slice to slice are timed too, drawn as the warp's curves and as voxels.
"""

from __future__ import annotations

import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from benchmark_window import made_scan
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.application import make_application
from brainstem_app.gui.document.opened import read_result_for_viewer
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Plane

_LABEL, _LAST_LABEL = 3, 33


class Timer:
    """Times what is done in Review until all views are drawn anew."""

    def __init__(self, page: ReviewPage) -> None:
        self._page = page

    def settle(self) -> None:
        """Let everything end that was begun."""
        while self._page.context.background.is_busy:
            QApplication.processEvents()
        QApplication.processEvents()

    def __call__(self, name: str, acts: Sequence[Callable[[], object]]) -> None:
        """Print the times of some acts of one kind."""
        self.settle()
        wall, cpu = [], []
        for act in acts:
            start, start_cpu = time.perf_counter(), time.thread_time()
            act()
            for view in self._page.views.visible_views():
                view.viewport().repaint()
            wall.append((time.perf_counter() - start) * 1000)
            cpu.append((time.thread_time() - start_cpu) * 1000)
            QApplication.processEvents()
        middle, most = np.median(cpu), np.percentile(cpu, 95)
        sys.stdout.write(
            f"{name}: median {np.median(wall):.1f} ms, 95th percentile {np.percentile(wall, 95):.1f} ms; "
            f"CPU {middle:.1f} and {most:.1f} ms\n"
        )
        sys.stdout.flush()


def measure_strokes(page: ReviewPage, timed: Timer, side: int) -> None:
    """Print times of movements with brush and eraser of several sizes."""
    editor, middle = page.document.editor, side // 2
    around = [
        (middle + int(60 * np.cos(a)), middle + int(60 * np.sin(a)), middle) for a in np.arange(0, 3, 0.05)
    ]
    steps = list(pairwise(around))
    for tool, in_3d, size in (
        ("brush", False, 3.0), ("brush", True, 3.0), ("brush", True, 10.0), ("brush", True, 30.0),
        ("eraser", True, 3.0), ("eraser", True, 30.0),
    ):  # fmt: skip
        page.commands[tool].trigger()
        editor.set_in_3d(in_3d)
        editor.set_diameter(size)
        editor.begin(False)
        moves = [partial(editor.move, Plane.AXIAL, *one) for one in steps]
        shape = "ball" if in_3d else "disc"
        timed(f"{tool}, {shape} of {size:g} mm, a movement", moves)
        timed(f"{tool}, {shape} of {size:g} mm, its end", [editor.end])
    timed("undo of a stroke", [editor.undo] * 6)
    timed("redo of a stroke", [editor.redo] * 6)
    for _ in range(6):
        editor.undo()


def measure_steps(page: ReviewPage, timed: Timer, side: int) -> None:
    """Print times of the steps that are no strokes, in all planes, on a nucleus of 12 mm."""
    editor, middle = page.document.editor, side // 2
    editor.set_in_3d(False)
    editor.set_label(_LAST_LABEL)
    angles = np.arange(0, 6.28, 0.2)
    corners = middle + 15 * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    inner = middle + 0.7 * (corners - middle)
    indices = range(middle - 15, middle + 16, 10)
    for plane in Plane:
        word = plane.name.lower()
        timed(
            f"polygon, {word}",
            [partial(editor.outline, plane, index, corners, False) for index in indices],
        )
        timed(f"interpolation of 27 slices, {word}", [partial(editor.interpolate, plane)])
        timed(f"smoothing by 1 mm, {word}", [editor.smooth])
        timed(
            f"copy to the next slice, {word}",
            [partial(editor.copy_slice, plane, middle + 15 + n, 1) for n in range(5)],
        )
        holes = range(middle - 5, middle + 5)
        for index in holes:
            editor.outline(plane, index, inner, True)
        timed(f"fill, {word}", [partial(editor.fill, plane, _voxel(plane, n, middle), False) for n in holes])
        while editor.can_undo:
            editor.undo()


def _voxel(plane: Plane, index: int, middle: int) -> tuple[int, int, int]:
    voxel = [middle] * 3
    voxel[plane.normal] = index
    return voxel[0], voxel[1], voxel[2]


def measure_slices(page: ReviewPage, timed: Timer, result: Path) -> None:
    """Print times of movements from slice to slice of a result, drawn as curves and as voxels."""
    page.document.show_result(read_result_for_viewer(result))
    timed.settle()
    if page.document.drawn_shapes is None:
        raise SystemExit(f"{result} has no warp")
    for structures in ("all_nuclei", "all_structures"):
        page.commands[structures].trigger()
        timed.settle()
        for drawn in ("curves", "voxels"):
            page.document.display.set(is_smooth=drawn == "curves")
            page.document.choose_largest()
            for plane in Plane:
                steps = [partial(page.views.panes[plane].view.step, 1)] * 12
                timed(f"slice, {plane.name.lower()}, {structures.replace('_', ' ')} as {drawn}", steps)


def main() -> None:
    """Print all times."""
    side = int(sys.argv[1]) if len(sys.argv) > 1 else 512
    make_application()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    sys.stdout.write(
        f"{datetime.now(UTC):%Y-%m-%d}, {platform.platform()}, {os.cpu_count()} cores, load {load:.1f}\n"
        f"Python {platform.python_version()}, scan of {side}³ voxels, three planes and the nuclei in space\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        store = QSettings(str(Path(folder) / "d.ini"), QSettings.Format.IniFormat)
        page = ReviewPage(AppContext.made(WindowSettings(store)))
        page.resize(1300, 820)
        page.show()
        scan, labels = made_scan(side)
        page.document.show_scan(scan)
        page.document.show_labels(labels)
        page.document.editor.set_label(_LABEL)
        page.document.editor.set_protects(False)  # blocks lie side by side: nothing would be drawn
        timed = Timer(page)
        measure_strokes(page, timed, side)
        measure_steps(page, timed, side)
        if len(sys.argv) > 2:
            measure_slices(page, timed, Path(sys.argv[2]))
        timed.settle()
        page.close()


if __name__ == "__main__":
    main()
