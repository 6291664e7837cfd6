"""Numbers that a linear model takes from the columns of a table; what is doubtful in them is refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.imaging.text_table import has_decimal_commas, number_of
from brainstem_app.reports.cohort.ages import age_doubts, is_age
from brainstem_app.reports.cohort.cells import (
    advice,
    implausible,
    level_key,
    spelled_alike,
)
from brainstem_app.reports.cohort.participants import is_head_size

#: A column of words with more values than these, or with a value of one person, is asked about.
MOST_LEVELS = 5
_SHOWN = 3
_PLACES = ("site", "scanner", "center", "centre", "batch", "protocol", "sex", "gender", "handedness")


@dataclass(frozen=True)
class ColumnCoding:
    """How one column of the table became numbers.

    Attributes
    ----------
    column : str
    levels : tuple of str
        Words of a column of names, of which the first has no 0/1 column; empty for a column of numbers.
    means : tuple of float
        Taken off each of its numbers.
    low, high : float or None
        Ends of a column of numbers.
    """

    column: str
    levels: tuple[str, ...]
    means: tuple[float, ...]
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Covariates:
    """Numbers of the covariates, shape (n, C), with mean 0; the name of each column; what to say of them.

    `codings` says how each column of the table became numbers.
    """

    names: tuple[str, ...]
    values: NDArray[np.float64]
    notes: tuple[str, ...] = ()
    codings: tuple[ColumnCoding, ...] = ()


@dataclass(frozen=True)
class CellPlace:
    """Cell of one person.

    Attributes
    ----------
    person : str
    row : int or None
        Row of the table; None for a value of the report.
    text : str
    """

    person: str
    row: int | None
    text: str

    @property
    def words(self) -> str:
        """Place and content, for an error."""
        place = f"row {self.row} ({self.person})" if self.row else self.person
        return f"{place}: “{self.text}”"


@dataclass(frozen=True)
class Reading:
    """How cells are to be read.

    Attributes
    ----------
    where : Path or None
        The table, for errors.
    decimal_comma : bool
        A comma may stand before the decimals.
    categorical : tuple of str
        Columns whose values are names, however many.
    numeric : tuple of str
        Columns whose numbers are taken as they are, codes like −999 too.
    """

    where: Path | None = None
    decimal_comma: bool = False
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()


def covariates_of(
    columns: Mapping[str, Sequence[CellPlace]], usual: Mapping[str, Sequence[str]], how: Reading, n: int
) -> Covariates:
    """Numbers of the chosen columns; words become one 0/1 column for each value but the first.

    Parameters
    ----------
    columns : mapping of str to sequence of CellPlace
        By the name of each column its cells, one a person, in the same order.
    usual : mapping of str to sequence of str
        All cells of each column in the table: what most of them are, the column is.
    how : Reading
        What the user has said.
    n : int
        Number of people.

    Raises
    ------
    InputError
        If a column of numbers has a cell that is none or cannot be meant, one of words has more than
        `MOST_LEVELS` values or a value of one person, or a column has one value only.
    """
    names: list[str] = []
    values: list[list[float]] = []
    notes: list[str] = []
    codings: list[ColumnCoding] = []
    low: float | None
    high: float | None
    for column, cells in columns.items():
        texts = [cell.text for cell in cells]
        comma = how.decimal_comma and has_decimal_commas([*usual.get(column, ()), *texts])
        if column in how.categorical or not _holds_numbers([*usual.get(column, ()), *texts], comma=comma):
            levels = _levels(column, cells, how, notes)
            known = tuple(sorted(set(levels)))
            names += [f"{column} = {level}" for level in known[1:]]
            made = [[float(own == level) for own in levels] for level in known[1:]]
            low, high = None, None
        else:
            known = ()
            names.append(column)
            made = [numbers_in(column, cells, usual.get(column, ()), how)]
            _require_two_values(column, made[0], f"{made[0][0]:g}", how.where)
            low, high = min(made[0]), max(made[0])
            notes += _may_be_names(column, made[0])
            if column not in how.numeric:
                everyone = _everyone(made[0], usual.get(column, ()), comma=comma)
                notes += _asked_ages(column, cells, made[0], everyone)
        values += made
        codings.append(ColumnCoding(column, known, tuple(float(np.mean(own)) for own in made), low, high))
    matrix = np.array(values, dtype=np.float64).reshape(len(values), n).T
    centred = matrix - matrix.mean(axis=0) if matrix.size else matrix
    return Covariates(tuple(names), centred, tuple(notes), tuple(codings))


def asks_about(column: str, cells: Sequence[str], *, decimal_comma: bool = False) -> str:
    """Return the question about a column of words with many values; empty for any other column."""
    if _holds_numbers(cells, comma=decimal_comma and has_decimal_commas(cells)):
        return ""
    spellings = spelled_alike(cells)
    return _many_levels(column, Counter(spellings[cell] for cell in cells))


def _holds_numbers(cells: Sequence[str], *, comma: bool) -> bool:
    return any(number_of(cell, decimal_comma=comma) is not None for cell in cells)


def numbers_in(
    column: str, cells: Sequence[CellPlace], usual: Sequence[str], how: Reading, others: Sequence[float] = ()
) -> list[float]:
    """Numbers of the cells of a column.

    Parameters
    ----------
    column : str
    cells : sequence of CellPlace
        At least one.
    usual : sequence of str
        All cells of the column in the table.
    how : Reading
    others : sequence of float
        Numbers of people outside of the table, whom these must resemble.

    Raises
    ------
    InputError
        If a cell is no number, or cannot be meant.
    """
    comma = how.decimal_comma and has_decimal_commas([*usual, *(cell.text for cell in cells)])
    found = [number_of(cell.text, decimal_comma=comma) for cell in cells]
    odd = [cell for cell, number in zip(cells, found, strict=True) if number is None]
    numbers = [number for number in found if number is not None]
    if odd:
        raise (
            _mixed_cells(column, cells, odd, how)
            if 2 * len(odd) > len(cells)
            else _odd_cells(column, odd, len(cells), how)
        )
    if column not in how.numeric:
        refused = implausible(column, [*_everyone(numbers, usual, comma=comma), *others])
        doubted = [(c, why) for c, n in zip(cells, numbers, strict=True) if (why := refused.get(n))]
        if doubted:
            raise _not_meant(column, doubted, how)
    return numbers


def _everyone(numbers: Sequence[float], usual: Sequence[str], *, comma: bool) -> list[float]:
    """Numbers of all cells of the table, and those of the results that it lacks."""
    in_table = [n for text in usual if (n := number_of(text, decimal_comma=comma)) is not None]
    known = set(in_table)
    return [*in_table, *(number for number in numbers if number not in known)]


def _not_meant(column: str, doubted: Sequence[tuple[CellPlace, str]], how: Reading) -> InputError:
    first, why = doubted[0]
    alike = [cell for cell, own in doubted[1:] if own == why]
    also = f" The same goes for {_told(alike)}." if alike else ""
    return InputError(
        f"Column “{column}”, {first.words} {why}.{also}",
        how.where,
        f"Correct the table; or leave such people out with {_as_missing(column, [first, *alike])} (in the "
        f"window: Means unknown); or take the numbers as they are with --numeric {column}.",
    )


def _told(cells: Sequence[CellPlace]) -> str:
    more = f"; and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else ""
    return "; ".join(cell.words for cell in cells[:_SHOWN]) + more


def _as_missing(column: str, cells: Sequence[CellPlace]) -> str:
    """Options that leave out who has one of the first of these cells."""
    texts = dict.fromkeys(cell.text for cell in cells[:_SHOWN])
    return " ".join(f"--missing {_quoted(f'{column}={text}')}" for text in texts)


def _asked_ages(
    column: str, cells: Sequence[CellPlace], numbers: Sequence[float], all_of: Sequence[float]
) -> list[str]:
    """Note ages that may be slips, or of another unit."""
    asked = age_doubts(column, all_of)[1] if is_age(column) else {}
    doubted = [(cell, why) for cell, n in zip(cells, numbers, strict=True) if (why := asked.get(n))]
    if not doubted:
        return []
    n = counted(len(doubted), "age")
    return [
        f"{n} of “{column}” may be wrong; look at {_told([c for c, _ in doubted])}. Each {doubted[0][1]}."
    ]


def _odd_cells(column: str, odd: Sequence[CellPlace], n: int, how: Reading) -> InputError:
    told = "; ".join(f"{cell.words} ({advice(cell.text)})" for cell in odd[:_SHOWN])
    more = f"; and {len(odd) - _SHOWN} more" if len(odd) > _SHOWN else ""
    return InputError(
        f"Column “{column}” holds numbers, but not in {counted(len(odd), 'cell')} of {n}: {told}{more}.",
        how.where,
        f"Correct the table; or leave these people out with {_as_missing(column, odd)} (in the window: "
        f"Means unknown); or, if these are names and no numbers, --categorical {column}.",
    )


def _quoted(text: str) -> str:
    return f"'{text}'" if '"' in text else f'"{text}"'


def _mixed_cells(
    column: str, cells: Sequence[CellPlace], odd: Sequence[CellPlace], how: Reading
) -> InputError:
    numbers = [cell.words for cell in cells if cell not in odd]
    where = f" The numbers: {listed(numbers, _SHOWN)}." if numbers else ""
    return InputError(
        f"Column “{column}” holds words and numbers: {counted(len(odd), 'cell')} of {len(cells)} "
        f"{'is' if len(odd) == 1 else 'are'} no number, such as {odd[0].words}.{where}",
        how.where,
        f"If these are names, say so with --categorical {column}; else make all of them numbers: "
        f"{advice(odd[0].text)}.",
    )


def _levels(column: str, cells: Sequence[CellPlace], how: Reading, notes: list[str]) -> list[str]:
    spellings = spelled_alike(cell.text for cell in cells)
    notes += twin_notes(column, spellings)
    levels = [spellings[cell.text] for cell in cells]
    _require_two_values(column, levels, levels[0], how.where)
    if column not in how.categorical and (same := _abbreviated(levels)):
        raise InputError(
            f"Column “{column}” holds “{same[0]}” and “{same[1]}”, which look like one word, once shortened.",
            how.where,
            f"Write it one way; or, if these are two, say so with --categorical {column} (in the window: "
            "Categories).",
        )
    if column not in how.categorical and (asked := _many_levels(column, Counter(levels))):
        raise InputError(
            asked,
            how.where,
            f"If each value is to be a category of its own, say so with --categorical {column} (in the "
            f"window: Categories); else leave it out, or give it as numbers: {advice(cells[0].text)}.",
        )
    return levels


def _abbreviated(levels: Sequence[str]) -> tuple[str, str] | None:
    """Return a letter and the word that it stands for, if both are among the values: ``F`` and ``female``."""
    words = sorted(set(levels))
    for letter in words:
        if len(letter) == 1 and letter.isalpha():
            whole = [w for w in words if len(w) > 2 and w.isalpha() and level_key(w)[0] == level_key(letter)]
            if whole:
                return letter, whole[0]
    return None


def twin_notes(column: str, spellings: Mapping[str, str]) -> list[str]:
    """Say which spellings were read as the same word."""
    twins = sorted((cell, usual) for cell, usual in spellings.items() if cell != usual)
    told = ", ".join(f"“{cell}” as “{usual}”" for cell, usual in twins)
    return [f"In the column “{column}”, the same word was spelled in several ways: {told}."] if twins else []


def _many_levels(column: str, times: Counter[str]) -> str:
    alone = sorted(level for level, n in times.items() if n == 1)
    if len(times) > MOST_LEVELS:
        return f"Column “{column}” holds words, and {len(times)} different ones: {listed(sorted(times), 5)}."
    if alone:
        return (
            f"Column “{column}” holds words, and one person alone has "
            f"{listed([f'“{level}”' for level in alone], 5)}: such a person would count for nothing else."
        )
    return ""


def _require_two_values(column: str, values: Sequence[object], shown: str, where: Path | None) -> None:
    if len(set(values)) > 1:
        return
    option = "--covariates, or --no-head-size" if is_head_size(column) else "--covariates"
    raise InputError(
        f"There is nothing to adjust for: “{column}” is {shown} in everybody "
        f"({counted(len(values), 'person')}).",
        where,
        f"Leave it out ({option}).",
    )


def _may_be_names(column: str, numbers: Sequence[float]) -> list[str]:
    """Note that numbers are probably names of places, so that nothing lies between them."""
    words = set(column.casefold().replace("_", " ").split())
    if not words.intersection(_PLACES) or len(set(numbers)) < 3 or any(n != int(n) for n in numbers):
        return []
    return [
        f"“{column}” was taken as a number. If its {len(set(numbers))} values are names, give --categorical "
        f"{column}."
    ]
