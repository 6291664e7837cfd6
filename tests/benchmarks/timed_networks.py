"""Children of `benchmark_networks.py`: one holds our networks, one segmentation_models.pytorch's.

Each reads a JSON request a line and answers with one: {"do": "load", "decoder": …, "batch": …}, then as often
as asked {"do": "step"}, {"do": "predict"} or {"do": "predict_onnx"}, answered with the CPU and wall seconds
it took. Two processes that wait for each other, so that both meet the same machine, one repeat after the
other.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

CLASSES, SIZE = 34, 224
#: Slices a call when predicting, as the application does.
CALL = 8
LEARNING_RATE = 1e-4


def images(slices: int) -> NDArray[np.float32]:
    """Noise, (slices, height, width, 1): the arithmetic does not depend on what is in it."""
    return np.random.default_rng(0).normal(size=(slices, SIZE, SIZE, 1)).astype(np.float32)


def labels(slices: int) -> NDArray[np.uint8]:
    """Labels, (slices, height, width)."""
    return np.random.default_rng(1).integers(0, CLASSES, (slices, SIZE, SIZE)).astype(np.uint8)


class Networks(Protocol):
    """What a child offers."""

    def load(self, decoder: str, batch: int) -> dict[str, Any]:
        """Build a network for batches of that size; says its parameters and the versions."""

    def step(self) -> None:
        """Train on one batch."""

    def predict(self) -> None:
        """Predict the slices."""

    def predict_onnx(self) -> None:
        """Predict the slices with ONNX Runtime."""


class Ours:
    """Networks of `kerasmodels` on TensorFlow."""

    def __init__(self, given: argparse.Namespace) -> None:
        import tensorflow as tf

        tf.config.threading.set_intra_op_parallelism_threads(given.threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
        self.given = given
        self.slices = images(given.slices)

    def load(self, decoder: str, batch: int) -> dict[str, Any]:
        """Build it as `build_model` does, and its ONNX twin."""
        import keras

        from brainstem_app.jobs.networks.keras_predictor import KerasPredictor
        from brainstem_app.models.onnx_predictor import OnnxPredictor
        from kerasmodels import build_model, make_loss
        from kerasmodels.export import save_keras, to_onnx
        from kerasmodels.multiply_adds import count_multiply_adds

        keras.backend.clear_session()
        self.batch = images(batch), labels(batch)
        self.model = build_model(decoder, self.given.encoder, CLASSES, (SIZE, SIZE, 1), seed=0)
        self.trained = keras.Model(self.model.inputs, self.model.get_layer("logits").output)
        adam = keras.optimizers.Adam(LEARNING_RATE)
        self.trained.compile(optimizer=adam, loss=make_loss("dicece", from_logits=True))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "network.onnx"
            to_onnx(self.model, path)
            self.onnx = OnnxPredictor(path, threads=self.given.threads)
            save_keras(self.model, path.with_suffix(".keras"), half=False)
            self.keras = KerasPredictor(path.with_suffix(".keras"))
        parameters = sum(int(np.prod(v.shape)) for v in self.model.trainable_variables)
        counted = count_multiply_adds(self.model)
        return {"parameters": parameters, "multiply_adds": counted, "versions": self._versions()}

    def _versions(self) -> str:
        from importlib.metadata import version

        names = {"tensorflow_cpu": "TensorFlow", "keras": "Keras", "onnxruntime": "ONNX Runtime"}
        return ", ".join(f"{shown} {version(name)}" for name, shown in names.items())

    def step(self) -> None:
        """Train on one batch."""
        self.trained.train_on_batch(*self.batch)

    def predict(self) -> None:
        """Call the network as the application does."""
        for start in range(0, len(self.slices), CALL):
            self.keras.run(self.slices[start : start + CALL])

    def predict_onnx(self) -> None:
        """Run the network as the application does."""
        for start in range(0, len(self.slices), CALL):
            self.onnx.run(self.slices[start : start + CALL])


class Theirs:
    """Networks of segmentation_models.pytorch."""

    def __init__(self, given: argparse.Namespace) -> None:
        import torch

        torch.set_num_threads(given.threads)
        self.given, self.torch = given, torch
        self.slices = self._channels_first(images(given.slices))

    def _channels_first(self, x: NDArray[np.float32]) -> Any:
        return self.torch.from_numpy(x.transpose(0, 3, 1, 2).copy())

    def load(self, decoder: str, batch: int) -> dict[str, Any]:
        """Build it by its defaults, with the same loss and optimizer."""
        import segmentation_models_pytorch as smp

        truth = self.torch.from_numpy(labels(batch).astype(np.int64))
        self.batch = self._channels_first(images(batch)), truth
        self.model = smp.create_model(
            decoder, self.given.encoder, encoder_weights=None, in_channels=1, classes=CLASSES
        )
        self.dice, self.entropy = (
            smp.losses.DiceLoss("multiclass"),
            smp.losses.SoftCrossEntropyLoss(smooth_factor=0.1),
        )
        self.adam = self.torch.optim.Adam(self.model.parameters(), LEARNING_RATE)
        parameters = sum(p.numel() for p in self.model.parameters() if p.requires_grad)
        versions = f"segmentation_models.pytorch {smp.__version__}, PyTorch {self.torch.__version__}"
        return {"parameters": parameters, "versions": versions}

    def step(self) -> None:
        """Train on one batch."""
        self.model.train()
        self.adam.zero_grad()
        logits = self.model(self.batch[0])
        loss = 0.9 * self.dice(logits, self.batch[1]) + 0.1 * self.entropy(logits, self.batch[1])
        loss.backward()
        self.adam.step()
        float(loss.detach())

    def predict(self) -> None:
        """Run the network and the softmax, without gradients."""
        self.model.eval()
        with self.torch.inference_mode():
            for part in self.slices.split(CALL):
                self.model(part).softmax(dim=1).numpy()

    def predict_onnx(self) -> None:
        """Not measured."""
        raise NotImplementedError


def timed(what: Callable[[], None]) -> dict[str, float]:
    """CPU seconds of all threads, and wall seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    what()
    return {"cpu": time.process_time() - cpu, "wall": time.perf_counter() - wall}


def main() -> None:
    """Answer requests until there are no more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--which", choices=["ours", "theirs"], required=True)
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--slices", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    given = parser.parse_args()
    here = Path(__file__).resolve().parent
    sys.path[:0] = [str(here), str(here.parents[1])]
    networks: Networks = Ours(given) if given.which == "ours" else Theirs(given)
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "load":
            answer = networks.load(request["decoder"], request["batch"])
        else:
            answer = timed(getattr(networks, request["do"]))
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
