"""Pictures of groups: every person is where the volume and the group put the mark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from brainstem_app.reports.group_chart import Column, GroupChart, group_charts
from brainstem_app.reports.volumes_files import write_volumes_report
from brainstem_app.reports.volumes_model import GroupComparison, VolumeEffect, VolumesReport, VolumeSubject
from brainstem_app.reports.volumes_page import make_volumes_page, scale_of_effects
from brainstem_app.reports.volumes_pdf import volumes_pdf

VOLUMES = {
    "control": [10.0, 12.0, 14.0, 16.0, 30.0],
    "patient": [8.0, 8.0, 8.0, 8.0],
    "a group with a very long name": [20.0],
}


def _effect(name: str) -> VolumeEffect:
    return VolumeEffect(
        name=name,
        full_name=name,
        reliability="B",
        mean_mm3=8.0,
        reference_mean_mm3=16.4,
        difference_mm3=-8.4,
        low_mm3=-10.0,
        high_mm3=-6.0,
        t=-3.0,
        d=-1.5,
        d_low=-2.0,
        d_high=-1.0,
        p=0.01,
        p_holm=0.02,
        not_found=0,
        reference_not_found=0,
    )


@pytest.fixture
def report() -> VolumesReport:
    people = [(group, volume) for group, volumes in VOLUMES.items() for volume in volumes]
    subjects = [
        VolumeSubject(
            subject=f"sub-{n:02d}",
            file="",
            group=group,
            covariates={"age": "40"},
            volume_mm3={"RN_L": volume},
            z={"RN_L": 3.24},
        )
        for n, (group, volume) in enumerate(people, start=1)
    ]
    nobody = VolumeSubject(
        subject="sub-98",
        in_model=False,
        file="",
        group=None,
        covariates={},
        volume_mm3={"RN_L": 1},
        z={},
    )
    ageless = nobody.model_copy(update={"subject": "sub-99", "group": "patient"})
    return VolumesReport(
        created="2026-01-01T00:00:00+00:00",
        atlas="small 1",
        models=(),
        group="diagnosis",
        reference="control",
        covariates=("age",),
        comparisons=tuple(
            GroupComparison(group=g, n=len(VOLUMES[g]), reference_n=5, degrees=6, nuclei=(_effect("RN_L"),))
            for g in list(VOLUMES)[1:]
        ),
        subjects=(*subjects, nobody, ageless),
        notes=("A note.",),
        command="brainstem-app cohort",
        limits="Limits.",
        methods="Methods.",
    )


def test_scale_of_effects_holds_all_intervals_and_no_more(tmp_path: Path, report: VolumesReport) -> None:
    far = _effect("LC_L").model_copy(update={"d": -2.0, "d_low": -4.2, "d_high": 0.2})
    unknown = _effect("SN_L").model_copy(update={"d": None, "d_low": None, "d_high": None})
    small, wide = (
        report.comparisons[0].model_copy(update={"nuclei": nuclei})
        for nuclei in ((_effect("RN_L"), unknown), (_effect("RN_L"), far))
    )
    none = small.model_copy(update={"nuclei": (unknown,)})
    assert [scale_of_effects(each) for each in (small, wide, none)] == [2, 5, 1]
    write_volumes_report(tmp_path, report.model_copy(update={"comparisons": (wide,)}))
    page = (tmp_path / "cohort.html").read_text(encoding="utf-8")
    assert "−5 to 5" in page
    # From 4 to 204, 0 in the middle: −4.2 of 5 is 84 to the left of 104.
    assert 'x1="20.0" x2="108.0"' in page
    assert 'cx="64.0"' in page


def _volume_at(chart: GroupChart, y: float) -> float:
    """Volume at a height, read off the axis as a reader does."""
    (y0, low), *_, (y1, high) = [(at, float(text)) for at, text in chart.ticks]
    return low + (y - y0) / (y1 - y0) * (high - low)


def test_everyone_in_the_model_has_a_mark_at_the_volume(report: VolumesReport) -> None:
    (chart,) = group_charts(report)
    assert [(c.name, c.n) for c in chart.columns] == [(g, len(v)) for g, v in VOLUMES.items()]
    for column in chart.columns:
        volumes = VOLUMES[column.name]
        assert [_volume_at(chart, m.y) for m in column.marks] == pytest.approx(volumes, abs=0.05)
        assert _volume_at(chart, column.median) == pytest.approx(np.median(volumes), abs=0.05)
    assert chart.columns[0].marks[1].text == "sub-02: 12.0 mm³, z +3.2"
    texts = [mark.text for column in chart.columns for mark in column.marks]
    assert not any(name in text for text in texts for name in ("sub-98", "sub-99"))


def test_marks_of_equal_volumes_lie_beside_each_other_in_their_own_column(report: VolumesReport) -> None:
    (chart,) = group_charts(report)
    width = (chart.frame[2] - chart.frame[0]) / len(chart.columns)
    for column in chart.columns:
        assert all(abs(mark.x - column.x) < width / 2 for mark in column.marks)
    assert len({mark.x for mark in chart.columns[1].marks}) == 4
    assert np.mean([mark.x for mark in chart.columns[1].marks]) == pytest.approx(chart.columns[1].x)


def test_groups_are_told_apart_without_colour(report: VolumesReport) -> None:
    (chart,) = group_charts(report)

    def form(column: Column) -> int:
        return len(column.form(column.marks[0]))

    assert [form(column) for column in chart.columns] == [0, 3, 4]
    assert [column.label for column in chart.columns] == ["control", "patient", "a group w…"]
    assert "control: 5 people, median 14.0 mm³" in chart.description
    assert chart.result.startswith("patient: d −1.50, p (Holm) 0.020")


def test_interval_of_the_median_holds_it_and_one_person_has_none(report: VolumesReport) -> None:
    control, patient, single = group_charts(report)[0].columns
    assert control.interval is not None
    low, high = control.interval
    assert low > control.median > high, "heights run downwards"
    assert patient.interval == (patient.median, patient.median)
    assert single.interval is None


def test_without_groups_all_people_are_one(report: VolumesReport) -> None:
    alone = report.model_copy(
        update={"group": None, "reference": None, "comparisons": (), "subjects": report.subjects[:10]}
    )
    (chart,) = group_charts(alone)
    assert [(c.name, c.n) for c in chart.columns] == [("all people", 10)]
    assert chart.result == ""


def test_pdf_has_room_for_many_groups_and_an_atlas_of_many_nuclei(report: VolumesReport) -> None:
    names = [f"NUCLEUS_{n}_L" for n in range(40)]
    subjects = [
        s.model_copy(update={"volume_mm3": dict.fromkeys(names, 1234.5), "z": dict.fromkeys(names, -10.5)})
        for s in report.subjects
        if s.z
    ]
    comparisons = [
        c.model_copy(update={"nuclei": tuple(_effect(name) for name in names)}) for c in report.comparisons
    ]
    many = report.model_copy(update={"subjects": tuple(subjects), "comparisons": tuple(comparisons)})
    page = make_volumes_page(many)
    assert [len(block) for block in page.blocks] == [16, 16, 8]
    assert volumes_pdf(page).startswith(b"%PDF-")


def test_of_many_people_the_outermost_and_some_of_the_rest_are_drawn(report: VolumesReport) -> None:
    rng = np.random.default_rng(1)
    template = report.subjects[0]
    many = tuple(
        template.model_copy(
            update={
                "subject": f"sub-{n:04d}",
                "group": ("control", "patient", "a group with a very long name")[n % 3],
                "volume_mm3": {"RN_L": float(rng.normal(100, 10))},
                "z": {"RN_L": float(n % 500)},
            }
        )
        for n in range(1500)
    )
    large = report.model_copy(update={"subjects": many})
    page = make_volumes_page(large)
    (chart,) = page.charts
    for column in chart.columns:
        own = sorted(s.volume_mm3["RN_L"] or 0.0 for s in many if s.group == column.name)
        drawn = sorted(_volume_at(chart, mark.y) for mark in column.marks)
        assert (column.n, len(drawn)) == (500, 66)
        assert drawn[:6] == pytest.approx(own[:6], abs=0.3)
        assert drawn[-6:] == pytest.approx(own[-6:], abs=0.3)
        assert np.median(drawn) == pytest.approx(np.median(own), abs=1)
    assert "more than 66" in page.charts_note
    assert len(page.scored) == 200
    assert min(s.z["RN_L"] or 0.0 for s in page.scored) == 433
    assert [s.subject for s in page.scored] == sorted(s.subject for s in page.scored)
    assert "200 of 1500 subjects" in page.scores_note
