"""UNet++: U-Net with convolutions on the skip connections, each joined to all before it.

Zhou et al., IEEE TMI 2020, as segmentation_models.pytorch builds it; layer names are its parameter
names with underscores.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import keras

from kerasmodels.blocks import FeatureMaps
from kerasmodels.decoders.unet import CHANNELS, SKIP_STRIDES, unet_block
from kerasmodels.heads import segmentation_head

if TYPE_CHECKING:
    from keras import KerasTensor


def unetplusplus(maps: FeatureMaps, classes: int) -> KerasTensor:
    """Decode feature maps to logits at the size of the image.

    Node (d, l) starts from the encoder's d-th deepest map and ends at the size of its (l + 1)-th.

    Parameters
    ----------
    maps : dict of int to KerasTensor
        Feature maps by stride; those of strides 2 to 32 are used. Without one of stride 2 (MiT) the nodes
        there are left out, except the last, which joins nothing.
    classes : int
        Number of classes.

    Returns
    -------
    KerasTensor
        (N, height, width, classes), float32.
    """
    features = [maps.get(stride) for stride in (32, *SKIP_STRIDES)]
    depth = len(SKIP_STRIDES)
    nodes: dict[tuple[int, int], KerasTensor] = {}
    for steps in range(depth):
        for start in range(depth - steps):
            level = start + steps
            name, feature = f"decoder_blocks_x_{start}_{level}", features[level + 1]
            below = features[start] if steps == 0 else nodes[start, level - 1]
            if feature is None:
                # Nodes of a missing map have its channels: none, except the last, whose number is its own.
                if start == 0:
                    nodes[start, level] = unet_block(below, None, CHANNELS[level], name=name)
                continue
            joined = [nodes[other, level] for other in range(start + 1, level + 1)]
            skip = _join([*joined, feature], name=f"{name}_skips")
            channels = CHANNELS[level] if start == 0 else feature.shape[-1]
            nodes[start, level] = unet_block(below, skip, channels, name=name)
    x = unet_block(nodes[0, depth - 1], None, CHANNELS[depth], name=f"decoder_blocks_x_0_{depth}")
    return segmentation_head(x, classes, size=3, factor=1)


def _join(maps: list[KerasTensor], *, name: str) -> KerasTensor:
    return maps[0] if len(maps) == 1 else keras.layers.Concatenate(name=name)(maps)
