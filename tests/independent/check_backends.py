"""Do the same files give the same labels on TensorFlow, JAX and PyTorch? Writes docs/results/backends.md.

    python tests/independent/check_backends.py --jax PYTHON --torch PYTHON --page docs/results/backends.md

Run it with the Python of this project, which has TensorFlow. Each PYTHON is one of an environment with Keras,
h5py, NumPy and that backend, for example

    python3 -m venv FOLDER && FOLDER/bin/pip install keras==3.15.1 h5py==3.14.0 "jax[cpu]"

Networks are saved by TensorFlow, every batch norm with statistics as after training (by formula, see
`formula_weights.py`), and loaded in safe mode by a child process of each backend. What was measured is kept
in the folder given with `--work` and not measured again.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CLASSES = 34
STEPS, RATE = 3, 0.01
Arrays = dict[str, NDArray[Any]]


def child(python: str, backend: str, folder: Path, job: str) -> None:
    """Run one job of this file in a process of its own on a backend, looking for nothing on a GPU."""
    environment = os.environ | {"KERAS_BACKEND": backend, "CUDA_VISIBLE_DEVICES": "", "JAX_PLATFORMS": "cpu"}
    command = [python, str(Path(__file__).resolve()), "--job", job, "--folder", str(folder)]
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{backend}: {done.stderr[-3000:]}")


# ---- in the child


def save_networks(folder: Path) -> None:
    """Build every network of the list and save it."""
    from kerasmodels import build_model

    sys.path.insert(0, str(ROOT / "tests" / "parity"))
    import formula_weights as formula

    for case in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
        size = case["size"]
        if (folder / f"{case['name']}.keras").exists():
            continue
        model = build_model(case["decoder"], case["encoder"], CLASSES, (size, size, 1), seed=0)
        for layer in model._flatten_layers(include_self=False):
            for variable in layer._trainable_variables + layer._non_trainable_variables:
                kind = {"moving_mean": "running_mean", "moving_variance": "running_var"}.get(variable.name)
                if kind or variable.name in ("gamma", "beta"):
                    shape = tuple(variable.shape)
                    kind = kind or ("weight" if variable.name == "gamma" else "bias")
                    variable.assign(formula.weights(layer.name, kind, shape))
        model.save(folder / f"{case['name']}.keras")


def measure(folder: Path) -> None:
    """Predict with every network, train one, measure every loss; one file for each, unless it is there."""
    import keras

    from kerasmodels.export import load_keras

    backend = keras.backend.backend()
    for case in json.loads((folder / "cases.json").read_text(encoding="utf-8")):
        path, network = folder / f"{backend}-{case['name']}.npz", folder / f"{case['name']}.keras"
        if not path.exists():
            probabilities = load_keras(network).predict(images(case["size"]), batch_size=2, verbose=0)
            write_arrays(path, {case["name"]: np.asarray(probabilities)})
        path = folder / f"{backend}-{case['name']}-training.npz"
        if case["train"] and not path.exists():
            write_arrays(path, train(load_keras(network), case["size"]))
    write_arrays(folder / f"{backend}-losses.npz", {**losses(), "versions": np.array(versions(backend))})


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> None:
    """Write arrays under their names."""
    np.savez(path, allow_pickle=False, **arrays)


def images(size: int) -> NDArray[np.float32]:
    """Two images of waves and noise."""
    y, x = np.mgrid[:size, :size] / size
    waves = np.stack([np.sin(20 * x) * np.cos(25 * y), np.sin(9 * x * y) + x])
    return (waves + np.random.default_rng(5).normal(0, 0.3, waves.shape)).astype(np.float32)[..., None]


def labels(size: int) -> NDArray[np.uint8]:
    """Labels of the two images, from their intensities; the last class is absent."""
    return np.clip((images(size)[..., 0] + 2) * CLASSES / 5, 0, CLASSES - 2).astype(np.uint8)


def train(model: keras.Model, size: int) -> Arrays:
    """Take steps on one batch: the loss before each, the gradients of the first, and the confusion matrix."""
    import keras

    from kerasmodels import make_loss
    from kerasmodels.metrics.confusion import ConfusionMatrix

    logits = keras.Model(model.inputs, model.get_layer("logits").output)
    metric = ConfusionMatrix(CLASSES)
    metric.update_state(labels(size), logits.predict_on_batch(images(size)))
    optimizer = keras.optimizers.SGD(RATE, momentum=0.5)
    logits.compile(optimizer=optimizer, loss=make_loss("dicece", from_logits=True))
    values = [float(logits.train_on_batch(images(size), labels(size)))]
    # After the first step the momentum is the gradient times the learning rate.
    momenta = zip(logits.trainable_variables, optimizer.momentums, strict=True)
    found = {
        f"step {variable.path}": keras.ops.convert_to_numpy(momentum.value) / -RATE
        for variable, momentum in momenta
    }
    values += [float(logits.train_on_batch(images(size), labels(size))) for _ in range(STEPS - 1)]
    return found | {"training": np.array(values), "confusion": metric.counts()}


def losses() -> Arrays:
    """Value and gradient on the logits of every loss, class 33 being absent."""
    from kerasmodels import loss_names, make_loss

    draw = np.random.default_rng(11)
    logits = draw.normal(0, 3, (2, 16, 16, CLASSES)).astype(np.float32)
    truth = draw.integers(0, CLASSES - 1, (2, 16, 16)).astype(np.uint8)
    found: Arrays = {}
    for name in loss_names():
        value, gradient = value_and_gradient(make_loss(name, from_logits=True), truth, logits)
        found[f"loss {name}"], found[f"gradient {name}"] = np.array(value), gradient
    return found


def value_and_gradient(
    loss: Any, truth: NDArray[np.uint8], logits: NDArray[np.float32]
) -> tuple[float, NDArray[np.float32]]:
    """Differentiate a loss on the backend that runs."""
    import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        x = tf.constant(logits)
        with tf.GradientTape() as tape:
            tape.watch(x)
            value = loss(truth, x)
        return float(value), tape.gradient(value, x).numpy()
    if keras.backend.backend() == "jax":
        import jax

        value, gradient = jax.value_and_grad(lambda x: loss(truth, x))(logits)
        return float(value), np.asarray(gradient)
    import torch

    x = torch.tensor(logits, requires_grad=True)
    value = loss(truth, x)
    value.backward()
    return float(value.detach()), x.grad.numpy()


def versions(backend: str) -> str:
    """Name the backend's and Keras' versions."""
    from importlib.metadata import version

    package = {"tensorflow": "tensorflow_cpu"}.get(backend, backend)
    return f"{backend} {version(package)}, Keras {version('keras')}, NumPy {version('numpy')}"


# ---- in the parent


def cases(small: int, large: tuple[str, ...]) -> list[dict[str, Any]]:
    """List the networks: all decoders on ResNet-18 at a small size, some on ResNet-34 at the paper's."""
    from kerasmodels import decoder_names

    found = [
        {"decoder": d, "encoder": "resnet18", "size": small, "train": d == "n_deconet"}
        for d in decoder_names()
    ]
    found += [{"decoder": d, "encoder": "resnet34", "size": 224, "train": False} for d in large]
    return [case | {"name": f"{case['decoder']}-{case['encoder']}-{case['size']}"} for case in found]


def compare(one: NDArray[Any], other: NDArray[Any]) -> str:
    """Say how far the probabilities of two backends are apart."""
    equal = (one.argmax(axis=-1) == other.argmax(axis=-1)).mean()
    labels_equal = "all" if equal == 1 else f"{100 * equal:.4f} %"
    return f"{labels_equal}, {np.abs(one - other).max():.1e}"


def page(found: dict[str, Arrays], listed: list[dict[str, Any]]) -> str:
    """Write the comparison as Markdown."""
    sys.path.insert(0, str(ROOT / "tests" / "benchmarks"))
    from benchmark_segment import machine

    reference, others = found["tensorflow"], [backend for backend in found if backend != "tensorflow"]
    lines = ["# The same file on TensorFlow, JAX and PyTorch", ""]
    written = "Written by `tests/independent/check_backends.py`:"
    lines += [f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. {written}", ""]
    lines += [f"- {found[backend]['versions']}" for backend in found]
    lines += ["", "## Labels", ""]
    lines += [f"Networks of {CLASSES} classes, saved by TensorFlow, loaded by each backend in safe mode, two"]
    lines += [
        "images. Pixels with the same label as on TensorFlow, and the largest difference of a probability.",
        "",
    ]
    lines += ["| network | encoder | size | " + " | ".join(others) + " |", "|---" * (3 + len(others)) + "|"]
    for case in listed:
        cells = [compare(reference[case["name"]], found[other][case["name"]]) for other in others]
        lines.append("| " + " | ".join([case["decoder"], case["encoder"], str(case["size"]), *cells]) + " |")
    lines += ["", "## Losses and training", ""]
    lines += [
        "Value on TensorFlow; then the relative difference of the value, and the largest difference of the"
    ]
    lines += ["gradient on the logits, relative to its largest entry.", ""]
    lines += ["| loss | value | " + " | ".join(others) + " |", "|---" * (2 + len(others)) + "|"]
    for key in (key for key in reference if key.startswith("loss ")):
        name = key.removeprefix("loss ")
        cells = [_loss_cell(name, reference, found[other]) for other in others]
        lines.append("| " + " | ".join([f"`{name}`", f"{reference[key]:.6f}", *cells]) + " |")
    return "\n".join([*lines, "", *_training(found)]) + "\n"


def _training(found: dict[str, Arrays]) -> list[str]:
    """Say how the steps of training agree."""
    reference = found["tensorflow"]
    steps = [key for key in reference if key.startswith("step ")]
    text = (
        f"N-DecoNet/ResNet-18 trained {STEPS} steps by SGD ({RATE}, momentum 0.5) on one batch, `dicece`: "
        "the loss before each step; the gradient of the first step, length of the difference over length, of "
        f"all {len(steps)} tensors of weights together and of the worst one; the streaming confusion matrix "
        "of the first labels."
    )
    lines = [textwrap.fill(text, 115), ""]
    lines += ["| backend | losses | gradient | worst tensor | confusion matrix |", "|---|---|---|---|---|"]
    for backend, arrays in found.items():
        apart = [float(np.linalg.norm(arrays[key] - reference[key])) for key in steps]
        length = [float(np.linalg.norm(reference[key])) for key in steps]
        worst = max(a / b for a, b in zip(apart, length, strict=True))
        together = np.linalg.norm(apart) / np.linalg.norm(length)
        same = (arrays["confusion"] == reference["confusion"]).all()
        cells = [backend, ", ".join(f"{value:.6f}" for value in arrays["training"])]
        cells += [f"{together:.1e}", f"{worst:.1e}", "the same" if same else "NOT the same"]
        lines.append("| " + " | ".join(cells) + " |")
    for backend, arrays in found.items():
        for path, channel in _kinks(reference, arrays):
            text = (
                f"On {backend} the gradients part at channel {channel} of `{path}`, in which alone they "
                "differ: a ReLU after it, whose input lies within rounding of zero, is on for one backend "
                "and off for the other. Everything before it follows."
            )
            lines += ["", textwrap.fill(text, 115)]
    return lines


def _kinks(reference: Arrays, other: Arrays) -> list[tuple[str, int]]:
    """Batch norms whose shift has a gradient that differs in one channel only."""
    found = []
    for key in (key for key in reference if key.startswith("step ") and key.endswith("/beta")):
        apart = np.abs(reference[key] - other[key])
        second, largest = np.sort(apart)[-2:]
        if largest > max(100 * second, 1e-4 * float(np.linalg.norm(reference[key]))):
            found.append((key.removeprefix("step "), int(apart.argmax())))
    return found


def _loss_cell(name: str, reference: Arrays, other: Arrays) -> str:
    value, gradient = f"loss {name}", f"gradient {name}"
    apart = np.abs(reference[gradient] - other[gradient]).max() / np.abs(reference[gradient]).max()
    return f"{abs(other[value] / reference[value] - 1):.1e}, {apart:.1e}"


def run(pythons: dict[str, str], listed: list[dict[str, Any]], folder: Path) -> dict[str, Arrays]:
    """Save the networks with TensorFlow, measure on every backend."""
    (folder / "cases.json").write_text(json.dumps(listed), encoding="utf-8")
    child(sys.executable, "tensorflow", folder, "save")
    found: dict[str, Arrays] = {}
    for backend, python in {"tensorflow": sys.executable, **pythons}.items():
        child(python, backend, folder, "measure")
        files = [
            f"{case['name']}{kind}" for case in listed for kind in ("", "-training")[: 1 + case["train"]]
        ]
        found[backend] = {}
        for name in [*files, "losses"]:
            with np.load(folder / f"{backend}-{name}.npz") as arrays:
                found[backend] |= dict(arrays)
    return found


def main() -> None:
    """Read the arguments; compare, or do a child's job."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jax", help="Python with JAX and Keras")
    parser.add_argument("--torch", help="Python with PyTorch and Keras")
    parser.add_argument("--work", type=Path, help="folder that keeps networks and measurements")
    parser.add_argument("--page", type=Path, help="file to write; printed if not given")
    parser.add_argument("--size", type=int, default=64, help="size of the small networks")
    parser.add_argument("--large", nargs="*", default=["n_deconet"], help="decoders also compared at 224×224")
    parser.add_argument("--job", choices=["save", "measure"], help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    if given.job:
        {"save": save_networks, "measure": measure}[given.job](given.folder)
        return
    pythons = {name: python for name in ("jax", "torch") if (python := getattr(given, name))}
    listed = cases(given.size, tuple(given.large))
    with tempfile.TemporaryDirectory() as folder:
        work = given.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        text = page(run(pythons, listed, work.resolve()), listed)
    if given.page:
        given.page.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
