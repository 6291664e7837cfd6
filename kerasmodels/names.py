"""The encoders, decoders and losses that are there, by name.

Only names and the places of their builders: importing this module loads neither Keras nor a backend.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from kerasmodels.errors import UnknownNameError


@dataclass(frozen=True)
class Place:
    """Where the builder of a name is: a module and a function or class in it.

    A decoder also says what stride the encoder may go down to: below 32, later stages are dilated.
    """

    module: str
    attribute: str
    output_stride: int = 32

    def load(self) -> Any:
        """Import the builder (this loads Keras)."""
        return getattr(importlib.import_module(self.module), self.attribute)


ENCODERS: dict[str, Place] = {
    name: Place(f"kerasmodels.encoders.{family}", name)
    for family, names in {
        "resnet": ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
        "senet": ("seresnet50", "seresnet101", "senet154"),
        "efficientnet": tuple(f"efficientnetb{size}" for size in range(5)),
        "efficientnet_lite": ("efficientnetlite0",),
        "mit": tuple(f"mit_b{size}" for size in range(6)),
    }.items()
    for name in names
}

DECODERS: dict[str, Place] = {
    name: Place(f"kerasmodels.decoders.{name}", name, output_stride)
    for name, output_stride in {
        "n_deconet": 32,
        "u_deconet": 32,
        "unet": 32,
        "unetplusplus": 32,
        "manet": 32,
        "pspnet": 32,
        "fpn": 32,
        "deeplabv3": 8,
        "deeplabv3plus": 16,
    }.items()
}

LOSSES: dict[str, Place] = {
    "dice": Place("kerasmodels.losses.overlap", "Dice"),
    "jaccard": Place("kerasmodels.losses.overlap", "Jaccard"),
    "focal": Place("kerasmodels.losses.focal", "Focal"),
    "softce": Place("kerasmodels.losses.soft_cross_entropy", "SoftCrossEntropy"),
    "dicefocal": Place("kerasmodels.losses.compound", "DiceFocal"),
    "dicece": Place("kerasmodels.losses.compound", "DiceCE"),
    "tversky": Place("kerasmodels.losses.overlap", "Tversky"),
    "tverskyce": Place("kerasmodels.losses.compound", "TverskyCE"),
}


def encoder_names() -> tuple[str, ...]:
    """Names that `build_model(encoder=…)` takes."""
    return tuple(ENCODERS)


def decoder_names() -> tuple[str, ...]:
    """Names that `build_model(decoder=…)` takes."""
    return tuple(DECODERS)


def loss_names() -> tuple[str, ...]:
    """Names that `make_loss` takes."""
    return tuple(LOSSES)


def find(kind: str, name: str, places: dict[str, Place]) -> Any:
    """Builder of a name.

    Raises
    ------
    UnknownNameError
        If there is none; the message offers the nearest names.
    """
    if name not in places:
        raise UnknownNameError(kind, name, places)
    return places[name].load()
