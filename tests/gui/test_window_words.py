"""What jobs say in the words of the command line is said in the window's."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import typer
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.messages.window_words import window_words
from brainstem_app.gui.settings import Preferences
from brainstem_app.jobs.job import CompareJob, ImportAtlasJob, PrepareJob, TrainJob
from brainstem_app.setting import settings_of


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("Use batches of 8 or less (--batch-size 8).", "Use batches of 8 or less (“Batch”)."),
        ("Use a smaller --size.", "Use a smaller “Slice size”."),
        ("Run `brainstem-app evaluate --study STUDY --run NAME` first.", "Run the page Report first."),
        ("Train it with `brainstem-app train`.", "Train it with the page Train."),
        ("Make it by `brainstem-app atlas import FOLDER --name NAME`.", "Make it by Library ▸ Atlases."),
        ("See `brainstem-app models list`.", "See Library ▸ Models."),
        ("Write it with `brainstem-app models export RUN`.", "Write it with the page Train."),
        ("They count by `brainstem-app restore`.", "They count by Review ▸ The original labels count again."),
        ("Run `brainstem-app study correct`.", "Run Review ▸ Write the report anew."),
        ("Leave --something-else out.", "Leave “something else” out."),
        ("Nothing of the kind – it stays.", "Nothing of the kind – it stays."),
    ],
)
def test_options_and_commands_become_labels_and_pages(said: str, shown: str) -> None:
    assert window_words(said) == shown


def test_message_shows_no_option(qtbot: QtBot, window: MainWindow) -> None:
    window.message_bar.show_message(
        Message(MessageLevel.ERROR, "There is no room.", "--size", "Use fewer --jobs or a smaller --size.")
    )
    said = window.message_bar._lines.text()
    assert said.endswith("In: “Slice size”")
    assert "--" not in said
    assert said.count("Slice size") == 2


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


def test_warnings_of_a_report_name_commands_so_that_the_window_says_its_own_words(
    repository_root: Path,
) -> None:
    """A command without the program's name before it would be shown as it is."""
    bare = re.compile(r"fix=f?\"[^\"]*`(?!brainstem-app )(?:study|models|atlas|reference|correct|restore)\b")
    sources = (repository_root / "brainstem_app").rglob("*.py")
    assert [path.name for path in sources if bare.search(path.read_text(encoding="utf-8"))] == []


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


def test_every_command_has_its_place_in_the_window() -> None:
    from brainstem_app.cli.app import app

    for name in typer.main.get_group(app).commands:
        words = window_words(f"Run `brainstem-app {name}`.")
        places = ("the page ", "Library ▸", "File ▸", "Review ▸", "Help ▸ This")
        assert words.startswith(tuple(f"Run {place}" for place in places)), words
    words = window_words("Bring results in with `brainstem-app study import-results`.")
    assert words == "Bring results in with File ▸ Bring results into the study."


def test_no_text_of_the_window_speaks_of_options_or_commands(repository_root: Path) -> None:
    spoken = re.compile(r"(?<![\w-])--[a-z]|brainstem-app [a-z]|command line|terminal", re.IGNORECASE)
    found = []
    for path in sorted((repository_root / "brainstem_app" / "gui").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
        words = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented)
                 and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
        for node in ast.walk(tree):
            is_shown = (
                isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in words
            )
            if is_shown and spoken.search(node.value) and path.name != "window_words.py":
                found.append(f"{path.name}: {node.value}")
    assert found == []


def test_no_setting_of_a_form_speaks_of_options_or_commands() -> None:
    spoken = re.compile(r"(?<![\w-])--[a-z]|brainstem-app [a-z]|command line|terminal", re.IGNORECASE)
    forms = (ImportAtlasJob, PrepareJob, TrainJob, CompareJob, Preferences)
    texts = [
        text
        for form in forms
        for setting in settings_of(form)
        for text in (setting.label, setting.help, setting.empty, *setting.names.values())
    ]
    assert [text for text in texts if spoken.search(text)] == []
