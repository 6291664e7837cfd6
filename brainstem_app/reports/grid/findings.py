"""Findings of the paper, tested on the results of a comparison of networks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from brainstem_app.counting import counted
from brainstem_app.evaluation.repeats import t_half_width
from brainstem_app.reports.engine.formatting import signed
from brainstem_app.reports.grid.paper import PaperResults
from brainstem_app.reports.grid.results import DECODER_NAMES, value_name
from brainstem_app.reports.grid.summary import VariantSummary

UNET_TYPE = ("unet", "unetplusplus", "manet")
PYRAMID_TYPE = ("pspnet", "fpn", "deeplabv3", "deeplabv3plus")
PROPOSED = ("n_deconet", "u_deconet")
#: Encoders that are deeper or more complex than ResNet-34, and have more parameters.
_LARGER = (
    *("resnet50", "resnet101", "resnet152", "seresnet50", "seresnet101", "senet154"),
    *("mit_b2", "mit_b3", "mit_b4", "mit_b5"),
)
_ENOUGH = 3
#: A rank correlation from here on counts as the same order.
_STRONG = 0.5


#: A difference of mean IoU below this is none.
_NO_DIFFERENCE = 0.01
Verdict = Literal["holds", "does not hold", "not clear"]


@dataclass(frozen=True)
class GridFinding:
    """A statement of the paper, tested on our means (macro mIoU of all classes, as the paper's).

    Attributes
    ----------
    claim : str
        What the paper says.
    verdict : {"holds", "does not hold", "not clear"}
        Whether our means agree; not clear where a mean difference's 95 % interval leaves it open.
    detail : str
        Our numbers.
    """

    claim: str
    verdict: Verdict
    detail: str


Row = tuple[dict[str, Any], float]


def findings(
    summaries: Sequence[VariantSummary], settings: dict[str, Any], paper: PaperResults
) -> tuple[GridFinding, ...]:
    """Test every statement for which there are numbers.

    Parameters
    ----------
    summaries : sequence of VariantSummary
        Combinations; those without a finished repeat are left out.
    settings : dict
        The settings all share.
    """
    rows: list[Row] = [
        ({**settings, **s.variant}, mean) for s in summaries if (mean := s.mean("all")) is not None
    ]
    tests: tuple[Callable[[list[Row], PaperResults], GridFinding | None], ...] = (
        _same_order,
        _best_loss,
        _kinds_of_decoder,
        _n_before_u,
        _alpha_harms,
        _steady_over_alpha,
        _deeper_encoders,
        _pretrained,
    )
    return tuple(found for test in tests if (found := test(rows, paper)) is not None)


def rank_correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Spearman's rank correlation; None for fewer than three pairs or no spread."""
    if len(pairs) < _ENOUGH:
        return None
    from scipy.stats import spearmanr

    ours, theirs = zip(*pairs, strict=True)
    if len(set(ours)) < 2 or len(set(theirs)) < 2:
        return None
    return float(spearmanr(ours, theirs).statistic)


def _same_order(rows: list[Row], paper: PaperResults) -> GridFinding | None:
    pairs = [(mean, theirs[0]) for settings, mean in rows if (theirs := paper.result(settings)) is not None]
    correlation = rank_correlation(pairs)
    if correlation is None:
        return None
    return GridFinding(
        "The combinations of decoder and loss come in the order of Table 1.",
        _plain(correlation >= _STRONG),
        f"Spearman's rank correlation of {len(pairs)} combinations with the paper's: {correlation:.2f} "
        f"(strong from {_STRONG} on).",
    )


def _best_loss(rows: list[Row], paper: PaperResults) -> GridFinding | None:
    table = _table(rows, "decoder", "loss")
    full = {d: losses for d, losses in table.items() if "dicece" in losses and len(losses) > 1}
    if not full:
        return None
    best = {decoder: max(losses, key=lambda name: losses[name]) for decoder, losses in full.items()}
    others = [f"{_decoder(d)}: {value_name('loss', loss)}" for d, loss in best.items() if loss != "dicece"]
    detail = f"DiceCE is the best loss for {len(best) - len(others)} of {len(best)} decoders"
    detail += f"; not for {', '.join(others)}." if others else "."
    return GridFinding("All decoders are best with DiceCE.", _plain(not others), detail)


def _kinds_of_decoder(rows: list[Row], paper: PaperResults) -> GridFinding | None:
    scores = _decoders(rows)
    low = {d: scores[d] for d in UNET_TYPE if d in scores}
    high = {d: scores[d] for d in (*PYRAMID_TYPE, *PROPOSED) if d in scores}
    if not low or not high:
        return None
    best, worst = max(low, key=lambda d: low[d]), min(high, key=lambda d: high[d])
    apart, ahead = high[worst] - low[best], _average(high) - _average(low)
    return GridFinding(
        "Pyramid-type decoders, N-DecoNet and U-DecoNet do better than U-Net-type ones (DiceCE).",
        "holds" if apart > _NO_DIFFERENCE else "does not hold" if ahead < -_NO_DIFFERENCE else "not clear",
        f"Mean of the U-Net type {_average(low):.3f}, of the others {_average(high):.3f}; "
        f"the best of the U-Net type is {_decoder(best)} ({low[best]:.3f}), "
        f"the worst of the others {_decoder(worst)} ({high[worst]:.3f}).",
    )


def _n_before_u(rows: list[Row], paper: PaperResults) -> GridFinding | None:
    pairs = _pairs(rows, "decoder", "n_deconet", "u_deconet")
    if not pairs:
        return None
    ahead = sum(n > u for n, u in pairs)
    differences = [n - u for n, u in pairs]
    low, high = _interval(differences)
    return GridFinding(
        "Adding the maps of the level above costs accuracy: N-DecoNet is better than U-DecoNet.",
        "holds" if low > 0 else "does not hold" if high < 0 else "not clear",
        f"N-DecoNet is ahead in {ahead} of {len(pairs)} combinations, by {_told(differences)}.",
    )


def _alpha_harms(rows: list[Row], paper: PaperResults) -> GridFinding | None:
    table = _table(rows, "decoder", "alpha")
    slopes = {d: c for d, by in table.items() if (c := rank_correlation(list(by.items()))) is not None}
    if not slopes:
        return None
    falling = [d for d, slope in slopes.items() if slope < -_STRONG]
    told = ", ".join(f"{_decoder(d)} {signed(slope)}" for d, slope in slopes.items())
    return GridFinding(
        "The larger the share α of cross-entropy, the worse.",
        _plain(len(falling) == len(slopes)),
        f"Rank correlation of accuracy with α: {told}.",
    )


def _steady_over_alpha(rows: list[Row], paper: PaperResults) -> GridFinding | None:
    table = {d: by for d, by in _table(rows, "decoder", "alpha").items() if len(by) >= _ENOUGH}
    # A network that has not been trained with every share yet spans less for that reason alone.
    shares = sorted(set[float].intersection(*map(set, table.values()))) if table else []
    if "deeplabv3" not in table or len(table) < 2 or len(shares) < _ENOUGH:
        return None
    spread = {d: float(np.std([by[share] for share in shares], ddof=1)) for d, by in table.items()}
    told = ", ".join(
        f"{_decoder(d)} {value:.3f} (paper {paper.deviation_over_alpha[d]:.3f})"
        if d in paper.deviation_over_alpha
        else f"{_decoder(d)} {value:.3f}"
        for d, value in spread.items()
    )
    return GridFinding(
        "DeepLabV3 changes least over α.",
        _plain(min(spread, key=lambda d: spread[d]) == "deeplabv3"),
        f"Standard deviation over α = {', '.join(f'{share:g}' for share in shares)}: {told}.",
    )


def _deeper_encoders(rows: list[Row], paper: PaperResults) -> GridFinding | None:
    found: dict[
        str, list[float]
    ] = {}  # by baseline: what all encoders are compared with varies with its seed
    named = []
    for name in _LARGER:
        pairs = _paired(rows, "encoder", name, "resnet34")
        named += [value_name("encoder", name)] * bool(pairs)
        for rest, (larger, small) in pairs.items():
            found.setdefault(rest, []).append(larger - small)
    if not found:
        return None
    differences = [_average(own) for own in found.values()]
    return GridFinding(
        "Deeper and more complex encoders do not improve the result.",
        _no_better(differences),
        f"{', '.join(named)} minus ResNet-34, over {counted(len(differences), 'decoder')}: "
        f"{_told(differences)}.",
    )


def _pretrained(rows: list[Row], paper: PaperResults) -> GridFinding | None:
    pairs = _pairs(rows, "encoder_weights", "imagenet", None)
    if not pairs:
        return None
    differences = [pretrained - random for pretrained, random in pairs]
    spread = (
        f", from {signed(min(differences), 3)} to {signed(max(differences), 3)}" if len(pairs) > 1 else ""
    )
    return GridFinding(
        "Pretrained encoders do no better than random ones.",
        _no_better(differences),
        f"Pretrained minus random, over {counted(len(pairs), 'combination')}: {_told(differences)}{spread}.",
    )


def _table(rows: list[Row], first: str, second: str) -> dict[str, dict[Any, float]]:
    """Mean by two settings that both vary; over what else varies the largest counts."""
    table: dict[str, dict[Any, float]] = {}
    for settings, mean in rows:
        if first in settings and second in settings:
            row = table.setdefault(str(settings[first]), {})
            row[settings[second]] = max(mean, row.get(settings[second], -1.0))
    return table


def _decoders(rows: list[Row]) -> dict[str, float]:
    scores: dict[str, float] = {}
    for settings, mean in rows:
        if settings.get("loss", "dicece") == "dicece":
            name = str(settings.get("decoder", ""))
            scores[name] = max(mean, scores.get(name, -1.0))
    return scores


def _pairs(rows: list[Row], name: str, first: object, second: object) -> list[tuple[float, float]]:
    """Means of two values of a setting where all others are the same."""
    return list(_paired(rows, name, first, second).values())


def _paired(rows: list[Row], name: str, first: object, second: object) -> dict[str, tuple[float, float]]:
    """Means of two values of a setting, by all other settings in words."""
    found: dict[str, dict[object, float]] = {}
    for settings, mean in rows:
        if name in settings and settings[name] in (first, second):
            rest = str(sorted((k, str(v)) for k, v in settings.items() if k != name))
            found.setdefault(rest, {})[settings[name]] = mean
    return {rest: (both[first], both[second]) for rest, both in found.items() if len(both) == 2}


def _plain(holds: bool) -> Verdict:
    return "holds" if holds else "does not hold"


def _no_better(differences: Sequence[float]) -> Verdict:
    low, high = _interval(differences)
    return "holds" if high <= _NO_DIFFERENCE else "does not hold" if low > 0 else "not clear"


def _interval(differences: Sequence[float]) -> tuple[float, float]:
    """95 % interval of a mean difference; without ends for a single one."""
    half = t_half_width(differences)
    mean = _average(differences)
    return (-math.inf, math.inf) if half is None else (mean - half, mean + half)


def _told(differences: Sequence[float]) -> str:
    half = t_half_width(differences)
    return f"{signed(_average(differences), 3)}" + (f" ± {half:.3f} on average" if half is not None else "")


def _average(values: Any) -> float:
    numbers = list(values.values()) if isinstance(values, dict) else list(values)
    return float(np.mean(numbers))


def _decoder(name: str) -> str:
    return DECODER_NAMES.get(name, name)
