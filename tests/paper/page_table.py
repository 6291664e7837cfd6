"""Table 1 beside the paper's, and which differences other seeds and other subjects would show too."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from cell_statistics import Difference, Order, all_pairs, corrected, difference, order_beside
from page_material import Material
from page_text import decoder_name, listed, loss_name, number, p_value, scored, signed, table

from brainstem_app.jobs.many.grids import TABLE_DECODERS, TABLE_LOSSES
from brainstem_app.reports.grid.findings import UNET_TYPE

LOSSES = tuple(reversed(TABLE_LOSSES))
_KIND = {True: "UNet-type", False: "others"}


def tables(material: Material) -> list[str]:
    """Our nuclei; all classes with the paper's."""
    scores = material.scores
    best = {
        d: max((scores[d, x].mean for x in LOSSES if (d, x) in scores), default=0) for d in TABLE_DECODERS
    }
    nuclei = [
        [
            decoder_name(decoder),
            *(
                scored(
                    found := scores.get((decoder, loss)),
                    subjects=True,
                    strong=found is not None and found.mean == best[decoder],
                )
                + _mark(material, decoder, loss)
                for loss in LOSSES
            ),
        ]
        for decoder in TABLE_DECODERS
    ]
    every = [
        [decoder_name(decoder), *(_beside(material, decoder, loss) for loss in LOSSES)]
        for decoder in TABLE_DECODERS
    ]
    head = ["decoder", *map(loss_name, LOSSES)]
    return [
        "### Nuclei",
        "",
        "Mean IoU of the 31 nuclei on the test subjects, mean ± standard deviation over repeats; in "
        "brackets the",
        "95 % interval over the test subjects (bootstrap). Bold: best of its row.",
        "",
        *table(head, nuclei),
        *_by_processor(material),
        *_empty(material),
        *_above_atlas(material),
        "### All classes, beside the paper's",
        "",
        "Mean IoU of all 34 classes, the paper's measure: ours, *the paper's ± half of its 95 % interval*.",
        "",
        *table(head, every),
        *_orders(material),
    ]


def _beside(material: Material, decoder: str, loss: str) -> str:
    ours = material.scores.get((decoder, loss))
    theirs = material.paper.table1[decoder][loss]
    told = f"*{theirs[0]:.3f} ± {theirs[1]:.3f}*" if isinstance(theirs, tuple | list) else ""
    return f"{number(ours.every) if ours else '–'}{_mark(material, decoder, loss)}<br>{told}"


def _mark(material: Material, decoder: str, loss: str) -> str:
    """Mark a combination that no GPU trained."""
    cells = material.table.get((decoder, loss), [])
    return " †" if any(cell.is_by_processor for cell in cells) else ""


def _by_processor(material: Material) -> list[str]:
    """Say what the mark means, and in what such cells differ."""
    devices = {
        cell.record.device for cells in material.table.values() for cell in cells if cell.is_by_processor
    }
    if not devices:
        return []
    return [
        f"†: trained on a processor ({'; '.join(sorted(devices))}), all others by JAX on a GPU. Slices, "
        "their order, batches, settings and the choice of the epoch are the same. The libraries draw other "
        "random numbers from the same seed, so that such a network begins with other weights, as one of "
        "another seed does; and sums are rounded otherwise.",
        "",
    ]


def _empty(material: Material) -> list[str]:
    there = len(material.scores)
    whole = len(TABLE_DECODERS) * len(TABLE_LOSSES)
    repeats = [found.n for found in material.scores.values()]
    counts = {n: repeats.count(n) for n in sorted(set(repeats), reverse=True)}
    told = listed([f"{number} of them {_times(n)}" for n, number in counts.items()])
    missing = [
        f"{decoder_name(decoder)} with {loss_name(loss)}"
        for decoder in TABLE_DECODERS
        for loss in TABLE_LOSSES
        if (decoder, loss) not in material.scores
    ]
    text = f"{there} of {whole} cells were trained, {told}."
    if missing:
        text += f" Time did not reach {listed(missing)}: left empty."
    return [text, ""]


def above_atlas(material: Material) -> tuple[list[str], float | None]:
    """Decoders that are better with DiceCE than the atlas alone, and what that reaches."""
    if not material.decoders:
        return [], None
    baselines = next(iter(material.decoders.values()))[0].record.baselines
    atlas = next((pair[1] for name, pair in baselines.items() if name.startswith("atlas placed")), None)
    ahead = [name for name in material.decoders if material.scores[name, "dicece"].mean > (atlas or 0.0)]
    return ahead, atlas


def _above_atlas(material: Material) -> list[str]:
    ahead, atlas = above_atlas(material)
    if atlas is None:
        return []
    names = f": {listed([decoder_name(name) for name in ahead])}" if ahead else ""
    return [
        f"The atlas, placed by the two affine steps alone, without any network, reaches {number(atlas)} "
        "here. With "
        f"DiceCE {len(ahead)} of {len(material.decoders)} decoders are above it{names}. The model that "
        "ships gets "
        "further by what comes before and after its network ([shipped model](shipped-model.md)).",
        "",
    ]


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def orders(material: Material) -> dict[str, Order | None]:
    """Rank correlation with the paper's order: of all combinations, within each loss, within each decoder."""
    rng = np.random.default_rng(0)
    found = {"all combinations": order_beside(material.table, material.theirs, rng)}
    for loss in LOSSES:
        own = {key: cells for key, cells in material.table.items() if key[1] == loss}
        found[f"decoders with {loss_name(loss)}"] = order_beside(own, material.theirs, rng)
    for decoder in TABLE_DECODERS:
        own = {key: cells for key, cells in material.table.items() if key[0] == decoder}
        found[f"losses of {decoder_name(decoder)}"] = order_beside(own, material.theirs, rng)
    return found


def _orders(material: Material) -> list[str]:
    rows = []
    for name, found in orders(material).items():
        if found is None:
            continue
        over = found.subjects
        interval = "–" if over is None else f"{over.low:.2f} to {over.high:.2f}".replace("-", "−")
        rows.append([name, str(found.n), f"{found.value:.2f}".replace("-", "−"), interval])
    if not rows:
        return []
    return [
        "### The order of the table",
        "",
        "Spearman's rank correlation of our means (all classes) with the paper's; its 95 % interval over "
        "our test",
        "subjects (bootstrap). 1: the same order, 0: none.",
        "",
        *table(["order of", "n", "correlation", "95 % interval"], rows),
        *_decoders_apart(material),
        "![Our mean IoU over the paper's](paper-beside.svg)",
        "",
    ]


def _decoders_apart(material: Material) -> list[str]:
    """Say how much of the common order is that of the losses."""
    found = orders(material)
    every, column = found["all combinations"], found[f"decoders with {loss_name('dicece')}"]
    if every is None or column is None or column.value > every.value / 2:
        return []
    told = f"{column.value:.2f}".replace("-", "−")
    return [
        f"The order that both have ({every.value:.2f}) is that of the losses: with DiceCE, the loss that "
        "both recommend, "
        f"the order of the decoders has next to nothing in common ({told}).",
        "",
    ]


def decoder_pairs(material: Material) -> list[Difference]:
    """Every two decoders with DiceCE, the better first; Holm's method over all of them."""
    return all_pairs(material.decoders, material.noise_between)


def loss_differences(material: Material) -> list[Difference]:
    """DiceCE minus each other loss of each decoder; Holm's method over all of them."""
    found = []
    for decoder, loss in material.table:
        if loss != "dicece" and (decoder, "dicece") in material.table:
            pair = (decoder, "dicece"), (decoder, loss)
            found.append(difference(*pair, material.table, material.noise_of_table))
    return corrected(found)


def statistics(material: Material) -> list[str]:
    """Which decoders and losses differ, beyond seeds and subjects."""
    pairs, losses = decoder_pairs(material), loss_differences(material)
    if not pairs:
        return []
    lines = ["### What differs", "", *_seeds(material)]
    clear = sum(pair.is_clear for pair in pairs)
    lines += [f"{clear} of {len(pairs)} pairs of decoders differ clearly (DiceCE):", ""]
    lines += table(
        ["decoder", "nuclei", "clearly better than", "no clear difference to"],
        [_beaten(material, name, pairs) for name in material.decoders],
    )
    lines += [*_agreement(material, pairs)]
    return lines + _loss_table(losses)


def _seeds(material: Material) -> list[str]:
    """What seeds alone do, and what is called clear."""
    told = [
        f"{noise.deviation:.4f} of the {'UNet-type decoders' if kind else 'others'} "
        f"({_freedom(noise.freedom)}; repeats of {listed(_repeated(material, kind))})"
        for kind, noise in material.noise.items()
        if noise.freedom
    ]
    if not told:
        return []
    table_noise = material.noise_of_table
    repeated = sum(len(cells) > 1 for cells in material.table.values())
    return [
        f"Other seeds alone: the standard deviation over repeats with DiceCE, pooled, is {listed(told)}; "
        "over all "
        f"losses {table_noise.deviation:.3f} ({table_noise.freedom}). Two single networks differ by less "
        "than "
        f"{material.noise[True].limit(1, 1):.3f}, {material.noise[False].limit(1, 1):.4f} and "
        f"{table_noise.limit(1, 1):.3f} in 19 of 20 cases: few repeats make these limits wide (of "
        f"{len(material.table)} combinations {repeated} have any). A difference "
        "is called *clear* if it is larger than the limit for its repeats "
        "(of two kinds of decoder the wider one), and Wilcoxon's signed-rank test over the test subjects "
        "gives "
        "p < .05 after Holm's correction over the family of tests: all pairs of decoders; DiceCE against "
        "every "
        "other loss.",
        "",
    ]


def _freedom(number: int) -> str:
    return f"{number} degree{'s' * (number != 1)} of freedom"


def _repeated(material: Material, is_unet_type: bool) -> list[str]:
    """Decoders of a kind that have repeats with DiceCE."""
    return [
        decoder_name(name)
        for name, cells in material.decoders.items()
        if len(cells) > 1 and (name in UNET_TYPE) == is_unet_type
    ]


def _beaten(material: Material, name: str, pairs: Sequence[Difference]) -> list[str]:
    below = [
        decoder_name(pair.second) for pair in pairs if pair.first == name and pair.is_clear and pair.mean > 0
    ]
    same = [
        decoder_name(pair.second if pair.first == name else pair.first)
        for pair in pairs
        if name in (pair.first, pair.second) and not pair.is_clear
    ]
    return [
        decoder_name(name),
        scored(material.scores[name, "dicece"]),
        ", ".join(below) or "–",
        ", ".join(same) or "–",
    ]


def agreement(material: Material, pairs: Sequence[Difference]) -> tuple[int, int]:
    """Pairs that differ clearly here and, by its intervals, in the paper: in the same direction, all."""
    same = both = 0
    for pair in pairs:
        one, other = (material.paper.table1[name]["dicece"] for name in (pair.first, pair.second))
        if not pair.is_clear or not isinstance(one, tuple) or not isinstance(other, tuple):
            continue
        theirs = one[0] - other[0]
        if abs(theirs) > (one[1] ** 2 + other[1] ** 2) ** 0.5:
            both += 1
            same += (theirs > 0) == (pair.mean > 0)
    return same, both


def _agreement(material: Material, pairs: Sequence[Difference]) -> list[str]:
    same, both = agreement(material, pairs)
    if not both:
        return []
    return [
        f"Of the {both} pairs that differ clearly here and by more than their intervals in the paper, "
        f"{same} do so in "
        "the same direction.",
        "",
    ]


def _loss_table(losses: Sequence[Difference]) -> list[str]:
    if not losses:
        return []
    by_cell = {found.second: found for found in losses}
    names = [loss for loss in LOSSES if loss != "dicece"]
    rows = []
    for decoder in TABLE_DECODERS:
        if any((decoder, loss) in by_cell for loss in names):
            rows.append([decoder_name(decoder), *(_loss_cell(by_cell.get((decoder, x))) for x in names)])
    clear = sum(found.is_clear and found.mean > 0 for found in losses)
    worse = [found for found in losses if found.is_clear and found.mean < 0]
    text = f"DiceCE is clearly better in {clear} of {len(losses)} comparisons with another loss"
    text += f", clearly worse in {len(worse)}" if worse else ", clearly worse in none"
    return [
        f"{text}. DiceCE minus the other loss, nuclei; p over subjects (Holm); bold: clear.",
        "",
        *table(["decoder", *(f"− {loss_name(x)}" for x in names)], rows),
    ]


def _loss_cell(found: Difference | None) -> str:
    if found is None:
        return "–"
    text = signed(found.mean)
    return f"**{text}**, p {p_value(found.p)}" if found.is_clear else f"{text}, p {p_value(found.p)}"


def kinds(material: Material) -> dict[str, float]:
    """Mean of the nuclei with DiceCE, of the UNet-type decoders and of the others."""
    found: dict[str, list[float]] = {}
    for decoder in material.decoders:
        found.setdefault(_KIND[decoder in UNET_TYPE], []).append(material.scores[decoder, "dicece"].mean)
    return {name: float(np.mean(values)) for name, values in found.items()}
