"""Second half of the page: the best recipe of each decoder, what it costs, and which one to take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean

from cell_statistics import Difference, Score, corrected, difference, score
from kept_cells import SPACE, VARIANT, Kept, grouped
from page_material import Material
from page_table import beside_atlas, clear_of_atlas
from page_text import decoder_name, listed, number, scored, signed, table

from brainstem_app.jobs.many.grids import TABLE_DECODERS
from kerasmodels.multiply_adds import expected_multiply_adds

SECONDS_FILE = Path(__file__).resolve().parent / "scan_seconds.json"
#: The decoder of the model that ships.
SHIPPED = "n_deconet"
#: A decoder as good at this share of the cost would take its place.
CHEAP = 1 / 3
#: A mean that is lower by less than this is as good.
AS_GOOD = 0.005
#: Settings that may differ in a recipe; encoder and loss stay the paper's.
_RECIPE = {"epochs", "augment", "input.size", "batch_size", "learning_rate", "schedule", "precision"}


@dataclass(frozen=True)
class Recipe:
    """The training of a decoder that was best on the validation subjects, and its cost at that size.

    Attributes
    ----------
    cells : list of Kept
        Its repeats.
    tried : int
        Trainings that it is the best of.
    multiply_adds : float or None
        Of one slice.
    seconds : float or None
        CPU seconds of a scan's 73 slices by ONNX Runtime on one thread.
    """

    cells: list[Kept]
    score: Score
    words: str
    tried: int
    parameters: int
    multiply_adds: float | None
    seconds: float | None


def recipes(material: Material) -> dict[str, Recipe]:
    """Best recipe of each decoder with ResNet-34 and DiceCE, by the validation subjects; the best first."""
    found: dict[str, Recipe] = {}
    for decoder in TABLE_DECODERS:
        cells = [
            cell
            for cell in material.cells
            if cell.decoder == decoder
            and cell.loss == "dicece"
            and set(cell.changes) <= _RECIPE
            and not {VARIANT, SPACE} & set(cell.changes)
        ]
        if not cells:
            continue
        groups = list(grouped(cells, *sorted(_RECIPE)).values())
        best = max(groups, key=lambda group: fmean(_validation(cell) for cell in group))
        size = int(best[0].settings["input.size"])
        found[decoder] = Recipe(
            best,
            score(best),
            recipe_words(best[0]),
            len(groups),
            best[0].record.parameters,
            expected_multiply_adds(decoder, "resnet34", size),
            scan_seconds().get(f"{decoder}-{size}"),
        )
    return dict(sorted(found.items(), key=lambda pair: -pair[1].score.mean))


def _validation(cell: Kept) -> float:
    return cell.record.val_nuclei_miou or 0.0


def recipe_words(cell: Kept) -> str:
    """Say how a cell was trained."""
    given = cell.settings
    words = [f"{given['input.size']} pixels", f"{given['epochs']} epochs", f"{given['learning_rate']:g}"]
    words.append(str(given["schedule"]))
    if given["batch_size"] != 16:
        words.append(f"batches of {given['batch_size']}")
    if given.get("augment", "none") != "none":
        words.append(f"{given['augment']} augmentation")
    if given["precision"] != "float32":
        words.append("16 bits")
    return ", ".join(words)


@cache
def scan_seconds() -> dict[str, float]:
    """CPU seconds of a scan by decoder and size, as `time_scans.py` measured them."""
    if not SECONDS_FILE.exists():
        return {}
    found: dict[str, float] = json.loads(SECONDS_FILE.read_text(encoding="utf-8"))["seconds"]
    return found


def choice_section(material: Material) -> list[str]:
    """Best recipe of each decoder beside the paper's, its cost, and the decoder to take."""
    found = recipes(material)
    if not found:
        return []
    rows = []
    for decoder, recipe in found.items():
        papers = material.papers_setting.get(decoder)
        rows.append(
            [
                decoder_name(decoder),
                scored(score(papers)) if papers else "–",
                scored(recipe.score, subjects=True),
                recipe.words,
                str(recipe.tried),
                f"{recipe.parameters / 1e6:.1f}",
                "–" if recipe.multiply_adds is None else f"{2 * recipe.multiply_adds / 1e9:.1f}",
                "–" if recipe.seconds is None else f"{recipe.seconds:.1f}",
            ]
        )
    head = [
        "decoder",
        "the paper's recipe",
        "best recipe",
        "how",
        "of",
        "parameters, million",
        "GFLOPs",
        "s a scan",
    ]
    return [
        "## Which network to take",
        "",
        "Nuclei, in the order of the test subjects. The best recipe is the training that was best on the "
        "validation subjects, of so many (*of*) that were tried with ResNet-34 and DiceCE on single slices, "
        "those for choosing rates too (each at its own size, so that sizes compete only roughly). GFLOPs are "
        "of one slice at that size, seconds those of one processor core for the 73 slices of a scan by ONNX "
        "Runtime (of all at 224 pixels: [networks](networks.md)).",
        "",
        *table(head, rows),
        verdict(found, pairs_with_shipped(material, found)),
        "",
    ]


def pairs_with_shipped(material: Material, found: Mapping[str, Recipe]) -> dict[str, Difference]:
    """Each other decoder's best recipe minus the shipped decoder's, one family of tests."""
    groups = {decoder: recipe.cells for decoder, recipe in found.items()}
    if SHIPPED not in groups:
        return {}
    pairs = [difference(name, SHIPPED, groups, material.seeds_limit) for name in groups if name != SHIPPED]
    return {str(pair.first): pair for pair in corrected(pairs)}


def apart(pairs: Mapping[str, Difference]) -> dict[str, list[str]]:
    """Decoders by how far they are apart from another one."""
    close = {name: pair for name, pair in pairs.items() if not pair.is_clear}
    return {
        "no difference seen": [name for name, pair in close.items() if not pair.is_over_subjects],
        "different on these subjects, perhaps not with other seeds": [
            name for name, pair in close.items() if pair.is_over_subjects
        ],
        "clearly different": [name for name, pair in pairs.items() if pair.is_clear],
    }


def better(pairs: Mapping[str, Difference]) -> list[str]:
    """Decoders that are clearly better than the shipped one, the best first."""
    names = [name for name, pair in pairs.items() if pair.is_clear and pair.mean > 0]
    return sorted(names, key=lambda name: -pairs[name].mean)


def cheaper(found: Mapping[str, Recipe], pairs: Mapping[str, Difference]) -> list[str]:
    """Decoders that are as good as the shipped one at a third of its multiply-adds."""
    own = found[SHIPPED].multiply_adds if SHIPPED in found else None
    names = []
    for name, pair in pairs.items():
        cost = found[name].multiply_adds
        if own and cost and cost <= CHEAP * own and pair.mean > -AS_GOOD:
            names.append(name)
    return names


def verdict(found: Mapping[str, Recipe], pairs: Mapping[str, Difference]) -> str:
    """Say which decoder the shipped model should use, by the rule."""
    if not pairs:
        return ""
    rule = (
        "Rule: another decoder takes the place of N-DecoNet in the shipped model if its best recipe is "
        "clearly better, "
        f"or lower by less than {AS_GOOD} at a third of the multiply-adds."
    )
    ahead, saving = better(pairs), cheaper(found, pairs)
    own = found[SHIPPED]
    if not ahead and not saving:
        text = (
            f"{rule} **N-DecoNet stays**: none is clearly better than its {number(own.score.mean)}, and "
            "none as good at a third of the cost."
        )
        for words, names in apart(pairs).items():
            close = listed([f"{decoder_name(name)} ({signed(pairs[name].mean)})" for name in names])
            text += f" {words[0].upper()}{words[1:]}: {close}." if close else ""
        return text
    parts = []
    if ahead:
        told = listed([f"{decoder_name(n)} ({signed(pairs[n].mean)}, {_cost(found[n], own)})" for n in ahead])
        parts.append(f"clearly better than N-DecoNet's {number(own.score.mean)}: {told}")
    if saving:
        told = listed(
            [f"{decoder_name(n)} ({signed(pairs[n].mean)}, {_cost(found[n], own)})" for n in saving]
        )
        parts.append(f"as good at a third of the cost: {told}")
    first = ahead[0] if ahead else saving[0]
    told = "; ".join(parts)
    return f"{rule} {told[0].upper()}{told[1:]}. **The shipped model should use {decoder_name(first)}.**"


def _cost(recipe: Recipe, own: Recipe) -> str:
    if not recipe.multiply_adds or not own.multiply_adds:
        return "cost unknown"
    return f"{recipe.multiply_adds / own.multiply_adds:.1f} times the multiply-adds"


def readme_lines(material: Material) -> list[str]:
    """Which network to take for what, for ``kerasmodels/README.md``."""
    found = recipes(material)
    if len(found) < 2:
        return []
    order = list(found)
    best = order[0]
    groups = {decoder: recipe.cells for decoder, recipe in found.items()}
    pairs = corrected([difference(best, name, groups, material.seeds_limit) for name in order[1:]])
    by_name = {str(pair.second): pair for pair in pairs}
    equal, perhaps, clear = apart(by_name).values()
    costs = {d: r.multiply_adds for d, r in found.items() if r.multiply_adds}
    cheapest = min(costs, key=lambda d: costs[d]) if costs else best
    lines = [
        f"- **Most accurate**: {_told(best, found)}"
        + _among("no difference seen from", equal)
        + _among("lower on the same subjects, perhaps not with other seeds:", perhaps)
        + _among("clearly lower:", clear)
        + ".",
        f"- **Least work of all**: {_told(cheapest, found)}.",
        *_without_network(material),
        *_little_time(material, best, found),
    ]
    losses = {key[1]: s.mean for key, s in material.scores.items() if key[0] == best}
    if len(losses) > 1:
        loss = max(losses, key=lambda name: losses[name])
        lines.append(f"- **Loss**: `{loss}`, the best of {len(losses)} for `{best}`.")
    return lines


def _told(decoder: str, found: Mapping[str, Recipe]) -> str:
    recipe = found[decoder]
    cost = f", {2 * recipe.multiply_adds / 1e9:.1f} GFLOPs a slice" if recipe.multiply_adds else ""
    return f"`{decoder}`, {recipe.score.mean:.3f}{cost} ({recipe.words})"


def _among(words: str, names: Sequence[str]) -> str:
    return f"; {words} {listed([f'`{name}`' for name in names])}" if names else ""


def _without_network(material: Material) -> list[str]:
    """What the atlas reaches alone, and which networks are clearly above it."""
    if material.atlas_alone is None:
        return []
    above, below = (
        listed([f"`{name}`" for name in names]) for names in clear_of_atlas(beside_atlas(material))
    )
    return [
        "- **No network**: the atlas, placed by two affine steps, reaches "
        f"{number(material.atlas_alone.nuclei)}; clearly above it is {above or 'none of them'} at "
        f"that setting, clearly below {below or 'none'}. What makes the shipped model better lies "
        "before and after its network."
    ]


def _little_time(material: Material, best: str, found: Mapping[str, Recipe]) -> list[str]:
    """Which to take at the table's setting, where the best recipe is another one."""
    first = next(iter(material.decoders), None)
    if first is None or (first == best and not found[best].cells[0].changes):
        return []
    chosen = material.chosen
    return [
        f"- **Little time to train** ({chosen.epochs} epochs at {chosen.size} pixels): `{first}`, "
        f"{material.scores[first, 'dicece'].mean:.3f}."
    ]
