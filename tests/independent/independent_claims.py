"""The plain paragraph of the page: what its figures allow researchers to claim, and what not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from hand_drawn_parts import PARTS
from laid_atlas import AFFINE
from measured_heads import SHIPPED

Entry = Mapping[str, Any]


def claims(result: Entry) -> list[str]:
    """Lines of the paragraph, with the figures in it."""
    return [
        f"**You may say** {_outline(result['outlines'])} {_parts(result['hand_drawn_parts'])} "
        f"{_repeats(result['retest'])}",
        "",
        f"**You may not say** {_inside(result)}that a nucleus lies where its label does: but for the red "
        "nucleus nobody drew any, here or on any scan that can be had, all ways on this page lay the same "
        f"atlas, and Eve is one healthy person. {_landmarks(result['landmarks'])} Nor that any of this "
        "holds in patients, children, at other field strengths or below z = −72 mm: all scans are of "
        "adults without gross lesions, and no label goes further down. A border in the right place does "
        "not make a change visible: which changes can be seen is in [measurement](measurement.md), and a "
        "volume that repeats itself need not be right.",
    ]


def _outline(outlines: Entry) -> str:
    ours = _mean(outlines, SHIPPED, "mean_mm")
    people = outlines["by_way"][SHIPPED]
    text = (
        f"that the outer border of the brainstem lies {ours:.2f} mm from where it was drawn by hand (mean "
        f"of {len(people)} people; {_mean(outlines, AFFINE, 'mean_mm'):.2f} by an affine alone)"
    )
    twice = [each["mean_mm"] for each in outlines["drawn_twice"].values()]
    if not twice:
        return f"{text}."
    again = float(np.mean(twice))
    nearer = "no further than" if ours <= again + 0.005 else "further than"
    return (
        f"{text}, {nearer} a second drawing of the same person, from another scan, lies from the first "
        f"({again:.2f} mm, {len(twice)} people)."
    )


def _parts(eve: Entry) -> str:
    ours = eve["by_way"][SHIPPED]
    red = [ours[name] for name in ("RN_L", "RN_R")]
    return (
        "That midbrain, pons and medulla overlap with those drawn on one person by a Dice of "
        f"{_range(ours[part]['dice'] for part in PARTS)}, outside of the cerebellar peduncles, and the red "
        f"nucleus with hers by {_range(each['dice'] for each in red)}: its middle lies "
        f"{_range((each['centres_mm'] for each in red), 1)} mm from where it was drawn, and it has "
        f"{_range(each['ours_mm3'] / each['theirs_mm3'] for each in red)} times that volume."
    )


def _repeats(retest: Entry) -> str:
    ours = retest["by_way"][SHIPPED]
    return (
        f"That volumes of the regions repeat themselves to {_range(ours['regions'].values(), 1)} % (CV) and "
        f"those of nuclei to {ours['median_nucleus']:.1f} % in the median and {ours['worst_nucleus']:.1f} % "
        f"in the worst, in {len(retest['pairs'])} people scanned twice."
    )


def _landmarks(marks: Entry) -> str:
    ours, affine = (np.array(marks["by_way"][way]["mm"]) for way in (SHIPPED, AFFINE))
    return (
        f"Nor that single points of the midbrain are placed better than to about {ours.mean():.1f} mm: so "
        f"far lie {len(ours)} landmarks that experts placed, {affine.mean():.1f} by the affine, of which "
        "some 1 mm is the experts' own."
    )


def _inside(result: Entry) -> str:
    """Words on the inside of the brainstem, unless the warp beats the affine there by 0.1 mm."""
    eve, marks = result["hand_drawn_parts"]["by_way"], result["landmarks"]["by_way"]
    ways = (SHIPPED, AFFINE)
    red = [np.mean([eve[way][name]["surfaces_mm"] for name in ("RN_L", "RN_R")]) for way in ways]
    points = [np.mean(marks[way]["mm"]) for way in ways]
    if red[0] < red[1] - 0.1 and points[0] < points[1] - 0.1:
        return ""
    return (
        "that the warp places what lies inside of the brainstem better than an affine does: what it gains "
        f"is shown at the outer border alone, while the red nucleus' surface is {red[0]:.2f} mm off "
        f"({red[1]:.2f} by the affine) and landmarks {points[0]:.1f} mm ({points[1]:.1f}). Nor "
    )


def _mean(outlines: Entry, way: str, key: str) -> float:
    return float(np.mean([each[key] for each in outlines["by_way"][way].values()]))


def _range(values: Iterable[float], digits: int = 2) -> str:
    known = sorted(f"{value:.{digits}f}" for value in values)
    return known[0] if known[0] == known[-1] else f"{known[0]} to {known[-1]}"
