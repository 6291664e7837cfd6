"""The predict edition: the program without TensorFlow, Keras and what else only training needs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from brainstem_app.edition import TRAINING_PACKAGES
from brainstem_app.frozen import module_to_run

# As a Python in which the packages are not installed: neither found nor importable.
WITHOUT = f"""
import importlib.abc, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {TRAINING_PACKAGES!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name.partition(".")[0])

sys.meta_path.insert(0, Absent())
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name in {TRAINING_PACKAGES!r} else found(name, *rest)
"""


def _predict_edition(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    code = f"{WITHOUT}\nfrom brainstem_app.cli.app import run\nsys.exit(run())"
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_predict_edition_segments_a_scan(tmp_path: Path) -> None:
    done = _predict_edition("demo", "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    (report,) = tmp_path.rglob("report.json")
    assert json.loads(report.read_text(encoding="utf-8"))["structures"]


def test_predict_edition_says_what_the_full_one_adds() -> None:
    done = _predict_edition("diagnose")
    assert done.returncode == 0, done.stderr
    assert "predict: segments" in done.stdout
    assert "Install the full edition" in done.stdout


def test_training_in_the_predict_edition_names_the_full_one(tmp_path: Path) -> None:
    done = _predict_edition("train", tmp_path, "--run", "first")
    assert done.returncode != 0
    assert "Install the full edition" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["-m", "brainstem_app.jobs.detached", "job"], ("brainstem_app.jobs.detached", ["job"])),
        (["-u", "-m", "submitit.core._submit", "logs"], ("submitit.core._submit", ["logs"])),
        (["-m", "http.server"], None),
        (["segment", "-m", "brainstem_app.jobs.detached"], None),
        ([], None),
    ],
)
def test_entry_point_tells_its_children_from_commands(
    arguments: list[str], expected: tuple[str, list[str]] | None
) -> None:
    assert module_to_run(arguments) == expected
