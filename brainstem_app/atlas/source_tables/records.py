"""Tables with named columns: CSV, TSV (as BIDS has it) and JSON."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from itertools import zip_longest
from typing import Any

from brainstem_app.atlas.source_tables.source_label import SourceLabel, hex_colour, whole_number
from brainstem_app.small_files import parse_json

_NUMBER = (
    "index",
    "value",
    "number",
    "id",
    "label_id",
    "label_value",
    "labelvalue",
    "label",
    "labels",
    "roi",
    "key",
)
_NAME = ("name", "abbreviation", "label_name", "structure", "region", "nucleus", "label")
_REGION = "region"
_ABBREVIATION = "abbreviation"
_FULL_NAME = ("full_name", "fullname", "long_name")
_NONE = {"", "n/a", "na", "none", "unknown", "-"}
_COLOUR = ("color", "colour", "hex")
_RGB = (("r", "g", "b"), ("red", "green", "blue"), ("color_r", "color_g", "color_b"))


def read_delimited(text: str) -> list[SourceLabel]:
    """Read CSV or TSV with a header line, or two columns without one; ValueError if it does not fit."""
    first = text.lstrip("\ufeff").splitlines()[0] if text.strip() else ""
    delimiter = max("\t;,", key=first.count)
    lines = csv.reader(text.lstrip("\ufeff").splitlines(), delimiter=delimiter)
    rows = [row for row in lines if any(cell.strip() for cell in row)]
    if rows and whole_number(rows[0][0]) is not None:
        return [_of_two(row) for row in rows]
    header = rows[0] if rows else []
    return _from_records(dict(zip_longest(header, row[: len(header)], fillvalue="")) for row in rows[1:])


def _of_two(row: list[str]) -> SourceLabel:
    number = whole_number(row[0])
    if number is None:
        raise ValueError(f"{row} is no number and a name")
    return SourceLabel(number, row[1].strip() if len(row) > 1 else "")


def read_json(text: str) -> list[SourceLabel]:
    """Read JSON: ``{"450": "PAG"}``, ``{"PAG": 450}``, a list of objects, or lists by column.

    Lists by column are ``{"labels": [names by number], "R": […], "G": […], "B": […]}``, as the Allen Human
    Reference Atlas has them. ValueError if it is none of these.
    """
    values: Any = parse_json(text)
    if isinstance(values, list) and all(isinstance(row, dict) for row in values):
        return _from_records(values)
    if not isinstance(values, dict):
        raise ValueError("a JSON table is an object, or a list of objects")  # noqa: TRY004 - one type for all
    names = values.get("labels", values.get("names"))
    if isinstance(names, list):
        if names and isinstance(names[0], dict):
            return _from_records(names)
        colours = _columns_of_colour(values, len(names))
        return [SourceLabel(k, str(name), colours[k]) for k, name in enumerate(names)]
    return [_pair(key, value) for key, value in values.items()]


def _pair(key: str, value: Any) -> SourceLabel:
    number = whole_number(key)
    if number is not None and isinstance(value, str):
        return SourceLabel(number, value)
    if number is not None and isinstance(value, dict):
        return _from_records([{**value, "index": key}])[0]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (number := whole_number(str(value))) is not None:
        return SourceLabel(number, key)
    raise ValueError(f"{key!r} stands for {value!r}; a number and a name belong together")


def _columns_of_colour(values: Mapping[str, Any], n: int) -> list[str]:
    columns = [values.get(letter) for letter in "RGB"]
    if not all(isinstance(column, list) and len(column) == n for column in columns):
        return [""] * n
    return [hex_colour(rgb) for rgb in zip(*columns, strict=True)]


def _from_records(records: Iterable[Mapping[str, Any]]) -> list[SourceLabel]:
    labels = []
    for record in records:
        row = {
            str(key).strip().lower().replace(" ", "_"): str(value).strip()
            for key, value in record.items()
            if value is not None
        }
        numbers = (whole_number(row.get(key, "")) for key in _NUMBER)
        number = next((n for n in numbers if n is not None), None)
        columns = [key for key in _NAME if key in row and whole_number(row[key]) is None]
        if len(columns) > 1 and _REGION in columns:
            columns.remove(_REGION)
        named = next((key for key in columns if row[key]), None)
        if number is None and named is not None and any(key in row for key in _NUMBER if key != named):
            raise ValueError(f"“{row[named]}” has no number")
        if number is None or not columns:
            raise ValueError(f"{dict(record)} has no column of numbers (index) and one of names (name)")
        # Some tables call the structure itself a region.
        region = "" if named == _REGION or row.get(_REGION, "").lower() in _NONE else row[_REGION]
        full_name = next((row[key] for key in _FULL_NAME if row.get(key)), "")
        name = row[named] if named else ""
        short = row.get(_ABBREVIATION, "")
        short = "" if named == _ABBREVIATION or short.lower() in _NONE else short
        labels.append(SourceLabel(number, name, _colour(row), region, full_name, short))
    return labels


def _colour(row: Mapping[str, str]) -> str:
    for key in _COLOUR:
        if re.fullmatch(r"#?[0-9A-Fa-f]{6}", row.get(key, "")):
            return "#" + row[key].lstrip("#").lower()
    for keys in _RGB:
        if all(row.get(key, "").isdigit() for key in keys):
            return hex_colour([row[key] for key in keys])
    return ""
