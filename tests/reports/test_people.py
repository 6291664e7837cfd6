"""Whose a result is: dataset, subject and session decide, also in the table of participants."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.subject_ids import id_key
from brainstem_app.imaging.scan import Scan
from brainstem_app.reports.cohort.participants import match_participants, read_participants
from brainstem_app.reports.cohort.people import one_result_each
from brainstem_app.reports.retest.pairs import find_pairs
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import DRAWN_LIMITS, LIMITS, ReportInputs
from brainstem_app.reports.scan.results import find_results

from .made_results import MODEL, write_result

REDS = [10, 12, 11, 13]


def _write_table(path: Path, *rows: str, head: str = "participant_id\tage") -> Path:
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return path


def _dataset(tmp_path: Path, table: LabelTable, dataset: str, start: int = 0) -> Path:
    folder = tmp_path / f"results of {dataset}"
    for n, red in enumerate(REDS, start=1):
        name = f"sub-{n:02d}"
        write_result(folder / name, table, f"{name}_T1w.nii.gz", red + start, dataset=dataset)
    return folder


def _cohort(out: Path, *words: object) -> int:
    return run(["cohort", *map(str, words), "--out", str(out)])


def _report(out: Path) -> dict:
    return json.loads((out / "cohort.json").read_text(encoding="utf-8"))


def test_people_of_one_name_in_two_datasets_are_two_people(tmp_path: Path, table: LabelTable) -> None:
    folders = [_dataset(tmp_path, table, "siteA"), _dataset(tmp_path, table, "siteB", 3)]
    assert _cohort(tmp_path / "out", *folders) == 0
    subjects = _report(tmp_path / "out")["subjects"]
    assert [s["subject"] for s in subjects] == [f"site{s}/sub-0{n}" for s in "AB" for n in range(1, 5)]
    assert [s["volume_mm3"]["RN_L"] for s in subjects] == [
        *(2.0 * r for r in REDS),
        *(2.0 * r + 6 for r in REDS),
    ]
    with (tmp_path / "out" / "volumes.csv").open(encoding="utf-8", newline="") as file:
        assert [row["dataset"] for row in csv.DictReader(file)] == ["siteA"] * 4 + ["siteB"] * 4


def test_two_people_of_one_name_in_one_dataset_are_refused_with_both_places(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = _dataset(tmp_path / "1", table, "siteA"), _dataset(tmp_path / "2", table, "siteA", 3)
    assert _cohort(tmp_path / "out", one, other) == 2
    said = capsys.readouterr().err
    assert "sub-01 of one dataset has two reports" in said
    assert str(one / "sub-01") in said
    assert str(other / "sub-01") in said


def _at(folder: Path, table: LabelTable, name: str, place: str, sha256: str) -> None:
    """Write a result of the dataset “raw” that lies at a place."""
    write_result(folder / name, table, f"{name}_T1w.nii.gz", 10, dataset="raw", sha256=sha256 * 64)
    file = folder / name / "report.json"
    report = json.loads(file.read_text(encoding="utf-8"))
    report["scan"]["dataset_id"] = place
    file.write_text(json.dumps(report), encoding="utf-8")


def test_datasets_of_one_folder_name_are_two_where_they_share_a_subject_and_one_where_they_do_not(
    tmp_path: Path, table: LabelTable
) -> None:
    for folder, place in (("outA", "x"), ("outB", "y")):
        _at(tmp_path / folder, table, "sub-01", place, "1" if place == "x" else "2")
    people, _ = one_result_each(find_results([tmp_path / "outA", tmp_path / "outB"]))
    assert [person.name for person in people] == ["raw, outA/sub-01", "raw, outB/sub-01"]
    _at(tmp_path / "outC", table, "sub-02", "z", "3")
    people, _ = one_result_each(find_results([tmp_path / "outA", tmp_path / "outC"]))
    assert [person.name for person in people] == ["sub-01", "sub-02"], "a dataset that was moved"


def test_result_without_a_dataset_beside_one_with_it_is_asked_about(
    tmp_path: Path, table: LabelTable
) -> None:
    _at(tmp_path / "a", table, "sub-01", "x", "1")
    write_result(tmp_path / "b" / "sub-01", table, "sub-01_T1w.nii.gz", 10, sha256="2" * 64)
    with pytest.raises(InputError, match="one person or two"):
        one_result_each(find_results([tmp_path / "a", tmp_path / "b"]))


def test_results_that_do_not_say_their_dataset_are_asked_about(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, sha in (("a", "1" * 64), ("b", "2" * 64)):
        for n, red in enumerate(REDS, start=1):
            write_result(
                tmp_path / folder / f"sub-{n}", table, f"sub-{n}_T1w.nii.gz", red, sha256=sha[:-1] + str(n)
            )
    assert _cohort(tmp_path / "out", tmp_path / "a", tmp_path / "b") == 2
    said = capsys.readouterr().err
    assert "one person or two?" in said
    assert "--separate-folders" in said
    assert _cohort(tmp_path / "out", tmp_path / "a", tmp_path / "b", "--separate-folders") == 0
    assert [s["subject"] for s in _report(tmp_path / "out")["subjects"]] == [
        f"{folder}/sub-{n}" for folder in "ab" for n in range(1, 5)
    ]


def _date(result: Path, created: str) -> None:
    file = result / "report.json"
    report = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**report, "created": created}), encoding="utf-8")


def test_of_a_scan_segmented_twice_the_newer_result_counts_and_that_is_said(
    tmp_path: Path, table: LabelTable
) -> None:
    for folder, red, day in (("a", 10, "02"), ("b", 12, "05"), ("c", 14, "03")):
        made = write_result(tmp_path / folder / "sub-1", table, "sub-1_T1w.nii.gz", red, sha256="1" * 64)
        _date(made, f"2026-01-{day}T10:00:00+00:00")
    people, notes = one_result_each(find_results([tmp_path / f for f in "abc"]))
    assert [person.result.path for person in people] == [tmp_path / "b" / "sub-1" / "report.json"]
    assert len(notes) == 1
    assert (
        "1 scan was segmented more than once; one result of each counts: sub-1 (of 2026-01-05 10:00"
        in (notes[0])
    )
    assert len(one_result_each(find_results([tmp_path / f for f in "abc"]), separate=True)[0]) == 3


def test_one_scan_under_a_persons_name_and_a_files_name_is_that_person(
    tmp_path: Path, table: LabelTable
) -> None:
    write_result(tmp_path / "a" / "sub-1", table, "sub-1_T1w.nii.gz", 10, dataset="ds", sha256="1" * 64)
    later = write_result(tmp_path / "b" / "copy", table, "copy.nii.gz", 12, sha256="1" * 64)
    _date(later, "2026-02-01T10:00:00+00:00")
    people, _ = one_result_each(find_results([tmp_path / "a", tmp_path / "b"]))
    assert [person.name for person in people] == ["sub-1"]


def test_one_scan_file_under_two_names_is_said(tmp_path: Path, table: LabelTable) -> None:
    for n in (1, 2, 3):
        folder = tmp_path / "r" / f"sub-{n}"
        write_result(folder, table, f"sub-{n}_T1w.nii.gz", 10, sha256=("2" if n == 3 else "1") * 64)
    _, notes = one_result_each(find_results([tmp_path / "r"]))
    assert notes == ["1 scan file has more than one name; each name counts as a person: sub-1 = sub-2."]


def test_folder_given_twice_counts_once_and_one_that_is_empty_is_named(
    tmp_path: Path, table: LabelTable
) -> None:
    folder = _dataset(tmp_path, table, "siteA")
    assert len(find_results([folder, folder / "sub-01", folder / "." / "sub-02"])) == 4
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"holds no report\.json") as caught:
        find_results([folder, tmp_path / "empty"])
    assert caught.value.where == str(tmp_path / "empty")
    with pytest.raises(InputError, match="no such folder"):
        find_results([folder, tmp_path / "nowhere"])


def test_session_is_chosen_and_who_lacks_it_is_named(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(1, 4):
        for session in (1, 2)[: 1 if n == 3 else 2]:
            name = f"sub-{n}_ses-{session}"
            write_result(tmp_path / "r" / name, table, f"{name}_T1w.nii.gz", 10 * session + n)
    assert _cohort(tmp_path / "out", tmp_path / "r") == 2
    assert "sub-1 was scanned more than once (ses-1 and ses-2)" in capsys.readouterr().err
    assert _cohort(tmp_path / "out", tmp_path / "r", "--session", "02") == 0
    report = _report(tmp_path / "out")
    assert [(s["subject"], s["session"], s["volume_mm3"]["RN_L"]) for s in report["subjects"]] == [
        ("sub-1", "ses-2", 42.0),
        ("sub-2", "ses-2", 44.0),
    ]
    assert any("without the session 02: sub-3" in note for note in report["notes"])
    head = "participant_id\tsession_id\tage"
    ages = [
        f"sub-{n}\tses-{session}\t{30 + n}"
        for n in range(1, 5)
        for session in (1, 2)
        if (n, session) != (3, 2)
    ]
    with_table = ["--session", "2", "--participants", str(_write_table(tmp_path / "p.tsv", *ages, head=head))]
    assert _cohort(tmp_path / "sessions", tmp_path / "r", *with_table) == 0
    absent = _report(tmp_path / "sessions")["without_result"]
    assert absent == ["sub-4 ses-1", "sub-4 ses-2"], "the others' first session has results too"
    assert _cohort(tmp_path / "out", tmp_path / "r", "--session", "9") == 2
    assert "Nobody has the session 9" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("sub-01", "1", True),
        ("sub-01", "01", True),
        ("sub-01", "Sub-1", True),
        ("sub-01", "1.0", True),
        ("sub-01", "sub01", True),
        ("sub-CON01", "CON_01", True),
        ("sub-con1", "CON-01", True),
        ("ses-02", "2", True),
        ("sub-01", "10", False),
        ("sub-01", "11", False),
        ("sub-100", "1", False),
        ("sub-A1", "B1", False),
        ("subject1", "1", False),
        ("sub-0", "sub-00", True),
    ],
)
def test_spellings_of_one_name_share_a_key(one: str, other: str, same: bool) -> None:
    assert (id_key(one) == id_key(other)) is same


@pytest.mark.parametrize(
    "spell",
    [
        lambda n: f"sub-{n:02d}",
        lambda n: f"{n:02d}",
        lambda n: f"{n}",
        lambda n: f"{n}.0",
        lambda n: f"sub-{n}",
        lambda n: f"SUB-{n:03d}",
        lambda n: f" sub_{n:02d} ",
    ],
)
def test_names_match_however_the_table_spells_them(tmp_path: Path, table: LabelTable, spell) -> None:
    folder = _dataset(tmp_path, table, "siteA")
    participants = _write_table(tmp_path / "p.tsv", *(f"{spell(n)}\t{20 + n}" for n in range(1, 5)))
    people, _ = one_result_each(find_results([folder]))
    matched = match_participants(read_participants(participants), people)
    assert {name: row.values["age"] for name, row in matched.rows.items()} == {
        f"sub-0{n}": str(20 + n) for n in range(1, 5)
    }
    assert matched.only_in_table == matched.only_in_results == ()


def test_name_that_could_be_two_people_is_not_matched_but_named(tmp_path: Path, table: LabelTable) -> None:
    for name in ("sub-01", "sub-1", "sub-2"):
        write_result(tmp_path / "r" / name, table, f"{name}_T1w.nii.gz", 10)
    people, _ = one_result_each(find_results([tmp_path / "r"]))
    exact = read_participants(_write_table(tmp_path / "a.tsv", "1\t31", "01\t32", "2\t33"))
    rows = match_participants(exact, people).rows
    assert {name: row.values["age"] for name, row in rows.items()} == {
        "sub-01": "32",
        "sub-1": "31",
        "sub-2": "33",
    }
    unclear = match_participants(
        read_participants(_write_table(tmp_path / "b.tsv", "001\t31", "2\t33")), people
    )
    assert list(unclear.rows) == ["sub-2"]
    assert unclear.only_in_table == ("001",)
    assert unclear.only_in_results == ("sub-01", "sub-1")
    assert unclear.unclear[0] == "sub-01 could be “001” (row 2), and so could sub-1"


def test_who_is_missing_on_either_side_is_counted_in_the_last_line_and_named_in_the_report(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _dataset(tmp_path, table, "siteA")
    rows = ("sub-01\t30", "sub-02\t45", "sub-03\t31", "sub-07\t50", "sub-08\t51")
    participants = _write_table(tmp_path / "p.tsv", *rows)
    assert _cohort(tmp_path / "out", folder, "--participants", participants, "--covariates", "age") == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert "subjects: 4, in the models: 3" in last
    assert "results without a row in the table: 1, rows without a result: 2" in last
    report = _report(tmp_path / "out")
    assert (report["without_row"], report["without_result"]) == (["sub-04"], ["sub-07", "sub-08"])
    page = (tmp_path / "out" / "cohort.html").read_text(encoding="utf-8")
    assert "not in the table of participants: sub-04" in page
    assert "2 rows of the table of participants without a result: sub-07, sub-08" in page


def test_table_and_results_without_a_common_name_say_both(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    participants = _write_table(tmp_path / "p.tsv", "P001\t30", "P002\t31")
    words = ("--participants", participants, "--covariates", "age")
    assert _cohort(tmp_path / "out", _dataset(tmp_path, table, "siteA"), *words) == 2
    said = capsys.readouterr().err
    assert "The results: sub-01, sub-02, sub-03, sub-04; the table: P001, P002" in said


def test_rows_of_sessions_go_to_the_results_of_those_sessions(tmp_path: Path, table: LabelTable) -> None:
    for n in (1, 2):
        name = f"sub-{n}_ses-2"
        write_result(tmp_path / "r" / name, table, f"{name}_T1w.nii.gz", 10)
    head = "participant_id\tsession_id\tage"
    rows = ["sub-1\tses-1\t30", "sub-1\tses-02\t32", "sub-2\t1\t40", "sub-2\t2\t42"]
    people, _ = one_result_each(find_results([tmp_path / "r"]))
    matched = match_participants(
        read_participants(_write_table(tmp_path / "p.tsv", *rows, head=head)), people
    )
    assert {name: row.values["age"] for name, row in matched.rows.items()} == {"sub-1": "32", "sub-2": "42"}
    assert matched.only_in_table == ("sub-1 ses-1", "sub-2 1")


def test_row_of_which_session_is_asked_where_the_result_names_none(tmp_path: Path, table: LabelTable) -> None:
    write_result(tmp_path / "r" / "sub-1", table, "sub-1_T1w.nii.gz", 10)
    path = _write_table(
        tmp_path / "p.tsv", "sub-1\tses-1\t30", "sub-1\tses-2\t32", head="participant_id\tsession_id\tage"
    )
    people, _ = one_result_each(find_results([tmp_path / "r"]))
    with pytest.raises(InputError, match=r"row 2: sub-1 ses-1, row 3: sub-1 ses-2"):
        match_participants(read_participants(path), people)
    assert match_participants(read_participants(path), people, "2").rows["sub-1"].values["age"] == "32"


@pytest.mark.parametrize(("again", "row"), [("sub-01", 4), ("01", 4)])
def test_person_in_two_rows_is_refused_with_both(tmp_path: Path, again: str, row: int) -> None:
    path = _write_table(tmp_path / "p.tsv", "sub-01\t30", "sub-02\t31", f"{again}\t33")
    with pytest.raises(InputError, match=rf"twice, in rows 2 and {row}"):
        read_participants(path)


def test_table_of_two_datasets_says_of_which_each_row_is(tmp_path: Path, table: LabelTable) -> None:
    folders = [_dataset(tmp_path, table, "siteA"), _dataset(tmp_path, table, "siteB")]
    people, _ = one_result_each(find_results(folders))
    rows = [f"sub-0{n}\t{s}\t{age + n}" for s, age in (("siteA", 20), ("siteB", 60)) for n in range(1, 5)]
    path = _write_table(tmp_path / "p.tsv", *rows, head="participant_id\tdataset\tage")
    matched = match_participants(read_participants(path), people)
    assert matched.rows["siteA/sub-01"].values["age"] == "21"
    assert matched.rows["siteB/sub-04"].values["age"] == "64"
    alone = read_participants(_write_table(tmp_path / "q.tsv", *(f"sub-0{n}\t{n}" for n in range(1, 5))))
    with pytest.raises(InputError, match=r"Row 2 .* could be siteA/sub-01 or siteB/sub-01"):
        match_participants(alone, people)


def test_table_in_the_root_of_a_dataset_is_of_that_dataset_alone(tmp_path: Path, table: LabelTable) -> None:
    results = []
    for dataset in ("siteA", "siteB"):
        scan = tmp_path / dataset / "sub-01" / "anat" / "sub-01_T1w.nii.gz"
        scan.parent.mkdir(parents=True)
        scan.write_bytes(dataset.encode())
        results.append(_segmented(scan, tmp_path / f"out{dataset}" / "sub-01", table))
    path = _write_table(tmp_path / "siteA" / "participants.tsv", "sub-01\t44")
    people, _ = one_result_each(find_results([result.parent for result in results]))
    assert [person.name for person in people] == ["siteA/sub-01", "siteB/sub-01"]
    matched = match_participants(read_participants(path), people)
    assert list(matched.rows) == ["siteA/sub-01"]
    assert matched.only_in_results == ("siteB/sub-01",)


def _segmented(scan: Path, folder: Path, table: LabelTable) -> Path:
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    labels[0] = 2
    read = Scan(labels.astype(np.float32), np.eye(4), scan)
    inputs = ReportInputs(labels, np.eye(4), table, "small", "1", scan=read, model=MODEL)
    report = build_report(inputs, make_manifest(inputs, "2026-01-01T00:00:00+00:00"))
    folder.mkdir(parents=True)
    (folder / "report.json").write_text(report.to_json(), encoding="utf-8")
    return folder


def test_report_names_the_dataset_of_its_scan_but_no_folder_above(tmp_path: Path, table: LabelTable) -> None:
    places = [tmp_path / "secret" / "rawdata", tmp_path / "other" / "rawdata"]
    scans = []
    for n, place in enumerate(places):
        file = place / "sub-01" / "ses-2" / "anat" / "sub-01_ses-2_T1w.nii.gz"
        file.parent.mkdir(parents=True)
        file.write_bytes(b"x")
        text = (_segmented(file, tmp_path / str(n), table) / "report.json").read_text(encoding="utf-8")
        assert "secret" not in text
        scans.append(json.loads(text)["scan"])
    assert [scan["dataset"] for scan in scans] == ["rawdata", "rawdata"]
    assert scans[0]["dataset_id"] != scans[1]["dataset_id"]
    loose = tmp_path / "patient Quill" / "head.nii.gz"
    loose.parent.mkdir()
    loose.write_bytes(b"x")
    text = (_segmented(loose, tmp_path / "loose", table) / "report.json").read_text(encoding="utf-8")
    assert "Quill" not in text
    assert json.loads(text)["scan"]["dataset"] is None


# Repeated scans -----------------------------------------------------------------------------------


def test_people_of_one_name_in_two_datasets_are_no_person_scanned_twice(
    tmp_path: Path, table: LabelTable
) -> None:
    one, other = _dataset(tmp_path, table, "siteA"), _dataset(tmp_path, table, "siteB")
    with pytest.raises(InputError, match=r"of two datasets \(siteA and siteB\)") as caught:
        find_pairs(one, other)
    assert "--same-people" in caught.value.fix
    assert len(find_pairs(one, other, same_people=True).pairs) == 4
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text(f"subject\tfirst\tsecond\nx\t{one.name}/sub-01\t{other.name}/sub-02\n", encoding="utf-8")
    assert [pair.second.scan.dataset for pair in find_pairs(pairs).pairs] == ["siteB"]


def test_sessions_of_two_datasets_in_one_folder_are_no_pair(tmp_path: Path, table: LabelTable) -> None:
    for dataset, session in (("siteA", 1), ("siteA", 2), ("siteB", 1), ("siteC", 2)):
        name = f"sub-1_ses-{session}"
        write_result(tmp_path / "r" / dataset / name, table, f"{name}_T1w.nii.gz", 10, dataset=dataset)
    found = find_pairs(tmp_path / "r")
    assert [pair.subject for pair in found.pairs] == ["siteA/sub-1"]
    assert found.left_out == {"one scan": ("siteB/sub-1", "siteC/sub-1")}


def test_tenth_session_comes_after_the_second(tmp_path: Path, table: LabelTable) -> None:
    for session, red in ((10, 30), (2, 10)):
        name = f"sub-1_ses-{session}"
        write_result(tmp_path / "r" / name, table, f"{name}_T1w.nii.gz", red)
    (pair,) = find_pairs(tmp_path / "r").pairs
    assert (pair.first.scan.file, pair.second.scan.file) == (
        "sub-1_ses-2_T1w.nii.gz",
        "sub-1_ses-10_T1w.nii.gz",
    )


def test_folders_pair_by_name_however_it_is_spelled(tmp_path: Path, table: LabelTable) -> None:
    for folder, names in (
        ("a", ("sub-01", "sub-02", "sub-3")),
        ("b", ("sub-1", "sub-02", "sub-003", "sub-03")),
    ):
        for name in names:
            write_result(tmp_path / folder / name, table, f"{name}_T1w.nii.gz", 10)
    found = find_pairs(tmp_path / "a", tmp_path / "b")
    assert [pair.subject for pair in found.pairs] == ["sub-01", "sub-02"]
    assert found.left_out == {"only in a": ("sub-3",), "only in b": ("sub-003", "sub-03")}


def test_table_of_pairs_from_a_spreadsheet_is_read(tmp_path: Path, table: LabelTable) -> None:
    for name in ("x", "y", "Köln 1", "Köln 2"):
        write_result(tmp_path / name, table, f"{name}_T1w.nii.gz", 10)
    text = "Subject;First;Second\r\n1;x;y\r\n\r\n2;Köln 1;Köln 2\r\n;;\r\n"
    (tmp_path / "pairs.csv").write_bytes(text.encode("cp1252"))
    assert [pair.subject for pair in find_pairs(tmp_path / "pairs.csv").pairs] == ["1", "2"]
    (tmp_path / "pairs.csv").write_text("subject,first,second\na,x,x\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"Row 2 .* names one result twice"):
        find_pairs(tmp_path / "pairs.csv")


# Made alike ----------------------------------------------------------------------------------------

OTHERS = {
    "model": {"model": replace(MODEL, sha256="b" * 64)},
    "atlas": {"atlas": "other"},
    "version of the program": {"version": "9.9"},
}


@pytest.mark.parametrize("what", OTHERS)
@pytest.mark.parametrize("command", ["cohort", "retest"])
def test_results_made_differently_are_refused_unless_confirmed_and_then_named(
    tmp_path: Path, table: LabelTable, what: str, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in (1, 2):
        for session in (1, 2)[: 2 if command == "retest" else 1]:
            name = f"sub-{n}_ses-{session}"
            made = {"version": "1.0", **(OTHERS[what] if n == 2 else {})}
            write_result(tmp_path / "r" / name, table, f"{name}_T1w.nii.gz", 10 + n, **made)
    words = [command, str(tmp_path / "r"), "--out", str(tmp_path / "out")]
    assert run(words) == 2
    said = capsys.readouterr().err
    assert f"differ in the {what} they were made with" in said
    assert "sub-1;" in said
    assert "sub-2)" in said
    assert run([*words, "--mixed"]) == 0
    for file in (f"{command}.json", f"{command}.html"):
        assert f"differ in the {what}" in (tmp_path / "out" / file).read_text(encoding="utf-8")


def test_results_of_atlases_without_a_common_nucleus_are_refused_even_if_confirmed(
    tmp_path: Path, table: LabelTable
) -> None:
    write_result(tmp_path / "r" / "sub-1", table, "sub-1_T1w.nii.gz", 10)
    other = write_result(tmp_path / "r" / "sub-2", table, "sub-2_T1w.nii.gz", 10, atlas="other")
    report = json.loads((other / "report.json").read_text(encoding="utf-8"))
    for structure in report["structures"]:
        structure["name"] = f"{structure['name']}x"
    (other / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert _cohort(tmp_path / "out", tmp_path / "r", "--mixed") == 2


@pytest.mark.parametrize("command", ["cohort", "retest"])
def test_model_that_nobody_measured_is_marked(
    tmp_path: Path, table: LabelTable, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    unmeasured = replace(MODEL, name="quick", test_macro_miou=None)
    for session in (1, 2)[: 2 if command == "retest" else 1]:
        name = f"sub-1_ses-{session}"
        write_result(tmp_path / "r" / name, table, f"{name}_T1w.nii.gz", 10, model=unmeasured)
    assert run([command, str(tmp_path / "r"), "--out", str(tmp_path / "out")]) == 0
    assert (
        "Nobody has measured how well the labels of this model fit: quick version 1, unmeasured"
        in capsys.readouterr().err
    )
    page = (tmp_path / "out" / f"{command}.html").read_text(encoding="utf-8")
    assert "model quick version 1, unmeasured" in page
    assert "Nobody has measured" in page


@pytest.mark.parametrize(("drawn", "said"), [(0, [LIMITS]), (1, [LIMITS, DRAWN_LIMITS]), (4, [DRAWN_LIMITS])])
def test_limits_are_those_of_the_models_that_made_the_results(
    tmp_path: Path, table: LabelTable, drawn: int, said: list[str]
) -> None:
    for n in range(4):
        name = f"sub-{n // 2}_ses-{n % 2}"
        path = write_result(tmp_path / "r" / name, table, f"{name}_T1w.nii.gz", 10 + n)
        report = json.loads((tmp_path / "r" / name / "report.json").read_text(encoding="utf-8"))
        # An older version says it in other words.
        of_drawn = DRAWN_LIMITS.replace("drew or accepted on", "drew on") if n % 2 else DRAWN_LIMITS
        report["limits"] = f"{of_drawn if n < drawn else LIMITS} Of this model: none."
        (path / "report.json").write_text(json.dumps(report), encoding="utf-8")
    assert run(["retest", str(tmp_path / "r"), "--out", str(tmp_path / "retest")]) == 0
    found = json.loads((tmp_path / "retest" / "retest.json").read_text(encoding="utf-8"))
    assert found["limits"] == " ".join(said)


@pytest.mark.parametrize(
    ("place", "has_description", "is_matched"),
    [
        ("siteB", True, False),  # the table of another dataset
        ("moved/siteA", True, True),  # their dataset, moved since
        ("tables", False, True),  # of nobody's dataset
    ],
)
def test_table_in_the_root_of_another_dataset_says_nothing_of_namesakes(
    tmp_path: Path,
    table: LabelTable,
    capsys: pytest.CaptureFixture[str],
    place: str,
    has_description: bool,
    is_matched: bool,
) -> None:
    people, _ = one_result_each(find_results([_dataset(tmp_path, table, "siteA")]))
    root = tmp_path / place
    root.mkdir(parents=True, exist_ok=True)
    if has_description:
        (root / "dataset_description.json").write_text("{}", encoding="utf-8")
    rows = ["participant_id\tage", *(f"{person.subject}\t6{n}" for n, person in enumerate(people))]
    (root / "participants.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = match_participants(read_participants(root / "participants.tsv"), people)
    assert len(found.rows) == (len(people) if is_matched else 0)
    assert found.is_of_others != is_matched
    table_file = root / "participants.tsv"
    words = ("--participants", table_file, "--covariates", "age", "--no-head-size", "--least", 2)
    assert (_cohort(tmp_path / "out", tmp_path / "results of siteA", *words) == 0) == is_matched
    assert ("The table is that of the dataset “siteB”" in capsys.readouterr().err) != is_matched
