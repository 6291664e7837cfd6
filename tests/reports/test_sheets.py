"""Workbooks, read back as a spreadsheet program reads them: from the parts of the package."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

from brainstem_app.reports.engine.sheets import Sheet, workbook

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def read_sheets(content: bytes) -> dict[str, list[dict[str, str | float]]]:
    """For each sheet its lines: cell values by the letters of their columns."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        strings = ElementTree.fromstring(package.read("xl/sharedStrings.xml"))
        shared = ["".join(t.text or "" for t in item.iter(f"{_MAIN}t")) for item in strings]
        names = [
            s.get("name")
            for s in ElementTree.fromstring(package.read("xl/workbook.xml")).iter(f"{_MAIN}sheet")
        ]
        sheets = {}
        for number, name in enumerate(names, start=1):
            root = ElementTree.fromstring(package.read(f"xl/worksheets/sheet{number}.xml"))
            assert not list(root.iter(f"{_MAIN}f")), "a formula"
            sheets[str(name)] = [_line(row, shared) for row in root.iter(f"{_MAIN}row")]
    return sheets


def _line(row: ElementTree.Element, shared: list[str]) -> dict[str, str | float]:
    line: dict[str, str | float] = {}
    for cell in row:
        value = cell.findtext(f"{_MAIN}v")
        if value is not None:
            letters = str(cell.get("r")).rstrip("0123456789")
            line[letters] = shared[int(value)] if cell.get("t") == "s" else float(value)
    return line


def test_numbers_are_numbers_unknown_is_empty_and_text_is_no_formula() -> None:
    sheet = Sheet("numbers", ("name", "iou", "n"), [("=1+1", 0.25, 3), ("PAG", None, 0)])
    lines = read_sheets(workbook([sheet], "2026-01-02T03:04:05+00:00"))["numbers"]
    assert lines == [
        {"A": "name", "B": "iou", "C": "n"},
        {"A": "=1+1", "B": 0.25, "C": 3.0},
        {"A": "PAG", "C": 0.0},
    ]


def test_workbook_names_no_author() -> None:
    content = workbook([Sheet("numbers", ("n",), [(1,)])], "2026-01-02T03:04:05+00:00")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        core = ElementTree.fromstring(package.read("docProps/core.xml"))
    people = [part.text for part in core if part.tag.endswith(("creator", "lastModifiedBy"))]
    assert not any(people)
