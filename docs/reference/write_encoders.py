"""Write encoders.md beside this file: what each encoder hands to the decoders."""

from __future__ import annotations

import math
from pathlib import Path

import keras

from kerasmodels import build_encoder, encoder_names

STRIDES = (2, 4, 8, 16, 32)

HEAD = """# Encoders

Any encoder goes with any decoder: `kerasmodels.build_model(decoder, encoder)`. Each hands out feature maps by
stride, that is by how many times smaller than the image they are; the table has their channels. DeepLabV3
and DeepLabV3+ let no map shrink below stride 8 and 16: the later stages keep that size and are dilated.

Layers, feature maps, paddings and the constants of batch norm are those of segmentation_models.pytorch 0.6,
and with the same weights so are the numbers (`tests/parity`). A layer is called as its parameters are in
PyTorch, with `encoder_` before and underscores for dots.

- **ResNet** (He et al. 2016), torchvision's layout.
- **SE-ResNet, SENet-154** (Hu et al. 2018), the layout of the published Caffe weights, timm's `legacy_` ones.
  The 3×3 convolutions of SENet-154 have 64 groups, which TensorFlow compiles: a first step is slow.
- **EfficientNet** (Tan & Le 2019), TensorFlow's layout: strided convolutions pad as on images of the size
  that each was designed for, whatever the size given. While training, blocks are left out at random (drop
  connect, up to 0.2). The 1×1 convolution before the published classifier is owned and counted but never
  computed: `model.fit` warns that it has no gradient. `.keras` files with this encoder are read by
  `kerasmodels.export.load_keras`, which knows the layer that owns it.
- **EfficientNet-Lite0**: the same without squeeze-and-excitation, and with ReLU6 for swish.
- **MiT** (Xie et al. 2021, SegFormer): four stages, hence no map of stride 2; decoders that join one go
  without.

Trainable parameters are those of the encoder alone, for one input channel. The page is written by
`docs/reference/write_encoders.py`.
"""


def row(name: str) -> str:
    """Build an encoder, with shapes but no weights, and describe it."""
    with keras.StatelessScope(initialize_variables=False):
        encoder = build_encoder(name, (64, 64, 1))
    maps = encoder.output
    channels = [
        str(maps[f"stride_{stride}"].shape[-1]) if f"stride_{stride}" in maps else "–" for stride in STRIDES
    ]
    parameters = sum(math.prod(variable.shape) for variable in encoder.trainable_variables)
    return f"| `{name}` | {' | '.join(channels)} | {parameters:,} |"


def page() -> str:
    """Return the page as Markdown."""
    columns = ["encoder", *(f"stride {stride}" for stride in STRIDES), "trainable parameters"]
    lines = [HEAD, f"| {' | '.join(columns)} |", "|---|" + "--:|" * (len(columns) - 1)]
    return "\n".join([*lines, *(row(name) for name in encoder_names())]) + "\n"


if __name__ == "__main__":
    Path(__file__).with_name("encoders.md").write_text(page(), encoding="utf-8")
