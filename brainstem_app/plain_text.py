"""Foreign text made harmless: names of files, cells of tables, words of headers that others interpret.

Terminals obey control characters, XML and JSON cannot hold all of them, UTF-8 has no half of a surrogate
pair (which is how Python keeps a byte of a file's name that is no UTF-8), and spreadsheets compute what
begins with an equals sign.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import BeforeValidator

#: Stands for what cannot be shown.
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Controls but tab and line feed, marks that turn the direction of text, halves of pairs, no characters.
_NOT_SHOWN = re.compile(
    "\r(?!\n)|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufffe\uffff]"
)
# What XML 1.0 and UTF-8 cannot hold, and the controls of eight bits, which terminals obey in UTF-8 too.
_NOT_IN_FILES = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
# The same as JSON writes it. A written backslash and whole pairs come first, so that they are left alone.
_WHOLE_IN_JSON = r"\\\\|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_NOT_IN_JSON = re.compile(
    rf"({_WHOLE_IN_JSON})|\\(?:[bf]|u00(?:0[0-8bcefBCEF]|1[0-9a-fA-F]|7[fF]|[89][0-9a-fA-F])"
    r"|u[dD][89a-fA-F][0-9a-fA-F]{2}|u[fF]{3}[efEF])"
)
#: What a cell must not begin with, at its own start or behind what some spreadsheets take for the end of one.
_BEFORE, _COMPUTED = r"(^|[;\t\r\n])([\s\"'\u200b-\u200d\u2060\ufeff]*)", r"(?=[=+\-@\t\r＝＋－＠])"
_FORMULA, _DISARMED = re.compile(_BEFORE + _COMPUTED), re.compile(f"{_BEFORE}'{_COMPUTED}")
_NUMBER = re.compile(r" *[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)? *")


def printable(text: str) -> str:
    """Text in which nothing but letters, signs, tabs and ends of lines is left; the rest becomes �."""
    return _NOT_SHOWN.sub(REPLACEMENT, text)


def for_file(text: str, *, is_json: bool = False) -> str:
    r"""Text as every reader of UTF-8 files takes it: no control characters, no halves of surrogate pairs.

    Parameters
    ----------
    is_json : bool
        Whether it is JSON, in which they may be written as ``\u001b``.
    """
    if is_json and "\\" in text:
        text = _NOT_IN_JSON.sub(lambda found: found[1] or REPLACEMENT, text)
    return _NOT_IN_FILES.sub(REPLACEMENT, text)


def cell_text(text: str) -> str:
    """Text of a cell of a CSV file, with an apostrophe before what a spreadsheet would compute.

    Numbers stay as they are, also with a sign. Ends of lines become spaces: tables are read by line.
    """
    if _NUMBER.fullmatch(text):
        return text
    return re.sub(r"[\r\n]+", " ", _FORMULA.sub(r"\1\2'", printable(text)))


def tsv_text(rows: Iterable[Iterable[str]]) -> str:
    """Text of a table with tabs between its cells, a line a row; see `cell_text`."""
    return "".join("\t".join(row) + "\n" for row in rows)


def without_apostrophe(cell: str) -> str:
    """Text as it was before `cell_text` put an apostrophe into it."""
    return _DISARMED.sub(r"\1\2", cell)


def one_line(text: str) -> str:
    """Text in one line: single spaces for tabs and ends of lines, and nothing that cannot be shown."""
    return " ".join(printable(text).split())


def _printable_words(value: Any) -> Any:
    return printable(value) if isinstance(value, str) else value


#: Text of a record in which nothing is left that a terminal would obey, or JSON cannot hold.
Words = Annotated[str, BeforeValidator(_printable_words)]
#: What people say of something in a few words: a reason, a name.
OneLine = Annotated[str, BeforeValidator(lambda value: one_line(value) if isinstance(value, str) else value)]
