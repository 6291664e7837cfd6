"""Results of the same people set against each other: how well volumes repeat themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from brainstem_app.cli.options import AsJson, Debug, Out, make_job
from brainstem_app.cli.show import run_and_show
from brainstem_app.jobs.job import RetestJob


def retest(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="Table (CSV, TSV) with the columns subject, first, second; or a folder that segment wrote.",
        ),
    ],
    out: Out,
    second: Annotated[
        Path | None,
        typer.Argument(
            metavar="SECOND",
            help="Folder with the second results; without it each subject has two sessions in RESULTS.",
        ),
    ] = None,
    mixed: Annotated[
        bool,
        typer.Option(
            "--mixed",
            help="Compare results of different atlases, models or versions of the program all the same: "
            "their difference is then part of what is measured.",
        ),
    ] = False,
    same_people: Annotated[
        bool,
        typer.Option(
            "--same-people",
            help="People of one name in two datasets (RESULTS and SECOND) are the same people.",
        ),
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say how well volumes repeat themselves: two scans, or two preparations of one, of the same people."""
    job = make_job(RetestJob, results=results, second=second, out=out, mixed=mixed, same_people=same_people)
    run_and_show(job, as_json=as_json, debug=debug)
