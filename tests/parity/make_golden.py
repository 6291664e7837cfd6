"""Write the golden values of segmentation_models.pytorch's networks and losses.

Runs in an environment of its own with torch, torchvision, timm and segmentation_models_pytorch (the
versions are written into the file); no test needs them. From the root:

    python tests/parity/make_golden.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER))

import formula_weights as formula  # noqa: E402

# torchvision built for another torch lacks these two operators, which nothing here calls.
_missing = torch.library.Library("torchvision", "DEF")
for _operator in ("nms", "qnms"):
    _missing.define(f"{_operator}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import segmentation_models_pytorch as smp  # noqa: E402
import timm  # noqa: E402

DECODERS = ("unet", "unetplusplus", "manet", "pspnet", "fpn", "deeplabv3", "deeplabv3plus")
ENCODERS = ("resnet18", "resnet34", "resnet50")


def fill(module: torch.nn.Module) -> None:
    """Set every parameter and statistic by formula."""
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            owner, kind = name.rsplit(".", 1)
            values = formula.weights(owner.replace(".", "_"), kind, tuple(tensor.shape))
            tensor.copy_(torch.from_numpy(values))
    module.eval()


def torch_image(channels: int) -> torch.Tensor:
    return torch.from_numpy(formula.image(channels).transpose(0, 3, 1, 2).copy())


def network(decoder: str, encoder: str, channels: int) -> dict[str, Any]:
    model = smp.create_model(
        decoder, encoder, encoder_weights=None, in_channels=channels, classes=formula.CLASSES
    )
    fill(model)
    with torch.no_grad():
        logits = model(torch_image(channels))[0].numpy()
    return {
        "decoder": decoder,
        "encoder": encoder,
        "channels": channels,
        "points": [logits[:, row, column].astype(float).round(6).tolist() for row, column in formula.POINTS],
        "mean": float(logits.mean()),
        "spread": float(logits.std()),
    }


def encoder_maps(name: str) -> dict[str, Any]:
    encoder = smp.encoders.get_encoder(name, in_channels=1, depth=5, weights=None)
    holder = torch.nn.Module()
    holder.encoder = encoder
    fill(holder)
    with torch.no_grad():
        maps = encoder(torch_image(1))[1:]
    return {
        "encoder": name,
        "maps": {
            str(2 ** (i + 1)): {
                "corner": m[0, :4, 0, 0].tolist(),
                "end": m[0, -4:, -1, -1].tolist(),
                "mean": float(m.mean()),
            }
            for i, m in enumerate(maps)
        },
    }


def losses() -> list[dict[str, Any]]:
    draw = np.random.default_rng(11)
    logits = draw.normal(0, 2, (2, 6, 5, 5)).astype(np.float32)
    labels = draw.integers(0, 4, (2, 6, 5))
    z, y = torch.from_numpy(logits.transpose(0, 3, 1, 2).copy()), torch.from_numpy(labels)
    made = {
        "dice": smp.losses.DiceLoss("multiclass"),
        "jaccard": smp.losses.JaccardLoss("multiclass"),
        "focal": smp.losses.FocalLoss("multiclass"),
        "softce": smp.losses.SoftCrossEntropyLoss(smooth_factor=0.1),
    }
    return [{"loss": name, "value": float(loss(z, y))} for name, loss in made.items()]


def main() -> None:
    versions = {"torch": torch.__version__, "smp": smp.__version__, "timm": timm.__version__}
    golden = {
        "versions": versions,
        "encoders": [encoder_maps(name) for name in ENCODERS],
        "networks": [network(d, "resnet18", 1) for d in DECODERS] + [network("unet", "resnet50", 3)],
        "losses": losses(),
    }
    (FOLDER / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
