"""Results set against each other: two measured runs, and volumes of groups of people."""

from __future__ import annotations

import time
from pathlib import Path

import typer

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
