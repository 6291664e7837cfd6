"""Works that a paper with the numbers of a report should cite."""

from __future__ import annotations

from brainstem_app import __version__
from brainstem_app.reports.scan.model import ReportInputs

_PROGRAM = f"Brainstem App {__version__}, the Brainstem App developers."
_TEMPLATE = (
    "Fonov V, Evans AC, Botteron K, et al. Unbiased average age-appropriate atlases for pediatric studies. "
    "NeuroImage 54, 313–327 (2011). doi 10.1016/j.neuroimage.2010.07.033 (template)"
)
_STEPS = (
    "Fisch L, Zumdick S, Barkhau C, et al. deepbet: Fast brain extraction of T1-weighted MRI using "
    "convolutional neural networks. Computers in Biology and Medicine 179, 108845 (2024). "
    "doi 10.1016/j.compbiomed.2024.108845 (skull stripping)",
    "Tustison NJ, Avants BB, Cook PA, et al. N4ITK: improved N3 bias correction. IEEE Transactions on "
    "Medical Imaging 29, 1310–1320 (2010). doi 10.1109/TMI.2010.2046908 (bias field)",
    _TEMPLATE,
)
_NETWORKS = (
    "Oh et al. Deep neural networks comparison for MRI segmentation of the brainstem. IEEE ISBI (2024), "
    "hal-04497572 (networks)"
)


def works_to_cite(inputs: ReportInputs) -> tuple[str, ...]:
    """List the program, the atlas' sources, and what the steps of a segmentation rest on."""
    works = [_PROGRAM, *inputs.atlas_citations]
    if inputs.scan is not None:
        works += _STEPS
        if inputs.model is not None:
            works.append(_NETWORKS)
    return tuple(works)
