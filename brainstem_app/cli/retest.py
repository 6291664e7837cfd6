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
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Say how well volumes repeat themselves: two scans, or two preparations of one, of the same people."""
    run_and_show(make_job(RetestJob, results=results, second=second, out=out), as_json=as_json, debug=debug)
