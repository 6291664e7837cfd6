"""Colours, type scale and spaces of the window; the colours are those of the reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

#: All spaces are multiples of this, in pixels; half of it stands between what belongs closely together.
SPACE = 8
HALF = SPACE // 2
RADIUS = 6
CARD_RADIUS = 8
ICON = 16
#: Height of a button or field, and of the one button of a page that stands out.
CONTROL_HEIGHT, PRIMARY_HEIGHT = 28, 34


class Look(StrEnum):
    """Light or dark."""

    LIGHT = "light"
    DARK = "dark"


class Type(StrEnum):
    """Sizes of text, as shares of the system's own size in `TYPE_SCALE`."""

    TITLE = "title"
    HEADING = "heading"
    BODY = "body"
    SMALL = "small"


TYPE_SCALE = {Type.TITLE: 1.45, Type.HEADING: 1.12, Type.BODY: 1.0, Type.SMALL: 0.88}


@dataclass(frozen=True)
class Colours:
    """Colours of one look, as ``#rrggbb``.

    The first group has the names and values of the variables of ``resources/report/style.css``; the second
    is what a window needs besides.

    Attributes
    ----------
    paper, panel : str
        What is written on, and what sets a part of it off.
    ink, soft, line : str
        Text, text beside the matter, lines that part.
    accent, bar : str
        What can be pressed or is chosen; bars in tables.
    good, fair, poor : str
        Judgements; `fair` asks for a second look, `poor` is an error.
    warn_bg, warn_line, error_bg, info_bg : str
        Grounds of messages, and the line beside a warning.
    window, card : str
        Ground of the window, and of the cards and fields on it.
    edge : str
        Frame of fields, buttons and boxes: seen without being looked for.
    hover, select : str
        Ground under the pointer, and of what is chosen.
    on_accent, accent_hover : str
        Text on the accent, and the accent under the pointer.
    disabled : str
        Text of what cannot be used now.
    """

    paper: str
    panel: str
    ink: str
    soft: str
    line: str
    accent: str
    bar: str
    good: str
    fair: str
    poor: str
    warn_bg: str
    warn_line: str
    error_bg: str
    info_bg: str
    window: str
    card: str
    edge: str
    hover: str
    select: str
    on_accent: str
    accent_hover: str
    disabled: str


LIGHT = Colours(
    paper="#ffffff",
    panel="#f5f7f9",
    ink="#17202a",
    soft="#56636f",
    line="#d9e0e6",
    accent="#0b6b8a",
    bar="#8cc4d6",
    good="#1d7a46",
    fair="#9a6500",
    poor="#b3261e",
    warn_bg="#fff6e0",
    warn_line="#e0a100",
    error_bg="#fdeceb",
    info_bg="#eaf4f8",
    window="#f5f7f9",
    card="#ffffff",
    edge="#84919c",
    hover="#e9eff3",
    select="#d3e8ef",
    on_accent="#ffffff",
    accent_hover="#095972",
    disabled="#8b97a2",
)
DARK = Colours(
    paper="#12171c",
    panel="#1b2229",
    ink="#e7ecf0",
    soft="#a0adb8",
    line="#313c46",
    accent="#6cc3de",
    bar="#2f6f84",
    good="#62c98d",
    fair="#e5b04a",
    poor="#f28b82",
    warn_bg="#302810",
    warn_line="#c79a1e",
    error_bg="#3a1a18",
    info_bg="#14303a",
    window="#12171c",
    card="#1b2229",
    edge="#6b7a87",
    hover="#26303a",
    select="#1a3f4d",
    on_accent="#12171c",
    accent_hover="#8dd3e8",
    disabled="#6d7a86",
)
COLOURS = {Look.LIGHT: LIGHT, Look.DARK: DARK}
#: Text on any colour of a scale: the one of the two that is told from it better.
BLACK, WHITE = "#000000", "#ffffff"


def luminance(colour: str) -> float:
    """Relative luminance of a colour ``#rrggbb``, 0…1 (WCAG 2.2)."""
    parts = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, 1…21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def text_on(ground: str) -> str:
    """Black or white, whichever is read better on a colour."""
    return max((BLACK, WHITE), key=lambda colour: contrast(colour, ground))


#: Rulers on slices, and the one that is chosen: seen on black, white and labels.
RULER, RULER_CHOSEN = "#7fe3ff", "#ffd94a"

#: Lines of plots, in the order of ``axes.prop_cycle`` in ``resources/report/chart.mplstyle``.
CYCLE = (
    "#2f7fc1",
    "#d9822b",
    "#2f9e5f",
    "#c2417c",
    "#7a5cc9",
    "#a08a00",
    "#c8452f",
    "#1a9aa8",
    "#8a6d5a",
    "#6f7b86",
)
