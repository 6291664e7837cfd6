"""Write command-line.md beside this file, from the program's own --help."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from typer.testing import CliRunner

from brainstem_app.cli.app import app

WIDTH = {"COLUMNS": "100", "TERMINAL_WIDTH": "100", "NO_COLOR": "1"}
HEAD = """# Command line

`brainstem-app`, also `python -m brainstem_app` and `installer/run.sh`. Without arguments it opens the window.

Long commands show a progress bar on a terminal and plain lines elsewhere; with `--json` they print one JSON
event a line. Exit status: 0 done, 1 failed, 2 bad input or usage, 3 cancelled. An error is three things on
standard error: what happened, in which file, what to do. No traceback without `--debug`.

What follows is what `brainstem-app COMMAND --help` says, put here by `docs/reference/write_command_line.py`.
"""


def command_names(command: Any, name: str = "") -> Iterator[str]:
    """Yield the full name of every command that does something."""
    children = getattr(command, "commands", None)
    if children is None:
        yield name
        return
    for word, child in children.items():
        yield from command_names(child, f"{name} {word}".strip())


def section(name: str) -> str:
    """Return one command as Markdown."""
    shown = CliRunner().invoke(app, [*name.split(), "--help"], prog_name="brainstem-app", env=WIDTH)
    text = "\n".join(line.rstrip() for line in shown.output.strip().splitlines())
    return f"## {name}\n\n```\n{text}\n```"


def page() -> str:
    """Return the whole page."""
    names = command_names(typer.main.get_command(app))
    return "\n\n".join([HEAD.strip(), *(section(name) for name in names)]) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("command-line.md").write_text(page(), encoding="utf-8")
