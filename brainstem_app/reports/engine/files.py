"""The files of a report, each written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.imaging.atomic import write_bytes, write_text
from brainstem_app.reports.engine.blocks import Document
from brainstem_app.reports.engine.html import document_html
from brainstem_app.reports.engine.pdf import document_pdf
from brainstem_app.reports.engine.sheets import Sheet, workbook


@dataclass(frozen=True)
class MadeDocument:
    """Page, PDF and workbook of a report, made and not yet written."""

    html: str
    pdf: bytes
    xlsx: bytes

    @classmethod
    def of(cls, document: Document, sheets: Sequence[Sheet]) -> MadeDocument:
        """Make them of what the report says, and of the sheets of its workbook."""
        return cls(document_html(document), document_pdf(document), workbook(sheets, document.created))

    def write(self, folder: Path, stem: str, tables: Mapping[str, Sheet]) -> None:
        """Write ``STEM.html``, ``.pdf`` and ``.xlsx`` into a folder, and tables as CSV by their names."""
        for name, table in tables.items():
            write_text(folder / name, table.csv)
        write_bytes(folder / f"{stem}.xlsx", self.xlsx)
        write_text(folder / f"{stem}.html", self.html)
        write_bytes(folder / f"{stem}.pdf", self.pdf)


def write_document(
    folder: Path, stem: str, document: Document, sheets: Sequence[Sheet], tables: Mapping[str, Sheet]
) -> None:
    """Make and write all files of a report but its JSON; see `MadeDocument`."""
    MadeDocument.of(document, sheets).write(folder, stem, tables)
