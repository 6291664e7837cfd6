"""A file saved by TensorFlow gives the same labels, losses and counts on JAX and PyTorch, if installed.

`tests/independent/check_backends.py` compares all networks and writes docs/results/backends.md; this is
its smallest part.
"""

from __future__ import annotations

import importlib.util
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest

CHECK = Path(__file__).resolve().parents[1] / "independent" / "check_backends.py"


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_same_file_gives_the_same_on_another_backend(backend: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    check = runpy.run_path(str(CHECK))
    case = {"decoder": "n_deconet", "encoder": "resnet18", "size": 32, "train": True, "name": "small"}
    found = check["run"]({backend: sys.executable}, [case], tmp_path)
    reference, other = found["tensorflow"], found[backend]
    np.testing.assert_array_equal(reference["small"].argmax(axis=-1), other["small"].argmax(axis=-1))
    np.testing.assert_allclose(reference["small"], other["small"], atol=1e-4)
    np.testing.assert_allclose(reference["training"], other["training"], rtol=1e-3)
    np.testing.assert_array_equal(reference["confusion"], other["confusion"])
    for key in (key for key in reference if key.startswith(("loss", "gradient"))):
        np.testing.assert_allclose(reference[key], other[key], rtol=1e-4, atol=1e-6)
