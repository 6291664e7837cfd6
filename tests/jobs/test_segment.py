"""The way of a scan through `segment`; the registration and the network are replaced by made ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset

from brainstem_app.atlas.library import load_atlas
from brainstem_app.cli import app as command_line
from brainstem_app.evaluation.usual_confidence import UsualConfidence, UsualConfidences
from brainstem_app.imaging.inputs import ScanInput
from brainstem_app.imaging.label_map import load_label_map, save_label_map
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.scan import Finding, Level, Scan
from brainstem_app.imaging.spaces import MNI_SHAPE, mni_affine
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.events import Artifact, Event, Failed, Finished, Progress, Warned
from brainstem_app.jobs.job import SegmentJob
from brainstem_app.jobs.run import run_job
from brainstem_app.jobs.scans.segment_dicom import require_dicom
from brainstem_app.jobs.scans.segment_files import REGION_ARTIFACTS
from brainstem_app.models.card import ModelCard
from brainstem_app.models.library import hash_file
from brainstem_app.preprocessing.fit import Fit
from brainstem_app.preprocessing.normalise import Normalised
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.reports.exports.label_files import LABEL_FILES
from brainstem_app.reports.scan.results import find_results
from brainstem_app.study.result_state import Entry
from brainstem_app.study.segmentations import study_results
from brainstem_app.study.study import Study

from ..imaging.dicom_files import classic_bytes, edit_files

PAG = 3
# A bright block in MNI mm, inside the box; the made network calls bright voxels PAG.
BLOCK_MM = ((-6.0, 6.0), (-34.0, -22.0), (-16.0, 0.0))
FIT = Fit(
    correlation=0.9,
    edges=0.8,
    coverage=1.0,
    lowest_mm=-72.0,
    smallest_scale=0.9,
    largest_scale=1.1,
    brain_litres=1.4,
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Network of 34 classes that calls bright voxels PAG, as a model folder."""
    pytest.importorskip("onnx")
    from onnx import TensorProto, helper, save

    nodes = [
        helper.make_node("Clip", ["image", "zero", "one"], ["bright"]),
        helper.make_node("Sub", ["one", "bright"], ["dark"]),
        helper.make_node("Mul", ["bright", "zero"], ["none"]),
        helper.make_node(
            "Concat", ["dark", "none", "none", "bright", *["none"] * 30], ["probabilities"], axis=3
        ),
    ]
    graph = helper.make_graph(
        nodes,
        "bright",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["N", 224, 224, 1])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["N", 224, 224, 34])],
        [
            helper.make_tensor(name, TensorProto.FLOAT, [], [value])
            for name, value in (("zero", 0.0), ("one", 1.0))
        ],
    )
    folder = tmp_path / "model"
    folder.mkdir()
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save(made, str(folder / "model.onnx"))
    ModelCard(
        name="bright",
        atlas="brainstem31",
        atlas_version=load_atlas().version,
        decoder="none",
        encoder="none",
        classes=34,
        sha256={"model.onnx": hash_file(folder / "model.onnx")},
    ).save(folder)
    return folder


@pytest.fixture(autouse=True)
def _made_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    _replace_normalise(monkeypatch, lambda scan: ())


def _replace_normalise(
    monkeypatch: pytest.MonkeyPatch, findings: Callable[[Scan], tuple[Finding, ...]]
) -> None:
    """Scans are made in MNI space already: all that is left is to resample them."""

    def normalise_scan(
        scan: Scan, *, space: str, report: Callable[[float, str], None], after_brain: Callable[[], object]
    ) -> Normalised:
        after_brain()
        report(0.5, "registering")
        image = resample(scan.data, scan.affine, MNI_SHAPE, mni_affine(), order=1)
        return Normalised(image, Transforms(np.eye(4)), FIT, findings(scan), {"affine": 1.0}, brain_ml=1300.0)

    monkeypatch.setattr("brainstem_app.jobs.scans.segment.normalise_scan", normalise_scan)


def _write_scan(path: Path, *, bright: bool = True) -> Path:
    """A scan of the brainstem's surroundings with left on the left, 2 mm voxels, and the block in it."""
    affine = np.diag([-2.0, 2.0, 2.0, 1.0])
    affine[:3, 3] = (60.0, -110.0, -72.0)
    voxels = np.indices((60, 60, 60)).reshape(3, -1)
    mm = (affine[:3, :3] @ voxels + affine[:3, 3:]).reshape(3, 60, 60, 60)
    inside = np.all([(low <= x) & (x <= high) for x, (low, high) in zip(mm, BLOCK_MM, strict=True)], axis=0)
    data = np.where(inside & bright, 1.0, 0.1).astype(np.float32)
    data += np.random.default_rng(0).normal(0, 0.01, data.shape).astype(np.float32)
    image = nibabel.Nifti1Image(data, affine)
    image.set_qform(affine, 1)
    image.set_sform(affine, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.save(image, path)
    return path


def _run(scans: list[Path], out: Path, model: Path, **settings: Any) -> tuple[int, list[Event]]:
    events: list[Event] = []
    job = SegmentJob(scans=tuple(scans), out=out, model=str(model), **settings)
    return run_job(job, events.append, lambda: False), events


def test_labels_lie_on_the_scan_where_the_block_is(tmp_path: Path, model: Path) -> None:
    scan = _write_scan(tmp_path / "head.nii.gz")
    status, events = _run([scan], tmp_path / "out", model)
    assert status == 0, events[-1]
    labels, affine = load_label_map(tmp_path / "out" / "head" / "labels_native.nii.gz")
    source = nibabel.load(scan)
    np.testing.assert_allclose(affine, source.affine, atol=1e-5)
    bright = np.asarray(source.dataobj) > 0.5
    assert labels.shape == bright.shape
    overlap = (labels == PAG) & bright
    assert overlap.sum() > 0.8 * bright.sum()
    assert not (labels[~bright] == PAG).sum() > 0.25 * bright.sum()
    file = nibabel.load(tmp_path / "out" / "head" / "confidence_native.nii.gz")
    np.testing.assert_allclose(file.affine, source.affine, atol=1e-5)
    confidence = np.asarray(file.dataobj)
    assert confidence.shape == labels.shape
    assert 0 <= confidence.min() <= confidence.max() <= 1
    assert confidence[labels == PAG].min() > 0.4  # the made network gives a bright voxel its brightness
    assert confidence[0, 0, 0] == 0  # outside the box


def test_output_folder_holds_what_the_interface_names(tmp_path: Path, model: Path) -> None:
    _, events = _run([_write_scan(tmp_path / "head.nii.gz")], tmp_path / "out", model)
    folder = tmp_path / "out" / "head"
    files = "labels_native.nii.gz labels_mni.nii.gz report.json report.csv report.html report.pdf qc.png"
    names = [
        *files.split(),
        "confidence_native.nii.gz",
        "manifest.json",
        *LABEL_FILES,
        *REGION_ARTIFACTS.values(),
    ]
    assert [name for name in names if not (folder / name).exists()] == []
    named = {Path(event.path).name for event in events if isinstance(event, Artifact)}
    assert set(names) <= named
    in_mni, affine = load_label_map(folder / "labels_mni.nii.gz")
    assert in_mni.shape == MNI_SHAPE
    np.testing.assert_allclose(affine, mni_affine())
    regions, _ = load_label_map(folder / "labels_regions_native.nii.gz")
    labels, _ = load_label_map(folder / "labels_native.nii.gz")
    np.testing.assert_array_equal(regions > 0, labels > 0)
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    brainstem, *parts = report["regions"]
    assert [part["voxels"] for part in parts] == [np.count_nonzero(regions == k) for k in (1, 2, 3)]
    assert brainstem["volume_mm3"] == sum(part["volume_mm3"] for part in parts)
    (pag,) = [entry for entry in report["structures"] if entry["index"] == PAG]
    assert pag["status"] == "unscored"
    assert 0.5 < pag["confidence"] <= 1
    timings = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["timings_s"]
    assert {"read", "affine", "predict"} <= set(timings)


def test_one_bad_scan_does_not_stop_the_others_and_is_named(tmp_path: Path, model: Path) -> None:
    good = _write_scan(tmp_path / "good.nii.gz")
    (tmp_path / "bad.nii.gz").write_bytes(b"no image")
    scans = [tmp_path / "bad.nii.gz", good, tmp_path / "missing.nii.gz"]
    status, events = _run(scans, tmp_path / "out", model)
    assert status == 1
    assert (tmp_path / "out" / "good" / "report.json").exists()
    failed = events[-1]
    assert isinstance(failed, Failed)
    assert "2 of 3" in failed.what
    assert "bad" in failed.what
    assert "missing" in failed.what
    warned = " ".join(event.what for event in events if isinstance(event, Warned))
    assert "bad" in warned


def test_single_bad_scan_is_bad_input(tmp_path: Path, model: Path) -> None:
    (tmp_path / "bad.nii.gz").write_bytes(b"no image")
    status, events = _run([tmp_path / "bad.nii.gz"], tmp_path / "out", model)
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "bad.nii.gz" in events[-1].where


def test_folder_that_another_process_writes_to_is_left_to_it(tmp_path: Path, model: Path) -> None:
    scan = _write_scan(tmp_path / "head.nii.gz")
    with claimed((claim_of(tmp_path / "out" / "head", "The folder for the results"),), "segment"):
        status, events = _run([scan], tmp_path / "out", model)
        assert [path.name for path in (tmp_path / "out").iterdir()] == [".head.lock"]
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert events[-1].what.startswith("The folder for the results “head” is in use by process ")


def test_implausible_fit_writes_no_labels(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusal = Finding(Level.ERROR, "no-fit", "The scan does not fit the template.", "Look at it.")
    _replace_normalise(monkeypatch, lambda scan: (refusal,))
    status, events = _run([_write_scan(tmp_path / "head.nii.gz")], tmp_path / "out", model)
    assert status == 1
    assert isinstance(events[-1], Failed)
    assert events[-1].what == "The scan does not fit the template."
    assert not list(tmp_path.glob("out/**/labels_*"))


def test_scan_without_a_nucleus_writes_no_labels(tmp_path: Path, model: Path) -> None:
    scan = _write_scan(tmp_path / "head.nii.gz", bright=False)
    status, events = _run([scan], tmp_path / "out", model)
    assert status == 1
    assert isinstance(events[-1], Failed)
    assert "not one nucleus" in events[-1].what
    assert not list(tmp_path.glob("out/**/labels_*"))


def test_poor_fit_is_a_warning_in_the_report(
    tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    doubt = Finding(Level.WARNING, "poor-fit", "The scan fits the template poorly.", "Look at it.")
    _replace_normalise(monkeypatch, lambda scan: (doubt,))
    status, events = _run([_write_scan(tmp_path / "head.nii.gz")], tmp_path / "out", model)
    assert status == 0
    assert isinstance(events[-1], Finished)
    assert any(isinstance(event, Warned) and "fits the template poorly" in event.what for event in events)
    report = json.loads((tmp_path / "out" / "head" / "report.json").read_text(encoding="utf-8"))
    assert "poor-fit" in {warning["code"] for warning in report["warnings"]}


def test_unusually_low_confidence_is_said_while_scans_are_segmented(tmp_path: Path, model: Path) -> None:
    scan = _write_scan(tmp_path / "head.nii.gz")
    card = ModelCard.model_validate_json((model / "model.json").read_bytes())
    unsure = card.method.model_copy(update={"low_confidence": 1.0, "temperature": 5.0})

    def said(usual: float | None) -> list[str]:
        nuclei = {} if usual is None else {"PAG": UsualConfidence(median=usual, spread=0.01)}
        known = UsualConfidences(measured_on="others", subjects=6, nuclei=nuclei) if nuclei else None
        card.model_copy(update={"method": unsure, "usual_confidence": known}).save(model)
        status, events = _run([scan], tmp_path / "out", model)
        assert status == 0
        return [e.what for e in events if isinstance(e, Warned) and "confidence" in e.what]

    assert said(None) == [], "nearly everybody has some of them"
    report = json.loads((tmp_path / "out" / "head" / "report.json").read_text(encoding="utf-8"))
    assert "low-confidence" in {warning["code"] for warning in report["warnings"]}
    found = next(s["confidence"] for s in report["structures"] if s["name"] == "PAG")
    assert said(found + 0.05) == []
    told = f"PAG ({found:.2f}, usually {found + 0.15:.2f})"
    assert said(found + 0.15) == [f"head: 1 nucleus with an unusually low confidence: {told}."]


def test_model_of_another_atlas_version_is_refused(tmp_path: Path, model: Path) -> None:
    card = ModelCard.model_validate_json((model / "model.json").read_bytes())
    card.model_copy(update={"atlas_version": "0.0"}).save(model)
    status, events = _run([_write_scan(tmp_path / "head.nii.gz")], tmp_path / "out", model)
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "0.0" in events[-1].what


def test_missing_model_says_which_there_are(tmp_path: Path) -> None:
    scan = _write_scan(tmp_path / "head.nii.gz")
    status, events = _run([scan], tmp_path / "out", Path("no-such-model"))
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "no-such-model" in events[-1].what


def test_bids_dataset_becomes_bids_derivatives_with_surfaces(tmp_path: Path, model: Path) -> None:
    dataset, out = tmp_path / "ds", tmp_path / "nuclei"
    for subject in ("sub-01", "sub-02"):
        _write_scan(dataset / subject / "anat" / f"{subject}_T1w.nii.gz")
    status, events = _run([dataset], out, model, bids=True, surfaces=True)
    assert status == 0, events[-1]
    known = {"dataset_description.json", ".bidsignore", "README", "reports", "sub-01", "sub-02"}
    assert {path.name for path in out.iterdir()} == known
    name = "sub-02_space-orig_desc-brainstem31_dseg"
    files = {path.name for path in (out / "sub-02").rglob("*") if path.is_file()}
    of_regions = name.replace("31", "31regions")
    assert files == {f"{n}{end}" for n in (name, of_regions) for end in (".nii.gz", ".json", ".tsv")}
    rows = (out / "sub-02" / "anat" / f"{of_regions}.tsv").read_text(encoding="utf-8").splitlines()
    assert [row.split("\t")[2] for row in rows[2:]] == ["midbrain", "pons", "medulla"]
    reported = out / "reports" / "sub-02"
    labels, affine = load_label_map(out / "sub-02" / "anat" / f"{name}.nii.gz")
    same, same_affine = load_label_map(reported / "labels_native.nii.gz")
    np.testing.assert_array_equal(labels, same)
    np.testing.assert_array_equal(affine, same_affine)
    surfaces = {path.name for path in (reported / "surfaces").iterdir()}
    assert {"PAG.stl", "nuclei.glb", "regions.glb"} < surfaces
    assert {name for name in surfaces if name.startswith("region_")} <= {
        f"region_{name}.stl" for name in ("midbrain", "pons", "medulla")
    }
    sidecar = json.loads((out / "sub-02" / "anat" / f"{name}.json").read_text(encoding="utf-8"))
    assert (out / sidecar["Report"]).is_file()
    command = json.loads((reported / "manifest.json").read_text(encoding="utf-8"))["command"]
    assert command[2:5] == ["sub-02_T1w.nii.gz", "--out", "OUT"]
    assert "--surfaces" in command
    assert "--bids" not in command, "a scan without its dataset is refused there"
    table = (out / "sub-02" / "anat" / f"{name}.tsv").read_text(encoding="utf-8").splitlines()
    assert len(table) == load_atlas().table.n_classes + 1


def _slips(dataset: Path) -> Path:
    """Dataset with a misnamed file, and with sessions that names leave out."""
    for place in (
        "sub-03/anat/sub-04",
        "sub-04/anat/sub-04",
        "sub-05/ses-1/anat/sub-05",
        "sub-05/ses-2/anat/sub-05",
    ):
        _write_scan(dataset / f"{place}_T1w.nii.gz")
    (dataset / "dataset_description.json").write_text("{}", encoding="utf-8")
    return dataset


def test_misnamed_scan_is_refused_and_sessions_that_names_leave_out_are_those_of_the_folders(
    tmp_path: Path, model: Path
) -> None:
    out = tmp_path / "out"
    status, events = _run([_slips(tmp_path / "ds")], out, model, bids=True)
    assert status == 1
    assert isinstance(events[-1], Failed)
    assert events[-1].what == "1 of 4 scans could not be segmented: sub-03."
    warned = [event for event in events if isinstance(event, Warned)]
    (misnamed,) = [event for event in warned if event.what.startswith("sub-03: The file is named sub-04, ")]
    assert Path(misnamed.where).parts[-3:] == ("sub-03", "anat", "sub-04_T1w.nii.gz")
    assert any(event.what.endswith("it is taken for sub-05_ses-2.") for event in warned)
    assert {path.name for path in (out / "reports").iterdir()} == {"sub-04", "sub-05_ses-1", "sub-05_ses-2"}
    label_maps = {path.relative_to(out).as_posix() for path in out.glob("sub-05/**/*brainstem31_dseg.nii.gz")}
    assert label_maps == {
        f"sub-05/ses-{n}/anat/sub-05_ses-{n}_space-orig_desc-brainstem31_dseg.nii.gz" for n in (1, 2)
    }
    results = find_results([out])
    assert sorted((one.subject, one.occasion) for one in results) == [
        ("sub-04", ""),
        ("sub-05", "ses-1"),
        ("sub-05", "ses-2"),
    ]


def test_two_scans_of_one_place_in_a_study_never_become_one(tmp_path: Path, model: Path) -> None:
    first = _write_scan(tmp_path / "ds" / "sub-01" / "anat" / "sub-01_T1w.nii.gz")
    second = _write_scan(first.with_name("sub-01_T1w.nii"))
    study = tmp_path / "study"
    status, events = _run_in_study(study, model, first, second)
    assert status == 1
    assert isinstance(events[-1], Failed)
    assert events[-1].what == "1 of 2 scans could not be segmented: sub-01_T1w_nii."
    (result,) = study_results(study)
    assert result.record.scan == str(first)


def test_dicom_segmentation_needs_a_scan_that_came_as_dicom(tmp_path: Path, model: Path) -> None:
    scan = _write_scan(tmp_path / "head.nii.gz")
    status, events = _run([scan], tmp_path / "out", model, dicom_seg=True)
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "DICOM" in events[-1].what


def _series(folder: Path) -> Path:
    folder.mkdir()
    rng = np.random.default_rng(0)
    for index in range(60):
        pixels = rng.integers(50, 100, (60, 60)).astype("<i2")
        (folder / f"{index:03d}.dcm").write_bytes(classic_bytes(pixels, index, 3, "t1_mprage", "", 2.0))
    return folder


@pytest.mark.parametrize("missing", ["ImageOrientationPatient", "ImagePositionPatient"])
def test_dicom_segmentation_is_refused_at_once_where_only_the_user_says_how_the_series_lies(
    tmp_path: Path, model: Path, missing: str
) -> None:
    def forget(dataset: Dataset, _index: int) -> None:
        delattr(dataset, missing)

    scan = edit_files(_series(tmp_path / "exam"), forget)
    status, events = _run([scan], tmp_path / "out", model, dicom_seg=True, orientation="LPS")
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "no DICOM segmentation can lie on them" in events[-1].what
    assert not list(tmp_path.glob("out/**/labels_*"))
    assert not any("loading" in event.message for event in events if isinstance(event, Progress))


def test_dicom_segmentation_of_a_series_that_says_how_it_lies_is_free_to_be_stated_again(
    tmp_path: Path,
) -> None:
    folder = _series(tmp_path / "exam")
    require_dicom([ScanInput(folder, "exam"), ScanInput(tmp_path / "head.nii.gz", "head")], "LPS")


def test_scans_of_two_datasets_do_not_go_into_one_of_derivatives(tmp_path: Path, model: Path) -> None:
    scans = [_write_scan(tmp_path / ds / "sub-01" / "anat" / "sub-01_T1w.nii.gz") for ds in ("a", "b")]
    status, events = _run(scans, tmp_path / "out", model, bids=True)
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "2 BIDS datasets" in events[-1].what


def _run_in_study(study: Path, model: Path, *scans: Path, **settings: Any) -> tuple[int, list[Event]]:
    events: list[Event] = []
    job = SegmentJob(scans=scans, study=study, model=str(model), **settings)
    return run_job(job, events.append, lambda: False), events


def _bids(tmp_path: Path, *names: str) -> Path:
    dataset = tmp_path / "ds"
    for name in names:
        subject, *session = name.split("_")
        _write_scan(dataset.joinpath(subject, *session, "anat", f"{name}_T1w.nii.gz"))
    return dataset


def test_results_of_a_study_lie_by_subject_session_and_model(tmp_path: Path, model: Path) -> None:
    dataset, study = _bids(tmp_path, "sub-01", "sub-02_ses-1"), tmp_path / "study"
    status, events = _run_in_study(study, model, dataset)
    assert status == 0, events[-1]
    results = study_results(study)
    assert [result.name for result in results] == ["sub-01/bright-1", "sub-02/ses-1/bright-1"]
    assert [result.state for result in results] == ["unseen", "unseen"]
    assert results[1].record.scan == str(dataset / "sub-02/ses-1/anat/sub-02_ses-1_T1w.nii.gz")
    items = {event.item for event in events if isinstance(event, Artifact)}
    assert items == {"sub-01", "sub-02_ses-1"}
    report = json.loads((results[0].folder / "report.json").read_text(encoding="utf-8"))
    assert report["scan"]["dataset"] == "ds"


def test_study_segments_its_own_dataset_again_and_keeps_what_was_said(tmp_path: Path, model: Path) -> None:
    dataset, study = _bids(tmp_path, "sub-01"), tmp_path / "study"
    assert _run_in_study(study, model, dataset)[0] == 0
    (result,) = study_results(study)
    result.write_down(Entry(deed="rejected", why="moved"))
    assert _run_in_study(study, model)[0] == 0  # without scans: those of its dataset
    (again,) = study_results(study)
    assert [entry.why for entry in again.record.history] == ["moved"]
    assert again.state == "rejected"  # the labels are the same


def test_study_that_was_only_begun_in_the_window_is_made_of_the_dataset(tmp_path: Path, model: Path) -> None:
    dataset, study = _bids(tmp_path, "sub-01"), tmp_path / "study"
    study.mkdir()
    (study / "window.json").write_text("{}", encoding="utf-8")
    status, events = _run_in_study(study, model, dataset)
    assert status == 0, events[-1]
    assert Study.open(study).settings.dataset == str(dataset)
    assert [result.name for result in study_results(study)] == ["sub-01/bright-1"]


def test_folder_with_other_files_is_not_made_a_study(tmp_path: Path, model: Path) -> None:
    dataset, folder = _bids(tmp_path, "sub-01"), tmp_path / "papers"
    folder.mkdir()
    (folder / "draft.txt").write_text("mine", encoding="utf-8")
    status, events = _run_in_study(folder, model, dataset)
    assert status == 2
    assert "This folder is not empty, and no study" in events[-1].what
    assert [path.name for path in folder.iterdir()] == ["draft.txt"]


def test_scan_of_another_dataset_is_another_person_of_the_study(tmp_path: Path, model: Path) -> None:
    dataset, study = _bids(tmp_path, "sub-01"), tmp_path / "study"
    other = _bids(tmp_path / "elsewhere", "sub-01")
    assert _run_in_study(study, model, dataset)[0] == 0
    assert _run_in_study(study, model, other)[0] == 0
    assert [result.name for result in study_results(study)] == ["ds_sub-01/bright-1", "sub-01/bright-1"]


def test_study_of_a_scan_that_lies_alone_takes_on_the_first_dataset(tmp_path: Path, model: Path) -> None:
    scan, study = _write_scan(tmp_path / "head.nii.gz"), tmp_path / "study"
    assert _run_in_study(study, model, scan)[0] == 0
    assert Study.open(study).settings.dataset_folder is None
    status, events = _run_in_study(study, model)
    assert status == 2
    assert "no dataset yet" in events[-1].what
    dataset = _bids(tmp_path, "sub-01")
    assert _run_in_study(study, model, dataset)[0] == 0
    assert Study.open(study).settings.dataset == str(dataset)
    assert [result.name for result in study_results(study)] == ["head/bright-1", "sub-01/bright-1"]


def test_corrected_result_of_a_study_gets_a_report_of_its_own(tmp_path: Path, model: Path) -> None:
    dataset, study = _bids(tmp_path, "sub-01"), tmp_path / "study"
    assert _run_in_study(study, model, dataset)[0] == 0
    (result,) = study_results(study)
    labels, affine = load_label_map(result.folder / "labels_native.nii.gz")
    changed = labels.copy()
    changed[tuple(np.argwhere(labels == PAG)[0])] = 0
    save_label_map(tmp_path / "mine.nii.gz", changed, affine)
    before = (result.folder / "report.json").read_bytes()
    words = ["study", "correct", str(study), "sub-01", "--labels", str(tmp_path / "mine.nii.gz")]
    assert command_line.run([*words, "--who", "anna", "--why", "one voxel too many"]) == 0
    edited = result.folder / "edited"
    assert {"report.html", "report.pdf", "report.xlsx", "report.csv", "qc.png"} <= {
        path.name for path in edited.iterdir()
    }
    assert (result.folder / "report.json").read_bytes() == before
    old, new = (json.loads(text) for text in (before, (edited / "report.json").read_bytes()))
    pag = [next(s for s in report["structures"] if s["index"] == PAG) for report in (old, new)]
    assert pag[0]["volume_mm3"] - pag[1]["volume_mm3"] == pytest.approx(8.0)
    assert new["volume_method"] == "corrected"
    page = (edited / "report.html").read_text(encoding="utf-8")
    assert "The labels were corrected by hand" in page
    assert "plus the voxels that a structure gained" in page
    (result,) = study_results(study)
    assert (result.state, result.last.who, result.last.why) == ("edited", "anna", "one voxel too many")
    assert command_line.run(["quality", str(study)]) == 0
    assert (edited / "qc_small.png").is_file()
    row = (study / "quality.tsv").read_text(encoding="utf-8").splitlines()[1]
    assert "corrected" in row
    assert "edited" in row
