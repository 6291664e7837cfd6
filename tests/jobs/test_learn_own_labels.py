"""Networks that learn what a lab drew: trained, tested by folds, exported, joined, and used on a scan.

The registration is replaced by a made one, and the networks by small ones, on slices of 32 pixels.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.drawn_labels import read_drawn_table
from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.label_map import IGNORED_LABEL, load_label_map, save_label_map, save_volume
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine
from brainstem_app.jobs.events import Event, Failed, Finished, Warned
from brainstem_app.jobs.job import (
    CompareJob,
    EvaluateRunJob,
    ExportEnsembleJob,
    ExportModelJob,
    Job,
    TrainJob,
)
from brainstem_app.jobs.many import compare_cell, compare_report
from brainstem_app.jobs.networks import train
from brainstem_app.jobs.networks.run_splits import run_splits
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.run import run_job
from brainstem_app.models.library import find_model
from brainstem_app.reports.grid.files import write_page
from brainstem_app.study.cell_record import CellRecord, Measured, Predictions
from brainstem_app.study.grid import Grid
from brainstem_app.study.splits import split_subjects
from brainstem_app.study.study import Study, StudySettings, SubjectRecord
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.export.keras_file import load_keras, save_keras

from .small_network import build_small
from .test_compare import here  # noqa: F401 - fixture
from .test_segment import _made_registration, _run, _write_scan  # noqa: F401 - fixtures

pytest.importorskip("tensorflow")
pytestmark = [
    pytest.mark.slow,
    # Keras turns TensorFlow's variables into arrays in the way of NumPy 1.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]

NAMES = ("sub-1", "sub-2", "sub-3", "sub-4")
FOLDS = 2
PAG = 3


def _fill(folder: Path, name: str, labels: np.ndarray) -> None:
    """One subject whose intensities tell the labels apart; in the second, a part was not drawn."""
    image = 0.4 * labels + np.random.default_rng(int(name[-1])).normal(0, 0.02, BOX_SHAPE)
    if name == NAMES[1]:
        labels = labels.copy()
        labels[:, :10] = IGNORED_LABEL
    folder.mkdir(parents=True)
    save_volume(folder / "scan_box.nii.gz", image.astype(np.float32), box_affine(), space="mni")
    save_label_map(folder / "labels_box.nii.gz", labels, box_affine(), space="mni")
    SubjectRecord(
        name=name, person=name, state="finished", source="made", settings={"reference": "drawn"}
    ).save(folder / "manifest.json")


def _subjects(study: Study, left: int, right: int) -> Study:
    """Left and right fill most of the box, so that any network finds them."""
    for shift, name in enumerate(NAMES):
        labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
        labels[2 + shift : 24, 2:48, 2:71] = left
        labels[26:46, 2:48, 2:71] = right
        _fill(study.subject_folder(name), name, labels)
    study.save_splits(split_subjects({name: [name] for name in NAMES}, seed=0))
    return study


@pytest.fixture(scope="module", autouse=True)
def _small_networks() -> Iterator[None]:
    """Networks are trained in a second; `test_training` and `test_compare_cell` train real ones."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(train, "build_model", build_small)
        yield


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A study on a table of the lab's own."""
    folder = tmp_path_factory.mktemp("own")
    table = folder / "dseg.tsv"
    table.write_text("index\tname\n11\tRN_L\n12\tRN_R\n99\tnot drawn\n", encoding="utf-8")
    settings = StudySettings(dataset="made", atlas="lab", atlas_version="1", own_table=True)
    study = Study.create(folder / "study", settings)
    read_drawn_table(table).save(study.labels_folder, "lab", "1")
    return _subjects(study, 1, 2)


def _job(study: Study, run: str, **settings: object) -> TrainJob:
    small = {"encoder": "resnet18", "epochs": 1, "batch_size": 8, "input": SliceInput(size=32)}
    return TrainJob.model_validate({"study": study.folder, "run": run, **small, **settings})


def _done(job: Job) -> list[Event]:
    events: list[Event] = []
    assert run_job(job, events.append, lambda: False) == 0, events[-1]
    return events


@pytest.fixture(scope="module")
def by_folds(own: Study) -> list[Event]:
    """Events of a training by folds."""
    events = _done(_job(own, "nuclei", folds=FOLDS, learning_rate=1e-3))
    for fold in range(1, FOLDS + 1):
        _never_background(own.run_folder(f"nuclei-fold{fold}"))
    return events


def _never_background(run: Path) -> None:
    """Let a network find nuclei in any scan: nine steps of training leave that to chance."""
    network = load_keras(run / "best.keras")
    kernel, bias = network.get_layer("classifier").get_weights()
    network.get_layer("classifier").set_weights([kernel, bias - 1000 * (np.arange(len(bias)) == 0)])
    save_keras(network, run / "best.keras")


def test_everybody_is_tested_once_by_a_network_that_has_not_seen_them(
    own: Study, by_folds: list[Event]
) -> None:
    last = by_folds[-1]
    assert isinstance(last, Finished)
    assert (last.summary["folds"], last.summary["subjects"]) == (FOLDS, len(NAMES))
    splits = [run_splits(own, _job(own, "nuclei", folds=FOLDS, fold=k)) for k in (1, 2)]
    assert sorted(name for one in splits for name in one.test) == list(NAMES)
    report = json.loads((own.folder / "folds" / "nuclei" / "metrics.json").read_text(encoding="utf-8"))
    assert [s["name"] for s in report["structures"]] == ["background", "RN_L", "RN_R"]
    rows = list(csv.DictReader((own.folder / "folds" / "nuclei" / "folds.csv").open(encoding="utf-8")))
    assert sum(int(row["subjects"]) for row in rows) == len(NAMES)
    # What was not drawn is not counted: of the second subject, a fifth of the box.
    for k, split in enumerate(splits, start=1):
        counts = Predictions.load(own.run_folder(f"nuclei-fold{k}") / "predictions.npz", labels=False).counts
        for name in split.test:
            known = int((own.load_box(name).labels != IGNORED_LABEL).sum())
            assert counts[name].sum() == known
            assert (known < np.prod(BOX_SHAPE)) == (name == NAMES[1])


def test_folds_are_not_put_together_over_changed_references(
    own: Study, by_folds: list[Event], tmp_path: Path
) -> None:
    copy = Study.open(Path(shutil.copytree(own.folder, tmp_path / "study")))
    record = next(one for one in copy.finished_subjects() if one.name == NAMES[0])
    drawn = record.model_copy(update={"files": {**record.files, "labels_box.nii.gz": "drawn anew"}})
    drawn.save(copy.subject_folder(NAMES[0]) / "manifest.json")
    shutil.rmtree(copy.run_folder("nuclei-fold2"))
    events: list[Event] = []
    assert run_job(_job(copy, "nuclei", folds=FOLDS, learning_rate=1e-3), events.append, lambda: False) == 2
    assert isinstance(events[-1], Failed)
    assert f"1 run saw other people, images or labels than the study has now ({NAMES[0]})" in events[-1].what
    assert "nuclei-fold1" in events[-1].fix
    assert not copy.run_folder("nuclei-fold2").exists()


def _read_report(folder: Path) -> dict[str, object]:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


def test_model_of_own_labels_segments_without_an_atlas(
    own: Study, by_folds: list[Event], tmp_path: Path
) -> None:
    run = own.run_folder("nuclei-fold1")
    events = _done(ExportModelJob(run=run, out=tmp_path / "model", name="lab-model", refine=True))
    assert any(isinstance(event, Warned) and "no map" in event.what for event in events)
    card = find_model(str(tmp_path / "model")).card
    assert (card.reference, card.atlas, card.classes, card.members) == ("drawn", "lab", 3, 1)
    assert card.method.mirror
    assert not card.method.fit_atlas
    status, events = _run([_write_scan(tmp_path / "scan.nii.gz")], tmp_path / "out", tmp_path / "model")
    assert status == 0, events[-1]
    folder = tmp_path / "out" / "scan"
    assert set(np.unique(load_label_map(folder / "labels_native.nii.gz")[0])) <= {0, 1, 2}
    report = _read_report(folder)
    assert [s["name"] for s in report["structures"]] == ["background", "RN_L", "RN_R"]
    assert not report["regions"]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "of agreement with the labels that it learned from" in page
    assert "registered atlas" not in page
    assert "Reliability" not in page
    assert not (folder / "labels_regions_native.nii.gz").exists()


def test_ensemble_is_the_mean_of_its_networks_and_segments(
    own: Study, by_folds: list[Event], tmp_path: Path
) -> None:
    from brainstem_app.models.onnx_predictor import OnnxPredictor

    runs = tuple(own.run_folder(f"nuclei-fold{k}") for k in (1, 2))
    _done(ExportEnsembleJob(runs=runs, out=tmp_path / "both", name="both"))
    images = np.random.default_rng(0).random((2, 32, 32, 1)).astype(np.float32)
    said = [np.asarray(load_keras(run / "best.keras")(images)) for run in runs]
    mean = OnnxPredictor(tmp_path / "both" / "model.onnx", threads=1).run(images)
    np.testing.assert_allclose(mean, np.mean(said, axis=0), atol=2e-3)
    card = find_model(str(tmp_path / "both")).card
    assert (card.members, card.results.subjects) == (FOLDS, len(NAMES))
    status, events = _run([_write_scan(tmp_path / "scan.nii.gz")], tmp_path / "out", tmp_path / "both")
    assert status == 0, events[-1]
    folder = tmp_path / "out" / "scan"
    assert [s["name"] for s in _read_report(folder)["structures"]] == ["background", "RN_L", "RN_R"]
    assert "its single networks&#39; mean IoU" in (folder / "report.html").read_text(encoding="utf-8")


def test_study_of_drawn_labels_of_an_atlas_keeps_the_atlas(tmp_path: Path) -> None:
    settings = StudySettings(dataset="made", atlas_version=load_atlas().version)
    study = _subjects(Study.create(tmp_path / "study", settings), PAG, PAG)
    _done(_job(study, "pag"))
    _never_background(study.run_folder("pag"))
    _done(EvaluateRunJob(study=study.folder, run="pag"))
    metrics = json.loads((study.run_folder("pag") / "metrics.json").read_text(encoding="utf-8"))
    assert len(metrics["structures"]) == load_atlas().table.n_classes
    _done(ExportModelJob(run=study.run_folder("pag"), out=tmp_path / "model", name="pag"))
    card = find_model(str(tmp_path / "model")).card
    assert (card.atlas, card.reference) == ("brainstem31", "drawn")
    assert card.training_data.endswith("; the references of 1 scan were drawn by people")
    status, events = _run([_write_scan(tmp_path / "scan.nii.gz")], tmp_path / "out", tmp_path / "model")
    assert status == 0, events[-1]
    assert len(_read_report(tmp_path / "out" / "scan")["structures"]) == load_atlas().table.n_classes


def test_network_that_is_scored_on_its_own_output_says_so(own: Study, by_folds: list[Event]) -> None:
    run = own.run_folder("nuclei-fold1")
    _done(ExportModelJob(run=run, name="first"))
    sha256 = find_model(str(run / "export")).card.sha256["model.onnx"]
    given = {"model": "first", "version": "1", "sha256": sha256, "changed_voxels": 0, "voxels": 9}
    before = {name: own.subject(name) for name in NAMES}
    for name, record in before.items():
        assert record is not None
        settings = {**record.settings, "segmented_by": given}
        record.model_copy(update={"settings": settings}).save(own.subject_folder(name) / "manifest.json")
    try:
        events = _done(EvaluateRunJob(study=own.folder, run=run.name))
        _done(ExportModelJob(run=run, name="first"))
    finally:
        for name, record in before.items():
            assert record is not None
            record.save(own.subject_folder(name) / "manifest.json")
    words = (
        "The references of 2 of 2 test subjects are what first version 1, this run's own network, gave and "
        "nobody changed: there it is measured on its own output, which flatters it."
    )
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["agreement"][0] == words
    assert metrics["notes"][1:] == metrics["agreement"]
    assert any(isinstance(event, Warned) and event.what == words for event in events)
    card = find_model(str(run / "export")).card
    assert card.reference == "segmented"
    assert card.training_data.endswith(
        "; the references of 1 scan are what first version 1 gave and nobody changed"
    )
    assert words in card.limits


def test_comparison_by_folds_tests_everybody_once_and_tells_the_spread(
    own: Study,
    here: object,  # noqa: F811 - the fixture
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def pretend(job: TrainJob, folder: Path, reporter: Reporter) -> CellRecord:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "best.keras").touch()
        (folder / "history.csv").write_text(
            "epoch,loss,val_loss,val_nuclei_miou\n1,0.9,0.9,0.2\n", encoding="utf-8"
        )
        counts = np.diag([100, 10 * (job.fold or 0), 10]).astype(np.int64)
        counts[1, 0] = 10
        tested = run_splits(own, job).test
        Predictions(dict.fromkeys(tested, np.zeros(BOX_SHAPE, np.uint8)), dict.fromkeys(tested, counts)).save(
            folder / "predictions.npz"
        )
        record = CellRecord(
            state="finished",
            parameters=1,
            epochs=1,
            best_epoch=1,
            val_nuclei_miou=0.2,
            macro_miou_nuclei=Measured(value=0.5, low=0.4, high=0.6),
            seconds=1.0,
            memory_gib=1.0,
            device="made up",
        )
        record.save(folder / "cell.json")
        return record

    monkeypatch.setattr(compare_cell, "_train_and_test", pretend)
    monkeypatch.setattr(compare_report, "write_page", write_page)
    grid = Grid(name="folds", title="By folds", repeats=1, folds=FOLDS, vary={"decoder": ("fpn", "unet")})
    last = _done(CompareJob(study=own.folder, grid=grid))[-1]
    assert isinstance(last, Finished)
    assert last.summary["finished"] == 2 * FOLDS
    assert last.summary["best_nuclei_miou_sd_over_folds"] == 0.0
    folder = own.folder / "comparisons" / "folds"
    with (folder / "results.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["decoder"], row["fold"]) for row in rows] == [
        ("fpn", "1"),
        ("fpn", "2"),
        ("unet", "1"),
        ("unet", "2"),
    ]
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "over folds" in page.casefold()
