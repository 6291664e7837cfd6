"""A small label table."""

from __future__ import annotations

import pytest

from brainstem_app.atlas.label_table import Group, LabelTable, Side, Structure


def _row(index: int, name: str, side: Side, group: Group, colour: str) -> Structure:
    reliability = "B" if group is Group.NUCLEUS else ""
    return Structure(
        index=index, name=name, full_name=name, side=side, group=group, colour=colour, source="made",
        licence="none", reliability=reliability,
    )  # fmt: skip


@pytest.fixture
def table() -> LabelTable:
    """Background, a tissue, one nucleus on each side, one in the middle."""
    rows = (
        _row(0, "background", Side.MIDLINE, Group.BACKGROUND, "#000000"),
        _row(1, "WM", Side.MIDLINE, Group.TISSUE, "#d9d9d9"),
        _row(2, "RN_L", Side.LEFT, Group.NUCLEUS, "#ff0000"),
        _row(3, "RN_R", Side.RIGHT, Group.NUCLEUS, "#0000ff"),
        _row(4, "PAG", Side.MIDLINE, Group.NUCLEUS, "#00ff00"),
    )
    return LabelTable(structures=rows)
