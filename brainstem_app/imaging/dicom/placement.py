"""Where the slices of a DICOM volume lie: what their headers say, what the user states, what is a guess."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainstem_app.imaging.dicom.headers import ORIENTATION, POSITION, DicomImage, Numbers
from brainstem_app.imaging.dicom.series import DicomSeries, DicomVolume
from brainstem_app.imaging.dicom.stack import has_gap, heights_mm, largest_pile
from brainstem_app.imaging.orientation import axis_letters
from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.imaging.unreadable import UnreadableScanError

_DIRECTIONS = {  # in DICOM's own world, which runs to the left, back and head
    "L": (1.0, 0.0, 0.0),
    "R": (-1.0, 0.0, 0.0),
    "P": (0.0, 1.0, 0.0),
    "A": (0.0, -1.0, 0.0),
    "S": (0.0, 0.0, 1.0),
    "I": (0.0, 0.0, -1.0),
}
_SMALLEST_STEP_MM = 1e-3
_TOLD_DEGREES = 0.01
_MOST_DEGREES = 0.5
_AGAIN = "Export the complete series from the scanner or archive again."


@dataclass(frozen=True, eq=False)
class StatedPlaces:
    """Places of slices whose headers do not say them.

    Attributes
    ----------
    orientation : ndarray, shape (6,)
        Directions of rows and columns (LPS).
    positions : ndarray, shape (slices, 3)
        First pixel of each slice (mm, LPS).
    letters : str
        Where columns, rows and slices run, e.g. ``"LPS"``.
    """

    orientation: Numbers
    positions: Numbers
    letters: str


@dataclass(frozen=True, eq=False)
class PlacedVolume:
    """Slices of one volume in order; `stated` is None if their own headers say where they lie."""

    series: DicomSeries
    images: tuple[DicomImage, ...]
    stated: StatedPlaces | None
    findings: tuple[Finding, ...]


def place_volume(volume: DicomVolume, path: Path, assume_orientation: str | None = None) -> PlacedVolume:
    """Check that the images are one volume, and find where each lies.

    Parameters
    ----------
    path : Path
        What the user gave, for errors.
    assume_orientation : str, optional
        Where columns, rows and slices run, e.g. ``"LPS"``; used only where the headers do not say it.

    Raises
    ------
    UnreadableScanError
        If the images are no single volume, do not say how large their pixels are, or contradict what the
        user states.
    """
    images = volume.images
    _require_spacing(images, volume.series, path)
    _require_one_volume(images, volume.series, path)
    heights = heights_mm(images)
    if heights is not None:
        ordered = tuple(images[index] for index in np.argsort(heights, kind="stable"))
        findings = (*volume.findings, *_turned(ordered, volume.series, path), *_gaps(ordered))
        return PlacedVolume(volume.series, ordered, None, findings)
    ordered = _in_order(images, volume.series, path)
    stated = _stated_places(ordered, assume_orientation, path)
    tell = _unknown if assume_orientation is None else _assumed
    finding = tell(ordered, stated.letters)
    return PlacedVolume(volume.series, ordered, stated, (*volume.findings, finding, *_gaps(ordered)))


def _require_spacing(images: Sequence[DicomImage], series: DicomSeries, path: Path) -> None:
    silent = sum(image.spacing is None for image in images)
    if silent:
        raise UnreadableScanError(
            "dicom-spacing-missing",
            f"{_some(silent, len(images))} of series {series} do not say how large their pixels are "
            "(PixelSpacing), so no volume can be measured.",
            path,
            "Export the series from the scanner or archive again, or convert it to NIfTI.",
        )


def _require_one_volume(images: Sequence[DicomImage], series: DicomSeries, path: Path) -> None:
    count = largest_pile(images)
    if count > 1:
        raise UnreadableScanError(
            "several-volumes",
            f"Series {series} holds {count} images of one place that differ, and nothing in their headers "
            "tells which belong together; one volume is needed.",
            path,
            "Choose the series of the T1-weighted scan itself, or export it from the archive alone.",
        )


def _some(count: int, all_of: int) -> str:
    return f"The {all_of} images" if count == all_of else f"{count} of the {all_of} images"


def _turned(images: Sequence[DicomImage], series: DicomSeries, path: Path) -> tuple[Finding, ...]:
    """How far the images of one volume are turned against each other."""
    planes = np.array([image.orientation for image in images]).reshape(-1, 2, 3)
    planes /= np.linalg.norm(planes, axis=2, keepdims=True)
    # By the chord, not by the cosine, whose rounding alone would be a hundredth of a degree.
    chords = np.linalg.norm(planes - planes[0], axis=2)
    degrees = float(np.degrees(2 * np.arcsin(min(chords.max() / 2, 1.0))))
    if degrees > _MOST_DEGREES:
        raise UnreadableScanError(
            "dicom-images-turned",
            f"The images of series {series} are turned by up to {degrees:.1f}° against each other "
            "(ImageOrientationPatient), so they are no single volume.",
            path,
            "Choose the series of the T1-weighted scan itself, or export it from the archive again.",
        )
    if degrees < _TOLD_DEGREES:
        return ()
    problem = f"The images say orientations that differ by up to {degrees:.2f}°; they were stacked as one."
    return (Finding(Level.WARNING, "dicom-orientation-varies", problem, _AGAIN),)


def _gaps(images: Sequence[DicomImage]) -> tuple[Finding, ...]:
    if not has_gap(images):
        return ()
    problem = "Slices of the series are missing, so that there is a gap in the scan."
    return (Finding(Level.ERROR, "dicom-slices-missing", problem, _AGAIN),)


def _silent(images: Sequence[DicomImage]) -> str:
    """Say which elements are missing or cannot be right, and in how many images."""
    lacking = {
        ORIENTATION: [image for image in images if image.orientation is None],
        POSITION: [image for image in images if image.position is None],
    }
    reasons = []
    for name, those in lacking.items():
        broken = sum(name in image.invalid for image in those)
        if broken < len(those):
            reasons.append(f"{name} is missing")
        if broken:
            reasons.append(f"{name} holds what cannot be")
    subject = _some(max(map(len, lacking.values())), len(images))
    return f"{subject} do not say how they lie in the patient: {', '.join(reasons)}"


def _unknown(images: Sequence[DicomImage], letters: str) -> Finding:
    return Finding(
        Level.ERROR,
        "orientation-unknown",
        f"{_silent(images)}. So left and right, or head and feet, cannot be known.",
        "Export the series from the scanner or archive again, or state its orientation: where columns, rows "
        f"and slices run ({letters} in most such series).",
    )


def _assumed(images: Sequence[DicomImage], letters: str) -> Finding:
    return Finding(
        Level.WARNING,
        "orientation-assumed",
        f"{_silent(images)}. The user stated {letters} for columns, rows and slices.",
        "Check left and right on a scan with a known sign.",
    )


def _in_order(images: Sequence[DicomImage], series: DicomSeries, path: Path) -> tuple[DicomImage, ...]:
    numbers = [image.number for image in images]
    if any(number is None for number in numbers):
        raise UnreadableScanError(
            "dicom-order-unknown",
            f"{_silent(images)}. Not all have a number (InstanceNumber) either, so the order of the slices "
            f"of series {series} cannot be known.",
            path,
            "Export the series from the scanner or archive again.",
        )
    return tuple(sorted(images, key=lambda image: image.number or 0))


def _stated_places(
    images: tuple[DicomImage, ...], assume_orientation: str | None, path: Path
) -> StatedPlaces:
    """Places of evenly spaced slices: what the headers say of them, and the user or a guess for the rest."""
    plane, run = _known_plane(images), _known_run(images)
    said = _said_letters(plane, run)
    letters = assume_orientation or _guess(said)
    if any(known and known != stated for known, stated in zip(said, letters, strict=True)):
        raise UnreadableScanError(
            "orientation-contradicted",
            f"The orientation {letters} was stated, but the headers of the images, as far as they say "
            f"anything, say {''.join(letter or '?' for letter in said)} for columns, rows and slices.",
            path,
            "Give letters that fit; ? stands for what the headers leave open.",
        )
    if plane is None:
        plane = np.array([_DIRECTIONS[letters[0]], _DIRECTIONS[letters[1]]])
    across = np.cross(*plane)
    across *= np.sign(across @ _DIRECTIONS[letters[2]]) / np.linalg.norm(across)
    step = _step_mm(images, path) if run is None else float(np.linalg.norm(run))
    rows, columns = images[0].matrix
    between_rows, between_columns = next(image.spacing for image in images if image.spacing is not None)
    middle = plane[0] * between_columns * (columns - 1) / 2 + plane[1] * between_rows * (rows - 1) / 2
    slices = np.arange(len(images)) - (len(images) - 1) / 2
    return StatedPlaces(plane.ravel(), slices[:, None] * step * across - middle, letters)


def _known_plane(images: Sequence[DicomImage]) -> Numbers | None:
    """Directions of rows and columns (LPS), one a line, from the images that say them."""
    known = [image.orientation for image in images if image.orientation is not None]
    if not known:
        return None
    plane = np.mean(known, axis=0).reshape(2, 3)
    return np.asarray(plane / np.linalg.norm(plane, axis=1, keepdims=True))


def _known_run(images: Sequence[DicomImage]) -> Numbers | None:
    """Way from one slice to the next (mm, LPS), in the order of their numbers."""
    known = [(index, image.position) for index, image in enumerate(images) if image.position is not None]
    if len(known) < 2:
        return None
    (first, start), (last, end) = known[0], known[-1]
    run = np.subtract(end, start) / (last - first)
    return run if np.linalg.norm(run) > _SMALLEST_STEP_MM else None


def _said_letters(plane: Numbers | None, run: Numbers | None) -> tuple[str, str, str]:
    """Directions of columns, rows and slices as far as the headers say them, else empty."""
    if plane is None:
        return "", "", "" if run is None else _letter(run)
    across = np.cross(*plane)
    across = across if run is None else across * (np.sign(across @ run) or 1.0)
    affine = np.eye(4)
    affine[:3, :3] = np.diag([-1.0, -1.0, 1.0]) @ np.column_stack([*plane, across])
    letters = axis_letters(affine)
    return letters if run is not None else (letters[0], letters[1], "")


def _letter(direction: Numbers) -> str:
    return max(_DIRECTIONS, key=lambda letter: float(np.dot(direction, _DIRECTIONS[letter])))


def _guess(said: tuple[str, str, str]) -> str:
    columns, rows, slices = said
    if columns:
        left = next(pair for pair in ("SI", "LR", "PA") if not set(pair) & {columns, rows})
        return columns + rows + (slices or left[0])
    return {"L": "PI", "R": "PI", "P": "LI", "A": "LI"}.get(slices, "LP") + (slices or "S")


def _step_mm(images: Sequence[DicomImage], path: Path) -> float:
    steps = [image.step_mm for image in images if image.step_mm is not None]
    if not steps:
        raise UnreadableScanError(
            "dicom-spacing-missing",
            "The images do not say how far apart they are (ImagePositionPatient, SpacingBetweenSlices, "
            "SliceThickness), so no volume can be measured.",
            path,
            "Export the series from the scanner or archive again.",
        )
    return float(np.median(steps))
