"""Losses on integer labels, by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, cast

from kerasmodels.arguments import require
from kerasmodels.errors import ModelError
from kerasmodels.names import COMPOUND_LOSSES, LOSSES, resolve

if TYPE_CHECKING:
    from kerasmodels.losses.segmentation_loss import SegmentationLoss


def make_loss(
    name: str = "dicece", *, from_logits: bool = False, ignore_label: int | None = None, **parameters: Any
) -> SegmentationLoss:
    """Make a loss by name.

    Parameters
    ----------
    name : str
        One of `loss_names()`. Three are sums of two others, α × pixel loss + (1 − α) × overlap loss:
        `dicece` and `dicefocal`, the paper's equations 1 and 2, and `tverskyce`.
    from_logits : bool
        False if the network gives probabilities (as `build_model` does), True if it gives the values
        before the softmax.
    ignore_label : int, optional
        Label of pixels that nobody labelled, for example `kerasmodels.data.volumes.IGNORED`; the loss leaves
        them out.
    **parameters
        Parameters of the loss: see its class. Those of a sum are `alpha`, the share of the pixel loss (0.1
        by default), and the parameters of its two parts, a mapping under the name of each.

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
        If a parameter is of the wrong type or out of its range, or the loss has no such parameter.

    Examples
    --------
    >>> loss = make_loss("dicece", alpha=0.1, softce={"smoothing": 0.0}, dice={"absent": "skip"})
    >>> round(float(loss([[[1, 0]]], [[[[0.0, 1.0], [1.0, 0.0]]]])), 6)
    0.0
    """
    kind = resolve("loss", name, LOSSES)
    if name not in COMPOUND_LOSSES:
        return _make(kind, name, from_logits, ignore_label, parameters)
    parts = COMPOUND_LOSSES[name]
    _require_known(name, parameters, {"alpha", *parts})
    losses = []
    for part in parts:
        own = parameters.pop(part, {})
        require(isinstance(own, Mapping), part, own, f"the parameters of {part}, such as {{'name': value}}")
        losses.append(_make(resolve("loss", part, LOSSES), part, from_logits, None, own))
    return cast("SegmentationLoss", kind(*losses, name=name, ignore_label=ignore_label, **parameters))


def _make(
    kind: Any, name: str, from_logits: bool, ignore_label: int | None, parameters: Mapping[str, Any]
) -> SegmentationLoss:
    """Make a loss that is no sum of others."""
    _require_known(name, parameters, kind().get_config().keys() - {"from_logits", "name"})
    made = kind(from_logits=from_logits, ignore_label=ignore_label, **parameters)
    return cast("SegmentationLoss", made)


def _require_known(name: str, given: Collection[Any], known: Collection[str]) -> None:
    if unknown := sorted(map(str, set(given) - set(known))):
        raise ModelError(
            f"The loss {name!r} has no parameter {', '.join(unknown)}.", f"It has {', '.join(sorted(known))}."
        )
