"""What the grid and the intensities of a scan say about whether it can be a T1-weighted head."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from brainstem_app.counting import counted
from brainstem_app.imaging.intensity_levels import above_floor, intensity_levels
from brainstem_app.imaging.orientation import axis_letters
from brainstem_app.imaging.scan import Finding, Level, Scan

THICK_MM = 2.0
TOO_THICK_MM = 5.0
_SMALLEST_VOXEL_MM = 0.1
_LARGEST_VOXEL_MM = 20.0
_FEWEST_VOXELS = 24
_SMALLEST_HEAD_MM = 90.0
_SMALL_HEAD_MM = 120.0
_LARGEST_SCAN_MM = 1000.0
_SMALLEST_CONTENT_MM = 70.0
_SMALL_CONTENT_MM = 105.0
_OPPOSITE = {"L": "R", "P": "A", "I": "S"}
_FEW_VALUES = 32
_SAMPLE = 200_000


def replace_not_finite(values: NDArray[np.float32]) -> tuple[NDArray[np.float32], tuple[Finding, ...]]:
    """Put 0 where a value is NaN or infinite, in place, and say how many there were."""
    bad = ~np.isfinite(values)
    count = int(np.count_nonzero(bad))
    if count == 0:
        return values, ()
    values = values if values.flags.writeable else values.copy(order="K")
    values[bad] = 0.0
    share = 100 * count / values.size
    finding = Finding(
        Level.WARNING if share < 50 else Level.ERROR,
        "values-not-finite",
        f"{counted(count, 'voxel')} ({share:.2g} %) had no finite value (NaN or Inf), now set to 0.",
        "Look whether they lie outside of the brainstem; else make the scan again.",
    )
    return values, (finding,)


def check_geometry(scan: Scan) -> tuple[Finding, ...]:
    """Voxel size, number of voxels and field of view, in mm."""
    sizes = scan.voxel_size_mm
    if min(sizes) < _SMALLEST_VOXEL_MM or max(sizes) > _LARGEST_VOXEL_MM:
        return (
            Finding(
                Level.ERROR,
                "voxel-size-absurd",
                f"The voxels measure {_mm(sizes)} mm, which no head scan has.",
                "The header's lengths are probably not in millimetres: convert the scan from DICOM again.",
            ),
        )
    findings = [*_thickness(sizes), *_field_of_view(scan)]
    if min(scan.shape) < _FEWEST_VOXELS:
        findings.append(
            Finding(
                Level.ERROR,
                "too-few-voxels",
                f"The scan has only {'×'.join(map(str, scan.shape))} voxels.",
                "Give a three-dimensional T1-weighted scan of the whole head.",
            )
        )
    return tuple(findings)


def check_voxels(scan: Scan) -> tuple[Finding, ...]:
    """Whether the intensities can be those of a T1-weighted scan (finite values expected)."""
    low, high = float(scan.data.min()), float(scan.data.max())
    if low == high:
        return (
            Finding(
                Level.ERROR,
                "constant-image",
                f"All voxels have the same value ({low:g}); there is no picture.",
                "Give another file, or convert the scan from DICOM again.",
            ),
        )
    values = _sample(scan.data)
    distinct = np.unique(values)
    if distinct.size < _FEW_VALUES and np.unique(scan.data).size < _FEW_VALUES:
        return (
            Finding(
                Level.ERROR,
                "too-few-intensities",
                "The voxels have only a handful of different values, like a label map or a mask.",
                "Give the T1-weighted scan itself.",
            ),
        )
    findings = _content(scan)
    if float(np.mean(values < 0)) > 0.05:
        findings.append(
            Finding(
                Level.WARNING,
                "negative-intensities",
                f"Many voxels are below 0 (the lowest is {low:g}): intensities that were moved or "
                "standardised, or a CT.",
                "Nothing if it is a T1-weighted MRI: labels do not depend on where its intensities begin.",
            )
        )
    return tuple(findings)


def extent_mm(scan: Scan) -> tuple[float, float, float]:
    """Field of view in mm along right–left, back–front and down–up, by the axis nearest to each."""
    lengths = np.array(scan.shape) * np.array(scan.voxel_size_mm)
    return _along_body(scan, lengths)


def content_extent_mm(scan: Scan) -> tuple[float, float, float]:
    """Extent in mm, right–left, back–front and down–up, of what stands out from the background.

    A plane counts when 2 % of it are brighter than a tenth of the scan's brightest tissue, above its floor.
    """
    levels = intensity_levels(scan.data)
    if levels is None:
        return 0.0, 0.0, 0.0
    thinned = above_floor(scan.data[::2, ::2, ::2], levels)
    bright = thinned > 0.1 * np.percentile(thinned, 99)
    lengths = []
    for axis, size in enumerate(scan.voxel_size_mm):
        others = tuple(other for other in range(3) if other != axis)
        planes = np.flatnonzero(bright.mean(axis=others) > 0.02)
        lengths.append(2.0 * (planes[-1] - planes[0] + 1) * size if planes.size else 0.0)
    return _along_body(scan, lengths)


def _along_body(scan: Scan, lengths: Iterable[float]) -> tuple[float, float, float]:
    """Lengths along the voxel axes as those right–left, back–front and down–up."""
    along = dict.fromkeys("RAS", 0.0)
    for letter, length in zip(axis_letters(scan.affine), lengths, strict=True):
        along[_OPPOSITE.get(letter, letter)] = float(length)
    return along["R"], along["A"], along["S"]


def _content(scan: Scan) -> list[Finding]:
    if min(extent_mm(scan)) < _SMALL_HEAD_MM:
        return []  # said by `check_geometry` already
    extent = content_extent_mm(scan)
    if min(extent) >= _SMALL_CONTENT_MM:
        return []
    return [
        Finding(
            Level.WARNING if min(extent) >= _SMALLEST_CONTENT_MM else Level.ERROR,
            "head-incomplete",
            f"Only {_mm(extent)} mm (left–right, back–front, down–up) of the scan show anything.",
            "Look whether the whole brain with its brainstem is inside; an adult's is larger.",
        )
    ]


def _thickness(sizes: tuple[float, float, float]) -> list[Finding]:
    thickest = max(sizes)
    if thickest >= TOO_THICK_MM - 1e-3:
        return [
            Finding(
                Level.ERROR,
                "slices-too-thick",
                f"The slices are {thickest:.3g} mm thick; nuclei of a few millimetres cannot be seen.",
                "Give a three-dimensional T1-weighted scan of about 1 mm.",
            )
        ]
    if thickest >= THICK_MM - 1e-3:
        return [
            Finding(
                Level.WARNING,
                "slices-thick",
                f"The slices are {thickest:.3g} mm thick; small nuclei will be unreliable.",
                "If there is one, give a scan of about 1 mm.",
            )
        ]
    return []


def _field_of_view(scan: Scan) -> list[Finding]:
    extent = extent_mm(scan)
    text = f"{_mm(extent)} mm (left–right, back–front, down–up)"
    if max(extent) > _LARGEST_SCAN_MM:
        return [
            Finding(
                Level.ERROR,
                "field-of-view-absurd",
                f"The scan covers {text}, which is no head.",
                "The header's lengths are probably not in millimetres: convert the scan from DICOM again.",
            )
        ]
    if min(extent) < _SMALLEST_HEAD_MM:
        return [
            Finding(
                Level.ERROR,
                "field-of-view-too-small",
                f"The scan covers only {text}; the whole brain is needed.",
                "Give a scan of the whole head.",
            )
        ]
    if min(extent) < _SMALL_HEAD_MM:
        return [
            Finding(
                Level.WARNING,
                "field-of-view-small",
                f"The scan covers {text}; a part of the brain may be missing.",
                "Look whether the whole brainstem is inside.",
            )
        ]
    return []


def _sample(data: NDArray[np.float32]) -> NDArray[np.float32]:
    flat = data.ravel(order="K")
    return flat[:: max(1, flat.size // _SAMPLE)]


def _mm(lengths: tuple[float, float, float]) -> str:
    return "×".join(f"{length:.0f}" if length >= 100 else f"{length:.3g}" for length in lengths)
