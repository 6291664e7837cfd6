"""Write the tiny files of tensors that the tests of reading read, with the libraries that define the formats.

Runs where torch and safetensors are installed; from the root: python tests/golden/make_tiny_weights.py
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

FOLDER = Path(__file__).resolve().parents[1] / "kerasmodels" / "tiny_weights"


def tensors() -> dict[str, torch.Tensor]:
    """Numbers that are exact in every type, one of them a view with strides and an offset."""
    grid = torch.arange(24, dtype=torch.float32).reshape(2, 3, 4)
    return {
        "conv.weight": grid,
        "view.weight": grid[1].T,
        "half.weight": torch.arange(4, dtype=torch.float16) / 4,
        "brain.weight": torch.arange(4, dtype=torch.bfloat16) / 4,
        "bn.num_batches_tracked": torch.tensor(7),
        "empty": torch.zeros(0, 3),
    }


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    made = tensors()
    save_file(
        {name: tensor.contiguous().clone() for name, tensor in made.items()}, FOLDER / "tiny.safetensors"
    )
    torch.save(made, FOLDER / "tiny_archive.pth")
    torch.save(made, FOLDER / "tiny_sequence.pth", _use_new_zipfile_serialization=False)
    torch.save({"weight": torch.nn.Linear(2, 2)}, FOLDER / "tiny_module.pth")
    expected = {name: tensor.to(torch.float64).numpy() for name, tensor in made.items()}
    np.savez(FOLDER / "expected.npz", **expected)


if __name__ == "__main__":
    main()
