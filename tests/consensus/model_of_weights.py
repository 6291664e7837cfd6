"""Make a model of the weights that `train_local_changes.py` wrote, for the program and its measurements.

    python tests/consensus/model_of_weights.py HEADS.npz OUT/phase-1 FOLDER [--version 6]

FOLDER gets the network for both engines, its mean warp, and the card of the model that training began with:
under another version, with new hashes, and without the results and grades of the old network.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from packed_heads import kernels_of

from brainstem_app.models.card import ModelResults
from brainstem_app.models.library import MEAN_WARP_FILE, find_model, hash_file
from kerasmodels.export.keras_file import load_keras, save_keras
from kerasmodels.export.onnx_file import to_onnx


def main() -> None:
    """Read the arguments, write the model's folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("heads", type=Path, help="what the training began with")
    parser.add_argument("weights", type=Path, help="OUT/phase-N: the files with -a.npz and -b.npz behind it")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="brainstem31")
    parser.add_argument("--version", default="6")
    given = parser.parse_args()
    begun = find_model(given.model)
    network = load_keras(begun.folder / "model.keras")
    values: dict[str, NDArray[Any]] = {}
    for part in ("a", "b"):
        with np.load(given.weights.with_name(f"{given.weights.name}-{part}.npz")) as file:
            values |= dict(file)
    with np.load(given.heads) as file:
        first = kernels_of({name: file[name] for name in file.files if name.startswith(("weight_", "step_"))})
    changes = kernels_of(values)
    network.set_weights([old + new for old, new in zip(first, changes, strict=True)])
    given.folder.mkdir(parents=True, exist_ok=True)
    save_keras(network, given.folder / "model.keras", half=True)
    to_onnx(load_keras(given.folder / "model.keras"), given.folder / "model.onnx")
    if begun.mean_warp is not None:
        shutil.copy(begun.mean_warp, given.folder / MEAN_WARP_FILE)
    card = begun.card.model_copy(
        update={
            "version": given.version,
            "results": ModelResults(),
            "detectability": {},
            "sha256": {name: hash_file(given.folder / name) for name in begun.card.sha256},
        }
    )
    card.save(given.folder)
    print(given.folder)


if __name__ == "__main__":
    main()
