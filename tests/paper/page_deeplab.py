"""Why DeepLabV3 is where it is: what was changed of it, and what its map can hold at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cell_statistics import Difference, corrected, difference, score
from kept_cells import VARIANT, Kept
from page_material import Material
from page_text import decoder_name, listed, number, p_value, scored, setting_lines, signed, table
from plans import CHIEF

#: What `map_capacity.py` found.
CAPACITY_FILE = Path(__file__).resolve().parent / "map_capacity.json"
#: Dilations of the pyramid, `kerasmodels.decoders.atrous_pyramid.RATES`, which loads Keras.
RATES = (12, 24, 36)
#: How many times smaller than the slice the map is from which a pyramid reads the labels.
_STRIDES = {"pspnet": 8, "deeplabv3": 8, "fpn": 4, "deeplabv3plus": 4}
_PAPERS_SIZE, _BOX_MM = 224, 50
#: What was changed of DeepLabV3, in words.
_CHANGES = {
    "input.size": "slices of {} pixels",
    "epochs": "{} epochs",
    "batch_size": "{} slices a step",
    "variant": "{}",
}
_NOT_REACHED = (
    "The trainings that would tell (size of the slices, epochs, slices a step, other dilations, another "
    "stride, no dropout: `plans.py`, `variants.py`) were **not reached**; so there is no answer by "
    "experiment."
)
_VARIANTS = {
    "rates-1-2-3": "dilations 1, 2, 3 instead of 12, 24, 36",
    "rates-3-6-9": "dilations 3, 6, 9",
    "rates-6-12-18": "dilations 6, 12, 18",
    "stride-16": "its map at stride 16 instead of 8",
    "no-dropout": "no dropout after the pyramid",
}


def deeplab_changed(material: Material) -> tuple[Material, dict[tuple[str, Any], list[Kept]]]:
    """Setting at which one thing of DeepLabV3 was changed at a time, and its cells by change."""
    own = material.where(*_CHANGES, decoder="deeplabv3")
    found: dict[tuple[str, Any], list[Kept]] = {}
    for name in _CHANGES:
        for cell in own.changed(name):
            if cell.decoder == "deeplabv3":
                found.setdefault((name, cell.changes[name]), []).append(cell)
    return own, found


def deeplab_section(material: Material) -> list[str]:
    """What its map can hold, what was changed of it one thing at a time, and the answer."""
    if "deeplabv3" not in material.decoders:
        return []
    own, groups = deeplab_changed(material)
    return [
        "## Why DeepLabV3 is not the best here",
        "",
        *_shapes(material),
        *(_experiments(own, groups) if groups else [_NOT_REACHED, ""]),
        *_gaps(material),
    ]


def _gaps(material: Material) -> list[str]:
    """How far it is behind the best decoder by the side of its map, where there is more than one setting."""
    parts = []
    for own in filter(None, (material.small, material)):
        if "deeplabv3" not in own.decoders:
            continue
        side = own.chosen.size // _STRIDES["deeplabv3"]
        best = next(iter(own.decoders))
        mine, first = (own.scores[name, "dicece"].mean for name in ("deeplabv3", best))
        parts.append(
            f"{number(first - mine)} behind {decoder_name(best)} at {own.chosen.size} pixels "
            f"({number(mine)} from a map of {side} × {side})"
        )
    lines = (
        [f"At both settings, which differ in epochs too, it is {listed(parts)}.", ""]
        if len(parts) > 1
        else []
    )
    return lines + _at_papers_size(material)


def _at_papers_size(material: Material) -> list[str]:
    """How far it is behind in the paper's own setting, and what that setting gives others."""
    own = {decoder: score(cells) for decoder, cells in material.papers_setting.items()}
    if "deeplabv3" not in own or len(own) < 2:
        return []
    best = max(own, key=lambda decoder: own[decoder].mean)
    side = _PAPERS_SIZE // _STRIDES["deeplabv3"]
    gap = own[best].mean - own["deeplabv3"].mean
    first = next(iter(material.decoders))
    table_gap = material.scores[first, "dicece"].mean - material.scores["deeplabv3", "dicece"].mean
    gains = {
        decoder: own[decoder].mean - material.scores[decoder, "dicece"].mean
        for decoder in CHIEF
        if decoder in own and (decoder, "dicece") in material.scores
    }
    told = [f"{decoder_name(decoder)} {signed(gain)}" for decoder, gain in gains.items()]
    place = f"{number(gap)} behind {decoder_name(best)}" if gap > 0 else "the best"
    text = (
        f"In the paper's own setting (a map of {side} × {side}) it is {place}. From the setting of Table 1 "
        f"to the paper's: {listed(told)}."
    )
    if gap < table_gap / 2 and gains["deeplabv3"] == max(gains.values()):
        text += (
            " So **its place in Table 1 fits the small slices**: the paper's setting lifts it most. That is "
            "no proof: learning rate, schedule and batches are others there too, the rate of Table 1 was "
            "chosen with FPN, and each is one network"
            + (", DeepLabV3's trained on a processor in 16 bits." if _is_in_16_bits(material) else ".")
        )
    return [text, ""]


def _is_in_16_bits(material: Material) -> bool:
    cells = material.papers_setting["deeplabv3"]
    return any(cell.is_by_processor and cell.settings["precision"] != "float32" for cell in cells)


def _experiments(material: Material, groups: dict[tuple[str, Any], list[Kept]]) -> list[str]:
    """Table of changes, beside what the same does to others, and what follows."""
    best = next(iter(material.decoders))
    own, first = (material.scores[name, "dicece"].mean for name in ("deeplabv3", best))
    every = {("base", ""): material.decoders["deeplabv3"], **groups}
    pairs = corrected([difference(key, ("base", ""), every, material.seeds_limit) for key in groups])
    rows = []
    for pair in pairs:
        same = [_same_change(material, decoder, *pair.first) for decoder in ("fpn", "n_deconet")]
        others = ["–" if change is None else signed(change) for change in same]
        told = f"**{signed(pair.mean)}**" if pair.is_clear else signed(pair.mean)
        rows.append(
            [change_words(*pair.first), scored(score(groups[pair.first])), told, p_value(pair.p), *others]
        )
    lines = [
        *setting_lines(material),
        f"DeepLabV3 unchanged reaches {number(own)} here, {decoder_name(best)} {number(first)}: a gap of "
        f"{first - own:.3f}. One thing was changed at a time (nuclei; bold: clear; p over subjects, Holm), "
        "and the same of others where they have it:",
        "",
        *table(["DeepLabV3 with", "nuclei", "change", "p", "FPN", "N-DecoNet"], rows),
    ]
    if material.with_base("input.size", CHIEF):
        lines += ["![Nuclei over the size of the slices](paper-sizes.svg)", ""]
    return [*lines, answer(material, pairs, first - own), ""]


def _shapes(material: Material) -> list[str]:
    """What the table, the shapes of the maps and what they can hold say."""
    side, theirs = (size // _STRIDES["deeplabv3"] for size in (material.chosen.size, _PAPERS_SIZE))
    blind, theirs_blind = (sum(rate >= width for rate in RATES) for width in (side, theirs))
    coarse, fine = (
        [
            f"{decoder_name(d)} {number(material.scores[d, 'dicece'].mean)}"
            for d in material.decoders
            if _STRIDES.get(d) == stride
        ]
        for stride in (8, 4)
    )
    return [
        f"DeepLabV3 reaches {number(material.scores['deeplabv3', 'dicece'].mean)} (nuclei) in Table 1.",
        "",
        f"- At {material.chosen.size} pixels the map that its pyramid sees has {side} × {side} values. Of "
        f"the dilations {listed([str(rate) for rate in RATES])}, {blind} are as wide as the map or wider: "
        "all places of such a kernel but its middle lie on padding, and it is a 1 × 1 convolution. At the "
        f"paper's {_PAPERS_SIZE} pixels ({theirs} × {theirs}) that is so of {theirs_blind}.",
        f"- A value of that map stands for {_BOX_MM / side:.1f} mm here, for {_BOX_MM / theirs:.1f} mm in "
        f"the paper. Pyramids that read labels from a map of stride 8: {listed(coarse)}; of stride 4: "
        f"{listed(fine)}.",
        *_capacity_lines(),
        "",
    ]


def capacity() -> dict[int, float]:
    """What maps hold of the nuclei's labels at least, mean IoU by their side; nothing if not measured."""
    if not CAPACITY_FILE.exists():
        return {}
    found: dict[str, float] = json.loads(CAPACITY_FILE.read_text(encoding="utf-8"))["sides"]
    return {int(side): value for side, value in found.items()}


def _capacity_lines() -> list[str]:
    told = listed([f"{side} × {side} {number(value)}" for side, value in capacity().items()])
    if not told:
        return []
    return [
        "- What maps can hold at least, without any network (`map_capacity.py`: free logits fitted to the "
        "reference of the validation subjects, enlarged as DeepLabV3 enlarges its own; nuclei): "
        f"{told}. So a network that reads labels from so small a map is kept from better ones by what it "
        "learns, not by what the map can hold."
    ]


def _same_change(material: Material, decoder: str, name: str, value: Any) -> float | None:
    """What the same change does to another decoder, if it was tried."""
    own = [c for c in material.changed(name) if c.decoder == decoder and c.changes[name] == value]
    if not own or (decoder, "dicece") not in material.scores:
        return None
    return score(own).mean - material.scores[decoder, "dicece"].mean


def change_words(name: str, value: Any) -> str:
    """Say what was changed."""
    if name == VARIANT:
        return _VARIANTS.get(str(value), str(value))
    return _CHANGES[name].format(value)


def _of_gap(material: Material, pair: Difference, gap: float) -> str:
    """Say how much of the gap to the best decoder a change closes, where that was changed likewise."""
    best = next(iter(material.decoders))
    own = _same_change(material, best, *pair.first)
    if own is None:
        return f"; {decoder_name(best)} was not changed so"
    closed = pair.mean - own
    return f"; {decoder_name(best)} {signed(own)}, so that the gap closes by {100 * closed / gap:.0f} %"


def answer(material: Material, pairs: Sequence[Difference], gap: float) -> str:
    """Say which changes explain the gap: those that are clear, by how much of it, and those that are not."""
    helps = sorted((p for p in pairs if p.is_clear and p.mean > 0), key=lambda p: -p.mean)
    harms = [p for p in pairs if p.is_clear and p.mean < 0]
    same = [p for p in pairs if not p.is_clear]
    parts = []
    if gap <= 0:
        parts.append("**Answer.** There is nothing to explain: here too it is the best.")
    elif helps:
        told = [f"{change_words(*p.first)} ({signed(p.mean)}{_of_gap(material, p, gap)})" for p in helps]
        parts.append(f"**Answer.** What makes it clearly better: {listed(told)}.")
    else:
        parts.append("**Answer.** None of these makes it clearly better.")
    if harms:
        parts.append(
            f"Clearly worse: {listed([change_words(*p.first) + f' ({signed(p.mean)})' for p in harms])}."
        )
    if same:
        parts.append(f"No clear change: {listed([change_words(*p.first) for p in same])}.")
    own = material.papers_setting
    if "deeplabv3" in own and len(own) > 1:
        order = sorted(own, key=lambda d: -score(own[d]).mean)
        place = order.index("deeplabv3") + 1
        parts.append(
            f"In the paper's own setting it takes place {place} of {len(order)} "
            f"({number(score(own['deeplabv3']).mean)}; first {decoder_name(order[0])}, "
            f"{number(score(own[order[0]]).mean)})."
        )
    return " ".join(parts)
