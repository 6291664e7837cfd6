"""Write the small pictures of check boxes and arrows in the colours of each look, from the line icons beside.

``python resources/icons/colour_controls.py``: a style sheet can only name a file, and not the colour of its lines.
"""

from __future__ import annotations

from pathlib import Path

from brainstem_app.gui.design.tokens import COLOURS

HERE = Path(__file__).resolve().parent
#: Which colour of the look each has.
TONES = {
    "check": "on_accent",
    "minus": "on_accent",
    "chevron-down": "soft",
    "chevron-right": "soft",
    "chevron-up": "soft",
    "x": "soft",
}


def coloured(name: str, colour: str) -> str:
    """Text of a line icon in a colour."""
    return (HERE / "lines" / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)


def main() -> None:
    """Write the files below ``controls/``."""
    for look, colours in COLOURS.items():
        folder = HERE / "controls" / look.value
        folder.mkdir(parents=True, exist_ok=True)
        for name, tone in TONES.items():
            (folder / f"{name}.svg").write_text(coloured(name, getattr(colours, tone)), encoding="utf-8")


if __name__ == "__main__":
    main()
