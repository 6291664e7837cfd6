"""How a job says how far it is."""

from __future__ import annotations

import pytest

from brainstem_app.jobs.events import Event, Metric, Progress
from brainstem_app.jobs.reporter import Reporter


def test_stages_of_a_job_follow_each_other_without_falling() -> None:
    events: list[Event] = []
    reporter = Reporter(events.append, lambda: False)
    for start, end in ((0.0, 0.25), (0.25, 1.0)):
        stage = reporter.stage(start, end)
        for step in range(3):
            stage.progress(step, 2, "working")
    told = [event for event in events if isinstance(event, Progress)]
    assert [event.done / event.total for event in told] == pytest.approx([0, 0.125, 0.25, 0.25, 0.625, 1])


def test_stage_within_a_stage_stays_within_it() -> None:
    events: list[Event] = []
    inner = Reporter(events.append, lambda: False).stage(2, 4, total=8).stage(0.5, 1.0)
    inner.progress(3, 2, "more than all")
    inner.metric("loss", 0.5, 1)
    progress, metric = events
    assert isinstance(progress, Progress)
    assert (progress.done, progress.total) == (4, 8)
    assert isinstance(metric, Metric)
