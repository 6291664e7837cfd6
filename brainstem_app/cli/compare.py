"""Commands that compare networks, and look into one."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue

from brainstem_app.cli.options import AsJson, Debug, ExecutorChoice, ExecutorOption, SlurmOption, make_job
from brainstem_app.cli.show import run_and_show
from brainstem_app.errors import InputError
from brainstem_app.jobs.executors.slurm_settings import parse_slurm
from brainstem_app.jobs.job import ActivationsJob, CompareJob, MeasureSpeedJob
from brainstem_app.plain_text import printable


class Keep(StrEnum):
    """Which networks of a comparison are kept."""

    ALL = "all"
    BEST = "best"
    NONE = "none"


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    for command in (compare, activations):
        app.command(command.__name__)(command)


def compare(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="A study folder made by prepare.")],
    grid: Annotated[str, typer.Option(help="table1, alpha, encoders, or a TOML or JSON file.")],
    repeats: Annotated[
        int | None, typer.Option(min=1, help="Repeats with other seeds. [default: the grid's, 5]")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Name of the comparison. [default: the grid's]")] = None,
    executor: ExecutorOption = ExecutorChoice.LOCAL,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Cells at a time on this machine. [default: as many as fit]")
    ] = None,
    slurm: SlurmOption = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of each cell. [default: 10]")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Slices a step. [default: 16]")] = None,
    size: Annotated[
        int | None, typer.Option(min=32, help="Pixels of a slice, a multiple of 32. [default: 224]")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Any other setting of training; may be given again."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run cells that failed again.")
    ] = False,
    keep: Annotated[
        Keep, typer.Option(help="Networks kept: all, the best of each decoder, or none.")
    ] = Keep.BEST,
    only_plan: Annotated[
        bool, typer.Option("--plan", help="Say how many cells and how long, and start nothing.")
    ] = False,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Train and test every cell of a grid of networks; goes on where it stopped.

    Writes comparisons/NAME in the study: grid.json, results.csv and report.html, with 95 % intervals over
    repeats and over subjects, beside the paper's results. A cell that fails is shown with its reason and
    stops no other.
    """
    from brainstem_app.jobs.compare import describe_plan
    from brainstem_app.jobs.compare_plan import UNKNOWN_TIME
    from brainstem_app.jobs.grids import find_grid

    given = {"epochs": epochs, "batch_size": batch_size, "input.size": size}
    shared = {key: value for key, value in given.items() if value is not None} | _pairs(settings or [])
    found = find_grid(grid).with_settings(shared, repeats, name)
    job = make_job(
        CompareJob,
        study=study,
        grid=found,
        executor=executor.value,
        jobs=jobs,
        slurm=parse_slurm(slurm or []),
        retry_failed=retry_failed,
        keep=keep.value,
    )
    if only_plan or not as_json:
        words = describe_plan(job)
        if only_plan and executor is ExecutorChoice.LOCAL and UNKNOWN_TIME in words:
            typer.echo("Timing a few training steps of this machine, to say how long it takes…", err=True)
            run_and_show(MeasureSpeedJob(), as_json=as_json, debug=debug)
            words = describe_plan(job)
        typer.echo(printable(f"{found.title or found.name}: {words}"))
    if not only_plan:
        run_and_show(job, as_json=as_json, debug=debug)


def activations(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="The study folder of the run.")],
    run: Annotated[str, typer.Option(help="Run whose network to look into.")],
    subject: Annotated[str, typer.Option(help="Subject to show. [default: the first test subject]")] = "",
    every_layer: Annotated[
        bool, typer.Option("--every-layer", help="All layers, not only the ends of blocks.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for the page. [default: the run's]")] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Draw the activation maps of a run's layers on slices of a subject, with how many channels count."""
    job = make_job(ActivationsJob, study=study, run=run, subject=subject, every_layer=every_layer, out=out)
    run_and_show(job, as_json=as_json, debug=debug)


def _pairs(words: list[str]) -> dict[str, JsonValue]:
    """Read ``KEY=VALUE`` words; a value is JSON where it can be read so, else text."""
    found: dict[str, JsonValue] = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name:
            raise InputError(f"“{word}” is no setting.", "--set", "Give KEY=VALUE, e.g. learning_rate=0.001.")
        try:
            found[name] = json.loads(text)
        except ValueError:
            found[name] = text
    return found
