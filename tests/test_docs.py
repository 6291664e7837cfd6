"""The documentation names only what exists."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import typer.main

from brainstem_app.cli.app import app

ROOT = Path(__file__).resolve().parent.parent
BESIDE = ("README.md", "CONTRIBUTING.md", "kerasmodels/README.md")
PAGES = sorted(
    [*(ROOT / page for page in BESIDE), *(ROOT / "docs").rglob("*.md"), *(ROOT / "resources").glob("*.md")]
)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
COMMAND = re.compile(r"(?:brainstem-app|installer/run\.sh) ([a-z][a-z-]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
CALL = re.compile(r"^(?:brainstem-app|installer/run\.sh) (?P<words>[a-z][^#\n]*)", re.M)


@pytest.fixture(scope="module")
def commands() -> dict[str, Any]:
    """Every command by its full name."""
    writer = runpy.run_path(str(ROOT / "docs" / "reference" / "write_command_line.py"))
    root = typer.main.get_command(app)
    found = {}
    for name in writer["command_names"](root):
        command: Any = root
        for word in name.split():
            command = command.commands[word]
        found[name] = command
    return found


def _options_of(command: Any) -> set[str]:
    names = (name for part in command.params for name in [*part.opts, *part.secondary_opts])
    return {"--help"}.union(name for name in names if name.startswith("-"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_files(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_named_commands_exist(page: Path, commands: dict[str, Any]) -> None:
    first_words = {name.split()[0] for name in commands}
    assert set(COMMAND.findall(page.read_text(encoding="utf-8"))) <= first_words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_example_calls_use_options_that_exist(page: Path, commands: dict[str, Any]) -> None:
    for call in CALL.finditer(page.read_text(encoding="utf-8")):
        words = call["words"].split()
        name = words[0] if words[0] in commands else " ".join(words[:2])
        assert name in commands, call.group()
        assert set(OPTION.findall(call["words"])) <= _options_of(commands[name]), call.group()


def test_reference_has_a_section_for_every_command_and_no_other(commands: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^## (.+)$", page, re.M)) == set(commands)


def test_reference_shows_every_option(commands: dict[str, Any]) -> None:
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    for name, command in commands.items():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert {option for option in _options_of(command) if option not in section} == set(), name
