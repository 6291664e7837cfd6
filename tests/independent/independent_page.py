"""The page of what is not our own truth: tables, and before them where others are better."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ants_fields import REGION, WHOLE
from hand_drawn_parts import COMPARED, NUCLEI, PARTS
from laid_atlas import AFFINE, WAYS
from landmarks import TEMPLATE, UNREGISTERED
from measured_heads import SHIPPED

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """One figure of every way, on the same scans or points.

    Attributes
    ----------
    name : str
    of : dict of str to dict of str to float
        By way, and by scan or point.
    higher_is_better : bool
    unit : str
    """

    name: str
    of: Mapping[str, Mapping[str, float]]
    higher_is_better: bool = False
    unit: str = " mm"

    def against(self, other: str) -> tuple[float, float, int] | None:
        """Means of the shipped way and of another one, over what both have; None if nothing."""
        if other not in self.of:
            return None
        both = [key for key in self.of[SHIPPED] if key in self.of[other]]
        if not both:
            return None
        ours, theirs = (float(np.mean([self.of[way][key] for key in both])) for way in (SHIPPED, other))
        return ours, theirs, len(both)

    def is_worse(self, other: str) -> bool:
        """Whether the shipped way is worse than another one, by two decimals."""
        pair = self.against(other)
        if pair is None:
            return False
        ours, theirs = (round(value, 2) for value in pair[:2])
        return ours < theirs if self.higher_is_better else ours > theirs


def figures(result: Entry) -> list[Figure]:
    """Every figure in which ways are compared."""
    outlines, eve = result["outlines"]["by_way"], result["hand_drawn_parts"]["by_way"]
    found = [
        Figure("outline: distance of the border", _column(outlines, "mean_mm")),
        Figure("outline: Dice in the shared field", _column(outlines, "dice_shared"), True, ""),
    ]
    for part in COMPARED:
        found.append(Figure(f"{_title(part)}: Dice", _one(eve, part, "dice"), True, ""))
        found.append(Figure(f"{_title(part)}: distance of surfaces", _one(eve, part, "surfaces_mm")))
    marks = result["landmarks"]
    of = {way: dict(zip(marks["names"], each["mm"], strict=True)) for way, each in marks["by_way"].items()}
    return [*found, Figure("landmarks: distance", of)]


def _column(by_way: Entry, key: str) -> dict[str, dict[str, float]]:
    return {way: {scan: each[key] for scan, each in scans.items()} for way, scans in by_way.items()}


def _one(by_way: Entry, part: str, key: str) -> dict[str, dict[str, float]]:
    return {way: {"Eve": parts[part][key]} for way, parts in by_way.items()}


def page(result: Entry, claims: Sequence[str]) -> list[str]:
    """Lines of the page."""
    model = result["model"]
    return [
        "# Held against truth that is not our own",
        "",
        f"{result['date']}, {result['machine']}. Written by `tests/independent/write_independent.py`, the "
        f"figures beside it as JSON; model `{model['name']}` {model['version']}. None of these scans was "
        "used to choose anything but one pair of rescans (1003/1023). How it was measured stands at the "
        "end.",
        "",
        "## Where others are better",
        "",
        *_worse(figures(result)),
        "",
        "## What these figures allow you to claim",
        "",
        *claims,
        "",
        "## The outline of the brainstem, drawn by hand",
        "",
        *_outlines(result["outlines"]),
        "",
        "## Midbrain, pons, medulla and red nucleus, drawn by hand on one person",
        "",
        *_parts(result["hand_drawn_parts"]),
        "",
        "## Landmarks placed by experts",
        "",
        *_landmarks(result["landmarks"]),
        "",
        "## People scanned twice",
        "",
        *_retest(result["retest"], result["outlines"]["drawn_twice"]),
        "",
        "## How it was measured",
        "",
        *_method(result),
        "",
    ]


def _worse(found: list[Figure]) -> Iterator[str]:
    for other in (way for way in WAYS if way != SHIPPED):
        known = [figure for figure in found if figure.against(other) is not None]
        worse = [figure for figure in known if figure.is_worse(other)]
        yield f"**Than {_way(other)}** in {len(worse)} of {len(known)} figures" + (":" if worse else ".")
        yield ""
        yield from (_told(figure, other) for figure in worse)
        if worse:
            yield ""
    yield "Two figures are the same here if they are to two decimals; spread and number are in the tables."


def _told(figure: Figure, other: str) -> str:
    pair = figure.against(other)
    assert pair is not None
    ours, theirs, n = pair
    return f"- {figure.name}: {ours:.2f} against {theirs:.2f}{figure.unit} (n = {n})"


def _outlines(outlines: Entry) -> Iterator[str]:
    head = (
        *("", "border, mean (mm)", "border, 95 % (mm)", "beyond the drawn one (mm)"),
        *("Dice, all", "Dice, without 61/62", "Dice, shared field", "volume, ours / drawn", "people"),
    )
    keys = ("mean_mm", "p95_mm", "deep_mm", "dice", "dice_below", "dice_shared", "volume_ratio")
    rows = []
    for way in (way for way in WAYS if way in outlines["by_way"]):
        scans = list(outlines["by_way"][way].values())
        rows.append((_way(way), *(spread([each[key] for each in scans]) for key in keys), str(len(scans))))
    twice = list(outlines["drawn_twice"].values())
    if twice:
        cells = (spread([each[key] for each in twice]) for key in keys)
        rows.append(("*the same person, drawn again*", *cells, str(len(twice))))
    yield from table(head, rows)
    yield ""
    yield "Mean ± standard deviation over people, one scan each."
    freesurfer = outlines["freesurfer"]
    yield ""
    if freesurfer is None:
        yield (
            "**FreeSurfer:** no scan here comes with its label. Who has some gives `--freesurfer FOLDER` "
            "(`SUBJECT/mri/aseg.mgz` and `orig.mgz`), and a table of the same form stands here."
        )
        return
    yield f"**Against FreeSurfer's `aseg`** (people: {len(freesurfer['people'])}):"
    yield ""
    rows = [
        (_way(way), *(spread([each[key] for each in scans.values()]) for key in keys), str(len(scans)))
        for way, scans in freesurfer["by_way"].items()
    ]
    yield from table(head, rows)


def _parts(result: Entry) -> Iterator[str]:
    eve = result["by_way"]
    ways = [way for way in WAYS if way in eve]
    for key, title in (("dice", "Dice"), ("surfaces_mm", "mean distance of surfaces, mm")):
        head = (title, *(_way(way) for way in ways))
        rows = [(_title(part), *(f"{eve[way][part][key]:.2f}" for way in ways)) for part in COMPARED]
        yield from table(head, rows)
        yield ""
    head = ("as shipped", "ours (mm³)", "drawn (mm³)", "ours / drawn", "centre: right, front, up (mm)")
    rows = []
    for part in (*PARTS, *NUCLEI):
        each = eve[SHIPPED][part]
        offset = ", ".join(signed(value) for value in each["centre_offset_mm"])
        ours, theirs = each["ours_mm3"], each["theirs_mm3"]
        rows.append((_title(part), f"{ours:.0f}", f"{theirs:.0f}", f"{ours / theirs:.2f}", offset))
    yield from table(head, rows)
    agree = 100 * eve[SHIPPED]["where both have a part"]["agree"]
    yield ""
    yield (
        f"n = 1 person, so there is no spread. Where both say midbrain, pons or medulla, {agree:.1f} % of "
        "the voxels agree: the rest is where a part ends. Her parts end at horizontal planes, ours at "
        "planes that rise by 21° to the rear; the front of her pons belongs to her middle peduncle, which "
        "is left out, and what lies between her tracts to nobody; her midbrain reaches further along the "
        "cerebral peduncle than ours. Volumes of the nuclei are those of the report (from the warp), those "
        "of parts are counted in the shared field."
    )
    yield ""
    sides = list(result["nigra_label"].values())
    near, far = (
        " and ".join(f"{side[nucleus]:.1f}" for side in sides)
        for nucleus in ("subthalamic nucleus", "substantia nigra")
    )
    yield (
        "**The nigra cannot be compared.** The middle of what her table calls substantia nigra lies, "
        f"carried to the atlas, {near} mm (left and right) from the middle of the subthalamic nucleus of "
        f"CIT168 and {far} mm from that of its nigra: it is another nucleus, or was drawn elsewhere. All "
        "ways say so alike. So no scan here has a nigra drawn by hand."
    )


def _landmarks(marks: Entry) -> Iterator[str]:
    order = [way for way in (UNREGISTERED, *WAYS) if way in marks["by_way"]]
    head = ("distance, mm", *(_way(way) for way in order))
    rows = [
        (name, *(f"{marks['by_way'][way]['mm'][k]:.2f}" for way in order))
        for k, name in enumerate(marks["names"])
    ]
    n = len(marks["names"])
    rows.append((f"**mean ± SD (n = {n})**", *(spread(marks["by_way"][way]["mm"]) for way in order)))
    without = (spread(marks["by_way"][way]["without_shift_mm"]) for way in order)
    rows.append(("mean ± SD without their mean shift", *without))
    shifts = (", ".join(signed(value) for value in marks["by_way"][way]["mean_shift_mm"]) for way in order)
    rows.append(("mean shift: right, front, up", *shifts))
    header = marks["by_the_header_of_the_file"]
    cells = (spread(header[way]["mm"]) if way in header else "–" for way in order)
    rows.append(("mean ± SD by the origin in MRIcron's header", *cells))
    yield from table(head, rows)
    yield ""
    others = "; ".join(
        f"{name} {spread(each['mm'])} mm, mean shift {', '.join(signed(v) for v in each['mean_shift_mm'])}"
        for name, each in marks["other_templates"].items()
    )
    yield (
        "PMJ: pontomesencephalic junction; LMS: lateral mesencephalic sulcus; R, L: right, left. The mean "
        "shift is nearly the same by every way, so it is of landmarks or templates and not of a "
        "registration; what is left without it is what experts differ by. Held against the landmarks on "
        f"{TEMPLATE}. Experts do not place them alike: on 132 images one lies 0.7 to 1.1 mm (median) from "
        "what several agree on at these landmarks (AFIDs' data release, Taha et al. 2023), and both ends "
        "of each distance here have that error. How far apart templates are at the same landmarks (from "
        f"{TEMPLATE}): {others}. No image of {TEMPLATE} is here; at the superior pontine notch, the one "
        "landmark that our atlas's recipe has too, the recipe's point on our template and the experts' on "
        "theirs are 1.1 mm apart (0.7 mm in front, 0.9 mm above)."
    )


def _retest(retest: Entry, drawn_twice: Entry) -> Iterator[str]:
    rows = [
        (
            _way(way),
            f"{each['median_nucleus']:.1f} / {each['worst_nucleus']:.1f}",
            *(f"{value:.1f}" for value in each["regions"].values()),
        )
        for way, each in retest["by_way"].items()
    ]
    head = (
        "CV over rescans (%)",
        "nuclei, median / worst",
        *next(iter(retest["by_way"].values()))["regions"],
    )
    yield from table(head, rows)
    yield ""
    by_hand = [100 * abs(np.log(each["whole_volume_ratio"])) / np.sqrt(2) for each in drawn_twice.values()]
    drawn = (
        f" Of the brainstem drawn by hand in the same scans it is {spread(by_hand, 1)} %." if by_hand else ""
    )
    yield (
        f"n = {len(retest['pairs'])} people ({', '.join(retest['pairs'])}), from "
        f"[measurement](measurement.md), model `{retest['model']['name']}` {retest['model']['version']}; "
        "each nucleus and region is there, with heads that were moved by script, of which there are "
        f"more.{drawn} The affine sees nothing, so it repeats itself: what repeats need not be right."
    )


def _method(result: Entry) -> Iterator[str]:
    costs = "; ".join(
        f"{_way(way)} {np.mean(list(seconds.values())):.0f} ({len(seconds)} scans)"
        for way, seconds in result["cpu_s"].items()
    )
    yield (
        "- *Outlines*: label 35 of the MICCAI 2012 protocol (Neuromorphometrics) on OASIS scans, one a "
        "person. *Border*: distance of each drawn voxel face between brainstem and fluid (or the outside) "
        "from the surface of our brainstem, found between voxels of 0.5 mm, between z = −68 and −6 mm of "
        "the template; *beyond*: its mean with sign, above 0 where ours is the larger one. "
        "[Measurement](measurement.md) takes the same distance in steps of half a millimetre, 0.25 mm at "
        "least, so its figure is larger. The protocol leaves out the middle cerebellar peduncles and "
        "counts peduncles, nigra and red nucleus to the ventral diencephalon (61/62): Dice is given with "
        "all, without 61/62, and also without the cerebellum's white matter (40/41), where the peduncles "
        "are. A field that the drawing itself bounds flatters every way alike: compare rows. *Drawn "
        "again*: the second scan's drawing brought to the first by a rigid registration (SimpleITK), so it "
        "holds that registration's error too."
    )
    yield (
        "- *Parts*: Eve (Oishi et al. 2009, Type II). Midbrain with peduncles, red nucleus and nigra; pons "
        "with its crossing tract; corticospinal tract and medial lemniscus given to the nearest part; "
        "cerebellum and its peduncles left out on both sides; the same heights. The red nucleus is "
        "whole, on her own grid."
    )
    yield (
        "- *Landmarks*: AFIDs (Lau et al. 2019) of the midbrain that both tables have. On MRIcron's copy "
        "of Colin27 they lie 1.4 mm below and behind what they are named after; by the origin of MNI's own "
        "file, (−90, −126, −72), which is used here, they lie on it. That was seen on the scan before "
        "anything was measured; the other reading is in the table."
    )
    yield (
        f"- *ANTs* (antspyx 0.6.3, an environment of its own): **{_way(REGION)}** begins at this program's "
        f"affine, then its own affine and SyN by local correlation in the region; **{_way(WHOLE)}** gets "
        "the scan without its skull and the template, nothing else of ours: N4, "
        "`antsRegistrationSyNQuick[s]`. Both lay the same atlas, so they show registration, not another "
        f"atlas. CPU-seconds a scan: {costs}."
    )
    yield (
        "- *Known truth first*: each script was built on a simulated head (`write_simulated.py`) and the "
        "pair 1003/1023; the other scans were measured when it was done."
    )


def spread(values: Iterable[float], digits: int = 2) -> str:
    """Mean ± standard deviation."""
    known = np.array(list(values), dtype=float)
    deviation = f" ± {known.std(ddof=1):.{digits}f}" if len(known) > 1 else ""
    return f"{known.mean():.{digits}f}{deviation}".replace("-", "−")


def signed(value: float) -> str:
    """Return a number with its sign, to one decimal."""
    return f"{value:+.1f}".replace("-", "−")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Lines of a Markdown table."""
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _way(way: str) -> str:
    names = {AFFINE: "affine alone", REGION: "ANTs around the brainstem", WHOLE: "ANTs on the whole brain"}
    return names.get(way, way)


def _title(part: str) -> str:
    names = {"RN": "red nucleus", "SN": "substantia nigra"}
    kind, _, side = part.partition("_")
    return f"{names[kind]}, {'left' if side == 'L' else 'right'}" if side else part
