"""Read a table of labels, whichever of the known formats it is in."""

from __future__ import annotations

import codecs
from collections import Counter
from pathlib import Path

from brainstem_app.atlas.source_tables.fsl_xml import read_fsl_xml
from brainstem_app.atlas.source_tables.plain_text import is_itk_snap, read_freesurfer, read_itk_snap
from brainstem_app.atlas.source_tables.records import read_delimited, read_json
from brainstem_app.atlas.source_tables.source_label import SourceTable
from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.small_files import read_small

#: Ten times what the longest tables of atlases have.
_MOST_BYTES, _MOST_LINES = 2**24, 200_000
_FIX = (
    "Give an FSL atlas description (XML), ITK-SNAP label descriptions, a FreeSurfer colour table, or CSV, "
    "TSV or JSON with the columns index and name."
)


def read_source_table(path: Path, *, volumes: bool = False) -> SourceTable:
    """Read what the numbers of a label map, or the volumes of an image, mean.

    The format is told by the content: XML, JSON, then by the ending CSV or TSV, then lines of text.

    Parameters
    ----------
    path : Path
        The table.
    volumes : bool, default=False
        Whether the table is for an image of several volumes rather than a label map.

    Raises
    ------
    InputError
        If the table cannot be read, is in no known format or empty, or gives a number no name or two.
    """
    text = _text_of(path)
    try:
        table = _read(text, path.suffix.lower(), volumes=volumes)
    except (ValueError, IndexError) as error:
        raise InputError(f"The table of labels does not fit: {error}.", path, _FIX) from error
    if not table.labels:
        raise InputError("The table of labels is empty.", path, _FIX)
    if nameless := [str(label.number) for label in table.labels if label.number and not label.name.strip()]:
        one, have = ("Number", "has") if len(nameless) == 1 else ("Numbers", "have")
        raise InputError(
            f"{one} {listed(nameless)} {have} no name in the table of labels.",
            path,
            "Write a name there; or take the row out, if the label map does not hold that number.",
        )
    twice = [number for number, n in Counter(label.number for label in table.labels).items() if n > 1]
    if twice:
        raise InputError(
            f"The number {twice[0]} occurs twice in the table.", path, "Give each number one name."
        )
    return table


def _text_of(path: Path) -> str:
    """Text of a table in the encodings that spreadsheets and old programs write."""
    try:
        content = read_small(path, _MOST_BYTES)
    except OSError as error:
        problem = f"The table of labels cannot be read: {error.strerror}."
        raise InputError(problem, path, "Check that the file exists, and is the one you mean.") from error
    if content.count(b"\n") > _MOST_LINES:
        problem = f"The table of labels has more than {_MOST_LINES:,} lines."
        raise InputError(problem, path, "Check that it is the file you mean.")
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _read(text: str, ending: str, *, volumes: bool) -> SourceTable:
    start = text.lstrip()[:1]
    if start == "<":
        return read_fsl_xml(text, volumes=volumes)
    if start and start in "{[":
        labels = read_json(text)
    elif is_itk_snap(text):
        labels = read_itk_snap(text)
    elif ending in (".csv", ".tsv"):
        labels = read_delimited(text)
    else:
        labels = read_freesurfer(text)
    return SourceTable(tuple(labels))
