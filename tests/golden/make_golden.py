"""Write the golden values of segmentation_models.pytorch's networks and losses.

Runs in an environment of its own with torch, torchvision, timm and segmentation_models_pytorch (the
versions are written into the file); no test needs them. From the root:

    python tests/golden/make_golden.py
"""

from __future__ import annotations

import functools
import json
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch

FOLDER = Path(__file__).resolve().parents[1] / "parity"
sys.path.insert(0, str(FOLDER))

import formula_weights as formula  # noqa: E402
import segmentation_models_pytorch as smp  # noqa: E402
import timm  # noqa: E402
from segmentation_models_pytorch.decoders.unetplusplus.decoder import UnetPlusPlusDecoder  # noqa: E402

DECODERS = ("unet", "unetplusplus", "manet", "pspnet", "fpn", "deeplabv3", "deeplabv3plus")
ENCODERS = ("resnet18", "resnet34", "resnet50")
#: Encoders by our name, as segmentation_models.pytorch calls them.
SE_AND_EFFICIENT = {
    "seresnet50": "se_resnet50",
    "efficientnetb0": "efficientnet-b0",
    "seresnet101": "se_resnet101",
    "senet154": "senet154",
    "efficientnetb1": "efficientnet-b1",
    "efficientnetb2": "efficientnet-b2",
    "efficientnetb3": "efficientnet-b3",
    "efficientnetb4": "efficientnet-b4",
}
#: Those that the tests build with their weights; `tests/independent/check_large.py` builds the others.
SMALL = ("seresnet50", "efficientnetb0")


#: So deep that rounding alone moves float32 by more than is tolerated: both sides compute in float64.
DOUBLE = ("senet154",)

#: SegFormer's encoders; the tests build the first with its weights.
MIT = tuple(f"mit_b{size}" for size in range(6))


def fill(module: torch.nn.Module, dtype: torch.dtype = torch.float32) -> None:
    """Set every parameter and statistic by formula, then compute in this type."""
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            if name.endswith("num_batches_tracked"):
                continue
            owner, kind = name.rsplit(".", 1)
            values = formula.weights(owner.replace(".", "_"), kind, tuple(tensor.shape))
            tensor.copy_(torch.from_numpy(values))
    module.eval().to(dtype)


def dtype_of(encoder: str) -> torch.dtype:
    return torch.float64 if encoder in DOUBLE else torch.float32


def torch_image(channels: int) -> torch.Tensor:
    return torch.from_numpy(formula.image(channels).transpose(0, 3, 1, 2).copy())


def network(decoder: str, encoder: str, channels: int) -> dict[str, Any]:
    if decoder == "n_deconet":
        model: torch.nn.Module = NDecoNet(encoder, channels)
    elif decoder == "unetplusplus" and encoder in MIT:
        model = UnetPlusPlusOnMit(encoder, channels)
    else:
        model = smp.create_model(
            decoder, encoder, encoder_weights=None, in_channels=channels, classes=formula.CLASSES
        )
    fill(model, dtype_of(encoder))
    with torch.no_grad():
        logits = model(torch_image(channels).to(dtype_of(encoder)))[0].numpy()
    return {
        "decoder": decoder,
        "encoder": encoder,
        "channels": channels,
        "dtype": str(dtype_of(encoder)).removeprefix("torch."),
        "points": [logits[:, row, column].astype(float).round(6).tolist() for row, column in formula.POINTS],
        "mean": float(logits.mean()),
        "spread": float(logits.std()),
    }


def encoder_maps(name: str) -> dict[str, Any]:
    encoder = smp.encoders.get_encoder(name, in_channels=1, depth=5, weights=None)
    holder = torch.nn.Module()
    holder.encoder = encoder
    fill(holder, dtype_of(name))
    with torch.no_grad():
        maps = encoder(torch_image(1).to(dtype_of(name)))[1:]
    return {
        "encoder": name,
        "dtype": str(dtype_of(name)).removeprefix("torch."),
        "maps": {
            str(2 ** (i + 1)): {
                "corner": m[0, :4, 0, 0].tolist(),
                "end": m[0, -4:, -1, -1].tolist(),
                "mean": float(m.mean()),
            }
            for i, m in enumerate(maps)
            if m.numel()  # MiT's map of stride 2 has no channels
        },
    }


class NDecoNet(torch.nn.Module):
    """The paper's decoder, which segmentation_models.pytorch lacks, on one of its encoders."""

    def __init__(self, encoder: str, channels: int) -> None:
        super().__init__()
        self.encoder = smp.encoders.get_encoder(encoder, in_channels=channels, depth=5, weights=None)
        for stride, width in zip((4, 8, 16, 32), self.encoder.out_channels[2:], strict=True):
            self.add_module(f"decoder_stride{stride}_conv", torch.nn.Conv2d(width, 256, 1, bias=False))
            self.add_module(f"decoder_stride{stride}_bn", torch.nn.BatchNorm2d(256))
        self.segmentation_head = torch.nn.Sequential(torch.nn.Conv2d(256, formula.CLASSES, 1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        total = torch.zeros(())
        for stride, x in zip((4, 8, 16, 32), self.encoder(image)[2:], strict=True):
            x = self.get_submodule(f"decoder_stride{stride}_conv")(x)
            x = torch.relu(self.get_submodule(f"decoder_stride{stride}_bn")(x))
            total = total + torch.nn.functional.interpolate(x, scale_factor=stride // 4, mode="bilinear")
        logits = self.segmentation_head(total)
        return torch.nn.functional.interpolate(logits, scale_factor=4, mode="bilinear")


class UnetPlusPlusOnMit(torch.nn.Module):
    """UNet++ on MiT, which segmentation_models.pytorch's network refuses and its decoder can do."""

    def __init__(self, encoder: str, channels: int) -> None:
        super().__init__()
        self.encoder = smp.encoders.get_encoder(encoder, in_channels=channels, depth=5, weights=None)
        self.decoder = UnetPlusPlusDecoder(self.encoder.out_channels, (256, 128, 64, 32, 16))
        self.segmentation_head = torch.nn.Sequential(torch.nn.Conv2d(16, formula.CLASSES, 3, padding=1))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return self.segmentation_head(self.decoder(self.encoder(image)))


def unet_parameters(encoder: str) -> int:
    """Trainable parameters of U-Net for one channel and 34 classes."""
    # MiT reads drop rates off a tensor, which needs its values.
    on_cpu = functools.partial(torch.linspace, device="cpu")
    with torch.device("meta"), mock.patch.object(torch, "linspace", on_cpu):
        model = smp.create_model("unet", encoder, encoder_weights=None, in_channels=1, classes=34)
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def renamed(case: dict[str, Any], encoder: str) -> dict[str, Any]:
    return {**case, "encoder": encoder}


def se_and_efficient() -> dict[str, Any]:
    """Encoders and networks of the two families."""
    maps = {ours: renamed(encoder_maps(theirs), ours) for ours, theirs in SE_AND_EFFICIENT.items()}
    return {
        "encoders": [maps[ours] for ours in SMALL],
        "large_encoders": [maps[ours] for ours in SE_AND_EFFICIENT if ours not in SMALL],
        "networks": [
            renamed(network(decoder, SE_AND_EFFICIENT[ours], 1), ours)
            for ours in SMALL
            for decoder in ("unet", "deeplabv3plus", "n_deconet")
        ],
        "large_networks": [
            renamed(network("deeplabv3", SE_AND_EFFICIENT[ours], 1), ours)
            for ours in (*SMALL, "senet154", "efficientnetb4")
        ],
        "unet_parameters": {ours: unet_parameters(theirs) for ours, theirs in SE_AND_EFFICIENT.items()},
    }


def mix_transformers() -> dict[str, Any]:
    """Encoders and networks of SegFormer's family."""
    small, *large = MIT
    tested = ("unet", "fpn", "n_deconet", "unetplusplus", "deeplabv3")
    return {
        "encoders": [encoder_maps(small)],
        "large_encoders": [encoder_maps(name) for name in large],
        "networks": [network(decoder, small, 1) for decoder in tested],
        "large_networks": [network(decoder, small, 1) for decoder in DECODERS if decoder not in tested]
        + [network("unet", name, 3) for name in large],
        "unet_parameters": {name: unet_parameters(name) for name in MIT},
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
    found: list[dict[str, Any]] = [
        {"loss": name, "settings": {}, "value": float(loss(z, y))} for name, loss in made.items()
    ]
    for alpha, beta in ((0.7, 0.7), (0.3, 0.7)):
        loss = smp.losses.TverskyLoss("multiclass", alpha=alpha, beta=beta)
        settings = {"alpha": alpha, "beta": beta}
        found.append({"loss": "tversky", "settings": settings, "value": float(loss(z, y))})
    return found


def main() -> None:
    versions = {"torch": torch.__version__, "smp": smp.__version__, "timm": timm.__version__}
    families, mit = se_and_efficient(), mix_transformers()
    golden = {
        "versions": versions,
        "encoders": [encoder_maps(name) for name in ENCODERS] + families["encoders"] + mit["encoders"],
        "large_encoders": families["large_encoders"] + mit["large_encoders"],
        "large_networks": families["large_networks"] + mit["large_networks"],
        "networks": [network(d, "resnet18", 1) for d in DECODERS]
        + [network("unet", "resnet50", 3)]
        + families["networks"]
        + mit["networks"],
        "unet_parameters": families["unet_parameters"] | mit["unet_parameters"],
        "losses": losses(),
    }
    (FOLDER / "golden.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
