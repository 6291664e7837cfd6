"""Figures 4 and 5, spaces, the paper's own setting and learning rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from cell_statistics import Difference, Score, corrected, difference, score, summaries
from kept_cells import NONLINEAR, SPACE, Kept, grouped
from page_charts import write_charts
from page_material import Material
from page_text import decoder_name, listed, number, p_value, scored, setting_lines, signed, table
from plans import CHIEF, FAMILIES

from brainstem_app.jobs.many.grids import TABLE_DECODERS
from brainstem_app.reports.engine.drawing import colours
from brainstem_app.reports.engine.line_chart import Line, LineChart
from brainstem_app.reports.grid import figures

_SHARED = {"encoder": "resnet34", "alpha": 0.1, "encoder_weights": None}


def write_figures(material: Material, folder: Path) -> None:
    """Write every chart for which there are numbers, as ``paper-*.svg``."""
    beside = figures.chart_beside_paper(material.summaries, _SHARED, material.paper)
    if beside is not None:
        write_charts(folder / "paper-beside.svg", [beside], 1)
    if material.decoders:
        column = [c.result for d in TABLE_DECODERS for c in material.decoders.get(d, [])]
        axes = {"decoder": tuple(d for d in TABLE_DECODERS if d in material.decoders)}
        write_charts(folder / "paper-curves.svg", figures.curves(axes, column), 3)
    if alpha := material.where("alpha").with_base("alpha", CHIEF):
        write_charts(folder / "paper-alpha.svg", _over(alpha, "α"), 3)
    if sizes := material.where("input.size").with_base("input.size", CHIEF):
        write_charts(folder / "paper-sizes.svg", [_nuclei_over(sizes, "pixels a side")], 1)
    if encoders := encoder_scores(material.where("encoder")):
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
            mark = " †" if _on_processor(material.papers_setting[decoder]) else ""
            rows.append(
                [
                    decoder_name(decoder) + mark,
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
        "224 pixels, 10 epochs, constant learning rate 1e-4, batches of 16, DiceCE with α .1; encoders began "
        "from random weights, unlike the paper's. Last column: the setting of the table above.",
        "",
        *table(["decoder", "nuclei", "all classes", "*paper*, all classes", "nuclei, our setting"], rows),
        f"Order: {', '.join(decoder_name(d) for d in order)}.",
        "",
        *_precision_lines(material),
    ]


def _on_processor(cells: Sequence[Kept]) -> bool:
    return any(cell.is_by_processor for cell in cells)


def _precision_lines(material: Material) -> list[str]:
    """Say what was trained by a processor in 16 bits, and what that changes where both were tried."""
    own = [cells[0] for cells in material.papers_setting.values() if _on_processor(cells)]
    if not own:
        return []
    device = listed(sorted({cell.record.device for cell in own}))
    text = f"†: trained on a processor ({device}), the others by JAX on a GPU."
    if all(cell.settings["precision"] == "mixed" for cell in own):
        text += " Its convolutions computed in bfloat16 (`--precision mixed`)."
    small = material.where("precision")
    told = [
        f"{decoder_name(cell.decoder)} {signed(cell.nuclei - other.nuclei)}"
        for cell in small.changed("precision")
        for other in small.decoders.get(cell.decoder, ())
        if cell.settings["seed"] == other.settings["seed"]
    ]
    if told:
        text += (
            f" What that changes, with the same seed, at {small.chosen.size} pixels and "
            f"{small.chosen.epochs} epochs: {listed(told)}; of other networks and sizes it was not tried."
        )
    return [text, ""]


def figures_section(material: Material) -> list[str]:
    """Figure 4, figure 5 and spaces."""
    lines: list[str] = []
    own = material.where("alpha")
    if alpha := own.with_base("alpha", CHIEF):
        lines += ["## Share of cross-entropy (figure 4)", "", *setting_lines(own)]
        lines += ["![Mean IoU over α](paper-alpha.svg)", "", *_alpha_table(alpha), _alpha_words(alpha), ""]
    own = material.where("encoder")
    if encoders := encoder_scores(own):
        rows = [
            [
                encoder,
                "pretrained" if weights else "random",
                scored(found, subjects=True),
                _millions(own, encoder),
            ]
            for (encoder, weights), found in encoders.items()
        ]
        lines += [
            "## Encoders (figure 5)",
            "",
            *setting_lines(own),
            *table(["encoder of N-DecoNet", "weights", "nuclei", "parameters, million"], rows),
            "![N-DecoNet by encoder](paper-encoders.svg)",
            "",
            "Whiskers: 95 % interval over the test subjects. The learning rate is ResNet-34's for all. "
            + encoder_words(own),
            "",
        ]
    return lines + _spaces(material)


def _alpha_table(groups: Mapping[tuple[str, Any], Sequence[Kept]]) -> list[str]:
    """Nuclei by decoder and share of cross-entropy."""
    values = sorted({alpha for _, alpha in groups})
    rows = [
        [
            decoder_name(name),
            *(scored(score(groups[name, a])) if (name, a) in groups else "–" for a in values),
        ]
        for name in dict.fromkeys(name for name, _ in groups)
    ]
    return table(["nuclei at α =", *(f"{alpha:g}" for alpha in values)], rows)


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
    found = corrected([difference(key, base, groups, material.seeds_limit) for key in groups if key != base])
    better = [_encoder(pair) for pair in found if pair.is_clear and pair.mean > 0]
    worse = [_encoder(pair) for pair in found if pair.is_clear and pair.mean < 0]
    text = (
        f"Clearly better than ResNet-34 with random weights: {listed(better) or 'none'}; clearly worse: "
        f"{listed(worse) or 'none'}."
    )
    pretrained = [name for name, weights in groups if weights and (name, False) in groups]
    pairs = [difference((name, True), (name, False), groups, material.seeds_limit) for name in pretrained]
    told = [f"{pair.first[0]} {signed(pair.mean)} (p {p_value(pair.p)})" for pair in corrected(pairs)]
    if told:
        text += (
            f" Pretrained minus random weights of the same encoder: {listed(told)}. Another "
            "comparison, at other settings, found a gain too, but could not tell it from chance "
            "([comparison](comparison-weights.md))."
        )
    return text


def _encoder(pair: Difference) -> str:
    name, weights = pair.first
    return f"{name}{' (pretrained)' if weights else ''} ({signed(pair.mean)})"


def _millions(material: Material, encoder: str) -> str:
    for (name, _), cells in encoder_groups(material).items():
        if name == encoder:
            return f"{cells[0].record.parameters / 1e6:.1f}"
    return "–"


def _spaces(every: Material) -> list[str]:
    material = every.where(SPACE)
    groups = material.with_base(SPACE, CHIEF)
    bent = {decoder: cells for (decoder, space), cells in groups.items() if space == NONLINEAR}
    if not bent:
        return []
    rows = [
        [
            decoder_name(decoder),
            scored(score(groups[decoder, None])),
            number(_baseline(groups[decoder, None])),
            scored(score(cells)),
            number(_baseline(cells)),
        ]
        for decoder, cells in bent.items()
    ]
    head = ["decoder", "affine", "atlas alone", "nonlinear, as the paper", "atlas alone"]
    kinds = {tuple(_on_processor(groups[name, space]) for space in (None, NONLINEAR)) for name in bent}
    devices = (
        " Those of the bent space were trained on a processor, the others on a GPU."
        if ((False, True) in kinds)
        else ""
    )
    return [
        "## Space",
        "",
        "The paper bends every scan smoothly to the template before a network sees it; the table above "
        "places it by affine steps alone, the second of them by the brainstem. Same subjects, same "
        "consensus, carried along with the scan (`write_study.py --space nonlinear`). Nuclei; *atlas alone*: "
        f"what the normalisation gives without a network.{devices}",
        "",
        *setting_lines(material),
        *table(head, rows),
        _space_words(material, groups),
        "",
    ]


def _space_words(material: Material, groups: Mapping[tuple[str, Any], Sequence[Kept]]) -> str:
    """Say whether networks find more in the nonlinear space, and what lies there without one."""
    bent = [key for key in groups if key[1] == NONLINEAR]
    found = corrected([difference(key, (key[0], None), groups, material.seeds_limit) for key in bent])
    told = [
        f"{decoder_name(pair.first[0])} {signed(pair.mean)} ({'clear' if pair.is_clear else 'not clear'}, "
        f"p {p_value(pair.p)})"
        for pair in found
    ]
    gains = [
        f"{decoder_name(name)} {_gain(groups[name, NONLINEAR])} (nonlinear) and "
        f"{_gain(groups[name, None])} (affine)"
        for name, _ in bent
    ]
    return (
        f"Nonlinear minus affine: {listed(told)}. A voxel of the one space is not a voxel of the other, so "
        "that small differences say little. What a network adds to the atlas alone of its own space: "
        f"{'; '.join(gains)}."
    )


def _baseline(cells: Sequence[Kept]) -> float | None:
    """Nuclei of the atlas alone, on the subjects of these cells."""
    values = [pair[1] for name, pair in cells[0].record.baselines.items() if name.startswith("atlas placed")]
    return values[0] if values else None


def _gain(cells: Sequence[Kept]) -> str:
    alone = _baseline(cells)
    return "–" if alone is None else signed(score(cells).mean - alone)
