"""The job that makes a dataset of single scans: names by a table or by the files, links, failures."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.imaging.bids.dataset import find_t1w_scans, read_participants
from brainstem_app.imaging.bids.session_dates import time_of_scan, years_between
from brainstem_app.imaging.label_map import save_volume
from brainstem_app.jobs.events import Event, Failed
from brainstem_app.jobs.job import MakeDatasetJob
from brainstem_app.jobs.run import run_job


@pytest.fixture
def scans(tmp_path: Path) -> tuple[Path, ...]:
    made = []
    for name in ("first.nii.gz", "second.nii.gz"):
        path = tmp_path / "loose" / name
        path.parent.mkdir(exist_ok=True)
        save_volume(path, np.ones((4, 4, 4), np.float32), np.eye(4))
        made.append(path)
    return tuple(made)


def do(job: MakeDatasetJob) -> tuple[int, list[Event]]:
    events: list[Event] = []
    return run_job(job, events.append, lambda: False), events


def test_table_says_whose_the_scans_are(tmp_path: Path, scans: tuple[Path, ...]) -> None:
    table = tmp_path / "who.tsv"
    rows = (
        "scan\tparticipant_id\tsession_id\tgroup\tage\tacq_time",
        "first.nii.gz\tsub-9\t1\tals\t61\t2024-03-31",
        "second.nii.gz\t9\tses-2\tals\tn/a\tn/a",
    )
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    out = tmp_path / "made"
    status, events = do(MakeDatasetJob(scans=scans, out=out, table=table))
    assert status == 0, events[-1]
    assert [scan.name for scan in find_t1w_scans(out)] == ["sub-9_ses-1", "sub-9_ses-2"]
    assert read_participants(out) == {"sub-9": {"group": "als", "age": "61"}}
    times = [time_of_scan(scan.path) for scan in find_t1w_scans(out)]
    assert [time and time.day for time in times] == ["2024-03-31", None]


@pytest.mark.parametrize(
    ("head", "first", "second", "years"),
    [
        ("acq_time", "20240331", "20250331", 1.0),
        ("acq_time", "2024-03-31T10:00:00", "2025-03-31T10:00:00", 1.0),
        ("acq_time\tyears", "n/a\t0", "n/a\t1.5", 1.5),
        ("years", "0", "1,5", 1.5),
        ("days", "0", "731", 2.0),
    ],
)
def test_times_of_a_table_are_kept_however_they_are_written(
    tmp_path: Path, scans: tuple[Path, ...], head: str, first: str, second: str, years: float
) -> None:
    table = tmp_path / "who.tsv"
    rows = (f"first.nii.gz\t9\t1\t{first}", f"second.nii.gz\t9\t2\t{second}")
    table.write_text("\n".join((f"scan\tparticipant_id\tsession_id\t{head}", *rows)), encoding="utf-8")
    out = tmp_path / "made"
    status, events = do(MakeDatasetJob(scans=scans, out=out, table=table))
    assert status == 0, events[-1]
    times = [time_of_scan(scan.path) for scan in find_t1w_scans(out)]
    apart = years_between([time for time in times if time is not None])
    assert apart == pytest.approx((0.0, years), abs=0.003)


@pytest.mark.parametrize(
    ("rows", "what"),
    [
        ("first.nii.gz\t1\t0\nfirst.nii.gz\t2\t0\nsecond.nii.gz\t3\t0", "more than one row of first.nii.gz"),
        ("first.nii.gz\t1\t20240399\nsecond.nii.gz\t3\t0", "“20240399” is no date"),
    ],
)
def test_table_that_can_be_read_in_two_ways_is_refused(
    tmp_path: Path, scans: tuple[Path, ...], rows: str, what: str
) -> None:
    table = tmp_path / "who.tsv"
    table.write_text(f"scan\tparticipant_id\tyears\n{rows}\n", encoding="utf-8")
    _, events = do(MakeDatasetJob(scans=scans, out=tmp_path / "made", table=table))
    assert isinstance(events[-1], Failed)
    assert what in events[-1].what


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_names_of_files_and_links_without_a_table(tmp_path: Path, scans: tuple[Path, ...]) -> None:
    out = tmp_path / "made"
    assert do(MakeDatasetJob(scans=(scans[0].parent,), out=out, links=True))[0] == 0
    found = find_t1w_scans(out)
    assert [scan.name for scan in found] == ["sub-first", "sub-second"]
    assert [scan.path.resolve() for scan in found] == [scan.resolve() for scan in scans]


def test_scan_that_the_table_forgets_is_named_and_nothing_is_made(
    tmp_path: Path, scans: tuple[Path, ...]
) -> None:
    table = tmp_path / "who.tsv"
    table.write_text("scan\tparticipant_id\nfirst.nii.gz\t1\n", encoding="utf-8")
    out = tmp_path / "made"
    status, events = do(MakeDatasetJob(scans=scans, out=out, table=table))
    assert status != 0
    assert isinstance(events[-1], Failed)
    assert "second.nii.gz" in events[-1].what
    assert not out.exists() or not any(out.iterdir())


def test_folder_that_holds_something_is_left_as_it_is(tmp_path: Path, scans: tuple[Path, ...]) -> None:
    out = tmp_path / "made"
    out.mkdir()
    (out / "mine.txt").write_text("mine", encoding="utf-8")
    status, events = do(MakeDatasetJob(scans=scans, out=out))
    assert status != 0
    assert isinstance(events[-1], Failed)
    assert "not empty" in events[-1].what
    assert [path.name for path in out.iterdir() if not path.name.startswith(".")] == ["mine.txt"]


def test_cancelled_job_leaves_nothing_of_a_dataset(tmp_path: Path, scans: tuple[Path, ...]) -> None:
    out, events = tmp_path / "made", []
    run_job(MakeDatasetJob(scans=scans, out=out), events.append, lambda: any(out.rglob("sub-first")))
    assert isinstance(events[-1], Failed)
    assert events[-1].what == "Cancelled."
    assert not out.exists()


def test_scan_whose_name_and_folder_are_of_two_people_needs_a_table(
    tmp_path: Path, scans: tuple[Path, ...]
) -> None:
    misnamed = tmp_path / "ds" / "sub-03" / "anat" / "sub-04_T1w.nii.gz"
    misnamed.parent.mkdir(parents=True)
    scans[0].rename(misnamed)
    status, events = do(MakeDatasetJob(scans=(misnamed, scans[1]), out=tmp_path / "made"))
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert events[-1].what.startswith("The file is named sub-04, but lies in the folder sub-03:")
    assert events[-1].where == str(misnamed)
    table = tmp_path / "who.tsv"
    table.write_text("scan\tparticipant_id\nsub-04_T1w.nii.gz\t04\nsecond.nii.gz\t05\n", encoding="utf-8")
    assert do(MakeDatasetJob(scans=(misnamed, scans[1]), out=tmp_path / "made", table=table))[0] == 0
    assert [scan.name for scan in find_t1w_scans(tmp_path / "made")] == ["sub-04", "sub-05"]


def test_two_scans_of_one_person_do_not_become_two_people(tmp_path: Path, scans: tuple[Path, ...]) -> None:
    runs = [scan.rename(scan.with_name(f"sub-01_run-{n}_T1w.nii.gz")) for n, scan in enumerate(scans, 1)]
    status, events = do(MakeDatasetJob(scans=tuple(runs), out=tmp_path / "made"))
    assert status == 2
    assert isinstance(events[-1], Failed)
    assert events[-1].what == "sub-01 is given to more than one scan."
