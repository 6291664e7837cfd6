"""Groups that can be trusted: contrasts, sites, fewest people, who is in, a saved reference group."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from jsonschema import Draft202012Validator

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.errors import InputError, UnconfirmedError
from brainstem_app.evaluation.combat import harmonised
from brainstem_app.locations import resource
from brainstem_app.reports.cohort.build import build_cohort_report
from brainstem_app.reports.cohort.contrasts import read_contrasts, written
from brainstem_app.reports.cohort.document import cohort_document
from brainstem_app.reports.cohort.model import CohortReport
from brainstem_app.reports.cohort.request import CohortRequest
from brainstem_app.reports.cohort.saved_reference import read_reference
from brainstem_app.reports.cohort.who_is_in import people_sheet
from brainstem_app.reports.engine.html import document_html
from brainstem_app.reports.scan.model import ModelDescription

from .made_results import write_result
from .test_sheets import read_sheets

GROUPS = ["control"] * 10 + ["ALS-B"] * 6 + ["ALS-S"] * 6
SITES = ["A", "B"] * 11
RNG = np.random.default_rng(12)
AGES = RNG.integers(40, 80, 22)
RED = 30 - 5 * (np.array(GROUPS) == "ALS-B") - 8 * (np.array(GROUPS) == "ALS-S")
RED = RED + 6 * (np.array(SITES) == "B") + RNG.integers(-2, 3, 22)
GREY = 40 + RNG.integers(-4, 5, 22)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, table: LabelTable) -> Path:
    """Results of 22 people of three groups at two sites, and their table beside them."""
    home = tmp_path_factory.mktemp("groups")
    lines = ["participant_id\tdiagnosis\tage\tsite"]
    for n in range(22):
        name = f"sub-{n + 1:02d}"
        write_result(
            home / "results" / name, table, f"{name}_T1w.nii.gz", int(RED[n]), grey=int(GREY[n]),
            dataset="ds", version="0.2.0",
        )  # fmt: skip
        lines.append(f"{name}\t{GROUPS[n]}\t{AGES[n]}\t{SITES[n]}")
    (home / "participants.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return home / "results"


def _request(results: Path, **more: object) -> CohortRequest:
    asked = {"group": "diagnosis", "covariates": ("age",), **more}
    return CohortRequest(results=(results,), participants=results.parent / "participants.tsv", **asked)


def _red(report: CohortReport) -> dict[tuple[str, str], float | None]:
    return {
        (c.group, c.reference): next(n.difference_mm3 for n in c.nuclei if n.name == "RN_L")
        for c in report.comparisons
    }


def _by_hand(volumes: np.ndarray) -> np.ndarray:
    """Means of the three groups at the mean age, mm³, by least squares."""
    design = np.column_stack([*(np.array(GROUPS) == g for g in ("control", "ALS-B", "ALS-S")), AGES])
    return np.linalg.lstsq(design.astype(float), volumes, rcond=None)[0][:3]


def test_named_contrasts_are_those_of_the_groups_means(results: Path) -> None:
    asked = ("als-b:ALS-S", "patients=ALS-B+ALS-S:control")
    report = build_cohort_report(_request(results, contrasts=asked))
    control, first, second = _by_hand(2.0 * RED)
    found = _red(report)
    assert list(found) == [("ALS-B", "ALS-S"), ("patients", "control")]
    assert found["ALS-B", "ALS-S"] == pytest.approx(first - second, abs=1e-5)
    assert found["patients", "control"] == pytest.approx((first + second) / 2 - control, abs=1e-5)
    assert report.reference == "control"
    assert [(c.n, c.reference_n) for c in report.comparisons] == [(6, 6), (12, 10)]
    tests = [n for c in report.comparisons for n in c.nuclei if n.p is not None]
    ranked = sorted(tests, key=lambda n: n.p)
    assert ranked[0].p_holm == pytest.approx(len(tests) * ranked[0].p)
    by_rank = [len(tests) * n.p / (k + 1) for k, n in enumerate(ranked)]
    assert [n.p_fdr for n in ranked] == pytest.approx([min(1, *by_rank[k:], 1) for k in range(len(ranked))])
    assert "patients minus control" in report.methods


def test_means_of_groups_taken_together_are_those_that_the_difference_weighs(results: Path) -> None:
    # Ten and six people: the mean over all sixteen would be another.
    report = build_cohort_report(
        _request(results, contrasts=("healthier=control+ALS-B:ALS-S",), covariates=())
    )
    (comparison,) = report.comparisons
    red = next(n for n in comparison.nuclei if n.name == "RN_L")
    control, first, second = (2.0 * RED[np.array(GROUPS) == g].mean() for g in ("control", "ALS-B", "ALS-S"))
    assert (red.mean_mm3, red.reference_mean_mm3) == (
        pytest.approx((control + first) / 2),
        pytest.approx(second),
    )
    assert red.difference_mm3 == pytest.approx(red.mean_mm3 - red.reference_mean_mm3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ALS:control", "does not say which groups"),
        ("control", "does not say which groups"),
        ("ALS-B+control:control", "has control on both sides"),
    ],
)
def test_contrast_that_names_no_groups_is_refused_with_those_there_are(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_contrasts([text], ["ALS-B", "ALS-S", "control"])


def test_groups_may_have_the_signs_of_a_contrast_in_their_names() -> None:
    (found,) = read_contrasts(["a+b:x:y+z"], ["a+b", "x:y", "z"])
    assert (found.over, found.under) == (("a+b",), ("x:y", "z"))
    assert written(found) == "a+b:x:y+z"
    with pytest.raises(InputError, match="asked for twice"):
        read_contrasts(["a:b", "b:a"], ["a", "b"])


def test_group_of_fewer_people_than_asked_is_refused_and_stated(results: Path) -> None:
    with pytest.raises(
        InputError, match="“ALS-B” \\(6 people\\), “ALS-S” \\(6 people\\); at least 7 are"
    ) as told:
        build_cohort_report(_request(results, least=7))
    assert "--least" in told.value.fix
    small = build_cohort_report(_request(results, least=7, contrasts=(), group=""))
    assert small.comparisons == ()
    report = build_cohort_report(_request(results))
    assert report.least == 5


def test_sites_are_taken_out_with_the_groups_kept(results: Path, tmp_path: Path) -> None:
    out, table = tmp_path / "out", results.parent / "participants.tsv"
    words = ["--participants", str(table), "--group", "diagnosis", "--covariates", "age"]
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "centiles.csv").write_text("of an earlier report", encoding="utf-8")
    assert run(["cohort", str(results), *words, "--site", "site", "--out", str(out)]) == 0
    report = CohortReport.model_validate_json((out / "cohort.json").read_text(encoding="utf-8"))
    assert report.sites == {"A": 11, "B": 11}
    assert report.covariates == ("age",)
    with (out / "harmonised.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    mended = np.array([[float(row[name]) for name in ("RN_L", "PAG")] for row in rows])
    kept = np.column_stack([np.array(GROUPS) == "ALS-B", np.array(GROUPS) == "ALS-S", AGES - AGES.mean()])
    site = (np.array(SITES) == "B").astype(int)
    # The third measure of these results never varies, and takes no part.
    known = harmonised(2.0 * np.column_stack([RED, GREY]), site, kept.astype(float))
    assert mended == pytest.approx(known, abs=1e-5)
    control, first, _ = _by_hand(mended[:, 0])
    assert _red(report)["ALS-B", "control"] == pytest.approx(first - control, abs=1e-4)
    raw = np.array([2.0 * r for r in RED])
    assert abs(raw[site == 1].mean() - raw[site == 0].mean()) > 8
    assert abs(mended[site == 1, 0].mean() - mended[site == 0, 0].mean()) < 4
    assert any("2 sites of “site” (A: 11, B: 11) were taken out (ComBat)" in note for note in report.notes)
    assert "Fortin et al. 2018" in report.methods
    page = (out / "cohort.html").read_text(encoding="utf-8")
    assert "without the differences of the sites" in page
    assert not (out / "centiles.csv").exists()
    book = read_sheets((out / "cohort.xlsx").read_bytes())
    assert list(book) == ["comparisons", "volumes", "zscores", "harmonised", "people", "about"]


def test_who_is_left_out_for_a_site_is_named_and_does_not_count_as_not_found(
    table: LabelTable, tmp_path: Path
) -> None:
    # At B the nucleus was found in 4 of 8 people: too few to tell what is of that site.
    lost = ("sub-20", "sub-22", "sub-23", "sub-24")
    lines = ["participant_id\tdiagnosis\tsite"]
    for n in range(1, 25):
        name = f"sub-{n:02d}"
        red = 0 if name in lost else 20 + n % 5
        write_result(tmp_path / "results" / name, table, f"{name}_T1w.nii.gz", red, grey=30 + n % 7)
        lines.append(f"{name}\t{'patient' if n % 2 else 'control'}\t{'A' if n <= 16 else 'B'}")
    (tmp_path / "participants.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = build_cohort_report(_request(tmp_path / "results", covariates=(), site="site"))
    (comparison,) = report.comparisons
    (red_left,) = (entry for entry in comparison.nuclei if entry.name == "RN_L")
    assert (red_left.n, red_left.reference_n) == (8, 8)
    assert (red_left.not_found, red_left.reference_not_found) == (1, 3)
    (note,) = (note for note in report.notes if note.startswith("Left out where fewer than 5 people"))
    assert "sub-17, sub-18, sub-19, sub-21 (site = B): RN_L. They do not count as not found." in note
    (lacking,) = (note for note in report.notes if "not found and counted as missing" in note)
    assert lacking.startswith("4 nuclei")
    assert "without those left out for the sake of their site" in document_html(cohort_document(report))


def test_measure_whose_sites_are_its_groups_is_compared_in_nobody_and_named(
    table: LabelTable, tmp_path: Path
) -> None:
    lines = ["participant_id\tdiagnosis\tsite"]
    for n in range(1, 25):
        name, site, group = f"sub-{n:02d}", "AB"[n % 2], ("patient" if n % 4 < 2 else "control")
        red = 20 + n % 5 if (site == "A") == (group == "control") else 0
        write_result(tmp_path / "results" / name, table, f"{name}_T1w.nii.gz", red, grey=30 + n % 7)
        lines.append(f"{name}\t{group}\t{site}")
    (tmp_path / "participants.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = build_cohort_report(_request(tmp_path / "results", covariates=(), site="site"))
    (red_left,) = (entry for entry in report.comparisons[0].nuclei if entry.name == "RN_L")
    assert (red_left.n, red_left.reference_n, red_left.p) == (0, 0, None)
    assert (red_left.not_found, red_left.reference_not_found) == (6, 6)
    assert any(note.startswith("Compared in nobody: RN_L. ") for note in report.notes)


def test_sites_that_cannot_be_told_from_groups_or_are_one_are_refused(results: Path, tmp_path: Path) -> None:
    head, *rows = (results.parent / "participants.tsv").read_text(encoding="utf-8").splitlines()
    table = tmp_path / "participants.tsv"

    def refused(of_row: dict[str, str], **more: object) -> str:
        lines = [row.rsplit("\t", 1)[0] + f"\t{of_row[row.split()[1]]}" for row in rows]
        table.write_text("\n".join([head, *lines]), encoding="utf-8")
        with pytest.raises(InputError) as told:
            build_cohort_report(
                _request(results, site="site", **more).model_copy(update={"participants": table})
            )
        return str(told.value.what)

    each = {"control": "A", "ALS-B": "B", "ALS-S": "B"}
    assert "cannot be told apart" in refused(each)
    assert "There is one site alone: “site” is A in everybody" in refused(dict.fromkeys(each, "A"))
    assert "1 site of “site” has too few people" in refused({**each, "ALS-S": "A"}, least=7, group="")
    assert "cannot be a group or covariate as well" in refused(each, covariates=("site",))


def test_who_is_in_says_dataset_model_warnings_and_why_somebody_is_not(results: Path, tmp_path: Path) -> None:
    table = tmp_path / "participants.tsv"
    text = (results.parent / "participants.tsv").read_text(encoding="utf-8")
    table.write_text(text.replace(f"sub-02\tcontrol\t{AGES[1]}", "sub-02\tcontrol\tn/a"), encoding="utf-8")
    words = ["--participants", str(table), "--group", "diagnosis", "--covariates", "age"]
    assert run(["cohort", str(results), *words, "--out", str(tmp_path / "out")]) == 0
    with (tmp_path / "out" / "people.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["participant_id"]: row for row in csv.DictReader(file)}
    assert len(rows) == 22
    assert (rows["sub-01"]["dataset"], rows["sub-01"]["model"], rows["sub-01"]["version"]) == (
        "ds",
        "net version 1",
        "0.2.0",
    )
    assert (rows["sub-02"]["in_models"], rows["sub-02"]["why_not"]) == ("0", "age unknown")
    page = (tmp_path / "out" / "cohort.html").read_text(encoding="utf-8")
    assert "Who is in" in page
    assert "no: age unknown" in page
    assert "segmented with version 0.2.0" in page


@pytest.fixture(scope="module")
def reference(results: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The controls, saved with their ages."""
    out = tmp_path_factory.mktemp("reference")
    table = results.parent / "participants.tsv"
    words = [
        "--participants",
        str(table),
        "--group",
        "diagnosis",
        "--covariates",
        "age",
        "--name",
        "Paris 3 T",
    ]
    assert run(["reference", "save", str(results), *words, "--out", str(out)]) == 0
    return out / "reference.json"


def test_saved_reference_group_names_nobody(reference: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = reference.read_text(encoding="utf-8")
    assert "sub-" not in text
    group = read_reference(reference.parent)
    assert (group.name, group.n, group.atlas, group.columns) == ("Paris 3 T", 10, "small version 1", ("age",))
    assert group.model is not None
    assert (group.model.name, group.model.sha256, group.versions) == ("net", "a" * 64, ("0.2.0",))
    assert {m.name for m in group.measures} == {"RN_L", "PAG"}, "the third never varies"
    schema = json.loads(resource("report", "reference.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(text))
    assert run(["reference", "show", str(reference)]) == 0
    assert "Paris 3 T" in capsys.readouterr().out


def test_people_of_another_lab_score_as_against_the_people_themselves(
    results: Path, reference: Path, tmp_path: Path, table: LabelTable
) -> None:
    write_result(tmp_path / "r" / "sub-x", table, "sub-x_T1w.nii.gz", 22, dataset="other", version="0.2.0")
    (tmp_path / "p.tsv").write_text("participant_id\tAge\nsub-x\t50\n", encoding="utf-8")
    words = ["--participants", str(tmp_path / "p.tsv"), "--against", str(reference), "--covariates", "Age"]
    assert run(["cohort", str(tmp_path / "r"), *words, "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "cohort.json").read_text(encoding="utf-8"))
    ages, volumes = AGES[:10].astype(float), 2.0 * RED[:10]
    design, own = np.column_stack([np.ones(10), ages]), np.array([1.0, 50.0])
    slopes, squares, *_ = np.linalg.lstsq(design, volumes, rcond=None)
    spread = np.sqrt(squares[0] / 8 * (1 + own @ np.linalg.inv(design.T @ design) @ own))
    (subject,) = report["subjects"]
    assert subject["z"]["RN_L"] == pytest.approx((44 - own @ slopes) / spread, abs=1e-5)
    assert 0 < subject["centile"]["RN_L"] < 50
    assert report["against"]["name"] == "Paris 3 T"
    assert "--against reference.json" in report["command"]
    page = (tmp_path / "out" / "cohort.html").read_text(encoding="utf-8")
    assert "against the saved reference group “Paris 3 T”: z-scores" in page
    assert (tmp_path / "out" / "centiles.csv").is_file()


def test_saved_reference_group_refuses_another_model_and_asks_about_another_version(
    reference: Path, tmp_path: Path, table: LabelTable
) -> None:
    other = ModelDescription("net", "b" * 64, "2", test_macro_miou=0.7, test_nuclei_miou=0.6)
    (tmp_path / "p.tsv").write_text("participant_id\tage\nsub-x\t50\n", encoding="utf-8")
    write_result(tmp_path / "a" / "sub-x", table, "sub-x_T1w.nii.gz", 22, model=other)
    write_result(tmp_path / "b" / "sub-x", table, "sub-x_T1w.nii.gz", 22, version="0.3.0")
    write_result(tmp_path / "c" / "sub-x", table, "sub-x_T1w.nii.gz", 22, atlas="large")

    def scored(folder: str, **more: object) -> CohortReport:
        asked = {"participants": tmp_path / "p.tsv", "against": reference, **more}
        return build_cohort_report(CohortRequest(results=(tmp_path / folder,), **asked))

    with pytest.raises(
        InputError, match=r"with the model net version 1 \(aaaaaaaa…\), sub-x with net version 2"
    ):
        scored("a", mixed=True)
    with pytest.raises(InputError, match="with the atlas small version 1"):
        scored("c", mixed=True)
    with pytest.raises(UnconfirmedError, match=r"version 0\.2\.0 of the program, these people with 0\.3\.0"):
        scored("b")
    assert any("version 0.2.0" in note for note in scored("b", mixed=True).notes)
    (tmp_path / "p.tsv").write_text("participant_id\tsex\nsub-x\tF\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"Nobody can be set against.*age is unknown: sub-x"):
        scored("b", mixed=True)


def _one_person(reference: Path, folder: Path, table: LabelTable, age: int) -> CohortRequest:
    """Ask to set one person of an age against a reference group."""
    write_result(folder / "r" / "sub-x", table, "sub-x_T1w.nii.gz", 22, version="0.2.0")
    (folder / "p.tsv").write_text(f"participant_id\tage\nsub-x\t{age}\n", encoding="utf-8")
    return CohortRequest(results=(folder / "r",), participants=folder / "p.tsv", against=reference)


def test_who_lacks_a_covariate_of_the_reference_group_is_not_in(
    reference: Path, tmp_path: Path, table: LabelTable
) -> None:
    asked = _one_person(reference, tmp_path, table, age=50)
    write_result(tmp_path / "r" / "sub-y", table, "sub-y_T1w.nii.gz", 24, version="0.2.0")
    with (tmp_path / "p.tsv").open("a", encoding="utf-8") as file:
        file.write("sub-y\tn/a\n")
    report = build_cohort_report(asked)
    assert [(s.subject, s.in_model, s.why_not, bool(s.z)) for s in report.subjects] == [
        ("sub-x", True, None, True),
        ("sub-y", False, "age is unknown", False),
    ]
    assert "Not set against the saved reference group: age is unknown: sub-y." in report.notes
    assert not any("in no model" in note for note in report.notes)
    assert "of the brainstem of 1 person were" in report.methods
    assert people_sheet(report).rows[1][8:10] == (0, "age is unknown")


def test_person_outside_of_the_reference_groups_ages_is_named(
    reference: Path, tmp_path: Path, table: LabelTable
) -> None:
    report = build_cohort_report(_one_person(reference, tmp_path, table, age=19))
    assert any("Outside of the reference group's age" in note and "sub-x" in note for note in report.notes)


def test_differences_of_sites_stay_in_a_saved_reference_group(
    results: Path, reference: Path, tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [
        "--participants",
        str(results.parent / "participants.tsv"),
        "--group",
        "diagnosis",
        "--least",
        "2",
    ]
    asked = ["reference", "save", str(results), *words, "--out", str(tmp_path / "saved")]
    assert run([*asked, "--site", "site"]) == 2
    assert "(--covariates site)" in capsys.readouterr().err
    assert run([*asked, "--covariates", "site"]) == 0
    assert (
        run(["cohort", str(results), *words, "--against", str(tmp_path / "saved"), "--out", str(tmp_path)])
        == 0
    )
    subjects = json.loads((tmp_path / "cohort.json").read_text(encoding="utf-8"))["subjects"]
    z = np.array([s["z"]["RN_L"] for s in subjects[:10]])
    own = np.array(SITES[:10]) == "B"
    assert (z[own].mean(), z[~own].mean()) == pytest.approx((0, 0), abs=1e-4), "each against its own scanner"
    # A file of an older version, which could be saved without them.
    content = json.loads(reference.read_text(encoding="utf-8")) | {"sites": {"A": 6, "B": 4}}
    (tmp_path / "reference.json").write_text(json.dumps(content), encoding="utf-8")
    report = build_cohort_report(_one_person(tmp_path / "reference.json", tmp_path, table, age=50))
    assert any("2 sites (A: 6, B: 4) were taken out of the saved" in note for note in report.notes)


def test_age_in_months_against_a_reference_group_in_years_is_refused(
    reference: Path, tmp_path: Path, table: LabelTable
) -> None:
    asked = _one_person(reference, tmp_path, table, age=804)
    with pytest.raises(InputError, match=r"row 2 \(sub-x\): “804” is no age in years"):
        build_cohort_report(asked)


def test_damaged_reference_group_is_refused(reference: Path, tmp_path: Path) -> None:
    content = json.loads(reference.read_text(encoding="utf-8"))
    content["measures"][0]["coefficients"] = [1.0]
    (tmp_path / "reference.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match="There is no such file"):
        read_reference(tmp_path / "of another name.json")
    with pytest.raises(InputError, match="“RN_L” does not fit its covariates"):
        read_reference(tmp_path)
    (tmp_path / "reference.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="no reference group"):
        read_reference(tmp_path / "reference.json")
