"""Two measured runs set against each other."""

from __future__ import annotations

import time
from pathlib import Path

import typer

from brainstem_app.jobs.events import Artifact, Finished
from brainstem_app.plain_name import require_name
from brainstem_app.plain_text import printable
from brainstem_app.written_files import METRICS_FILE, RUNS_FOLDER


def compare_two_runs(study: Path, first: str, second: str, out: Path | None, *, as_json: bool) -> None:
    """Write the comparison of two measured runs of a study into a folder, the first run's by default."""
    from brainstem_app.jobs.claims import claim_within, claimed
    from brainstem_app.jobs.networks.run_metrics import require_measured_now
    from brainstem_app.jobs.places import require_files
    from brainstem_app.reports.run_comparison import FILES, write_run_comparison

    start = time.monotonic()
    runs = study / RUNS_FOLDER
    for run in (first, second):
        require_name(run, "a run", runs, study)
        require_measured_now(runs / run)
    folder = out or runs / first / "against" / second
    files = [folder / name for name in FILES]
    require_files(folder, (file.name for file in files), ())
    with claimed((claim_within(folder),), "evaluate"):
        report = write_run_comparison(
            folder,
            runs / first / METRICS_FILE,
            runs / second / METRICS_FILE,
            f"brainstem-app evaluate --study {study.name} --run {first} --against {second}",
        )
    summary: dict[str, float | int | str] = {"subjects": len(report.subjects)}
    better = [n for n in report.nuclei if n.p_holm is not None and n.p_holm < 0.05 and n.difference]
    summary["nuclei better"] = sum((n.difference or 0) > 0 for n in better)
    summary["nuclei worse"] = sum((n.difference or 0) < 0 for n in better)
    _say_written(files, summary, start, as_json=as_json)


def _say_written(
    files: list[Path], summary: dict[str, float | int | str], start: float, *, as_json: bool
) -> None:
    """Say it as a job does: one line or one JSON event each; `start` is of `time.monotonic`."""
    finished = Finished(seconds=round(time.monotonic() - start, 3), summary=summary)
    if as_json:
        for file in files:
            artifact = Artifact(role=file.name.replace(".", "_"), path=str(file))
            typer.echo(artifact.model_dump_json())
        typer.echo(finished.model_dump_json())
        return
    for file in files:
        typer.echo(printable(f"written: {file}"))
    typer.echo(", ".join(f"{name}: {value}" for name, value in summary.items()))
