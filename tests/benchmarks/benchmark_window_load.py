"""The window under load, for `benchmark_load`: thousands of scans in its list, and a day's work in it."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import nibabel as nib
import numpy as np
import psutil
from benchmark_load import growth, memory_mb
from PySide6.QtCore import QPoint, QPointF, QSettings, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from brainstem_app.atlas.library import load_atlas
from brainstem_app.gui.application import make_application
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report.report_page import ReportPage
from brainstem_app.gui.scans.scan_table import ScanTable
from brainstem_app.gui.scans.scans_page import ScansPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.slice_view import SliceView
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.imaging.label_map import save_label_map
from tests.reports.made_results import write_result

Row = dict[str, object]
_TICK_MS = 5
_SLICES = 40


class Watchdog:
    """The longest time that the event loop did not come round, and how much of it the window computed."""

    def __init__(self) -> None:
        self.timer = QTimer()
        self.timer.timeout.connect(self._tick)
        self.timer.start(_TICK_MS)
        self.begin()

    def begin(self) -> None:
        """Begin anew."""
        self.wall = self.cpu = 0.0
        self._last, self._last_cpu = time.perf_counter(), time.thread_time()

    def _tick(self) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        self.wall = max(self.wall, (now - self._last) * 1000)
        self.cpu = max(self.cpu, (cpu - self._last_cpu) * 1000)
        self._last, self._last_cpu = now, cpu


def _made_window(folder: Path) -> MainWindow:
    make_application([])
    settings = WindowSettings(QSettings(str(folder / "w.ini"), QSettings.Format.IniFormat))
    settings.results_folder, settings.jobs_folder = folder / "results", folder / "jobs"
    window = MainWindow(settings)
    window.resize(1280, 820)
    window.show()
    window.activateWindow()  # without a window manager nothing else gives it the keys
    return window


def _go_on(until: Callable[[], bool], what: str = "", at_most_s: float = 120.0) -> None:
    """Let the window work until something is so; what is waited for has to come."""
    end = time.monotonic() + at_most_s
    while not until() and time.monotonic() < end:
        QApplication.processEvents()
        time.sleep(0.001)
    if what and not until():
        focus = QApplication.focusWidget()
        sys.exit(f"After {at_most_s:.0f} s this is not so: {what}. The keys go to {focus}.")


def _dataset(folder: Path, subjects: int) -> Path:
    """A BIDS dataset of one small scan under many names, with six columns about each person."""
    folder.mkdir()
    (folder / "dataset_description.json").write_text('{"Name": "many", "BIDSVersion": "1.10.0"}', "utf-8")
    first, rng = folder / "scan.nii.gz", np.random.default_rng(0)
    nib.save(nib.Nifti1Image(rng.integers(0, 900, (24, 24, 24), np.int16), np.diag([-4.0, 4, 4, 1])), first)
    lines = ["participant_id\tgroup\tage\tsex\tsite\tscore\tnote"]
    for n in range(subjects):
        place = folder / f"sub-{n:04d}" / "anat"
        place.mkdir(parents=True)
        os.link(first, place / f"sub-{n:04d}_T1w.nii.gz")
        lines.append(f"sub-{n:04d}\t{'ab'[n % 2]}\t{20 + n % 60}\t{'fm'[n % 2]}\tsite {n % 9}\t{n}\tnone")
    first.unlink()
    (folder / "participants.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _results(folder: Path, subjects: int) -> Path:
    """Make a folder with a result of each subject, as the window's own jobs write them."""
    made = write_result(folder.with_name("first"), load_atlas().table, "x_T1w.nii.gz", 20)
    report = (made / "report.json").read_text(encoding="utf-8")
    for n in range(subjects):
        _write_result(folder, f"sub-{n:04d}_T1w", report)
    return folder


def _write_result(folder: Path, name: str, report: str) -> None:
    home = folder / f"{name}_2026-11-30" / name
    home.mkdir(parents=True)
    (home / "report.json").write_text(report.replace("x_T1w", name), encoding="utf-8")
    for file in (
        "report.html",
        "report.pdf",
        "report.csv",
        "qc.png",
        "manifest.json",
        "labels_native.nii.gz",
    ):
        (home / file).touch()


def many_subjects(sizes: Sequence[int]) -> list[Row]:
    """What holds up the window with so many subjects in the list: the worst gap of each thing done."""
    rows: list[Row] = []
    for subjects in sizes:
        with tempfile.TemporaryDirectory() as name:
            results = _results(Path(name) / "results", subjects)
            window = _made_window(Path(name))
            dog = Watchdog()
            _settle()
            done = chain(
                _use_the_list(window, _dataset(Path(name) / "data", subjects), subjects),
                _use_the_reports(window, results, subjects),
            )
            for what in done:
                _settle()
                print(
                    f"{what}: {dog.wall:.0f} ms, {dog.cpu:.0f} ms of processor", file=sys.stderr, flush=True
                )
                rows.append(
                    {
                        "what": f"{subjects} subjects in the list: {what}",
                        "measured": f"{dog.wall:.0f} ms ({dog.cpu:.0f} ms of processor)",
                        "asked": "100 ms",
                    }
                )
                dog.begin()
            window.close()
            window.deleteLater()
    return rows


def _settle() -> None:
    end = time.monotonic() + 0.5
    _go_on(lambda: time.monotonic() > end)


def _look_at_forty(model: ScanTable) -> None:
    """Wait until forty more scans have been looked at, or all."""
    wanted = max(model.counts()[2] - 40, 0)
    _go_on(lambda: model.counts()[2] <= wanted, "forty more scans are looked at")


def _use_the_list(window: MainWindow, dataset: Path, subjects: int) -> Iterator[str]:
    """Do one thing after the other with the list; each is told once it is done."""
    window.show_step(StepName.SCANS)
    page = window.page(StepName.SCANS)
    assert isinstance(page, ScansPage)
    table, model = page.table, page.model
    _settle()
    yield "before"
    page.add([dataset])
    _go_on(lambda: model.rowCount() == subjects, "the dataset is in the list")
    yield "the dataset is opened"
    _look_at_forty(model)
    yield "forty scans are looked at"
    table.setFocus()
    QTest.keyClick(table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    _look_at_forty(model)
    yield "all are marked, and forty more looked at"
    header = table.horizontalHeader()
    for column in (2, 0):
        place = QPoint(header.sectionViewportPosition(column) + 12, 8)
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=place)
        QApplication.processEvents()
    yield "they are sorted twice"
    _look_at_forty(model)
    yield "forty more are looked at, sorted"
    page.search.setFocus()
    QTest.keyClicks(page.search, "site 7", delay=60)
    yield "six letters are looked for"
    page.search.clear()
    yield "all are shown again"
    table.setFocus()
    for _ in range(30):
        QTest.keyClick(table, Qt.Key.Key_PageDown)
        QApplication.processEvents()
    yield "the list is leafed through"
    table.selectRow(5)
    QTest.keyClick(table, Qt.Key.Key_Delete)
    _go_on(lambda: model.rowCount() == subjects - 1, "one is taken off")
    yield "one is taken off"
    QTest.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    _go_on(lambda: model.rowCount() == subjects, "it is put back")
    yield "it is put back"
    window.show_step(StepName.PREPARE)
    yield "step Prepare is shown"
    window.show_step(StepName.SCANS)
    yield "and step Scans again"


def _use_the_reports(window: MainWindow, results: Path, subjects: int) -> Iterator[str]:
    """Look for the reports of as many subjects in the step Report; each thing is told once it is done."""
    page = window.page(StepName.REPORT)
    assert isinstance(page, ReportPage)
    window.show_step(StepName.REPORT)
    begun = time.monotonic()
    _go_on(lambda: bool(page.entries), "a report is in the list")
    first = time.monotonic() - begun
    _go_on(lambda: len(page.entries) == subjects, "all reports are in the list")
    seconds = time.monotonic() - begun
    yield f"step Report shows as many results (the first after {first:.1f} s, all after {seconds:.1f} s)"
    page.search.setFocus()
    QTest.keyClicks(page.search, "0017_T", delay=60)
    page.search.clear()
    yield "six letters are looked for in them"
    window.show_step(StepName.SCANS)
    report = next(results.glob("*/*/report.json")).read_text(encoding="utf-8")
    _write_result(results, "another", report)
    begun = time.monotonic()
    window.show_step(StepName.REPORT)
    _go_on(lambda: len(page.entries) == subjects + 1, "the new report is in the list")
    yield f"step Report shows one more (after {time.monotonic() - begun:.1f} s)"


def a_days_work(openings: int) -> list[Row]:
    """Memory while scans and results are opened and leafed through, as often as in 24 hours of work."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        window = _made_window(folder)
        scans = [_head(folder / f"scan{n}", n) for n in range(4)]
        process, seen = psutil.Process(), []
        begun = time.monotonic()
        for n in range(openings):
            scan = scans[n % len(scans)]
            window.open_path(scan / "scan.nii.gz" if n % 3 else scan / "labels_native.nii.gz")
            _go_on(lambda: not window.context.background.is_busy, at_most_s=20)
            _leaf(window)
            if n % 10 == 0:
                window.show_step(list(StepName)[n // 10 % len(StepName)])
                QApplication.processEvents()
            if n % 20 == 19:
                seen.append(memory_mb(process))
        minutes = (time.monotonic() - begun) / 60
        window.close()
    what = f"{openings} scans and results opened, {_SLICES} slices of each shown ({minutes:.0f} minutes)"
    return [{"what": what, "measured": growth(seen).replace(" each", " every 20"), "asked": "flat"}]


def _head(folder: Path, seed: int) -> Path:
    folder.mkdir()
    shape, rng = (80, 90, 70), np.random.default_rng(seed)
    affine = np.diag([-2.0, 2, 2, 1])
    nib.save(nib.Nifti1Image(rng.integers(0, 900, shape, np.int16), affine), folder / "scan.nii.gz")
    labels = np.zeros(shape, np.uint8)
    labels[30:50, 30:50, 20:40] = 3
    save_label_map(folder / "labels_native.nii.gz", labels, affine)
    return folder


def _leaf(window: MainWindow) -> None:
    """Turn the wheel over the view that is on the screen."""
    shown = [view for view in window.findChildren(SliceView) if view.isVisible()]
    for view in shown[:1]:
        middle = QPointF(view.rect().center())
        for number in range(_SLICES):
            turn = QPoint(0, 120 if number < _SLICES // 2 else -120)
            wheel = QWheelEvent(
                middle, view.mapToGlobal(middle), QPoint(), turn, Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(view.viewport(), wheel)
            QApplication.processEvents()


if __name__ == "__main__":
    sys.exit("python tests/benchmarks/benchmark_load.py window|day")
