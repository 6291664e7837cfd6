"""Read a table of labels, whichever of the known formats it is in."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.atlas.source_tables.fsl_xml import read_fsl_xml
from brainstem_app.atlas.source_tables.plain_text import is_itk_snap, read_freesurfer, read_itk_snap
from brainstem_app.atlas.source_tables.records import read_delimited, read_json
from brainstem_app.atlas.source_tables.source_label import SourceLabel
from brainstem_app.errors import InputError

_FIX = (
    "Give an FSL atlas description (XML), ITK-SNAP label descriptions, a FreeSurfer colour table, or CSV, "
    "TSV or JSON with the columns index and name."
)


def read_source_table(path: Path, *, volumes: bool = False) -> tuple[SourceLabel, ...]:
    """Read what the numbers of a label map, or the volumes of an image, mean.

    The format is told by the content: XML, JSON, then by the ending CSV or TSV, then lines of text.

    Parameters
    ----------
    path : Path
        The table.
    volumes : bool, default=False
        Whether the numbers count volumes from 0 rather than being values of a label map.

    Raises
    ------
    InputError
        If the table cannot be read, is in no known format or empty, or gives a number two names.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_text(encoding="latin-1")
    except OSError as error:
        raise InputError(
            "The table of labels cannot be read.", path, "Check that the file exists."
        ) from error
    try:
        labels = _read(text, path.suffix.lower(), volumes=volumes)
    except (ValueError, IndexError) as error:
        raise InputError(f"The table of labels does not fit: {error}.", path, _FIX) from error
    if not labels:
        raise InputError("The table of labels is empty.", path, _FIX)
    numbers = [label.number for label in labels]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise InputError(
            f"The number {twice[0]} occurs twice in the table.", path, "Give each number one name."
        )
    return tuple(labels)


def _read(text: str, ending: str, *, volumes: bool) -> list[SourceLabel]:
    start = text.lstrip()[:1]
    if start == "<":
        return read_fsl_xml(text, volumes=volumes)
    if start and start in "{[":
        return read_json(text)
    if is_itk_snap(text):
        return read_itk_snap(text)
    if ending in (".csv", ".tsv"):
        return read_delimited(text)
    return read_freesurfer(text)
