"""What the paper says, tested on our numbers: the report engine's tests, and those that need repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from cell_statistics import Difference, summaries
from kept_cells import SPACE, VARIANT, Kept
from page_material import Material
from page_table import decoder_pairs, has_not_learned
from page_text import decoder_name, listed, number, signed, table

from brainstem_app.reports.grid.findings import (
    PROPOSED,
    PYRAMID_TYPE,
    UNET_TYPE,
    GridFinding,
    findings,
)

_KINDS = {"UNet-type": UNET_TYPE, "pyramids": PYRAMID_TYPE, "N- and U-DecoNet": PROPOSED}
_SHARED = {"encoder": "resnet34", "alpha": 0.1, "encoder_weights": None}


def all_findings(material: Material) -> list[GridFinding]:
    """Every statement of the paper for which there are numbers, each once."""
    found: dict[str, GridFinding] = {}
    parts = [(material, material.summaries)]
    parts += [(own, summaries(cells)) for own, cells in _parts(material)]
    for setting, part in parts:
        for finding in findings(part, dict(_SHARED), material.paper):
            found.setdefault(finding.claim, _at(setting, finding))
    for own in _own(material):
        found.setdefault(own.claim, own)
    return list(found.values())


def findings_section(material: Material) -> list[str]:
    """Table of the statements, and how many hold."""
    found = all_findings(material)
    if not found:
        return []
    rows = [[finding.claim, finding.verdict, finding.detail] for finding in found]
    return [
        "## What holds, and what does not",
        "",
        f"{verdicts(found)} Tested on mean IoU of all classes, as the paper's, unless the nuclei are named. "
        "An order holds from a rank correlation of 0.5 on; *no better* if the 95 % interval over decoders "
        "stays below +0.01; what has one pair alone, or hangs on networks that learned little, is *not "
        "clear* here, even if that pair differs clearly.",
        "",
        *table(["the paper", "here", "our numbers"], rows),
    ]


def verdicts(found: Sequence[GridFinding]) -> str:
    """Say how many statements hold."""
    counts = {word: sum(f.verdict == word for f in found) for word in ("holds", "does not hold", "not clear")}
    return (
        f"Of {len(found)} statements {counts['holds']} hold, {counts['does not hold']} do not, "
        f"{counts['not clear']} cannot be told."
    )


def _parts(material: Material) -> list[tuple[Material, list[Kept]]]:
    """Cells over α and over encoders, and the setting that they are of."""
    parts = []
    own = material.where("alpha")
    if alpha := own.changed("alpha"):
        parts.append((own, [*_same_decoders(own, alpha), *alpha]))
    own = material.where("encoder")
    if encoders := [*own.changed("encoder"), *own.changed("encoder", "encoder_weights")]:
        parts.append((own, [*_same_decoders(own, encoders), *encoders]))
    return [(own, part) for own, part in parts if not any({VARIANT, SPACE} & set(c.changes) for c in part)]


def _at(setting: Material, finding: GridFinding) -> GridFinding:
    """Say of a finding at the smaller setting that it is so."""
    if setting.repeated is None:
        return finding
    own = setting.chosen
    where = f"(At {own.size} pixels and {own.epochs} epochs.)"
    return replace(finding, detail=f"{finding.detail} {where}")


def _same_decoders(material: Material, cells: Sequence[Kept]) -> list[Kept]:
    """DiceCE's cells of the decoders that these have."""
    names = {cell.decoder for cell in cells}
    return [cell for name, base in material.decoders.items() if name in names for cell in base]


def _own(material: Material) -> list[GridFinding]:
    pairs = {frozenset((pair.first, pair.second)): pair for pair in decoder_pairs(material)}
    tests = (_deeplab_best, _competitive, _skips, _overlap_alone, _nuclei_fall)
    return [found for test in tests if (found := test(material, pairs)) is not None]


Pairs = dict[frozenset[str], Difference]


def _deeplab_best(material: Material, pairs: Pairs) -> GridFinding | None:
    order = list(material.decoders)
    if "deeplabv3" not in order or len(order) < 2:
        return None
    best, place = order[0], order.index("deeplabv3") + 1
    own = material.scores["deeplabv3", "dicece"]
    if best == "deeplabv3":
        holds = pairs[frozenset(order[:2])].is_clear
        return GridFinding(
            "DeepLabV3 is the best decoder (DiceCE).",
            "holds" if holds else "not clear",
            f"Nuclei {number(own.mean)}, next {decoder_name(order[1])} with "
            f"{number(material.scores[order[1], 'dicece'].mean)}.",
        )
    clear = pairs[frozenset((best, "deeplabv3"))].is_clear
    return GridFinding(
        "DeepLabV3 is the best decoder (DiceCE).",
        "does not hold" if clear else "not clear",
        f"Place {place} of {len(order)}: nuclei {number(own.mean)}, {decoder_name(best)} "
        f"{number(material.scores[best, 'dicece'].mean)}"
        + (", a clear difference." if clear else ", no clear difference."),
    )


def _competitive(material: Material, pairs: Pairs) -> GridFinding | None:
    order = list(material.decoders)
    if "n_deconet" not in order or len(order) < 2:
        return None
    better = [
        name for name in order[: order.index("n_deconet")] if pairs[frozenset((name, "n_deconet"))].is_clear
    ]
    return GridFinding(
        "N-DecoNet, of the fewest parameters (as U-DecoNet), keeps up with the best ones (DiceCE).",
        "does not hold" if len(better) > 2 else "holds",
        f"Place {order.index('n_deconet') + 1} of {len(order)}; clearly better: "
        f"{listed([decoder_name(name) for name in better]) or 'none'}.",
    )


def _skips(material: Material, pairs: Pairs) -> GridFinding | None:
    if not set(UNET_TYPE) <= set(material.decoders):
        return None
    own = [pairs[frozenset(("unet", name))] for name in ("unetplusplus", "manet")]
    gains = {
        (pair.second if pair.first == "unet" else pair.first): (-1 if pair.first == "unet" else 1) * pair.mean
        for pair in own
    }
    better = [pair for pair in own if pair.is_clear and pair.first != "unet"]
    told = ", ".join(f"{decoder_name(name)} {signed(gain)}" for name, gain in gains.items())
    return GridFinding(
        "Changed skip connections do not help: UNet++ and MA-Net are no better than U-Net (DiceCE).",
        "does not hold" if better else "not clear" if max(gains.values()) > 0 else "holds",
        f"Nuclei, minus U-Net: {told}; clearly better: "
        f"{listed([decoder_name(pair.first) for pair in better]) or 'none'}.",
    )


def _overlap_alone(material: Material, pairs: Pairs) -> GridFinding | None:
    """Fall from DiceCE to Dice or Jaccard alone, by kind of decoder."""

    def fall(decoders: Sequence[str]) -> float | None:
        falls = [
            material.scores[d, "dicece"].every - material.scores[d, loss].every
            for d in decoders
            for loss in ("dice", "jaccard")
            if (d, loss) in material.scores and (d, "dicece") in material.scores
        ]
        return float(np.mean(falls)) if falls else None

    falls = {
        name: mean
        for name, decoders in _KINDS.items()
        if (mean := fall(decoders)) is not None  # of kinds that have any
    }
    unet = falls.pop("UNet-type", None)
    if unet is None or not falls:
        return None
    others = ", ".join(f"{name} {mean:.3f}" for name, mean in falls.items())
    failed = _some_not_learned(material)
    return GridFinding(
        "With Dice or Jaccard alone UNet-type decoders lose most.",
        "holds" if unet > max(falls.values()) else "not clear" if failed else "does not hold",
        f"Fall from DiceCE on average: UNet-type {unet:.3f}, {others}."
        + (" Networks that have not learned most nuclei (‡) decide it." if failed else ""),
    )


def _some_not_learned(material: Material) -> bool:
    return any(
        has_not_learned(cells) for key, cells in material.table.items() if key[1] in ("dice", "jaccard")
    )


def _nuclei_fall(material: Material, pairs: Pairs) -> GridFinding | None:
    """With more cross-entropy the nuclei fall more steeply than grey and white matter."""
    parts = _parts(material)
    setting, alpha = next(
        ((own, part) for own, part in parts if any("alpha" in cell.changes for cell in part)), (material, [])
    )
    if not alpha:
        return None
    falls: dict[str, list[float]] = {"nuclei": [], "tissue": []}
    own_summaries = summaries(alpha)
    of_decoders = [
        {s.variant.get("alpha", 0.1): s for s in own_summaries if s.variant["decoder"] == decoder}
        for decoder in dict.fromkeys(s.variant["decoder"] for s in own_summaries)
    ]
    # All over the same shares, also while one of them is being trained.
    shares = set.intersection(*map(set, of_decoders))
    for own in of_decoders:
        for measure, found in falls.items():
            low, high = own[min(shares)].mean(measure), own[max(shares)].mean(measure)
            if low is not None and high is not None:
                found.append(low - high)
    nuclei, tissue = (float(np.mean(falls[name])) for name in ("nuclei", "tissue"))
    fall = GridFinding(
        "With a larger α the nuclei fall more steeply than grey and white matter.",
        "holds" if nuclei > max(tissue, 0) else "does not hold",
        f"From α = {min(shares):g} to {max(shares):g}, mean over decoders: nuclei {signed(-nuclei)}, grey "
        f"and white matter {signed(-tissue)}.",
    )
    return _at(setting, fall)
