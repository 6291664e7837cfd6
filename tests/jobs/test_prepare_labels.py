"""A study that learns from labels that a lab drew; made boxes stand for the registration."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.library import load_atlas, load_atlas_table
from brainstem_app.imaging.label_map import load_label_map, save_label_map, save_volume
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine
from brainstem_app.jobs.events import Event, Failed, Finished, Warned
from brainstem_app.jobs.job import AddReferenceJob, Job, PrepareJob, RemoveReferenceJob
from brainstem_app.jobs.run import run_job
from brainstem_app.jobs.studies.study_atlas import study_atlas
from brainstem_app.preprocessing.fit import Fit
from brainstem_app.preprocessing.reference import PreparedSubject
from brainstem_app.preprocessing.transforms import Displacement, Transforms
from brainstem_app.study.study import Study

FIT = Fit(0.9, 0.8, 1.0, -72.0, 0.9, 1.1, 1.4)
NAMES = ("sub-01", "sub-02", "sub-03", "sub-04")
FINE_WARP = "transforms/fine_warp_mm.nii.gz"


# A scan on the grid of the box, with as much around it as a head has.
AROUND = 25
SHAPE = tuple(size + 2 * AROUND for size in BOX_SHAPE)
INNER = (slice(AROUND, -AROUND),) * 3


def _affine() -> np.ndarray:
    affine = box_affine()
    affine[:3, 3] -= AROUND
    return affine


def _scan(root: Path, name: str) -> Path:
    path = root / name / "anat" / f"{name}_T1w.nii.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    some = np.random.default_rng(int(name[-2:])).integers(1, 900, 997)
    save_volume(path, np.resize(some, SHAPE).astype(np.float32), _affine())
    return path


def _map(path: Path, values: dict[int, slice], shift: float = 0.0, *, cut: int = 0) -> Path:
    labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
    for number, where in values.items():
        labels[20:26, 20:26, where] = number
    whole = np.zeros(SHAPE, dtype=np.uint8)
    whole[INNER] = labels
    affine = _affine()
    affine[0, 3] += shift
    path.parent.mkdir(parents=True, exist_ok=True)
    save_label_map(path, whole[: SHAPE[0] - cut], affine)
    return path


def _dseg(root: Path, name: str) -> Path:
    return root / name / "anat" / f"{name}_dseg.nii.gz"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "dataset"
    for name in NAMES:
        _scan(root, name)
    (root / "dataset_description.json").write_text('{"Name": "made"}', encoding="utf-8")
    return root


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """RN on both sides; in sub-02 a part is not drawn, sub-04 has no map."""
    root = tmp_path / "lab"
    for name in NAMES[:3]:
        values = {11: slice(10, 20), 12: slice(30, 40), **({99: slice(20, 30)} if name == "sub-02" else {})}
        _map(_dseg(root, name), values)
    rows = ["index\tname", "11\tRN_L", "12\tRN_R", "13\tPAG", "99\tnot drawn"]
    (root / "dseg.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return root


@pytest.fixture
def normalised(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the subjects that were normalised, the scan being in its place already."""
    names: list[str] = []

    def prepare_subject(
        scan: Scan, labels: object, _names: object, _space: object, folder: Path, _report: object, **_: bool
    ) -> PreparedSubject:
        names.append(folder.name)
        Transforms(np.eye(4)).save(folder / "transforms")
        save_volume(folder / "scan_box.nii.gz", scan.data[INNER], box_affine(), space="mni")
        if labels is not None:
            made = np.zeros(BOX_SHAPE, dtype=np.uint8)
            made[30:33] = 3
            save_label_map(folder / "labels_box.nii.gz", made, box_affine(), space="mni")
            Displacement(np.zeros((*BOX_SHAPE, 3), np.float32), box_affine()).save(folder / FINE_WARP)
        return PreparedSubject(FIT, (), {})

    monkeypatch.setattr("brainstem_app.preprocessing.reference.prepare_subject", prepare_subject)
    for module in ("subject_task", "add_reference", "relabel", "remove_reference"):
        monkeypatch.setattr(f"brainstem_app.jobs.studies.{module}.draw_reference", lambda folder, table: None)
    return names


def _do(job: Job) -> tuple[int, list[Event]]:
    events: list[Event] = []
    return run_job(job, events.append, lambda: False), events


Prepare = Callable[..., tuple[int, list[Event], Study]]


@pytest.fixture
def prepare(dataset: Path, lab: Path, normalised: list[str]) -> Prepare:
    def run(**settings: object) -> tuple[int, list[Event], Study]:
        folder = dataset.parent / "study"
        given = {"dataset": dataset, "study": folder, "labels": lab, **settings}
        status, events = _do(PrepareJob.model_validate(given))
        return status, events, Study.open(folder)

    return run


def test_own_labels_are_the_reference_and_counted_by_class(prepare: Prepare) -> None:
    status, events, study = prepare()
    assert status == 0
    assert (study.settings.own_table, study.settings.atlas) == (True, "lab")
    assert study_atlas(study).table.names == ("background", "RN_L", "RN_R", "PAG")
    labels = study.load_box("sub-02").labels
    assert np.bincount(labels.ravel(), minlength=256)[[1, 2, 3, 255]].tolist() == [360, 360, 0, 360]
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.summary["classes"] == (
        "RN_L in 3 of 3 subjects, 1080 voxels, 360.0 ± 0.0 mm³ each; "
        "RN_R in 3 of 3 subjects, 1080 voxels, 360.0 ± 0.0 mm³ each"
    )
    assert last.summary["not_drawn_voxels"] == 360
    assert not (study.subject_folder("sub-01") / FINE_WARP).exists(), "nothing is there to bend"
    rows = list(csv.DictReader((study.folder / "label_counts.csv").open()))
    assert [(row["name"], row["subjects"]) for row in rows] == [("RN_L", "3"), ("RN_R", "3"), ("PAG", "0")]
    assert any(isinstance(event, Warned) and "Nobody drew PAG" in event.what for event in events)


def test_subject_without_a_map_fails_with_what_to_do_and_the_others_go_on(prepare: Prepare) -> None:
    _, events, study = prepare()
    record = study.subject("sub-04")
    assert record is not None
    assert record.failure is not None
    assert record.failure.what == "There is no label map of sub-04."
    assert record.failure.where.endswith("lab")
    assert record.failure.fix
    assert set(study.splits().names) == set(NAMES[:3])
    assert any(isinstance(event, Warned) and "sub-04 could not be prepared" in event.what for event in events)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda path: _map(path, {11: slice(5, 9)}, shift=4.0), "4.0 mm beside"),
        (lambda path: _map(path, {11: slice(5, 9)}, cut=3), "another grid"),
        (lambda path: _map(path, {11: slice(5, 9), 14: slice(9, 12)}), "holds 14"),
        (lambda path: _map(path, {99: slice(5, 9)}), "is empty"),
        (lambda path: save_volume(path, np.full(SHAPE, 0.5, np.float32), _affine()), "fractions"),
        (lambda path: path.write_bytes(b"nothing"), ""),
    ],
)
def test_map_that_does_not_fit_fails_alone(
    prepare: Prepare, lab: Path, spoil: Callable[[Path], object], words: str
) -> None:
    spoil(_dseg(lab, "sub-01"))
    status, _, study = prepare()
    record = study.subject("sub-01")
    assert status == 0
    assert record is not None
    assert record.failure is not None
    assert words in record.failure.what
    assert record.failure.where
    assert record.failure.fix
    assert {one.name for one in study.finished_subjects()} == {"sub-02", "sub-03"}


def test_labels_without_a_table_are_refused(prepare: Prepare, lab: Path) -> None:
    (lab / "dseg.tsv").unlink()
    job = PrepareJob(dataset=lab.parent / "dataset", study=lab.parent / "study", labels=lab)
    status, events = _do(job)
    assert status != 0
    last = events[-1]
    assert isinstance(last, Failed)
    assert "--label-table" in last.fix


def test_changed_map_is_brought_in_again_without_a_new_registration(
    prepare: Prepare, lab: Path, normalised: list[str]
) -> None:
    _, _, study = prepare()
    done = list(normalised)
    run = study.run_folder("first")
    run.mkdir(parents=True)
    (run / "config.json").write_text("{}", encoding="utf-8")
    _, events, _ = prepare()
    assert not any(isinstance(event, Warned) and "first learned" in event.what for event in events)
    _map(_dseg(lab, "sub-03"), {11: slice(10, 12), 12: slice(30, 32)})
    _, events, study = prepare(labels=None)  # a study that is there keeps its labels
    assert any(isinstance(event, Warned) and "first learned" in event.what for event in events)
    assert normalised == done
    labels = study.load_box("sub-03").labels
    assert np.bincount(labels.ravel())[1:].tolist() == [72, 72]


def test_study_of_own_labels_is_prepared_again_as_window_and_command_line_name_its_labels(
    prepare: Prepare, lab: Path, normalised: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare()
    done = list(normalised)
    # Where the folder of the maps lies here, and is called as the labels are.
    monkeypatch.chdir(lab.parent)
    status, events, study = prepare(atlas="lab")
    assert status == 0, events[-1]
    assert (study.settings.own_table, study.settings.atlas) == (True, "lab")
    assert normalised == done


def test_atlas_that_is_not_there_is_refused_beside_own_labels(dataset: Path, lab: Path) -> None:
    job = PrepareJob(dataset=dataset, study=dataset.parent / "study", labels=lab, atlas="brainstem13")
    status, events = _do(job)
    assert status != 0
    assert isinstance(events[-1], Failed)
    assert "brainstem13" in events[-1].what
    assert not (dataset.parent / "study").exists()


def test_changed_table_makes_every_reference_anew(prepare: Prepare, lab: Path, normalised: list[str]) -> None:
    prepare()
    done = list(normalised)
    rows = ["index\tname", "11\tSN_L", "12\tRN_R", "99\tSC_R"]
    (lab / "dseg.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    _, _, study = prepare()
    assert normalised == done
    assert study_atlas(study).table.names == ("background", "SN_L", "RN_R", "SC_R")
    assert np.bincount(study.load_box("sub-02").labels.ravel())[1:].tolist() == [360, 360, 360]


def test_maps_with_the_atlas_s_own_labels_keep_the_atlas_and_the_registered_reference(
    prepare: Prepare, lab: Path
) -> None:
    rows = [
        "index\tname",
        *(f"{s.index}\t{s.name}" for s in load_atlas_table("brainstem31").table.structures),
    ]
    (lab / "dseg.tsv").write_text("\n".join([*rows, "99\tnot drawn"]) + "\n", encoding="utf-8")
    _, _, study = prepare()
    assert (study.settings.atlas, study.settings.own_table) == ("brainstem31", False)
    assert study_atlas(study) is not None
    folder = study.subject_folder("sub-02")
    assert set(np.unique(study.load_box("sub-02").labels)) == {0, 11, 12, 255}
    assert set(np.unique(load_label_map(folder / "labels_box_registered.nii.gz")[0])) == {0, 3}
    assert (folder / FINE_WARP).exists(), "the bend of the atlas begins at it"
    record = study.subject("sub-02")
    assert record is not None
    assert record.is_drawn


def test_corrected_map_becomes_the_reference_and_stays_when_the_study_is_prepared_again(
    prepare: Prepare, dataset: Path, normalised: list[str], tmp_path: Path
) -> None:
    _, _, study = prepare(labels=None)
    before = study.splits()
    corrected = _map(tmp_path / "out" / "sub-01" / "labels_native_edited.nii.gz", {3: slice(10, 14)})
    status, events = _do(
        AddReferenceJob(labels=corrected, study=study.folder, subject="sub-01", same_table=True)
    )
    assert status == 0, events[-1]
    labels = study.load_box("sub-01").labels
    assert np.bincount(labels.ravel(), minlength=4).tolist()[1:] == [0, 0, 144]
    assert study.splits() == before
    assert (study.subject_folder("sub-01") / "labels_box_registered.nii.gz").exists()
    done = list(normalised)
    prepare(labels=None)
    assert normalised == done
    np.testing.assert_array_equal(study.load_box("sub-01").labels, labels)


def test_lab_s_own_map_joins_its_study_by_the_names_of_its_table(
    prepare: Prepare, lab: Path, tmp_path: Path
) -> None:
    _, _, study = prepare()
    mine = _map(_dseg(tmp_path / "more", "sub-01"), {21: slice(10, 14), 22: slice(30, 32), 9: slice(40, 41)})
    table = tmp_path / "more" / "dseg.tsv"
    table.write_text("index\tname\n21\tRN right\n22\tPAG\n9\tunlabelled\n", encoding="utf-8")
    status, events = _do(AddReferenceJob(labels=mine, study=study.folder, subject="sub-01"))
    assert status == 0, events[-1]
    assert any(isinstance(event, Warned) and "matched by name" in event.what for event in events)
    labels = study.load_box("sub-01").labels
    assert np.bincount(labels.ravel(), minlength=256)[[1, 2, 3, 255]].tolist() == [0, 144, 72, 36]
    again = _dseg(lab, "sub-01")  # the lab's first map, by the study's own table
    assert _do(AddReferenceJob(labels=again, study=study.folder, subject="sub-01"))[0] == 0
    assert np.bincount(study.load_box("sub-01").labels.ravel())[1:].tolist() == [360, 360]
    table.write_text("index\tname\n21\tSN_R\n22\tPAG\n9\tunlabelled\n", encoding="utf-8")
    status, events = _do(AddReferenceJob(labels=mine, study=study.folder, subject="sub-01"))
    assert status != 0
    assert isinstance(events[-1], Failed)
    assert "has SN_R, which the study's labels do not have" in events[-1].what


def test_corrected_map_of_a_new_scan_is_prepared_and_trained_on(prepare: Prepare, tmp_path: Path) -> None:
    _, _, study = prepare(labels=None)
    scan = _scan(tmp_path / "elsewhere", "sub-07")
    corrected = _map(tmp_path / "out" / "sub-07" / "labels.nii.gz", {3: slice(10, 14), 255: slice(20, 22)})
    job = {"labels": corrected, "study": study.folder, "subject": "sub-07", "same_table": True}
    status, events = _do(AddReferenceJob.model_validate(job))
    assert status != 0
    assert isinstance(events[-1], Failed)
    assert "--scan" in events[-1].fix
    status, events = _do(AddReferenceJob.model_validate({**job, "scan": scan}))
    assert status == 0, events[-1]
    assert "sub-07" in study.splits().train
    assert (study.load_box("sub-07").labels == 255).sum() == 72
    prepare(labels=None)
    assert "sub-07" in study.splits().train, "it is no subject of the dataset, and stays all the same"


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


def test_added_map_is_taken_out_again_and_all_is_as_it_was(prepare: Prepare, tmp_path: Path) -> None:
    _, _, study = prepare(labels=None)
    folder, splits = study.subject_folder("sub-01"), study.splits()
    (folder / "labels_box_repeat.nii.gz").write_bytes((folder / "labels_box.nii.gz").read_bytes())
    before = _files(folder)
    for number in (3, 4):  # twice: the first reference is what comes back
        corrected = _map(tmp_path / "out" / f"labels{number}.nii.gz", {number: slice(10, 14)})
        job = AddReferenceJob(labels=corrected, study=study.folder, subject="sub-01", same_table=True)
        assert _do(job)[0] == 0
    assert (study.folder / "label_counts.csv").exists()
    status, events = _do(RemoveReferenceJob(study=study.folder, subject="sub-01"))
    assert status == 0, events[-1]
    assert isinstance(events[-1], Finished)
    assert events[-1].summary["reference"] == "registered"
    assert _files(folder) == before
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) == ["transforms"]
    assert study.splits() == splits
    assert not (study.folder / "label_counts.csv").exists()
    status, events = _do(RemoveReferenceJob(study=study.folder, subject="sub-01"))
    assert status != 0, "there is nothing to take out any more"
    assert isinstance(events[-1], Failed)
    assert events[-1].fix


def test_subject_that_came_with_its_labels_leaves_with_them(prepare: Prepare, tmp_path: Path) -> None:
    _, _, study = prepare(labels=None)
    before = study.splits()
    scan = _scan(tmp_path / "elsewhere", "sub-07")
    corrected = _map(tmp_path / "out" / "sub-07" / "labels.nii.gz", {3: slice(10, 14)})
    for labels in (corrected, corrected):
        job = AddReferenceJob(labels=labels, study=study.folder, subject="sub-07", scan=scan, same_table=True)
        assert _do(job)[0] == 0
    assert _do(RemoveReferenceJob(study=study.folder, subject="sub-07"))[0] == 0
    assert study.splits() == before
    assert study.subject("sub-07") is None


def test_reference_that_an_earlier_version_kept_is_put_back(prepare: Prepare, tmp_path: Path) -> None:
    _, _, study = prepare(labels=None)
    folder = study.subject_folder("sub-01")
    registered = study.load_box("sub-01").labels
    corrected = _map(tmp_path / "out" / "labels.nii.gz", {3: slice(10, 14)})
    assert (
        _do(AddReferenceJob(labels=corrected, study=study.folder, subject="sub-01", same_table=True))[0] == 0
    )
    shutil.rmtree(folder / "reference_before")
    assert _do(RemoveReferenceJob(study=study.folder, subject="sub-01"))[0] == 0
    np.testing.assert_array_equal(study.load_box("sub-01").labels, registered)
    record = study.subject("sub-01")
    assert record is not None
    assert not record.is_drawn
    assert "added" not in record.settings


def test_map_that_cannot_be_added_leaves_nothing_kept(prepare: Prepare, tmp_path: Path) -> None:
    _, _, study = prepare(labels=None)
    before = _files(study.subject_folder("sub-01"))
    empty = _map(tmp_path / "out" / "labels.nii.gz", {3: slice(0, 0)})
    assert _do(AddReferenceJob(labels=empty, study=study.folder, subject="sub-01", same_table=True))[0] != 0
    assert _files(study.subject_folder("sub-01")) == before
    assert not (study.subject_folder("sub-01") / "reference_before").exists()


def test_map_with_other_labels_than_the_study_s_is_not_added(prepare: Prepare, tmp_path: Path) -> None:
    _, _, study = prepare()
    corrected = _map(tmp_path / "out" / "labels.nii.gz", {3: slice(10, 14), 9: slice(20, 22)})
    status, events = _do(
        AddReferenceJob(labels=corrected, study=study.folder, subject="sub-01", same_table=True)
    )
    assert status != 0
    assert isinstance(events[-1], Failed)


def test_shipped_atlas_has_room_for_what_is_not_drawn() -> None:
    assert load_atlas("brainstem31").table.n_classes <= 255
