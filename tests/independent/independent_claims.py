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
        "**You may not say** that a nucleus lies where its label does, but for the red nucleus: nobody "
        "drew the others, here or on any scan that can be had, and all ways on this page lay the same "
        "atlas. Nor that the red nucleus is as near in others as in Eve, who is one healthy person. "
        f"{_landmarks(result['landmarks'])} Nor that any of this holds in patients, children, at other "
        "fields or below z = −72 mm: all scans are of adults without gross lesions, and no label goes "
        "further down. A border in the right place does not make a change visible: which changes can be "
        "seen is in [measurement](measurement.md), and a volume that repeats itself need not be right.",
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


def _mean(outlines: Entry, way: str, key: str) -> float:
    return float(np.mean([each[key] for each in outlines["by_way"][way].values()]))


def _range(values: Iterable[float], digits: int = 2) -> str:
    known = sorted(f"{value:.{digits}f}" for value in values)
    return known[0] if known[0] == known[-1] else f"{known[0]} to {known[-1]}"
