"""DeepLabV3 otherwise than published, to find out what makes it good or bad; `train` has no such settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kerasmodels.names import DECODERS

if TYPE_CHECKING:
    from keras import KerasTensor


_HEAD = "segmentation_head"


@dataclass(frozen=True)
class Variant:
    """What differs.

    Attributes
    ----------
    rates : tuple of int
        Dilations of the pyramid.
    stride : int
        How many times smaller than the image the map is that the pyramid sees.
    dropout : float
        Share of values left out after the pyramid.
    """

    rates: tuple[int, int, int] = (12, 24, 36)
    stride: int = 8
    dropout: float = 0.5


VARIANTS: Mapping[str, Variant] = {
    "": Variant(),
    "rates-1-2-3": Variant(rates=(1, 2, 3)),
    "rates-3-6-9": Variant(rates=(3, 6, 9)),
    "rates-6-12-18": Variant(rates=(6, 12, 18)),
    "stride-16": Variant(stride=16),
    "no-dropout": Variant(dropout=0.0),
}


@contextmanager
def varied(name: str) -> Iterator[None]:
    """Where a DeepLabV3 that is built is the variant of that name; the published one for an empty name."""
    # Here, so that who only wants the names need not load Keras.
    from kerasmodels.decoders import atrous_pyramid, deeplabv3
    from kerasmodels.heads import segmentation_head

    variant = VARIANTS[name]
    published = atrous_pyramid.RATES, atrous_pyramid.DROPOUT, DECODERS["deeplabv3"]

    def head(
        x: KerasTensor, classes: int, *, size: int, factor: int, corner_aligned: bool = False
    ) -> KerasTensor:
        return segmentation_head(x, classes, size=size, factor=variant.stride, corner_aligned=corner_aligned)

    try:
        atrous_pyramid.RATES, atrous_pyramid.DROPOUT = variant.rates, variant.dropout
        setattr(deeplabv3, _HEAD, head)
        DECODERS["deeplabv3"] = replace(DECODERS["deeplabv3"], output_stride=variant.stride)
        yield
    finally:
        atrous_pyramid.RATES, atrous_pyramid.DROPOUT, DECODERS["deeplabv3"] = published
        setattr(deeplabv3, _HEAD, segmentation_head)
