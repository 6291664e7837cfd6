"""Results set against each other: two measured runs, and volumes of groups of people."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from brainstem_app.cli.options import AsJson, Debug, Out, make_job
from brainstem_app.cli.show import run_and_show
from brainstem_app.cli.written import say_written
from brainstem_app.jobs.job import CohortJob
from brainstem_app.plain_name import require_name


def compare_two_runs(study: Path, first: str, second: str, out: Path | None, *, as_json: bool) -> None:
    """Write the comparison of two measured runs of a study into a folder, the first run's by default."""
    from brainstem_app.jobs.result_folders import require_files
    from brainstem_app.reports.paired import write_paired_report

    start = time.monotonic()
    runs = study / "runs"
    for run in (first, second):
        require_name(run, "a run", runs, study)
    folder = out or runs / first / "against" / second
    files = [folder / f"comparison.{end}" for end in ("json", "csv", "html")]
    require_files(folder, (file.name for file in files), ())
    report = write_paired_report(
        folder,
        runs / first / "metrics.json",
        runs / second / "metrics.json",
        f"brainstem-app evaluate --study {study.name} --run {first} --against {second}",
    )
    summary: dict[str, float | int | str] = {"subjects": len(report.subjects)}
    better = [n for n in report.nuclei if n.p_holm is not None and n.p_holm < 0.05 and n.difference]
    summary["nuclei better"] = sum((n.difference or 0) > 0 for n in better)
    summary["nuclei worse"] = sum((n.difference or 0) < 0 for n in better)
    say_written(files, summary, start, as_json=as_json)


def cohort(
    results: Annotated[list[Path], typer.Argument(metavar="RESULTS…", help="Folders that segment wrote.")],
    out: Out,
    participants: Annotated[
        Path | None, typer.Option(help="participants.tsv: groups and covariates of the subjects.")
    ] = None,
    group: Annotated[str, typer.Option(help="Column of the groups. [default: no groups]")] = "",
    reference: Annotated[
        str, typer.Option(help="Group to compare with. [default: the one called control or healthy]")
    ] = "",
    covariates: Annotated[
        str,
        typer.Option(
            help="Columns to adjust for, e.g. age,sex; intracranial_ml and brain_ml, the volumes "
            "inside the skull and of the brain, need no table."
        ),
    ] = "",
    head_size: Annotated[
        bool,
        typer.Option(
            "--head-size/--no-head-size",
            help="Adjust for eTIV, TIV, ICV or head_size where the table has it, else for "
            "intracranial_ml where all results have it.",
        ),
    ] = True,
    missing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="VALUE",
            help="Value of the table that means unknown, besides n/a, in all columns or in one, e.g. 89+ or "
            "age=-999: whoever has it is in no model. May be repeated.",
        ),
    ] = None,
    categorical: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Covariate whose values are names, however many, and even if they are numbers. May be "
            "repeated.",
        ),
    ] = None,
    numeric: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN",
            help="Covariate whose numbers are taken as they are, even those that look like a code for "
            "unknown (-999) or like no age. May be repeated.",
        ),
    ] = None,
    session: Annotated[
        str, typer.Option(help="Session to take of people with several, e.g. 1. [default: one result each]")
    ] = "",
    mixed: Annotated[
        bool,
        typer.Option(
            "--mixed",
            help="Compare results of different atlases, models or versions of the program all the same.",
        ),
    ] = False,
    separate_folders: Annotated[
        bool,
        typer.Option(
            "--separate-folders",
            help="People of one name in different folders of RESULTS are different people.",
        ),
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Compare volumes of many people: groups by a linear model, each subject against the reference group."""
    job = make_job(
        CohortJob,
        results=tuple(results),
        out=out,
        participants=participants,
        group=group,
        reference=reference,
        covariates=tuple(name.strip() for name in covariates.split(",") if name.strip()),
        head_size=head_size,
        missing=tuple(missing or ()),
        categorical=tuple(categorical or ()),
        numeric=tuple(numeric or ()),
        session=session,
        mixed=mixed,
        separate_folders=separate_folders,
    )
    run_and_show(job, as_json=as_json, debug=debug)
