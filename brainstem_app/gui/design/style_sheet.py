"""Style sheet of a look: ``resources/window/style.qss`` with the design's tokens put in."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from string import Template

from brainstem_app.gui.design.tokens import CARD_RADIUS, COLOURS, RADIUS, SPACE, TYPE_SCALE, Look
from brainstem_app.locations import resource


def part_sheet(look: Look, points: float) -> str:
    """Style sheet of a part of the window that has a look of its own: plain text and ground are said too.

    Qt hands no palette down from a widget with a style sheet to what is put into it later.
    """
    colours = COLOURS[look]
    ground = f"*[design_look], QDialog {{ background: {colours.window}; }}"
    return f"QWidget {{ color: {colours.ink}; }}\n{style_sheet(look, points)}\n{ground}"


@cache
def style_sheet(look: Look, points: float) -> str:
    """Style sheet of a look, for text that is `points` high where it is plain."""
    template = Template(resource("window", "style.qss").read_text(encoding="utf-8"))
    sizes = {kind.value: f"{points * share:.1f}" for kind, share in TYPE_SCALE.items()}
    controls = resource("icons", "controls", look.value).as_posix()
    return template.substitute(
        asdict(COLOURS[look]),
        **sizes,
        controls=controls,
        space=SPACE,
        radius=RADIUS,
        card_radius=CARD_RADIUS,
    )
