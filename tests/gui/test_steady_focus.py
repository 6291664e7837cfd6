"""Keys that are pressed twice do once what they are for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.workflow.step import StepName

Fake = Callable[[str], Path]
_LIMIT_MS = 60_000
_WAITS = 'wait_for(cancelled); emit(event="failed", what="Cancelled.", exit_status=3)'


def press(button: QAbstractButton) -> None:
    """Press a button by its key, and the same key once more, wherever the keys are then."""
    button.window().activateWindow()
    button.setFocus()
    for _ in range(2):
        QTest.keyClick(QApplication.focusWidget() or button, Qt.Key.Key_Space)


@pytest.mark.parametrize("step", [StepName.SEGMENT, StepName.PREPARE, StepName.TRAIN])
def test_key_pressed_twice_starts_a_job_and_does_not_cancel_it(
    qtbot: QtBot, open_study: MainWindow, scan_file: Path, fake_job: Fake, step: StepName
) -> None:
    window = open_study
    fake_job(_WAITS)
    window.show_step(step)
    page = window.page(step)
    if step is StepName.SEGMENT:
        window.open_path(scan_file)
        qtbot.waitUntil(lambda: page.segment_panel.can_start, timeout=_LIMIT_MS)
    button = {
        StepName.SEGMENT: lambda: page.segment_panel.start_button,
        StepName.PREPARE: lambda: page.all_button,
        StepName.TRAIN: lambda: page.start_button,
    }[step]()
    qtbot.waitUntil(button.isEnabled, timeout=_LIMIT_MS)
    press(button)
    qtbot.waitUntil(lambda: bool(window.context.jobs.jobs), timeout=_LIMIT_MS)
    (job,) = window.context.jobs.jobs
    assert not job.is_cancelling
    assert not isinstance(QApplication.focusWidget(), QAbstractButton)
    progress = page.segment_panel.progress if step is StepName.SEGMENT else page.progress
    assert progress.isVisible()
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Return)
    assert not job.is_cancelling
    progress.cancel_button.setFocus()
    press(progress.cancel_button)
    assert job.is_cancelling
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_LIMIT_MS)
    assert len(window.context.jobs.jobs) == 1, "the key that has cancelled begins nothing"


def test_keys_are_on_the_page_that_a_key_has_led_to(qtbot: QtBot, open_study: MainWindow) -> None:
    window = open_study
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    qtbot.waitUntil(page.cohort_button.isEnabled, timeout=_LIMIT_MS)
    window.activateWindow()
    page.cohort_button.setFocus()
    window.show_step(StepName.TRAIN)
    focus = QApplication.focusWidget()
    assert focus is not None
    assert window.page(StepName.TRAIN).isAncestorOf(focus)
