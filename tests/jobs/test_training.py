"""A study of made subjects: train, stop, go on, evaluate, export, predict; on a small network."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.library import copy_atlas, load_atlas
from brainstem_app.errors import InputError, JobCancelled
from brainstem_app.gui.report.read_report import read_report
from brainstem_app.gui.report.report_entries import ReportEntry, ReportKind
from brainstem_app.gui.train.run_summary import read_run
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine, crop_to_box, mni_affine, paste_into_mni
from brainstem_app.jobs.events import (
    IOU_OF,
    Artifact,
    Event,
    Failed,
    Finished,
    Metric,
    Progress,
    Warned,
    parse_event,
)
from brainstem_app.jobs.job import EvaluateRunJob, ExportModelJob, Job, TrainJob
from brainstem_app.jobs.networks import train
from brainstem_app.jobs.networks.run_metrics import best_epoch, measured_now, require_measured_now
from brainstem_app.jobs.networks.run_splits import run_splits
from brainstem_app.jobs.networks.train import _augmentation, _network, _pass_on
from brainstem_app.jobs.networks.training_volumes import volumes_of, with_simulated
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.run import run_job
from brainstem_app.jobs.scans.loaded_model import load_model
from brainstem_app.locations import user_data_folder
from brainstem_app.models.library import find_model
from brainstem_app.models.method import PredictionContext
from brainstem_app.models.onnx_predictor import OnnxPredictor
from brainstem_app.models.prediction import predict_box
from brainstem_app.models.slices import box_to_slices
from brainstem_app.preprocessing.transforms import Displacement
from brainstem_app.study.splits import split_subjects
from brainstem_app.study.study import Study, StudySettings, SubjectRecord
from brainstem_app.written_files import FINE_WARP_FILE, TRANSFORMS_FOLDER, UNCERTAINTY_FILE
from kerasmodels.data.augmentation import Augmentation
from kerasmodels.data.augmented import augment_volumes
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.data.volumes import Volumes
from kerasmodels.export.keras_file import load_keras
from kerasmodels.training import device
from kerasmodels.training.events import BatchDone

pytest.importorskip("tensorflow")
pytestmark = [
    pytest.mark.slow,
    # Keras turns TensorFlow's variables into arrays in the way of NumPy 1.
    pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"),
]

ATLAS = "one-block"
NAMES = ("sub-1", "sub-2", "sub-3")


@pytest.fixture(scope="module", autouse=True)
def atlas() -> Iterator[Path]:
    """A lab's own atlas, among the user's: the table of the shipped one, and one block of PAG."""
    folder = user_data_folder() / "atlases" / ATLAS
    _write_atlas(folder, "1", 22)
    yield folder
    shutil.rmtree(folder)


def _write_atlas(folder: Path, version: str, start: int) -> None:
    copy_atlas(load_atlas().folder, folder)
    (folder / "regions.nii.gz").unlink()
    save_label_map(folder / "labels.nii.gz", paste_into_mni(_block(start)), mni_affine(), space="mni")
    card = {"name": ATLAS, "version": version}
    (folder / "atlas.json").write_text(json.dumps(card), encoding="utf-8")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Three subjects: a bright block (PAG) that lies elsewhere in each; the atlas has it only nearby."""
    settings = StudySettings(dataset="made", atlas=ATLAS, atlas_version="1")
    made = Study.create(tmp_path_factory.mktemp("study"), settings)
    rng = np.random.default_rng(0)
    for number, name in enumerate(NAMES):
        labels = _block(20 + 2 * number)
        image = (labels > 0) * 0.7 + 0.2 + rng.normal(0, 0.02, BOX_SHAPE)
        folder = made.subject_folder(name)
        folder.mkdir(parents=True)
        save_volume(folder / "scan_box.nii.gz", image.astype(np.float32), box_affine(), space="mni")
        save_label_map(folder / "labels_box.nii.gz", labels, box_affine(), space="mni")
        save_label_map(folder / "labels_box_repeat.nii.gz", labels, box_affine(), space="mni")
        save_volume(folder / UNCERTAINTY_FILE, np.full(BOX_SHAPE, 0.5, np.float32), box_affine(), space="mni")
        transforms = folder / TRANSFORMS_FOLDER
        transforms.mkdir()
        Displacement(np.full((*BOX_SHAPE, 3), 0.5, np.float32), box_affine()).save(
            transforms / FINE_WARP_FILE
        )
        SubjectRecord(name=name, person=name, state="finished", source="made").save(folder / "manifest.json")
    made.save_splits(split_subjects({name: [name] for name in NAMES}, seed=0))
    return made


def test_mirrored_training_subject_lies_where_it_lay() -> None:
    # The atlas is symmetric: mirrored at the plane between the sides it is itself, voxel by voxel.
    atlas = load_atlas("brainstem31")
    given = _augmentation(TrainJob(study=Path("study"), run="first", augment="mild"), atlas)
    assert given is not None
    mirroring = Augmentation(mirrored_indices=given.mirrored_indices, mirror_plane=given.mirror_plane)
    labels = np.stack([box_to_slices(crop_to_box(atlas.labels))] * 6)
    images = (labels > 0).astype(np.float32)
    mirrored = augment_volumes(Volumes(images, labels), mirroring, seed=(0, 0))
    np.testing.assert_array_equal(mirrored.labels, labels)
    np.testing.assert_allclose(mirrored.images, images, atol=1e-5)


def test_voxels_count_less_where_their_reference_may_be_off(study: Study, tmp_path: Path) -> None:
    names = NAMES[:2]
    shutil.copytree(study.folder, tmp_path / "copy")
    copy = Study.open(tmp_path / "copy")
    first, second = (copy.subject_folder(name) / UNCERTAINTY_FILE for name in names)
    uncertain = np.zeros(BOX_SHAPE, np.float32)
    uncertain[20], uncertain[30] = 1.0, 30.0
    first.unlink()
    save_volume(second, uncertain, box_affine(), space="mni")
    found = with_simulated(volumes_of(copy, names, weighted=True), 1, 0, load_atlas(), _silent())
    second.unlink()
    assert volumes_of(copy, names, weighted=True).weights is None
    assert volumes_of(study, names).weights is None
    assert found.weights.shape == found.images.shape
    assert found.weights[[0, 2]].min() == 1, "nothing is said of the first, and the last is simulated"
    expected = np.ones(BOX_SHAPE, np.float32)
    expected[20], expected[30] = 0.5, 0.1
    np.testing.assert_allclose(found.weights[1], box_to_slices(expected), atol=1e-6)


def _silent() -> Reporter:
    return Reporter(lambda event: None, lambda: False)


def _block(start: int) -> np.ndarray:
    labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
    labels[start : start + 12, 15:35, 10:60] = 3
    return labels


def _job(study: Study, run: str = "tiny", epochs: int = 1) -> TrainJob:
    """A small network on slices of 64 pixels: the way is the same, at a twelfth of the work."""
    return TrainJob(
        study=study.folder,
        run=run,
        encoder="resnet18",
        epochs=epochs,
        batch_size=8,
        input=SliceInput(size=64),
    )


def _run(job: Job, cancel_after: type[Event] | None = None) -> tuple[int, list[Event]]:
    events: list[Event] = []

    def is_cancelled() -> bool:
        return cancel_after is not None and any(isinstance(event, cancel_after) for event in events)

    return run_job(job, events.append, is_cancelled), events


@pytest.fixture(scope="module")
def trained(study: Study) -> Path:
    """A run that was cancelled after its first epoch and then went on to its second."""
    status, events = _run(_job(study, epochs=2), cancel_after=Metric)
    assert status == 3, getattr(events[-1], "details", "")
    status, events = _run(_job(study, epochs=2))
    assert status == 0, events[-1]
    epochs = [event.step for event in events if isinstance(event, Metric) and event.name == "loss"]
    assert epochs == [2]
    assert f"{IOU_OF}PAG" in {event.name for event in events if isinstance(event, Metric)}
    return study.run_folder("tiny")


def test_structures_that_nobody_has_are_told_and_kept(trained: Path) -> None:
    manifest = json.loads((trained / "manifest.json").read_text(encoding="utf-8"))
    absent = manifest["absent"]
    (learned_from,) = manifest["splits"]["train"]
    weighted = {name for name, files in manifest["data"].items() if UNCERTAINTY_FILE in files}
    assert weighted == {learned_from}
    names = [structure.name for structure in load_atlas().table.structures]
    # The made subjects have background and PAG alone.
    missing = [name for name in names if name not in {names[0], "PAG"}]
    assert absent == {"training": missing, "validation": missing}
    said = [parse_event(line) for line in (trained / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    warned = [event.what for event in said if isinstance(event, Warned)]
    assert any(what.startswith(f"No training subject has {missing[0]}, {missing[1]}") for what in warned)
    assert any(what.startswith("No validation subject has ") for what in warned)


def test_subject_whose_image_holds_no_numbers_is_named(study: Study, tmp_path: Path) -> None:
    copy = Study.open(Path(shutil.copytree(study.folder, tmp_path / "study")))
    (name,) = copy.splits().train
    image = copy.load_box(name).image.copy()
    image[10, 10, 10] = np.nan
    save_volume(copy.subject_folder(name) / "scan_box.nii.gz", image, box_affine(), space="mni")
    status, events = _run(_job(copy, "broken"))
    assert status == InputError.exit_status
    assert isinstance(events[-1], Failed)
    assert name in events[-1].what
    assert events[-1].where.endswith("scan_box.nii.gz")


def test_label_that_the_atlas_does_not_have_is_named_with_its_subject(study: Study, tmp_path: Path) -> None:
    copy = Study.open(Path(shutil.copytree(study.folder, tmp_path / "study")))
    (name,) = copy.splits().validation
    labels = copy.load_box(name).labels.copy()
    labels[10, 10, 10] = 200
    save_label_map(copy.subject_folder(name) / "labels_box.nii.gz", labels, box_affine(), space="mni")
    status, events = _run(_job(copy, "broken"))
    assert status == InputError.exit_status
    assert isinstance(events[-1], Failed)
    assert f"{name} hold 200" in events[-1].what


@pytest.mark.parametrize("name", ["../../x", "con", "a\\b", "x."])
def test_model_is_not_exported_under_a_name_that_leads_elsewhere(
    trained: Path, tmp_path: Path, name: str
) -> None:
    status, events = _run(ExportModelJob(run=trained, out=tmp_path / "out", name=name, install=True))
    assert status == InputError.exit_status
    assert isinstance(events[-1], Failed)
    assert "cannot be the name of a model" in events[-1].what
    assert not list(tmp_path.iterdir())


def test_run_folder_holds_what_the_interface_names(trained: Path) -> None:
    names = [
        "config.json",
        "history.csv",
        "events.jsonl",
        "last.keras",
        "best.keras",
        "metrics.json",
        "manifest.json",
    ]
    assert [name for name in names if not (trained / name).exists()] == []
    assert len((trained / "history.csv").read_text(encoding="utf-8").splitlines()) == 3


def test_progress_of_a_training_never_falls_and_is_whole_only_at_its_end(trained: Path) -> None:
    lines = (trained / "events.jsonl").read_text(encoding="utf-8").splitlines()
    told = [event for event in map(parse_event, lines) if isinstance(event, Progress)]
    again = max(place for place, event in enumerate(told) if event.message == "reading the prepared subjects")
    for attempt in (told[:again], told[again:]):
        shares = [event.done / event.total for event in attempt]
        assert shares == sorted(shares)
        assert shares[-1] < 1, "the numbers were not written yet"
    assert told[-1].message == "comparing with the reference"


def test_training_again_under_other_settings_is_refused(trained: Path, study: Study) -> None:
    status, events = _run(_job(study, epochs=2).model_copy(update={"alpha": 0.5}))
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "alpha" in events[-1].what


def test_training_goes_on_only_with_the_references_it_began_with(
    trained: Path, study: Study, tmp_path: Path
) -> None:
    copy = Study.open(Path(shutil.copytree(study.folder, tmp_path / "study")))
    for name in (*copy.splits().test, *copy.splits().train):
        record = next(r for r in copy.finished_subjects() if r.name == name)
        drawn = record.model_copy(update={"files": {**record.files, "labels_box.nii.gz": "drawn anew"}})
        drawn.save(copy.subject_folder(name) / "manifest.json")
        status, events = _run(_job(copy, epochs=2))
        # Nothing was learned from the test subject.
        assert status == (0 if name in copy.splits().test else 2)
    assert isinstance(events[-1], Failed)
    assert f"was begun with other images or labels of {name}" in events[-1].what
    data = json.loads((copy.run_folder("tiny") / "manifest.json").read_text(encoding="utf-8"))["data"]
    assert data[name]["labels_box.nii.gz"] != "drawn anew"


def test_run_is_tested_on_nobody_it_has_learned_from_whatever_the_split_has_become(
    trained: Path, study: Study, tmp_path: Path
) -> None:
    copy = Study.open(Path(shutil.copytree(study.folder, tmp_path / "study")))
    before = copy.splits()
    copy.save_splits(before.model_copy(update={"train": before.test, "test": before.train}))
    assert _run(EvaluateRunJob(study=copy.folder, run="tiny"))[0] == 0
    metrics = json.loads((copy.run_folder("tiny") / "metrics.json").read_text(encoding="utf-8"))
    assert [subject["subject"] for subject in metrics["subjects"]] == list(before.test)
    assert f"Not tested, as the run has learned from these people: {before.train[0]}." in metrics["notes"]
    status, events = _run(ExportModelJob(run=copy.run_folder("tiny"), out=tmp_path / "model", name="tiny"))
    assert status == 0, events[-1]
    own = run_splits(copy, _job(copy, epochs=2))
    assert (own.train, own.validation, own.test) == (before.train, before.validation, before.test)
    # A run that begins now goes by the split of now; with weights of the other it has learned from its own.
    new = _job(copy, epochs=1).model_copy(update={"run": "new"})
    assert run_splits(copy, new) == copy.splits()
    for weights in ("best.keras", "export/model.keras"):
        begun = new.model_copy(update={"start_from": copy.run_folder("tiny") / weights})
        assert run_splits(copy, begun) == copy.splits().model_copy(update={"test": ()})


def test_numbers_of_an_earlier_network_of_a_run_are_not_those_of_its_network_now(
    trained: Path, study: Study, tmp_path: Path
) -> None:
    copy = Study.open(Path(shutil.copytree(study.folder, tmp_path / "study")))
    run = copy.run_folder("tiny")
    assert _run(EvaluateRunJob(study=copy.folder, run="tiny"))[0] == 0
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["best_epoch"] == best_epoch(run)
    assert measured_now(run) is not None
    assert (read_run(run).part, read_run(run).is_finished) == ("test", True)
    # As if it had been trained further since.
    (run / "metrics.json").write_text(json.dumps(metrics | {"best_epoch": 17}), encoding="utf-8")
    assert measured_now(run) is None
    assert (read_run(run).part, read_run(run).scores) == ("", ())
    entry = ReportEntry(ReportKind.RUN, "tiny", run, (run / "metrics.json",))
    assert any("evaluate it again" in value for _, value in read_report(entry).lines)
    _, events = _run(ExportModelJob(run=run, out=tmp_path / "model", name="tiny"))
    card = find_model(str(tmp_path / "model")).card
    assert (card.results.subjects, card.method.temperature) == (0, 1.0)
    assert any(isinstance(event, Warned) and "not calibrated" in event.what for event in events)
    with pytest.raises(InputError, match="was trained further since it was measured"):
        require_measured_now(run)
    assert _run(_job(copy, epochs=2))[0] == 0
    report = measured_now(run)
    assert report is not None
    assert report.part == "validation"


def test_training_starts_from_another_runs_weights(trained: Path, study: Study) -> None:
    start = trained / "best.keras"
    job = _job(study, run="continued").model_copy(update={"start_from": start, "learning_rate": 1e-12})
    status, events = _run(job)
    assert status == 0, events[-1]
    first = study.run_folder("continued") / "best.keras"
    kernels = [load_keras(path).get_layer("classifier").get_weights() for path in (start, first)]
    for before, after in zip(*kernels, strict=True):
        np.testing.assert_allclose(before, after, atol=1e-6)


def test_training_that_cannot_compute_in_16_bits_says_so_and_keeps_it(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device, "processor_has_bfloat16", lambda: False)
    monkeypatch.setattr(device, "gpu_count", lambda: 0)
    job = _job(study, run="whole").model_copy(update={"precision": "mixed"})

    def stop(*_given: object, **_settings: object) -> None:
        raise JobCancelled

    monkeypatch.setattr(train, "fit", stop)
    devices = []
    for has in (False, False, True):
        monkeypatch.setattr(device, "processor_has_bfloat16", lambda has=has: has)
        status, events = _run(job)
        assert status == 3
        assert any("32 bits" in e.what for e in events if isinstance(e, Warned)) is not has
        manifest = json.loads((study.run_folder("whole") / "manifest.json").read_text(encoding="utf-8"))
        devices.append(manifest["device"])
    assert devices[0].endswith(", 32 bits")
    assert devices[1] == devices[0]
    assert devices[2] == f"{devices[0]}, then {devices[0].removesuffix(', 32 bits')}", "it was gone on with"


def test_training_does_not_start_from_another_network(trained: Path, study: Study) -> None:
    job = _job(study, run="other").model_copy(
        update={"start_from": trained / "best.keras", "decoder": "u_deconet"}
    )
    status, events = _run(job)
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "start from" in events[-1].what


def test_training_without_the_weights_it_was_asked_to_start_from_does_not_begin(study: Study) -> None:
    job = _job(study, run="weightless").model_copy(update={"encoder_weights": "nowhere.safetensors"})
    status, events = _run(job)
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "nowhere.safetensors" in events[-1].what
    assert not (study.run_folder("weightless") / "config.json").exists()


def test_encoder_starts_from_another_runs_whatever_the_decoder(trained: Path, study: Study) -> None:
    job = _job(study).model_copy(update={"decoder": "fpn", "encoder_weights": str(trained / "best.keras")})
    begun, start = _network(job, load_atlas()), load_keras(trained / "best.keras")
    for name in ("encoder_conv1", "encoder_bn1", "encoder_layer4_1_conv2"):
        pairs = zip(begun.get_layer(name).get_weights(), start.get_layer(name).get_weights(), strict=True)
        for one, same in pairs:
            np.testing.assert_array_equal(one, same)


def test_evaluation_stands_beside_its_baselines(trained: Path, study: Study) -> None:
    status, events = _run(EvaluateRunJob(study=study.folder, run="tiny", refine=True))
    assert status == 0, events[-1]
    assert isinstance(events[-1], Finished)
    report = json.loads((trained / "metrics.json").read_text(encoding="utf-8"))
    assert report["part"] == "test"
    alone, repeat, network = report["baselines"]
    assert network["name"] == "network alone"
    assert report["settings"]["refine"]
    assert 0 < alone["macro_miou_nuclei"]["value"] <= 1
    assert repeat["macro_miou_nuclei"]["value"] == 1.0
    block = next(s for s in report["structures"] if s["name"] == "PAG")["of_subjects"]
    assert block["n"] == 1
    assert block["dice"]["value"] > 0
    calibration = report["calibration"]
    assert calibration["validation_subjects"] == 1
    assert calibration["nll_after"] <= calibration["nll_before"]
    assert [d["labels"] for d in calibration["diagrams"][::2]] == ["label given", "most probable class"]
    page = (trained / "metrics.html").read_text(encoding="utf-8")
    assert "How far the confidence is what it says" in page


def test_exported_model_has_the_calibration_of_the_same_method(
    trained: Path, study: Study, tmp_path: Path
) -> None:
    assert _run(EvaluateRunJob(study=study.folder, run="tiny"))[0] == 0
    metrics = json.loads((trained / "metrics.json").read_text(encoding="utf-8"))
    fitted = metrics["calibration"]
    assert fitted["usual_confidence"] is None, "one validation subject"
    usual = {
        "measured_on": "5 validation subjects",
        "subjects": 5,
        "nuclei": {"PAG": {"median": 0.7, "spread": 0.1}},
    }
    fitted["usual_confidence"] = usual
    (trained / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    _run(ExportModelJob(run=trained, out=tmp_path / "plain", name="tiny"))
    card = find_model(str(tmp_path / "plain")).card
    assert card.usual_confidence is not None
    assert card.usual_confidence.model_dump() == usual
    plain = card.method
    assert (plain.temperature, plain.low_confidence) == (fitted["temperature"], fitted["low_confidence"])
    assert plain.temperature != 1.0
    _, events = _run(ExportModelJob(run=trained, out=tmp_path / "refined", name="tiny", refine=True))
    assert find_model(str(tmp_path / "refined")).card.method.temperature == 1.0
    refined, unrefined = (load_model(str(tmp_path / name), "onnx").context for name in ("refined", "plain"))
    assert unrefined.usual is None
    np.testing.assert_allclose(refined.usual[:, 30, 20, 20], (0, 0.5, 0.5), atol=1e-5)
    assert any(isinstance(event, Warned) and "not calibrated" in event.what for event in events)


def test_exported_model_gives_the_same_labels_in_both_engines(
    trained: Path, study: Study, tmp_path: Path
) -> None:
    from brainstem_app.jobs.networks.keras_predictor import KerasPredictor

    status, events = _run(ExportModelJob(run=trained, out=tmp_path / "model", name="tiny"))
    assert status == 0, events[-1]
    assert {event.role for event in events if isinstance(event, Artifact)} == {"keras", "onnx", "json"}
    files = find_model(str(tmp_path / "model"))
    box = study.load_box("sub-1").image
    context = PredictionContext.of(load_atlas(), files.card.slice_input, files.card.method)
    onnx = predict_box(OnnxPredictor(files.weights("onnx"), threads=1), box, context)
    keras = predict_box(KerasPredictor(files.weights("keras")), box, context)
    assert (onnx.labels == keras.labels).mean() > 0.999
    np.testing.assert_allclose(onnx.confidence, keras.confidence, atol=1e-3)


def test_exported_model_brings_its_atlas_to_a_computer_without_it(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, events = _run(ExportModelJob(run=trained, out=tmp_path / "model", name="tiny", install=True))
    assert status == 0, events[-1]
    installed = user_data_folder() / "models" / "tiny"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "elsewhere"))
    with pytest.raises(InputError, match=ATLAS):
        load_atlas(ATLAS)
    for folder in (tmp_path / "model", installed):
        model = load_model(str(folder), "onnx")
        assert (model.atlas.name, model.atlas.version) == (ATLAS, "1")
        np.testing.assert_array_equal(crop_to_box(model.atlas.labels), _block(22))
        np.testing.assert_array_equal(model.context.atlas, _block(22))


def test_run_on_an_earlier_edition_of_the_atlas_is_not_evaluated_or_exported(
    trained: Path, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    _write_atlas(tmp_path / "brainstem-app" / "atlases" / ATLAS, "2", 20)
    copy = Study.open(Path(shutil.copytree(study.folder, tmp_path / "study")))
    jobs = (
        EvaluateRunJob(study=copy.folder, run="tiny"),
        ExportModelJob(run=copy.run_folder("tiny"), out=tmp_path / "model"),
    )
    for job in (_job(copy, "another"), *jobs):
        status, events = _run(job)
        assert status == InputError.exit_status
        assert isinstance(events[-1], Failed)
        assert "prepare" in events[-1].fix
    copy.settings.model_copy(update={"atlas_version": "2"}).save(copy.folder / "study.json")
    for job in jobs:
        status, events = _run(job)
        assert status == InputError.exit_status
        assert isinstance(events[-1], Failed)
        assert f"learned the labels of the atlas {ATLAS} version 1" in events[-1].what


def test_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    status, events = _run(ExportModelJob(run=tmp_path))
    assert status == InputError.exit_status
    assert isinstance(events[-1], Failed)


def test_batch_that_does_not_fit_is_refused_with_one_that_does(study: Study) -> None:
    status, events = _run(_job(study, "large").model_copy(update={"batch_size": 1_000_000}))
    assert status == InputError.exit_status
    assert isinstance(events[-1], Failed)
    assert "--batch-size" in events[-1].fix
    assert not (study.run_folder("large") / "last.keras").exists()


def test_progress_names_the_loss_where_the_window_reads_it() -> None:
    events: list[Event] = []
    batch = BatchDone(epoch=1, epochs=2, batch=3, batches=10, loss=0.75, seconds=1.0)
    _pass_on(batch, Reporter(events.append, lambda: False), load_atlas().table)
    (event,) = events
    assert isinstance(event, Progress)
    assert event.loss == 0.75
