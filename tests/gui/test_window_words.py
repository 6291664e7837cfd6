"""What jobs say in the words of the command line is said in the window's."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.messages.window_words import window_words


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Use batches of 8 or less (--batch-size 8).", "Use batches of 8 or less (“Batch”)."),
        ("Use a smaller --size.", "Use a smaller “Slice size”."),
        ("Run `brainstem-app evaluate --study STUDY --run NAME` first.", "Run the page Report first."),
        ("Train it with `brainstem-app train`.", "Train it with the page Train."),
        ("Leave --something-else out.", "Leave “something else” out."),
        ("Nothing of the kind – it stays.", "Nothing of the kind – it stays."),
    ],
)
def test_options_and_commands_become_labels_and_pages(said: str, shown: str) -> None:
    assert window_words(said) == shown


def test_message_shows_no_option(qtbot: QtBot, window: MainWindow) -> None:
    window.message_bar.show_message(
        Message(MessageLevel.ERROR, "There is no room.", "x", "Use fewer --jobs or a smaller --size.")
    )
    assert "--" not in window.message_bar._fix.text()
    assert "Slice size" in window.message_bar._fix.text()


def test_no_error_of_the_program_keeps_an_option_in_the_window(repository_root: Path) -> None:
    texts, option = [], re.compile(r"[ (`]--[a-z]")
    for folder in ("jobs", "imaging", "atlas", "study"):
        for path in (repository_root / "brainstem_app" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
                if is_text and option.search(node.value) and "\n" not in node.value:
                    texts.append(node.value)
    assert len(texts) > 20
    assert [text for text in texts if option.search(window_words(text))] == []


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "Leave such people out with --missing age=-999 (in the window: Means unknown).",
            "Leave such people out with “Means unknown” age=-999.",
        ),
        ("Give more results, or fewer --covariates, or --no-head-size.",
         "Give more results, or fewer “Covariates”, or “Head size”."),
        ("original labels count (--edited original): sub-02",
         "original labels count (“Corrected labels” original): sub-02"),
        ("--missing=89+", "“Means unknown”: 89+"),
        ("A scan of 3-4 mm -- or less", "A scan of 3-4 mm -- or less"),
    ],
)  # fmt: skip
def test_labels_of_the_job_that_speaks_come_first(said: str, shown: str) -> None:
    assert window_words(said, "cohort") == shown
