"""What all jobs have in common, and the command line that does the same as a job."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, model_validator

from brainstem_app.setting import Setting, SettingKind, settings_of

DEFAULT_MODEL = "brainstem31"
DEFAULT_ATLAS = "brainstem31"
ExecutorName = Literal["local", "slurm"]


class UnclearJobError(ValueError):
    """Settings of a job that contradict each other, or leave open what is to be done.

    Parameters
    ----------
    what, fix : str
        As for errors that the user reads.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.what, self.fix = what, fix


class JobModel(BaseModel):
    """A job. Its docstring is what the command line says of it, its fields are its settings.

    Attributes
    ----------
    command : str
        Command that does it, ``"atlas import"``; empty if the command line has none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    command: ClassVar[str] = ""
    version: Literal[1] = 1

    @model_validator(mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, content: Any) -> Any:
        """Pass true and false on as words where a number is due: pydantic would take them for 1 and 0."""
        if not isinstance(content, dict):
            return content
        switches = {name for name, field in cls.model_fields.items() if field.annotation is bool}
        return {
            name: str(value).lower() if isinstance(value, bool) and name not in switches else value
            for name, value in content.items()
        }

    def command_line(self, instead: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """Words of the command line that does the same as this job; settings at their defaults are left out.

        Parameters
        ----------
        instead : mapping of str to Any, optional
            Other values of some settings by their dotted names, e.g. what a report may show of a folder.
        """
        arguments: list[str] = []
        options: list[str] = []
        for one in settings_of(type(self), as_options=True):
            value = (instead or {}).get(one.name, _value_of(self, one.name))
            if one.argument:
                several = value if isinstance(value, tuple) else (value,)
                arguments += [str(part) for part in several if part is not None]
            elif one.always or value != one.default:
                options += _words(one, value)
        return ("brainstem-app", *self.command.split(), *arguments, *options)


def shareable(path: Path) -> str:
    """Name of a file or folder for a command line that others may see: not where it lies."""
    return path.name or str(path)


def _value_of(job: BaseModel, name: str) -> Any:
    value: Any = job
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _words(one: Setting, value: Any) -> list[str]:
    """Words that give one setting on the command line."""
    option, _, off = one.option.partition("/")
    if value is None:
        return []
    if one.kind is SettingKind.SWITCH:
        word = option if value else off
        return [word] if word else []
    if isinstance(value, BaseModel):
        return _pairs(option, value) if one.pairs else [option, str(value.model_dump().get("name"))]
    if isinstance(value, tuple):
        if one.is_repeated:
            return [f"{option}={part}" for part in value]
        value = (one.separator or ",").join(map(str, value))
    text = str(value)
    return [f"{option}={text}"] if text.startswith("-") else [option, text]


def _pairs(option: str, model: BaseModel) -> list[str]:
    """``--slurm KEY=VALUE`` for each setting of a model that is not the default."""
    words: list[str] = []
    for one in settings_of(type(model)):
        value = getattr(model, one.name)
        if value != one.default:
            several = value if isinstance(value, tuple) else (value,)
            words += [word for part in several for word in (option, f"{one.name}={part}")]
    return words
