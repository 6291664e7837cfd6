"""Decoders, encoders and losses as papers write them; loads neither Keras nor a backend."""

from __future__ import annotations

from collections.abc import Mapping

from kerasmodels.names import ENCODERS

DECODER_TITLES: Mapping[str, str] = {
    "n_deconet": "N-DecoNet",
    "u_deconet": "U-DecoNet",
    "unet": "U-Net",
    "unetplusplus": "UNet++",
    "manet": "MA-Net",
    "pspnet": "PSPNet",
    "fpn": "FPN",
    "deeplabv3": "DeepLabV3",
    "deeplabv3plus": "DeepLabV3+",
}
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
_FAMILIES = (
    ("seresnet", "SE-ResNet-"),
    ("senet", "SENet-"),
    ("resnet", "ResNet-"),
    ("efficientnetlite", "EfficientNet-Lite"),
    ("efficientnetb", "EfficientNet-B"),
    ("mit_b", "MiT-B"),
)


def encoder_title(name: str) -> str:
    """Name of an encoder as papers write it; its own where none is known."""
    for start, written in _FAMILIES:
        if name.startswith(start):
            return written + name.removeprefix(start)
    return name


ENCODER_TITLES: Mapping[str, str] = {name: encoder_title(name) for name in ENCODERS}


def network_title(decoder: str, encoder: str) -> str:
    """Name of a network as papers write it, e.g. ``"N-DecoNet / ResNet-34"``."""
    return f"{DECODER_TITLES.get(decoder, decoder)} / {encoder_title(encoder)}"
