"""Labels that a model gave, as the reference of a subject: asked about, and known as what they are."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.bids.derivatives import bids_source, write_bids_labels
from brainstem_app.imaging.label_map import load_label_map, save_label_map
from brainstem_app.jobs.events import Event, Failed, Finished, Warned
from brainstem_app.jobs.job import AddReferenceJob, EvaluateVolumesJob, RemoveReferenceJob
from brainstem_app.study.result_state import Entry
from brainstem_app.study.segmentations import read_study_result
from brainstem_app.study.segmented_by import SegmentedBy
from brainstem_app.study.study import Study

from .test_prepare_labels import (  # noqa: F401 - fixtures
    INNER,
    NAMES,
    Prepare,
    _do,
    _map,
    dataset,
    lab,
    normalised,
    prepare,
)

MODEL = {"name": "own", "version": "3", "sha256": "abc"}
VOXELS = 6 * 6 * 10


@pytest.fixture
def study(prepare: Prepare) -> Study:  # noqa: F811 - the fixture
    return prepare(labels=None)[2]


def _result(folder: Path) -> Path:
    """Result of a scan; returns its label map, PAG alone."""
    labels = _map(folder / "labels_native.nii.gz", {3: slice(10, 20)})
    (folder / "report.json").write_text(json.dumps({"model": MODEL}), encoding="utf-8")
    return labels


@pytest.fixture
def result(tmp_path: Path) -> Path:
    return _result(tmp_path / "out" / "sub-01_T1w")


def _add(study: Study, labels: Path, **more: object) -> tuple[int, list[Event]]:
    job = {"labels": labels, "study": study.folder, "subject": "sub-01", "same_table": True, **more}
    return _do(AddReferenceJob.model_validate(job))


def _given(study: Study) -> SegmentedBy | None:
    record = study.subject("sub-01")
    assert record is not None
    return record.segmented_by


def _with_changes(labels: Path, name: str, voxels: int) -> Path:
    """Copy of a label map in which so many voxels have lost their label."""
    values, affine = load_label_map(labels)
    values[tuple(np.argwhere(values)[:voxels].T)] = 0
    save_label_map(labels.with_name(name), values, affine)
    return labels.with_name(name)


@pytest.mark.parametrize("name", ["labels_native.nii.gz", "labels_native_edited.nii.gz", "mine.nii.gz"])
def test_labels_as_a_model_gave_them_are_no_reference_unasked(study: Study, result: Path, name: str) -> None:
    before = (study.subject_folder("sub-01") / "labels_box.nii.gz").read_bytes()
    if name != result.name:  # saved again, with nothing changed
        save_label_map(result.with_name(name), *load_label_map(result))
    status, events = _add(study, result.with_name(name))
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert events[-1].what.startswith("These labels are what own version 3 gave, and nobody has changed")
    assert "--unchanged" in events[-1].fix
    assert (study.subject_folder("sub-01") / "labels_box.nii.gz").read_bytes() == before


def test_taken_over_unchanged_they_are_known_as_the_models_until_others_take_their_place(
    study: Study, result: Path, tmp_path: Path
) -> None:
    status, events = _add(study, result, unchanged=True)
    assert status == 0, events[-1]
    assert isinstance(events[-1], Finished)
    assert events[-1].summary["given by"] == "own version 3, 0 of 360 voxels changed"
    assert _given(study) == SegmentedBy(
        model="own", version="3", sha256="abc", changed_voxels=0, voxels=VOXELS
    )
    assert _add(study, _map(tmp_path / "hand" / "labels.nii.gz", {3: slice(10, 20)}))[0] == 0
    assert _given(study) is None, "the same labels, but nothing says that a model gave them"
    assert _add(study, result, unchanged=True)[0] == 0
    assert _do(RemoveReferenceJob(study=study.folder, subject="sub-01"))[0] == 0
    assert _given(study) is None


def test_corrected_labels_are_counted_by_voxel(study: Study, result: Path) -> None:
    status, events = _add(study, _with_changes(result, "labels_native_edited.nii.gz", 36))
    assert status == 0, events[-1]
    given = _given(study)
    assert given is not None
    assert (given.model, given.changed_voxels, given.voxels) == ("own", 36, VOXELS)


def test_map_of_ones_own_beside_a_result_is_not_the_models(study: Study, result: Path) -> None:
    assert _add(study, _with_changes(result, "drawn_anew.nii.gz", 36))[0] == 0
    assert _given(study) is None


def test_accepted_result_of_a_study_is_added_unchanged(study: Study) -> None:
    folder = study.folder / "segmentations" / "sub-01" / "own-3"
    labels = _result(folder)
    assert _add(study, labels)[0] == 2
    read_study_result(study.folder, folder).write_down(Entry(deed="accepted"))
    assert _add(study, labels)[0] == 0
    given = _given(study)
    assert given is not None
    assert given.changed_voxels == 0
    edited = _with_changes(labels, "labels_native_edited.nii.gz", 1)
    (folder / "labels_native_edited.json").unlink(missing_ok=True)
    read_study_result(study.folder, folder).write_down(Entry(deed="accepted"))
    assert _add(study, labels)[0] == 2, "what was accepted is the corrected copy"
    assert _add(study, edited)[0] == 0


def test_copy_of_a_result_of_the_study_is_known_wherever_it_lies(study: Study, tmp_path: Path) -> None:
    labels = _result(study.folder / "segmentations" / "sub-01" / "own-3")
    copy = Path(shutil.copyfile(labels, tmp_path / "sub-01_dseg.nii.gz"))
    status, events = _add(study, copy)
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert "own version 3 gave" in events[-1].what
    edited = _with_changes(labels, "labels_native_edited.nii.gz", 7)
    assert _add(study, Path(shutil.copyfile(edited, copy)))[0] == 0
    given = _given(study)
    assert given is not None
    assert given.changed_voxels == 7


def test_derivatives_of_a_model_are_told_from_maps_that_a_lab_drew(
    prepare: Prepare,  # noqa: F811 - the fixture
    dataset: Path,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    derivatives = tmp_path / "derivatives"
    rows = [(s.index, s.full_name, s.name, s.colour) for s in load_atlas().table.structures]
    for name in NAMES[:2]:
        labels = _result(derivatives / "reports" / f"{name}_T1w")
        facts = {"Report": f"reports/{name}_T1w/report.html"}
        source = bids_source(dataset / name / "anat" / f"{name}_T1w.nii.gz")
        written = write_bids_labels(derivatives, source, labels, "own", rows, facts)
    changed = _with_changes(written, "changed.nii.gz", 18)
    shutil.move(changed, written)
    table = written.with_name(written.name.replace(".nii.gz", ".tsv"))
    status, events, study = prepare(labels=derivatives, label_table=table)
    assert status == 0, events[-1]
    given = {record.name: record.segmented_by for record in study.finished_subjects()}
    assert {name: one and one.changed_voxels for name, one in given.items()} == {"sub-01": 0, "sub-02": 18}
    told = [event.what for event in events if isinstance(event, Warned) and "own version 3" in event.what]
    assert [what.partition(":")[0] for what in told] == ["sub-01"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [(0, "own version 3 gave and nobody changed"), (36, "gave, with 10.0 % of the voxels changed by people")],
)
def test_comparison_says_that_its_reference_is_what_a_model_gave(
    result: Path, tmp_path: Path, changed: int, said: str
) -> None:
    drawn = _map(tmp_path / "hand" / "labels.nii.gz", {3: slice(9, 20)})
    reference = _with_changes(result, "labels_native_edited.nii.gz", changed)
    for one, other, is_told in ((drawn, reference, True), (reference, drawn, False)):
        out = tmp_path / f"out {is_told}"
        job = EvaluateVolumesJob(predicted=one, reference=other, out=out, atlas="brainstem31")
        status, events = _do(job)
        assert status == 0, events[-1]
        told = [event for event in events if isinstance(event, Warned) and said in event.what]
        assert [event.where for event in told] == ([str(reference)] if is_told else [])
        assert (said in (out / "report.html").read_text(encoding="utf-8")) == is_told
