"""Losses on integer labels, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasmodels.names import LOSSES, find

if TYPE_CHECKING:
    from kerasmodels.losses.segmentation_loss import SegmentationLoss


def make_loss(
    name: str = "dicece", alpha: float = 0.1, *, from_logits: bool = False, **parameters: Any
) -> SegmentationLoss:
    """Make a loss by name.

    Parameters
    ----------
    name : str
        One of `loss_names()`.
    alpha : float
        Share of the cross entropy or focal part in `dicece` and `dicefocal` (the paper's equations 1
        and 2), between 0 and 1; the other losses have no such share and leave it unused.
    from_logits : bool
        False if the network gives probabilities (as `build_model` does), True if it gives the values
        before the softmax.
    **parameters
        Named parameters of the loss: see its class.

    Returns
    -------
    SegmentationLoss
        Called with labels (N, h, w) of any integer type and predictions (N, h, w, classes); returns a
        float32 number.

    Raises
    ------
    UnknownNameError
        If the name is unknown; the message offers the nearest ones.
    ModelError
        If `alpha` or another parameter is out of its range.
    """
    loss = find("loss", name, LOSSES)
    if name in ("dicece", "dicefocal"):
        parameters["alpha"] = alpha
    made: SegmentationLoss = loss(from_logits=from_logits, **parameters)
    return made
