"""Calibration of a network's confidence, counted over the voxels of subjects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.counting import counted
from brainstem_app.evaluation.calibration import (
    N_BINS,
    Bins,
    Temperature,
    bootstrap_ece,
    calibrated,
    confidence_of,
    expected_calibration_error,
    reliability_bins,
)
from brainstem_app.evaluation.usual_confidence import UsualConfidences, usual_confidences
from brainstem_app.imaging.label_map import IGNORED_LABEL
from brainstem_app.reports.engine.entry import DECIMALS, Estimate, rounded
from brainstem_app.reports.evaluation.calibration_model import (
    CalibrationReport,
    NucleusCalibration,
    ReliabilityBin,
    ReliabilityDiagram,
)

FloatArray = NDArray[np.float32]
Labels = NDArray[np.uint8]
#: A nucleus with a lower Dice has a poor overlap.
POOR_DICE = 0.6
_Labels = Literal["label given", "most probable class"]
_Voxels = Literal["neighbourhood", "nuclei"]


@dataclass(frozen=True)
class Calibration:
    """What was fitted on the validation subjects.

    `confidences` is what the network then says of the nuclei of each of them, by class.
    """

    temperature: Temperature
    low_confidence: float
    subjects: int
    confidences: Sequence[Mapping[int, float]] = ()

    def usual(self, table: LabelTable) -> UsualConfidences | None:
        """How sure the network usually is of each nucleus, by name; None of too few subjects."""
        names = {structure.index: structure.name for structure in table.nuclei}
        people = [{names[index]: value for index, value in own.items()} for own in self.confidences]
        return usual_confidences(people, counted(len(people), "validation subject"))


@dataclass(frozen=True)
class NucleusConfidence:
    """One nucleus of one subject; the confidences are those that a report gives."""

    index: int
    before: float
    after: float
    precision: float
    dice: float
    iou: float


@dataclass(frozen=True)
class SubjectVoxels:
    """One labelled subject: probabilities (X, Y, Z, K), and labels (X, Y, Z) of three kinds.

    `shares` (X, Y, Z, K), if volumes come from a warp, is how much of each voxel each class has under it.
    """

    probabilities: FloatArray
    labels: Labels
    most_probable: Labels
    reference: Labels
    shares: FloatArray | None = None

    @property
    def known(self) -> NDArray[np.bool_]:
        """Voxels (X, Y, Z) that somebody labelled; the others say nothing."""
        return np.asarray(self.reference != IGNORED_LABEL)

    def confidence(self, index: int, temperature: float, nuclei: Sequence[int]) -> float:
        """Confidence of a nucleus as reports give it: mean over its voxels, or over its shares of them."""
        weight = None if self.shares is None else self.shares[..., index]
        if weight is None or not weight.any():
            mask = self.labels == index
            return float(
                confidence_of(self.probabilities[mask], self.labels[mask], temperature, nuclei).mean()
            )
        mask = weight > 0
        sure = calibrated(self.probabilities[mask], temperature, nuclei)[..., index]
        return float(np.average(sure, weights=weight[mask]))


def nuclei_confidence(
    voxels: SubjectVoxels, nuclei: Sequence[int], temperature: float
) -> list[NucleusConfidence]:
    """Confidence and overlap of each nucleus that is labelled and in the reference."""
    found = []
    for index in nuclei:
        mask, reference = (voxels.labels == index) & voxels.known, voxels.reference == index
        size, own, both = int(mask.sum()), int(reference.sum()), int((mask & reference).sum())
        if not size or not own:
            continue
        found.append(
            NucleusConfidence(
                index,
                voxels.confidence(index, 1.0, nuclei),
                voxels.confidence(index, temperature, nuclei),
                both / size,
                2 * both / (size + own),
                both / (size + own - both),
            )
        )
    return found


@dataclass
class CalibrationCounts:
    """Takes one subject after the other, and holds only what the report needs.

    Parameters
    ----------
    calibration : Calibration
        Fitted on other subjects.
    table : LabelTable
        What the labels are.
    region : ndarray of bool, shape (X, Y, Z)
        Voxels that count: the brainstem's neighbourhood.
    same : bool
        Whether the labels given are the most probable classes.
    """

    calibration: Calibration
    table: LabelTable
    region: NDArray[np.bool_]
    same: bool
    _bins: dict[tuple[_Labels, _Voxels], list[tuple[Bins, Bins]]] = field(default_factory=dict)
    _nuclei: list[NucleusConfidence] = field(default_factory=list)

    def add(self, voxels: SubjectVoxels) -> None:
        """Count one subject."""
        nuclei = [structure.index for structure in self.table.nuclei]
        self._nuclei += nuclei_confidence(voxels, nuclei, self.calibration.temperature.value)
        region = self.region & voxels.known
        probabilities, reference = voxels.probabilities[region], voxels.reference[region]
        kinds: list[tuple[_Labels, Labels]] = [("label given", voxels.labels)]
        if not self.same:
            kinds.append(("most probable class", voxels.most_probable))
        for name, given in kinds:
            labels = given[region]
            right = labels == reference
            nucleus = np.isin(labels, nuclei)
            before = confidence_of(probabilities, labels)
            after = confidence_of(probabilities, labels, self.calibration.temperature.value, nuclei)
            for which, chosen in (("neighbourhood", np.ones_like(nucleus)), ("nuclei", nucleus)):
                pair = tuple(reliability_bins(values[chosen], right[chosen]) for values in (before, after))
                self._bins.setdefault((name, which), []).append(pair)  # type: ignore[arg-type]

    def report(self, seed: int = 0) -> CalibrationReport:
        """Put the report together; `seed` is of the bootstrap."""
        rng = np.random.default_rng(seed)
        threshold = self.calibration.low_confidence
        poor = [n for n in self._nuclei if n.dice < POOR_DICE]
        good = [n for n in self._nuclei if n.dice >= POOR_DICE]
        dice = np.array([n.dice for n in self._nuclei])
        before, after = (np.array([getattr(n, f) for n in self._nuclei]) for f in ("before", "after"))
        return CalibrationReport(
            temperature=round(self.calibration.temperature.value, DECIMALS),
            low_confidence=round(threshold, DECIMALS),
            poor_dice=POOR_DICE,
            validation_subjects=self.calibration.subjects,
            nll_before=round(self.calibration.temperature.nll_before, DECIMALS),
            nll_after=round(self.calibration.temperature.nll_after, DECIMALS),
            diagrams=tuple(_diagram(key, pairs, rng) for key, pairs in self._bins.items()),
            nuclei=tuple(self._nucleus(s.index, s.name) for s in self.table.nuclei),
            rank_correlation_before=_rank_correlation(before, dice),
            rank_correlation=_rank_correlation(after, dice),
            distance_before=_mean(np.abs(before - dice)),
            distance=_mean(np.abs(after - dice)),
            poor=len(poor),
            poor_marked=sum(n.after < threshold for n in poor),
            good=len(good),
            good_marked=sum(n.after < threshold for n in good),
            usual_confidence=self.calibration.usual(self.table),
        )

    def _nucleus(self, index: int, name: str) -> NucleusCalibration:
        own = [n for n in self._nuclei if n.index == index]
        return NucleusCalibration(
            name=name,
            subjects=len(own),
            confidence_before=_mean([n.before for n in own]),
            confidence=_mean([n.after for n in own]),
            precision=_mean([n.precision for n in own]),
            dice=_mean([n.dice for n in own]),
            iou=_mean([n.iou for n in own]),
            marked=sum(n.after < self.calibration.low_confidence for n in own),
            poor=sum(n.dice < POOR_DICE for n in own),
        )


def _diagram(
    key: tuple[_Labels, _Voxels], pairs: list[tuple[Bins, Bins]], rng: np.random.Generator
) -> ReliabilityDiagram:
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    total = np.sum(before, axis=0)
    voxels = int(total[:, 0].sum())
    return ReliabilityDiagram(
        labels=key[0],
        voxels=key[1],
        n_voxels=voxels,
        right=rounded(total[:, 2].sum() / voxels) if voxels else None,
        ece_before=_estimate(before, rng),
        ece_after=_estimate(after, rng),
        before=_bins_of(total),
        after=_bins_of(np.sum(after, axis=0)),
    )


def _estimate(bins: list[Bins], rng: np.random.Generator) -> Estimate:
    return Estimate.of(expected_calibration_error(np.stack(bins)), bootstrap_ece(bins, rng))


def _bins_of(total: Bins) -> tuple[ReliabilityBin, ...]:
    return tuple(
        ReliabilityBin(
            low=round(n / N_BINS, DECIMALS),
            high=round((n + 1) / N_BINS, DECIMALS),
            voxels=int(voxels),
            confidence=rounded(confidence / voxels) if voxels else None,
            right=rounded(right / voxels) if voxels else None,
        )
        for n, (voxels, confidence, right) in enumerate(total)
    )


def _rank_correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float | None:
    from scipy.stats import spearmanr

    if len(first) < 3 or not np.ptp(first) or not np.ptp(second):
        return None
    return rounded(float(spearmanr(first, second).statistic))


def _mean(values: Sequence[float] | NDArray[np.float64]) -> float | None:
    return rounded(float(np.mean(values))) if len(values) else None
