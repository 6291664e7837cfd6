"""Write docs/results/clicks.md: presses and seconds to the first labels, and to groups compared.

    xvfb-run -a -s "-screen 0 1600x1000x24" python tests/benchmarks/write_clicks.py --dataset BIDS

The window is used as a person uses it: by the mouse on what is seen, each press counted; a path is typed into
the system's dialog. Labels are made and groups compared by the real jobs. The twelve people that are compared
have the first scan's result with noise on its volumes: what is counted is the way there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "xcb")

import numpy as np
import psutil
from benchmark_segment import machine
from PySide6.QtCore import QPoint, QSettings, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QDialogButtonBox, QFileDialog, QLineEdit, QWidget

from brainstem_app.gui.application import make_application
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.segment.batch_sheet import BatchSheet
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.imaging.bids.dataset import find_t1w_scans

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "results" / "clicks.md"
PEOPLE = 12
_LIMIT_S = 1200.0


@dataclass
class Person:
    """Somebody at the mouse: what was pressed and when, and when the last thing waited for was seen."""

    window: MainWindow
    done: list[tuple[str, float]] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    seen: float = 0.0

    def press(self, widget: QWidget, what: str, at: QPoint | None = None) -> None:
        """Press the left button on a widget, in its middle or somewhere else on it."""
        self.wait(lambda: widget.isVisible() and widget.isEnabled())
        place = at if at is not None else widget.rect().center()
        self._note(what)
        QTest.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place)

    def key(self, widget: QWidget, key: Qt.Key, modifier: Qt.KeyboardModifier, what: str) -> None:
        """Press a key."""
        self._note(what)
        QTest.keyClick(widget, key, modifier)

    def go(self, step: StepName, name: str) -> None:
        """Press a step in the rail."""
        bar = self.window.step_bar
        rows = range(bar.count())
        row = next(row for row in rows if bar.item(row).data(Qt.ItemDataRole.UserRole) == step)
        self.press(bar.viewport(), name, bar.visualItemRect(bar.item(row)).center())
        self.wait(lambda: self.window.current_step is step)

    def choose(self, box: QComboBox, text: str, what: str) -> None:
        """Open a drop-down and press one of its entries: two presses."""
        self.press(box, f"{what}: open the list")
        view = box.view()
        row = box.findText(text)
        self.wait(view.isVisible)
        at = view.visualRect(box.model().index(row, 0)).center()
        self.press(view.viewport(), f"{what}: {text}", at)

    def answer_dialog(self, path: Path) -> None:
        """Type a path into the dialog that the next press opens, and press its button."""

        def answer() -> None:
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, QFileDialog):
                QTimer.singleShot(50, answer)
                return
            line, buttons = dialog.findChild(QLineEdit), dialog.findChild(QDialogButtonBox)
            assert isinstance(line, QLineEdit)
            assert isinstance(buttons, QDialogButtonBox)
            line.setText(str(path))
            self._note("type or paste the path")
            button = next(b for b in buttons.buttons() if buttons.buttonRole(b).name == "AcceptRole")
            self._note(f"{button.text().replace('&', '')} in the dialog")
            QTest.mouseClick(button, Qt.MouseButton.LeftButton)

        QTimer.singleShot(100, answer)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Wait for the program."""
        end = time.monotonic() + _LIMIT_S
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"the window did not get there after: {self.done[-1:]}")
            QApplication.processEvents()
            time.sleep(0.01)
        self.seen = time.perf_counter() - self.began

    def _note(self, what: str) -> None:
        self.done.append((what, time.perf_counter() - self.began))

    def told(self, title: str) -> list[str]:
        """Lines of the page on what was done."""
        rows = [f"| {number} | {what} | {at:.1f} |" for number, (what, at) in enumerate(self.done, 1)]
        summary = f"{len(self.done)} presses, {self.seen:.0f} s until it is seen."
        return [f"## {title}", "", summary, "", "| | press | s |", "|---|---|---|", *rows, ""]


def made_window(home: Path) -> tuple[MainWindow, float]:
    """Make a window of somebody who has never used it; seconds until it can be used."""
    begun = time.perf_counter()
    make_application([])
    settings = WindowSettings(QSettings(str(home / "settings.ini"), QSettings.Format.IniFormat))
    settings.results_folder, settings.jobs_folder = home / "results", home / "jobs"
    window = MainWindow(settings)
    window.show()
    person = Person(window)
    person.wait(lambda: bool(window.segment_page.segment_panel.model))
    return window, time.perf_counter() - begun


def first_labels(window: MainWindow, scan: Path) -> Person:
    """Go from an empty window to the labels of a scan."""
    person = Person(window)
    person.answer_dialog(scan)
    person.press(window.scans.empty_state.open_button, "Open a scan…")
    page = window.segment_page
    person.wait(lambda: page.document.scan is not None)
    person.press(page.segment_panel.start_button, "Segment")
    person.wait(lambda: page.document.result is not None)
    return person


def begin_batch(window: MainWindow, dataset: Path) -> Person:
    """Go from any page to a batch that runs."""
    person = Person(window)
    person.go(StepName.SCANS, "Scans")
    page = window.scans
    before = page.model.rowCount()
    person.answer_dialog(dataset)
    button = page.add_folder_button if before else page.empty_state.folder_button
    person.press(button, "Add a folder…")
    person.wait(lambda: page.model.rowCount() >= PEOPLE)
    person.press(page.table.viewport(), "a row of the list", QPoint(40, 20))
    person.key(page.table, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier, "Ctrl+A")
    person.press(page.segment_button, "Segment…")
    person.wait(lambda: window.findChild(BatchSheet) is not None)
    sheet = window.findChild(BatchSheet)
    assert isinstance(sheet, BatchSheet)
    person.press(sheet.start_button, sheet.start_button.text())
    person.wait(lambda: bool(window.context.jobs.running))
    return person


def compare_groups(window: MainWindow, table: Path) -> Person:
    """Go from twelve segmentations to the report on two groups."""
    person = Person(window)
    person.go(StepName.REPORT, "Report")
    page: Any = window.page(StepName.REPORT)
    person.press(page.cohort_button, "Compare groups of people…")
    panel = page.cohort
    person.wait(lambda: len(panel.subjects.ticked()) == PEOPLE)
    person.answer_dialog(table)
    person.press(panel.groups.table_button, "Choose… the table of participants")
    person.wait(lambda: panel.group.count() > 1)
    if panel.group.currentData() != "group":
        person.choose(panel.group, "group", "Groups")
    person.wait(lambda: panel.reference.count() > 0)
    person.press(panel.start_button, panel.start_button.text().replace("&", ""))
    person.wait(lambda: page.content is not None and page.chosen is not None and page.chosen.kind == "cohort")
    return person


def twelve_of(dataset: Path, folder: Path) -> Path:
    """Make a dataset of the first twelve people of another."""
    folder.mkdir()
    for name in ("dataset_description.json", "participants.tsv"):
        shutil.copyfile(dataset / name, folder / name)
    scans = find_t1w_scans(dataset)[:PEOPLE]
    if len(scans) < PEOPLE:
        raise SystemExit(f"{dataset} has {len(scans)} scans; {PEOPLE} are needed")
    for scan in scans:
        target = folder / scan.path.relative_to(dataset)
        target.parent.mkdir(parents=True)
        target.symlink_to(scan.path.resolve())
    return folder


def make_people(result: Path, folder: Path) -> Path:
    """Make results of twelve people of one, and the table that says who is in which group."""
    rng = np.random.default_rng(0)
    lines = ["participant_id\tgroup\tage"]
    for number in range(1, PEOPLE + 1):
        home = folder / f"sub-{number:02d}" / f"sub-{number:02d}_T1w"
        shutil.copytree(result, home)
        report = json.loads((home / "report.json").read_text(encoding="utf-8"))
        report["scan"]["file"] = f"sub-{number:02d}_T1w.nii.gz"
        for row in (*report["structures"], *report["regions"]):
            row["volume_mm3"] = round(row["volume_mm3"] * rng.normal(1, 0.05), 2)
        (home / "report.json").write_text(json.dumps(report), encoding="utf-8")
        lines.append(f"sub-{number:02d}\t{('control', 'patient')[number % 2]}\t{40 + number}")
    table = folder / "participants.tsv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return table


def main() -> None:
    """Use the window, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", type=Path, required=True)
    dataset = parser.parse_args().dataset
    load = psutil.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        dataset = twelve_of(dataset, home / dataset.name)
        scan = find_t1w_scans(dataset)[0].path
        window, start = made_window(home)
        first = first_labels(window, scan)
        labels = window.segment_page.document.result
        assert labels is not None
        batch = begin_batch(window, dataset)
        for job in window.context.jobs.running:
            job.kill()
        people = home / "people"
        table = make_people(labels.labels.parent, people)
        window.context.settings.results_folder = people
        groups = compare_groups(window, table)
        window.close()
    lines = [
        "# Clicks",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}; load {load:.1f}. Written by",
        "`tests/benchmarks/write_clicks.py`: the window is used by the mouse, and each press is counted. The",
        "seconds hold what the program needs. How long segmenting takes on a machine that does nothing else:",
        "[time and memory](time-and-memory.md).",
        "",
        f"The window can be used {start:.1f} s after it is begun to be made.",
        "",
        *first.told("From the start to the first labels"),
        *batch.told(f"From there to a batch of {dataset.name} that runs"),
        *groups.told(f"From {PEOPLE} segmented people to two groups compared"),
    ]
    PAGE.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
