"""Options that several commands share, and commands that do one job each."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from inspect import Parameter, cleandoc
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from brainstem_app.cli.job_options import JobOptions, command_of
from brainstem_app.cli.show import run_and_show
from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.job import Job, OnSlurmJob
from brainstem_app.jobs.kinds.job_model import JobModel
from brainstem_app.jobs.kinds.many import Executor, Slurm
from brainstem_app.jobs.registry import KINDS

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON event a line.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]
Make = Callable[[JobOptions, dict[str, Any]], Any]

#: What every command that does a job takes.
SHOWING = (
    Parameter("as_json", Parameter.KEYWORD_ONLY, annotation=AsJson, default=False),
    Parameter("debug", Parameter.KEYWORD_ONLY, annotation=Debug, default=False),
)


class Where(BaseModel):
    """Where a job is done."""

    executor: Executor = "local"
    slurm: Slurm = SlurmSettings()


_WHERE = JobOptions(Where)


def add_command(
    app: typer.Typer,
    kind: type[JobModel],
    *,
    more: Collection[Parameter] = (),
    on_cluster: bool = False,
    make: Make | None = None,
    after: Callable[[Any, dict[str, Any]], None] | None = None,
) -> None:
    """Add the command that does one kind of job, with an option for each of its settings.

    Parameters
    ----------
    more : collection of Parameter
        Options that are no settings of the job.
    on_cluster : bool
        Whether its parts can be tasks of a cluster.
    make : callable, optional
        Makes the job of what was given; by default each option is the setting of its name.
    after : callable, optional
        Called with the job and all options when it is done.
    """
    options = JobOptions(kind)

    def run(values: dict[str, Any]) -> None:
        job = make(options, values) if make else options.make(options.given(values))
        if on_cluster:
            job = where_to_run(job, values)
        run_and_show(job, as_json=values["as_json"], debug=values["debug"])
        if after is not None:
            after(job, values)

    parameters = [*options.parameters(), *more, *(_WHERE.parameters() if on_cluster else ()), *SHOWING]
    words = cleandoc(kind.__doc__ or "")
    name = kind.command.rpartition(" ")[2]
    app.command(name)(command_of(run, kind.command, words, parameters))


def add_other_commands(groups: Mapping[str, typer.Typer]) -> None:
    """Add the command of every job that has one and is not there yet, each to its group."""
    for kind in KINDS.values():
        group, _, name = kind.model.command.rpartition(" ")
        if name and name not in {one.name for one in groups[group].registered_commands}:
            add_command(groups[group], kind.model)


def where_to_run(job: Any, values: dict[str, Any]) -> Job:
    """Return the job itself, or the same as tasks of a cluster; InputError if that does not fit."""
    where: Where = _WHERE.make(_WHERE.given(values))
    return OnSlurmJob(job=job, slurm=where.slurm) if where.executor == "slurm" else job
