"""What the window's tests share: no display, made scans, settings of their own, a worker of their own."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWindow
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.library import load_atlas
from brainstem_app.gui.background import Background
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.orientation import affine_from_letters
from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine
from brainstem_app.jobs.job import SimulateJob, TrainJob, write_job
from brainstem_app.jobs.run import run_job
from brainstem_app.models.card import ModelCard
from brainstem_app.models.library import ModelFiles
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import FindingEntry, ReportInputs
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Failure, Study, StudySettings, SubjectRecord

SHAPE = (30, 36, 28)
VOXEL_MM = (4.5, 4.0, 4.6)


@pytest.fixture(autouse=True)
def no_key_is_held(qtbot: QtBot) -> None:
    """Let go of modifier keys: Qt holds those of the last click of an earlier test until another event."""
    anything = QWidget()
    qtbot.addWidget(anything)
    qtbot.keyClick(anything, Qt.Key.Key_F35)
    assert QGuiApplication.keyboardModifiers() == Qt.KeyboardModifier.NoModifier


@pytest.fixture(autouse=True)
def no_button_is_held(qapp: QApplication) -> None:
    """Let go of the mouse: a double click whose view has gone leaves its button held until another event."""
    anything = QWindow()
    anything.create()
    for button in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton, Qt.MouseButton.MiddleButton):
        if button in qapp.mouseButtons():
            QTest.mouseRelease(anything, button)
    assert qapp.mouseButtons() == Qt.MouseButton.NoButton


@pytest.fixture(autouse=True)
def python_looks_for_rings_afterwards() -> Iterator[None]:
    """Wait for what a test's windows still read: tests after it are not to be without collection."""
    yield
    for background in tuple(Background.at_work):
        assert background.wait()
    assert gc.isenabled()


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
    monkeypatch.setattr("brainstem_app.gui.model_list.find_models", lambda: (model,))
    shown = MainWindow(settings)
    qtbot.addWidget(shown)
    shown.resize(1200, 800)
    shown.show()
    shown.show_step(StepName.SEGMENT)
    qtbot.waitUntil(lambda: shown.segment_page.segment_panel.model == model.card.name, timeout=60_000)
    yield shown
    for job in shown.context.jobs.running:
        job.kill()
    shown.context.background.wait()


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
    atlas = load_atlas()
    inputs = ReportInputs(labels, affine, atlas.table, atlas.name, atlas.version, name=scan_file.name)
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    cut = FindingEntry(
        level=Level.WARNING, code="medulla-cut", problem="The medulla is cut off.", fix="Rescan."
    )
    tilted = FindingEntry(level=Level.INFO, code="oblique", problem="The scan is tilted.", fix="")
    report = report.model_copy(update={"warnings": (cut,), "notes": (tilted,)})
    (home / "report.json").write_text(report.to_json(), encoding="utf-8")
    job = f'{{"kind": "segment", "scans": ["{scan_file.as_posix()}"]}}'
    (home.parent / "job.json").write_text(job, encoding="utf-8")
    return home


@pytest.fixture
def dataset(tmp_path: Path, scan_file: Path) -> Path:
    """A BIDS dataset of four people in two groups; the header of the last says nothing of left and right."""
    root = tmp_path / "made dataset"
    image = nib.load(scan_file)
    for number in range(1, 5):
        folder = root / f"sub-{number}" / "anat"
        folder.mkdir(parents=True)
        nib.save(image, folder / f"sub-{number}_T1w.nii.gz")
    lost = nib.Nifti1Image(np.asarray(image.dataobj), image.affine)
    lost.set_qform(None, 0)
    lost.set_sform(None, 0)
    nib.save(lost, root / "sub-4" / "anat" / "sub-4_T1w.nii.gz")
    rows = ["participant_id\tage\tgroup", *(f"sub-{n}\t{20 + n}\t{'ab'[n % 2]}" for n in range(1, 5))]
    (root / "participants.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


@pytest.fixture
def study(tmp_path: Path, dataset: Path) -> Study:
    """A study of which three subjects are prepared and one failed; one run was trained for two epochs."""
    made = Study.create(
        tmp_path / "made study", StudySettings(dataset=str(dataset), atlas_version=load_atlas().version)
    )
    for number in range(1, 5):
        _add_subject(made, f"sub-{number}", failed=number == 4)
    made.save_splits(Splits(seed=0, train=("sub-1",), validation=("sub-2",), test=("sub-3",)))
    run = made.run_folder("first")
    write_job(TrainJob(study=made.folder, run="first", encoder="resnet18", epochs=4), run / "config.json")
    (run / "history.csv").write_text(
        "epoch,loss,val_loss,val_macro_miou,val_nuclei_miou,seconds,best\n"
        "1,0.9,0.8,0.2,0.1,30.0,True\n2,0.7,0.6,0.4,0.3,30.0,True\n",
        encoding="utf-8",
    )
    return made


@pytest.fixture(scope="session")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of three simulated people with their true labels; takes half a minute to make."""
    root = tmp_path_factory.mktemp("simulated") / "dataset"
    status = run_job(SimulateJob(subjects=3, out=root), lambda _event: None, lambda: False)
    assert status == 0
    return root


@pytest.fixture
def boxed_study(study: Study) -> Study:
    """The study, each prepared subject with an image and labels: a bright block, elsewhere in each."""
    rng = np.random.default_rng(0)
    for number in range(1, 4):
        labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
        labels[18 + 2 * number : 32 + 2 * number, 15:35, 10:60] = 3
        image = (labels > 0) * 0.7 + 0.2 + rng.normal(0, 0.02, BOX_SHAPE)
        folder = study.subject_folder(f"sub-{number}")
        save_volume(folder / "scan_box.nii.gz", image.astype(np.float32), box_affine(), space="mni")
        save_label_map(folder / "labels_box.nii.gz", labels, box_affine(), space="mni")
    return study


def _add_subject(study: Study, name: str, *, failed: bool) -> None:
    folder = study.subject_folder(name)
    folder.mkdir(parents=True)
    if failed:
        failure = Failure(what="The medulla is cut off.", where="x.nii.gz", fix="Scan further down.")
        record = SubjectRecord(name=name, person=name, state="failed", source="x.nii.gz", failure=failure)
    else:
        picture = QImage(60, 40, QImage.Format.Format_RGB32)
        picture.fill(0x336699)
        picture.save(str(folder / "qc.png"))
        record = SubjectRecord(
            name=name,
            person=name,
            state="finished",
            source="x",
            fit={"correlation": 0.9},
            timings={"all": 60},
        )
    record.save(folder / "manifest.json")


@pytest.fixture
def open_study(qtbot: QtBot, window: MainWindow, study: Study) -> MainWindow:
    """A window with the study open."""
    with qtbot.waitSignal(window.context.study.opened, timeout=60_000):
        window.open_path(study.folder)
    return window


@pytest.fixture
def fake_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Replace the worker of the queue by a script; it may use ``job``, ``emit(**event)``, ``cancelled()``."""

    def replace(body: str) -> Path:
        script = tmp_path / "fake_job.py"
        script.write_text(_FAKE_JOB_HEAD + body, encoding="utf-8")
        monkeypatch.setattr(
            "brainstem_app.jobs.supervise.worker_command",
            lambda folder: [sys.executable, str(script), str(folder)],
        )
        return script

    return replace


_FAKE_JOB_HEAD = """
import json, os, signal, sys, time
from pathlib import Path
import psutil
folder = Path(sys.argv[1])
job = json.loads((folder / "job.json").read_text())
(folder / "log.txt").write_text("a library says hello")
process = {"pid": os.getpid(), "started": psutil.Process().create_time()}
(folder / "process.json").write_text(json.dumps(process))
def emit(**event):
    with (folder / "events.jsonl").open("a") as file:
        file.write(json.dumps(event) + "\\n")
def cancelled():
    return (folder / "cancel").exists()
def wait_for(condition):
    while not condition():
        time.sleep(0.02)
"""
