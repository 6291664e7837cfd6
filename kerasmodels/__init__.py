"""Segmentation networks for Keras 3: encoders, decoders, losses, metrics, training and export.

Importing this package loads neither Keras nor a backend; building a network or a loss does.
"""

from kerasmodels.errors import ModelError, UnknownNameError
from kerasmodels.losses import make_loss
from kerasmodels.names import decoder_names, encoder_names, loss_names
from kerasmodels.network import build_encoder, build_model

__all__ = [
    "ModelError",
    "UnknownNameError",
    "build_encoder",
    "build_model",
    "decoder_names",
    "encoder_names",
    "loss_names",
    "make_loss",
]
