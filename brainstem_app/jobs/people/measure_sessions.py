"""Measure several scans of one person together: placed half-way, bent once, each by what it differs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from brainstem_app.atlas.warped import Grid, SoftMeasures, WarpedAtlas, box_shares, labels_under
from brainstem_app.errors import ImplausibleResultError, InputError
from brainstem_app.imaging.reading import read_scan, require_usable
from brainstem_app.imaging.scan import Finding, Scan
from brainstem_app.imaging.spaces import BOX, Affine, Space, crop_to_box
from brainstem_app.jobs.scans.loaded_model import LoadedModel
from brainstem_app.jobs.scans.segment import require_plausible
from brainstem_app.models.prediction import Predictor, class_probabilities
from brainstem_app.models.session_warps import SessionWarps, fit_sessions, mean_probabilities
from brainstem_app.preprocessing.halfway import HalfWay, place_half_way
from brainstem_app.preprocessing.intensity import LIMIT
from brainstem_app.preprocessing.normalise import CorrectedBrain, normalise_scan
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.progress import ProgressCallback, within

#: Brains of one person, one laid on the other, resemble each other more than this; those of two do not.
LEAST_LIKENESS = 0.90
# Share of the time until all scans are normalised.
_NORMALISED = 0.5


@dataclass(frozen=True)
class PlacedScan:
    """A scan and its brain, ready to be placed beside others of the person.

    Attributes
    ----------
    grid : tuple of shape and affine
        Its voxels, and voxel to world (mm, RAS+).
    brain : CorrectedBrain
    placed : ndarray, shape (4, 4)
        Affine of it alone, ``mni`` mm → its own mm.
    findings : tuple of Finding
    """

    grid: Grid
    brain: CorrectedBrain
    placed: Affine
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class MeasuredPerson:
    """Volumes of one person in all scans.

    Attributes
    ----------
    half_way : HalfWay
    warps : SessionWarps
    image : ndarray of float32, shape (50, 50, 73)
        Mean of the scans in the box.
    warped : tuple of WarpedAtlas
        The atlas in each scan.
    nuclei, regions : tuple of dict of int to SoftMeasures
        In each scan; region 0 is the whole brainstem.
    nuclei_compared, regions_compared : dict of int to float
        Part of each where the scans were compared, 0…1.
    findings : tuple of tuple of Finding
        On each scan.
    grids : tuple of shape and affine
        Of each scan.
    """

    half_way: HalfWay
    warps: SessionWarps
    image: NDArray[np.float32]
    warped: tuple[WarpedAtlas, ...]
    nuclei: tuple[dict[int, SoftMeasures], ...]
    regions: tuple[dict[int, SoftMeasures], ...]
    nuclei_compared: dict[int, float]
    regions_compared: dict[int, float]
    findings: tuple[tuple[Finding, ...], ...]
    grids: tuple[Grid, ...]

    @property
    def labels(self) -> NDArray[np.uint8]:
        """Labels (50, 50, 73) of the mean image."""
        return labels_under(self.warped[0].labels, self.warps.common)


def require_model(model: LoadedModel) -> None:
    """Refuse models whose volumes do not come from a bend in the affine space.

    Raises
    ------
    InputError
        With the model's folder.
    """
    card = model.card
    if not (card.method.fit_atlas and card.method.fit.from_warp) or card.space is not Space.AFFINE:
        raise InputError(
            f"The model {card.name} does not bend an atlas to the scan, so its labels cannot follow one "
            "person over several scans.",
            model.files.folder,
            "Take a model that was exported with the bend, e.g. the one that ships.",
        )


def measure_scans(
    paths: Sequence[Path],
    model: LoadedModel,
    orientation: str | None = None,
    report: ProgressCallback = lambda share, text: None,
) -> MeasuredPerson:
    """Read, place, bend and measure the scans of one person.

    Raises
    ------
    InputError
        If a scan cannot be read or used.
    ImplausibleResultError
        If a scan does not fit the template, or the scans are not of one head.
    """
    scans = []
    for number, path in enumerate(paths):
        told = within(report, _NORMALISED * number / len(paths), _NORMALISED * (number + 1) / len(paths))
        scans.append(_placed(path, orientation, told))
    with threadpool_limits(limits=1, user_api="blas"):
        report(_NORMALISED, "placing the scans half-way between them")
        return measure_placed(scans, model, paths, within(report, _NORMALISED, 1.0))


def measure_placed(
    scans: Sequence[PlacedScan],
    model: LoadedModel,
    paths: Sequence[Path] = (),
    report: ProgressCallback = lambda share, text: None,
) -> MeasuredPerson:
    """Measure scans that are read and normalised each; see `measure_scans`."""
    half_way = place_half_way([scan.brain for scan in scans], [scan.placed for scan in scans])
    if half_way.likeness < LEAST_LIKENESS:
        raise ImplausibleResultError(
            "These scans do not look like one head: laid on each other, their brains correlate by "
            f"{half_way.likeness:.2f} (of one person more than {LEAST_LIKENESS:.2f}).",
            paths[0].parent if paths else None,
            "Look whether all are of one person and T1-weighted, and that none has artefacts.",
        )
    transforms = [Transforms(matrix) for matrix in half_way.mni_to_native]
    boxes, inside = zip(*map(_in_box, scans, transforms), strict=True)
    context, network = model.context, model.open_network()
    said = []
    for number, box in enumerate(boxes):
        share = 0.3 + 0.4 * number / len(boxes)
        report(share, "labelling the slices")
        said.append(_seen(network, box, model))
    report(0.7, "bending the atlas to all scans")
    mean = mean_probabilities(said)
    warps = fit_sessions(
        boxes, inside, mean, context, told=lambda share: report(0.7 + 0.2 * share, "comparing the scans")
    )
    report(0.9, "measuring")
    return _measured(
        scans, transforms, warps, model, half_way, np.mean(boxes, axis=0, dtype=np.float32), mean
    )


def _placed(path: Path, orientation: str | None, report: ProgressCallback) -> PlacedScan:
    scan = read_scan(path, orientation)
    require_usable(scan)
    return normalised_scan(scan, path, report)


def normalised_scan(
    scan: Scan, path: Path, report: ProgressCallback = lambda share, text: None
) -> PlacedScan:
    """Normalise a scan that was read. Raises ImplausibleResultError where it does not fit the template."""
    kept: list[CorrectedBrain] = []
    normalised = normalise_scan(scan, report=report, keep=kept.append)
    require_plausible(normalised, path)
    findings = (*scan.findings, *normalised.findings)
    return PlacedScan((scan.shape, scan.affine), kept[0], normalised.transforms.mni_to_native, findings)


def _in_box(scan: PlacedScan, transforms: Transforms) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Intensities of a scan in the box, and what of it is brain; resampled once."""
    level, brain = np.float32(LIMIT), scan.brain
    box = transforms.image_to_mni(brain.standard + level, brain.affine, region=BOX) - level
    inside = transforms.image_to_mni(brain.mask.astype(np.float32), brain.affine, region=BOX)
    return box, inside > 0.5


def _seen(network: Predictor, box: NDArray[np.float32], model: LoadedModel) -> NDArray[np.float32]:
    return class_probabilities(network, box, model.context, lambda share, text: None)


def _measured(
    scans: Sequence[PlacedScan],
    transforms: Sequence[Transforms],
    warps: SessionWarps,
    model: LoadedModel,
    half_way: HalfWay,
    image: NDArray[np.float32],
    probabilities: NDArray[np.float32],
) -> MeasuredPerson:
    atlas = model.context.bent_atlas
    warped = tuple(
        WarpedAtlas(atlas, whole, placed) for whole, placed in zip(warps.whole, transforms, strict=True)
    )
    regions = None if model.regions is None else crop_to_box(model.regions.labels)
    parts = (atlas > 0).astype(np.uint8) if regions is None else regions
    return MeasuredPerson(
        half_way,
        warps,
        image,
        warped,
        tuple(w.measure(s.grid, probabilities) for w, s in zip(warped, scans, strict=True)),
        tuple(w.measure_regions(s.grid, parts) for w, s in zip(warped, scans, strict=True)),
        _compared(atlas, warps),
        _compared(parts, warps, whole=True),
        tuple(scan.findings for scan in scans),
        tuple(scan.grid for scan in scans),
    )


def _compared(labels: NDArray[np.uint8], warps: SessionWarps, *, whole: bool = False) -> dict[int, float]:
    """Part of each label where the scans were compared; with `whole`, 0 is all labels together."""
    shares = box_shares(labels, warps.common)
    if whole:
        shares[:, 0] = shares[:, 1:].sum(axis=1)
    total = shares.sum(axis=0, dtype=np.float64)
    there = shares[warps.compared.reshape(-1)].sum(axis=0, dtype=np.float64)
    return {k: float(there[k] / total[k]) if total[k] else 0.0 for k in range(shares.shape[1])}
