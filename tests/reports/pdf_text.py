"""What a reader finds in a PDF and on its page."""

from __future__ import annotations

import html
import re
from pathlib import Path

from pypdf import PdfReader


def pdf_text(path: Path) -> str:
    """Text of all pages, with one space between words."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def headings(page: str) -> list[str]:
    """Headings of the sections of an HTML page."""
    return [html.unescape(found) for found in re.findall("<h2>(.*?)</h2>", page)]
