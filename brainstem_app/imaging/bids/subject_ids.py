"""Names of people and sessions as datasets, tables and spreadsheet programs spell them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_SUBJECT = re.compile(r"sub-[A-Za-z0-9]+")
_OCCASION = re.compile(r"(?:ses|run)-[A-Za-z0-9]+")
_PREFIX = re.compile(r"(?:sub|ses)(?:-|(?=[\s_]*\d))")
_WHOLE = re.compile(r"(\d+)[.,]0+")
_DIGITS = re.compile(r"\d+")


def subject_name(scan_file: str, folder: str) -> str:
    """Name of the subject of a result: ``sub-…`` in the scan's or the folder's name, else the folder's."""
    match = _SUBJECT.search(scan_file) or _SUBJECT.search(folder)
    return match.group() if match else folder


def occasion_name(scan_file: str, folder: str) -> str:
    """Session and run of a result, from the scan's or the folder's name: ``ses-2_run-1``; empty if none."""
    # The folder is named after all of them, also after the session that a file's name leaves out.
    of_file, of_folder = (_OCCASION.findall(name) for name in (scan_file, folder))
    return "_".join(of_folder if len(of_folder) > len(of_file) else of_file)


def bare_id(text: str) -> str:
    """Name without its prefix ``sub-`` or ``ses-``."""
    return text.strip().removeprefix("sub-").removeprefix("ses-")


@cache
def id_key(text: str) -> str:
    """Return what stays the same of a name however it is spelled.

    Without the prefix, signs between letters and digits, upper case and leading zeros, and without the ``.0``
    that a spreadsheet puts behind a number: ``sub-01``, ``Sub-1``, ``01``, ``1`` and ``1.0`` are ``"1"``.
    Names that are not the same person may share a key: see `match_participants`.
    """
    text = unicodedata.normalize("NFKC", text).strip().casefold()
    text = text[match.end() :] if (match := _PREFIX.match(text)) else text
    text = match[1] if (match := _WHOLE.fullmatch(text.strip())) else text
    text = "".join(filter(str.isalnum, text))
    return _DIGITS.sub(lambda digits: digits[0].lstrip("0") or "0", text)
