"""When scans were made: tables of BIDS datasets, DICOM headers."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.session_dates import time_of_scan, years_between


def scan(dataset: Path, session: str) -> Path:
    """Place of a scan."""
    path = dataset / "sub-01" / f"ses-{session}" / "anat" / f"sub-01_ses-{session}_T1w.nii.gz"
    path.parent.mkdir(parents=True)
    path.touch()
    return path


def years(*scans: Path) -> tuple[float, ...] | None:
    """Years between scans that all have a time."""
    times = [time_of_scan(path) for path in scans]
    return years_between([time for time in times if time is not None])


def test_dates_of_the_table_of_sessions(tmp_path: Path) -> None:
    one, other = scan(tmp_path, "1"), scan(tmp_path, "2")
    table = "session_id\tacq_time\nses-1\t2020-01-01\nses-2\t2021-07-02T12:00:00\n"
    (tmp_path / "sub-01" / "sub-01_sessions.tsv").write_text(table)
    assert years(one, other) == pytest.approx((0.0, 548.5 / 365.25))


def test_table_of_scans_comes_before_that_of_sessions(tmp_path: Path) -> None:
    one, other = scan(tmp_path, "1"), scan(tmp_path, "2")
    person = tmp_path / "sub-01"
    (person / "sub-01_sessions.tsv").write_text(
        "session_id\tacq_time\nses-1\t2020-01-01\nses-2\t2029-01-01\n"
    )
    (person / "ses-2" / "sub-01_ses-2_scans.tsv").write_text(
        "filename\tacq_time\nanat/sub-01_ses-2_T1w.nii.gz\t2022-01-01T00:00:00\n"
    )
    assert years(one, other) == pytest.approx((0.0, 731 / 365.25))


def test_days_since_the_first_scan(tmp_path: Path) -> None:
    one, other = scan(tmp_path, "1"), scan(tmp_path, "2")
    (tmp_path / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tdays\nses-1\t0\nses-2\t365.25\n")
    assert years(one, other) == pytest.approx((0.0, 1.0))


def test_unknown_date_is_none(tmp_path: Path) -> None:
    path = scan(tmp_path, "1")
    assert time_of_scan(path) is None
    (tmp_path / "sub-01" / "sub-01_sessions.tsv").write_text("session_id\tacq_time\nses-1\tn/a\n")
    assert time_of_scan(path) is None


def test_word_for_a_date_is_refused_with_its_row(tmp_path: Path) -> None:
    path = scan(tmp_path, "1")
    table = tmp_path / "sub-01" / "sub-01_sessions.tsv"
    table.write_text("session_id\tacq_time\nses-1\tspring\n")
    with pytest.raises(InputError, match="Row 2 has “spring”") as caught:
        time_of_scan(path)
    assert caught.value.where == str(table)


def test_dates_and_days_are_not_mixed(tmp_path: Path) -> None:
    one, other = scan(tmp_path, "1"), scan(tmp_path, "2")
    table = "session_id\tacq_time\tdays\nses-1\t2020-01-01\t0\nses-2\tn/a\t400\n"
    (tmp_path / "sub-01" / "sub-01_sessions.tsv").write_text(table)
    assert years(one, other) is None


def test_session_with_two_dates_is_refused_with_its_rows(tmp_path: Path) -> None:
    path = scan(tmp_path, "1")
    table = tmp_path / "sub-01" / "sub-01_sessions.tsv"
    table.write_text("session_id\tacq_time\nses-1\t2020-01-01\nses-2\t2020-06-01\nses-1\t2021-01-01\n")
    with pytest.raises(InputError, match=r"^ses-1 .* different times: rows 2, 4") as caught:
        time_of_scan(path)
    assert caught.value.where == str(table)


def test_session_that_a_table_names_twice_with_one_date_has_that_date(tmp_path: Path) -> None:
    path = scan(tmp_path, "1")
    table = "session_id\tacq_time\nses-1\tn/a\nses-1\t2020-01-01\nSes-01\t2021-01-01\nses-1\t2020-01-01\n"
    (tmp_path / "sub-01" / "sub-01_sessions.tsv").write_text(table)
    time = time_of_scan(path)
    assert time is not None
    assert time.day == "2020-01-01"


def test_scan_with_two_dates_is_refused(tmp_path: Path) -> None:
    path = scan(tmp_path, "1")
    row = f"anat/{path.name}"
    table = path.parent.parent / "sub-01_ses-1_scans.tsv"
    table.write_text(f"filename\tacq_time\n{row}\t2020-01-01\n{row}\t2020-01-02\n")
    with pytest.raises(InputError, match="rows 2, 3"):
        time_of_scan(path)


@pytest.mark.parametrize("number", ["inf", "-Infinity", "+nan", "1e999", "1_0"])
def test_years_that_are_no_number_are_refused_with_their_row(tmp_path: Path, number: str) -> None:
    path = scan(tmp_path, "1")
    table = tmp_path / "sub-01" / "sub-01_sessions.tsv"
    table.write_text(f"session_id\tyears\nses-2\t0\nses-1\t{number}\n")
    with pytest.raises(InputError, match="Row 3 has “") as caught:
        time_of_scan(path)
    assert number in caught.value.what
    assert caught.value.where == str(table)


def test_years_of_a_table_with_decimal_commas(tmp_path: Path) -> None:
    one, other = scan(tmp_path, "1"), scan(tmp_path, "2")
    (tmp_path / "sub-01" / "sub-01_sessions.tsv").write_text("session_id;years\nses-1;0,5\nses-2;2\n")
    assert years(one, other) == pytest.approx((0.0, 1.5))
