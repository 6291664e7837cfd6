"""Options of the command line made from the settings of a job, and jobs made from the options given."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from inspect import Parameter, Signature
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel

from brainstem_app.setting import Setting, SettingKind, nested, settings_of
from brainstem_app.validation import option_of, validated

M = TypeVar("M", bound=BaseModel)
Values = Mapping[str, Any]
# Numbers are read by the job: only so are they refused in the same words as those of a file.
_TYPES = {SettingKind.SWITCH: bool, SettingKind.PATH: Path, SettingKind.PATHS: Path}
_METAVARS = {
    SettingKind.WHOLE: "<int>",
    SettingKind.NUMBER: "<float>",
    SettingKind.PATH: "<path>",
    SettingKind.PATHS: "<path>",
}
#: Of more choices than these the help does not list all.
_MOST_CHOICES = 6
_LIMITS = {"ge": "x>={:g}", "gt": "x>{:g}", "le": "x<={:g}", "lt": "x<{:g}"}


def typed_path(text: str) -> Path:
    """Read a path that was typed; an empty one is no folder, and least of all the one that one is in."""
    if not text:
        raise typer.BadParameter("It is empty: is a variable of the shell not set?")
    return Path(text)


class JobOptions:
    """The options of the settings of one kind of job.

    What is typed is checked by the job alone, so that a setting is refused in the same words wherever it
    comes from.

    Parameters
    ----------
    kind : type of BaseModel
        The job.
    only : collection of str
        Dotted names of the settings that the command takes, if not all.
    optional : bool
        Whether all may be missing, as where a command does more than this job.
    default_of : str
        Whose values come before the defaults, e.g. ``"the grid"``.
    """

    def __init__(
        self,
        kind: type[M],
        *,
        only: Collection[str] = (),
        optional: bool = False,
        default_of: str = "",
    ) -> None:
        self.kind = kind
        self._settings = {
            one.name.replace(".", "_"): one
            for one in settings_of(kind, as_options=True)
            if not only or one.name in only
        }
        self._optional = optional
        self._default_of = default_of

    def parameters(self) -> list[Parameter]:
        """Parameters of a function of typer, one a setting."""
        return [self._parameter(name, one) for name, one in self._settings.items()]

    def given(self, values: Values) -> dict[str, Any]:
        """Return the settings that were given, by dotted name."""
        found = {one.name: values.get(name) for name, one in self._settings.items()}
        return {
            name: self._split(name, value)
            for name, value in found.items()
            if value is not None and value != []
        }

    def option_of(self, name: str) -> str:
        """Return what the command line calls a setting, or a part of it."""
        for one in self._settings.values():
            if name == one.name or name.startswith(f"{one.name}."):
                called = one.argument or one.option.partition("/")[0]
                return f"{called} {name[len(one.name) + 1 :]}".rstrip() if one.pairs else called
        return option_of(name)

    def make(self, given: Values) -> Any:
        """Make the job of settings by dotted name; InputError, naming the option, if one does not fit."""
        return validated(self.kind, nested(given), None, "Give another value.", self.option_of)

    def _split(self, name: str, value: Any) -> Any:
        one = next(s for s in self._settings.values() if s.name == name)
        if one.separator and isinstance(value, str):
            return tuple(part.strip() for part in value.split(one.separator) if part.strip())
        return tuple(value) if isinstance(value, list) else value

    def _parameter(self, name: str, one: Setting) -> Parameter:
        kind: Any = _TYPES.get(one.kind, str)
        if one.is_repeated or one.pairs:
            kind = list[kind]
        required = one.required and not self._optional
        words = help_of(one, self._default_of)
        parser = typed_path if _TYPES.get(one.kind) is Path else None
        if one.argument:
            told: Any = typer.Argument(metavar=one.argument, help=words, show_default=False, parser=parser)
        else:
            metavar = None if one.kind is SettingKind.SWITCH else one.metavar or _metavar(one)
            told = typer.Option(one.option, metavar=metavar, help=words, show_default=False, parser=parser)
        return Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            annotation=Annotated[kind if required else kind | None, told],
            default=Parameter.empty if required else None,
        )


def help_of(one: Setting, default_of: str = "") -> str:
    """Write what the command line says of a setting: its sentence, its default, what a number may be."""
    defaults = [f"{default_of}'s" if default_of else "", _default(one)]
    known = [f"default: {', else '.join(filter(None, defaults))}"] if any(defaults) else []
    known += [_LIMITS[limit].format(value) for limit, value in one.limits.items() if limit in _LIMITS]
    again = "May be given again." if _is_given_again(one) else ""
    words = [one.help, one.unit and f"In {one.unit}.", one.on_line, again]
    return " ".join(filter(None, [*words, f"[{'; '.join(known)}]" if known else ""]))


def command_of(
    run: Callable[[dict[str, Any]], None], name: str, words: str, parameters: Collection[Parameter]
) -> Callable[..., None]:
    """Make the function that typer wants of a command: a parameter an option, its docstring the help."""

    def command(**values: Any) -> None:
        run(values)

    command.__name__ = name.replace(" ", "_")
    command.__doc__ = words
    command.__annotations__ = {}
    command.__signature__ = Signature(list(parameters))  # type: ignore[attr-defined]
    return command


def _is_given_again(one: Setting) -> bool:
    return not one.argument and (one.is_repeated or one.pairs)


def _metavar(one: Setting) -> str:
    if one.choices and len(one.choices) <= _MOST_CHOICES:
        return f"<{'|'.join(one.choices)}>"
    return _METAVARS.get(one.kind, "<text>")


def _default(one: Setting) -> str:
    """Words for what holds where nothing is given."""
    if one.kind is SettingKind.SWITCH:
        return "on" if one.default else ""
    if one.required or isinstance(one.default, BaseModel):
        return ""
    if one.default in (None, "", (), Path()):
        return one.empty
    return ",".join(map(str, one.default)) if isinstance(one.default, tuple) else str(one.default)
