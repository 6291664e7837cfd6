"""The networks, losses and metrics are written against Keras alone."""

from __future__ import annotations

import ast
from pathlib import Path

import kerasmodels

BACKENDS = {"tensorflow", "jax", "jaxlib", "torch", "tf_keras"}
#: TensorFlow's batches are made by tf.data; what a backend's devices are and hold, only the backend can say.
MAY = {"data", "training"}


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def test_only_data_and_training_name_a_backend_or_who_asks_which_one_runs() -> None:
    root = Path(kerasmodels.__file__).parent
    files = [
        path
        for path in root.rglob("*.py")
        if path.relative_to(root).parts[0] not in MAY
        and "keras.backend.backend()" not in path.read_text(encoding="utf-8")
    ]
    assert len(files) > 20
    assert {path.name: found for path in files if (found := _imports(path) & BACKENDS)} == {}


def test_training_names_a_backend_only_where_it_asks_which_one_runs() -> None:
    folder = Path(kerasmodels.__file__).parent / "training"
    naming = {path for path in folder.glob("*.py") if _imports(path) & BACKENDS}
    assert all("keras.backend.backend()" in path.read_text(encoding="utf-8") for path in naming)
