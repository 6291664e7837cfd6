"""Whether a scan fits the template well enough for its labels to mean anything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.imaging.spaces import AROUND_BOX, MNI_ORIGIN_MM, Affine
from brainstem_app.preprocessing.affine import correlation, locally_standardised
from brainstem_app.preprocessing.template import Template
from brainstem_app.preprocessing.transforms import Displacement

# Of 62 good scans the lowest is 0.77 (0.64 at the edges); shifted by 3 mm, the highest is 0.67 (0.50).
REFUSED_CORRELATION = 0.45
DOUBTFUL_CORRELATION = 0.70
DOUBTFUL_EDGES = 0.50
REFUSED_COVERAGE = 0.60
DOUBTFUL_COVERAGE = 0.97
FAR_COARSE_MM = 10.0
#: Findings that another contrast than T1 can cause.
MAY_BE_CONTRAST = ("implausible-size", "doubtful-size", "no-fit", "poor-fit")
# Brains of the 62 adults this was tried on: 1.0 to 1.7 litres by the same measure.
REFUSED_LITRES = (0.6, 2.6)
DOUBTFUL_LITRES = (0.85, 2.0)
_SCALES = (0.65, 1.55)
_RIM_VOXELS = 3
_SLICE_IS_COVERED = 0.5


@dataclass(frozen=True)
class Fit:
    """How well a scan lies on the template.

    Attributes
    ----------
    correlation : float
        Pearson correlation of scan and template in the brainstem and the brain up to 3 mm around it, as
        far as the scan shows them.
    edges : float
        The same of the locally standardised intensities, which follow edges: a shift of 2 mm halves it.
    coverage : float
        Share of the template's brainstem that the scan shows, 0…1.
    lowest_mm : float
        z (mm, ``mni``) of the lowest axial slice in which at least half of the brainstem is shown.
    smallest_scale, largest_scale : float
        Stretch of the affine along its principal axes, ``mni`` → ``native``.
    brain_litres : float
        Volume of the template's brain laid on the scan, by the scan's own voxel size.
    """

    correlation: float
    edges: float
    coverage: float
    lowest_mm: float
    smallest_scale: float
    largest_scale: float
    brain_litres: float


def measure_fit(
    aligned: NDArray[np.float32], shown: NDArray[np.bool_], mni_to_native: Affine, template: Template
) -> Fit:
    """Measure how well an aligned scan fits.

    Parameters
    ----------
    aligned : ndarray of float32, shape (197, 233, 189)
        Normalised image on ``mni``.
    shown : ndarray of bool, shape (197, 233, 189)
        Where the scan shows brain: inside its field of view and its brain mask.
    mni_to_native : ndarray, shape (4, 4)
        Affine of the placement.
    template : Template
        What it was fitted to.
    """
    near = binary_dilation(AROUND_BOX.crop(template.brainstem), iterations=_RIM_VOXELS)
    near &= AROUND_BOX.crop(template.brain & shown)
    t1, image = AROUND_BOX.crop(template.t1), AROUND_BOX.crop(aligned)
    scales = np.linalg.svd(mni_to_native[:3, :3], compute_uv=False)
    expected = template.brainstem.sum(axis=(0, 1))
    found = (shown & template.brainstem).sum(axis=(0, 1))
    covered = (expected > 0) & (found >= _SLICE_IS_COVERED * expected)
    lowest = int(np.argmax(covered)) if covered.any() else int(expected.nonzero()[0].max())
    return Fit(
        correlation=correlation(t1[near], image[near]) if near.any() else 0.0,
        edges=correlation(locally_standardised(t1)[near], locally_standardised(image)[near])
        if near.any()
        else 0.0,
        coverage=float(found.sum() / expected.sum()),
        lowest_mm=float(lowest + MNI_ORIGIN_MM[2]),
        smallest_scale=float(scales.min()),
        largest_scale=float(scales.max()),
        brain_litres=float(scales.prod() * template.brain.sum() / 1e6),
    )


def judge_fit(fit: Fit) -> tuple[Finding, ...]:
    """Judge a fit; a finding of level ``error`` means that labels would be nonsense."""
    return tuple(
        f for f in (_judge_size(fit), _judge_correlation(fit), _judge_coverage(fit)) if f is not None
    )


def judge_coarse_warp(warp: Displacement, template: Template) -> tuple[Finding, ...]:
    """Judge the smooth warp of the nonlinear space near the brainstem.

    Returns
    -------
    tuple of Finding
        An error where it folds, for labels would be torn; a warning where it moves the brainstem further
        than anything that the two affine steps can have left (`FAR_COARSE_MM`).
    """
    smallest = float(warp.jacobian()[_around_box(warp)].min())
    if smallest <= 0:
        return (
            Finding(
                Level.ERROR,
                "coarse-warp-folds",
                f"The smooth warp to the template folds at the brainstem (smallest Jacobian {smallest:.2f}), "
                "so labels would be torn.",
                "Prepare this scan in the affine space, or with a model made for it.",
            ),
        )
    brainstem_mm = np.argwhere(template.brainstem) + np.array(MNI_ORIGIN_MM)
    farthest = float(np.linalg.norm(warp.at(brainstem_mm), axis=1).max())
    if farthest <= FAR_COARSE_MM:
        return ()
    return (
        Finding(
            Level.WARNING,
            "coarse-warp-far",
            f"The smooth warp to the template moves the brainstem by up to {farthest:.0f} mm, further than "
            "the two affine steps before it can have left.",
            "Look at the labels over the scan before using any number.",
        ),
    )


def _around_box(warp: Displacement) -> tuple[slice, ...]:
    """Grid points of a warp in the box and 12 mm around it."""
    low_mm = AROUND_BOX.affine[:3, 3]
    step = np.diag(warp.affine)[:3]
    first, last = ((end - warp.affine[:3, 3]) / step for end in (low_mm, low_mm + AROUND_BOX.shape))
    return tuple(slice(max(0, int(a)), int(b) + 2) for a, b in zip(first, last, strict=True))


def _judge_size(fit: Fit) -> Finding | None:
    fix = "Check that this is a T1-weighted scan of an adult human head and that its voxel size is right."
    if not (_SCALES[0] <= fit.smallest_scale and fit.largest_scale <= _SCALES[1]):
        problem = (
            "The scan could be laid on the template only by stretching it by "
            f"{fit.smallest_scale:.2f} to {fit.largest_scale:.2f}, which no adult head needs."
        )
        return Finding(Level.ERROR, "implausible-size", problem, fix)
    brain = f"The brain would measure {fit.brain_litres:.1f} litres by the voxel size of the scan"
    if not REFUSED_LITRES[0] <= fit.brain_litres <= REFUSED_LITRES[1]:
        return Finding(Level.ERROR, "implausible-size", f"{brain}, which no adult's does.", fix)
    if not DOUBTFUL_LITRES[0] <= fit.brain_litres <= DOUBTFUL_LITRES[1]:
        return Finding(Level.WARNING, "doubtful-size", f"{brain}, which is rare in adults.", fix)
    return None


def _judge_correlation(fit: Fit) -> Finding | None:
    number = (
        f"(correlation {fit.correlation:.2f} in the brainstem and {fit.edges:.2f} at its edges; "
        "good fits are above 0.75 and 0.60)"
    )
    if fit.correlation < REFUSED_CORRELATION:
        return Finding(
            Level.ERROR,
            "no-fit",
            f"The scan does not fit the template {number}, so labels would be nonsense.",
            "Check that this is a T1-weighted head scan with the right orientation in its header.",
        )
    if fit.correlation < DOUBTFUL_CORRELATION or fit.edges < DOUBTFUL_EDGES:
        return Finding(
            Level.WARNING,
            "poor-fit",
            f"The scan fits the template poorly {number}.",
            "Look at the labels over the scan before using any number.",
        )
    return None


def _judge_coverage(fit: Fit) -> Finding | None:
    share = f"{100 * fit.coverage:.0f} % of the brainstem is in the scan"
    if fit.coverage < REFUSED_COVERAGE:
        return Finding(
            Level.ERROR,
            "brainstem-cut-off",
            f"Only {share}.",
            "Use a scan whose field of view holds the whole brainstem.",
        )
    if fit.coverage < DOUBTFUL_COVERAGE:
        return Finding(
            Level.WARNING,
            "medulla-cut-off",
            f"{share}; it ends at z = {fit.lowest_mm:.0f} mm (MNI), "
            f"the template at {MNI_ORIGIN_MM[2]:.0f} mm.",
            "Do not use volumes of structures that reach below that level.",
        )
    return None
