"""From an empty study to an exported report, by clicks and keys, with the real worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.study.grid import Grid
from brainstem_app.study.quality import read_quality
from brainstem_app.study.study import Study

pytest.importorskip("tensorflow")
pytestmark = [pytest.mark.slow, pytest.mark.long]
_LIMIT_MS = 600_000
_SMALL = {"encoder": "resnet18", "epochs": 1, "input.size": 32, "learning_rate": 0.001}


@pytest.fixture
def real_window(qtbot: QtBot, settings: WindowSettings) -> Iterator[MainWindow]:
    """The window as it starts for the first time, with the models that ship."""
    shown = MainWindow(settings)
    qtbot.addWidget(shown)
    shown.resize(1280, 820)
    shown.show()
    shown.activateWindow()
    yield shown
    for job in shown.context.jobs.running:
        job.kill()
    shown.context.background.wait()


class Person:
    """Works with the window by mouse and keys, and waits as a person would."""

    def __init__(self, qtbot: QtBot, window: MainWindow) -> None:
        self.qtbot, self.window = qtbot, window

    def go_to(self, step: StepName) -> None:
        key = getattr(Qt.Key, f"Key_{step.number}")
        self.qtbot.keyClick(self.window, key, Qt.KeyboardModifier.ControlModifier)
        assert self.window.current_step is step

    def start(self) -> None:
        """Press Ctrl+Return and wait until the job that this has started is done."""
        before = len(self.window.context.jobs.jobs)
        self.qtbot.keyClick(self.window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        self.wait(lambda: len(self.window.context.jobs.jobs) > before)
        self.finish()

    def click(self, button: object) -> None:
        self.wait(button.isEnabled)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def finish(self) -> None:
        job = self.window.context.jobs.jobs[-1]
        self.wait(lambda: job.state.is_over)
        assert job.state == "finished", f"{job.record.title}: {job.record.what} {job.log}"

    def wait(self, condition: Callable[[], bool]) -> None:
        self.qtbot.waitUntil(condition, timeout=_LIMIT_MS)


def test_whole_way_by_clicks_and_keys(
    qtbot: QtBot, real_window: MainWindow, simulated: Path, tmp_path: Path
) -> None:
    window, person = real_window, Person(qtbot, real_window)
    _open_scans(person, simulated)
    study = _prepare(person)
    _train(person)
    _compare(person)
    _segment(person)
    person.go_to(StepName.REPORT)
    report = window.page(StepName.REPORT)
    person.wait(lambda: any(entry.name == "small" for entry in report.entries))
    report.list.choose("small")
    person.wait(lambda: report.model.rowCount() > 0)
    assert "(validation)" in report.lines.text()
    person.click(report.measure_button)
    person.finish()
    person.wait(lambda: "(test)" in report.lines.text())
    report.export.save(report.chosen, tmp_path / "numbers.csv", report.chosen.files[0])
    person.wait((tmp_path / "numbers.csv").exists)
    assert (tmp_path / "numbers.csv").read_text(encoding="utf-8").count("\n") > 31
    assert Study.open(study).run_names(), "all of it lies in the study"


def _open_scans(person: Person, dataset: Path) -> None:
    """Drop the dataset on the window, and go on to Prepare."""
    window = person.window
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(dataset))])
    copy, left, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), copy, data, left, none))
    assert window.current_step is StepName.SCANS
    person.wait(lambda: window.scans.model.rowCount() == 3)
    person.wait(lambda: window.scans.model.counts() == (0, 0, 0))
    person.click(window.scans.prepare_button)


def _prepare(person: Person) -> Path:
    """Prepare all into a new study, and accept their pictures by key."""
    prepare = person.window.page(StepName.PREPARE)
    person.wait(lambda: prepare.model.rowCount() == 3)
    person.start()
    study = person.window.context.study.folder
    assert person.window.current_step is StepName.PREPARE, "the new study opens at the step that made it"
    person.wait(lambda: [s.state for s in prepare.model.rows] == ["finished"] * 3)
    prepare.table.selectRow(0)
    prepare.table.setFocus()
    person.wait(lambda: not prepare.view.picture.is_empty)
    for _ in range(3):
        person.qtbot.keyClick(prepare.table, Qt.Key.Key_A)
    person.wait(lambda: set(read_quality(study).decisions.values()) == {"accepted"})
    assert len(read_quality(study).decisions) == 3
    return study


def _train(person: Person) -> None:
    """Train a small network, and see its curve."""
    person.go_to(StepName.TRAIN)
    train = person.window.page(StepName.TRAIN)
    train.form.set_values({"run": "small", **_SMALL})
    person.wait(train.start_button.isEnabled)
    person.start()
    person.wait(lambda: train.model.row_of("small") >= 0)
    row = train.model.row_of("small")
    person.wait(lambda: train.model.index(row, train.model.column_of("State")).data() == "done")
    train.table.selectRow(row)
    person.wait(lambda: len(train.curves.points("val_nuclei_miou")) == 1)


def _compare(person: Person) -> None:
    """Compare two small networks, look at one, and export the table."""
    person.go_to(StepName.COMPARE)
    compare = person.window.page(StepName.COMPARE)
    compare.panel.show_grid(
        Grid(name="two", repeats=1, settings=_SMALL, vary={"decoder": ("n_deconet", "pspnet")})
    )
    person.wait(lambda: compare.heat is not None and compare.heat.name == "two")
    assert "2 to do" in compare.plan.text()
    person.start()
    person.wait(lambda: "2 finished" in compare.plan.text())
    cell = compare.table.model().index(0, 1)
    assert float(cell.data()) >= 0
    point = compare.table.visualRect(cell).center()
    person.qtbot.mouseClick(compare.table.viewport(), Qt.MouseButton.LeftButton, pos=point)
    person.wait(lambda: len(compare.cell.curves.points("loss")) == 1)
    person.wait(lambda: not compare.cell.picture.is_empty)
    target = compare.heat.folder.parent / "table.csv"
    compare.export(target)
    person.wait(target.exists)
    assert target.read_text(encoding="utf-8").count("\n") == 3


def _segment(person: Person) -> None:
    """Segment one of the scans with the model that ships, and look at it in Review."""
    window = person.window
    person.go_to(StepName.SCANS)
    window.scans.table.setFocus()
    window.scans.table.selectRow(0)
    person.qtbot.keyClick(window.scans.table, Qt.Key.Key_Return)
    person.wait(
        lambda: window.current_step is StepName.SEGMENT and window.segment_page.document.scan is not None
    )
    person.click(window.segment_page.segment_panel.start_button)
    person.wait(lambda: window.segment_page.document.result is not None)
    person.click(window.segment_page.result_panel.review)
    assert window.current_step is StepName.REVIEW
    assert window.review.document.labels is not None
