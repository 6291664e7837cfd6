"""Where a scan lies in space according to its header, and what is wrong with that header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from brainstem_app.imaging.orientation import affine_from_letters, axis_letters, obliquity_degrees, shear
from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.imaging.scan_file import ScanImage
from brainstem_app.imaging.spaces import Affine

SAME_PLACE_MM = 0.1
_OBLIQUE_DEGREES = 1.0
_SHEAR = 1e-3
_SMALLEST_MM = 1e-6
_FARTHEST_MM = 1e9
_KNOWN_CODES = range(6)
_STANDARD_SPACE_CODES = {3: "Talairach", 4: "MNI", 5: "a template's"}
_UNIT_NAMES = {1: "metres", 3: "micrometres"}


@dataclass(frozen=True)
class Placement:
    """The one transform chosen from a header.

    Attributes
    ----------
    affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+). Finite; a guess when the findings hold ``orientation-unknown``.
    chosen : str
        ``"sform"``, ``"qform"``, ``"mgh"``, ``"assumed"`` or ``"guess"``.
    findings : tuple of Finding
        What was found on the way.
    """

    affine: Affine
    chosen: str
    findings: tuple[Finding, ...]


def check_header(opened: ScanImage, assume_orientation: str | None = None) -> Placement:
    """Choose a scan's affine and say what is odd about its header.

    The sform is taken when its code is above 0, else the qform when its code is; a form that is no
    transform at all (singular, not finite) is passed over.

    Parameters
    ----------
    opened : ScanImage
        An opened scan file.
    assume_orientation : str, optional
        Orientation the user states, e.g. ``"RAS"``, used only where the header states none.

    Returns
    -------
    Placement
        Affine and findings.
    """
    forms = _mgh_forms(opened) if opened.kind == "mgh" else _nifti_forms(opened)
    findings: list[Finding] = [f for form in forms for f in form.findings()]
    usable = [form for form in forms if form.is_usable]
    if usable:
        affine, chosen = usable[0].affine, usable[0].name
        if len(usable) > 1:
            findings += _compare(usable[0], usable[1], opened.shape)
        if assume_orientation is not None:
            findings.append(_assumption_unused(assume_orientation, affine))
    else:
        affine, chosen, unknown = _without_forms(opened, forms, assume_orientation)
        findings.append(unknown)
    findings += _unit_findings(opened) + _pixdim_findings(opened, affine, chosen) + _shape_findings(affine)
    if usable and usable[0].code in _STANDARD_SPACE_CODES and opened.kind != "mgh":
        findings.append(_standard_space(usable[0].code))
    return Placement(affine, chosen, tuple(findings))


@dataclass(frozen=True)
class _Form:
    name: str
    code: int
    affine: Affine
    broken: bool = False

    @property
    def is_usable(self) -> bool:
        return self.code > 0 and not self.broken

    def findings(self) -> list[Finding]:
        if self.code <= 0 or not self.broken:
            return []
        shown = "transform" if self.name == "mgh" else self.name
        return [
            Finding(
                Level.WARNING,
                f"{self.name}-invalid",
                f"The {shown} of the header is no valid one and was not used.",
                "Convert the scan from DICOM again if the picture looks wrong.",
            )
        ]


def _nifti_forms(opened: ScanImage) -> list[_Form]:
    header = opened.image.header
    raw = opened.raw_header
    sform = np.asarray(raw.get_sform(), dtype=np.float64)
    try:
        qform, q_broken = np.asarray(header.get_qform(), dtype=np.float64), False
    except Exception:  # noqa: BLE001 - nibabel raises several types for a quaternion that is none
        qform, q_broken = np.eye(4), True
    # Codes that NIfTI does not know count as 0, as in nibabel.
    q_code, s_code = (
        code if code in _KNOWN_CODES else 0 for code in map(int, (raw["qform_code"], raw["sform_code"]))
    )
    sizes = np.asarray(raw["pixdim"][1:4], dtype=np.float64)
    q_broken = q_broken or not (np.isfinite(sizes).all() and (sizes != 0).all())
    return [
        _Form("sform", s_code, sform, _is_singular(sform)),
        _Form("qform", q_code, qform, q_broken or _is_singular(qform)),
    ]


def _mgh_forms(opened: ScanImage) -> list[_Form]:
    affine = np.asarray(opened.image.affine, dtype=np.float64)
    code = int(int(opened.raw_header["goodRASFlag"]) == 1)
    return [_Form("mgh", code, affine, _is_singular(affine))]


def _is_singular(affine: Affine) -> bool:
    if not (np.abs(affine) < _FARTHEST_MM).all():
        return True
    lengths = np.linalg.norm(affine[:3, :3], axis=0)
    if (lengths < _SMALLEST_MM).any():
        return True
    return bool(abs(np.linalg.det(affine[:3, :3] / lengths)) < 1e-3)


def _compare(first: _Form, second: _Form, shape: tuple[int, int, int]) -> list[Finding]:
    apart = largest_distance_mm(first.affine, second.affine, shape)
    if apart <= SAME_PLACE_MM:
        return []
    sides = [axis_letters(form.affine) for form in (first, second)]
    if sides[0] != sides[1]:
        first_says, second_says = ("".join(letters) for letters in sides)
        return [
            Finding(
                Level.WARNING,
                "qform-sform-orientation",
                f"The header says two things about the directions: {first.name} {first_says}, {second.name} "
                f"{second_says}. The {first.name} was used.",
                "Check that left and right are where they belong, or convert the scan from DICOM again.",
            )
        ]
    return [
        Finding(
            Level.WARNING,
            "qform-sform-differ",
            f"The two transforms of the header put the scan up to {apart:.1f} mm apart. "
            f"The {first.name} was used.",
            "Nothing for this program; others may place the same scan elsewhere.",
        )
    ]


def largest_distance_mm(first: Affine, second: Affine, shape: tuple[int, int, int]) -> float:
    """Largest distance in mm between where two affines put the same corner of a volume."""
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in shape], indexing="ij")).reshape(3, -1)
    points = np.vstack([corners, np.ones(8)])
    return float(np.linalg.norm(((first - second) @ points)[:3], axis=0).max())


def _without_forms(
    opened: ScanImage, forms: list[_Form], assume_orientation: str | None
) -> tuple[Affine, str, Finding]:
    sizes = _voxel_sizes(opened.raw_header, opened.kind)
    if assume_orientation is not None:
        finding = Finding(
            Level.WARNING,
            "orientation-assumed",
            f"The header does not say where left and right are; {assume_orientation} was stated by the user.",
            "Check left and right on a scan with a known sign.",
        )
        return affine_from_letters(assume_orientation, opened.shape, sizes), "assumed", finding
    silent = "its goodRASFlag is not 1" if opened.kind == "mgh" else "qform and sform code are both 0"
    if any(form.code > 0 for form in forms):
        finding = Finding(
            Level.ERROR,
            "affine-singular",
            "The header's transform is no valid one, so left and right cannot be known.",
            "Convert the scan from DICOM again, or state its orientation.",
        )
    else:
        finding = Finding(
            Level.ERROR,
            "orientation-unknown",
            f"The header does not say where left and right are ({silent}), "
            "so left and right cannot be known.",
            "Convert the scan from DICOM again, or state its orientation.",
        )
    return affine_from_letters("LAS", opened.shape, sizes), "guess", finding


def _voxel_sizes(raw_header: Any, kind: str) -> tuple[float, float, float]:
    values = raw_header["delta"] if kind == "mgh" else raw_header["pixdim"][1:4]
    sizes = np.abs(np.asarray(values, dtype=np.float64))
    sizes[~((sizes > _SMALLEST_MM) & (sizes < _FARTHEST_MM))] = 1.0
    return float(sizes[0]), float(sizes[1]), float(sizes[2])


def _assumption_unused(letters: str, affine: Affine) -> Finding:
    return Finding(
        Level.INFO,
        "assumption-unused",
        f"The header states its own orientation ({''.join(axis_letters(affine))}); "
        f"the stated {letters} was not needed.",
    )


def _unit_findings(opened: ScanImage) -> list[Finding]:
    if opened.kind == "mgh":
        return []
    unit = int(opened.raw_header["xyzt_units"]) & 7
    if unit not in _UNIT_NAMES:
        return []
    return [
        Finding(
            Level.WARNING,
            "units-not-mm",
            f"The header gives lengths in {_UNIT_NAMES[unit]}; the numbers were taken as millimetres.",
            "Correct the unit in the header if the voxel size is right, else convert the scan again.",
        )
    ]


def _pixdim_findings(opened: ScanImage, affine: Affine, chosen: str) -> list[Finding]:
    if opened.kind == "mgh":
        return []
    stated = np.asarray(opened.raw_header["pixdim"][1:4], dtype=np.float64)
    if not np.isfinite(stated).all() or (stated <= 0).any():
        text = "×".join(f"{s:g}" for s in stated)
        return [
            Finding(
                Level.WARNING if chosen in ("sform", "qform") else Level.ERROR,
                "voxel-size-invalid",
                f"The header gives the voxel size {text} mm, which cannot be.",
                "Convert the scan from DICOM again.",
            )
        ]
    used = np.linalg.norm(affine[:3, :3], axis=0)
    if np.abs(stated / used - 1).max() < 0.01 or shear(affine) > _SHEAR:
        return []
    return [
        Finding(
            Level.WARNING,
            "voxel-size-differs",
            f"The header gives two voxel sizes: {_size_text(stated)} mm, and {_size_text(used)} mm in the "
            "transform, which was used.",
            "Volumes in mm³ depend on it: find out which is right, or convert the scan from DICOM again.",
        )
    ]


def _shape_findings(affine: Affine) -> list[Finding]:
    cosine = shear(affine)
    found = []
    if cosine > _SHEAR:
        degrees = float(np.degrees(np.arcsin(min(cosine, 1.0))))
        found.append(
            Finding(
                Level.WARNING,
                "affine-sheared",
                f"The axes of the scan are not at right angles ({degrees:.1f}° off). It is handled exactly.",
                "Nothing for this program; others may misplace the scan. Gantry tilt or an earlier "
                "registration makes such scans.",
            )
        )
    angle = obliquity_degrees(affine)
    if angle > _OBLIQUE_DEGREES:
        found.append(
            Finding(
                Level.INFO, "oblique", f"The scan is tilted by {angle:.0f}° against the axes of the scanner."
            )
        )
    return found


def _standard_space(code: int) -> Finding:
    return Finding(
        Level.WARNING,
        "standard-space",
        f"The header says that the scan was moved into {_STANDARD_SPACE_CODES[code]} space.",
        "If it was stretched to a template, volumes are not the subject's own: give the scan as acquired.",
    )


def _size_text(sizes: Any) -> str:
    return "×".join(f"{s:.3g}" for s in sizes)
