"""docs/reference/kerasmodels.md is what the docstrings say."""

from __future__ import annotations

import runpy
from pathlib import Path

import kerasmodels

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_page_names_every_public_name_and_its_parameters() -> None:
    writer = runpy.run_path(str(REFERENCE / "write_kerasmodels.py"))
    page = (REFERENCE / "kerasmodels.md").read_text(encoding="utf-8")
    shown = {name for _, name, _ in writer["entries"]()}
    exported = {f"kerasmodels.{name}" for name in kerasmodels.__all__ if not name.endswith("Error")}
    assert exported <= shown
    for _, name, thing in writer["entries"]():
        heading = f"### `{name}`\n"
        assert heading in page, f"run docs/reference/write_kerasmodels.py: {name} is missing"
        section = page.partition(heading)[2].partition("\n### ")[0].partition("\n## ")[0]
        made = writer["section"](name, thing).removeprefix(heading)
        parameters = {
            line.partition("`")[2].partition("`")[0] for line in made.splitlines() if line[:3] == "- `"
        }
        assert {p for p in parameters if p not in section} == set(), f"run write_kerasmodels.py: {name}"


def test_docstring_becomes_markdown() -> None:
    writer = runpy.run_path(str(REFERENCE / "write_kerasmodels.py"))
    text = "Do it.\n\nParameters\n----------\nsize : int\n    How large,\n    in mm."
    text += "\n\nRaises\n------\nE\n    Never."
    made = writer["documentation"](text)
    assert made.split("\n\n") == [
        "Do it.",
        "**Parameters**",
        "- `size` (int): How large, in mm.",
        "**Raises**",
        "- `E`: Never.\n",
    ]
