"""One cell of a comparison for real: a small network trained and tested on made subjects."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine
from brainstem_app.jobs.events import Event, Failed
from brainstem_app.jobs.job import ActivationsJob, CompareCellJob, TrainJob
from brainstem_app.jobs.networks.activations import write_activation_maps
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.run import run_job
from brainstem_app.study.cell_record import Predictions, read_cell
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, StudySettings, SubjectRecord
from kerasmodels.data.slice_input import SliceInput

pytest.importorskip("tensorflow")
pytestmark = [
    pytest.mark.slow,
    # Keras turns TensorFlow's variables into arrays in the way of NumPy 1.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]

NAMES = ("sub-1", "sub-2", "sub-3")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Three subjects, each with a bright block."""
    settings = StudySettings(dataset="made", atlas_version=load_atlas().version)
    made = Study.create(tmp_path_factory.mktemp("study"), settings)
    for name in NAMES:
        labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
        labels[15:35, 15:35, 10:60] = 3
        folder = made.subject_folder(name)
        folder.mkdir(parents=True)
        image = (labels > 0).astype(np.float32)
        save_volume(folder / "scan_box.nii.gz", image, box_affine(), space="mni")
        save_label_map(folder / "labels_box.nii.gz", labels, box_affine(), space="mni")
        SubjectRecord(name=name, person=name, state="finished", source="made").save(folder / "manifest.json")
    made.save_splits(Splits(seed=0, train=NAMES[:1], validation=NAMES[1:2], test=NAMES[2:]))
    return made


def _job(study: Study, **changes: object) -> CompareCellJob:
    job = TrainJob(study=study.folder, run="cell", encoder="resnet18", epochs=1, batch_size=32)
    return CompareCellJob(train=job.model_copy(update={"input": SliceInput(size=32), **changes}))


def _run(job: CompareCellJob) -> tuple[int, list[Event]]:
    events: list[Event] = []
    return run_job(job, events.append, lambda: False), events


@pytest.fixture(scope="module")
def finished(study: Study) -> Path:
    """The folder of a cell that was run."""
    status, events = _run(_job(study))
    assert status == 0, getattr(events[-1], "details", events[-1])
    return study.run_folder("cell")


def test_cell_leaves_its_numbers_its_predictions_and_a_small_network(finished: Path) -> None:
    record = read_cell(finished)
    assert record is not None
    assert (record.state, record.epochs, record.best_epoch) == ("finished", 1, 1)
    assert record.parameters == 11_426_786
    assert record.macro_miou.value is not None
    assert 0 < record.memory_gib < 20
    assert record.seconds > record.seconds_per_epoch > 0
    told = Predictions.load(finished / "predictions.npz")
    assert list(told.labels) == ["sub-3"]
    assert told.labels["sub-3"].shape == BOX_SHAPE
    assert told.counts["sub-3"].sum() == np.prod(BOX_SHAPE)
    assert (finished / "best.keras").stat().st_size < 30e6
    assert not (finished / "last.keras").exists()


def test_finished_cell_is_not_trained_again_and_loses_what_a_kill_at_its_end_has_left(
    finished: Path, study: Study
) -> None:
    before = (finished / "history.csv").stat().st_mtime_ns
    (finished / "last.keras").touch()
    assert _run(_job(study))[0] == 0
    assert (finished / "history.csv").stat().st_mtime_ns == before
    assert not (finished / "last.keras").exists()


def test_failed_cell_says_why_in_its_folder(study: Study, tmp_path: Path) -> None:
    status, events = _run(_job(study, run="bad", start_from=tmp_path / "missing.keras"))
    assert status == 2
    assert isinstance(events[-1], Failed)
    record = read_cell(study.run_folder("bad"))
    assert record is not None
    assert record.state == "failed"
    assert record.failure is not None
    assert "missing.keras" in record.failure.what


def test_activation_maps_of_a_run_lie_in_its_folder(finished: Path, study: Study) -> None:
    job = ActivationsJob(study=study.folder, run="cell")
    summary = write_activation_maps(job, Reporter(lambda event: None, lambda: False))
    assert summary["subject"] == "sub-3"
    assert summary["layers"] == 15
    assert "encoder_layer4_1_relu" in (finished / "activations.csv").read_text(encoding="utf-8")
    assert "data:image/png" in (finished / "activations.html").read_text(encoding="utf-8")
