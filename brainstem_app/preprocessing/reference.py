"""Reference labels of a subject: the atlas, laid on the subject's own anatomy by the fine registration."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.scan import Finding, Level, Scan
from brainstem_app.imaging.spaces import BOX_SHAPE, Space, box_affine, mni_affine
from brainstem_app.preprocessing.fit import Fit
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.syn import FINE, FINE_REPEAT, SynSettings, fine_warp
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Displacement, grid_points
from brainstem_app.progress import ProgressCallback
from brainstem_app.written_files import (
    FINE_WARP_FILE,
    LABELS_BOX_FILE,
    REPEAT_BOX_FILE,
    REPEAT_WARP_FILE,
    SCAN_BOX_FILE,
    TRANSFORMS_FOLDER,
)

LABEL_SHRUNK = "label-shrunk"
_LEAST_LABEL_SHARE = 0.3


@dataclass(frozen=True)
class PreparedSubject:
    """What came out of preparing one subject.

    Attributes
    ----------
    fit : Fit
        How well the scan lies on the template.
    findings : tuple of Finding
        About the fit and the reference labels.
    timings : dict
        Seconds of each step.
    """

    fit: Fit
    findings: tuple[Finding, ...]
    timings: dict[str, float]


def prepare_subject(
    scan: Scan,
    atlas_labels: NDArray[np.uint8] | None,
    names: Sequence[str],
    space: Space | str,
    folder: Path,
    report: ProgressCallback,
    *,
    repeat: bool = False,
) -> PreparedSubject:
    """Normalise a scan, make its reference labels, and write both into a subject's folder.

    Parameters
    ----------
    scan : Scan
        A usable scan.
    atlas_labels : ndarray of uint8, shape (197, 233, 189), or None
        Label map of the atlas on ``mni``; None where the reference does not come from an atlas: then no fine
        registration is made, and no labels.
    names : sequence of str
        Name of each label, by its index.
    space : Space
        ``affine`` or ``nonlinear``.
    folder : Path
        Gets ``scan_box.nii.gz``, ``labels_box.nii.gz`` and ``transforms/``.
    report : callable
        Called with the share done and what is done now.
    repeat : bool
        Also make the reference a second time with other settings (``labels_box_repeat.nii.gz``): how far
        the two agree is what the reference itself is worth.

    Raises
    ------
    ImplausibleResultError
        If no brain is found.
    """
    normalised = normalise_scan(scan, space=space, report=lambda share, text: report(0.5 * share, text))
    timings = dict(normalised.timings)
    transforms = folder / TRANSFORMS_FOLDER
    normalised.transforms.save(transforms)
    save_volume(folder / SCAN_BOX_FILE, normalised.box, box_affine(), space="mni")
    if any(finding.level is Level.ERROR for finding in normalised.findings):
        return PreparedSubject(normalised.fit, normalised.findings, timings)
    if atlas_labels is None:
        return PreparedSubject(normalised.fit, normalised.findings, timings)
    template = load_template()
    findings = normalised.findings
    for name, settings in _fine_settings(repeat):
        report(0.5 if settings is FINE else 0.75, "laying the atlas on the anatomy")
        start = time.monotonic()
        warp = fine_warp(normalised.image, template, settings)
        crop_displacement(warp).save(transforms / name)
        timings[name.removesuffix("_mm.nii.gz").replace("_", " ")] = time.monotonic() - start
        findings = (*findings, *_judge_warp(warp))
    findings = (*findings, *relabel_subject(folder, atlas_labels, names))
    return PreparedSubject(normalised.fit, findings, timings)


def relabel_subject(
    folder: Path, atlas_labels: NDArray[np.uint8], names: Sequence[str]
) -> tuple[Finding, ...]:
    """Make a prepared subject's reference labels from an atlas, through the fine warps already saved.

    Parameters
    ----------
    folder : Path
        Subject folder that `prepare_subject` filled, with whichever atlas.
    atlas_labels : ndarray of uint8, shape (197, 233, 189)
        Label map of the atlas on ``mni``.
    names : sequence of str
        Name of each label, by its index.

    Returns
    -------
    tuple of Finding
        A warning (code `LABEL_SHRUNK`) where a label lost most of its volume.

    Raises
    ------
    InputError
        If the fine warp is not there.
    """
    findings: tuple[Finding, ...] = ()
    if not (folder / TRANSFORMS_FOLDER / FINE_WARP_FILE).exists():
        raise InputError("The subject's fine warp is missing.", folder, "Prepare the subject again.")
    for warp_name, labels_name in ((FINE_WARP_FILE, LABELS_BOX_FILE), (REPEAT_WARP_FILE, REPEAT_BOX_FILE)):
        path = folder / TRANSFORMS_FOLDER / warp_name
        if not path.exists():
            continue
        labels = reference_labels(atlas_labels, Displacement.load(path))
        save_label_map(folder / labels_name, labels, box_affine(), space="mni")
        if labels_name == LABELS_BOX_FILE:
            findings = _judge_labels(labels, atlas_labels, names)
    return findings


def _fine_settings(repeat: bool) -> tuple[tuple[str, SynSettings], ...]:
    first = (FINE_WARP_FILE, FINE)
    return (first, (REPEAT_WARP_FILE, FINE_REPEAT)) if repeat else (first,)


def reference_labels(atlas_labels: NDArray[np.uint8], warp: Displacement) -> NDArray[np.uint8]:
    """Atlas labels seen through a fine warp, on the ``box`` grid (50, 50, 73); the nearest voxel's label.

    Parameters
    ----------
    atlas_labels : ndarray of uint8, shape (197, 233, 189)
        Label map on ``mni``.
    warp : Displacement
        Displacement in the box, mm: the label at x is that of the atlas at x + d(x).
    """
    points = grid_points(BOX_SHAPE, box_affine())
    points += warp.at(points)
    voxels = points - mni_affine()[:3, 3]
    found = map_coordinates(atlas_labels, voxels.T, order=0, mode="grid-constant", cval=0)
    return np.asarray(found, dtype=np.uint8).reshape(BOX_SHAPE)


def crop_displacement(warp: Displacement) -> Displacement:
    """Cut out the part of a 1 mm displacement that lies in the box: all that the labels need."""
    start = np.round(np.linalg.inv(warp.affine) @ box_affine()[:, 3]).astype(int)[:3]
    region = tuple(slice(a, a + n) for a, n in zip(start, BOX_SHAPE, strict=True))
    return Displacement(np.ascontiguousarray(warp.field[region]), box_affine())


def _judge_labels(
    labels: NDArray[np.uint8], atlas_labels: NDArray[np.uint8], names: Sequence[str]
) -> tuple[Finding, ...]:
    """Which labels lost most of their volume on the way."""
    n = int(atlas_labels.max()) + 1
    before, after = np.bincount(atlas_labels.ravel(), minlength=n), np.bincount(labels.ravel(), minlength=n)
    lost = [k for k in range(1, n) if before[k] and after[k] < _LEAST_LABEL_SHARE * before[k]]
    if not lost:
        return ()
    lost_names, share = ", ".join(names[k] for k in lost), 100 * _LEAST_LABEL_SHARE
    return (
        Finding(
            Level.WARNING,
            LABEL_SHRUNK,
            f"The reference labels {lost_names} hold less than {share:.0f} % of the atlas's volume.",
            "Look at the reference picture of this subject; leave the subject out if the labels are torn.",
        ),
    )


def _judge_warp(warp: Displacement) -> tuple[Finding, ...]:
    smallest = warp.jacobian().min()
    if smallest > 0:
        return ()
    return (
        Finding(
            Level.WARNING,
            "warp-folds",
            f"The fine registration folds (smallest Jacobian {smallest:.2f}).",
            "Look at the reference picture of this subject; leave the subject out if the labels are torn.",
        ),
    )
