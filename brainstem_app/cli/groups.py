"""Results set against each other: two measured runs, and volumes of groups of people."""

from __future__ import annotations

import shlex
import time
from pathlib import Path
from typing import Annotated

import typer

from brainstem_app.cli.options import AsJson, Debug, Out
from brainstem_app.errors import InputError
from brainstem_app.jobs.events import Artifact, Finished


def compare_two_runs(study: Path, first: str, second: str, out: Path | None, *, as_json: bool) -> None:
    """Write the comparison of two measured runs of a study into a folder, the first run's by default."""
    from brainstem_app.reports.paired import write_paired_report

    start = time.monotonic()
    for run in (first, second):
        if Path(run).name != run:
            raise InputError(f"“{run}” is no name of a run.", study, "Give the name of a folder in runs.")
    runs = study / "runs"
    folder = out or runs / first / "against" / second
    report = write_paired_report(
        folder,
        runs / first / "metrics.json",
        runs / second / "metrics.json",
        f"brainstem-app evaluate --study {study.name} --run {first} --against {second}",
    )
    files = [folder / f"comparison.{end}" for end in ("json", "csv", "html")]
    summary: dict[str, float | int | str] = {"subjects": len(report.subjects)}
    better = [n for n in report.nuclei if n.p_holm is not None and n.p_holm < 0.05 and n.difference]
    summary["nuclei better"] = sum((n.difference or 0) > 0 for n in better)
    summary["nuclei worse"] = sum((n.difference or 0) < 0 for n in better)
    _say(files, summary, start, as_json=as_json)


def _say(files: list[Path], summary: dict[str, float | int | str], start: float, *, as_json: bool) -> None:
    """Say what was written, as a job does: one line or one JSON event each."""
    finished = Finished(seconds=round(time.monotonic() - start, 3), summary=summary)
    if as_json:
        for file in files:
            artifact = Artifact(role=file.name.replace(".", "_"), path=str(file))
            typer.echo(artifact.model_dump_json())
        typer.echo(finished.model_dump_json())
        return
    for file in files:
        typer.echo(f"written: {file}")
    typer.echo(", ".join(f"{name}: {value}" for name, value in summary.items()))


def cohort(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="Folder that segment wrote.")],
    out: Out,
    participants: Annotated[
        Path | None, typer.Option(help="participants.tsv: groups and covariates of the subjects.")
    ] = None,
    group: Annotated[str, typer.Option(help="Column of the groups. [default: no groups]")] = "",
    reference: Annotated[
        str, typer.Option(help="Group to compare with. [default: the one called control or healthy]")
    ] = "",
    covariates: Annotated[str, typer.Option(help="Columns to adjust for, e.g. age,sex.")] = "",
    head_size: Annotated[
        bool,
        typer.Option(
            "--head-size/--no-head-size",
            help="Adjust for eTIV, TIV, ICV or head_size where the table has it.",
        ),
    ] = True,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Compare volumes of many people: groups by a linear model, each subject against the reference group."""
    from brainstem_app.reports.volumes import VolumesRequest, build_volumes_report
    from brainstem_app.reports.volumes_files import FILES, write_volumes_report

    start = time.monotonic()
    columns = tuple(name.strip() for name in covariates.split(",") if name.strip())
    request = VolumesRequest(results, participants, group, reference, columns, head_size)
    words = ["brainstem-app", "cohort", results.name]
    given = {"--participants": participants.name if participants else "", "--group": group}
    given |= {"--reference": reference, "--covariates": ",".join(columns)}
    words += [word for name, value in given.items() if value for word in (name, value)]
    words += [*([] if head_size else ["--no-head-size"]), "--out", "OUT"]
    report = build_volumes_report(request, shlex.join(words))
    write_volumes_report(out, report)
    tests = [nucleus for comparison in report.comparisons for nucleus in comparison.nuclei]
    summary: dict[str, float | int | str] = {"subjects": len(report.subjects)}
    if tests:
        summary["differences after Holm"] = sum(n.p_holm is not None and n.p_holm < 0.05 for n in tests)
    _say([out / name for name in FILES], summary, start, as_json=as_json)
