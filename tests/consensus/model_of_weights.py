"""Make a model of the weights that `train_local_changes.py` wrote, for the program and its measurements.

    python tests/consensus/model_of_weights.py OUT/phase-3 FOLDER [--version 6]
        [--again iterations=15 smoothness=0.06] [--pack FILE]

FOLDER gets the network for both engines, its mean warp, and the card of the model that training began with:
under another version, with new hashes, and without the results and grades of the old network. With --again
the fit gets a third round, else as the last, that counts roughness beside what was found. --pack writes the
change of weights into one file of about 11 MB (21 levels a channel), read like OUT/phase-3, and makes the
model of it: in most nuclei its probabilities add up to the same volume within a percent.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from packed_heads import eight_bit_kernels, kernels_of

from brainstem_app.models.card import ModelResults
from brainstem_app.models.library import MEAN_WARP_FILE, ModelFiles, find_model, hash_file
from brainstem_app.models.method import FitRound, PredictionMethod
from kerasmodels.export.keras_file import load_keras, save_keras
from kerasmodels.export.onnx_file import to_onnx

#: Largest change of a channel, in steps, where it is packed.
PACKED_LEVELS = 10
_BEGUN = "model"
_NETWORK = "model.keras"


def main() -> None:
    """Read the arguments, write the model's folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("weights", type=Path, help="OUT/phase-N (files -a.npz and -b.npz), or a packed file")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="brainstem31", help="what training began with")
    parser.add_argument("--version", default="6")
    parser.add_argument("--learned", help="training_data of the card")
    parser.add_argument("--again", nargs="*", metavar="SETTING=VALUE", help="a third round of the fit")
    parser.add_argument("--pack", type=Path, metavar="FILE", help="the change of weights, in little space")
    given = parser.parse_args()
    begun = find_model(given.model)
    changes = changes_of(given.weights, begun)
    if given.pack is not None:
        packed = eight_bit_kernels(changes, PACKED_LEVELS)
        stamp = np.array(begun.card.sha256[_NETWORK])
        np.savez_compressed(given.pack, allow_pickle=False, **packed, **{_BEGUN: stamp})
        changes = kernels_of(packed)
    network = load_keras(begun.folder / _NETWORK)
    # Training began with the kernels as they travelled, in eight bits.
    first = kernels_of(eight_bit_kernels(network.get_weights()))
    network.set_weights([old + new for old, new in zip(first, changes, strict=True)])
    given.folder.mkdir(parents=True, exist_ok=True)
    save_keras(network, given.folder / _NETWORK, half=True)
    to_onnx(load_keras(given.folder / _NETWORK), given.folder / "model.onnx")
    if begun.mean_warp is not None:
        shutil.copy(begun.mean_warp, given.folder / MEAN_WARP_FILE)
    card = begun.card.model_copy(
        update={
            "version": given.version,
            "method": _followed_further(begun.card.method, given.again),
            "training_data": given.learned or begun.card.training_data,
            "results": ModelResults(),
            "detectability": {},
            "usual_confidence": None,
            "sha256": {name: hash_file(given.folder / name) for name in begun.card.sha256},
        }
    )
    card.save(given.folder)
    print(given.folder)


def changes_of(weights: Path, begun: ModelFiles) -> list[NDArray[np.float32]]:
    """By how much each weight changed, from the two files of a phase or a packed one."""
    parts = [weights.with_name(f"{weights.name}-{part}.npz") for part in ("a", "b")]
    values: dict[str, NDArray[Any]] = {}
    for part in [weights] if weights.is_file() else parts:
        with np.load(part) as file:
            values |= dict(file)
    stamp = values.pop(_BEGUN, None)
    if stamp is not None and str(stamp) != begun.card.sha256[_NETWORK]:
        sys.exit(
            f"{weights} changes another network than {begun.folder / _NETWORK}: "
            f"name, with --model, the folder of the one whose SHA-256 is {stamp}"
        )
    return kernels_of(values)


def _followed_further(method: PredictionMethod, again: list[str] | None) -> PredictionMethod:
    """The method with another round of the fit, like the last but for these settings, beside its find."""
    if again is None:
        return method
    rounds = method.fit.rounds
    changed = {name: json.loads(value) for name, value in (each.split("=") for each in again)}
    more = FitRound(**{**rounds[-1].model_dump(), "beside_found": True, **changed})
    return method.model_copy(update={"fit": method.fit.model_copy(update={"rounds": (*rounds, more)})})


if __name__ == "__main__":
    main()
