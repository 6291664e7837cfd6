"""Cross-validation in a comparison: the folds of a repeat as one cell, and how much they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.evaluation.confusion import macro_miou
from brainstem_app.reports.grid.results import CellResult, value_name
from brainstem_app.reports.grid.summary import classes_of

_ORDER = ("failed", "waiting", "finished")


@dataclass(frozen=True)
class FoldSpread:
    """One combination over its folds.

    Attributes
    ----------
    name : str
        The combination in words.
    folds, done : int
        How many folds there are in all repeats, and how many of them are finished.
    means : mapping of str to (mean, standard deviation)
        Macro mIoU of ``all`` classes and of the ``nuclei``, each fold's on the people that it tests. The
        deviation is None for a single fold.
    pooled : mapping of str to float or None
        Mean over repeats of the same over everybody, each tested once; None before a repeat has all folds.
    """

    name: str
    folds: int
    done: int
    means: Mapping[str, tuple[float, float | None]]
    pooled: Mapping[str, float | None]


def merged(cells: Sequence[CellResult]) -> tuple[CellResult, ...]:
    """Join the folds of each repeat to one cell that is tested on everybody; others stay as they are."""
    groups: dict[tuple[str, int], list[CellResult]] = {}
    for cell in cells:
        groups.setdefault((cell.key, cell.repeat), []).append(cell)
    return tuple(_joined(group) if len(group) > 1 else group[0] for group in groups.values())


def fold_spreads(cells: Sequence[CellResult], table: LabelTable) -> tuple[FoldSpread, ...]:
    """Mean and standard deviation over folds of each combination, in the order of the cells."""
    groups: dict[str, list[CellResult]] = {}
    for cell in cells:
        groups.setdefault(cell.key, []).append(cell)
    return tuple(_spread(group, table) for group in groups.values())


def mean_sd(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean, and standard deviation with n − 1, None of a single value."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None


def _spread(group: list[CellResult], table: LabelTable) -> FoldSpread:
    classes = {name: chosen for name, chosen in classes_of(table).items() if name in ("all", "nuclei")}
    done = [cell.counts for cell in group if cell.counts is not None]
    means, pooled = {}, {}
    for name, chosen in classes.items():
        values = [v for counts in done if (v := macro_miou(counts.sum(axis=0), chosen)) is not None]
        if values:
            means[name] = mean_sd(values)
        of_all = [
            v
            for cell in merged(group)
            if cell.counts is not None and (v := macro_miou(cell.counts.sum(axis=0), chosen)) is not None
        ]
        pooled[name] = float(np.mean(of_all)) if of_all else None
    named = ", ".join(value_name(axis, value) for axis, value in group[0].variant.items())
    return FoldSpread(named, len(group), len(done), means, pooled)


def _joined(group: list[CellResult]) -> CellResult:
    state = min((cell.state for cell in group), key=_ORDER.index)
    first = next((cell for cell in group if cell.state == state), group[0])
    counts = [cell.counts for cell in group if cell.counts is not None]
    whole = np.concatenate(counts) if state == "finished" and len(counts) == len(group) else None
    own: dict[str, Any] = {
        "name": first.name.rpartition(" · fold ")[0] or first.name,
        "state": state,
        "counts": whole,
        "seconds": sum(cell.seconds for cell in group),
        "memory_gib": max(cell.memory_gib for cell in group),
        "parameters": max(cell.parameters for cell in group),
        "macro_miou": (None if whole is None else macro_miou(whole.sum(axis=0)), None, None),
        "macro_miou_nuclei": (None, None, None),
    }
    return replace(first, **own)
