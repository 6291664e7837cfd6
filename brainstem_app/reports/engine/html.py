"""A report as one self-contained HTML file: no other file, no network."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from brainstem_app.locations import resource
from brainstem_app.plain_text import printable
from brainstem_app.reports.engine.blocks import Block, Document, Heading
from brainstem_app.reports.engine.drawing import INK, LINE, SOFT
from brainstem_app.reports.engine.formatting import ratio

#: Colours of the page in place of those of a drawing.
_PAGE_COLOURS = {INK: "var(--ink)", SOFT: "var(--soft)", LINE: "var(--line)"}


@dataclass
class _Section:
    """A heading and the blocks below it; None before the first heading."""

    heading: Heading | None = None
    blocks: list[Block] = field(default_factory=list)


def document_html(document: Document) -> str:
    """HTML text of a report; every inserted text is escaped."""
    environment = Environment(
        loader=FileSystemLoader(resource("report")),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "kind": lambda block: type(block).__name__,
        "number": ratio,
        "drawing": _drawing,
        "base64": lambda data: base64.b64encode(data).decode("ascii"),
    }
    return environment.get_template("document.html").render(**vars(document), sections=_sections(document))


def _sections(document: Document) -> list[_Section]:
    sections = [_Section()]
    for block in document.blocks:
        if isinstance(block, Heading):
            sections.append(_Section(block))
        else:
            sections[-1].blocks.append(block)
    return sections


def _drawing(svg: str) -> str:
    """Drawing of ours in the colours of the page; matplotlib has escaped its texts."""
    for colour, name in _PAGE_COLOURS.items():
        svg = svg.replace(colour, name)
    return re.sub(r" xmlns(:xlink)?=\"[^\"]*\"", "", svg).replace("xlink:href", "href")


def _printable(value: object) -> object:
    """Leave out of foreign text what is not to be seen; what templates make themselves stays."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
