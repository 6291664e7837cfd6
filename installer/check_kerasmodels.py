"""Build the wheel of `kerasmodels` alone, and use it in a fresh environment without the application.

``python installer/check_kerasmodels.py [--requirement tensorflow-cpu] [--folder build/kerasmodels]``
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "installer" / "constraints.txt"
#: What the fresh environment is asked to do. It runs outside of the checkout.
USE = """
import sys
from importlib.metadata import version
from pathlib import Path

import kerasmodels

place = Path(kerasmodels.__file__)
assert place.is_relative_to(sys.prefix), place
assert version("brainstem-kerasmodels") == kerasmodels.__version__
assert "keras" not in sys.modules, "importing the package has loaded Keras"
assert not [name for name in sys.modules if name.startswith("brainstem_app")]

import keras
import numpy as np

from kerasmodels.export import load_keras, save_keras
from kerasmodels.multiply_adds import expected_multiply_adds

draw = np.random.default_rng(1)
images = draw.random((2, 64, 64, 1), dtype=np.float32)
labels = draw.integers(0, 4, (2, 64, 64))
model = kerasmodels.build_model("pspnet", "resnet18", classes=4, input_shape=(64, 64, 1), seed=1)
probabilities = keras.ops.convert_to_numpy(model(images, training=False))
assert probabilities.shape == (2, 64, 64, 4)
np.testing.assert_allclose(probabilities.sum(axis=-1), 1, atol=1e-5)
model.compile(optimizer="adam", loss=kerasmodels.make_loss("dicece", alpha=0.1))
loss = model.train_on_batch(images, labels)
assert np.isfinite(loss), loss
probabilities = keras.ops.convert_to_numpy(model(images, training=False))
save_keras(model, Path("network.keras"), half=False)
again = keras.ops.convert_to_numpy(load_keras(Path("network.keras"))(images, training=False))
np.testing.assert_allclose(again, probabilities, atol=1e-5)
assert expected_multiply_adds("n_deconet", "resnet34") > 1e9
print(f"kerasmodels {kerasmodels.__version__} on {keras.backend.backend()} works: loss {float(loss):.3f}")
"""


def build_wheel(folder: Path) -> Path:
    """Build the wheel into an empty folder, and return it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder)]
    subprocess.run([*pip, str(ROOT / "kerasmodels")], check=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def use_wheel(wheel: Path, requirement: str, folder: Path) -> None:
    """Install a wheel and a backend into a fresh environment; there build, train, save and read a network."""
    shutil.rmtree(folder, ignore_errors=True)
    venv.create(folder, with_pip=True)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-c", str(CONSTRAINTS), str(wheel), requirement], check=True)
    own = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "PYTHONHOME"}}
    own.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    subprocess.run([str(python), "-I", "-c", USE], check=True, cwd=folder, env=own)


def main() -> None:
    """Build and use the wheel."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--requirement", default="tensorflow-cpu", help="the backend; KERAS_BACKEND names it")
    parser.add_argument("--folder", type=Path, default=ROOT / "build" / "kerasmodels")
    given = parser.parse_args()
    wheel = build_wheel(given.folder / "wheel")
    print(wheel.name)
    use_wheel(wheel, given.requirement, given.folder / "environment")


if __name__ == "__main__":
    main()
