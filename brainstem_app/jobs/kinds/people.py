"""Jobs about the results of many people: groups compared, volumes measured twice."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from brainstem_app.jobs.kinds.job_model import JobModel
from brainstem_app.jobs.kinds.scans import Out
from brainstem_app.reports.cohort.request import CohortRequest
from brainstem_app.setting import setting


class CohortJob(CohortRequest, JobModel):
    """Compare volumes of many people: groups by a linear model, each subject against the reference group."""

    command: ClassVar[str] = "cohort"
    kind: Literal["cohort"] = "cohort"
    out: Out


class RetestJob(JobModel):
    """Say how well volumes repeat themselves: two scans, or two preparations of one, of the same people."""

    command: ClassVar[str] = "retest"
    kind: Literal["retest"] = "retest"
    results: Annotated[
        Path,
        setting(
            "Results",
            "Table (CSV, TSV) with the columns subject, first, second; or a folder that segment wrote.",
            argument="RESULTS",
        ),
    ]
    out: Out
    second: Annotated[
        Path | None,
        setting(
            "Second results",
            "Folder with the second results; without it each subject has two sessions in RESULTS.",
            argument="SECOND",
        ),
    ] = None
    mixed: Annotated[
        bool,
        setting(
            "Made differently",
            "Compare results of different atlases, models or versions of the program all the same: their "
            "difference is then part of what is measured.",
        ),
    ] = False
    same_people: Annotated[
        bool,
        setting(
            "Same people", "People of one name in two datasets (RESULTS and SECOND) are the same people."
        ),
    ] = False
