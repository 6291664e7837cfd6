"""Table 1 beside the paper's, and which differences other seeds and other subjects would show too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from cell_statistics import (
    Difference,
    Order,
    SeedNoise,
    all_pairs,
    corrected,
    difference,
    order_beside,
    seeds_limit,
)
from kept_cells import Counted, Kept
from page_material import PAPERS_REPEATS, Material
from page_text import decoder_name, listed, loss_name, number, p_value, plain, scored, signed, table

from brainstem_app.jobs.many.grids import TABLE_DECODERS, TABLE_LOSSES
from brainstem_app.reports.grid.findings import UNET_TYPE

LOSSES = tuple(reversed(TABLE_LOSSES))
_KIND = {True: "UNet-type", False: "others"}
#: A network that has no voxel right of more nuclei than this has not learned them.
_UNLEARNED = 15
_ATLAS = "the atlas alone"


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
        *_not_learned(material),
        *_empty(material),
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
    """Mark a combination that no GPU trained, and one that has not learned most nuclei."""
    cells = material.table.get((decoder, loss), [])
    marks = "†" * any(cell.is_by_processor for cell in cells) + "‡" * has_not_learned(cells)
    return f" {marks}" if marks else ""


def has_not_learned(cells: Sequence[Kept]) -> bool:
    """Whether of most nuclei no voxel is right, in any repeat."""
    return any(cell.unlearned > _UNLEARNED for cell in cells)


def _not_learned(material: Material) -> list[str]:
    """Say what the second mark means, and that losses did not get rates of their own."""
    marked = [key for key, cells in material.table.items() if has_not_learned(cells)]
    text = (
        "Learning rates were chosen with DiceCE and are the same for all losses, which favours DiceCE: "
        "others might do better at their own."
    )
    if marked:
        told = listed([f"{decoder_name(decoder)} with {loss_name(loss)}" for decoder, loss in marked])
        text += f" ‡: has not learned most nuclei ({_UNLEARNED + 1} or more have no voxel right): {told}."
    return [text, ""]


def _by_processor(material: Material) -> list[str]:
    """Say what the mark means, and in what such cells differ."""
    devices = {
        cell.record.device for cells in material.table.values() for cell in cells if cell.is_by_processor
    }
    if not devices:
        return []
    return [
        f"†: trained on a processor ({'; '.join(sorted(devices))}), or a repeat of it; all others by JAX on "
        "a GPU. Slices, their order, batches, settings and the choice of the epoch are the same. The "
        "libraries draw other "
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


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def orders(material: Material) -> dict[str, Order | None]:
    """Rank correlation with the paper's order: of all combinations, within each loss, within each decoder."""
    found = {"all combinations": order_beside(material.table, material.theirs)}
    for loss in LOSSES:
        own = {key: cells for key, cells in material.table.items() if key[1] == loss}
        found[f"decoders with {loss_name(loss)}"] = order_beside(own, material.theirs)
    for decoder in TABLE_DECODERS:
        own = {key: cells for key, cells in material.table.items() if key[0] == decoder}
        found[f"losses of {decoder_name(decoder)}"] = order_beside(own, material.theirs)
    return found


def _orders(material: Material) -> list[str]:
    found = orders(material)
    rows = [
        [name, str(order.n), plain(order.value), p_value(order.p)]
        for name, order in found.items()
        if order is not None
    ]
    if not rows:
        return []
    return [
        "### The order of the table",
        "",
        "Spearman's rank correlation of our means (all classes) with the paper's. 1: the same order, 0: "
        "none; p: how often chance gives as much (permutation, not corrected for their number). With so few "
        "combinations only strong correlations can be told from none.",
        "",
        *table(["order of", "n", "correlation", "p"], rows),
        *_what_is_ordered(found),
        "![Our mean IoU over the paper's](paper-beside.svg)",
        "",
    ]


def _what_is_ordered(found: Mapping[str, Order | None]) -> list[str]:
    """Say whether losses or decoders come in the paper's order."""
    means = {
        kind: [order.value for name, order in found.items() if order and name.startswith(kind)]
        for kind in ("losses", "decoders")
    }
    column = found[f"decoders with {loss_name('dicece')}"]
    if not all(means.values()) or column is None:
        return []
    losses, decoders = (plain(float(np.mean(values))) for values in means.values())
    return [
        f"On average the losses of a decoder correlate with the paper's by {losses}, the decoders with a "
        f"loss by {decoders}; with DiceCE, which both recommend, by {plain(column.value)}.",
        "",
    ]


def decoder_pairs(material: Material) -> list[Difference]:
    """Every two decoders with DiceCE, the better first; Holm's method over all of them."""
    return all_pairs(material.decoders, material.seeds_limit)


def loss_differences(material: Material) -> list[Difference]:
    """DiceCE minus each other loss of each decoder; Holm's method over all of them."""
    found = []
    for decoder, loss in material.table:
        if loss != "dicece" and (decoder, "dicece") in material.table:
            pair = (decoder, "dicece"), (decoder, loss)
            found.append(difference(*pair, material.table, material.seeds_limit))
    return corrected(found)


def statistics(material: Material) -> list[str]:
    """Which decoders and losses differ, beyond seeds and subjects."""
    pairs, losses = decoder_pairs(material), loss_differences(material)
    if not pairs:
        return []
    lines = ["### What differs", "", *_seeds(material)]
    clear = sum(pair.is_clear for pair in pairs)
    lines += [
        f"{clear} of {len(pairs)} pairs of decoders differ clearly (DiceCE). *Perhaps*: these networks "
        "differ over subjects, others of other seeds might not.",
        "",
    ]
    alone = beside_atlas(material)
    lines += table(
        ["decoder", "nuclei", "minus the atlas alone", "clearly better than", "perhaps better than"],
        [_beaten(material, name, pairs, alone.get(name)) for name in material.decoders],
    )
    lines += [*_atlas_words(material, alone), *_agreement(material, pairs)]
    return lines + _loss_table(losses)


def beside_atlas(material: Material) -> dict[str, Difference]:
    """Each decoder with DiceCE minus the atlas alone, which has no seeds; Holm's method over all of them."""
    if material.atlas_alone is None:
        return {}
    groups: dict[str, Sequence[Counted]] = {**material.decoders, _ATLAS: [material.atlas_alone]}

    def limit(cells: Sequence[Kept], _: object) -> float:
        noise = material.noise((cells[0].decoder in UNET_TYPE, cells[0].loss))
        return seeds_limit(noise, len(cells), SeedNoise(0.0, 1), 1)

    found = corrected([difference(name, _ATLAS, groups, limit) for name in material.decoders])
    return {str(pair.first): pair for pair in found}


def clear_of_atlas(alone: Mapping[str, Difference]) -> tuple[list[str], list[str]]:
    """Names of the decoders that are clearly above the atlas alone, and clearly below it."""
    clear = [(name, pair.mean > 0) for name, pair in alone.items() if pair.is_clear]
    return [name for name, is_above in clear if is_above], [name for name, is_above in clear if not is_above]


def _atlas_words(material: Material, alone: Mapping[str, Difference]) -> list[str]:
    """Say how networks stand to the atlas that lies where the normalisation has placed the scan."""
    if material.atlas_alone is None:
        return []
    above, below = (listed([decoder_name(name) for name in names]) for names in clear_of_atlas(alone))
    pooled, by_subject = material.atlas_alone.nuclei, float(np.mean(material.atlas_alone.by_subject))
    lower = sum(pair.by_subject < 0 for pair in alone.values())
    return [
        "**The atlas alone**, placed by the two affine steps, without any network, reaches "
        f"{number(pooled)}; as the mean of each subject's own IoU, which the test is of, "
        f"{number(by_subject)}, and by that {lower} of {len(alone)} networks are below it. Clearly above it: "
        f"{above or 'none'}; clearly below: {below or 'none'}. The reference is itself made of registrations "
        "of this atlas. The model that ships gets further by what comes before and after its network "
        "([shipped model](shipped-model.md)).",
        "",
    ]


def _seeds(material: Material) -> list[str]:
    """What seeds alone do, and what is called clear."""
    repeated = sum(len(cells) > 1 for cells in material.table.values())
    rows = []
    for is_unet_type, name in _KIND.items():
        noises = [(is_unet_type, loss) for loss in LOSSES]
        found = [material.own_noise.get(kind) for kind in noises]
        rows.append([f"{name}: ours", *(_deviation(noise) for noise in found)])
        rows.append([f"{name}: the paper's", *(_deviation(material.papers_noise[kind]) for kind in noises)])
        limits = [seeds_limit(noise := material.noise(kind), 1, noise, 1) for kind in noises]
        rows.append([f"**{name}: limit**", *(f"**{limit:.3f}**" for limit in limits)])
    return [
        "What other seeds alone do: standard deviation over repeats, pooled over decoders, with its degrees "
        f"of freedom. Ours of the nuclei ({repeated} of {len(material.table)} combinations have repeats), "
        f"the paper's of all classes, from its intervals over {PAPERS_REPEATS} repeats. *Limit*: by both "
        "together, what two networks of one training each differ by less than in 19 of 20 cases if only "
        "their seeds differ.",
        "",
        *table(["", *map(loss_name, LOSSES)], rows),
        "A difference is called *clear* if it is larger than this limit (for its repeats; of two kinds or "
        "losses by Welch's test), and Wilcoxon's signed-rank test over the test subjects gives p < .05 after "
        "Holm's correction over the family of tests: all pairs of decoders; all decoders against the atlas "
        "alone; DiceCE against every other loss; and if both say the same direction. What this rests on: the "
        "paper does not say how its intervals were made, here they are read as Student's; seeds do not do "
        "the same to every decoder of a kind; and its encoders began from the same published weights, so "
        "that ours may vary more.",
        "",
    ]


def _deviation(noise: SeedNoise | None) -> str:
    return "–" if noise is None or not noise.freedom else f"{noise.deviation:.4f} ({noise.freedom})"


def _beaten(
    material: Material, name: str, pairs: Sequence[Difference], alone: Difference | None
) -> list[str]:
    below = [pair for pair in pairs if pair.first == name and pair.mean > 0 and pair.is_over_subjects]
    clear, perhaps = (
        ", ".join(decoder_name(pair.second) for pair in below if pair.is_clear == is_clear) or "–"
        for is_clear in (True, False)
    )
    told = "–" if alone is None else f"{_told_pair(alone)} (by subject {signed(alone.by_subject)})"
    return [decoder_name(name), scored(material.scores[name, "dicece"]), told, clear, perhaps]


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
            rows.append([decoder_name(decoder), *(_told_pair(by_cell.get((decoder, x))) for x in names)])
    clear = sum(found.is_clear and found.mean > 0 for found in losses)
    worse = [found for found in losses if found.is_clear and found.mean < 0]
    text = f"DiceCE is clearly better in {clear} of {len(losses)} comparisons with another loss"
    text += f", clearly worse in {len(worse)}" if worse else ", clearly worse in none"
    return [
        f"{text}. DiceCE minus the other loss, nuclei; p over subjects (Holm); bold: clear.",
        "",
        *table(["decoder", *(f"− {loss_name(x)}" for x in names)], rows),
    ]


def _told_pair(found: Difference | None) -> str:
    if found is None:
        return "–"
    text = signed(found.mean)
    return f"**{text}**, p {p_value(found.p)}" if found.is_clear else f"{text}, p {p_value(found.p)}"
