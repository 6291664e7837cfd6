"""Where a lab's own atlas lies: in a declared MNI space, or where registering its T1 template says."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import Affine
from brainstem_app.progress import ProgressCallback

# Names of TemplateFlow, and what lies between each and the program's template (2009a symmetric).
_SAME = "Same coordinates as the program's template."
_FAMILY = (
    "Of the MNI152 family; overlaid, not moved. "
    "Sources of brainstem31 from such spaces lay 0.3 to 1.6 mm off."
)
SPACES = {
    "MNI152NLin2009aSym": _SAME,
    "MNI152NLin2009bSym": _SAME,
    "MNI152NLin2009cSym": _FAMILY,
    "MNI152NLin2009aAsym": _FAMILY,
    "MNI152NLin2009bAsym": _FAMILY,
    "MNI152NLin2009cAsym": _FAMILY,
    "MNI152NLin6Asym": _FAMILY,
    "MNI152NLin6Sym": _FAMILY,
    "MNI152Lin": _FAMILY,
}
# Templates that lie elsewhere: their coordinates are not those of the MNI152 family.
ELSEWHERE = ("MNI305", "MNIColin27", "MNIPediatricAsym", "MNIInfant", "Talairach", "fsaverage")
UNDECLARED = "MNI152"


@dataclass(frozen=True)
class Placed:
    """Where a source was laid.

    Attributes
    ----------
    space : str
        What the source was drawn on.
    template_to_source : ndarray, shape (4, 4)
        Where a point of the ``mni`` world (mm) lies in the source's world (mm).
    method, why : str
        For the atlas' description.
    warning : str
        What the user should know; empty if nothing.
    measured : dict
        Numbers of a registration.
    """

    space: str
    template_to_source: Affine
    method: str
    why: str
    warning: str = ""
    measured: dict[str, Any] = field(default_factory=dict)


def place_source(space: str, template: Path | None, report: ProgressCallback) -> Placed:
    """Say where a source lies.

    Parameters
    ----------
    space : str
        A name of `SPACES`, or empty: of the MNI152 family, overlaid as it is.
    template : Path, optional
        T1 image that the source was drawn on; it is registered to the program's template with twelve degrees
        of freedom, the brain first and then the brainstem, as scans are.
    report : callable
        Called with the share done (0…1) and what is being done.

    Raises
    ------
    InputError
        If the space is unknown or not of the MNI152 family, or the template cannot be read or does not fit.
    """
    if template is not None:
        return _registered(space, template, report)
    if not space:
        return Placed(
            UNDECLARED,
            np.eye(4),
            "none",
            "Space not declared; overlaid as MNI152.",
            "The atlas' space was not declared; it was overlaid on the program's template as it is.",
        )
    if space.lower() in {name.lower() for name in ELSEWHERE}:
        raise InputError(
            f"{space} is not of the MNI152 family, whose coordinates the program shares.",
            "--space",
            "Give the T1 image that the atlas was drawn on with --template, to be registered.",
        )
    known = {name.lower(): name for name in SPACES}
    if space.lower() not in known:
        raise InputError(
            f"There is no space named {space}.",
            "--space",
            f"Choose one of {', '.join(SPACES)}, or give the T1 image it was drawn on with --template.",
        )
    name = known[space.lower()]
    warning = f"{name} is not the program's own template. " + _FAMILY if SPACES[name] is _FAMILY else ""
    return Placed(name, np.eye(4), "none", SPACES[name], warning)


def _registered(space: str, template: Path, report: ProgressCallback) -> Placed:
    from brainstem_app.imaging.reading import read_scan, require_usable
    from brainstem_app.imaging.scan import Level
    from brainstem_app.preprocessing.normalise import normalise_scan

    scan = read_scan(template)
    require_usable(scan)
    found = normalise_scan(scan, report=report)
    errors = [finding for finding in found.findings if finding.level is Level.ERROR]
    if errors:
        raise InputError(errors[0].problem, template, "Give the T1 image that the atlas was drawn on.")
    warnings = [finding.problem for finding in found.findings if finding.level is Level.WARNING]
    matrix = found.transforms.mni_to_native
    points = np.array([[0.0, -28.0, z, 1.0] for z in (-60.0, -30.0, 0.0)])
    moved = np.linalg.norm((points @ matrix.T - points)[:, :3], axis=1)
    return Placed(
        space or template.name,
        matrix,
        "affine",
        f"Its T1 image {template.name} was registered to the program's template (brain, then brainstem).",
        " ".join(warnings),
        {
            "mni_to_source_mm": np.round(matrix, 6).tolist(),
            "moved_mm": [round(float(value), 2) for value in moved],
            "moved_at_mm": [[0, -28, -60], [0, -28, -30], [0, -28, 0]],
        },
    )
