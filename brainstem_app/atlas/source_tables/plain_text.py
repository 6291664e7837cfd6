"""Tables of plain lines: ITK-SNAP's label descriptions, FreeSurfer's colour table, or a number and a name."""

from __future__ import annotations

import re

from brainstem_app.atlas.source_tables.source_label import SourceLabel, hex_colour

_ITK_SNAP = re.compile(
    r'^\s*(?P<number>-?\d+)\s+(?P<rgb>\d+\s+\d+\s+\d+)\s+[\d.]+\s+[01]\s+[01]\s+"(?P<name>.*)"\s*$'
)
_FREESURFER = re.compile(
    r"^\s*(?P<number>-?\d+)\s+(?P<name>\S.*?)(?:\s+(?P<rgb>\d+\s+\d+\s+\d+)\s+\d+(?:\s+\d+)?)?\s*$"
)
#: Where the colour stands in the place of the name, or nothing does.
_NUMBERS = re.compile(r"[\d\s]*")


def is_itk_snap(text: str) -> bool:
    """Whether a line of the text is an ITK-SNAP label description."""
    return any(_ITK_SNAP.match(line) for line in text.splitlines())


def read_itk_snap(text: str) -> list[SourceLabel]:
    """Read ITK-SNAP's lines ``index R G B alpha visible mesh "name"``; ValueError if a line is none."""
    return _read(text, _ITK_SNAP)


def read_freesurfer(text: str) -> list[SourceLabel]:
    """Read FreeSurfer's lines ``index name R G B A``, also without the colour; ValueError if one is none."""
    return _read(text, _FREESURFER)


def _read(text: str, pattern: re.Pattern[str]) -> list[SourceLabel]:
    labels = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = pattern.match(line)
        if found is None:
            raise ValueError(f"line {number} is {line.strip()[:60]!r}")
        colour = hex_colour(found["rgb"].split()) if found["rgb"] else ""
        name = "" if _NUMBERS.fullmatch(found["name"]) else found["name"].strip()
        labels.append(SourceLabel(int(found["number"]), name, colour))
    return labels
