"""A grid of networks to compare: what all of them share, what varies, and how often each is repeated.

The same description as a file, TOML or JSON::

    title = "Two decoders, two losses"
    repeats = 3

    [settings]
    epochs = 20
    "input.size" = 128

    [vary]
    decoder = ["n_deconet", "fpn"]
    loss = ["dice", "dicece"]

    [[leave_out]]
    decoder = "fpn"
    loss = "dice"
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import Field, JsonValue, ValidationError, model_validator

from brainstem_app.errors import InputError
from brainstem_app.plain_name import PlainName
from brainstem_app.small_files import parse_json, parse_toml, read_text
from brainstem_app.study.record import Record
from brainstem_app.validation import input_error

Settings = dict[str, JsonValue]
G = TypeVar("G", bound="Grid")
#: Months of a large cluster; each is planned before the first begins.
MOST_TRAININGS = 10_000
_FIX = "docs/how-to/compare-networks.md shows how such a file looks."


class Grid(Record):
    """``grid.json``: every combination of the values that vary, each repeated with other seeds.

    Attributes
    ----------
    name : str
        Name of the grid, a plain file name.
    title : str
        What the report is called.
    repeats : int
        How often each combination is trained; they differ by seed alone.
    folds : int or None
        Each of these is trained so many times, on other people, so that everybody is tested once; None for
        the split of the study.
    settings : dict
        Settings of a training run that all cells share, by name; a dot leads into a setting that has parts
        (``input.size``). What is not named is the default of `train`.
    vary : dict
        For each setting that varies, its values.
    leave_out : tuple of dict
        Combinations that are not trained: a cell goes if it has the value, or one of the values, of every
        setting named in one of them.
    """

    schema_name: Literal["brainstem-grid/1"] = Field("brainstem-grid/1", alias="schema")
    name: PlainName
    title: str = ""
    repeats: Annotated[int, Field(ge=1)] = 5
    folds: Annotated[int | None, Field(ge=2)] = None
    settings: Settings = Field(default_factory=dict)
    vary: dict[str, tuple[JsonValue, ...]]
    leave_out: tuple[Settings, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        trained = math.prod(map(len, self.vary.values())) * self.repeats * (self.folds or 1)
        if trained > MOST_TRAININGS:
            raise ValueError(f"it asks for {trained:,} trainings; {MOST_TRAININGS:,} are possible")
        for name, values in self.vary.items():
            if not values:
                raise ValueError(f"{name} varies over no value")
            if len({json.dumps(value, sort_keys=True) for value in values}) < len(values):
                raise ValueError(f"{name} has a value twice")
            if name in self.settings:
                raise ValueError(f"{name} is both a common setting and one that varies")
        if "seed" in self.vary:
            raise ValueError("the seed varies by itself, with the repeats")
        if not self.variants():
            raise ValueError("every combination is left out")
        return self

    def variants(self) -> tuple[Settings, ...]:
        """Return the combinations of the values that vary, in the order given, without those left out."""
        combined = (dict(zip(self.vary, values, strict=True)) for values in product(*self.vary.values()))
        return tuple(found for found in combined if not any(_matches(found, rule) for rule in self.leave_out))

    def with_settings(
        self,
        settings: Mapping[str, JsonValue],
        repeats: int | None = None,
        name: str | None = None,
        folds: int | None = None,
    ) -> Self:
        """Return the grid with other settings, repeats, name or folds; InputError if that does not fit."""
        given = {"repeats": repeats, "name": name, "folds": folds}
        changes = {key: value for key, value in given.items() if value is not None}
        content = {**self.model_dump(by_alias=True), "settings": {**self.settings, **settings}, **changes}
        return _validated(type(self), content, None)


def read_grid(path: Path) -> Grid:
    """Read a grid from a TOML or JSON file; its name is the file's unless it says one.

    Raises
    ------
    InputError
        If the file cannot be read or does not describe a grid.
    """
    try:
        text = read_text(path)
        content = parse_json(text) if path.suffix.lower() == ".json" else parse_toml(text)
    except OSError as error:
        raise InputError(
            f"The grid cannot be read: {error.strerror}.", path, "Name a grid, or a file that exists."
        ) from error
    except ValueError as error:
        raise InputError(f"The grid is neither TOML nor JSON: {error}.", path, _FIX) from error
    if not isinstance(content, dict):
        raise InputError("The file holds no grid.", path, _FIX)
    return _validated(Grid, {"name": re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem), **content}, path)


def _validated(kind: type[G], content: dict[str, object], path: Path | None) -> G:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        problem = input_error(error, kind, path, _FIX)
        raise InputError(f"The grid does not fit: {problem.what}", path, problem.fix) from error


def _matches(variant: Settings, rule: Settings) -> bool:
    return all(
        variant.get(name) in value if isinstance(value, list) else variant.get(name) == value
        for name, value in rule.items()
    )
