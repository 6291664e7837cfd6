"""What is wrong with given settings, in plain words: the one place where pydantic's errors become ours."""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from brainstem_app.errors import InputError

M = TypeVar("M", bound=BaseModel)
Schema = dict[str, Any]
_LONGEST_VALUE = 60
#: What the names of pydantic's errors begin with, and the type of JSON schema that they ask for.
_TYPES = (("int", "integer"), ("float", "number"), ("greater", "number"), ("less", "number"))


@dataclass(frozen=True)
class Misfit:
    """One setting that cannot be as given.

    Attributes
    ----------
    name : str
        The setting, dots between its parts (``input.size``); empty where it is about all of them.
    what : str
        What is wrong with it, a sentence that names the setting and what it may be.
    fix : str
        What to do; empty if the sentence says it.
    """

    name: str
    what: str
    fix: str = ""


def option_of(name: str) -> str:
    """Name a setting as the command line does: ``--size`` for ``input.size``."""
    return "--" + name.rpartition(".")[2].replace("_", "-")


def validated(
    kind: type[M],
    content: object,
    where: Path | str | None = None,
    fix: str = "Correct it.",
    name_of: Callable[[str], str] = str,
) -> M:
    """Make a model of what was given.

    Parameters
    ----------
    kind : type of BaseModel
        What is to be made.
    content : object
        The settings.
    where : Path, str or None
        The file, option or form they come from.
    fix : str
        What to do where the sentence alone does not say it.
    name_of : callable
        How a setting is called where it was given, e.g. `option_of`.

    Raises
    ------
    InputError
        If a setting is missing, unknown, of the wrong type or out of range; it names the setting, what it is
        and what it may be.
    """
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise input_error(error, kind, where, fix, name_of) from error


def input_error(
    error: ValidationError,
    kind: type[BaseModel] | TypeAdapter[Any],
    where: Path | str | None = None,
    fix: str = "Correct it.",
    name_of: Callable[[str], str] = str,
) -> InputError:
    """Turn pydantic's error on a model or adapter into one of ours; see `validated`."""
    first = misfits(error, kind, name_of)[0]
    return InputError(first.what, where, first.fix or fix)


def misfits(
    error: ValidationError,
    kind: type[BaseModel] | TypeAdapter[Any] | None = None,
    name_of: Callable[[str], str] = str,
) -> tuple[Misfit, ...]:
    """Say of each setting that does not fit what is wrong with it; without its kind, in pydantic's range."""
    schema: Schema = {}
    if kind is not None:
        schema = kind.json_schema() if isinstance(kind, TypeAdapter) else kind.model_json_schema()
    return tuple(_misfit(problem, schema, name_of) for problem in error.errors(include_url=False))


def _misfit(problem: Any, schema: Schema, name_of: Callable[[str], str]) -> Misfit:
    parts, node, around = _follow(schema, problem["loc"])
    name = ".".join(parts)
    called, context = (name_of(name) if name else ""), problem.get("ctx", {})
    match problem["type"]:
        case "missing":
            return Misfit(name, f"{called} is not given.", f"Give {_demand(node, schema)}.")
        case "extra_forbidden":
            return Misfit(name, f"There is no setting {called}.", _offer(parts[-1], around))
        case "union_tag_invalid" | "union_tag_not_found":
            key = context["discriminator"].strip("'")
            told = f"{key} is “{context['tag']}”" if "tag" in context else f"{key} is not given"
            expected = context.get("expected_tags", "").replace("'", "")
            return Misfit(key, f"{told}.", f"Give one of {expected}." if expected else "")
        case "json_invalid":
            return Misfit("", f"It is no JSON: {context['error']}.")
        case "value_error":
            return _own_words(name, called, context["error"])
    return Misfit(name, must_be(called, problem, node, schema))


def must_be(called: str, problem: Any, node: Schema, schema: Schema | None = None) -> str:
    """Write what one setting is and must be, as in “--alpha is 5; it must be a number from 0 to 1”.

    Parameters
    ----------
    called : str
        What the setting is called where it was given.
    problem : dict
        One of a `ValidationError.errors()`.
    node : dict
        JSON schema of the setting, or of its range alone.
    schema : dict, optional
        The schema that references in it lead to.
    """
    told = f"{called} is {_shown(problem['input'])}; it" if called else "What was given"
    told_type = next((kind for start, kind in _TYPES if problem["type"].startswith(start)), "")
    if not node and problem["type"].startswith(("greater", "less")):
        told_type = ""
    if problem["type"] == "finite_number":
        demand = f"a finite number{_range(node)}"
    elif problem["type"] in {"model_type", "model_attributes_type", "dict_type"}:
        demand = "a group of settings"
    else:
        demand = _demand({"type": told_type, **node}, schema or {})
    if not demand and problem["type"] == "value_error":
        return f"{called}: {problem['ctx']['error']}".rstrip(".") + "."
    return f"{told} must be {demand or problem['msg'].removeprefix('Input should be ')}."


def _own_words(name: str, called: str, error: Exception) -> Misfit:
    """Keep the words of a check of ours; an error with a remedy brings that along."""
    what = str(getattr(error, "what", error)).rstrip(".")
    return Misfit(name, f"{called}: {what}." if called else f"{what}.", str(getattr(error, "fix", "")))


def _follow(schema: Schema, place: Iterable[str | int]) -> tuple[list[str], Schema, Schema]:
    """Names of the settings on the way to a place, the schema there, and that around it."""
    names: list[str] = []
    node, around = _plain(schema, schema), schema
    for part in place:
        if "discriminator" in node:
            # The tag of a union: it says of which kind what follows is, and is no setting.
            node = _plain({"$ref": node["discriminator"]["mapping"].get(part, "")}, schema)
            continue
        around = node
        names.append(str(part))
        node = _plain(_below(node, part), schema)
    return names, node, around


def _below(node: Schema, part: str | int) -> Schema:
    if isinstance(part, int):
        items = node.get("items")
        return items if isinstance(items, dict) else {}
    inner = node.get("properties", {}).get(part, node.get("additionalProperties"))
    return inner if isinstance(inner, dict) else {}


def _plain(node: Schema, schema: Schema) -> Schema:
    """Follow a reference, and leave out that a setting may be nothing."""
    if "$ref" in node:
        found: Schema = schema.get("$defs", {}).get(node["$ref"].rpartition("/")[2], {})
        return found
    kinds = [kind for kind in node.get("anyOf", ()) if kind.get("type") != "null"]
    return _plain(kinds[0], schema) if len(kinds) == 1 else node


def _demand(node: Schema, schema: Schema) -> str:
    """Say what a value must be: “a whole number of at least 1”; empty if the schema does not tell."""
    if "const" in node:
        return _shown(node["const"])
    if "enum" in node:
        return f"one of {', '.join(map(str, node['enum']))}"
    match node.get("type"):
        case "integer":
            return f"a whole number{_range(node)}"
        case "number":
            return f"a number{_range(node)}"
        case "string":
            return "a path" if node.get("format") == "path" else "text"
        case "boolean":
            return "true or false"
        case "array":
            inner = _demand(_plain(node.get("items") or {}, schema), schema)
            size = f" of at least {node['minItems']}" if "minItems" in node else ""
            return f"a list{size}, each {inner}" if inner else f"a list{size}"
        case "object":
            return "a group of settings"
    return ""


def _range(node: Schema) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    words = []
    if low is not None and high is not None:
        words.append(f" from {low:g} to {high:g}")
    else:
        limits = ((low, "of at least"), (above, "above"), (high, "of at most"), (below, "below"))
        found = [f" {word} {limit:g}" for limit, word in limits if limit is not None]
        words.append(" and".join(found))
    if "multipleOf" in node:
        words.append(f", a multiple of {node['multipleOf']:g}")
    return "".join(words)


def _offer(name: str, around: Schema) -> str:
    known = sorted(around.get("properties", {}))
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    if near:
        return f"Nearest: {', '.join(near)}."
    return f"There are: {', '.join(known)}." if known else ""


def _shown(value: object) -> str:
    """Write a value down in few letters."""
    if isinstance(value, str | Path):
        text = f"“{value}”"
    elif isinstance(value, dict):
        text = "a group of settings"
    elif isinstance(value, list | tuple):
        text = f"a list of {len(value)}"
    else:
        text = "nothing" if value is None else json.dumps(value, default=str)
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 1] + "…"
