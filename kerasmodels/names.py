"""The encoders, decoders and losses that there are, by name.

Only names and where their builders are: importing this module loads neither Keras nor a backend.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kerasmodels.errors import UnknownNameError


@dataclass(frozen=True)
class LazyBuilder:
    """A function or class that is imported when it is needed.

    Parameters
    ----------
    module, attribute : str
        Where it is.
    output_stride : int
        Of a decoder: what stride the encoder may go down to; below 32, later stages are dilated.
    """

    module: str
    attribute: str
    output_stride: int = 32

    def load(self) -> Any:
        """Import the builder (this loads Keras)."""
        return getattr(importlib.import_module(self.module), self.attribute)


ENCODERS: dict[str, LazyBuilder] = {
    name: LazyBuilder(f"kerasmodels.encoders.{family}", name)
    for family, names in {
        "resnet": ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
        "senet": ("seresnet50", "seresnet101", "senet154"),
        "efficientnet": tuple(f"efficientnetb{size}" for size in range(5)),
        "efficientnet_lite": ("efficientnetlite0",),
        "mit": tuple(f"mit_b{size}" for size in range(6)),
    }.items()
    for name in names
}

DECODERS: dict[str, LazyBuilder] = {
    name: LazyBuilder(f"kerasmodels.decoders.{name}", name, output_stride)
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

LOSSES: dict[str, LazyBuilder] = {
    "dice": LazyBuilder("kerasmodels.losses.overlap", "Dice"),
    "jaccard": LazyBuilder("kerasmodels.losses.overlap", "Jaccard"),
    "focal": LazyBuilder("kerasmodels.losses.focal", "Focal"),
    "softce": LazyBuilder("kerasmodels.losses.soft_cross_entropy", "SoftCrossEntropy"),
    "dicefocal": LazyBuilder("kerasmodels.losses.compound", "CompoundLoss"),
    "dicece": LazyBuilder("kerasmodels.losses.compound", "CompoundLoss"),
    "tversky": LazyBuilder("kerasmodels.losses.overlap", "Tversky"),
    "tverskyce": LazyBuilder("kerasmodels.losses.compound", "CompoundLoss"),
}

#: The pixel loss and the overlap loss of those that are a `CompoundLoss`.
COMPOUND_LOSSES: dict[str, tuple[str, str]] = {
    "dicefocal": ("focal", "dice"),
    "dicece": ("softce", "dice"),
    "tverskyce": ("softce", "tversky"),
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


def resolve(kind: str, name: str, builders: Mapping[str, LazyBuilder]) -> Any:
    """Return the builder of a name.

    Raises
    ------
    UnknownNameError
        If there is none; the message offers the nearest names.
    """
    if name not in builders:
        raise UnknownNameError(kind, name, builders)
    return builders[name].load()
