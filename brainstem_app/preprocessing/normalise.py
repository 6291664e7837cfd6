"""From a scan to the normalised brainstem box that a network sees."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from brainstem_app.errors import ImplausibleResultError
from brainstem_app.imaging.intensity_levels import IntensityLevels, above_floor, intensity_levels
from brainstem_app.imaging.scan import Finding, Level, Scan
from brainstem_app.imaging.spaces import AROUND_BOX, MNI_SHAPE, Affine, Space, crop_to_box
from brainstem_app.preprocessing.affine import NEAR_BRAINSTEM, register_brain, register_brainstem
from brainstem_app.preprocessing.contrast import judge_contrast, placed_by_shape
from brainstem_app.preprocessing.fit import MAY_BE_CONTRAST, Fit, judge_coarse_warp, judge_fit, measure_fit
from brainstem_app.preprocessing.head_size import NO_SKULL, HeadSize, Skull, load_skull, measure_head
from brainstem_app.preprocessing.intensity import LIMIT, normalise
from brainstem_app.preprocessing.n4 import correct_bias
from brainstem_app.preprocessing.skull_strip import brain_mask, is_stripped, stripped_mask
from brainstem_app.preprocessing.syn import coarse_warp
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.progress import ProgressCallback

_MARGIN_VOXELS = 5
_FEWEST_BRAIN_ML = 300.0
_FLOOR_GUESSED = Finding(
    Level.WARNING,
    "floor-guessed",
    "What surrounds the head or brain has a value that says nothing of where its intensities begin, as in a "
    "standardised scan; that was guessed from the darkest tissue, and labels may differ a little for it.",
    "Give the scan as acquired, or with 0 around the head or brain, if there is one.",
)
_FIX_BRAIN = "Check that this is a T1-weighted scan of a whole head and that its voxel size is right."


@dataclass(frozen=True)
class CorrectedBrain:
    """The brain of a scan on its own grid, cropped: what all later steps are made of.

    Attributes
    ----------
    bright : ndarray of float32, shape (X, Y, Z)
        Corrected intensities over those of the brightest tissue; 0 outside the brain.
    standard : ndarray of float32, shape (X, Y, Z)
        Z-scored; −3 outside the brain.
    mask : ndarray of bool, shape (X, Y, Z)
    affine : ndarray, shape (4, 4)
        Voxel to world (mm).
    """

    bright: NDArray[np.float32]
    standard: NDArray[np.float32]
    mask: NDArray[np.bool_]
    affine: Affine


@dataclass(frozen=True)
class Normalised:
    """A scan in ``mni``.

    Attributes
    ----------
    image : ndarray of float32, shape (197, 233, 189)
        Z-scored brain on ``mni`` in the box and 12 mm around it (`AROUND_BOX`); −3 outside the brain and
        further away.
    transforms : Transforms
        How it got there.
    fit : Fit
        How well it lies there.
    findings : tuple of Finding
        What the fit means for the user.
    brain_ml : float
        Volume of the brain mask, which ends where the scan does.
    intracranial_ml : float or None
        Volume inside the skull; None where it cannot be measured, which a finding says.
    timings : dict
        Seconds of each step.
    """

    image: NDArray[np.float32]
    transforms: Transforms
    fit: Fit
    findings: tuple[Finding, ...]
    brain_ml: float = field(kw_only=True)
    intracranial_ml: float | None = field(kw_only=True, default=None)
    timings: dict[str, float] = field(default_factory=dict)

    @property
    def box(self) -> NDArray[np.float32]:
        """The brainstem box (50, 50, 73) of `image`."""
        return crop_to_box(self.image)


def normalise_scan(
    scan: Scan,
    *,
    space: Space | str = Space.AFFINE,
    report: ProgressCallback | None = None,
    after_brain: Callable[[], object] = lambda: None,
    keep: Callable[[CorrectedBrain], object] = lambda brain: None,
) -> Normalised:
    """Strip, correct, register and standardise a scan.

    Parameters
    ----------
    scan : Scan
        A usable scan (`require_usable`).
    space : Space
        ``affine`` or ``nonlinear``.
    report : callable, optional
        Called with the share done (0…1) and what is done now; what it raises stops the work.
    after_brain : callable
        Called once the brain is found, which takes most memory, to begin what is needed afterwards.
    keep : callable
        Given the corrected brain, for who needs more of it than the box.

    Returns
    -------
    Normalised
        With a finding of level ``error`` where labels would be nonsense; the caller decides.

    Raises
    ------
    ImplausibleResultError
        If no brain is found in the scan.
    """
    # One limit around all: threads that each set and reset it would undo each other's.
    with threadpool_limits(limits=1, user_api="blas"), ThreadPoolExecutor(1) as beside:
        return _normalised(scan, Space(space), _Steps(report), (after_brain, keep), beside)


def _normalised(
    scan: Scan,
    space: Space,
    steps: _Steps,
    told: tuple[Callable[[], object], Callable[[CorrectedBrain], object]],
    beside: ThreadPoolExecutor,
) -> Normalised:
    template = load_template()
    steps.begin(0.0, "skull strip", "finding the brain")
    brain = _cropped_brain(scan, beside)
    told[0]()
    steps.begin(0.2, "bias field", "correcting the bias field")
    corrected = correct_bias(brain.data, brain.mask, scan.voxel_size_mm)
    steps.begin(0.5, "affine", "placing the brain in MNI space")
    standard = normalise(corrected, brain.mask)
    bright = np.where(
        brain.mask, corrected / np.float32(np.percentile(corrected[brain.mask], 99.5)), np.float32(0)
    )
    told[1](CorrectedBrain(bright, standard, brain.mask, brain.affine))
    to_brain = register_brain(bright, brain.mask, brain.affine, template)
    measured = None if brain.skull is None else beside.submit(_head_size, brain.skull, to_brain)
    steps.begin(0.7, "brainstem affine", "placing the brainstem")
    aligned = Transforms(to_brain).image_to_mni(bright, brain.affine, region=NEAR_BRAINSTEM)
    transforms = Transforms(to_brain @ register_brainstem(aligned, template))
    if space is Space.NONLINEAR:
        steps.begin(0.8, "coarse warp", "warping smoothly")
        aligned = transforms.image_to_mni(bright, brain.affine)
        transforms = Transforms(transforms.mni_to_native, coarse_warp(aligned, template))
    steps.begin(0.9, "resample", "resampling once")
    image = _pulled(standard, brain.affine, transforms, outside=-LIMIT)
    shown = _pulled(brain.mask.astype(np.float32), brain.affine, transforms, outside=0.0) > 0.5
    fit = measure_fit(image, shown, transforms.mni_to_native, template)
    judged = _judged(brain, fit, transforms.mni_to_native)
    head = NO_SKULL if measured is None else measured.result()
    findings = (*brain.findings, *judged, *head.findings(brain.volume_ml))
    if transforms.warp is not None:
        findings = (*findings, *judge_coarse_warp(transforms.warp, template))
    return Normalised(
        image,
        transforms,
        fit,
        findings,
        steps.end(),
        brain_ml=brain.volume_ml,
        intracranial_ml=head.intracranial_ml,
    )


def _head_size(skull: Future[Skull], to_brain: Affine) -> HeadSize:
    return measure_head(skull.result(), to_brain, load_skull())


def _judged(brain: _Brain, fit: Fit, placed: Affine) -> tuple[Finding, ...]:
    """Judge the fit, and before it the contrast: where the fit is poor, the placement tells nothing of it."""
    found = judge_fit(fit)
    if any(finding.code in MAY_BE_CONTRAST for finding in found):
        placed = placed_by_shape(brain.mask, brain.affine)
    contrast = judge_contrast(brain.data, brain.mask, brain.affine, placed, brain.levels)
    return found if contrast is None else (contrast, *found)


@dataclass(frozen=True)
class _Brain:
    data: NDArray[np.float32]
    mask: NDArray[np.bool_]
    affine: Affine
    volume_ml: float
    levels: IntensityLevels
    skull: Future[Skull] | None
    findings: tuple[Finding, ...] = ()


class _Steps:
    """Reports steps and measures how long each takes."""

    def __init__(self, report: ProgressCallback | None) -> None:
        self._report = report
        self._name = ""
        self._start = 0.0
        self._seconds: dict[str, float] = {}

    def begin(self, share: float, name: str, text: str) -> None:
        self.end()
        if self._report is not None:
            self._report(share, text)
        self._name, self._start = name, time.monotonic()

    def end(self) -> dict[str, float]:
        if self._name:
            self._seconds[self._name] = time.monotonic() - self._start
        self._name = ""
        return self._seconds


def _cropped_brain(scan: Scan, beside: ThreadPoolExecutor) -> _Brain:
    """Brain mask, and the scan cropped around it: everything later is as small as the brain.

    The skull, which only the head's size needs, is taken apart beside what follows.
    """
    levels = intensity_levels(scan.data)
    if levels is None:
        raise ImplausibleResultError(
            "No brain was found in the scan: nearly all of its voxels have the same value.",
            scan.source,
            _FIX_BRAIN,
        )
    whole = above_floor(scan.data, levels)
    stripped = is_stripped(whole, scan.affine)
    mask = stripped_mask(whole, scan.affine) if stripped else brain_mask(whole, scan.affine)
    volume_ml = float(mask.sum()) * abs(float(np.linalg.det(scan.affine[:3, :3]))) / 1000
    if volume_ml < _FEWEST_BRAIN_ML:
        raise ImplausibleResultError(
            f"No brain was found in the scan: the brain mask holds {volume_ml:.0f} ml.",
            scan.source,
            _FIX_BRAIN,
        )
    voxels = (
        np.argwhere(mask.any(axis=(1, 2))),
        np.argwhere(mask.any(axis=(0, 2))),
        np.argwhere(mask.any(axis=(0, 1))),
    )
    low = [max(0, int(v.min()) - _MARGIN_VOXELS) for v in voxels]
    high = [min(n, int(v.max()) + 1 + _MARGIN_VOXELS) for v, n in zip(voxels, mask.shape, strict=True)]
    region = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    affine = scan.affine.copy()
    affine[:3, 3] = scan.affine[:3, :3] @ np.array(low) + scan.affine[:3, 3]
    data, inside = np.ascontiguousarray(whole[region]), np.ascontiguousarray(mask[region])
    skull = None if stripped else beside.submit(Skull.of, whole, mask, scan.affine)
    findings = () if levels.painted is None else (_FLOOR_GUESSED,)
    return _Brain(data, inside, affine, volume_ml, levels, skull, findings)


def _pulled(
    volume: NDArray[np.float32], affine: Affine, transforms: Transforms, *, outside: float
) -> NDArray[np.float32]:
    """Pull a volume to ``mni``; what lies outside of it, or far from the box, is `outside`."""
    level = np.float32(outside)
    result = np.full(MNI_SHAPE, level)
    result[AROUND_BOX.slices] = transforms.image_to_mni(volume - level, affine, region=AROUND_BOX) + level
    return result
