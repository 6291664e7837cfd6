"""Measure the window: first paint, slice change, gaps of the event loop, memory.

``python tests/benchmarks/benchmark_window.py [starts] [slices] [gaps] [review]`` (offscreen), or under
``xvfb-run`` with ``QT_QPA_PLATFORM=xcb``. CPU time stands beside wall time, for on a busy machine the latter
is longer.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import nibabel as nib
import numpy as np
import psutil
from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.application import make_application
from brainstem_app.gui.document.opened import OpenedLabels, OpenedScan
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.overlays.overlay import colour_table
from brainstem_app.gui.viewer.slice_view import SliceView
from brainstem_app.gui.viewer.volume import image_volume, label_volume
from brainstem_app.gui.warm_up import read_structures
from brainstem_app.jobs import supervise

_STARTS = 7
_TICK_MS = 5
_FRESH_WINDOW = """
import json, os, sys, time
from PySide6.QtCore import QEvent, QObject, QSettings, QTimer
from brainstem_app.gui.application import make_application
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
application = make_application([])
window = MainWindow(WindowSettings(QSettings(sys.argv[1], QSettings.Format.IniFormat)))
found = {}
class Painted(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint and not found:
            found["pending"] = True
            QTimer.singleShot(0, first)
        return False
def first():
    found.update(wall=time.time() - float(sys.argv[2]), cpu=time.process_time())
    QTimer.singleShot(4000, end)
def end():
    import psutil
    window.context.background.wait()
    memory = psutil.Process().memory_full_info()
    found.update(rss=memory.rss / 2**20, uss=memory.uss / 2**20)
    window.segment_page.viewer
    memory = psutil.Process().memory_full_info()
    found.update(viewer_rss=memory.rss / 2**20, viewer_uss=memory.uss / 2**20)
    print(json.dumps(found))
    application.quit()
painted = Painted()
window.installEventFilter(painted)
window.show()
application.exec()
"""
_BUSY_WORKER = """
import json, sys, time
from pathlib import Path
with (Path(sys.argv[1]) / "events.jsonl").open("a") as file:
    def emit(**event):
        file.write(json.dumps(event) + "\\n")
        file.flush()
    emit(event="started", kind="segment", folder="x")
    end = time.monotonic() + 6
    while time.monotonic() < end:
        sum(i * i for i in range(20000))
        emit(event="progress", done=6 - (end - time.monotonic()), total=6, message="x")
    emit(event="finished", seconds=6)
"""


class Gap(NamedTuple):
    """Longest time in ms in which the event loop did not turn, and the window's own CPU time in one turn."""

    wall: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.wall:.0f} ms (CPU {self.cpu:.0f} ms)"


def say(line: str = "") -> None:
    """Write one line."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def measure_starts(folder: Path) -> None:
    """Print the time from the start of a fresh process to the end of the first paint, and its memory."""
    runs = []
    for _ in range(_STARTS):
        command = [sys.executable, "-c", _FRESH_WINDOW, str(folder / "s.ini"), repr(time.time())]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        runs.append(json.loads(done.stdout))
    wall, cpu = ([run[name] for run in runs] for name in ("wall", "cpu"))
    say(f"first paint, fresh process: median {np.median(wall):.2f} s, worst {max(wall):.2f} s of {_STARTS}")
    say(f"  CPU time up to then: median {np.median(cpu):.2f} s")
    for name, words in (("", "idle"), ("viewer_", "idle with an empty viewer")):
        rss, uss = (np.median([run[f"{name}{kind}"] for run in runs]) for kind in ("rss", "uss"))
        say(f"memory {words}: {rss:.0f} MiB resident, {uss:.0f} MiB its own")


def measure_slices(side: int) -> None:
    """Print the time of a slice change with labels, redrawn on the screen, on a volume of side³."""
    rng = np.random.default_rng(0)
    data = rng.integers(0, 1000, (side, side, side), dtype=np.int16)
    labels = np.zeros((side, side, side), dtype=np.uint8)
    middle = slice(side // 3, 2 * side // 3)
    labels[middle, middle] = rng.integers(0, 34, side, dtype=np.uint8)
    view = SliceView()
    view.resize(800, 700)
    view.set_image(image_volume(data, np.diag([-0.8, 0.8, 0.8, 1.0])))
    view.set_labels(label_volume(labels, np.diag([-0.8, 0.8, 0.8, 1.0])))
    view.set_colours(colour_table({i: (i * 7, 255 - i * 7, 128) for i in range(1, 34)}, range(34)))
    view.set_opacity(0.6)
    view.show()
    while not view.windowHandle().isExposed():
        QApplication.processEvents()
    wall, cpu = [], []
    for index in [*range(side), *range(side - 1, -1, -1)]:
        start, start_cpu = time.perf_counter(), time.process_time()
        view.set_index(index)
        view.viewport().repaint()
        wall.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - start_cpu) * 1000)
    say(
        f"slice change {side}³ with labels: median {np.median(wall):.1f} ms, 95th percentile "
        f"{np.percentile(wall, 95):.1f} ms; CPU {np.median(cpu):.1f} and {np.percentile(cpu, 95):.1f} ms"
    )
    view.close()


def made_scan(side: int) -> tuple[OpenedScan, OpenedLabels]:
    """Noise of side³ voxels with 0.4 mm edges, and 33 blocks as large as a brainstem in its middle."""
    rng = np.random.default_rng(0)
    affine = np.diag([-0.4, 0.4, 0.4, 1.0])
    data = rng.integers(0, 1000, (side, side, side), dtype=np.int16)
    labels = np.zeros((side, side, side), dtype=np.uint8)
    low, block = side // 2 - 75, (43, 33, 33)
    solid = np.arange(36, dtype=np.uint8).reshape(4, 3, 3) % 34
    for axis, length in enumerate(block):
        solid = solid.repeat(length, axis)
    z, y, x = solid.shape
    labels[low : low + x, low : low + y, low : low + z] = solid.transpose(2, 1, 0)
    table = read_structures()
    scan = OpenedScan(Path("made.nii.gz"), image_volume(data, affine), ())
    ready = label_volume(labels, affine)
    _ = ready.volumes_mm3, ready.places, ready.extent
    return scan, OpenedLabels(Path("labels_made.nii.gz"), ready, table)


def measure_review(side: int, folder: Path) -> None:
    """Print times of slice changes and strokes in the step Review on a scan of side³, all views redrawn."""
    store = QSettings(str(folder / "r.ini"), QSettings.Format.IniFormat)
    step = ReviewPage(AppContext.made(WindowSettings(store)))
    background = step.context.background
    step.resize(1300, 820)
    step.show()
    scan, labels = made_scan(side)
    step.document.show_scan(scan)
    step.document.show_labels(labels)
    views, actions = step.views, step.commands

    def settle() -> None:
        while background.is_busy:
            QApplication.processEvents()

    def timed(name: str, act: Callable[[int], None], count: int) -> None:
        settle()
        wall, cpu = [], []
        for number in range(count):
            start, start_cpu = time.perf_counter(), time.thread_time()
            act(number)
            for view in views.visible_views():
                view.viewport().repaint()
            wall.append((time.perf_counter() - start) * 1000)
            cpu.append((time.thread_time() - start_cpu) * 1000)
            QApplication.processEvents()
        say(
            f"{name}: median {np.median(wall):.1f} ms, 95th percentile {np.percentile(wall, 95):.1f} ms; "
            f"CPU {np.median(cpu):.1f} and {np.percentile(cpu, 95):.1f} ms"
        )

    def scroll(plane: Plane) -> Callable[[int], None]:
        view = views.panes[plane].view
        return lambda number: view.set_index(side // 3 + number % (side // 3))

    actions["axial"].trigger()
    timed(f"review {side}³, large axial view, filled", scroll(Plane.AXIAL), side)
    actions["outline"].setChecked(True)
    timed(f"review {side}³, large axial view, outlined", scroll(Plane.AXIAL), side)
    actions["outline"].setChecked(False)
    actions["sagittal"].trigger()
    timed(f"review {side}³, large sagittal view, filled", scroll(Plane.SAGITTAL), side)
    actions["three"].trigger()
    for plane in Plane:
        timed(f"review {side}³, three planes, slices {plane.name.lower()}", scroll(plane), side)
    middle = side // 2
    around = [
        (middle + int(60 * np.cos(a)), middle + int(60 * np.sin(a)), middle) for a in np.arange(0, 6, 0.05)
    ]
    timed(f"review {side}³, three planes, crosshair dragged", lambda n: views.go_to(around[n]), len(around))
    step.document.editor.set_label(3)
    step.document.editor.set_protects(False)  # blocks lie side by side: nothing would be painted
    actions["brush"].trigger()
    step.document.editor.begin(False)
    steps = list(pairwise(around))
    timed(
        f"review {side}³, three planes, brush",
        lambda n: step.document.editor.move(Plane.AXIAL, *steps[n]),
        len(steps),
    )
    step.document.editor.end()
    settle()
    step.close()


def worst_gap(until: Callable[[], bool]) -> Gap:
    """Run the event loop until the condition holds; the longest time between two ticks of a timer."""
    worst, worst_cpu = 0.0, 0.0
    last, last_cpu = time.perf_counter(), time.thread_time()

    def tick() -> None:
        nonlocal worst, last, worst_cpu, last_cpu
        now, now_cpu = time.perf_counter(), time.thread_time()
        worst, last = max(worst, (now - last) * 1000), now
        worst_cpu, last_cpu = max(worst_cpu, (now_cpu - last_cpu) * 1000), now_cpu

    timer = QTimer()
    timer.timeout.connect(tick)
    timer.start(_TICK_MS)
    while not until():
        QApplication.processEvents()
        time.sleep(0.001)
    timer.stop()
    return Gap(worst, worst_cpu)


def measure_review_gaps(folder: Path) -> None:
    """Print the worst gaps of the event loop while Review opens a result, paints, and turns the nuclei."""
    store = QSettings(str(folder / "v.ini"), QSettings.Format.IniFormat)
    step = ReviewPage(AppContext.made(WindowSettings(store)))
    background = step.context.background
    step.resize(1300, 820)
    step.show()
    scan, labels = made_scan(256)
    affine = np.diag([-0.8, 0.8, 0.8, 1.0])
    nib.save(nib.Nifti1Image(scan.image.steps.T, affine), folder / "scan.nii.gz")
    nib.save(nib.Nifti1Image(labels.labels.labels.T, affine), folder / "labels_native.nii.gz")
    step.document.opener.open_scan(folder / "scan.nii.gz")
    say(f"worst gap while Review opens a 256³ scan: {worst_gap(lambda: not background.is_busy)}")
    step.document.opener.open_labels(folder / "labels_native.nii.gz")
    say(f"worst gap while Review opens its labels: {worst_gap(lambda: not background.is_busy)}")
    step.commands["brush"].trigger()
    step.document.editor.begin(False)
    left = iter(range(40))

    def stroke() -> bool:
        x = next(left, None)
        if x is not None:
            step.document.editor.move(Plane.AXIAL, (100 + x, 120, 128), (101 + x, 120, 128))
            return False
        return not background.is_busy

    say(f"worst gap while Review paints: {worst_gap(stroke)}")
    step.document.editor.end()
    turns = iter(range(60))

    def turn() -> bool:
        if next(turns, None) is None:
            return not background.is_busy
        step.views.surface.turn(5.0, 0.0)
        return False

    say(f"worst gap while Review turns the nuclei: {worst_gap(turn)}")
    step.close()


def measure_gaps(folder: Path) -> None:
    """Print the worst gap of the event loop while a job runs and while a scan is read."""
    settings = WindowSettings(QSettings(str(folder / "g.ini"), QSettings.Format.IniFormat))
    settings.results_folder, settings.jobs_folder = folder / "results", folder / "jobs"
    window = MainWindow(settings)
    window.resize(1280, 820)
    window.show()
    end = time.monotonic() + 3
    say(f"worst gap while the window loads the rest: {worst_gap(lambda: time.monotonic() > end)}")
    data = np.random.default_rng(0).integers(0, 1000, (256, 256, 256), dtype=np.int16)
    scan = folder / "big.nii.gz"
    nib.save(nib.Nifti1Image(data, np.diag([-0.8, 0.8, 0.8, 1.0])), scan)
    start = time.perf_counter()
    window.open_path(scan)
    gap = worst_gap(lambda: window.segment_page.document.scan is not None)
    say(f"worst gap while a 256³ scan is opened ({time.perf_counter() - start:.1f} s): {gap}")
    worker = folder / "busy.py"
    worker.write_text(_BUSY_WORKER, encoding="utf-8")
    supervise.worker_command = lambda home: [sys.executable, str(worker), str(home)]
    window.commands.run("segment")
    job = window.segment_page.job
    gap = worst_gap(lambda: job.state.is_over)
    events = len((job.folder / "events.jsonl").read_text().splitlines())
    say(f"worst gap while a job runs ({events} events in 6 s): {gap}")
    window.close()


def main() -> None:
    """Measure everything, or the parts named on the command line: starts, slices, gaps, review."""
    parts = set(sys.argv[1:]) or {"starts", "slices", "gaps", "review"}
    make_application([])
    load = psutil.getloadavg()[0]
    say(f"{date.today()}, {platform.platform()}, {os.cpu_count()} cores, load {load:.1f}")
    say(f"Python {platform.python_version()}, Qt platform {QApplication.platformName()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "starts" in parts:
            measure_starts(folder)
        if "slices" in parts:
            measure_slices(256)
            measure_slices(512)
        if "gaps" in parts:
            measure_gaps(folder)
        if "review" in parts:
            measure_review(512, folder)
            measure_review_gaps(folder)


if __name__ == "__main__":
    main()
