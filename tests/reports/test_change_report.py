"""The report on change over time: numbers, words, files."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from brainstem_app.atlas.change_table import METHOD, ChangeTable, Repeats
from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import Atlas, load_atlas
from brainstem_app.atlas.warped import SoftMeasures
from brainstem_app.cli.app import run
from brainstem_app.reports.change.build import MeasuredScans, Measurer, build_change_report
from brainstem_app.reports.change.document import change_document
from brainstem_app.reports.change.files import (
    FILES,
    TABLE,
    read_change_report,
    write_change_report,
    write_changes_table,
)
from brainstem_app.reports.change.model import ChangeReport, ChangeScan
from brainstem_app.reports.engine.html import document_html
from brainstem_app.reports.scan.model import ModelDescription

from ..study.made_study import write_segmentation

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde\x00\x00"
    b"\x00\x0cIDATx\x9cc\xf8\xcf\xc0\x00\x00\x03\x01\x01\x00\xc9\xfe\x92\xef\x00\x00\x00\x00IEND\xaeB`\x82"
)


def measures(scale: float, numbers: range) -> dict[int, SoftMeasures]:
    """Volumes of 100 mm³ times a scale."""
    return {k: SoftMeasures(100.0 * scale, (0.0, 0.0, 0.0), 0.9, 1.0) for k in numbers}


def report_of(
    *scales: float, years: tuple[float, ...] = (0.0, 2.0), compared: float = 1.0, repeats: bool = True
) -> ChangeReport:
    """Report on scans in which everything has these volumes."""
    atlas = load_atlas()
    assert isinstance(atlas, Atlas)
    assert atlas.regions is not None
    nuclei, regions = range(1, atlas.table.n_classes), range(len(atlas.regions.names) + 1)
    scans = tuple(
        ChangeScan(session=f"ses-{n}", file=f"{n}.nii.gz", sha256=None, day=None, years=y)
        for n, y in enumerate(years, start=1)
    )
    names = [s.name for s in atlas.table.nuclei] + list(atlas.regions.names) + ["brainstem"]
    table = ChangeTable(
        model="m",
        version="1",
        method=METHOD,
        date="2026-01-01",
        measured_on="two heads",
        structures={name: Repeats(cv_percent=1.0, slope=0.5) for name in names},
    )
    measured = MeasuredScans(
        "sub-01",
        "ds",
        "abc",
        scans,
        [measures(s, nuclei) for s in scales],
        [measures(s, regions) for s in scales],
        dict.fromkeys(nuclei, compared),
        dict.fromkeys(regions, 1.0),
        0.99,
    )
    by = Measurer(
        ModelDescription("m", version="1"),
        atlas.name,
        atlas.version,
        atlas.table,
        atlas.regions.table,
        table if repeats else None,
    )
    return build_change_report(measured, by, "brainstem-app change")


def test_change_is_the_slope_by_the_mean_with_the_error_of_the_method() -> None:
    entry = report_of(1.05, 0.95).nuclei[0]
    assert entry.percent_a_year == pytest.approx(-5.0)
    assert entry.error == pytest.approx(2**0.5 / 2, abs=1e-6)
    assert (entry.error_source, entry.is_change) == ("repeatability", True)
    assert entry.volumes_mm3 == (105.0, 95.0)


def test_swapped_scans_negate_every_change() -> None:
    there, back = report_of(1.05, 0.95), report_of(0.95, 1.05)
    rates = [e.percent_a_year for e in there.measured]
    assert [e.percent_a_year for e in back.measured] == [-rate for rate in rates if rate is not None]


def test_whole_brainstem_stands_before_its_regions() -> None:
    assert [region.name for region in report_of(1.0, 1.0).regions] == [
        "brainstem",
        "midbrain",
        "pons",
        "medulla",
    ]


def test_what_could_not_be_compared_has_no_number_and_a_reason() -> None:
    report = report_of(1.0, 0.9, compared=0.5)
    entry = report.nuclei[0]
    assert (entry.percent_a_year, entry.volumes_mm3) == (None, (None, None))
    assert "stripped" in entry.why_not
    assert report.regions[0].percent_a_year is not None
    assert entry.name in document_html(change_document(report))


def test_model_without_measured_repeatability_gives_no_error_and_says_so() -> None:
    report = report_of(1.0, 0.9, repeats=False)
    assert report.regions[0].error is None
    assert "no standard error" in report.repeatability
    assert "nobody has measured how well" in document_html(change_document(report))


def test_three_scans_that_scatter_take_their_error_from_the_fit() -> None:
    entry = report_of(1.0, 0.8, 1.0, years=(0.0, 1.0, 2.0)).nuclei[0]
    assert entry.error_source == "fit"


def test_files_are_written_and_read_back(tmp_path: Path) -> None:
    report = report_of(1.05, 0.95)
    write_change_report(tmp_path / "sub-01", report, PNG)
    assert all((tmp_path / "sub-01" / name).is_file() for name in FILES)
    assert read_change_report(tmp_path / "sub-01" / "change.json") == report
    with (tmp_path / "sub-01" / "change.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert (rows[0]["name"], rows[0]["ses-1_mm3"]) == ("brainstem", "105.0")


def test_table_of_changes_has_a_row_a_person(tmp_path: Path) -> None:
    for name, last in (("sub-01", 0.95), ("sub-02", 1.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "change.json").write_text(report_of(1.05, last).to_json())
    path = write_changes_table(tmp_path)
    assert path.name == TABLE
    with path.open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["participant_id"] for row in rows] == ["sub-01", "sub-02"]
    assert float(rows[0]["PAG"]) == pytest.approx(-5.0)
    assert float(rows[0]["PAG_se"]) == pytest.approx(2**0.5 / 2, abs=1e-5)


def test_volumes_are_not_set_against_a_reference_group_of_changes(
    tmp_path: Path, table: LabelTable, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(1, 9):
        folder = tmp_path / "changes" / f"sub-{n:02d}"
        folder.mkdir(parents=True)
        report = report_of(1.0, 1.0 - n / 100).model_copy(update={"subject": folder.name})
        (folder / "change.json").write_text(report.to_json(), encoding="utf-8")
        write_segmentation(tmp_path / "volumes" / folder.name, table, f"{folder.name}_T1w.nii.gz", 10 + n)
    assert run(["reference", "save", str(tmp_path / "changes"), "--out", str(tmp_path / "ref")]) == 0
    words = ["--against", str(tmp_path / "ref" / "reference.json"), "--mixed", "--out", str(tmp_path / "out")]
    assert run(["cohort", str(tmp_path / "volumes"), *words]) == 2
    assert "no measure in common" in capsys.readouterr().err
    assert run(["cohort", str(tmp_path / "changes"), *words]) == 0


def test_document_says_what_a_change_is_not_good_for() -> None:
    page = document_html(change_document(report_of(1.05, 0.95), PNG))
    assert "another scanner" in page
    assert "leaves out 0 by chance" in page
    assert "−5.00 ± 0.71" in page
