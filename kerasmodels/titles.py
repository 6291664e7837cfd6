"""Decoders, encoders and losses as papers write them; loads neither Keras nor a backend."""

from __future__ import annotations

from collections.abc import Mapping

from kerasmodels.names import DECODERS, ENCODERS

DECODER_TITLES: Mapping[str, str] = {name: decoder.title for name, decoder in DECODERS.items()}
ENCODER_TITLES: Mapping[str, str] = {name: encoder.title for name, encoder in ENCODERS.items()}
LOSS_TITLES: Mapping[str, str] = {
    "dice": "Dice",
    "jaccard": "Jaccard",
    "focal": "Focal",
    "softce": "Soft cross entropy",
    "dicefocal": "Dice + focal",
    "dicece": "Dice + cross entropy",
    "tversky": "Tversky",
    "tverskyce": "Tversky + cross entropy",
}


def loss_title(loss: str) -> str:
    """Name of a loss as papers write it, or its own."""
    return LOSS_TITLES.get(loss, loss)


def network_title(decoder: str, encoder: str) -> str:
    """Name of a network, ``"N-DecoNet, ResNet-34 encoder"``, as papers write its parts, or their names."""
    return f"{DECODER_TITLES.get(decoder, decoder)}, {ENCODER_TITLES.get(encoder, encoder)} encoder"
