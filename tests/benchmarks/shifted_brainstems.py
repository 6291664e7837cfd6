"""How the check of the fit answers to prepared subjects as they are, shifted by millimetres, or noisy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.spaces import AROUND_BOX, BOX, MNI_SHAPE
from brainstem_app.preprocessing.fit import Fit, judge_fit, measure_fit
from brainstem_app.preprocessing.intensity import LIMIT
from brainstem_app.preprocessing.template import load_template
from brainstem_app.study.study import Study

Volume = NDArray[np.float32]
EVERY = 3


@dataclass(frozen=True)
class Answer:
    """What the check said of one change, over the subjects it was made to."""

    change: str
    fits: tuple[Fit, ...]

    def row(self) -> str:
        """One line of a table: lowest, median, highest measure, and how many were warned of or refused."""
        levels = [{finding.level for finding in judge_fit(fit)} for fit in self.fits]
        counts = [sum(level in found for found in levels) for level in (Level.WARNING, Level.ERROR)]
        measures = [[fit.correlation for fit in self.fits], [fit.edges for fit in self.fits]]
        texts = [f"{min(v):.2f} / {np.median(v):.2f} / {max(v):.2f}" for v in measures]
        return f"| {self.change} | {len(self.fits)} | {' | '.join(texts)} | {counts[0]} | {counts[1]} |"


def answers(study: Study) -> Iterator[Answer]:
    """Measure the subjects of a study as they are, and every third of them changed."""
    subjects = [_in_mni(study.load_box(record.name).image) for record in study.finished_subjects()]
    yield Answer("as they are", tuple(_fit(volume) for volume in subjects))
    for change, apply in _changes(np.random.default_rng(0)):
        yield Answer(change, tuple(_fit(apply(volume)) for volume in subjects[::EVERY]))


def _changes(rng: np.random.Generator) -> Iterator[tuple[str, Callable[[Volume], Volume]]]:
    for name, axis, mm in (
        ("2 mm up", 2, 2), ("3 mm up", 2, 3), ("3 mm down", 2, -3), ("2 mm back", 1, -2),
        ("3 mm back", 1, -3), ("3 mm to the front", 1, 3), ("3 mm to the side", 0, 3), ("8 mm up", 2, 8),
    ):  # fmt: skip
        yield f"shifted {name}", partial(np.roll, shift=mm, axis=axis)
    for spread in (0.5, 1.0):
        name = f"with noise of {spread:g} standard deviations of the brain's intensities"
        yield name, partial(_noisy, spread=spread, rng=rng)


def _noisy(volume: Volume, spread: float, rng: np.random.Generator) -> Volume:
    return volume + rng.normal(0, spread, volume.shape).astype(np.float32)


def _in_mni(box: Volume) -> Volume:
    """A box in ``mni``, its outermost voxels repeated as far as the check looks."""
    margins = [
        (inner - outer, outer + wide - inner - narrow)
        for inner, outer, narrow, wide in zip(
            BOX.start, AROUND_BOX.start, BOX.shape, AROUND_BOX.shape, strict=True
        )
    ]
    volume = np.full(MNI_SHAPE, -LIMIT, dtype=np.float32)
    volume[AROUND_BOX.slices] = np.pad(box, margins, mode="edge")
    return volume


def _fit(volume: Volume) -> Fit:
    template = load_template()
    return measure_fit(volume, template.brain, np.eye(4), template)
