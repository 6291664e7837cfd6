"""Page of the measurement, from its figures: goals, ways side by side, every nucleus."""

from __future__ import annotations

from typing import Any

def page(result: dict[str, Any]) -> list[str]:
    return ["to do"]
