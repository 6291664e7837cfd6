"""Every decoder from training to labels of a scan, each command in a process of its own, at the paper's size.

Half an hour for one encoder: ``pytest tests/jobs/test_networks_in_processes.py -k efficientnetlite0``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nibabel
import numpy as np
import pytest

from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine, crop_to_box
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, StudySettings, SubjectRecord
from kerasmodels.names import decoder_names

pytest.importorskip("tensorflow")
pytestmark = [pytest.mark.slow, pytest.mark.long]

ENCODERS = ("efficientnetlite0", "resnet34", "mit_b0")
NAMES = ("sub-1", "sub-2", "sub-3")


def _command(*words: object) -> None:
    """Run one command of the program, to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "brainstem_app", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert done.returncode == 0, f"{words[0]}: {done.stdout[-500:]}{done.stderr[-2000:]}"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Three subjects whose intensities are their labels and noise: one to train on, to validate, to test."""
    atlas = load_atlas()
    settings = StudySettings(dataset="made", atlas=atlas.name, atlas_version=atlas.version)
    made = Study.create(tmp_path_factory.mktemp("made") / "study", settings)
    labels = crop_to_box(atlas.labels).astype(np.uint8)
    rng = np.random.default_rng(0)
    for name in NAMES:
        folder = made.subject_folder(name)
        folder.mkdir(parents=True)
        image = 2 * labels / labels.max() - 1 + rng.normal(0, 0.05, BOX_SHAPE)
        save_volume(folder / "scan_box.nii.gz", image.astype(np.float32), box_affine(), space="mni")
        save_label_map(folder / "labels_box.nii.gz", labels, box_affine(), space="mni")
        SubjectRecord(name=name, person=name, state="finished", source="made").save(folder / "manifest.json")
    made.save_splits(Splits(seed=0, train=NAMES[:1], validation=NAMES[1:2], test=NAMES[2:]))
    return made


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A whole simulated scan."""
    folder = tmp_path_factory.mktemp("simulated")
    _command("simulate", "--subjects", 1, "--out", folder)
    (found,) = folder.glob("sub-*/anat/*_T1w.nii.gz")
    return found


@pytest.fixture
def run(study: Study, decoder: str, encoder: str) -> Iterator[Path]:
    """Folder of a run of one epoch, whose large files go when it is no longer needed."""
    folder = study.run_folder(f"{decoder}-{encoder}")
    network = ("--decoder", decoder, "--encoder", encoder)
    # Ten times the paper's rate: after one epoch every network has to find some nucleus.
    training = ("--epochs", 1, "--batch-size", 4, "--learning-rate", 0.001)
    _command("train", study.folder, "--run", folder.name, *network, *training)
    yield folder
    for path in folder.rglob("*.*"):
        if path.suffix in {".keras", ".onnx"}:
            path.unlink()


@pytest.mark.parametrize("encoder", ENCODERS)
@pytest.mark.parametrize("decoder", decoder_names())
def test_network_goes_from_training_to_labels_in_separate_processes(
    run: Path, study: Study, scan: Path, tmp_path: Path
) -> None:
    _command("evaluate", "--study", study.folder, "--run", run.name)
    assert json.loads((run / "metrics.json").read_text(encoding="utf-8"))["part"] == "test"
    _command("activations", study.folder, "--run", run.name)
    assert list(run.rglob("activations*.html"))
    _command("models", "export", run, "--out", tmp_path / "model", "--name", "made")
    labels = []
    for engine in ("keras", "onnx"):
        out = tmp_path / engine
        _command("segment", scan, "--out", out, "--model", tmp_path / "model", "--engine", engine)
        (report,) = out.rglob("report.json")
        labels.append(np.asarray(nibabel.load(report.parent / "labels_native.nii.gz").dataobj))
    assert (labels[0] == labels[1]).mean() > 0.999
