"""Whose scans a change is measured between."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.jobs.events import Event, Warned
from brainstem_app.jobs.job import ChangeJob
from brainstem_app.jobs.kinds.job_model import UnclearJobError
from brainstem_app.jobs.people import change
from brainstem_app.jobs.people.sessions import PersonScans, in_time, people_of
from brainstem_app.jobs.run import run_job
from brainstem_app.reports.change.model import ChangeReport

from ..reports.test_change_report import report_of


def dataset(folder: Path, *scans: str) -> Path:
    """BIDS dataset with empty files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dataset_description.json").write_text("{}")
    for name in scans:
        place = folder.joinpath(*name.split("_"), "anat", f"{name}_T1w.nii.gz")
        place.parent.mkdir(parents=True)
        place.write_bytes(name.encode())
    return folder


def test_people_with_several_sessions_are_found_and_others_named(tmp_path: Path) -> None:
    root = dataset(tmp_path / "ds", "sub-01_ses-2", "sub-01_ses-1", "sub-02_ses-1")
    people, notes = people_of(ChangeJob(scans=(root,), out=tmp_path / "out"))
    assert [person.folder for person in people] == ["sub-01"]
    assert [session.name for session in people[0].sessions] == ["ses-1", "ses-2"]
    assert notes == ["Left out, with one scan: sub-02."]


def test_sessions_are_those_of_the_folders_and_misnamed_scans_are_left_out(tmp_path: Path) -> None:
    root = dataset(tmp_path / "ds", "sub-03_ses-1")
    for place in ("sub-03/ses-2/anat/sub-04", "sub-05/ses-1/anat/sub-05", "sub-05/ses-2/anat/sub-05"):
        path = root / f"{place}_T1w.nii.gz"
        path.parent.mkdir(parents=True)
        path.touch()
    (person,), notes = people_of(ChangeJob(scans=(root,), out=tmp_path / "out"))
    assert (person.words, [session.name for session in person.sessions]) == ("sub-05", ["ses-1", "ses-2"])
    assert notes[0].startswith(
        "Left out: ses-2/anat/sub-04_T1w.nii.gz. The file is named sub-04, but lies in the folder sub-03:"
    )
    assert notes[1:] == ["Left out, with one scan: sub-03."]


def test_scans_come_in_the_order_of_their_dates(tmp_path: Path) -> None:
    root = dataset(tmp_path / "ds", "sub-01_ses-a", "sub-01_ses-b")
    table = "session_id\tacq_time\nses-a\t2022-03-01\nses-b\t2020-03-01\n"
    (root / "sub-01" / "sub-01_sessions.tsv").write_text(table)
    (person,), _ = people_of(ChangeJob(scans=(root,), out=tmp_path / "out"))
    timed = in_time(person)
    assert [session.name for session in timed.sessions] == ["ses-b", "ses-a"]
    assert [round(session.years, 2) for session in timed.sessions] == [0.0, 2.0]
    assert timed.sessions[0].day == "2020-03-01"


def test_unknown_date_says_what_to_do(tmp_path: Path) -> None:
    root = dataset(tmp_path / "ds", "sub-01_ses-1", "sub-01_ses-2")
    (person,), _ = people_of(ChangeJob(scans=(root,), out=tmp_path / "out"))
    with pytest.raises(InputError, match="ses-1 of sub-01 was made is not known") as caught:
        in_time(person)
    assert "acq_time" in caught.value.fix


def test_loose_scans_are_of_one_person_with_the_years_given(tmp_path: Path) -> None:
    scans = tuple(tmp_path / name for name in ("late.nii.gz", "early.nii.gz"))
    for path in scans:
        path.write_bytes(path.name.encode())
    job = ChangeJob(scans=scans, years=(3.5, 2.0), subject="P7", out=tmp_path / "out")
    (person,), _ = people_of(job)
    timed = in_time(person)
    assert (timed.folder, [s.name for s in timed.sessions]) == ("P7", ["early", "late"])
    assert [s.years for s in timed.sessions] == [0.0, 1.5]


def test_years_for_another_number_of_scans_are_refused(tmp_path: Path) -> None:
    root = dataset(tmp_path / "ds", "sub-01_ses-1", "sub-01_ses-2")
    with pytest.raises(InputError, match="There are 3 years and 2 scans: ses-1, ses-2"):
        people_of(ChangeJob(scans=(root,), years=(0.0, 1.0, 2.0), out=tmp_path / "out"))


def test_one_scan_alone_is_refused(tmp_path: Path) -> None:
    root = dataset(tmp_path / "ds", "sub-01_ses-1")
    with pytest.raises(InputError, match="Nobody here has two scans"):
        people_of(ChangeJob(scans=(root,), out=tmp_path / "out"))


@pytest.mark.parametrize("years", [(0.0, 400.0), (20240331.0, 20250331.0)])
def test_days_or_dates_are_not_taken_for_years(tmp_path: Path, years: tuple[float, ...]) -> None:
    root = dataset(tmp_path / "ds", "sub-01_ses-1", "sub-01_ses-2")
    scans = tuple(sorted(root.rglob("*_T1w.nii.gz")))
    job = ChangeJob(scans=scans, out=tmp_path / "out", years=years, subject="sub-01")
    (person,), _ = people_of(job)
    with pytest.raises(InputError, match="years apart"):
        in_time(person)


def test_scans_of_one_day_have_no_change_a_year(tmp_path: Path) -> None:
    root = dataset(tmp_path / "ds", "sub-01_ses-1", "sub-01_ses-2")
    (person,), _ = people_of(ChangeJob(scans=(root,), years=(0.0, 0.0), out=tmp_path / "out"))
    with pytest.raises(InputError, match="one day"):
        in_time(person)


def test_people_whom_an_earlier_run_has_measured_into_the_folder_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = dataset(tmp_path / "ds", *(f"sub-0{n}_ses-{session}" for n in (1, 2) for session in (1, 2)))

    def measured(job: ChangeJob, person: PersonScans, *_more: object) -> ChangeReport:
        report = report_of(1.0, 0.9)
        (job.out / person.folder).mkdir(parents=True, exist_ok=True)
        (job.out / person.folder / "change.json").write_text(report.to_json(), encoding="utf-8")
        return report

    monkeypatch.setattr(change, "load_model", lambda *_given: None)
    monkeypatch.setattr(change, "require_model", lambda _model: None)
    monkeypatch.setattr(change, "_of_person", measured)
    told = []
    for person in ("sub-01", "sub-02", "sub-02"):
        events: list[Event] = []
        job = ChangeJob(scans=(root / person,), out=tmp_path / "out", years=(0.0, 1.0))
        assert run_job(job, events.append, lambda: False) == 0, events[-1]
        told.append([event.what for event in events if isinstance(event, Warned)])
    assert told == [[], *[["changes.tsv holds 1 person measured into this folder before, too: sub-01."]] * 2]


def test_scans_and_study_together_are_refused(tmp_path: Path) -> None:
    with pytest.raises((UnclearJobError, ValueError), match="a study too"):
        ChangeJob(scans=(tmp_path,), study=tmp_path, out=tmp_path / "out")
