"""docs/results/midsagittal.md as text."""
from typing import Any


def page(figures: dict[str, Any]) -> str:
    return ""
