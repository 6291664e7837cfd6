"""Write the manual page from the command line itself; run by a Python that has the program."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main

from brainstem_app import __version__
from brainstem_app.cli.app import app

_HEAD = """.TH BRAINSTEM-APP 1 "{date}" "Brainstem App {version}" "User Commands"
.SH NAME
brainstem-app \\- segment the nuclei of the brainstem on T1-weighted MRI
.SH SYNOPSIS
.B brainstem-app
[\\fIFILE\\fR ...]
.br
.B brainstem-app
\\fICOMMAND\\fR [\\fIOPTIONS\\fR]
.SH DESCRIPTION
Without a command it opens its window, with the files whose whole paths are given.
For research only. Not for diagnosis or treatment.
.SH COMMANDS
"""
_TAIL = """.SH EXIT STATUS
0 done, 1 failed, 2 bad input or usage, 3 cancelled.
.SH FILES
.TP
.I ~/.local/share/brainstem-app
Your own models and atlases.
.SH SEE ALSO
/usr/share/doc/brainstem-app, with the licences of all that is shipped.
"""


def page(date: str) -> str:
    """Return the manual page in roff."""
    parts = [_HEAD.format(date=date, version=__version__)]
    parts += [_section(name, command) for name, command in _commands(typer.main.get_command(app))]
    return "".join(parts) + _TAIL


def _commands(command: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    children = getattr(command, "commands", None)
    if children is None:
        yield name, command
        return
    for word, child in children.items():
        yield from _commands(child, f"{name} {word}".strip())


def _section(name: str, command: Any) -> str:
    words = [param.name.upper() for param in command.params if param.param_type_name == "argument"]
    lines = [f".SS {name} {_text(' '.join(words))}".rstrip(), _text(inspect.cleandoc(command.help or ""))]
    for param in command.params:
        if param.param_type_name == "option" and not param.hidden:
            names = ", ".join([*param.opts, *param.secondary_opts])
            lines += [".TP", f"\\fB{_text(names)}\\fR", _text(param.help or "")]
    return "\n".join(line for line in lines if line) + "\n"


def _text(text: str) -> str:
    """Text with what roff would take for its own made plain."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    lines = (line.strip() for line in plain.splitlines() if line.strip())
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in lines)


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(page(sys.argv[1]), encoding="utf-8")
