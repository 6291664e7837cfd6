"""Covariates of a comparison: a column of numbers stays one, and what is doubtful is asked about."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.cli.app import run
from brainstem_app.imaging.text_table import number_of
from brainstem_app.reports.cohort.ages import age_doubts
from brainstem_app.reports.cohort.cells import implausible, spelled_alike

from .made_results import write_result

N = 24
RNG = np.random.default_rng(5)
AGES = [str(age) for age in RNG.integers(55, 90, N)]
RED = [int(v) for v in 14 + RNG.integers(0, 9, N) - 3 * (np.arange(N) >= N // 2)]
SEXES = ["M" if n % 2 else "F" for n in range(N)]
GROUPS = ["control" if n < N // 2 else "patient" for n in range(N)]
ODD = 3  # the person whose cell is odd: sub-04, in row 5

Columns = dict[str, list[str]]


@pytest.fixture
def results(tmp_path: Path, table: LabelTable) -> Path:
    for n in range(N):
        write_result(tmp_path / "results" / f"sub-{n + 1:02d}", table, f"sub-{n + 1:02d}_T1w.nii.gz", RED[n])
    return tmp_path / "results"


def _columns(**changed: list[str]) -> Columns:
    ids = [f"sub-{n + 1:02d}" for n in range(N)]
    return {"participant_id": ids, "age": AGES, "sex": SEXES, "group": GROUPS, **changed}


def _with(values: list[str], cell: str) -> list[str]:
    return [cell if n == ODD else value for n, value in enumerate(values)]


def _compare(results: Path, columns: Columns, *words: str, separator: str = "\t") -> int:
    lines = [separator.join(columns), *map(separator.join, zip(*columns.values(), strict=True))]
    table = results.parent / "participants.tsv"
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")
    out = ["--participants", str(table), "--out", str(results.parent / "out"), "--group", "group"]
    return run(["cohort", str(results), *out, *words])


def _report(results: Path) -> dict:
    return json.loads((results.parent / "out" / "cohort.json").read_text(encoding="utf-8"))


def _red(results: Path) -> dict:
    return next(n for n in _report(results)["comparisons"][0]["nuclei"] if n["name"] == "RN_L")


def _by_hand(used: list[int], ages: list[float]) -> tuple[float, float]:
    """Adjusted difference, mm³, and its t, by the normal equations."""
    design = np.array(
        [[1, GROUPS[n] == "patient", a, SEXES[n] == "M"] for n, a in zip(used, ages, strict=True)]
    )
    design = design.astype(float)
    volumes = 2.0 * np.array([RED[n] for n in used])
    inverse = np.linalg.inv(design.T @ design)
    slopes = inverse @ design.T @ volumes
    variance = ((volumes - design @ slopes) ** 2).sum() / (len(used) - 4)
    return float(slopes[1]), float(slopes[1] / np.sqrt(variance * inverse[1, 1]))


def test_adjusted_difference_is_that_of_the_normal_equations(results: Path) -> None:
    assert _compare(results, _columns(), "--covariates", "age,sex") == 0
    difference, t = _by_hand(list(range(N)), [float(age) for age in AGES])
    assert _red(results)["difference_mm3"] == pytest.approx(difference, abs=1e-5)
    assert _red(results)["t"] == pytest.approx(t, abs=1e-5)


@pytest.mark.parametrize(
    "cell",
    [
        *(
            "89+",
            "72,5",
            ".",
            "unknown",
            "61Y",
            "61 years",
            "inf",
            "-inf",
            "Infinity",
            "1,500",
            "1 500",
            "1_0",
        ),
        *(">85", "60-65", "05-Jan", "12.03.1950", "1950-03-12", "?", "-", "#N/A", "٧٢", "72;", "0x40"),
    ],
)
def test_cell_that_is_no_number_among_ages_is_refused_by_row_and_column(
    results: Path, cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _compare(results, _columns(age=_with(AGES, cell)), "--covariates", "age,sex") == 2
    said = capsys.readouterr().err
    assert f"Column “age” holds numbers, but not in 1 cell of 24: row 5 (sub-04): “{cell}”" in said
    assert f'--missing "age={cell}"' in said
    assert not (results.parent / "out" / "cohort.json").exists()


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("'72", "write the number alone"),
        ('="72"', "write the number alone"),
        ("72½", "write the number alone"),
        ("#DIV/0!", "for unknown, write n/a"),
    ],
)
def test_odd_cell_is_told_what_to_do_in_words_that_the_shell_takes(
    results: Path, cell: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _compare(results, _columns(age=_with(AGES, cell)), "--covariates", "age") == 2
    said = capsys.readouterr().err
    assert f"({told})" in said
    assert shlex.split(said.partition("--missing ")[2].partition(" (in")[0])[0] == f"age={cell}"


def test_sign_that_nobody_sees_is_no_part_of_a_number(results: Path) -> None:
    assert _compare(results, _columns(age=_with(AGES, AGES[ODD] + "\u200b")), "--covariates", "age") == 0


@pytest.mark.parametrize("cell", ["0.72", "1.072", "7.2"])
def test_child_among_grown_ups_is_refused(
    results: Path, cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _compare(results, _columns(age=_with(AGES, cell)), "--covariates", "age") == 2
    assert f"row 5 (sub-04): “{cell}” is far from the others" in capsys.readouterr().err
    words = ["--covariates", "age", "--numeric", "age"]
    assert _compare(results, _columns(age=_with(AGES, cell)), *words) == 0


def test_word_and_its_letter_are_not_two_categories_without_a_question(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sexes = ["F" if n % 3 else "female" for n in range(N)]
    sexes[::4] = ["M"] * len(sexes[::4])
    assert _compare(results, _columns(sex=sexes), "--covariates", "sex") == 2
    assert "Column “sex” holds “F” and “female”" in capsys.readouterr().err
    words = ["--covariates", "sex", "--categorical", "sex"]
    assert _compare(results, _columns(sex=sexes), *words) == 0


@pytest.mark.parametrize("cell", ["-999", "−999", "-9", "0", "-1", "250", "9999", "1e3", "121"])
def test_number_that_is_no_age_is_refused_by_row_and_column(
    results: Path, cell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _compare(results, _columns(age=_with(AGES, cell)), "--covariates", "age") == 2
    assert f"Column “age”, row 5 (sub-04): “{cell}” is no age" in capsys.readouterr().err


@pytest.mark.parametrize("missing", ["{}", "age={}", "AGE = {}"])
@pytest.mark.parametrize("cell", ["89+", "-999"])
def test_person_is_left_out_where_asked_and_every_count_says_so(
    results: Path, cell: str, missing: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--covariates", "age,sex", "--missing", missing.format(cell)]
    assert _compare(results, _columns(age=_with(AGES, cell)), *words) == 0
    used = [n for n in range(N) if n != ODD]
    difference, t = _by_hand(used, [float(AGES[n]) for n in used])
    assert _red(results)["difference_mm3"] == pytest.approx(difference, abs=1e-5)
    assert _red(results)["t"] == pytest.approx(t, abs=1e-5)
    assert (_red(results)["n"], _red(results)["reference_n"]) == (12, 11)
    said = capsys.readouterr()
    assert "subjects: 24, in the models: 23" in said.out
    assert "age is unknown of sub-04" in said.err
    page = (results.parent / "out" / "cohort.html").read_text(encoding="utf-8")
    assert "24 subjects, 23 of them in the models" in page
    report = _report(results)
    assert "of 23 people (patient: 12, control: 11)" in report["methods"]
    assert f"--missing={missing.format(cell)}" in report["command"].replace("'", "")
    assert [s["subject"] for s in report["subjects"] if not s["in_model"]] == ["sub-04"]


def test_value_that_means_unknown_in_one_column_is_kept_in_the_others(results: Path) -> None:
    coded = ["0" if sex == "F" else "1" for sex in SEXES]
    columns = _columns(age=_with(AGES, "0"), sex=coded)
    assert _compare(results, columns, "--covariates", "age,sex", "--missing", "age=0") == 0
    used = [n for n in range(N) if n != ODD]
    expected, _ = _by_hand(used, [float(AGES[n]) for n in used])
    assert _red(results)["difference_mm3"] == pytest.approx(expected, abs=1e-5)


def test_column_that_is_unknown_of_somebody_by_n_a_leaves_that_person_out(results: Path) -> None:
    assert _compare(results, _columns(age=_with(AGES, "n/a")), "--covariates", "age,sex") == 0
    used = [n for n in range(N) if n != ODD]
    expected, _ = _by_hand(used, [float(AGES[n]) for n in used])
    assert _red(results)["difference_mm3"] == pytest.approx(expected, abs=1e-5)


def test_numbers_are_categories_only_where_asked(results: Path) -> None:
    sites = [str(n % 3) for n in range(N)]
    assert _compare(results, _columns(site=sites), "--covariates", "site") == 0
    assert _report(results)["covariates"] == ["site"]
    assert any("“site” was taken as a number" in note for note in _report(results)["notes"])
    assert _compare(results, _columns(site=sites), "--covariates", "site", "--categorical", "site") == 0
    assert _report(results)["covariates"] == ["site = 1", "site = 2"]


@pytest.mark.parametrize(
    ("sites", "said"),
    [
        ([f"S{n % 6}" for n in range(N)], "6 different ones"),
        ([f"{60 + n}Y" for n in range(N)], "24 different ones"),
        (["A" if n else "B" for n in range(N)], "one person alone has “B”"),
        (["A", "B", "C", "3"] * 6, "holds words and numbers: 18 cells of 24 are no number"),
    ],
    ids=["many", "numbers with units", "one person", "mixed"],
)
def test_words_with_many_values_are_asked_about(
    results: Path, sites: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _compare(results, _columns(site=sites), "--covariates", "site") == 2
    told = capsys.readouterr().err
    assert f"Column “site” holds words, and {said}" in told or said in told
    assert "--categorical site" in told


def test_many_values_become_categories_when_confirmed(results: Path) -> None:
    sites = [f"S{n % 6}" for n in range(N)]
    assert _compare(results, _columns(site=sites), "--covariates", "Site", "--categorical", "SITE") == 0
    assert _report(results)["covariates"] == [f"site = S{n}" for n in range(1, 6)]


def test_option_that_names_no_covariate_is_refused(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _compare(results, _columns(), "--covariates", "age", "--categorical", "sx") == 2
    assert "names “sx”, which is no covariate here" in capsys.readouterr().err


@pytest.mark.parametrize("code", ["-999", "99", "999", "-9"])
def test_code_for_unknown_in_any_column_is_refused_and_can_be_confirmed(
    results: Path, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    score = _with([str(n) for n in range(N)], code)
    assert _compare(results, _columns(moca=score), "--covariates", "moca") == 2
    assert f"row 5 (sub-04): “{code}” looks like a code for unknown" in capsys.readouterr().err
    assert _compare(results, _columns(moca=score), "--covariates", "moca", "--numeric", "moca") == 0


def test_two_units_of_the_size_of_the_head_are_refused(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sizes = _with([str(1400 + 7 * n) for n in range(N)], "1421000")
    assert _compare(results, _columns(eTIV=sizes)) == 2
    assert "row 5 (sub-04): “1421000” is no size of a head" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("column", "value", "others", "is_meant"),
    [
        ("age", 99, [70, 80, 99], True),
        ("age", 0.5, [0.5, 2, 3], True),
        ("age", 6.4, [6.4, 60, 71, 87], False),
        ("age", 85, [5, 8.5, 12, 17, 85], False),
        ("age", 700, [650, 700, 750], True),  # months
        ("age_months", 250, [250, 90, 80], True),
        ("Age (years)", 250, [250, 90, 80], False),
        ("age_group", 0, [0, 1, 2], True),
        ("score", -3, [-3, 4, 5], True),
        ("score", -999, [-999, -888, 5], False),
        ("score", -99, [-99, -40, 5], True),
        ("weight", 99, [60, 99, 110], True),
    ],
)
def test_only_what_cannot_be_meant_is_implausible(
    column: str, value: float, others: list[float], is_meant: bool
) -> None:
    assert (value not in implausible(column, others)) is is_meant


#: Ages of studies that are what they seem to be.
_OLD_PEOPLE, _GROWN_UPS, _CHILDREN, _LIFE_SPAN = (
    range(60, 88, 2),
    range(18, 86, 3),
    range(5, 18),
    range(8, 86, 3),
)


def _months(years: range) -> list[float]:
    return [12.0 * age for age in years]


@pytest.mark.parametrize(
    "ages",
    [
        *(list(ages) for ages in (_OLD_PEOPLE, _GROWN_UPS, _CHILDREN, _LIFE_SPAN)),
        *(_months(ages) for ages in (_OLD_PEOPLE, _GROWN_UPS, _CHILDREN, _LIFE_SPAN)),
        [0.5, *range(1, 25)],
        [*range(20, 31), *range(60, 81)],
        [17, *range(19, 60)],
        [9, *range(20, 85, 4)],
        [*range(10, 400, 9)],
    ],
    ids=[
        *("old", "grown up", "children", "life span", "old in months", "grown up in months"),
        *("children in months", "life span in months", "infants in months", "young and old"),
        *("one is 17", "one is 9", "infants in days"),
    ],
)
def test_ages_of_one_unit_are_believed(ages: list[float]) -> None:
    assert age_doubts("age", ages) == ({}, {})


@pytest.mark.parametrize("most", ["years", "months"])
@pytest.mark.parametrize("years", [_OLD_PEOPLE, _GROWN_UPS, _LIFE_SPAN], ids=["old", "grown up", "life span"])
def test_years_beside_months_are_refused(years: range, most: str) -> None:
    in_years, in_months = list(map(float, years)), _months(years)
    ages = [*in_years, *in_months, *(in_years if most == "years" else in_months)[1:4]]
    refused, _ = age_doubts("age", ages)
    assert refused
    assert set(refused) <= set(in_months if most == "years" else in_years)


@pytest.mark.parametrize(
    ("ages", "doubted"),
    [
        ([*range(5, 10), *range(60, 109, 12)], {60, 72, 84, 96, 108}),
        ([6.4, *range(20, 86, 2)], {6.4}),
        ([*range(8, 18), 45], {45}),
    ],
    ids=["children in years and months, or with the old", "one child", "one grown-up"],
)
def test_ages_that_may_be_meant_are_asked_about(ages: list[float], doubted: set[float]) -> None:
    refused, asked = age_doubts("age", ages)
    assert (refused, set(asked)) == ({}, doubted)


def test_group_in_months_beside_one_in_years_is_refused_by_its_cells(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ages = [age if n < N // 2 else str(12 * int(age)) for n, age in enumerate(AGES)]
    assert _compare(results, _columns(age=ages), "--covariates", "age") == 2
    said = capsys.readouterr().err
    low, high = min(map(int, AGES[: N // 2])), max(map(int, AGES[: N // 2]))
    assert f"row 14 (sub-13): “{ages[12]}” is far from the others, which are {low} to {high}" in said
    assert f"The same goes for row 15 (sub-14): “{ages[13]}”; " in said
    assert "; and 8 more." in said
    assert f'--missing "age={ages[12]}"' in said
    assert _compare(results, _columns(age=ages), "--covariates", "age", "--numeric", "age") == 0
    assert any("does not overlap" in note for note in _report(results)["notes"])


def test_age_that_may_be_a_slip_is_told_of_by_its_cell(results: Path) -> None:
    ages = _with([str(20 + 3 * (n % 22)) for n in range(N)], "6.4")
    assert _compare(results, _columns(age=ages), "--covariates", "age") == 0
    (note,) = (note for note in _report(results)["notes"] if "may be wrong" in note)
    assert note.startswith("1 age of “age” may be wrong; look at row 5 (sub-04): “6.4”.")


def test_decimal_commas_are_read_where_semicolons_part_the_columns(results: Path) -> None:
    ages = [f"{age},5" for age in AGES]
    assert _compare(results, _columns(age=ages), "--covariates", "age,sex", separator=";") == 0
    difference, _ = _by_hand(list(range(N)), [float(age) + 0.5 for age in AGES])
    assert _red(results)["difference_mm3"] == pytest.approx(difference, abs=1e-5)
    assert number_of("1.500,5", decimal_comma=True) is None
    assert number_of("1,5") is None


@pytest.mark.parametrize("cell", ["inf", "-inf", "nan", "1e999", "9" * 400, "1_0"])
def test_infinities_and_what_is_no_number_are_none(cell: str) -> None:
    assert number_of(cell) is None
    assert number_of(cell, decimal_comma=True) is None


def test_long_numbers_are_told_apart_and_spellings_of_one_are_not() -> None:
    scanners = ["1000001", "1000002", "1000001.0"]
    assert spelled_alike(scanners) == {"1000001": "1000001", "1000002": "1000002", "1000001.0": "1000001"}


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (["A"] * N, "nothing to adjust for: “site” is A in everybody (24 people)"),
        (["7"] * N, "nothing to adjust for: “site” is 7 in everybody (24 people)"),
        (
            ["A" if n < N // 2 else "B" for n in range(N)],
            "“group = patient” and “site = B” cannot be told apart",
        ),
        ([str(2 * int(age) + 3) for age in AGES], "“age” and “site” cannot be told apart"),
    ],
    ids=["one word", "one number", "the group again", "the age again"],
)
def test_covariate_that_says_nothing_new_is_named(
    results: Path, column: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _compare(results, _columns(site=column), "--covariates", "age,site") == 2
    assert said in capsys.readouterr().err


def test_column_of_the_groups_is_no_covariate(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _compare(results, _columns(), "--covariates", "age,Group") == 2
    assert "“group” is the column of the groups" in capsys.readouterr().err
    assert _compare(results, _columns(), "--covariates", "brain_ml") == 2
    assert "No result has the volume of the brain" in capsys.readouterr().err


def test_group_spelled_in_several_ways_is_one_group_and_said(results: Path) -> None:
    others = {13: "als ", 17: " ALS", 20: "Als"}
    spelled = [others.get(n, "ALS" if n >= N // 2 else "HC") for n in range(N)]
    assert _compare(results, _columns(group=spelled)) == 0
    (comparison,) = _report(results)["comparisons"]
    assert (comparison["group"], comparison["n"], comparison["reference_n"]) == ("ALS", 12, 12)
    assert any("“als” as “ALS”" in note for note in _report(results)["notes"])
    with (results.parent / "out" / "volumes.csv").open(encoding="utf-8", newline="") as file:
        assert {row["group"] for row in csv.DictReader(file)} == {"ALS", "HC"}


def test_groups_that_a_spreadsheet_made_numbers_are_the_same(results: Path) -> None:
    spelled = [("1.0" if n == ODD else "1") if g == "control" else "2" for n, g in enumerate(GROUPS)]
    assert _compare(results, _columns(group=spelled), "--reference", "1.0") == 0
    assert _report(results)["comparisons"][0]["reference_n"] == 12


def test_groups_that_a_covariate_leaves_one_person_of_are_refused_by_the_covariate(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [value if n in (ODD, N - 1) else "n/a" for n, value in enumerate(AGES)]
    assert _compare(results, _columns(age=known), "--covariates", "age") == 2
    said = capsys.readouterr().err
    assert "2 groups of “group” have too few people of whom all that is asked for is known" in said
    assert "“control” (sub-04), “patient” (sub-24); “age” is unknown in 22 of 24; at least 5 are" in said
    assert "Leave that covariate out" in said
    known = [value if n < N // 2 else "n/a" for n, value in enumerate(AGES)]
    assert _compare(results, _columns(age=known), "--covariates", "age") == 2
    assert "Nobody of the 1 group “patient” has all that is asked for: “age” is unknown in 12 of 24" in (
        capsys.readouterr().err
    )


def test_group_of_one_person_is_refused_by_name(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _compare(results, _columns(group=_with(GROUPS, "twin"))) == 2
    said = capsys.readouterr().err
    assert "1 group of “group” has too few people: “twin” (sub-04); at least 5 are asked" in said
    assert _compare(results, _columns(group=_with(GROUPS, "twin")), "--missing", "twin") == 0
    assert _report(results)["comparisons"][0]["reference_n"] == 11


@pytest.mark.parametrize(("least", "n_twins", "fewer"), [(2, 1, ""), (5, 1, ""), (5, 3, "--least 3")])
def test_fewer_people_are_offered_only_where_there_are_enough_of_them(
    results: Path, least: int, n_twins: int, fewer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    groups = ["twin"] * n_twins + GROUPS[n_twins:]
    assert _compare(results, _columns(group=groups), "--least", str(least)) == 2
    said = capsys.readouterr().err
    assert "too few people: “twin” (" in said
    assert f"at least {least} are asked" in said
    assert ("ask for fewer" in said, fewer in said) == (bool(fewer), True)
    columns = _columns(site=["A"] * n_twins + ["B"] * (N - n_twins))
    assert _compare(results, columns, "--site", "site", "--least", str(least)) == 2
    said = capsys.readouterr().err
    assert "too few people to tell what is of the site: “A” (" in said
    assert ("ask for fewer" in said, fewer in said) == (bool(fewer), True)
