"""Pictures of groups: every person is where the volume and the group put the mark."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.lines import Line2D

from brainstem_app.reports.cohort.document import (
    charts_note,
    cohort_document,
    farthest,
    reach_of_effects,
    scores_note,
)
from brainstem_app.reports.cohort.group_chart import GroupChart, charted_groups, group_charts
from brainstem_app.reports.cohort.model import CohortReport, GroupComparison, VolumeEffect, VolumeSubject
from brainstem_app.reports.engine.blocks import Table
from brainstem_app.reports.engine.drawing import chart_style, drawn_key
from brainstem_app.reports.engine.html import document_html
from brainstem_app.reports.engine.pdf import document_pdf

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
def report() -> CohortReport:
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
    return CohortReport(
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


def test_scale_of_effects_holds_all_intervals_and_no_more(report: CohortReport) -> None:
    far = _effect("LC_L").model_copy(update={"d": -2.0, "d_low": -4.2, "d_high": 0.2})
    unknown = _effect("SN_L").model_copy(update={"d": None, "d_low": None, "d_high": None})
    small, wide = (
        report.comparisons[0].model_copy(update={"nuclei": nuclei})
        for nuclei in ((_effect("RN_L"), unknown), (_effect("RN_L"), far))
    )
    none = small.model_copy(update={"nuclei": (unknown,)})
    assert [reach_of_effects(each) for each in (small, wide, none)] == [2, 5, 1]
    page = document_html(cohort_document(report.model_copy(update={"comparisons": (wide,)})))
    assert "−5 to 5" in page


def _marks(chart: GroupChart, svg: str) -> list[list[tuple[float, float]]]:
    """Places of the marks of each group in a drawing, in its own units."""
    uses = re.findall(r'<use [^>]*x="([\d.]+)" y="([\d.]+)"[^>]*><title>', svg)
    found = [(float(x), float(y)) for x, y in uses]
    groups = []
    for column in chart.columns:
        groups.append(found[: len(column.marks)])
        found = found[len(column.marks) :]
    assert not found
    return groups


def _volume_at(svg: str, y: float) -> float:
    """Volume at a height, read off the axis as a reader does."""
    lines = re.findall(r'<path d="M [\d.]+ ([\d.]+) +L [^"]*"[^>]*stroke: #d9e0e6', svg)
    texts = re.findall(r"text-anchor: end[^>]*>([\d.]+)</text>", svg)
    assert len(lines) == len(texts) >= 2
    (y0, y1), (low, high) = (map(float, (ends[0], ends[-1])) for ends in (lines, texts))
    return low + (y - y0) / (y1 - y0) * (high - low)


def test_everyone_in_the_model_has_a_mark_at_the_volume(report: CohortReport) -> None:
    (chart,) = charted_groups(report)
    assert [(c.name, c.n) for c in chart.columns] == [(g, len(v)) for g, v in VOLUMES.items()]
    svg = group_charts(report).charts[0].svg
    for column, places in zip(chart.columns, _marks(chart, svg), strict=True):
        volumes = VOLUMES[column.name]
        assert [_volume_at(svg, y) for _, y in places] == pytest.approx(volumes, abs=0.05)
        assert column.median == np.median(volumes)
    texts = re.findall("<title>(.*?)</title>", svg)
    assert texts[1] == "sub-02: 12.0 mm³, z +3.2"
    assert not any(name in text for text in texts for name in ("sub-98", "sub-99"))


def test_marks_of_equal_volumes_lie_beside_each_other_in_their_own_column(report: CohortReport) -> None:
    (chart,) = charted_groups(report)
    places = _marks(chart, group_charts(report).charts[0].svg)
    middles = [np.mean([x for x, _ in own]) for own in places]
    width = middles[2] - middles[1]
    assert width > 0
    for column, own in zip(chart.columns, places, strict=True):
        assert all(abs(mark.x) < 0.5 for mark in column.marks)
        assert max(x for x, _ in own) - min(x for x, _ in own) < width
    assert len({x for x, _ in places[1]}) == 4
    assert np.mean([mark.x for mark in chart.columns[1].marks]) == pytest.approx(0)


def test_groups_are_told_apart_without_colour(report: CohortReport) -> None:
    (chart,) = charted_groups(report)
    assert len({column.form for column in chart.columns}) == 3
    assert [column.label for column in chart.columns] == ["control", "patient", "a group w…"]
    assert "control: 5 people, median 14.0 mm³" in chart.description
    assert chart.result.startswith("patient: d −1.50, p (Holm) 0.020")


def test_interval_of_the_median_holds_it_and_one_person_has_none(report: CohortReport) -> None:
    control, patient, single = charted_groups(report)[0].columns
    assert control.interval is not None
    low, high = control.interval
    assert low < control.median < high
    assert patient.interval == (patient.median, patient.median)
    assert single.interval is None


def test_without_groups_all_people_are_one(report: CohortReport) -> None:
    alone = report.model_copy(
        update={"group": None, "reference": None, "comparisons": (), "subjects": report.subjects[:10]}
    )
    (chart,) = charted_groups(alone)
    assert [(c.name, c.n) for c in chart.columns] == [("all people", 10)]
    assert chart.result == ""


def test_pdf_has_room_for_many_groups_and_an_atlas_of_many_nuclei(report: CohortReport) -> None:
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
    document = cohort_document(many)
    scores = [block for block in document.blocks if isinstance(block, Table) and block.style == "scores"]
    assert [len(table.columns) - 2 for table in scores] == [16, 16, 8]
    assert document_pdf(document).startswith(b"%PDF-")


def test_of_many_people_the_outermost_and_some_of_the_rest_are_drawn(report: CohortReport) -> None:
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
    (chart,) = charted_groups(large)
    for column in chart.columns:
        own = sorted(s.volume_mm3["RN_L"] or 0.0 for s in many if s.group == column.name)
        drawn = sorted(mark.y for mark in column.marks)
        assert (column.n, len(drawn)) == (500, 66)
        assert drawn[:6] == pytest.approx(own[:6], abs=0.3)
        assert drawn[-6:] == pytest.approx(own[-6:], abs=0.3)
        assert np.median(drawn) == pytest.approx(np.median(own), abs=1)
    assert "more than 66" in charts_note(large)
    scored = farthest([s for s in many if s.z])
    assert len(scored) == 200
    assert min(s.z["RN_L"] or 0.0 for s in scored) == 433
    assert [s.subject for s in scored] == sorted(s.subject for s in scored)
    assert "200 of 1500 subjects" in scores_note(large)


def test_names_of_groups_are_neither_formulas_nor_left_out_nor_marks_of_xml() -> None:
    names = [r"$\frac{1}$", "a$b$c", "_controls", "\x1b[31m\x07", "<b> & ]]>"]
    with chart_style():
        handles = [Line2D([], [], label=name) for name in names]
        texts = ["".join(text.itertext()) for text in ET.fromstring(drawn_key(handles, 8.0)).iter()]
    shown = {text.strip() for text in texts}
    assert {r"$\frac{1}$", "a$b$c", "_controls", "�[31m�", "<b> & ]]>"} <= shown
