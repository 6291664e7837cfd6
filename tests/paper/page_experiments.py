"""Figures 4 and 5, spaces, the paper's own setting, learning rates, and why DeepLabV3 is where it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cell_statistics import Difference, Score, corrected, difference, score, summaries
from kept_cells import SPACE, VARIANT, Kept, grouped
from page_charts import write_charts
from page_material import Material
from page_text import decoder_name, listed, number, p_value, scored, signed, table
from plans import FAMILIES

from brainstem_app.jobs.many.grids import TABLE_DECODERS
from brainstem_app.reports.engine.drawing import colours
from brainstem_app.reports.engine.line_chart import Line, LineChart
from brainstem_app.reports.grid import figures

CHIEF = ("n_deconet", "fpn", "deeplabv3")
_SHARED = {"encoder": "resnet34", "alpha": 0.1, "encoder_weights": None}
#: Dilations of the pyramid, `kerasmodels.decoders.atrous_pyramid.RATES`, which loads Keras.
RATES = (12, 24, 36)
#: How many times smaller than the slice the map is from which a pyramid reads the labels.
_STRIDES = {"pspnet": 8, "deeplabv3": 8, "fpn": 4, "deeplabv3plus": 4}
#: What was changed of DeepLabV3, in words.
_CHANGES = {
    "input.size": "slices of {} pixels",
    "epochs": "{} epochs",
    "batch_size": "{} slices a step",
    "variant": "{}",
}
_VARIANTS = {
    "rates-1-2-3": "dilations 1, 2, 3 instead of 12, 24, 36",
    "rates-3-6-9": "dilations 3, 6, 9",
    "rates-6-12-18": "dilations 6, 12, 18",
    "stride-16": "its map at stride 16 instead of 8",
    "no-dropout": "no dropout after the pyramid",
}


def write_figures(material: Material, folder: Path) -> None:
    """Write every chart for which there are numbers, as ``paper-*.svg``."""
    beside = figures.chart_beside_paper(material.summaries, _SHARED, material.paper)
    if beside is not None:
        write_charts(folder / "paper-beside.svg", [beside], 1)
    if material.decoders:
        column = [c.result for d in TABLE_DECODERS for c in material.decoders.get(d, [])]
        axes = {"decoder": tuple(d for d in TABLE_DECODERS if d in material.decoders)}
        write_charts(folder / "paper-curves.svg", figures.curves(axes, column), 3)
    alpha = material.with_base("alpha", CHIEF)
    if len(alpha) > len(CHIEF):
        write_charts(folder / "paper-alpha.svg", _over(alpha, "α"), 3)
    sizes = material.with_base("input.size", CHIEF)
    if len(sizes) > len(CHIEF):
        write_charts(folder / "paper-sizes.svg", [_nuclei_over(sizes, "pixels a side")], 1)
    if encoders := encoder_scores(material):
        write_charts(folder / "paper-encoders.svg", [_encoder_chart(encoders)], 1)


def _over(groups: Mapping[tuple[str, Any], Sequence[Kept]], label: str) -> tuple[LineChart, ...]:
    """One chart a measure, one line a decoder."""
    found = {key: summaries(cells)[0] for key, cells in groups.items()}
    charts = []
    for measure, title in figures.MEASURE_TITLES.items():
        lines = []
        for number_, decoder in enumerate(dict.fromkeys(key[0] for key in groups)):
            means = [(float(x), s.means[measure]) for (d, x), s in found.items() if d == decoder]
            lines.append(
                Line(
                    decoder_name(decoder),
                    colours()[number_],
                    tuple((x, mean.value) for x, mean in means),
                    tuple((x, m.value - m.half, m.value + m.half) for x, m in means if m.half is not None),
                )
            )
        charts.append(LineChart(title, label, "mean IoU", tuple(lines)))
    return tuple(charts)


def _nuclei_over(groups: Mapping[tuple[str, Any], Sequence[Kept]], label: str) -> LineChart:
    return next(chart for chart in _over(groups, label) if chart.title == figures.MEASURE_TITLES["nuclei"])


def _encoder_chart(found: Mapping[tuple[str, Any], Score]) -> LineChart:
    names = list(dict.fromkeys(encoder for encoder, _ in found))
    kinds: dict[str, list[tuple[float, Score]]] = {"random": [], "pretrained": []}
    for (encoder, weights), own in found.items():
        kinds["pretrained" if weights else "random"].append((float(names.index(encoder)), own))
    lines = [
        Line(
            kind,
            colours()[n],
            tuple((x, own.mean) for x, own in points),
            tuple((x, own.subjects.low, own.subjects.high) for x, own in points if own.subjects),
            joined=False,
        )
        for n, (kind, points) in enumerate(kinds.items())
        if points
    ]
    ticks = tuple((float(n), name) for n, name in enumerate(names))
    return LineChart("N-DecoNet by encoder", "", "mean IoU, nuclei", tuple(lines), x_ticks=ticks)


def encoder_scores(material: Material) -> dict[tuple[str, Any], Score]:
    """N-DecoNet's scores by encoder and whether it began from published weights."""
    groups = encoder_groups(material)
    return {key: score(cells) for key, cells in groups.items()} if len(groups) > 1 else {}


def encoder_groups(material: Material) -> dict[tuple[str, Any], list[Kept]]:
    """N-DecoNet's cells by encoder and whether it began from published weights."""
    own = [*material.changed("encoder"), *material.changed("encoder", "encoder_weights")]
    base = material.decoders.get("n_deconet", [])
    cells = [*base, *(cell for cell in own if cell.decoder == "n_deconet")]
    found: dict[tuple[str, Any], list[Kept]] = {}
    for cell in cells:
        key = str(cell.settings["encoder"]), bool(cell.settings.get("encoder_weights"))
        found.setdefault(key, []).append(cell)
    return found


def rates_section(material: Material) -> list[str]:
    """Learning rates that were tried, and what was chosen."""
    names = ({"learning_rate", "epochs"}, {"learning_rate"}, {"epochs"})
    pilots = [
        cell
        for cell in material.cells
        if set(cell.changes) in names
        and cell.loss == "dicece"
        and cell.settings["epochs"] == (material.chosen.pilot_epochs or material.chosen.epochs)
    ]
    first = {members[0]: family for family, members in FAMILIES.items()}
    found = {
        key: cells for key, cells in grouped(pilots, "decoder", "learning_rate").items() if key[0] in first
    }
    if not found:
        return []
    rates = sorted({key[1] for key in found})
    rows = []
    for decoder, family in first.items():
        values = {
            rate: found[decoder, rate][0].record.val_nuclei_miou for rate in rates if (decoder, rate) in found
        }
        cells = [_chosen(values.get(rate), rate == material.chosen.rates.get(family)) for rate in rates]
        rows.append(
            [f"{decoder_name(decoder)}: {listed([decoder_name(d) for d in FAMILIES[family]])}", *cells]
        )
    return [
        "### Learning rates",
        "",
        f"Chosen for each family by its first decoder with DiceCE, {material.chosen.pilot_epochs} epochs, "
        "on the "
        "validation subjects (nuclei, bold: chosen).",
        "",
        *table(["tried with: for", *(f"{rate:g}" for rate in rates)], rows),
        *_highest(material, rates),
    ]


def _highest(material: Material, rates: Sequence[Any]) -> list[str]:
    own = [family for family, rate in material.chosen.rates.items() if rate == max(rates)]
    if not own:
        return []
    return [
        f"The highest rate that was tried was the best for {len(own)} of {len(material.chosen.rates)} "
        "families: a "
        "higher one may be better still.",
        "",
    ]


def _chosen(value: float | None, is_chosen: bool) -> str:
    text = number(value)
    return f"**{text}**" if is_chosen else text


def papers_section(material: Material) -> list[str]:
    """The paper's own setting beside the one of Table 1."""
    if not material.papers_setting:
        return []
    rows = []
    for decoder in TABLE_DECODERS:
        if decoder in material.papers_setting:
            own = score(material.papers_setting[decoder])
            theirs = material.paper.table1[decoder]["dicece"]
            rows.append(
                [
                    decoder_name(decoder),
                    scored(own, subjects=True),
                    number(own.every),
                    f"*{theirs[0]:.3f}*" if isinstance(theirs, tuple) else "",
                    scored(material.scores.get((decoder, "dicece"))),
                ]
            )
    order = sorted(material.papers_setting, key=lambda d: -score(material.papers_setting[d]).mean)
    return [
        "## The paper's own setting",
        "",
        "224 pixels, 10 epochs, constant learning rate 1e-4, batches of 16, DiceCE with α .1; last column: "
        "the "
        "setting of the table above.",
        "",
        *table(["decoder", "nuclei", "all classes", "*paper*, all classes", "nuclei, our setting"], rows),
        f"Order: {', '.join(decoder_name(d) for d in order)}.",
        "",
    ]


def figures_section(material: Material) -> list[str]:
    """Figure 4, figure 5 and spaces."""
    lines: list[str] = []
    alpha = material.with_base("alpha", CHIEF)
    if len(alpha) > len(CHIEF):
        lines += ["## Share of cross-entropy (figure 4)", "", "![Mean IoU over α](paper-alpha.svg)", ""]
        lines += [_alpha_words(alpha), ""]
    if encoders := encoder_scores(material):
        rows = [
            [
                encoder,
                "pretrained" if weights else "random",
                scored(own, subjects=True),
                _millions(material, encoder),
            ]
            for (encoder, weights), own in encoders.items()
        ]
        lines += [
            "## Encoders (figure 5)",
            "",
            *table(["encoder of N-DecoNet", "weights", "nuclei", "parameters, million"], rows),
            "![N-DecoNet by encoder](paper-encoders.svg)",
            "",
            "Whiskers: 95 % interval over the test subjects. The learning rate is ResNet-34's for all. "
            + encoder_words(material),
            "",
        ]
    return lines + _spaces(material)


def _alpha_words(groups: Mapping[tuple[str, Any], Sequence[Kept]]) -> str:
    parts = []
    for decoder in dict.fromkeys(key[0] for key in groups):
        means = {a: score(cells).mean for (d, a), cells in groups.items() if d == decoder}
        best = max(means, key=lambda a: means[a])
        parts.append(
            f"{decoder_name(decoder)} is best at α = {best:g} ({means[best]:.3f}) and spans "
            f"{max(means.values()) - min(means.values()):.3f}"
        )
    return f"Nuclei: {'; '.join(parts)}. Whiskers: 95 % interval over repeats, where there are any."


def encoder_words(material: Material) -> str:
    """Say which encoders are clearly better or worse than ResNet-34."""
    groups = encoder_groups(material)
    base = ("resnet34", False)
    if base not in groups:
        return ""
    found = corrected(
        [difference(key, base, groups, material.noise_between("n_deconet")) for key in groups if key != base]
    )
    better = [_encoder(pair) for pair in found if pair.is_clear and pair.mean > 0]
    worse = [_encoder(pair) for pair in found if pair.is_clear and pair.mean < 0]
    return (
        f"Clearly better than ResNet-34 with random weights: {listed(better) or 'none'}; clearly worse: "
        f"{listed(worse) or 'none'}."
    )


def _encoder(pair: Difference) -> str:
    name, weights = pair.first
    return f"{name}{' (pretrained)' if weights else ''} ({signed(pair.mean)})"


def _millions(material: Material, encoder: str) -> str:
    for (name, _), cells in encoder_groups(material).items():
        if name == encoder:
            return f"{cells[0].record.parameters / 1e6:.1f}"
    return "–"


def _spaces(material: Material) -> list[str]:
    own = grouped(material.changed(SPACE), "decoder")
    if not own:
        return []
    rows = []
    for (decoder,), cells in own.items():
        name = str(decoder)
        rows.append(
            [
                decoder_name(name),
                scored(material.scores.get((name, "dicece"))),
                _baseline(material.decoders.get(name)),
                scored(score(cells)),
                _baseline(cells),
            ]
        )
    head = ["decoder", "affine", "atlas alone", "the paper's (nonlinear)", "atlas alone"]
    return [
        "## Space",
        "",
        "The paper bends every scan to the template before a network sees it (`prepare --space "
        "nonlinear`); the table "
        "above places it affinely. Nuclei; *atlas alone*: what the normalisation gives without a network.",
        "",
        *table(head, rows),
    ]


def _baseline(cells: Sequence[Kept] | None) -> str:
    if not cells:
        return "–"
    values = [pair[1] for name, pair in cells[0].record.baselines.items() if name.startswith("atlas placed")]
    return number(values[0]) if values else "–"


def deeplab_groups(material: Material) -> dict[tuple[str, Any], list[Kept]]:
    """DeepLabV3's cells by the one change and its value, without those of Table 1."""
    found: dict[tuple[str, Any], list[Kept]] = {}
    for name in _CHANGES:
        for cell in material.changed(name):
            if cell.decoder == "deeplabv3":
                found.setdefault((name, cell.changes[name]), []).append(cell)
    return found


def deeplab_section(material: Material) -> list[str]:
    """Change one thing of DeepLabV3 at a time, beside what the same does to others; the answer."""
    groups = deeplab_groups(material)
    base = material.decoders.get("deeplabv3")
    if not groups or base is None:
        return _not_reached(material)
    best = next(iter(material.decoders))
    gap = material.scores[best, "dicece"].mean - material.scores["deeplabv3", "dicece"].mean
    every = {("base", ""): base, **groups}
    pairs = corrected(
        [difference(key, ("base", ""), every, material.noise_between("deeplabv3")) for key in groups]
    )
    rows = []
    for pair in pairs:
        others = [_same_change(material, decoder, *pair.first) for decoder in ("fpn", "n_deconet")]
        told = f"**{signed(pair.mean)}**" if pair.is_clear else signed(pair.mean)
        rows.append(
            [change_words(*pair.first), scored(score(groups[pair.first])), told, p_value(pair.p), *others]
        )
    lines = [
        "## Why DeepLabV3 is not the best here",
        "",
        f"DeepLabV3 reaches {number(material.scores['deeplabv3', 'dicece'].mean)} in the table, the best "
        "decoder, "
        f"{decoder_name(best)}, {number(material.scores[best, 'dicece'].mean)}: a gap of {gap:.3f}. One "
        "thing was "
        "changed at a time (nuclei; bold: clear; p over subjects, Holm), and the same of others where they "
        "have it:",
        "",
        *table(["DeepLabV3 with", "nuclei", "change", "p", "FPN", "N-DecoNet"], rows),
    ]
    if len(material.with_base("input.size", CHIEF)) > len(CHIEF):
        lines += ["![Nuclei over the size of the slices](paper-sizes.svg)", ""]
    return [*lines, answer(material, pairs, gap), ""]


def _not_reached(material: Material) -> list[str]:
    """What the table and the shapes of the maps say of DeepLabV3 where nothing was changed of it."""
    if "deeplabv3" not in material.decoders:
        return []
    side = material.chosen.size // _STRIDES["deeplabv3"]
    own = material.scores["deeplabv3", "dicece"]
    alone = [rate for rate in RATES if rate >= side]
    coarse, fine = (
        [
            f"{decoder_name(d)} {number(material.scores[d, 'dicece'].mean)}"
            for d in material.decoders
            if d in names
        ]
        for names in (_at(8), _at(4))
    )
    return [
        "## Why DeepLabV3 is not the best here",
        "",
        f"DeepLabV3 reaches {number(own.mean)} (nuclei). The trainings that would tell (size of the "
        "slices, epochs, "
        "slices a step, other dilations, another stride, no dropout: `plans.py`, `variants.py`) were **not "
        "reached**; "
        "so there is no answer by experiment. What the table and the shapes say:",
        "",
        f"- At {material.chosen.size} pixels the map that its pyramid sees has {side} × {side} values. Of "
        "the "
        f"dilations {listed([str(rate) for rate in RATES])}, {len(alone)} are as wide as the map or wider: "
        "all places "
        "of such a kernel but its middle lie on padding, and it is a 1 × 1 convolution. At the paper's 224 "
        "pixels "
        f"({224 // 8} × {224 // 8}) that is so of {sum(rate >= 224 // 8 for rate in RATES)}.",
        f"- A value of that map stands for {50 / side:.1f} mm here, for {50 / (224 // 8):.1f} mm in the "
        "paper. Pyramids "
        f"that read labels from a map of stride 8: {listed(coarse)}; of stride 4: {listed(fine)}.",
        "",
    ]


def _at(stride: int) -> list[str]:
    return [name for name, own in _STRIDES.items() if own == stride]


def _same_change(material: Material, decoder: str, name: str, value: Any) -> str:
    own = [c for c in material.changed(name) if c.decoder == decoder and c.changes[name] == value]
    if not own or (decoder, "dicece") not in material.scores:
        return "–"
    return signed(score(own).mean - material.scores[decoder, "dicece"].mean)


def change_words(name: str, value: Any) -> str:
    """Say what was changed."""
    if name == VARIANT:
        return _VARIANTS.get(str(value), str(value))
    return _CHANGES[name].format(value)


def answer(material: Material, pairs: Sequence[Difference], gap: float) -> str:
    """Say which changes explain the gap: those that are clear, by how much of it, and those that are not."""
    helps = sorted((p for p in pairs if p.is_clear and p.mean > 0), key=lambda p: -p.mean)
    harms = [p for p in pairs if p.is_clear and p.mean < 0]
    same = [p for p in pairs if not p.is_clear]
    parts = []
    if gap <= 0:
        parts.append("**Answer.** There is nothing to explain: here too it is the best.")
    elif helps:
        told = [
            f"{change_words(*p.first)} ({signed(p.mean)}, {100 * p.mean / gap:.0f} % of the gap)"
            for p in helps
        ]
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
