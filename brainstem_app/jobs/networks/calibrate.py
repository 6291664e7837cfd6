"""Calibrate a network's confidence on the validation subjects of a study: never on those it is tested on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.warped import box_shares
from brainstem_app.evaluation.calibration import (
    Temperature,
    VoxelSample,
    fit_temperature,
    low_confidence_threshold,
    may_be_nucleus,
)
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.models.method import PredictionContext
from brainstem_app.models.prediction import Prediction, Predictor, predict_with_probabilities
from brainstem_app.progress import ProgressCallback
from brainstem_app.reports.evaluation.calibration import (
    POOR_DICE,
    Calibration,
    SubjectVoxels,
    nuclei_confidence,
)
from brainstem_app.study.prepared_box import PreparedBox
from brainstem_app.study.study import Study


def calibrate(
    study: Study,
    names: Sequence[str],
    context: PredictionContext,
    predictor: Predictor,
    reporter: Reporter,
    total: int,
) -> Calibration | None:
    """Fit the temperature, and the threshold below which a nucleus is marked; see how sure it usually is.

    The temperature minimises the negative log-likelihood of the reference over the voxels that may be a
    nucleus (`brainstem_app.evaluation.calibration.may_be_nucleus`), every subject weighing the same: the rest
    of the brainstem and the background would hide them. The threshold marks few of the nuclei with a good
    overlap.

    Parameters
    ----------
    names : sequence of str
        The validation subjects.
    total : int
        How many subjects the whole job predicts, for its progress; the validation subjects are the first.

    Returns
    -------
    Calibration or None
        None without validation subjects.

    Raises
    ------
    JobCancelled
        If the user cancels.
    """
    if not names:
        return None
    boxes = ((name, study.load_box(name)) for name in names)
    voxels = (
        predict_voxels(predictor, box, context, reporter.part(index, total, name))
        for index, (name, box) in enumerate(boxes)
    )
    return calibrate_on(voxels, context.nuclei)


def calibrate_on(subjects: Iterable[SubjectVoxels], nuclei: tuple[int, ...]) -> Calibration:
    """Fit temperature and threshold on labelled subjects, one after the other; see `calibrate`."""
    samples: list[VoxelSample] = []
    labelled: list[SubjectVoxels] = []
    for voxels in subjects:
        chosen = may_be_nucleus(voxels.probabilities, nuclei) & voxels.known
        if chosen.any():
            samples.append(VoxelSample(voxels.probabilities[chosen], voxels.reference[chosen]))
        labelled.append(_only_nuclei(voxels, nuclei))
    # Where nobody labelled what might be a nucleus, nothing says that the network is too sure.
    temperature = fit_temperature(samples) if samples else Temperature(1.0, 0.0, 0.0)
    found = [nuclei_confidence(voxels, nuclei, temperature.value) for voxels in labelled]
    confidence, dice = np.array([(n.after, n.dice) for own in found for n in own]).reshape(-1, 2).T
    threshold = low_confidence_threshold(confidence, dice >= POOR_DICE)
    return Calibration(
        temperature, threshold, len(samples), [{n.index: n.after for n in own} for own in found]
    )


def predict_voxels(
    predictor: Predictor, box: PreparedBox, context: PredictionContext, report: ProgressCallback
) -> SubjectVoxels:
    """Probabilities and labels of one prepared subject, beside its reference."""
    prediction, probabilities = predict_with_probabilities(predictor, box.image, context, report)
    return labelled_subject(probabilities, prediction, box.labels, context)


def labelled_subject(
    probabilities: NDArray[np.float32],
    prediction: Prediction,
    reference: NDArray[np.uint8],
    context: PredictionContext,
) -> SubjectVoxels:
    """One subject's probabilities (50, 50, 73, K) and labels, as reports measure them, and its reference."""
    shares = None
    if prediction.displacement is not None:
        atlas = context.bent_atlas
        found = box_shares(atlas, prediction.displacement).reshape(*atlas.shape, -1)
        # The box need not hold the atlas's last classes.
        shares = np.zeros_like(probabilities)
        shares[..., : found.shape[-1]] = found
    return SubjectVoxels(probabilities, prediction.labels, prediction.most_probable, reference, shares)


def _only_nuclei(voxels: SubjectVoxels, nuclei: tuple[int, ...]) -> SubjectVoxels:
    """Voxels of a subject that are or hold a nucleus, in the labels or in the reference: far fewer."""
    kept = np.isin(voxels.labels, nuclei) | np.isin(voxels.reference, nuclei)
    kept &= voxels.known
    if voxels.shares is not None:
        kept |= (voxels.shares[..., list(nuclei)] > 0).any(axis=-1) & voxels.known
    return SubjectVoxels(
        voxels.probabilities[kept],
        voxels.labels[kept],
        voxels.most_probable[kept],
        voxels.reference[kept],
        None if voxels.shares is None else voxels.shares[kept],
    )
