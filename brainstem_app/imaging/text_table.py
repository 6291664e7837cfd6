"""Tables as text files, as BIDS has them and as spreadsheet programs write them, and numbers in them."""

from __future__ import annotations

import codecs
import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from brainstem_app.errors import InputError
from brainstem_app.plain_text import without_apostrophe
from brainstem_app.small_files import read_small

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_COMMA_NUMBER = re.compile(r"[+-]?\d+(?:,\d+)?", re.ASCII)
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_GZIP = b"\x1f\x8b"
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_AS_TEXT = "In the spreadsheet program, save the sheet as text: “CSV UTF-8”, or text with tabs."


@dataclass(frozen=True)
class TableRow:
    """One row.

    Attributes
    ----------
    number : int
        As a spreadsheet program counts: the line with the names of the columns is row 1.
    cells : dict of str to str
        By the name of the column, without spaces at their ends; empty ones are left out.
    """

    number: int
    cells: dict[str, str]


@dataclass(frozen=True)
class TextTable:
    """A table that was read.

    Attributes
    ----------
    path : Path
    columns : tuple of str
        Names of the columns, in their order.
    rows : tuple of TableRow
        Without blank ones.
    decimal_comma : bool
        Semicolons part the columns, so a comma in a number is the decimal one.
    """

    path: Path
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    decimal_comma: bool = False

    def column(self, *names: str) -> str | None:
        """Name of the first column called one of these, upper and lower case aside; None if none is."""
        found = {column.casefold(): column for column in reversed(self.columns)}
        return next((found[name.casefold()] for name in names if name.casefold() in found), None)


def read_text_table(path: Path, what: str, *, is_own: bool = False) -> TextTable:
    """Read a table with the names of its columns in the first line.

    Tabs, semicolons or commas part the columns; UTF-8, UTF-16 and Windows' own encoding are known, as are all
    line ends. Blank rows and blank columns at the end are passed over.

    Parameters
    ----------
    path : Path
        The file.
    what : str
        What the table is, for errors: "table of participants".
    is_own : bool
        This program wrote it, with `tsv_text` and `cell_text`: quotation marks are letters, and an apostrophe
        before what a spreadsheet would compute is no part of the cell.

    Raises
    ------
    InputError
        If it is not there or no text table, a column has no name or another's, a row has more cells than
        there are columns, or a quotation mark is not closed.
    """
    text = _decoded(_content(path, what), path, what)
    lines = text.split("\n", 1)
    if lines[0].strip().casefold().startswith("sep=") and len(lines) > 1:  # Excel's hint to itself
        text, skipped = lines[1], 1
    else:
        skipped = 0
    delimiter = _delimiter(text.partition("\n")[0])
    quoting: Literal[0, 3] = csv.QUOTE_NONE if is_own else csv.QUOTE_MINIMAL
    try:
        records = csv.reader(io.StringIO(text), delimiter=delimiter, strict=True, quoting=quoting)
        cleaned = [[_without_unseen(cell) for cell in record] for record in records]
    except csv.Error as error:
        if "field limit" in str(error):
            raise InputError(
                f"A cell of the {what} is longer than {csv.field_size_limit()} letters.",
                path,
                "Look whether a quotation mark is not closed, or a line end is missing.",
            ) from error
        raise InputError(
            f"The {what} has a quotation mark that is not closed, or text right behind one.",
            path,
            "Take the quotation marks out of its cells, or put them in pairs.",
        ) from error
    if not cleaned or not any(cleaned[0]):
        raise InputError(f"The {what} does not begin with the names of its columns.", path, _FIRST_LINE)
    if is_own:
        cleaned = [[without_apostrophe(cell) for cell in record] for record in cleaned]
    columns = _columns(cleaned, path, what)
    rows = []
    for number, cells in enumerate(cleaned[1:], start=2 + skipped):
        if not any(cells):
            continue
        if any(cells[len(columns) :]):
            problem = f"Row {number} of the {what} has more cells than there are columns ({len(columns)})."
            raise InputError(problem, path, "Give each column a name, or take the surplus cell out.")
        rows.append(
            TableRow(number, {c: cell for c, cell in zip(columns, cells, strict=False) if c and cell})
        )
    return TextTable(path, tuple(c for c in columns if c), tuple(rows), decimal_comma=delimiter == ";")


def number_of(cell: str, *, decimal_comma: bool = False) -> float | None:
    """Return the number that a cell holds; None for anything else, infinity included.

    Parameters
    ----------
    cell : str
        A minus sign may be the real one.
    decimal_comma : bool
        A comma stands before the decimals, and a point means nothing.
    """
    text = cell.strip().replace("−", "-")
    if not (_COMMA_NUMBER if decimal_comma else _NUMBER).fullmatch(text):
        return None
    value = float(text.replace(",", "."))
    return value if math.isfinite(value) else None


def has_decimal_commas(cells: Iterable[str]) -> bool:
    """Whether any of these cells is a number with a decimal comma."""
    return any("," in cell and _COMMA_NUMBER.fullmatch(cell.strip().replace("−", "-")) for cell in cells)


#: More than any table of people has; each is looked at in each row.
_MOST_COLUMNS = 10_000
#: Text of UTF-16 without a mark has a zero in nearly each second byte; a stray one is damage.
_UTF16_ZEROS = 4
_FIRST_LINE = "Put the names of the columns into the first line."


def _without_unseen(cell: str) -> str:
    """Cell without spaces at its ends and signs that nobody sees: a cell is what it looks like."""
    if not cell.isprintable():
        cell = "".join(sign for sign in cell if sign in "\t\n" or unicodedata.category(sign) != "Cc")
    if cell.isascii():
        return cell.strip()
    return "".join(sign for sign in cell if unicodedata.category(sign) != "Cf").replace("\u00a0", " ").strip()


def _content(path: Path, what: str) -> bytes:
    if path.is_dir():
        raise InputError(f"This is a folder, not the {what}.", path, "Give the file of the table in it.")
    try:
        content = read_small(path)
    except FileNotFoundError as error:
        raise InputError(f"There is no {what} of this name.", path, "Check the path.") from error
    except OSError as error:
        raise InputError(f"The {what} cannot be read: {error.strerror}.", path, "Check the file.") from error
    if content.startswith(_WORKBOOKS):
        raise InputError(f"The {what} is a workbook, whatever its name ends in.", path, _AS_TEXT)
    if content.startswith(_GZIP):
        raise InputError(f"The {what} is compressed.", path, "Unpack it.")
    if not content.strip():
        raise InputError(f"The {what} is empty.", path, _FIRST_LINE)
    return content


def _decoded(content: bytes, path: Path, what: str) -> str:
    """Text with line feeds for all line ends."""
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), None)
    if encoding is None and content[:2000].count(0) > len(content[:2000]) / _UTF16_ZEROS:
        encoding = "utf-16-le" if content[1:2] == b"\x00" else "utf-16-be"
    candidates = [encoding] if encoding else ["utf-8", "cp1252", "latin-1"]
    for candidate in candidates:
        try:
            text = content.decode(candidate)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n").lstrip("\ufeff")
    raise InputError(f"The {what} is no text.", path, _AS_TEXT)


def _delimiter(head: str) -> str:
    if "\t" in head:
        return "\t"
    return ";" if head.count(";") > head.count(",") else "," if "," in head else "\t"


def _columns(records: list[list[str]], path: Path, what: str) -> list[str]:
    """Names of the columns; an empty one stands for a column without cells."""
    columns = records[0]
    while columns and not columns[-1]:
        columns = columns[:-1]
    if len(columns) > _MOST_COLUMNS:
        raise InputError(
            f"The {what} has {len(columns)} columns; {_MOST_COLUMNS} are read at most.",
            path,
            "Check that this is the file you mean, and leave out columns that are not needed.",
        )
    first: dict[str, int] = {}
    for place, name in enumerate(columns):
        if not name and any(len(row) > place and row[place] for row in records[1:]):
            raise InputError(f"Column {place + 1} of the {what} has no name.", path, "Give it one.")
        if name and name in first:
            problem = (
                f"Two columns of the {what} are called “{name}” (columns {first[name]} and {place + 1})."
            )
            raise InputError(problem, path, "Rename one, or take it out.")
        first[name] = place + 1
    return columns
