"""The window where nothing that trains is installed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytestqt.qtbot import QtBot

from brainstem_app.edition import edition
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.workflow.step import StepName


@pytest.fixture
def predict_edition(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr("brainstem_app.edition.find_spec", lambda _name: None)
    edition.cache_clear()
    yield
    edition.cache_clear()


@pytest.mark.usefixtures("predict_edition")
@pytest.mark.parametrize("step", [StepName.TRAIN, StepName.COMPARE])
def test_steps_that_train_say_what_is_missing(qtbot: QtBot, open_study: MainWindow, step: StepName) -> None:
    open_study.show()
    open_study.show_step(step)
    page = open_study.page(step)
    qtbot.waitUntil(page.isVisible)
    message = open_study.message_bar.message
    assert message is not None
    assert "predict edition" in message.what
    assert not page.start_button.isEnabled()


def test_full_edition_says_nothing(qtbot: QtBot, open_study: MainWindow) -> None:
    open_study.show()
    open_study.show_step(StepName.TRAIN)
    qtbot.waitUntil(open_study.page(StepName.TRAIN).isVisible)
    assert open_study.message_bar.message is None
