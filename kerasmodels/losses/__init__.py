"""Losses on integer labels, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kerasmodels.errors import ModelError
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
        and 2) and in `tverskyce`, between 0 and 1; the other losses have no such share and leave it unused.
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
        If `alpha` or another parameter is out of its range, or the loss has no such parameter.

    Examples
    --------
    >>> loss = make_loss("dicece", alpha=0.1, smoothing=0.0, absent="skip")
    >>> round(float(loss([[[1, 0]]], [[[[0.0, 1.0], [1.0, 0.0]]]])), 6)
    0.0
    """
    loss = find("loss", name, LOSSES)
    config = loss().get_config()
    known = config.keys() - {"alpha", "from_logits"}
    if unknown := sorted(parameters.keys() - known):
        raise ModelError(
            f"The loss {name!r} has no parameter {', '.join(unknown)}.",
            f"It has {', '.join(sorted(known))}.",
        )
    if "alpha" in config:
        parameters["alpha"] = alpha
    made: SegmentationLoss = loss(from_logits=from_logits, **parameters)
    return made
