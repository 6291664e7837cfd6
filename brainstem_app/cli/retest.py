"""Results of the same people set against each other: how well volumes repeat themselves."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from statistics import median
from typing import Annotated

import typer

from brainstem_app.cli.options import AsJson, Debug, Out
from brainstem_app.cli.written import say_written


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
    from brainstem_app.reports.retest import build_retest_report
    from brainstem_app.reports.retest_files import FILES, write_retest_report
    from brainstem_app.reports.retest_pairs import find_pairs

    start = time.monotonic()
    given = [results.name, *([second.name] if second else [])]
    command = shlex.join(["brainstem-app", "retest", *given, "--out", "OUT"])
    report = build_retest_report(find_pairs(results, second), command)
    write_retest_report(out, report)
    known = [n.within_cv for n in report.nuclei if n.within_cv is not None]
    summary: dict[str, float | int | str] = {"subjects": len(report.subjects)}
    if known:
        summary["median within-subject variation"] = f"{100 * median(known):.1f} %"
    say_written([out / name for name in FILES], summary, start, as_json=as_json)
