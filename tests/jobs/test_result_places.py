"""No result takes the place of another scan's, nor lies among raw data; what is in the way is said first."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.edited_version import latest_edit, write_edit_record
from brainstem_app.imaging.label_map import load_label_map, save_label_map
from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import MNI_SHAPE, mni_affine
from brainstem_app.jobs.events import Event, Failed, Progress, Warned
from brainstem_app.jobs.job import (
    CohortJob,
    DemoJob,
    EvaluateVolumesJob,
    ImportAtlasJob,
    Job,
    PrepareJob,
    SegmentJob,
    SimulateJob,
)
from brainstem_app.jobs.places import require_sound_places
from brainstem_app.jobs.run import run_job
from brainstem_app.preprocessing.normalise import Normalised
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.reports.scan.manifest import sha256_of

from ..imaging.dicom_files import classic_bytes
from .test_segment import FIT, _run, _write_scan, model  # noqa: F401 - a fixture

Model = Path


@pytest.fixture(autouse=True)
def _made_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    def normalise_scan(
        scan: Scan, *, space: str, report: Callable[[float, str], None], after_brain: Callable[[], object]
    ) -> Normalised:
        after_brain()
        image = resample(scan.data, scan.affine, MNI_SHAPE, mni_affine(), order=1) / scan.data.max()
        return Normalised(image, Transforms(np.eye(4)), FIT, (), {"affine": 1.0}, brain_ml=1300.0)

    monkeypatch.setattr("brainstem_app.jobs.scans.segment.normalise_scan", normalise_scan)


def _other_scan(path: Path) -> Path:
    """Scan of someone else: other bytes."""
    import nibabel

    image = nibabel.load(_write_scan(path))
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj) * 2, image.affine, image.header), path)
    return path


def _failure(events: list[Event]) -> Failed:
    assert isinstance(events[-1], Failed)
    return events[-1]


def _was_begun(events: list[Event]) -> bool:
    return any(isinstance(event, Progress) and "reading the scan" in event.message for event in events)


def test_report_alone_keeps_its_folder_from_another_scan(tmp_path: Path, model: Model) -> None:  # noqa: F811
    first, second = _write_scan(tmp_path / "a" / "T1w.nii.gz"), _other_scan(tmp_path / "b" / "T1w.nii.gz")
    assert _run([first], tmp_path / "out", model)[0] == 0
    (tmp_path / "out" / "T1w" / "manifest.json").unlink()
    before = sha256_of(tmp_path / "out")
    status, events = _run([second], tmp_path / "out", model)
    assert status != 0
    assert "results of another scan (T1w.nii.gz" in _failure(events).what
    assert sha256_of(tmp_path / "out") == before
    assert _run([first], tmp_path / "out", model)[0] == 0


def test_two_people_with_one_file_name_keep_both_results(tmp_path: Path, model: Model) -> None:  # noqa: F811
    first, second = _write_scan(tmp_path / "a" / "T1w.nii.gz"), _other_scan(tmp_path / "b" / "T1w.nii.gz")
    assert _run([first], tmp_path / "out", model)[0] == 0
    before = sha256_of(tmp_path / "out")
    status, events = _run([second], tmp_path / "out", model)
    assert status == 2
    assert "another scan (T1w.nii.gz" in _failure(events).what
    assert not _was_begun(events)
    assert sha256_of(tmp_path / "out") == before


def test_people_given_together_get_names_of_their_own(tmp_path: Path, model: Model) -> None:  # noqa: F811
    scans = [
        _write_scan(tmp_path / "sub-01" / "anat" / "T1w.nii.gz"),
        _other_scan(tmp_path / "sub-02" / "anat" / "T1w.nii.gz"),
    ]
    assert _run(scans, tmp_path / "out", model)[0] == 0
    names = {"sub-01_anat_T1w", "sub-02_anat_T1w"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    # The other way round the names are the same: each result is replaced by its own.
    assert _run(scans[::-1], tmp_path / "out", model)[0] == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == names


def test_same_scan_again_replaces_its_results_wherever_it_lies_now(tmp_path: Path, model: Model) -> None:  # noqa: F811
    scan = _write_scan(tmp_path / "a" / "T1w.nii.gz")
    assert _run([scan], tmp_path / "out", model)[0] == 0
    report = tmp_path / "out" / "T1w" / "report.json"
    report.write_text("changed", encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    moved = Path(shutil.move(scan, tmp_path / "elsewhere"))
    assert _run([moved], tmp_path / "out", model)[0] == 0
    assert report.read_text(encoding="utf-8") != "changed"


@pytest.mark.parametrize("is_of_earlier_labels", [True, False])
def test_corrections_that_are_not_of_the_new_labels_are_named_and_stay(
    tmp_path: Path,
    model: Model,  # noqa: F811
    is_of_earlier_labels: bool,
) -> None:
    scan = _write_scan(tmp_path / "a" / "T1w.nii.gz")
    assert _run([scan], tmp_path / "out", model)[0] == 0
    original = tmp_path / "out" / "T1w" / "labels_native.nii.gz"
    labels, affine = load_label_map(original)
    copy = original.with_name("labels_native_edited.nii.gz")
    if is_of_earlier_labels:
        save_label_map(original, np.where(labels == labels.max(), 0, labels).astype(np.uint8), affine)
    save_label_map(copy, np.where(labels == 3, 4, labels).astype(np.uint8), affine)
    write_edit_record(copy, original, [0] * 256, [0] * 256, {})
    before = copy.read_bytes()
    status, events = _run([scan], tmp_path / "out", model)
    assert status == 0
    told = [event.what for event in events if isinstance(event, Warned) and copy.name in event.what]
    assert len(told) == is_of_earlier_labels
    assert (latest_edit(original) is None) == is_of_earlier_labels
    assert copy.read_bytes() == before


def test_scan_whose_folder_is_taken_does_not_stop_the_others(tmp_path: Path, model: Model) -> None:  # noqa: F811
    assert _run([_write_scan(tmp_path / "a" / "T1w.nii.gz")], tmp_path / "out", model)[0] == 0
    scans = [_other_scan(tmp_path / "b" / "T1w.nii.gz"), _write_scan(tmp_path / "b" / "good.nii.gz")]
    status, events = _run(scans, tmp_path / "out", model)
    assert status == 1
    assert "1 of 2" in _failure(events).what
    assert [event.what for event in events if isinstance(event, Warned) and event.what.startswith("T1w: ")]
    assert (tmp_path / "out" / "good" / "report.json").exists()


def test_results_whose_manifest_is_damaged_are_not_replaced(tmp_path: Path, model: Model) -> None:  # noqa: F811
    scan = _write_scan(tmp_path / "T1w.nii.gz")
    assert _run([scan], tmp_path / "out", model)[0] == 0
    (tmp_path / "out" / "T1w" / "manifest.json").write_text("{", encoding="utf-8")
    status, events = _run([scan], tmp_path / "out", model)
    assert status == 2
    assert "cannot be told" in _failure(events).what


def test_subjects_of_two_datasets_keep_their_bids_labels(tmp_path: Path, model: Model) -> None:  # noqa: F811
    out = tmp_path / "nuclei"
    _write_scan(tmp_path / "a" / "sub-01" / "anat" / "sub-01_T1w.nii.gz")
    other = _other_scan(tmp_path / "b" / "sub-01" / "anat" / "sub-01_T1w.nii.gz")
    assert _run([tmp_path / "a"], out, model, bids=True)[0] == 0
    before = sha256_of(out)
    for given in (tmp_path / "b", other):  # the file alone has another name, but the same one in BIDS
        assert _run([given], out, model, bids=True)[0] == 2
        assert sha256_of(out) == before


def test_two_series_of_one_folder_keep_both_results(tmp_path: Path, model: Model) -> None:  # noqa: F811
    folder = tmp_path / "exam"
    folder.mkdir()
    volume = np.random.default_rng(0).integers(50, 100, (60, 60, 60)).astype("<i2")
    volume[27:34, 41:48, 27:36] = 1000
    for series in (3, 4):
        for index in range(60):
            pixels = np.ascontiguousarray(volume[:, :, index].T)
            content = classic_bytes(pixels, index, series, f"t1_{series}", "", 2.0, [])
            (folder / f"IM{series}{index:04d}.dcm").write_bytes(content)
    first, second = folder.with_name("exam#3"), folder.with_name("exam#4")
    status, events = _run([first], tmp_path / "out", model)
    assert status == 0, events[-1]
    assert _run([second], tmp_path / "out", model)[0] == 0
    for name in ("exam_3", "exam_4"):
        assert (tmp_path / "out" / name / "report.json").is_file()
    # Under one name, the first keeps the folder.
    assert _run([first], tmp_path / "named", model, name="head")[0] == 0
    assert _run([second], tmp_path / "named", model, name="head")[0] == 2
    assert _run([first], tmp_path / "named", model, name="head")[0] == 0


@pytest.mark.parametrize(
    "name", ["labels_native.nii.gz", "labels_dicom.dcm", "report.html", "manifest.json", "qc.png"]
)
def test_folder_in_the_way_of_a_file_is_said_before_the_work(
    tmp_path: Path,
    model: Model,  # noqa: F811
    name: str,
) -> None:
    (tmp_path / "out" / "T1w" / name).mkdir(parents=True)
    status, events = _run([_write_scan(tmp_path / "T1w.nii.gz")], tmp_path / "out", model)
    assert status == 2
    assert _failure(events).where.endswith(name)
    assert not _was_begun(events)


@pytest.mark.parametrize("place", ["out", "out/T1w", "out/T1w/transforms", "out/T1w/surfaces"])
def test_file_in_the_way_of_a_folder_is_said_before_the_work(
    tmp_path: Path,
    model: Model,  # noqa: F811
    place: str,
) -> None:
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / place).write_text("a file", encoding="utf-8")
    status, events = _run([_write_scan(tmp_path / "T1w.nii.gz")], tmp_path / "out", model)
    assert status == 2
    assert "There is a file of this name" in _failure(events).what
    assert _failure(events).where == str(tmp_path / place)
    assert not _was_begun(events)


def test_folder_that_nobody_can_write_to_is_said_before_the_work(tmp_path: Path, model: Model) -> None:  # noqa: F811
    status, events = _run([_write_scan(tmp_path / "T1w.nii.gz")], Path("/proc/results"), model)
    assert status == 2
    assert "cannot be written" in _failure(events).what
    assert not _was_begun(events)


def test_disk_without_room_is_said_before_the_work(
    tmp_path: Path,
    model: Model,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("brainstem_app.jobs.places.LEAST_FREE_BYTES", 2**70)
    status, events = _run([_write_scan(tmp_path / "T1w.nii.gz")], tmp_path / "out", model)
    assert status == 2
    assert "no room" in _failure(events).what


def _dataset(folder: Path) -> Path:
    _write_scan(folder / "sub-01" / "anat" / "sub-01_T1w.nii.gz")
    return folder


def _series(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for index in range(3):
        pixels = np.full((8, 8), index, dtype="<i2")
        (folder / f"IM{index}.dcm").write_bytes(classic_bytes(pixels, index, 3, "t1", "", 2.0, []))
    return folder


AMONG_DATA: dict[str, Callable[[Path], Job]] = {
    "the dataset itself": lambda p: SegmentJob(scans=(_dataset(p / "ds"),), out=p / "ds"),
    "below the dataset": lambda p: SegmentJob(scans=(_dataset(p / "ds"),), out=p / "ds" / "results"),
    "derivatives themselves": lambda p: SegmentJob(scans=(_dataset(p / "ds"),), out=p / "ds" / "derivatives"),
    "a file's dataset": lambda p: SegmentJob(
        scans=(_dataset(p / "ds") / "sub-01" / "anat" / "sub-01_T1w.nii.gz",), out=p / "ds"
    ),
    "a subject's folder": lambda p: SegmentJob(
        scans=(_write_scan(p / "x.nii.gz"),), out=_dataset(p / "ds") / "sub-01"
    ),
    "the series": lambda p: SegmentJob(scans=(_series(p / "P1"),), out=p / "P1" / "out"),
    "the series of a file": lambda p: SegmentJob(scans=(_series(p / "P1") / "IM0.dcm",), out=p / "P1"),
    "a series by its number": lambda p: SegmentJob(
        scans=(_series(p / "P1").with_name("P1#3"),), out=p / "P1" / "out"
    ),
    "one of two inputs": lambda p: SegmentJob(
        scans=(_write_scan(p / "x.nii.gz"), _dataset(p / "ds")), out=p / "ds" / "r"
    ),
    "prepare": lambda p: PrepareJob(dataset=_dataset(p / "ds"), study=p / "ds" / "study"),
    "prepare over its dataset": lambda p: PrepareJob(
        dataset=_dataset(p / "study" / "subjects"), study=p / "study"
    ),
    "simulate": lambda p: SimulateJob(subjects=1, out=_dataset(p / "ds") / "sub-01" / "more"),
    "demo": lambda p: DemoJob(out=_dataset(p / "ds")),
    "cohort": lambda p: CohortJob(results=(p,), out=_dataset(p / "ds")),
    "import of an atlas": lambda p: ImportAtlasJob(source=_series(p / "maps"), out=p / "maps" / "atlas"),
    "through a link": lambda p: SegmentJob(scans=(_dataset(p / "ds"),), out=_link(p) / "results"),
}


def _link(folder: Path) -> Path:
    (folder / "link").symlink_to(folder / "ds")
    return folder / "link"


@pytest.mark.parametrize("case", AMONG_DATA)
def test_results_never_lie_among_raw_data(tmp_path: Path, case: str) -> None:
    job = AMONG_DATA[case](tmp_path)
    before = sha256_of(tmp_path)
    with pytest.raises(InputError):
        require_sound_places(job)
    assert run_job(job, lambda _event: None, lambda: False) == 2
    assert sha256_of(tmp_path) == before


def test_derivatives_of_a_dataset_are_a_place_for_results(tmp_path: Path) -> None:
    dataset = _dataset(tmp_path / "ds")
    require_sound_places(SegmentJob(scans=(dataset,), out=dataset / "derivatives" / "nuclei", bids=True))
    require_sound_places(SegmentJob(scans=(dataset,), out=tmp_path / "out"))
    require_sound_places(PrepareJob(dataset=dataset, study=tmp_path / "study"))


def test_result_folder_that_would_be_the_raw_one_is_refused(tmp_path: Path, model: Model) -> None:  # noqa: F811
    series = _series(tmp_path / "dc" / "P1")
    before = sha256_of(series)
    status, events = _run([series], tmp_path / "dc", model)
    assert status == 2
    assert "among the data" in _failure(events).what
    assert sha256_of(series) == before


def test_folder_of_other_scans_takes_no_results(tmp_path: Path, model: Model) -> None:  # noqa: F811
    series = _series(tmp_path / "T1w")
    status, events = _run([_write_scan(tmp_path / "T1w.nii.gz")], tmp_path, model)
    assert status == 2
    assert "holds other scans" in _failure(events).what
    assert sha256_of(series) == sha256_of(tmp_path / "T1w")


def test_comparison_does_not_replace_the_report_of_a_segmentation(tmp_path: Path, model: Model) -> None:  # noqa: F811
    assert _run([_write_scan(tmp_path / "T1w.nii.gz")], tmp_path / "out", model)[0] == 0
    folder = tmp_path / "out" / "T1w"
    before = sha256_of(folder)
    labels = folder / "labels_native.nii.gz"
    for job in (EvaluateVolumesJob(predicted=labels, reference=labels, out=folder), DemoJob(out=folder)):
        assert run_job(job, lambda _event: None, lambda: False) == 2
        assert sha256_of(folder) == before


def test_comparison_again_replaces_its_own(tmp_path: Path) -> None:
    for index, name in enumerate(("a", "b", "c")):
        labels = np.zeros((12, 12, 12), np.uint8)
        labels[4:8, 4:8, 4 + index : 8] = 3
        save_label_map(tmp_path / f"{name}.nii.gz", labels, np.eye(4))
    for name in ("b", "c"):
        job = EvaluateVolumesJob(
            predicted=tmp_path / "a.nii.gz", reference=tmp_path / f"{name}.nii.gz", out=tmp_path / "out"
        )
        assert run_job(job, lambda _event: None, lambda: False) == 0
