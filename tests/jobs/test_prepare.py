from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import nibabel
import numpy as np
import pytest
from numpy.typing import NDArray

from brainstem_app.atlas.disagreement import disagreement_about
from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas
from brainstem_app.gui.prepare.subject_list import read_subjects
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.scan import Finding, Level, Scan
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine, crop_to_box, mni_affine
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.events import Artifact, Event, Failed, Finished, Progress, Warned
from brainstem_app.jobs.job import PrepareJob
from brainstem_app.jobs.run import run_job
from brainstem_app.jobs.studies import prepare as preparing
from brainstem_app.jobs.studies import subject_task
from brainstem_app.preprocessing.fit import Fit
from brainstem_app.preprocessing.reference import PreparedSubject
from brainstem_app.preprocessing.transforms import Displacement
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.study.run_manifest import RunManifest
from brainstem_app.study.study import Study

FIT = Fit(
    correlation=0.9,
    edges=0.8,
    coverage=1.0,
    lowest_mm=-72.0,
    smallest_scale=0.9,
    largest_scale=1.1,
    brain_litres=1.4,
)
FINE_WARP = "transforms/fine_warp_mm.nii.gz"
Prepare = Callable[..., PreparedSubject]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Four tiny BIDS subjects, two of a group each; sub-03 is no image at all."""
    root = tmp_path / "dataset"
    rows = ["participant_id\tgroup"]
    for number in range(1, 5):
        name = f"sub-{number:02d}"
        path = root / name / "anat" / f"{name}_T1w.nii.gz"
        path.parent.mkdir(parents=True)
        voxels = np.random.default_rng(number).random((64, 64, 64)).astype(np.float32)
        image = nibabel.Nifti1Image(voxels, np.diag([3.0, 3.0, 3.0, 1.0]))
        image.set_qform(image.affine, 1)
        image.set_sform(image.affine, 1)
        nibabel.save(image, path)
        rows.append(f"{name}\t{'control' if number % 2 else 'patient'}")
    (root / "sub-03" / "anat" / "sub-03_T1w.nii.gz").write_bytes(b"no image")
    (root / "dataset_description.json").write_text('{"Name": "made"}', encoding="utf-8")
    (root / "participants.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the scans that were prepared; made boxes and files stand for preparing and drawing them."""
    names: list[str] = []
    _replace(monkeypatch, names, lambda name: ())
    for module in ("subject_task", "relabel"):
        monkeypatch.setattr(f"brainstem_app.jobs.studies.{module}.draw_reference", _draw_nothing)
    return names


def _draw_nothing(folder: Path, table: LabelTable) -> None:
    """Stand in for the picture, which takes longer than all the rest of these tests."""
    (folder / "qc.png").write_bytes(str(table.n_classes).encode())


def _replace(
    monkeypatch: pytest.MonkeyPatch, names: list[str], findings: Callable[[str], tuple[Finding, ...]]
) -> None:
    def prepare_subject(
        scan: Scan,
        atlas_labels: NDArray[np.uint8],
        names_of_labels: Sequence[str],
        space: str,
        folder: Path,
        report: Callable[[float, str], None],
        *,
        repeat: bool = False,
    ) -> PreparedSubject:
        report(0.5, "registering")
        names.append(folder.name)
        labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
        labels[20:30, 20:30, 20:50] = 3
        save_volume(folder / "scan_box.nii.gz", labels.astype(np.float32), box_affine(), space="mni")
        save_label_map(folder / "labels_box.nii.gz", labels, box_affine(), space="mni")
        Displacement(np.zeros((*BOX_SHAPE, 3), np.float32), box_affine()).save(folder / FINE_WARP)
        if repeat:
            save_label_map(folder / "labels_box_repeat.nii.gz", labels, box_affine(), space="mni")
        return PreparedSubject(FIT, findings(folder.name), {"affine": 1.0})

    monkeypatch.setattr("brainstem_app.preprocessing.reference.prepare_subject", prepare_subject)


def _run(dataset: Path, **settings: object) -> tuple[int, list[Event]]:
    events: list[Event] = []
    study = dataset.parent / "study"
    job = PrepareJob.model_validate({"dataset": dataset, "study": study, **settings})
    return run_job(job, events.append, lambda: False), events


def test_failed_subject_is_recorded_and_does_not_stop_the_others(dataset: Path, prepared: list[str]) -> None:
    status, events = _run(dataset)
    assert status == 0
    assert prepared == ["sub-01", "sub-02", "sub-04"]
    study = Study.open(dataset.parent / "study")
    broken = study.subject("sub-03")
    assert broken is not None
    assert broken.failure is not None
    assert broken.failure.what
    assert any(isinstance(event, Warned) and "sub-03" in event.what for event in events)
    last = events[-1]
    assert isinstance(last, Finished)
    assert (last.summary["prepared"], last.summary["failed"]) == (3, 1)


def test_subject_folder_holds_what_the_interface_names(
    dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _replace(monkeypatch, [], lambda name: ())
    _run(dataset, subjects=("sub-01",))
    folder = dataset.parent / "study" / "subjects" / "sub-01"
    for name in ("scan_box.nii.gz", "labels_box.nii.gz", "qc.png", "manifest.json"):
        assert (folder / name).exists()
    assert (folder / "qc.png").read_bytes().startswith(b"\x89PNG")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["state"] == "finished"
    assert manifest["group"] == "control"
    assert manifest["fit"]["correlation"] == 0.9
    assert len(manifest["sha256"]) == len(manifest["files"]["labels_box.nii.gz"]) == 64


def test_table_of_participants_that_cannot_be_read_is_told_and_stops_nobody(
    dataset: Path, prepared: list[str]
) -> None:
    (dataset / "participants.tsv").write_text("who\tgroup\nsub-01\tcontrol\n", encoding="utf-8")
    status, events = _run(dataset)
    assert (status, len(prepared)) == (0, 3)
    (told,) = [e.what for e in events if isinstance(e, Warned) and "not balanced by group" in e.what]
    assert "no column participant_id" in told


def test_split_names_only_subjects_that_succeeded(dataset: Path, prepared: list[str]) -> None:
    _run(dataset)
    splits = Study.open(dataset.parent / "study").splits()
    assert sorted(splits.names) == ["sub-01", "sub-02", "sub-04"]


def test_subjects_keep_their_parts_once_a_run_has_learned_from_them(
    dataset: Path, prepared: list[str]
) -> None:
    _run(dataset, subjects=("sub-01", "sub-02"))
    study = Study.open(dataset.parent / "study")
    first = study.splits()
    _run(dataset, seed=3)
    study = Study.open(study.folder)
    assert (study.settings.seed, study.splits().seed) == (3, 3)
    assert sorted(study.splits().names) == ["sub-01", "sub-02", "sub-04"]
    # As it was at first, and with a run.
    shutil.rmtree(study.subject_folder("sub-04"))
    study.save_splits(first)
    run = study.run_folder("one")
    run.mkdir(parents=True)
    (run / "config.json").write_text("{}", encoding="utf-8")
    RunManifest(job={}, atlas="", splits=first, data={}, software={}, device="").save(run / "manifest.json")
    status, events = _run(dataset, seed=3)
    assert status == 0
    joined = study.splits()
    assert set(first.train) <= set(joined.train)
    assert set(first.test) <= set(joined.test)
    assert sorted(joined.names) == ["sub-01", "sub-02", "sub-04"]
    assert any(isinstance(e, Warned) and f"split of seed {first.seed} stays" in e.what for e in events)
    # Whoever was left out for a while comes back into the part that a run had them in.
    study.save_splits(joined.without(frozenset(first.train)))
    _run(dataset)
    assert set(study.splits().train) == set(joined.train)


def test_second_start_prepares_only_what_is_missing(dataset: Path, prepared: list[str]) -> None:
    _run(dataset)
    prepared.clear()
    status, _ = _run(dataset)
    assert status == 0
    assert prepared == []


def test_subject_that_another_process_prepares_is_left_to_it(dataset: Path, prepared: list[str]) -> None:
    job = PrepareJob(dataset=dataset, study=dataset.parent / "study")
    folder = Study.create(job.study, preparing._settings(job)).folder / "subjects" / "sub-02"
    folder.mkdir(parents=True)
    (folder / "half.nii.gz").write_bytes(b"of the other")
    with claimed((claim_of(folder, "The subject"),), "prepare"):
        status, events = _run(dataset)
    assert (status, prepared) == (1, ["sub-01", "sub-04"])
    assert [path.name for path in folder.iterdir()] == ["half.nii.gz"]
    warning = next(e for e in events if isinstance(e, Warned) and "sub-02" in e.what)
    assert "is in use by process" in warning.what
    last = events[-1]
    assert isinstance(last, Failed)
    assert last.what == "1 of 4 subjects are in use by another process: sub-02."
    assert Study.open(dataset.parent / "study").splits().names
    assert _run(dataset)[0] == 0
    assert prepared[-1] == "sub-02"


def test_subject_that_was_prepared_meanwhile_is_not_prepared_again(
    dataset: Path, prepared: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    study = dataset.parent / "study"
    prepare_one = subject_task.prepare_one

    def after_another(task: subject_task.SubjectTask, report: Callable[[float, str], None]) -> object:
        prepare_one(task, report)
        return prepare_one(task, report)

    monkeypatch.setattr(preparing, "prepare_one", after_another)
    assert _run(dataset, subjects=("01", "02"))[0] == 0
    assert prepared == ["sub-01", "sub-02"]
    assert not list((study / "subjects").glob(".*"))


def test_asking_for_the_repeat_later_makes_it(dataset: Path, prepared: list[str]) -> None:
    _run(dataset)
    _run(dataset, repeat=True)
    assert prepared.count("sub-01") == 2
    assert (dataset.parent / "study" / "subjects" / "sub-01" / "labels_box_repeat.nii.gz").exists()


def test_subject_that_does_not_fit_is_refused(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = Finding(Level.ERROR, "no-fit", "The scan does not fit.", "Look at it.")
    _replace(monkeypatch, [], lambda name: (refusal,) if name == "sub-01" else ())
    _run(dataset, subjects=("sub-01", "sub-02"))
    record = Study.open(dataset.parent / "study").subject("sub-01")
    assert record is not None
    assert record.failure is not None
    assert (record.state, record.failure.what) == ("failed", "The scan does not fit.")


def test_cancelling_keeps_the_finished_subjects(dataset: Path, prepared: list[str]) -> None:
    events: list[Event] = []
    job = PrepareJob(dataset=dataset, study=dataset.parent / "study")

    def is_cancelled() -> bool:
        return any(isinstance(event, Artifact) and event.item == "sub-02" for event in events)

    assert run_job(job, events.append, is_cancelled) == 3
    assert prepared == ["sub-01", "sub-02"]
    assert [r.name for r in Study.open(dataset.parent / "study").finished_subjects()] == ["sub-01", "sub-02"]
    _run(dataset)
    assert prepared == ["sub-01", "sub-02", "sub-04"]


def test_only_the_subjects_asked_for(dataset: Path, prepared: list[str]) -> None:
    _run(dataset, subjects=("sub-02", "04"))
    assert prepared == ["sub-02", "sub-04"]


def test_dataset_without_the_subjects_asked_for_is_bad_input(dataset: Path, prepared: list[str]) -> None:
    status, events = _run(dataset, subjects=("sub-99",))
    assert status == 2
    assert isinstance(events[-1], Failed)


def test_study_says_how_far_its_references_lie_from_a_consensus(
    dataset: Path, prepared: list[str], tmp_path: Path
) -> None:
    atlas = load_atlas()
    known = round(disagreement_about(atlas.name, atlas.version).mean_reference_mm, 2)
    _, events = _run(dataset)
    assert Study.open(dataset.parent / "study").settings.reference_mm == known
    assert any(f"{known:.2f} mm from the consensus" in e.message for e in events if isinstance(e, Progress))
    assert events[-1].summary["reference_to_consensus_mm"] == known
    _, other = _run(dataset, space="nonlinear", study=tmp_path / "other")
    assert Study.open(tmp_path / "other").settings.reference_mm is None
    assert "reference_to_consensus_mm" not in other[-1].summary


def test_study_says_which_atlas_it_was_made_with(dataset: Path, prepared: list[str]) -> None:
    _run(dataset)
    settings = Study.open(dataset.parent / "study").settings
    assert (settings.atlas, settings.atlas_version) == ("brainstem31", load_atlas().version)


@pytest.fixture
def changed_atlas(tmp_path: Path) -> Path:
    """The shipped atlas with its first nucleus as white matter, as another edition of the same version."""
    shipped = load_atlas()
    folder = tmp_path / "changed atlas"
    assert shipped.folder is not None
    shutil.copytree(shipped.folder, folder)
    labels = shipped.labels.copy()
    labels[labels == 3] = 1
    save_label_map(folder / "labels.nii.gz", labels, mni_affine(), space="mni")
    return folder


def test_when_only_the_atlas_changed_the_saved_warps_carry_the_new_one(
    dataset: Path, prepared: list[str], changed_atlas: Path
) -> None:
    _run(dataset, subjects=("sub-01", "sub-02"))
    prepared.clear()
    status, events = _run(dataset, subjects=("sub-01", "sub-02"), atlas=str(changed_atlas))
    assert (status, prepared) == (0, [])
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.summary["labelled_anew"] == 2
    assert any(isinstance(event, Warned) and "made anew" in event.what for event in events)
    study = Study.open(dataset.parent / "study")
    labels = study.load_box("sub-02").labels
    np.testing.assert_array_equal(labels, crop_to_box(load_atlas(changed_atlas).labels))
    record = study.subject("sub-02")
    assert record is not None
    assert (
        record.settings["atlas_sha256"]
        == study.settings.atlas_sha256
        == sha256_of(changed_atlas / "labels.nii.gz")
    )
    assert record.files["labels_box.nii.gz"] == sha256_of(
        study.subject_folder("sub-02") / "labels_box.nii.gz"
    )


def test_subject_whose_warp_is_gone_is_prepared_again_for_the_new_atlas(
    dataset: Path, prepared: list[str], changed_atlas: Path
) -> None:
    _run(dataset, subjects=("sub-01", "sub-02"))
    (dataset.parent / "study" / "subjects" / "sub-01" / FINE_WARP).unlink()
    prepared.clear()
    status, _ = _run(dataset, subjects=("sub-01", "sub-02"), atlas=str(changed_atlas))
    assert (status, prepared) == (0, ["sub-01"])
    study = Study.open(dataset.parent / "study")
    assert all(study.is_current(record) for record in study.finished_subjects())


def test_folder_of_maps_is_no_atlas_and_the_error_names_the_import(dataset: Path, tmp_path: Path) -> None:
    maps = tmp_path / "maps"
    maps.mkdir()
    (maps / "RN_L.nii.gz").write_bytes(b"a map")
    status, events = _run(dataset, subjects=("sub-01",), atlas=str(maps))
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "atlas import" in events[-1].fix


def test_atlas_that_no_name_finds_is_refused(dataset: Path, changed_atlas: Path) -> None:
    card = changed_atlas / "atlas.json"
    card.write_text('{"name": "of-a-lab", "version": "1"}', encoding="utf-8")
    status, events = _run(dataset, subjects=("sub-01",), atlas=str(changed_atlas))
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "of-a-lab" in events[-1].what
    assert "atlas import" in events[-1].fix


def test_runs_that_learned_from_the_atlas_before_are_named(
    dataset: Path, prepared: list[str], changed_atlas: Path
) -> None:
    _run(dataset, subjects=("sub-01",))
    config = dataset.parent / "study" / "runs" / "first" / "config.json"
    config.parent.mkdir(parents=True)
    config.write_text("{}", encoding="utf-8")
    _, events = _run(dataset, subjects=("sub-01",), atlas=str(changed_atlas))
    assert any(isinstance(event, Warned) and "first learned from" in event.fix for event in events)


def test_scans_whose_names_leave_out_whose_they_are_stay_apart_and_misnamed_ones_fail(
    dataset: Path, prepared: list[str]
) -> None:
    anat = dataset / "sub-04" / "anat"
    for session, source in (("ses-1", "sub-01"), ("ses-2", "sub-02")):
        home = dataset / "sub-05" / session / "anat"
        home.mkdir(parents=True)
        shutil.copy(dataset / source / "anat" / f"{source}_T1w.nii.gz", home / "sub-05_T1w.nii.gz")
    (dataset / "sub-03" / "anat" / "sub-03_T1w.nii.gz").unlink()
    shutil.copy(anat / "sub-04_T1w.nii.gz", dataset / "sub-03" / "anat" / "sub-04_T1w.nii.gz")
    status, events = _run(dataset)
    assert status == 0
    assert prepared == ["sub-01", "sub-02", "sub-04", "sub-05_ses-1", "sub-05_ses-2"]
    study = Study.open(dataset.parent / "study")
    assert {r.source for r in study.finished_subjects() if r.name == "sub-04"} == {
        str(anat / "sub-04_T1w.nii.gz")
    }
    assert {r.person for r in study.finished_subjects() if r.name.startswith("sub-05")} == {"sub-05"}
    misnamed = study.subject("sub-03")
    assert misnamed is not None
    assert misnamed.failure is not None
    assert misnamed.failure.what.startswith("The file is named sub-04, but lies in the folder sub-03:")
    warned = [event.what for event in events if isinstance(event, Warned)]
    assert any("taken for sub-05_ses-2" in what for what in warned)
    shown = {one.name: one.person for one in read_subjects(dataset, None)}
    assert shown == {
        "sub-01": "sub-01",
        "sub-02": "sub-02",
        "sub-03": "sub-03",
        "sub-04": "sub-04",
        "sub-05_ses-1": "sub-05",
        "sub-05_ses-2": "sub-05",
    }
