"""What a form knows of one setting, read from the field of a pydantic model."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined


class FieldKind(Enum):
    """Which control edits a setting."""

    SWITCH = auto()
    CHOICE = auto()
    WHOLE = auto()
    NUMBER = auto()
    NUMBERS = auto()
    LINES = auto()
    PATH = auto()
    TEXT = auto()


@dataclass(frozen=True)
class FieldWords:
    """What the form says of a setting: label, one line of explanation, words for its choices.

    `advanced` settings are folded away; `choices` gives those of a field whose type does not name them.
    """

    label: str
    hint: str = ""
    advanced: bool = False
    choices: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    placeholder: str = ""


@dataclass(frozen=True)
class FieldSpec:
    """One setting of a form.

    Attributes
    ----------
    name : str
        Of the field; a dot leads into a field that is a model itself (``input.size``).
    default : Any
        None where there is none.
    optional : bool
        Whether it may be left empty.
    minimum, maximum, step : float or None
        Limits of a number.
    """

    name: str
    kind: FieldKind
    words: FieldWords
    default: Any
    optional: bool = False
    minimum: float | None = None
    maximum: float | None = None
    step: float | None = None
    choices: tuple[str, ...] = ()


def specs_of(
    model: type[BaseModel], words: Mapping[str, FieldWords], leave_out: frozenset[str], prefix: str = ""
) -> tuple[FieldSpec, ...]:
    """List the settings of a model: those with words in the words' order, then the rest as advanced ones.

    Parameters
    ----------
    words : mapping of str to FieldWords
        By dotted name. A field without words is shown under its own name with its description.
    leave_out : frozenset of str
        Fields that the form does not show.
    """
    found: dict[str, FieldSpec] = {}
    for name, info in model.model_fields.items():
        full = f"{prefix}{name}"
        if full in leave_out or _is_constant(info):
            continue
        inner = _inner_model(info)
        if inner is not None:
            found |= {spec.name: spec for spec in specs_of(inner, words, leave_out, f"{full}.")}
            continue
        found[full] = _spec(full, info, words.get(full) or _own_words(full, info))
    order = {name: place for place, name in enumerate(words)}
    return tuple(sorted(found.values(), key=lambda spec: order.get(spec.name, len(order))))


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


def _spec(name: str, info: FieldInfo, words: FieldWords) -> FieldSpec:
    kind, optional, choices = _kind(info.annotation)
    choices = words.choices or choices
    limits = {key: value for item in info.metadata for key, value in vars_of(item).items()}
    return FieldSpec(
        name=name,
        kind=FieldKind.CHOICE if choices else kind,
        words=words,
        default=None if info.is_required() else info.get_default(call_default_factory=True),
        optional=optional,
        minimum=limits.get("ge", limits.get("gt")),
        maximum=limits.get("le", limits.get("lt")),
        step=limits.get("multiple_of"),
        choices=choices,
    )


def vars_of(item: object) -> dict[str, float]:
    """Limits that one piece of a field's metadata sets."""
    names = ("ge", "gt", "le", "lt", "multiple_of")
    return {name: getattr(item, name) for name in names if getattr(item, name, None) is not None}


def _kind(annotation: Any) -> tuple[FieldKind, bool, tuple[str, ...]]:
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [part for part in get_args(annotation) if part is not type(None)]
        kind, _, choices = _kind(kinds[0])
        return kind, True, choices
    if hasattr(annotation, "__metadata__"):
        return _kind(get_args(annotation)[0])
    if get_origin(annotation) is Literal:
        return FieldKind.CHOICE, False, tuple(str(choice) for choice in get_args(annotation))
    if get_origin(annotation) is tuple:
        is_numbers = get_args(annotation)[0] is int
        return (FieldKind.NUMBERS if is_numbers else FieldKind.LINES), False, ()
    kinds_of = {
        bool: FieldKind.SWITCH,
        int: FieldKind.WHOLE,
        float: FieldKind.NUMBER,
        Path: FieldKind.PATH,
    }
    return kinds_of.get(annotation, FieldKind.TEXT), False, ()


def _own_words(name: str, info: FieldInfo) -> FieldWords:
    label = name.rsplit(".", 1)[-1].replace("_", " ")
    return FieldWords(label[:1].upper() + label[1:], info.description or "", advanced=True)


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
