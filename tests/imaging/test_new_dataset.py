"""A BIDS dataset of single scans: names, participants, copies and links, and nothing overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.dataset import find_t1w_scans, is_bids_dataset, read_participants
from brainstem_app.imaging.bids.new_dataset import NewScan, make_dataset, problems_of, proposed
from brainstem_app.imaging.bids.session_dates import time_of_scan
from brainstem_app.imaging.label_map import save_volume


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "loose" / "T1 of Anna.nii.gz"
    path.parent.mkdir()
    save_volume(path, np.ones((4, 4, 4), np.float32), np.eye(4))
    return path


def test_subject_and_session_are_read_from_the_name_and_else_made_of_it() -> None:
    names = ["sub-07_ses-2_T1w", "Anna (1)", "anna1", "…"]
    found = proposed([(Path(name), name) for name in names])
    assert [(new.subject, new.session) for new in found] == [
        ("07", "2"),
        ("Anna1", ""),
        ("anna1x2", ""),
        ("scan", ""),
    ]
    assert problems_of(found) == {}


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ([("01", ""), ("01", "")], {0, 1}),
        ([("01", "1"), ("01", "")], {1}),
        ([("01", "1"), ("01", "2")], set()),
        ([("0 1", ""), ("", "")], {0, 1}),
        ([("a", "1"), ("A", "2")], {0, 1}),
        ([("01", "one!")], {0}),
    ],
)
def test_names_that_bids_does_not_have_are_refused(rows: list[tuple[str, str]], wrong: set[int]) -> None:
    scans = [NewScan(Path("x"), subject, session) for subject, session in rows]
    assert set(problems_of(scans)) == wrong


def test_person_cannot_be_in_two_groups() -> None:
    scans = [NewScan(Path("x"), "01", str(n), {"group": group}) for n, group in enumerate("ab")]
    assert set(problems_of(scans)) == {0, 1}


def test_dataset_has_scans_sessions_and_participants(tmp_path: Path, scan: Path) -> None:
    root = tmp_path / "made"
    scans = (
        NewScan(scan, "01", "1", {"group": "patient", "age": "41"}),
        NewScan(scan, "01", "2"),
        NewScan(scan, "02", "", {"sex": "f"}),
    )
    told: list[str] = []
    make_dataset(scans, root, report=told.append)
    assert is_bids_dataset(root)
    assert [s.full_name for s in find_t1w_scans(root)] == ["sub-01_ses-1", "sub-01_ses-2", "sub-02"]
    assert read_participants(root) == {"sub-01": {"group": "patient", "age": "41"}, "sub-02": {"sex": "f"}}
    copy = root / "sub-02" / "anat" / "sub-02_T1w.nii.gz"
    assert copy.read_bytes() == scan.read_bytes()
    assert not copy.is_symlink()
    assert len(told) == 3


def test_dates_of_scans_stand_in_the_tables_and_those_of_another_dataset_are_kept(
    tmp_path: Path, scan: Path
) -> None:
    first = make_dataset(
        [
            NewScan(scan, "01", "1", acquired="2024-03-31"),
            NewScan(scan, "01", "2", acquired="2025-03-31"),
            NewScan(scan, "02", acquired="2024-05-01"),
            NewScan(scan, "03"),
        ],
        tmp_path / "first",
    )
    again = [
        NewScan(s.path, s.name.split("_")[0].removeprefix("sub-"), s.name.partition("ses-")[2])
        for s in find_t1w_scans(first)
    ]
    for root in (first, make_dataset(again, tmp_path / "again")):
        times = [time_of_scan(scan.path) for scan in find_t1w_scans(root)]
        assert [time and time.day for time in times] == ["2024-03-31", "2025-03-31", "2024-05-01", None]
    scans = [NewScan(scan, "01", "1", acquired="2024-03-31"), NewScan(scan, "01", "2", acquired="1.5")]
    assert set(problems_of(scans)) == {0, 1}
    assert set(problems_of([NewScan(scan, "01", acquired="soon")])) == {0}
    dated = find_t1w_scans(first)[1].path
    mixed = [NewScan(scan, "01", "1", acquired="0"), NewScan(dated, "01", "2")]
    with pytest.raises(InputError, match="sub-01 one scan has a date, another years"):
        make_dataset(mixed, tmp_path / "mixed")
    assert not (tmp_path / "mixed").exists() or not any((tmp_path / "mixed").iterdir())


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_links_lead_to_the_scans_that_stay_where_they_are(tmp_path: Path, scan: Path) -> None:
    before = scan.read_bytes()
    root = make_dataset([NewScan(scan, "01")], tmp_path / "made", links=True)
    (found,) = find_t1w_scans(root)
    assert found.path.is_symlink()
    assert found.path.resolve() == scan.resolve()
    assert scan.read_bytes() == before


def test_nothing_is_overwritten_and_a_failure_leaves_nothing_behind(tmp_path: Path, scan: Path) -> None:
    root = tmp_path / "made"
    root.mkdir()
    (root / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="not empty"):
        make_dataset([NewScan(scan, "01")], root)
    assert [path.name for path in root.iterdir()] == ["notes.txt"]
    (root / "notes.txt").unlink()
    broken = tmp_path / "broken.mgz"
    broken.write_bytes(b"no scan")
    with pytest.raises(InputError):
        make_dataset([NewScan(scan, "01"), NewScan(broken, "02")], root)
    assert list(root.iterdir()) == []


def test_dataset_that_a_killed_process_has_half_moved_to_its_place_is_made_whole(
    tmp_path: Path, scan: Path
) -> None:
    scans, root = (NewScan(scan, "01"), NewScan(scan, "02")), tmp_path / "made"
    make_dataset(scans, root)
    whole = {path.relative_to(root) for path in root.rglob("*")}
    (root / "dataset_description.json").rename(root / ".being-moved")
    (root / "participants.tsv").unlink()
    make_dataset(scans, root)
    assert {path.relative_to(root) for path in root.rglob("*")} == whole
