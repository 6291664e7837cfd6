"""The results of a study by the command line: judged, corrected, compared, brought in, given out."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.imaging.bids.derivatives import dataset_id
from brainstem_app.imaging.label_map import load_label_map, save_label_map, save_volume
from brainstem_app.jobs.job import ChangeJob
from brainstem_app.jobs.people.sessions import people_of
from brainstem_app.jobs.results import import_results, restore
from brainstem_app.jobs.results.chosen import chosen_of_changes
from brainstem_app.jobs.results.quality_file import read_quality_table
from brainstem_app.jobs.studies.labels_of_model import model_of_labels
from brainstem_app.reports.change.as_results import change_results
from brainstem_app.reports.scan.reading import read_report
from brainstem_app.study.identity import Identity, place_in_study
from brainstem_app.study.result_state import ResultRecord
from brainstem_app.study.segmentations import study_results
from brainstem_app.study.study import Study

from ..reports.test_change_report import report_of
from ..study.made_study import (
    AFFINE,
    LABELS_FILE,
    add_loose_result,
    add_result,
    correct_by_hand,
    made_labels,
    make_study,
    state_lines,
    write_segmentation,
)

REDS = (10, 12, 11, 13, 10, 14)


@pytest.fixture
def study(tmp_path: Path, table: LabelTable) -> Study:
    """Six people of one dataset, one result each."""
    made = make_study(tmp_path / "study", tmp_path / "ds")
    for number, red in enumerate(REDS, start=1):
        add_result(made, table, f"sub-{number:02d}", red, right=10 + number)
    return made


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _cohort(study: Study, out: Path, *more: str) -> dict:
    assert run(["cohort", "--study", str(study.folder), "--out", str(out), *more]) == 0
    return json.loads((out / "cohort.json").read_text(encoding="utf-8"))


def _states(study: Study) -> dict[str, str]:
    return {result.record.subject: result.state for result in study_results(study.folder)}


def test_accepting_and_rejecting_is_written_beside_the_result(study: Study) -> None:
    folder = str(study.folder)
    assert run(["study", "accept", folder, "sub-01", "2", "--who", "anna"]) == 0
    assert run(["study", "reject", folder, "sub-03", "--why", "moved", "--who", "ben"]) == 0
    assert _states(study) == {
        "sub-01": "accepted",
        "sub-02": "accepted",
        "sub-03": "rejected",
        "sub-04": "unseen",
        "sub-05": "unseen",
        "sub-06": "unseen",
    }
    (line,) = state_lines(study.folder / "segmentations" / "sub-03" / "net-1")
    assert (line["deed"], line["why"], line["who"]) == ("rejected", "moved", "ben")
    assert run(["study", "undecide", folder, "sub-03"]) == 0
    assert _states(study)["sub-03"] == "unseen"


def test_rejecting_needs_a_reason_and_somebody_who_is_there(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(study.folder)
    assert run(["study", "reject", folder, "sub-03"]) == 2
    assert run(["study", "reject", folder, "sub-03", "--why", ""]) == 2
    assert run(["study", "reject", folder, "sub-99", "--why", "moved"]) == 2
    assert "No result of this study is of sub-99" in capsys.readouterr().err
    assert set(_states(study).values()) == {"unseen"}


def test_reason_of_several_lines_is_one_line_everywhere(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(study.folder)
    assert (
        run(["study", "reject", folder, "sub-03", "--why", "bad\tscan\nline 2\x1b", "--who", "an\nna"]) == 0
    )
    place = study.folder / "segmentations" / "sub-03" / "net-1"
    (line,) = state_lines(place)
    assert (line["why"], line["who"]) == ("bad scan line 2\N{REPLACEMENT CHARACTER}", "an na")
    record = (place / "state.json").read_text(encoding="utf-8")
    old = record.replace("bad scan line 2\N{REPLACEMENT CHARACTER}", "bad\\tscan\\nline 2")
    (place / "state.json").write_text(old, encoding="utf-8")
    capsys.readouterr()
    assert run(["study", "list", folder]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if "rejected" in line]
    assert len(said) == 1
    assert "rejected  bad scan line 2  an na" in said[0], "also of an older version of the program"
    assert run(["study", "reject", folder, "sub-04", "--why", " \n"]) == 2


def test_quality_is_a_row_a_result_and_follows_decisions(study: Study) -> None:
    folder = study.folder
    assert run(["quality", str(folder), "--no-pictures"]) == 0
    rows = _rows(folder / "quality.tsv")
    assert [row["subject"] for row in rows] == [f"sub-{n:02d}" for n in range(1, 7)]
    assert {row["state"] for row in rows} == {"unseen"}
    assert rows[0]["fit"] == "0.9000"
    assert run(["study", "reject", str(folder), "sub-03", "--why", "moved", "--who", "ben"]) == 0
    row = _rows(folder / "quality.tsv")[2]
    assert (row["state"], row["why"], row["who"]) == ("rejected", "moved", "ben")
    assert row["fit"] == rows[2]["fit"]


def test_table_of_quality_follows_results_of_any_name_and_reasons_with_any_sign(
    tmp_path: Path, table: LabelTable
) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    names = ["-dash", "=sum", "a;-b", "'-dash", "two  spaces", "anna"]
    places = [add_loose_result(study, table, name) for name in names]
    assert run(["quality", str(study.folder), "--no-pictures"]) == 0
    reason = '"turned" by the head'
    for place in places:
        name = f"{place.parent.name}/net-1"
        assert run(["study", "reject", "--why", reason, "--", str(study.folder), name]) == 0
    first = (study.folder / "quality.tsv").read_text(encoding="utf-8")
    read = read_quality_table(study.folder)
    assert read is not None
    assert {row.cells["folder"] for row in read.rows} == {
        *(f"{name}/net-1" for name in names if name != "two  spaces"),
        "two spaces/net-1",
    }
    assert {row.cells["why"] for row in read.rows} == {reason}
    assert not [line for line in first.splitlines() if line.startswith(("-", "="))], "nothing is computed"
    assert run(["study", "accept", str(study.folder), "anna"]) == 0
    changed = (study.folder / "quality.tsv").read_text(encoding="utf-8")
    assert [line for line in first.splitlines() if "anna" not in line] == [
        line for line in changed.splitlines() if "anna" not in line
    ]


def test_cohort_leaves_the_rejected_out_and_says_how_many_and_why(study: Study, tmp_path: Path) -> None:
    assert len(_cohort(study, tmp_path / "all")["subjects"]) == 6
    assert run(["study", "reject", str(study.folder), "sub-03", "--why", "moved"]) == 0
    report = _cohort(study, tmp_path / "out")
    assert [s["subject"] for s in report["subjects"]] == ["sub-01", "sub-02", "sub-04", "sub-05", "sub-06"]
    notes = " ".join(report["notes"])
    assert "Left out as rejected: 1 of 6 results: sub-03 (moved)." in notes
    assert "Nobody has said of 5 of 5 results" in notes
    assert "--study study" in report["command"]
    assert "Left out as rejected" in (tmp_path / "out" / "cohort.html").read_text(encoding="utf-8")


def test_some_people_of_a_study_are_compared_with_their_corrections_and_the_others_are_not_there(
    study: Study, tmp_path: Path
) -> None:
    correct_by_hand(study.folder / "segmentations" / "sub-02" / "net-1", 4)
    assert run(["study", "reject", str(study.folder), "sub-03", "--why", "moved"]) == 0
    chosen = ["sub-02/net-1", "1", "sub-03"]
    words = [word for name in chosen for word in ("--subject", name)]
    report = _cohort(study, tmp_path / "out", *words)
    first, second = report["subjects"]
    assert (first["subject"], second["subject"], second["volume_mm3"]["RN_L"]) == ("sub-01", "sub-02", 32)
    assert (first["state"], second["state"], second["corrected"]) == ("unseen", "edited", True)
    (gone,) = report["left_out"]
    assert (gone["subject"], gone["why"], gone["state"]) == ("sub-03", "rejected: moved", "rejected")
    rows = list(csv.DictReader((tmp_path / "out" / "people.csv").open(encoding="utf-8", newline="")))
    assert [(row["participant_id"], row["in_models"], row["state"]) for row in rows] == [
        ("sub-01", "1", "nobody has looked"),
        ("sub-02", "1", "corrected, to be looked at"),
        ("sub-03", "0", "rejected"),
    ]
    out = str(tmp_path / "again")
    assert run(["cohort", "--study", str(study.folder), "--out", out, "--subject", "sub-77"]) == 2
    assert run(["cohort", str(study.folder), "--out", out, "--subject", "sub-01"]) == 2


def test_corrected_labels_count_or_not_as_it_is_said(study: Study, tmp_path: Path) -> None:
    correct_by_hand(study.folder / "segmentations" / "sub-02" / "net-1", 4)

    def red(report: dict) -> dict[str, float]:
        return {s["subject"]: s["volume_mm3"]["RN_L"] for s in report["subjects"]}

    used = _cohort(study, tmp_path / "use")
    assert red(used)["sub-02"] == 2 * (12 + 4)
    assert any("corrected labels count: sub-02" in note for note in used["notes"])
    original = _cohort(study, tmp_path / "original", "--edited", "original")
    assert red(original)["sub-02"] == 2 * 12
    assert any("original labels count" in note for note in original["notes"])
    without = _cohort(study, tmp_path / "without", "--edited", "leave-out")
    assert "sub-02" not in red(without)
    assert any("they are left out: sub-02" in note for note in without["notes"])
    assert red(used)["sub-01"] == red(original)["sub-01"] == red(without)["sub-01"]


def test_people_of_scans_in_no_dataset_are_those_of_the_study_from_it_and_from_its_folders(
    tmp_path: Path, table: LabelTable
) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    for name, red in (("anna", 10), ("-ben", 12), ("cleo", 13)):
        add_loose_result(study, table, name, red)
    (study.folder / "segmentations" / "cleo" / "net-1" / "state.json").unlink()
    results = str(study.folder / "segmentations")
    assert run(["cohort", results, "--out", str(tmp_path / "folders")]) == 0
    from_folders = json.loads((tmp_path / "folders" / "cohort.json").read_text(encoding="utf-8"))
    for report in (from_folders, _cohort(study, tmp_path / "study-out")):
        assert [person["subject"] for person in report["subjects"]] == ["-ben", "anna", "cleo"]
    again = tmp_path / "copy"
    assert run(["study", "import-results", str(again), results]) == 0
    assert {result.record.subject for result in study_results(again)} == {"-ben", "anna", "cleo"}


def test_repeats_in_two_folders_of_a_study_are_matched_by_their_people(
    tmp_path: Path, table: LabelTable
) -> None:
    for folder, more in (("one", 0), ("two", 2)):
        study = make_study(tmp_path / folder, tmp_path / "ds")
        for name, red in (("anna", 10), ("ben", 12), ("cleo", 13)):
            add_loose_result(study, table, name, red + more)
    words = ["retest", str(tmp_path / "one" / "segmentations"), str(tmp_path / "two" / "segmentations")]
    assert run([*words, "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "retest.json").read_text(encoding="utf-8"))
    assert [person["subject"] for person in report["subjects"]] == ["anna", "ben", "cleo"]


def test_of_two_results_of_a_scan_the_corrected_one_counts_and_the_other_is_named(
    tmp_path: Path, table: LabelTable
) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    for name in ("base", "gzipped"):
        place = add_loose_result(study, table, name, sha256="1" * 64)
    for n, name in enumerate(("ben", "cleo")):
        add_loose_result(study, table, name, 11 + n)
    correct_by_hand(place.parents[1] / "base" / "net-1", 3)
    report = _cohort(study, tmp_path / "out")
    assert [person["subject"] for person in report["subjects"]] == ["base", "ben", "cleo"]
    (note,) = (note for note in report["notes"] if "more than once" in note)
    assert "counts: base (of " in note
    assert ", not gzipped of 2026-01-01 00:00)" in note
    report = _cohort(study, tmp_path / "original", "--edited", "leave-out")
    assert [person["subject"] for person in report["subjects"]] == ["ben", "cleo", "gzipped"]


def test_too_few_people_are_refused_with_who_was_left_out(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("sub-01", "sub-04"):
        assert run(["study", "reject", str(study.folder), name, "--why", "moved"]) == 0
    rows = [f"sub-{n:02d}\t{'control' if n < 4 else 'patient'}\t{20 + n * n}\t{n % 4}" for n in range(1, 7)]
    table = tmp_path / "people.tsv"
    table.write_text("\n".join(["participant_id\tgroup\tage\tdose", *rows]), encoding="utf-8")
    words = ["--participants", str(table), "--group", "group", "--covariates", "age,dose", "--least", "2"]
    used = _cohort(study, tmp_path / "some", "--participants", str(table))
    assert used["without_result"] == [], "sub-01 and sub-04 have one, which was rejected"
    assert run(["cohort", "--study", str(study.folder), "--out", str(tmp_path / "out"), *words]) == 2
    said = capsys.readouterr().err
    assert "4 people are too few for a model of 2 groups and age, dose; it takes 5 people" in said
    assert str(table) in said
    assert "Left out as rejected: 2 of 6 results" in said


def test_results_in_folders_of_a_study_and_of_none_count_as_in_a_study(
    study: Study, table: LabelTable, tmp_path: Path
) -> None:
    segmentations, loose = study.folder / "segmentations", tmp_path / "loose"
    assert run(["study", "reject", str(study.folder), "sub-03", "--why", "moved"]) == 0
    correct_by_hand(segmentations / "sub-02" / "net-1", 4)
    correct_by_hand(write_segmentation(loose / "sub-77_T1w", table, "sub-77_T1w.nii.gz", 12), 3)

    def compared(*words: str) -> dict[str, dict]:
        out = tmp_path / "_".join(("out", *words))
        assert run(["cohort", str(segmentations), str(loose), "--out", str(out), *words]) == 0
        report = json.loads((out / "cohort.json").read_text(encoding="utf-8"))
        return {**{s["subject"].rpartition("/")[2]: s for s in report["subjects"]}, "report": report}

    used = compared()
    assert len(used) == 6 + 1, "six of seven, and the report"
    assert "sub-03" not in used
    assert "Left out as rejected: 1 of 7 results: sub-03 (moved)" in " ".join(used["report"]["notes"])
    assert [used[name]["volume_mm3"]["RN_L"] for name in ("sub-02", "sub-77")] == [2 * 16, 2 * 15]
    assert used["sub-77"]["corrected"]
    original = compared("--edited", "original")
    assert [original[name]["volume_mm3"]["RN_L"] for name in ("sub-02", "sub-77")] == [2 * 12, 2 * 12]
    without = compared("--edited", "leave-out")
    assert not {"sub-02", "sub-77"} & without.keys()
    assert [gone["subject"] for gone in without["report"]["left_out"]] == ["sub-03", "sub-02", "sub-77"]


def test_results_are_taken_from_folders_or_from_a_study(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--out", str(tmp_path / "out")]
    assert run(["cohort", *words]) == 2
    assert "It is not said which results to take" in capsys.readouterr().err
    assert run(["cohort", str(tmp_path), "--study", str(study.folder), *words]) == 2
    assert "not from both" in capsys.readouterr().err
    assert run(["cohort", str(tmp_path), "--model", "net-1", *words]) == 2


def test_retest_takes_the_sessions_of_a_study_without_the_rejected(tmp_path: Path, table: LabelTable) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    for number in range(1, 5):
        for session in (1, 2):
            add_result(study, table, f"sub-{number:02d}", 10 + number + session, session=f"ses-{session}")
    reject = ["study", "reject", str(study.folder), "sub-04", "--session", "2", "--why", "moved"]
    assert run(reject) == 0
    assert run(["retest", "--study", str(study.folder), "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "retest.json").read_text(encoding="utf-8"))
    assert [s["subject"] for s in report["subjects"]] == ["sub-01", "sub-02", "sub-03"]
    notes = " ".join(report["notes"])
    assert "Left out as rejected: 1 of 8 results: sub-04/ses-2 (moved)." in notes
    assert "sub-04 (one scan)" in notes
    corrected = correct_by_hand(study.folder / "segmentations" / "sub-01" / "ses-2" / "net-1", 4)
    assert run(["retest", str(study.folder / "segmentations"), "--out", str(tmp_path / "folders")]) == 0
    report = json.loads((tmp_path / "folders" / "retest.json").read_text(encoding="utf-8"))
    assert [s["subject"] for s in report["subjects"]] == ["sub-01", "sub-02", "sub-03"]
    assert report["subjects"][0]["second_mm3"]["RN_L"] == 2 * (10 + 1 + 2 + 4)
    assert "the corrected labels count: sub-01/ses-2" in " ".join(report["notes"])
    assert corrected.is_file()


def test_change_of_a_study_says_whose_corrections_it_does_not_know(tmp_path: Path, table: LabelTable) -> None:
    study = make_study(tmp_path / "study", tmp_path / "ds")
    for person in ("sub-01", "sub-02", "sub-03"):
        for session in ("ses-1", "ses-2"):
            place = add_result(study, table, person, session=session)
            scan = tmp_path / f"{person}_{session}_T1w.nii.gz"
            scan.write_bytes(scan.name.encode())
            whose = ResultRecord.load(place / "state.json")
            whose.model_copy(update={"scan": str(scan)}).save(place / "state.json")
            if (person, session) == ("sub-02", "ses-2"):
                correct_by_hand(place, 4)
    assert run(["study", "reject", str(study.folder), "sub-03", "--why", "moved"]) == 0
    people, notes = people_of(ChangeJob(study=study.folder, out=tmp_path / "out"))
    assert [(person.folder, person.corrected) for person in people] == [
        ("sub-01", ()),
        ("sub-02", ("ses-2",)),
    ]
    assert "Left out as rejected: sub-03/ses-1, sub-03/ses-2." in notes
    assert any("Labels corrected by hand do not count" in n and "sub-02 (ses-2)" in n for n in notes)


def test_export_holds_volumes_and_label_maps_of_what_counts(study: Study, tmp_path: Path) -> None:
    out = tmp_path / "out"
    corrected = correct_by_hand(study.folder / "segmentations" / "sub-02" / "net-1", 4)
    assert run(["study", "reject", str(study.folder), "sub-03", "--why", "moved"]) == 0
    assert run(["study", "export", str(study.folder), "--out", str(out)]) == 0
    rows = {row["participant_id"]: row for row in _rows(out / "volumes.tsv")}
    assert set(rows) == {"sub-01", "sub-02", "sub-04", "sub-05", "sub-06"}
    assert float(rows["sub-02"]["RN_L"]) == 32
    assert (rows["sub-02"]["labels"], rows["sub-01"]["labels"]) == ("corrected", "original")
    assert (out / "labels" / "sub-02_dseg.nii.gz").read_bytes() == corrected.read_bytes()
    assert not (out / "labels" / "sub-03_dseg.nii.gz").exists()
    assert "sub-03 (moved)" in (out / "README").read_text(encoding="utf-8")
    named = {row["index"]: row["abbreviation"] for row in _rows(out / "labels" / "sub-01_dseg.tsv")}
    structures = read_report(study.folder / "segmentations" / "sub-01" / "net-1" / "report.json").structures
    assert named == {str(s.index): s.name for s in structures}
    given = {name: model_of_labels(out / "labels" / f"{name}_dseg.nii.gz", tmp_path) for name in rows}
    assert {name: one and (one.title, one.changed_voxels) for name, one in given.items()} == {
        **dict.fromkeys(rows, ("net version 1", 0)),
        "sub-02": ("net version 1", 4),
    }


@pytest.mark.parametrize("labels", [True, False])
def test_export_is_not_put_beside_label_maps_of_whom_it_leaves_out(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str], labels: bool
) -> None:
    out = tmp_path / "out"
    export = ["study", "export", str(study.folder), "--out", str(out)]
    assert run(export) == 0
    assert run(export) == 0, "the same again"
    assert run(["study", "reject", str(study.folder), "sub-03", "--why", "moved"]) == 0
    before = (out / "volumes.tsv").read_bytes()
    assert run([*export, *([] if labels else ["--no-labels"])]) == 2
    told = capsys.readouterr().err
    assert [f"sub-0{number}_dseg.nii.gz" in told for number in (3, 1)] == [True, not labels]
    assert (out / "volumes.tsv").read_bytes() == before
    (out / "labels" / "sub-03_dseg.nii.gz").unlink()
    assert run(export) == 0


def test_change_does_not_count_once_one_of_its_scans_is_rejected_in_its_study(
    study: Study, table: LabelTable
) -> None:
    reports = study.folder / "reports" / "Change over time"
    for number, model in ((11, "net"), (12, "net"), (13, "another")):
        for session in ("ses-1", "ses-2"):
            add_result(study, table, f"sub-{number}", session=session)
        changed = report_of(1.0, 0.99)
        whose = {"subject": f"sub-{number}", "dataset_id": dataset_id(Path(study.settings.dataset))}
        report = changed.model_copy(
            update={**whose, "model": changed.model.model_copy(update={"name": model, "version": "1"})}
        )
        (reports / f"sub-{number}").mkdir(parents=True)
        (reports / f"sub-{number}" / "change.json").write_text(report.to_json(), encoding="utf-8")
    for name in ("sub-12", "sub-13"):
        assert run(["study", "reject", str(study.folder), f"{name}/ses-2", "--why", "moved"]) == 0
    chosen = chosen_of_changes(change_results(reports))
    assert [result.subject for result in chosen.results] == ["sub-11", "sub-13"], "that is of another model"
    assert "Left out as rejected: 1 of 3 results: sub-12/ses-2 (moved)." in chosen.notes
    assert [(one.subject, one.why) for one in chosen.left_out] == [("sub-12", "rejected: moved")]
    shutil.copytree(reports, study.folder.parent / "elsewhere")
    assert len(chosen_of_changes(change_results(study.folder.parent / "elsewhere")).results) == 3


def test_restoring_puts_corrections_aside_and_loses_nothing(study: Study) -> None:
    result = study.folder / "segmentations" / "sub-02" / "net-1"
    edited = correct_by_hand(result, 4)
    before = edited.read_bytes()
    assert _states(study)["sub-02"] == "edited"
    assert run(["study", "restore", str(study.folder), "sub-02", "--who", "anna"]) == 0
    assert _states(study)["sub-02"] == "unseen"
    assert (result / "put_aside" / "1" / edited.name).read_bytes() == before
    assert state_lines(result)[-1]["deed"] == "restored"
    assert run(["study", "restore", str(study.folder), "sub-02"]) == 0  # nothing left to do
    assert len(state_lines(result)) == 1


class _Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("moves", [1, 2, 3])
def test_restoring_that_was_killed_is_done_by_who_restores_again(
    study: Study, monkeypatch: pytest.MonkeyPatch, moves: int
) -> None:
    result = study.folder / "segmentations" / "sub-02" / "net-1"
    for name in ("labels_native_edited.nii.gz", "labels_native_edited-2.nii.gz"):
        correct_by_hand(result, 4, name)
    (result / "edited").mkdir()
    done, move = [], restore._move

    def one_more(path: Path, folder: Path) -> None:
        if len(done) == moves:
            raise _Killed
        done.append(path)
        move(path, folder)

    words = ["study", "restore", str(study.folder), "sub-02"]
    monkeypatch.setattr(restore, "_move", one_more)
    if moves < 3:
        with pytest.raises(_Killed):
            run(words)
        assert _states(study)["sub-02"] == "edited"
    monkeypatch.setattr(restore, "_move", move)
    assert run(words) == 0
    assert _states(study)["sub-02"] == "unseen"
    assert len(list(result.glob("put_aside/*/*"))) == 3
    assert state_lines(result)[-1]["deed"] == "restored"


def test_reports_on_people_of_a_study_lie_in_it_unless_another_place_is_given(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cohort", "--study", str(study.folder)]) == 0
    (report,) = (study.folder / "reports").iterdir()
    assert report.name.startswith("Groups 2")
    assert (report / "cohort.json").is_file()
    assert run(["cohort", str(study.folder / "segmentations")]) == 2
    assert "where the results go" in capsys.readouterr().err
    (tmp_path / "papers").mkdir()
    assert run(["cohort", "--study", str(tmp_path / "papers")]) == 2
    assert "no study" in capsys.readouterr().err
    assert not list((tmp_path / "papers").iterdir())
    # Nothing of it is in a copy to hand on.
    assert run(["copy", str(study.folder), "--out", str(tmp_path / "copy"), "--share"]) == 0
    assert "reports on groups" in capsys.readouterr().err
    assert not (tmp_path / "copy" / "reports").exists()
    assert "(`reports`)" in (tmp_path / "copy" / "SHARED.txt").read_text(encoding="utf-8")


def test_loose_result_is_corrected_and_restored_by_its_folder(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    place = write_segmentation(tmp_path / "old" / "head", table, "head.nii.gz", 12)
    before = (place / "report.json").read_bytes()
    words = ["correct", str(place)]
    assert run(words) == 2
    assert "were not corrected" in capsys.readouterr().err
    edited = correct_by_hand(place, 4)
    assert run(words) == 1
    assert "--scan" in capsys.readouterr().err
    scan = tmp_path / "head.nii.gz"
    save_volume(scan, np.arange(216.0, dtype=np.float32).reshape(6, 6, 6), AFFINE)
    assert run([*words, "--scan", str(scan)]) == 0
    report = json.loads((place / "edited" / "report.json").read_text(encoding="utf-8"))
    volumes = {s["name"]: s["volume_mm3"] for s in report["structures"]}
    assert volumes["RN_L"] == (12 + 4) * 2
    assert report["volume_method"] == "corrected"
    manifest = json.loads((place / "edited" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == ["brainstem-app", "correct", "head", "--scan", "head.nii.gz"]
    assert (place / "report.json").read_bytes() == before
    assert not (place / "state.json").exists()
    assert run(["restore", str(place)]) == 0
    assert not edited.exists()
    assert (place / "put_aside" / "1" / "edited" / "report.json").is_file()
    assert run(["restore", str(place)]) == 0  # nothing left to do
    assert "were not corrected" in capsys.readouterr().err


def test_scan_that_is_another_one_now_is_not_shown_under_the_labels(
    tmp_path: Path, table: LabelTable
) -> None:
    place = write_segmentation(tmp_path / "old" / "head", table, "head.nii.gz", 12)
    report = json.loads((place / "report.json").read_text(encoding="utf-8"))
    report["scan"]["sha256"] = "a" * 64
    (place / "report.json").write_text(json.dumps(report), encoding="utf-8")
    correct_by_hand(place, 4)
    scan = tmp_path / "head.nii.gz"
    save_volume(scan, np.ones((6, 6, 6), dtype=np.float32), AFFINE)
    assert run(["correct", str(place), "--scan", str(scan)]) == 1
    assert not (place / "edited").exists()
    mine = place / "labels_native_edited.nii.gz"
    mine.rename(tmp_path / mine.name)
    assert run(["correct", str(place), "--scan", str(scan), "--labels", str(tmp_path / mine.name)]) == 1
    assert not mine.exists(), "refused before anything lies there"


def test_result_of_a_study_is_corrected_by_its_folder_as_by_its_name(study: Study, tmp_path: Path) -> None:
    place = study.folder / "segmentations" / "sub-02" / "net-1"
    correct_by_hand(place, 4)
    scan = tmp_path / "scan.nii.gz"
    save_volume(scan, np.arange(216.0, dtype=np.float32).reshape(6, 6, 6), AFFINE)
    assert run(["correct", str(place), "--scan", str(scan)]) == 0
    assert [line["deed"] for line in state_lines(place)] == ["corrected"]
    assert run(["restore", str(place)]) == 0
    assert [line["deed"] for line in state_lines(place)] == ["corrected", "restored"]


def test_results_begin_a_study_in_a_new_folder_and_belong_to_its_dataset_later(
    study: Study, tmp_path: Path
) -> None:
    old, new = study.folder / "segmentations", tmp_path / "new study"
    assert run(["study", "import-results", str(new), str(old)]) == 0
    begun = Study.open(new)
    assert begun.settings.dataset_folder is None
    assert [result.name for result in study_results(new)] == [r.name for r in study_results(study.folder)]
    # Its dataset is known later: the same people; those of another dataset have its name before theirs.
    _, place = place_in_study(begun.with_dataset(tmp_path / "ds"), _person(tmp_path / "ds"))
    assert place == new / "segmentations" / "sub-01"
    _, place = place_in_study(Study.open(new), _person(tmp_path / "elsewhere"))
    assert place == new / "segmentations" / "elsewhere_sub-01"
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "draft.txt").write_text("of somebody else", encoding="utf-8")
    assert run(["study", "import-results", str(tmp_path / "papers"), str(old)]) == 2


def _person(dataset: Path) -> Identity:
    return Identity(dataset.name, dataset_id(dataset), "sub-01")


def test_import_that_was_killed_says_whose_the_result_is_once_it_is_whole(
    study: Study, tmp_path: Path, table: LabelTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = tmp_path / "old"
    write_segmentation(old / "sub-07", table, "sub-07_T1w.nii.gz", dataset=Path(study.settings.dataset))
    words = ["study", "import-results", str(study.folder), str(old), "--who", "anna"]
    place, copy_file = study.folder / "segmentations" / "sub-07" / "net-1", import_results._copy_file

    def killed_at_the_report(source: Path, target: Path) -> None:
        if source.name == "report.json":
            raise _Killed
        copy_file(source, target)

    monkeypatch.setattr(import_results, "_copy_file", killed_at_the_report)
    with pytest.raises(_Killed):
        run(words)
    assert not (place / "report.json").exists()
    monkeypatch.setattr(import_results, "_copy_file", copy_file)
    assert run(words) == 0
    assert [line["deed"] for line in state_lines(place)] == ["imported"]
    assert json.loads((place / "state.json").read_text(encoding="utf-8"))["dataset"] == "ds"


def test_correction_on_another_grid_or_with_unknown_labels_is_refused(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = study.folder / "segmentations" / "sub-02" / "net-1"
    there = sorted(path.name for path in result.iterdir())
    other = np.zeros((5, 6, 6), dtype=np.uint8)
    save_label_map(tmp_path / "other.nii.gz", other, AFFINE)
    unknown = made_labels(12)
    unknown[0, 0, 0] = 77
    save_label_map(tmp_path / "unknown.nii.gz", unknown, AFFINE)
    words = ["study", "correct", str(study.folder), "sub-02", "--labels"]
    assert run([*words, str(tmp_path / "other.nii.gz")]) == 2
    assert "do not lie on the grid of the original" in capsys.readouterr().err
    assert run([*words, str(tmp_path / "unknown.nii.gz")]) == 2
    said = capsys.readouterr().err
    assert "does not name: 77" in said
    assert "in:    " + str(tmp_path / "unknown.nii.gz") in said  # the file that was given, not the original
    assert run([*words, str(result / LABELS_FILE)]) == 2
    assert "which is never changed" in capsys.readouterr().err
    assert sorted(path.name for path in result.iterdir()) == there


def test_correction_with_a_table_of_other_numbers_beside_it_is_taken_by_its_names(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    place = write_segmentation(tmp_path / "head", table, "head.nii.gz", 12)
    scan = tmp_path / "head.nii.gz"
    save_volume(scan, np.ones((6, 6, 6), dtype=np.float32), AFFINE)
    mine = made_labels(15, right=7)
    (tmp_path / "mine").mkdir()
    given = tmp_path / "mine" / "head_dseg.nii.gz"
    save_label_map(given, np.array([0, 4, 3, 2, 1], dtype=np.uint8)[mine], AFFINE)
    rows = "index\tname\n1\tPAG\n2\tRN, right\n3\tRN, left\n4\tWM\n"
    (given.parent / "dseg.tsv").write_text(rows, encoding="utf-8")
    words = ["correct", str(place), "--scan", str(scan), "--labels", str(given)]
    assert run(words) == 0
    assert "matched by name" in capsys.readouterr().err
    np.testing.assert_array_equal(load_label_map(place / "labels_native_edited.nii.gz")[0], mine)
    (given.parent / "dseg.tsv").write_text(rows.replace("PAG", "SN"), encoding="utf-8")
    assert run(words) == 2
    said = capsys.readouterr().err
    assert "has SN, which the result's labels do not have" in said
    assert "without a table of other labels" in said


@pytest.mark.parametrize("left", [0, 1], ids=["all background", "the brainstem without a nucleus"])
def test_correction_without_any_nucleus_is_refused_with_what_to_do(
    study: Study, tmp_path: Path, left: int, capsys: pytest.CaptureFixture[str]
) -> None:
    result = study.folder / "segmentations" / "sub-02" / "net-1"
    there = sorted(path.name for path in result.iterdir())
    empty = tmp_path / "empty.nii.gz"
    save_label_map(empty, np.full((6, 6, 6), left, dtype=np.uint8), AFFINE)
    assert run(["study", "correct", str(study.folder), "sub-02", "--labels", str(empty)]) == 2
    said = capsys.readouterr().err
    assert "The corrected labels are empty: no nucleus is left." in said
    assert "study reject" in said
    assert sorted(path.name for path in result.iterdir()) == there


def test_nuclei_that_a_correction_erased_are_told_of(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    place = write_segmentation(tmp_path / "head", table, "head.nii.gz", 12)
    scan = tmp_path / "head.nii.gz"
    save_volume(scan, np.ones((6, 6, 6), dtype=np.float32), AFFINE)
    save_label_map(tmp_path / "few.nii.gz", made_labels(12, right=0, grey=0), AFFINE)
    assert run(["correct", str(place), "--scan", str(scan), "--labels", str(tmp_path / "few.nii.gz")]) == 0
    assert "2 nuclei not found: RN_R, PAG." in capsys.readouterr().err


def test_old_results_are_copied_in_once_and_stay_where_they_are(
    study: Study, tmp_path: Path, table: LabelTable
) -> None:
    old = tmp_path / "old results"
    own = Path(study.settings.dataset)
    write_segmentation(old / "sub-07", table, "sub-07_T1w.nii.gz", dataset=own)
    write_segmentation(old / "sub-08_ses-2", table, "sub-08_ses-2_T1w.nii.gz", dataset=own)
    write_segmentation(old / "x" / "sub-01", table, "sub-01_T1w.nii.gz", 20, dataset=tmp_path / "site2")
    before = {path: path.read_bytes() for path in old.rglob("*") if path.is_file()}
    assert run(["study", "import-results", str(study.folder), str(old), "--who", "anna"]) == 0
    names = {result.name for result in study_results(study.folder)}
    assert {"sub-07/net-1", "sub-08/ses-2/net-1", "site2_sub-01/net-1", "sub-01/net-1"} <= names
    assert {path: path.read_bytes() for path in old.rglob("*") if path.is_file()} == before
    (line,) = state_lines(study.folder / "segmentations" / "sub-07" / "net-1")
    assert (line["deed"], line["who"]) == ("imported", "anna")
    assert run(["study", "import-results", str(study.folder), str(old)]) == 0
    assert len(study_results(study.folder)) == len(names)


def test_correction_that_was_made_after_an_import_comes_into_the_study_and_replaces_nothing(
    study: Study, tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    old, own = tmp_path / "old", Path(study.settings.dataset)
    source = write_segmentation(old / "sub-07", table, "sub-07_T1w.nii.gz", dataset=own)
    again = ["study", "import-results", str(study.folder), str(old)]
    assert run(again) == 0
    edited = correct_by_hand(source, 4)
    assert run(again) == 0
    assert "corrections copied: 1" in capsys.readouterr().out
    place = study.folder / "segmentations" / "sub-07" / "net-1"
    assert _states(study)["sub-07"] == "edited"
    assert (place / edited.name).read_bytes() == edited.read_bytes()
    assert [line["deed"] for line in state_lines(place)] == ["imported", "imported"]
    assert run(["study", "restore", str(study.folder), "sub-07"]) == 0
    assert run(again) == 0
    assert _states(study)["sub-07"] == "unseen", "what was put aside does not come back"
    ours = correct_by_hand(place, 6)
    theirs = correct_by_hand(source, 8, "labels_native_edited-2.nii.gz")
    before = ours.read_bytes()
    capsys.readouterr()
    assert run(again) == 0
    assert "was corrected here and otherwise in the study" in capsys.readouterr().err
    assert ours.read_bytes() == before
    assert not (place / theirs.name).exists()


def test_repeatability_without_pairs_says_who_was_rejected(
    study: Study, table: LabelTable, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for session in ("ses-1", "ses-2"):
        add_result(study, table, "sub-11", session=session)
    assert run(["study", "reject", str(study.folder), "sub-11/ses-2", "--why", "moved"]) == 0
    capsys.readouterr()
    assert run(["retest", "--study", str(study.folder), "--out", str(tmp_path / "retest")]) == 2
    told = capsys.readouterr().err
    assert "No subject has two results" in told
    assert "Left out as rejected" in told
    assert "sub-11/ses-2 (moved)" in told


def test_what_was_said_of_results_comes_with_them_from_another_study(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = ["--why", "moved", "--who", "anna"]
    assert run(["study", "reject", str(study.folder), "sub-03", *said]) == 0
    assert run(["study", "accept", str(study.folder), "sub-04", "--who", "anna"]) == 0
    pooled = Study(tmp_path / "pooled", study.settings)
    bring = ["study", "import-results", str(pooled.folder), str(study.folder)]
    assert run(bring) == 0
    states = {"sub-03": "rejected", "sub-04": "accepted"}
    assert {name: state for name, state in _states(pooled).items() if state != "unseen"} == states
    (kept,) = [result for result in study_results(pooled.folder) if result.state == "rejected"]
    assert kept.last is not None
    assert (kept.last.who, kept.last.why) == ("anna", "moved")
    assert run(["study", "reject", str(study.folder), "sub-05", *said]) == 0
    capsys.readouterr()
    assert run(bring) == 0
    told = capsys.readouterr().err
    assert "sub-05/net-1 was rejected in the study that it comes from, and is unseen in this one" in told
    assert "sub-03/net-1 was rejected" not in told


def test_results_of_sessions_that_file_names_leave_out_are_those_of_two_sessions(
    study: Study, tmp_path: Path, table: LabelTable
) -> None:
    old, own = tmp_path / "old", Path(study.settings.dataset)
    for session in ("ses-1", "ses-2"):
        write_segmentation(old / f"sub-09_{session}", table, "sub-09_T1w.nii.gz", dataset=own)
    assert run(["study", "import-results", str(study.folder), str(old)]) == 0
    names = {result.name for result in study_results(study.folder)}
    assert {"sub-09/ses-1/net-1", "sub-09/ses-2/net-1"} <= names
    # From one study into another: whose they are says the first.
    assert run(["study", "import-results", str(tmp_path / "new"), str(study.folder / "segmentations")]) == 0
    assert {result.name for result in study_results(tmp_path / "new")} == names


def test_old_result_never_takes_the_place_of_another(
    study: Study, tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    old = tmp_path / "old"
    write_segmentation(old / "a", table, "sub-01_T1w.nii.gz", 30, dataset=Path(study.settings.dataset))
    target = study.folder / "segmentations" / "sub-01" / "net-1" / LABELS_FILE
    before = target.read_bytes()
    assert run(["study", "import-results", str(study.folder), str(old)]) == 1
    assert "The study holds another result of this person, session and model" in capsys.readouterr().err
    assert target.read_bytes() == before


def test_copy_of_a_study_brings_its_results_and_what_was_said(study: Study, tmp_path: Path) -> None:
    assert run(["study", "reject", str(study.folder), "sub-03", "--why", "moved"]) == 0
    assert run(["copy", str(study.folder), "--out", str(tmp_path / "copy")]) == 0
    shutil.rmtree(study.folder)
    assert _states(Study.open(tmp_path / "copy"))["sub-03"] == "rejected"


def test_list_says_the_state_of_every_result(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["study", "reject", str(study.folder), "sub-03", "--why", "moved", "--who", "ben"]) == 0
    capsys.readouterr()
    assert run(["study", "list", str(study.folder)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[:4] == ["sub-03/net-1", "rejected", "moved", "ben"]
    assert lines[0].split() == ["sub-01/net-1", "unseen"]
    assert run(["study", "list", str(study.folder), "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[2])["why"] == "moved"
