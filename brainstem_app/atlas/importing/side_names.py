"""Which side a structure's name says it lies on, and the name as this program writes it."""

from __future__ import annotations

import re

from brainstem_app.atlas.label_table import Side

_SIDES = {"l": Side.LEFT, "lh": Side.LEFT, "left": Side.LEFT, "r": Side.RIGHT, "rh": Side.RIGHT}
_SIDES["right"] = Side.RIGHT
_AT_END = re.compile(r"^(?P<rest>.+?)[\s_.-]+\(?(?:hemi-)?(?P<side>l|r|lh|rh|left|right)\)?$", re.I)
_AT_START = re.compile(r"^(?:hemi-)?(?P<side>l|r|lh|rh|left|right)[\s_.-]+(?P<rest>.+)$", re.I)
_ODD = re.compile(r"[^\w]+")


def split_side(name: str) -> tuple[str, Side | None]:
    """Split a name such as ``CnF_l``, ``Left-PAG`` or ``RN, right`` into the structure and its side.

    Returns
    -------
    name : str
        Letters, digits and ``_`` only.
    side : Side or None
        None where the name says none.
    """
    plain = name.strip().replace(",", " ")
    for pattern in (_AT_END, _AT_START):
        found = pattern.match(plain)
        if found:
            return _tidy(found["rest"]), _SIDES[found["side"].lower()]
    return _tidy(plain), None


def with_side(name: str, side: Side | None) -> str:
    """Name of a structure in a label table: ending in ``_L`` or ``_R`` where it has a side."""
    return name + {Side.LEFT: "_L", Side.RIGHT: "_R"}.get(side or Side.MIDLINE, "")


def _tidy(name: str) -> str:
    return _ODD.sub("_", name).strip("_")
