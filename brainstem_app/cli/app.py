"""The typer application: every command, and what happens to errors."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from brainstem_app import __version__
from brainstem_app.cli import atlases, compare, diagnose, models, references, results, scans, studies
from brainstem_app.cli.options import add_other_commands
from brainstem_app.cli.show import say_failure
from brainstem_app.cli.unforeseen import say_nothing_more, say_unforeseen, write_any_text
from brainstem_app.cli.usage import usage_error
from brainstem_app.errors import BrainstemError, InputError

app = typer.Typer(
    name="brainstem-app",
    help="Segment the nuclei of the brainstem on T1-weighted MRI. Without a command: opens the window.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
scans.register(app)
studies.register(app)
compare.register(app)
add_other_commands(
    {"": app, "atlas": atlases.app, "models": models.app, "study": results.app, "reference": references.app}
)
app.add_typer(atlases.app, name="atlas")
app.add_typer(models.app, name="models")
app.add_typer(results.app, name="study")
app.add_typer(references.app, name="reference")
app.command("diagnose")(diagnose.diagnose)

_INTERRUPTED = 3


def command_names() -> frozenset[str]:
    """Names of the commands."""
    return frozenset(typer.main.get_group(app).commands)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"brainstem-app {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Segment the nuclei of the brainstem on T1-weighted MRI. Without a command: opens the window."""


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status: 0 done, 1 failed, 2 bad input, 3 cancelled."""
    given = sys.argv[1:] if arguments is None else arguments
    write_any_text()
    try:
        return _status(app(given, prog_name="brainstem-app", standalone_mode=False))
    except SystemExit as ended:
        return _status(ended.code)
    except BrainstemError as error:
        if "--debug" in given:
            raise
        say_failure(error)
        return error.exit_status
    except TyperException as error:
        return _say_usage(error)
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        return say_nothing_more()
    except Exception as error:
        if "--debug" in given:
            raise
        return say_unforeseen(error)


def _status(code: object) -> int:
    return code if isinstance(code, int) else int(code is not None)


def _say_usage(error: TyperException) -> int:
    """Say what is wrong with the words given; a group of commands alone shows its help instead."""
    context = getattr(error, "ctx", None)
    if context is not None and error.message == context.get_help():
        typer.echo(error.message, err=True)
    else:
        say_failure(usage_error(error))
    return InputError.exit_status
