"""Series whose DICOM header says that they are no T1-weighted MRI: by modality, sequence and echo time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from brainstem_app.imaging.scan import Finding, Level

_MODALITIES = {
    "CT": "a CT",
    "PT": "a PET",
    "NM": "a scintigraphy (SPECT)",
    "US": "an ultrasound",
    "CR": "a radiograph",
    "DX": "a radiograph",
    "XA": "an angiography",
    "MG": "a mammography",
}
#: Words of ImageType that name what was computed from diffusion-weighted images.
_DIFFUSION = {"ADC", "FA", "TRACEW", "DIFFUSION", "TENSOR"}
# T1-weighted sequences have echo times of 2 to 25 ms; T2-weighted and FLAIR of 70 and more.
_LONGEST_ECHO_MS = 50.0


def other_contrast(get: Callable[[str], Any], image_type: Iterable[object], echo_ms: float | None) -> str:
    """Say what an image is by its header, if that is no T1-weighted MRI; else nothing.

    Parameters
    ----------
    get : callable
        Value of a DICOM element by its name; None where there is none.
    image_type : iterable
        Values of ImageType, or FrameType.
    echo_ms : float or None
        Echo time.
    """
    modality = str(get("Modality") or "").strip().upper()
    if modality in _MODALITIES:
        return f"{_MODALITIES[modality]} (Modality {modality})"
    sequence = get("ScanningSequence") or ()
    words = {str(word).upper() for word in ([sequence] if isinstance(sequence, str) else sequence)}
    if "EP" in words or str(get("EchoPlanarPulseSequence") or "").upper() == "YES":
        return "an echo-planar series, as of functional or diffusion MRI (ScanningSequence EP)"
    if named := _DIFFUSION.intersection(str(word).upper() for word in image_type):
        return f"a map of diffusion (ImageType {', '.join(sorted(named))})"
    if echo_ms is not None and echo_ms > _LONGEST_ECHO_MS:
        return f"T2-weighted or FLAIR (echo time {echo_ms:.0f} ms)"
    return ""


def contrast_findings(contrast: str, series: object) -> tuple[Finding, ...]:
    """Error about a series that `other_contrast` names; none for an empty name."""
    if not contrast:
        return ()
    finding = Finding(
        Level.ERROR,
        "dicom-not-t1",
        f"Series {series} is no T1-weighted MRI: by its header it is {contrast}.",
        "Choose the T1-weighted series of this person. If the header is wrong, convert the series to NIfTI "
        "with another program and give that file.",
    )
    return (finding,)
