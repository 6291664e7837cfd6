"""Names of the networks and losses for those that may not import `kerasmodels` themselves; loads no Keras."""

from __future__ import annotations

from kerasmodels.names import decoder_names, encoder_names, loss_names

__all__ = ["decoder_names", "encoder_names", "loss_names"]
