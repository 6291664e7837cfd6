"""Each combination of a comparison over its repeats: means with both kinds of 95 % intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from brainstem_app.atlas.label_table import Group, LabelTable
from brainstem_app.evaluation.bootstrap import Interval
from brainstem_app.evaluation.confusion import macro_miou
from brainstem_app.evaluation.repeats import bootstrap_repeats, t_half_width
from brainstem_app.reports.grid.results import CellResult

MEASURES = ("all", "nuclei", "tissue")


@dataclass(frozen=True)
class Mean:
    """Mean over repeats; half of its 95 % interval over repeats; its 95 % interval over subjects."""

    value: float
    half: float | None
    subjects: Interval | None


@dataclass(frozen=True)
class VariantSummary:
    """One combination.

    Attributes
    ----------
    variant : mapping
        Its values of the settings that vary.
    n, finished, failed : int
        Repeats: planned, finished, failed.
    means : mapping of str to Mean
        By measure: macro mIoU of ``all`` classes, of the ``nuclei``, of the ``tissue`` classes (grey and
        white matter); empty before one repeat is finished.
    parameters : int
        Trainable parameters; 0 if not known yet.
    seconds : float or None
        Median time of a repeat.
    """

    variant: Mapping[str, Any]
    n: int
    finished: int
    failed: int
    means: Mapping[str, Mean]
    parameters: int = 0
    seconds: float | None = None

    def mean(self, measure: str) -> float | None:
        """Mean of a measure, None before one repeat is finished."""
        return self.means[measure].value if measure in self.means else None


def summarise(cells: Sequence[CellResult], table: LabelTable) -> tuple[VariantSummary, ...]:
    """Summarise every combination, in the order of the cells."""
    groups: dict[str, list[CellResult]] = {}
    for cell in cells:
        groups.setdefault(cell.key, []).append(cell)
    return tuple(_summary(group, table) for group in groups.values())


def classes_of(table: LabelTable) -> dict[str, list[int]]:
    """Return the classes of each measure."""
    return {
        "all": [s.index for s in table.structures],
        "nuclei": [s.index for s in table.nuclei],
        "tissue": [s.index for s in table.structures if s.group is Group.TISSUE],
    }


def _summary(group: list[CellResult], table: LabelTable) -> VariantSummary:
    finished = [cell for cell in group if cell.state == "finished"]
    seconds = [cell.seconds for cell in finished]
    return VariantSummary(
        variant=group[0].variant,
        n=len(group),
        finished=len(finished),
        failed=sum(cell.state == "failed" for cell in group),
        means=_means(finished, table),
        parameters=max((cell.parameters for cell in finished), default=0),
        seconds=float(np.median(seconds)) if seconds else None,
    )


def _means(finished: Iterable[CellResult], table: LabelTable) -> dict[str, Mean]:
    counts = [cell.counts for cell in finished if cell.counts is not None]
    if not counts or len({c.shape for c in counts}) > 1:
        return {}
    classes = classes_of(table)
    # A fixed seed: the page says the same each time it is written.
    intervals = bootstrap_repeats(np.stack(counts), list(classes.values()), np.random.default_rng(0))
    means = {}
    for (measure, chosen), interval in zip(classes.items(), intervals, strict=True):
        values = [v for c in counts if (v := macro_miou(c.sum(axis=0), chosen)) is not None]
        if values:
            means[measure] = Mean(float(np.mean(values)), t_half_width(values), interval)
    return means
