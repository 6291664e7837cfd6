"""Wrong usage of the command line in the words of every other error: what, where, what to do."""

from __future__ import annotations

from typing import Any

import typer
from pydantic import ValidationError
from typer.exceptions import TyperException

from brainstem_app.errors import InputError
from brainstem_app.validation import must_be


def usage_error(error: TyperException) -> InputError:
    """Turn typer's error into one of ours, which says what the option is and what it may be."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "brainstem-app"
    see = f"See {command} --help."
    cause = error.__cause__
    if isinstance(error, typer.BadParameter) and isinstance(cause, ValidationError):
        option: Any = error.param
        problem = cause.errors(include_url=False)[0]
        name = max(option.opts, key=len) if option is not None else "An option"
        return InputError(must_be(name, problem, _limits(option)), None, see)
    return InputError(error.format_message().strip(), None, see)


def _limits(option: Any) -> dict[str, Any]:
    """Return type and range that an option declares, as a JSON schema does."""
    whole = getattr(getattr(option, "type_descriptor", None), "annotation", None) is int
    found = {
        "type": "integer" if whole else None,
        "minimum": getattr(option, "min", None),
        "maximum": getattr(option, "max", None),
    }
    return {name: value for name, value in found.items() if value is not None}
