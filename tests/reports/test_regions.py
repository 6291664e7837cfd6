"""Regions of the brainstem in reports: exact sums, in every table, missing where the scan cuts them."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.label_table import Group, LabelTable, Side, Structure
from brainstem_app.atlas.midsagittal import Area, Midsagittal
from brainstem_app.atlas.warped import SoftMeasures
from brainstem_app.cli.app import run
from brainstem_app.preprocessing.midsagittal_plane import MidsagittalPlane
from brainstem_app.reports.scan.files import write_report
from brainstem_app.reports.scan.midsagittal import midsagittal_entry
from brainstem_app.reports.scan.model import Report, ReportInputs
from brainstem_app.reports.scan.reading import read_report
from brainstem_app.reports.scan.region_model import RegionEntry
from brainstem_app.reports.scan.regions import RegionsOnScan, region_entries

from .made_results import write_result
from .pdf_text import headings, pdf_text
from .test_sheets import read_sheets

AFFINE = np.diag([2.0, 1, 1, 1])
NAMES = ["brainstem", "midbrain", "pons", "medulla"]


def _region_table() -> LabelTable:
    return LabelTable(
        structures=tuple(
            Structure(
                index=index,
                name=name,
                full_name=name.capitalize(),
                side=Side.MIDLINE,
                group=Group.TISSUE if index else Group.BACKGROUND,
                colour="#d9822b",
                source="below the plane through the notch",
                licence="none",
            )
            for index, name in enumerate(["background", *NAMES[1:]])
        )
    )


def _regions(soft: dict[int, SoftMeasures] | None = None) -> RegionsOnScan:
    labels = np.zeros((6, 6, 6), dtype=np.uint8)
    labels[..., 4:], labels[..., 1:4], labels[..., :1] = 1, 2, 3
    return RegionsOnScan(_region_table(), labels, soft)


def _soft(medulla: float = 1.0) -> dict[int, SoftMeasures]:
    volumes = {1: 141.3, 2: 215.21, 3: 70.1 * medulla}
    found = {
        k: SoftMeasures(v, (0.0, 0.0, 0.0), None, medulla if k == 3 else 1.0) for k, v in volumes.items()
    }
    whole = sum(volumes.values())
    return {0: SoftMeasures(whole, (0.0, 0.0, 0.0), None, whole / (141.3 + 215.21 + 70.1)), **found}


def test_counted_regions_are_voxels_and_add_up_to_the_brainstem() -> None:
    entries = region_entries(_regions(), AFFINE)
    assert [(e.name, e.voxels, e.volume_mm3) for e in entries] == [
        ("brainstem", 216, 432.0),
        ("midbrain", 72, 144.0),
        ("pons", 108, 216.0),
        ("medulla", 36, 72.0),
    ]
    assert not any(e.is_cut for e in entries)
    assert region_entries(None, AFFINE) == ()


def test_volumes_of_regions_are_those_of_the_warp_where_there_is_one() -> None:
    brainstem, *parts = region_entries(_regions(_soft()), AFFINE)
    assert [e.volume_mm3 for e in parts] == [141.3, 215.21, 70.1]
    assert brainstem.volume_mm3 == pytest.approx(sum(e.volume_mm3 for e in parts), abs=1e-9)
    assert [e.voxels for e in parts] == [72, 108, 36]


def test_region_that_the_scan_cuts_is_marked_and_has_no_volume_to_compare() -> None:
    brainstem, midbrain, _, medulla = region_entries(_regions(_soft(medulla=0.3)), AFFINE)
    assert (medulla.is_cut, medulla.compared) == (True, None)
    assert (brainstem.is_cut, brainstem.compared) == (True, None)
    assert midbrain.compared == 141.3


def test_every_file_of_a_report_has_the_regions(tmp_path: Path, table: LabelTable) -> None:
    named = [s.model_copy(update={"region": "midbrain"}) if s.name == "PAG" else s for s in table.structures]
    table = LabelTable(structures=tuple(named))
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    labels[0] = 4
    soft = {k: SoftMeasures(50.0, (0.0, 0.0, 0.0), 0.9, 1.0) for k in range(1, table.n_classes)}
    inputs = ReportInputs(
        labels, AFFINE, table, "small", "1", name="a.nii.gz", soft=soft, regions=_regions(_soft(medulla=0.3))
    )
    write_report(tmp_path, inputs)
    report = Report.model_validate_json((tmp_path / "report.json").read_bytes())
    assert [r.name for r in report.regions] == NAMES
    assert {s.name: s.region for s in report.structures}["PAG"] == "midbrain"
    with (tmp_path / "report_regions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["name"] for row in rows] == NAMES
    assert float(rows[1]["volume_mm3"]) == 141.3
    lines = read_sheets((tmp_path / "report.xlsx").read_bytes())["regions"]
    assert [line["A"] for line in lines] == ["name", *NAMES]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    titles = headings(page)
    assert titles.index("Regions") == titles.index("Structures") - 1
    for text in (page, pdf_text(tmp_path / "report.pdf")):
        assert "z = −72 mm of the template" in text
        assert "below the plane through the notch" in text
        assert "the scan, or its brain mask, ends within it" in text
    write_report(tmp_path, ReportInputs(labels, AFFINE, table, "small", "1", name="a.nii.gz"))
    assert not (tmp_path / "report_regions.csv").exists()
    assert "Regions" not in headings((tmp_path / "report.html").read_text(encoding="utf-8"))


def _midsagittal(pons: float = 520.0, covered: float = 1.0) -> Midsagittal:
    axes = np.eye(3)
    plane = MidsagittalPlane(np.zeros(3), *axes, symmetry=0.93, is_refined=True, turned_degrees=1.25)
    areas = {
        "midbrain": Area(210.0, 1.0),
        "midbrain_tegmentum": Area(156.0, 1.0),
        "pons": Area(pons * covered, covered),
    }
    drawn = np.zeros((80, 120), dtype=np.uint8)
    drawn[20:60, 80:], drawn[20:60, 20:80] = 1, 2
    return Midsagittal(plane, areas, drawn, (-10.0, -15.0))


def test_areas_and_their_ratio_are_in_every_file_of_a_report(tmp_path: Path, table: LabelTable) -> None:
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    soft = {k: SoftMeasures(50.0, (0.0, 0.0, 0.0), 0.9, 1.0) for k in range(1, table.n_classes)}
    regions = replace(_regions(_soft()), midsagittal=_midsagittal())
    inputs = ReportInputs(labels, AFFINE, table, "small", "1", name="a.nii.gz", soft=soft, regions=regions)
    write_report(tmp_path, inputs)
    report = Report.model_validate_json((tmp_path / "report.json").read_bytes())
    assert report.midsagittal is not None
    values = {a.name: (a.value, a.unit) for a in report.midsagittal.areas}
    assert values == {
        "midbrain_mm2": (210, "mm²"),
        "tegmentum_mm2": (156, "mm²"),
        "pons_mm2": (520, "mm²"),
        "mp_ratio_percent": (30, "%"),
    }
    with (tmp_path / "report_midsagittal.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == list(values)
    lines = read_sheets((tmp_path / "report.xlsx").read_bytes())["midsagittal"]
    assert [line["A"] for line in lines] == ["name", *values]
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    titles = headings(page)
    assert titles.index("Midsagittal areas") == titles.index("Structures") - 1
    assert (tmp_path / "midsagittal.png").read_bytes().startswith(b"\x89PNG")
    for text in (page, pdf_text(tmp_path / "report.pdf")):
        assert "520.0 mm²" in text
        assert "no slice of the scan's grid" in text.replace("&#39;", "'")
    write_report(tmp_path, replace(inputs, regions=_regions(_soft())))
    assert not (tmp_path / "midsagittal.png").exists()
    assert not (tmp_path / "report_midsagittal.csv").exists()


def test_area_that_the_scan_cuts_is_marked_and_its_ratio_with_it() -> None:
    entry = midsagittal_entry(_midsagittal(covered=0.6))
    assert entry is not None
    cut = {area.name: area.compared for area in entry.areas}
    assert (cut["pons_mm2"], cut["mp_ratio_percent"], cut["midbrain_mm2"]) == (None, None, 210)


def test_area_that_a_brain_mask_left_empty_is_named_and_not_compared(
    tmp_path: Path, table: LabelTable
) -> None:
    found = _midsagittal()
    areas = {name: replace(area, empty=0.2 if name == "pons" else 0.01) for name, area in found.areas.items()}
    regions = replace(_regions(_soft()), midsagittal=replace(found, areas=areas))
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    inputs = ReportInputs(labels, AFFINE, table, "small", "1", name="a.nii.gz", regions=regions)
    write_report(tmp_path, inputs)
    report = Report.model_validate_json((tmp_path / "report.json").read_bytes())
    assert report.midsagittal is not None
    kept = {area.name: (area.empty, area.compared) for area in report.midsagittal.areas}
    assert (kept["pons_mm2"], kept["mp_ratio_percent"]) == ((0.2, None), (0.2, None))
    assert kept["midbrain_mm2"] == (0.01, 210)
    (said,) = [w.problem for w in report.warnings if w.code == "labels-on-nothing"]
    assert "in 20 % of Pons area:" in said
    for text in ((tmp_path / "report.html").read_text(encoding="utf-8"), pdf_text(tmp_path / "report.pdf")):
        assert "do not use its area" in text.replace("\n", " ")


def _add_areas(folder: Path, pons: float, covered: float = 1.0) -> None:
    """Write areas into a report."""
    path = folder / "report.json"
    report = Report.model_validate_json(path.read_bytes())
    entry = midsagittal_entry(_midsagittal(pons, covered))
    path.write_text(report.model_copy(update={"midsagittal": entry}).to_json(), encoding="utf-8")


def _add_regions(folder: Path, midbrain: float, *, cut: bool = False) -> None:
    """Write regions into a report: the pons is as large as always, the medulla as the scan covers it."""
    path = folder / "report.json"
    report = Report.model_validate_json(path.read_bytes())
    sizes = {"brainstem": midbrain + 300, "midbrain": midbrain, "pons": 200.0, "medulla": 100.0}
    regions = tuple(
        RegionEntry(
            name=name,
            full_name=name.capitalize(),
            voxels=1,
            volume_mm3=size,
            covered=0.5 if cut and name in ("brainstem", "medulla") else 1.0,
        )
        for name, size in sizes.items()
    )
    path.write_text(report.model_copy(update={"regions": regions}).to_json(), encoding="utf-8")


def test_groups_are_compared_on_regions_apart_from_nuclei(tmp_path: Path, table: LabelTable) -> None:
    lines = ["participant_id\tdiagnosis"]
    for n in range(1, 9):
        name = f"sub-{n:02d}"
        write_result(tmp_path / "results" / name, table, f"{name}_T1w.nii.gz", 10 + n % 3, grey=20 + n % 4)
        _add_regions(tmp_path / "results" / name, 100 + n % 4 + 10 * (n > 4), cut=n == 3)
        _add_areas(tmp_path / "results" / name, 500 + n % 4 + 20 * (n > 4), covered=0.5 if n == 2 else 1.0)
        lines.append(f"{name}\t{'control' if n < 5 else 'patient'}")
    (tmp_path / "participants.tsv").write_text("\n".join(lines), encoding="utf-8")
    words = ["--participants", str(tmp_path / "participants.tsv"), "--group", "diagnosis", "--least", "2"]
    assert run(["cohort", str(tmp_path / "results"), "--out", str(tmp_path / "out"), *words]) == 0
    report = json.loads((tmp_path / "out" / "cohort.json").read_text(encoding="utf-8"))
    (comparison,) = report["comparisons"]
    effects = {effect["name"]: effect for effect in comparison["regions"]}
    assert list(effects) == NAMES
    assert effects["midbrain"]["difference_mm3"] == pytest.approx(10)
    # Of the tests of regions alone: midbrain and brainstem; the others do not vary.
    assert effects["midbrain"]["p_holm"] == pytest.approx(2 * effects["midbrain"]["p"])
    areas = {effect["name"]: effect for effect in comparison["areas"]}
    assert areas["pons_mm2"]["difference_mm3"] == pytest.approx(20, abs=1)
    assert (areas["pons_mm2"]["unit"], areas["pons_mm2"]["n"], areas["pons_mm2"]["reference_n"]) == (
        "mm²",
        4,
        3,
    )
    # Of the tests of areas alone: pons and ratio; the midbrain's areas do not vary.
    assert areas["pons_mm2"]["p_holm"] == pytest.approx(2 * areas["pons_mm2"]["p"], rel=0.2)
    assert (effects["medulla"]["n"], effects["medulla"]["reference_n"]) in {(4, 3), (0, 0)}
    assert any(
        "areas that the scan or its brain mask cuts" in note and "sub-03" in note for note in report["notes"]
    )
    (without,) = _without_regions(tmp_path, words)["comparisons"]
    assert without["nuclei"] == comparison["nuclei"]
    with (tmp_path / "out" / "cohort.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)][:9] == [*NAMES, *areas, "RN_L"]
    with (tmp_path / "out" / "volumes.csv").open(encoding="utf-8", newline="") as file:
        volumes = {row["participant_id"]: row for row in csv.DictReader(file)}
    assert (volumes["sub-01"]["pons_mm2"], volumes["sub-02"]["pons_mm2"]) == ("501.0", "")
    assert (volumes["sub-03"]["midbrain"], volumes["sub-03"]["medulla"]) == ("103.0", "")
    page = (tmp_path / "out" / "cohort.html").read_text(encoding="utf-8")
    assert page.index("<td>midbrain<") < page.index("<td>Pons area, mm²<") < page.index("<td>RN_L<")
    assert "<td>pons_mm2<" not in page
    assert "Midbrain" in pdf_text(tmp_path / "out" / "cohort.pdf")


def test_areas_that_one_result_lacks_are_compared_in_nobody_and_it_is_said(
    tmp_path: Path, table: LabelTable
) -> None:
    for n in (1, 2, 3):
        folder = tmp_path / "results" / f"sub-{n}"
        write_result(folder, table, f"sub-{n}_T1w.nii.gz", 10 + n)
        _add_regions(folder, 100 + n)
        if n != 2:
            _add_areas(folder, 500 + n)
    assert run(["cohort", str(tmp_path / "results"), "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "cohort.json").read_text(encoding="utf-8"))
    (note,) = [note for note in report["notes"] if "midsagittal areas are missing" in note]
    assert "results of sub-2 (" in note
    assert not any("regions are missing" in note for note in report["notes"])


def test_areas_that_a_corrected_outline_lost_are_missing_in_that_person_alone(
    tmp_path: Path, table: LabelTable
) -> None:
    for n in (1, 2, 3):
        folder = tmp_path / "results" / f"sub-{n}"
        write_result(folder, table, f"sub-{n}_T1w.nii.gz", 10 + n)
        _add_regions(folder, 100 + n)
        if n > 1:
            _add_areas(folder, 500 + n)
    path = tmp_path / "results" / "sub-1" / "report.json"
    report = read_report(path)
    path.write_text(report.model_copy(update={"volume_method": "corrected"}).to_json(), encoding="utf-8")
    assert run(["cohort", str(tmp_path / "results"), "--out", str(tmp_path / "out")]) == 0
    said = json.loads((tmp_path / "out" / "cohort.json").read_text(encoding="utf-8"))["notes"]
    assert any("Midsagittal areas of sub-1 are counted as missing" in note for note in said)
    assert not any("compared in nobody" in note for note in said)
    with (tmp_path / "out" / "volumes.csv").open(encoding="utf-8", newline="") as file:
        pons = {row["participant_id"]: row["pons_mm2"] for row in csv.DictReader(file)}
    assert (pons["sub-1"], pons["sub-2"]) == ("", "502.0")


def _without_regions(tmp_path: Path, words: list[str]) -> dict[str, list[dict[str, object]]]:
    """The same comparison of reports as older versions wrote them."""
    for path in (tmp_path / "results").glob("*/report.json"):
        report = json.loads(path.read_text(encoding="utf-8"))
        del report["regions"]
        path.write_text(json.dumps(report), encoding="utf-8")
    assert run(["cohort", str(tmp_path / "results"), "--out", str(tmp_path / "before"), *words]) == 0
    report = json.loads((tmp_path / "before" / "cohort.json").read_text(encoding="utf-8"))
    assert report["comparisons"][0]["regions"] == []
    return report


def test_retest_says_how_well_regions_repeat_themselves(tmp_path: Path, table: LabelTable) -> None:
    for n in range(1, 6):
        for session in (1, 2):
            name = f"sub-{n}_ses-{session}"
            write_result(tmp_path / "results" / name, table, f"{name}_T1w.nii.gz", 10 + n)
            _add_regions(tmp_path / "results" / name, 100.0 + n + session, cut=(n, session) == (2, 1))
    assert run(["retest", str(tmp_path / "results"), "--out", str(tmp_path / "out")]) == 0
    report = json.loads((tmp_path / "out" / "retest.json").read_text(encoding="utf-8"))
    entries = {entry["name"]: entry for entry in report["regions"]}
    assert list(entries) == NAMES
    assert (entries["midbrain"]["bias_mm3"], entries["midbrain"]["n"]) == (1.0, 5)
    assert (entries["medulla"]["n"], entries["medulla"]["not_found_first"]) == (4, 1)
    assert any(
        "areas that the scan or its brain mask cuts" in note and "sub-2: brainstem, medulla" in note
        for note in report["notes"]
    )
    with (tmp_path / "out" / "retest.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)][:4] == NAMES
    assert report["subjects"][0]["first_mm3"]["pons"] == 200.0
