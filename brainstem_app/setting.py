"""What is known of a setting, read from the field of a pydantic model: the one place that says it.

A field says it with `setting`, or, where this package may not be imported, with pydantic's own words: `title`
is the label, `description` the help, and `json_schema_extra` holds the rest under the names of `setting`'s
parameters. Command line, form, configuration file, reference page and repeat-this-run line are made from what
is found here.
"""

from __future__ import annotations

import types
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any, Literal, TypedDict, Union, Unpack, get_args, get_origin

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

_LIMITS = ("ge", "gt", "le", "lt", "multiple_of")


class SettingKind(Enum):
    """What a setting holds, which decides the control that edits it and how it is written."""

    SWITCH = auto()
    CHOICE = auto()
    WHOLE = auto()
    NUMBER = auto()
    NUMBERS = auto()
    LINES = auto()
    PATH = auto()
    PATHS = auto()
    TEXT = auto()


@dataclass(frozen=True)
class Setting:
    """One setting of a model.

    Attributes
    ----------
    name : str
        Of the field; a dot leads into a field that is a model itself (``input.size``).
    kind : SettingKind
        What it holds.
    label, help, unit : str
        What people call it, one sentence on it, and the unit of its number.
    default : Any
        None where there is none.
    required : bool
        Whether it has to be given.
    optional : bool
        Whether it may be nothing.
    limits : mapping of str to float
        Of a number: ``ge``, ``gt``, ``le``, ``lt``, ``multiple_of``.
    choices : tuple of str
        What it may be, where that is a list; `names` has what people call these.
    advanced : bool
        Whether few need it: a form folds it away.
    empty : str
        What it means to leave it empty, or, of a switch in a form, what it does when it is on.
    option : str
        How the command line calls it, ``--batch-size``; of a switch perhaps also how it is turned off.
    argument : str
        What the command line calls it where it is an argument and no option, e.g. ``STUDY``.
    metavar, on_line : str
        What the command line shows for its value, and what it says besides the help.
    separator : str
        What lies between its values on the command line; empty if the option is given again for each.
    always : bool
        Whether a line that repeats a job says it even if it is the default.
    pairs, by_name : bool
        Of one that is a model itself: whether the command line takes its settings as ``KEY=VALUE``, or the
        name or file of the whole.
    """

    name: str
    kind: SettingKind
    label: str
    help: str = ""
    unit: str = ""
    default: Any = None
    required: bool = False
    optional: bool = False
    limits: Mapping[str, float] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    advanced: bool = False
    empty: str = ""
    option: str = ""
    argument: str = ""
    metavar: str = ""
    on_line: str = ""
    separator: str = ""
    always: bool = False
    pairs: bool = False
    by_name: bool = False

    @property
    def minimum(self) -> float | None:
        """Lowest number it may be, or that it must be above."""
        return self.limits.get("ge", self.limits.get("gt"))

    @property
    def maximum(self) -> float | None:
        """Highest number it may be, or that it must be below."""
        return self.limits.get("le", self.limits.get("lt"))

    @property
    def is_repeated(self) -> bool:
        """Whether it holds several values that the command line takes one by one."""
        several = self.kind in {SettingKind.LINES, SettingKind.PATHS}
        return several and not self.separator


class Said(TypedDict, total=False):
    """What `setting` takes besides label and help: as `Setting` has them, and pydantic's limits."""

    unit: str
    advanced: bool
    empty: str
    choices: Collection[str]
    names: Mapping[str, str]
    option: str
    argument: str
    metavar: str
    on_line: str
    separator: str
    always: bool
    pairs: bool
    by_name: bool
    ge: float
    gt: float
    le: float
    lt: float
    min_length: int


def setting(label: str, help: str = "", **said: Unpack[Said]) -> Any:
    """Describe a field of a model, as ``Annotated[int, setting("Batch", "Slices a step.", ge=1)]``."""
    told: dict[str, Any] = dict(said)
    limits = {name: told.pop(name) for name in (*_LIMITS, "min_length") if name in told}
    told |= {name: plain(told[name]) for name, plain in (("choices", list), ("names", dict)) if name in told}
    return Field(title=label, description=help or None, json_schema_extra=told, **limits)


def settings_of(
    model: type[BaseModel], leave_out: Collection[str] = (), prefix: str = "", *, as_options: bool = False
) -> tuple[Setting, ...]:
    """List the settings of a model, in its order; those of a field that is a model itself stand in its place.

    Parameters
    ----------
    leave_out : collection of str
        Dotted names that are not wanted.
    as_options : bool
        Whether a model that the command line takes as a whole is one setting.
    """
    found: list[Setting] = []
    for name, info in model.model_fields.items():
        full = f"{prefix}{name}"
        if full in leave_out or _is_constant(info):
            continue
        inner = _inner_model(info)
        is_whole = _said(info).keys() & {"pairs", "by_name"}
        if inner is None or (as_options and is_whole):
            found.append(_setting(full, info))
        else:
            found += settings_of(inner, leave_out, f"{full}.", as_options=as_options)
    return tuple(found)


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn dotted names into parts: ``{"input.size": 64}`` gives ``{"input": {"size": 64}}``."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        *parents, last = name.split(".")
        place = result
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return result


def flattened(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Turn parts into dotted names; the reverse of `nested`."""
    result: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            result |= flattened(value, f"{prefix}{name}.")
        else:
            result[f"{prefix}{name}"] = value
    return result


def _setting(name: str, info: FieldInfo) -> Setting:
    kind, optional, choices = _kind(info.annotation)
    word = name.rsplit(".", 1)[-1].replace("_", " ")
    # What nobody has found words for is nothing that many need.
    said: dict[str, Any] = {
        "advanced": info.title is None,
        "option": _option(name, kind, info.default),
    } | _said(info)
    choices = tuple(said.pop("choices", choices))
    return Setting(
        name=name,
        kind=SettingKind.CHOICE if choices else kind,
        label=info.title or word[:1].upper() + word[1:],
        help=info.description or "",
        default=None if info.is_required() else info.get_default(call_default_factory=True),
        required=info.is_required(),
        optional=optional,
        limits={
            key: getattr(item, key)
            for item in info.metadata
            for key in _LIMITS
            if getattr(item, key, None) is not None
        },
        choices=choices,
        **{key: value for key, value in said.items() if key in Said.__annotations__},
    )


def _option(name: str, kind: SettingKind, default: Any) -> str:
    word = name.rpartition(".")[2].replace("_", "-")
    return f"--{word}/--no-{word}" if kind is SettingKind.SWITCH and default is True else f"--{word}"


def _said(info: FieldInfo) -> dict[str, Any]:
    extra = info.json_schema_extra
    return dict(extra) if isinstance(extra, dict) else {}


def _kind(annotation: Any) -> tuple[SettingKind, bool, tuple[str, ...]]:
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [part for part in get_args(annotation) if part is not type(None)]
        kind, _, choices = _kind(kinds[0])
        return kind, True, choices
    if hasattr(annotation, "__metadata__"):
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return SettingKind.CHOICE, False, tuple(str(choice) for choice in get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return SettingKind.CHOICE, False, tuple(str(choice.value) for choice in annotation)
    if get_origin(annotation) is tuple:
        several = {int: SettingKind.NUMBERS, Path: SettingKind.PATHS}
        return several.get(get_args(annotation)[0], SettingKind.LINES), False, ()
    kinds_of = {
        bool: SettingKind.SWITCH,
        int: SettingKind.WHOLE,
        float: SettingKind.NUMBER,
        Path: SettingKind.PATH,
    }
    return kinds_of.get(annotation, SettingKind.TEXT), False, ()


def _inner_model(info: FieldInfo) -> type[BaseModel] | None:
    annotation = info.annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _is_constant(info: FieldInfo) -> bool:
    """Whether a field can have one value only, as a job's kind and version."""
    return (
        get_origin(info.annotation) is Literal
        and len(get_args(info.annotation)) == 1
        and info.default is not PydanticUndefined
    )
