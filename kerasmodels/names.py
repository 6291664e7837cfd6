"""The encoders, decoders and losses that there are, by name.

Only names and where their builders are: importing this module loads neither Keras nor a backend.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Mapping
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
    title : str
        What papers call it.
    output_stride : int
        Of a decoder: what stride the encoder may go down to; below 32, later stages are dilated.
    """

    module: str
    attribute: str
    title: str
    output_stride: int = 32

    def load(self) -> Any:
        """Import the builder (this loads Keras)."""
        return getattr(importlib.import_module(self.module), self.attribute)


ENCODERS: dict[str, LazyBuilder] = {
    name: LazyBuilder(f"kerasmodels.encoders.{family}", name, title)
    for family, titles in {
        "resnet": {f"resnet{depth}": f"ResNet-{depth}" for depth in (18, 34, 50, 101, 152)},
        "senet": {"seresnet50": "SE-ResNet-50", "seresnet101": "SE-ResNet-101", "senet154": "SENet-154"},
        "efficientnet": {f"efficientnetb{size}": f"EfficientNet-B{size}" for size in range(5)},
        "efficientnet_lite": {"efficientnetlite0": "EfficientNet-Lite0"},
        "mit": {f"mit_b{size}": f"MiT-B{size}" for size in range(6)},
    }.items()
    for name, title in titles.items()
}

DECODERS: dict[str, LazyBuilder] = {
    name: LazyBuilder(f"kerasmodels.decoders.{name}", name, title, output_stride)
    for name, title, output_stride in (
        ("n_deconet", "N-DecoNet", 32),
        ("u_deconet", "U-DecoNet", 32),
        ("unet", "U-Net", 32),
        ("unetplusplus", "UNet++", 32),
        ("manet", "MA-Net", 32),
        ("pspnet", "PSPNet", 32),
        ("fpn", "FPN", 32),
        ("deeplabv3", "DeepLabV3", 8),
        ("deeplabv3plus", "DeepLabV3+", 16),
    )
}

LOSSES: dict[str, LazyBuilder] = {
    name: LazyBuilder(f"kerasmodels.losses.{module}", kind, title)
    for name, module, kind, title in (
        ("dice", "overlap", "Dice", "Dice"),
        ("jaccard", "overlap", "Jaccard", "Jaccard"),
        ("focal", "focal", "Focal", "Focal"),
        ("softce", "soft_cross_entropy", "SoftCrossEntropy", "SoftCE"),
        ("dicefocal", "compound", "CompoundLoss", "DiceFocal"),
        ("dicece", "compound", "CompoundLoss", "DiceCE"),
        ("tversky", "overlap", "Tversky", "Tversky"),
        ("tverskyce", "compound", "CompoundLoss", "TverskyCE"),
    )
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
    require_known(kind, name, builders)
    return builders[name].load()


def require_known(kind: str, name: str, known: Iterable[str]) -> None:
    """Raise `UnknownNameError` unless a name is one of those that are known."""
    names = tuple(known)
    if not isinstance(name, str) or name not in names:
        raise UnknownNameError(kind, name, names)
