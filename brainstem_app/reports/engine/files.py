"""The files of a report, each written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from brainstem_app.imaging.atomic import write_bytes, write_text
from brainstem_app.reports.engine.blocks import Document
from brainstem_app.reports.engine.html import document_html
from brainstem_app.reports.engine.pdf import document_pdf
from brainstem_app.reports.engine.sheets import Sheet, workbook


def write_document(
    folder: Path, stem: str, document: Document, sheets: Sequence[Sheet], tables: Mapping[str, Sheet]
) -> None:
    """Write ``STEM.html``, ``.pdf`` and ``.xlsx``, and tables as CSV.

    Parameters
    ----------
    folder : Path
        Where they go.
    stem : str
        Of the names of the files.
    document : Document
        What page and PDF say.
    sheets : sequence of Sheet
        Of the workbook.
    tables : mapping of str to Sheet
        Of each CSV file by its name.
    """
    html, pdf, xlsx = document_html(document), document_pdf(document), workbook(sheets, document.created)
    for name, table in tables.items():
        write_text(folder / name, table.csv)
    write_bytes(folder / f"{stem}.xlsx", xlsx)
    write_text(folder / f"{stem}.html", html)
    write_bytes(folder / f"{stem}.pdf", pdf)
