"""Commands that compare networks, and look into one."""

from __future__ import annotations

import json
from inspect import Parameter, cleandoc
from typing import Annotated, Any

import typer
from pydantic import JsonValue

from brainstem_app.cli.job_options import JobOptions, command_of
from brainstem_app.cli.options import SHOWING
from brainstem_app.cli.show import run_and_show
from brainstem_app.errors import InputError
from brainstem_app.jobs.job import CompareJob, MeasureSpeedJob, TrainJob
from brainstem_app.plain_text import printable
from brainstem_app.setting import flattened

_REPEATS = Annotated[
    int | None, typer.Option(min=1, help="Repeats with other seeds. [default: the grid's, else 5]")
]
_FOLDS = Annotated[
    int | None,
    typer.Option(
        min=2,
        help="Cross-validation: everybody is tested once. [default: the grid's, else the study's own split]",
    ),
]
_NAME = Annotated[
    str | None, typer.Option(metavar="<text>", help="Name of the comparison. [default: the grid's]")
]
_SET = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Any other setting of training; may be given again."),
]
_PLAN = Annotated[bool, typer.Option("--plan", help="Say how many cells and how long, and start nothing.")]
#: Settings of training that have an option of their own; `--set` takes the others.
_SHARED = JobOptions(TrainJob, only=("epochs", "batch_size", "input.size"), default_of="the grid")


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    more = {"repeats": _REPEATS, "folds": _FOLDS, "name": _NAME, "settings": _SET}
    parameters = (
        *_COMPARED.parameters(),
        *(
            Parameter(name, Parameter.KEYWORD_ONLY, annotation=kind, default=None)
            for name, kind in more.items()
        ),
        *_SHARED.parameters(),
        Parameter("only_plan", Parameter.KEYWORD_ONLY, annotation=_PLAN, default=False),
        *SHOWING,
    )
    app.command("compare")(command_of(_compare, "compare", cleandoc(CompareJob.__doc__ or ""), parameters))


_COMPARED = JobOptions(CompareJob)


def _compare(values: dict[str, Any]) -> None:
    from brainstem_app.jobs.many.compare import describe_plan
    from brainstem_app.jobs.many.grids import find_grid

    given = _COMPARED.given(values)
    shared = {**_read(_SHARED.given(values)), **_pairs(values["settings"] or [])}
    found = find_grid(given["grid"]).with_settings(shared, values["repeats"], values["name"], values["folds"])
    job: CompareJob = _COMPARED.make({**given, "grid": found})
    as_json, debug, only_plan = (values[name] for name in ("as_json", "debug", "only_plan"))
    if only_plan or not as_json:
        plan = describe_plan(job)
        if only_plan and job.executor == "local" and not plan.known:
            typer.echo("Timing a few training steps of this machine, to say how long it takes…", err=True)
            run_and_show(MeasureSpeedJob(), as_json=as_json, debug=debug)
            plan = describe_plan(job)
        typer.echo(printable(f"{found.title or found.name}: {plan.words}"))
    if not only_plan:
        run_and_show(job, as_json=as_json, debug=debug)


def _read(given: dict[str, Any]) -> dict[str, JsonValue]:
    """Read settings of training, each as its kind is; InputError if one does not fit."""
    job = _SHARED.make({"study": "study", "run": "unnamed", **given})
    whole = flattened(job.model_dump(mode="json"))
    return {name: whole[name] for name in given}


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
