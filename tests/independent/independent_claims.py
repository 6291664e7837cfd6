"""The plain paragraph of the page: what its figures allow to claim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def claims(result: Mapping[str, Any]) -> list[str]:
    """Lines of the paragraph, with the figures in it."""
    return [str(len(result))]
