"""Segmentation networks for Keras 3: encoders, decoders, losses, metrics, training and export.

Importing this package loads neither Keras nor a backend; building a network or a loss does.

Examples
--------
>>> import kerasmodels
>>> model = kerasmodels.build_model("n_deconet", "resnet18", classes=4, input_shape=(64, 64, 1))
>>> model.compile(optimizer="adam", loss=kerasmodels.make_loss("dicece", alpha=0.1))
>>> model.output_shape  # probabilities; train with model.fit(images, labels), the labels being integers
(None, 64, 64, 4)
"""

from kerasmodels.errors import ModelError, UnknownNameError
from kerasmodels.losses import make_loss
from kerasmodels.names import decoder_names, encoder_names, loss_names
from kerasmodels.network import build_encoder, build_model

#: Version of this package, the only place where it is written.
__version__ = "0.1.0"

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
