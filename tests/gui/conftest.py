"""What the window's tests share: no display, made scans, settings of their own, a worker of their own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.orientation import affine_from_letters
from brainstem_app.models.card import ModelCard
from brainstem_app.models.library import ModelFiles

SHAPE = (30, 36, 28)
VOXEL_MM = (4.5, 4.0, 4.6)


@pytest.fixture
def settings(tmp_path: Path) -> WindowSettings:
    """Settings that no other test sees."""
    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    remembered = WindowSettings(store)
    remembered.results_folder = tmp_path / "results"
    remembered.jobs_folder = tmp_path / "jobs"
    return remembered


@pytest.fixture
def model(tmp_path: Path) -> ModelFiles:
    """A model of which there is only the card."""
    card = ModelCard(
        name="test-model",
        atlas="brainstem31",
        atlas_version="1",
        decoder="n_deconet",
        encoder="resnet34",
        classes=34,
        limits="Not for patients.",
    )
    return ModelFiles(tmp_path, card, tmp_path / "model.onnx", None)


@pytest.fixture
def window(
    qtbot: QtBot, settings: WindowSettings, model: ModelFiles, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    """The window on the (offscreen) screen with one model; a job still running at the end is ended."""
    monkeypatch.setattr("brainstem_app.gui.main_window.find_models", lambda: (model,))
    shown = MainWindow(settings)
    qtbot.addWidget(shown)
    shown.resize(1200, 800)
    shown.show()
    shown.show_step(StepName.SEGMENT)
    qtbot.waitUntil(lambda: shown.step.segment_panel.model == model.card.name, timeout=20_000)
    yield shown
    shown.step.segmentation.kill()
    shown.background.wait()


@pytest.fixture
def affine() -> np.ndarray:
    """An affine whose first axis runs to the patient's left, as most scanners write it."""
    return affine_from_letters("LPS", SHAPE, VOXEL_MM)


@pytest.fixture
def scan_file(tmp_path: Path, affine: np.ndarray) -> Path:
    """A small scan as large as a head, brighter towards the patient's right."""
    towards_left = np.linspace(1000, 100, SHAPE[0], dtype=np.float32)
    noise = np.random.default_rng(0).normal(0, 20, SHAPE)
    data = towards_left[:, None, None] + noise
    image = nib.Nifti1Image(data.astype(np.int16), affine)
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    path = tmp_path / "head_T1w.nii.gz"
    nib.save(image, path)
    return path


@pytest.fixture
def labels(affine: np.ndarray) -> np.ndarray:
    """Label 3 fills 2×2×2 voxels near the feet; label 4 one voxel, and 5 three, near the head."""
    made = np.zeros(SHAPE, dtype=np.uint8)
    made[4:6, 4:6, 2:4] = 3
    made[10, 10, 12] = 4
    made[12:15, 10, 13] = 5
    return made


@pytest.fixture
def result_folder(tmp_path: Path, labels: np.ndarray, affine: np.ndarray, scan_file: Path) -> Path:
    """A result folder as the window's own job leaves it: job file, label map, report."""
    home = tmp_path / "made result" / "head_T1w"
    home.mkdir(parents=True)
    save_label_map(home / "labels_native.nii.gz", labels, affine)
    (home / "report.html").write_text("<h1>Report</h1>", encoding="utf-8")
    (home / "report.csv").write_text("index,name\n", encoding="utf-8")
    report = {
        "atlas": {"name": "brainstem31"},
        "warnings": [
            {
                "level": "warning",
                "code": "medulla-cut",
                "problem": "The medulla is cut off.",
                "fix": "Rescan.",
            }
        ],
        "notes": [{"level": "info", "code": "oblique", "problem": "The scan is tilted.", "fix": ""}],
    }
    (home / "report.json").write_text(json.dumps(report), encoding="utf-8")
    job = f'{{"kind": "segment", "scans": ["{scan_file.as_posix()}"]}}'
    (home.parent / "job.json").write_text(job, encoding="utf-8")
    return home


@pytest.fixture
def fake_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Replace the worker by a script; it may use ``emit(**event)`` and ``cancelled()``."""

    def replace(body: str) -> Path:
        script = tmp_path / "fake_worker.py"
        script.write_text(_FAKE_WORKER_HEAD + body, encoding="utf-8")
        monkeypatch.setattr(
            "brainstem_app.gui.jobs.job_process.worker_command",
            lambda job_file: (sys.executable, [str(script), str(job_file)]),
        )
        return script

    return replace


_FAKE_WORKER_HEAD = """
import json, os, signal, sys, time
from pathlib import Path
job_file = Path(sys.argv[1])
def emit(**event):
    print(json.dumps(event), flush=True)
def cancelled():
    return sys.stdin.readline().strip() == "cancel"
"""
