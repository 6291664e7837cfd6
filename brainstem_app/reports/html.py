"""The report as one self-contained HTML file: no other file, no network."""

from __future__ import annotations

import base64
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from brainstem_app.counting import counted
from brainstem_app.locations import resource
from brainstem_app.plain_text import printable
from brainstem_app.reports import digits
from brainstem_app.reports.page import Page
from brainstem_app.reports.report_model import reliability_text


def report_html(page: Page, picture_png: bytes) -> str:
    """HTML text with the picture and the styles inside."""
    meaning = reliability_text(page.with_change)
    return render("report.html", **vars(page), picture=picture_png, reliability=meaning)


def render(template: str, **content: Any) -> str:
    """Fill a template of ``resources/report``; every inserted text is escaped."""
    environment = Environment(
        loader=FileSystemLoader(resource("report")),
        autoescape=True,
        finalize=_printable,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "share": digits.share,
        "share3": digits.share3,
        "length_mm": digits.length,
        "distance_mm": digits.distance,
        "volume": digits.volume,
        "area": digits.area,
        "measure": digits.measure,
        "difference": digits.difference,
        "percent": digits.percent,
        "signed": digits.signed,
        "p_value": digits.p_value,
        "point": digits.point,
        "counted": counted,
        "base64": lambda data: base64.b64encode(data).decode("ascii"),
    }
    return environment.get_template(template).render(**content)


def _printable(value: object) -> object:
    """Leave out of foreign text what is not to be seen; what templates make themselves stays."""
    return printable(value) if isinstance(value, str) and not hasattr(value, "__html__") else value
