"""Commands about studies: prepare, train, evaluate."""

from __future__ import annotations

from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import BaseModel

from brainstem_app.cli.groups import compare_two_runs
from brainstem_app.cli.job_options import JobOptions, command_of, typed_path
from brainstem_app.cli.options import SHOWING, add_command
from brainstem_app.cli.show import run_and_show
from brainstem_app.errors import InputError
from brainstem_app.jobs.job import (
    EvaluateRunJob,
    EvaluateVolumesJob,
    PrepareJob,
    TrainJob,
)
from brainstem_app.setting import flattened, nested
from brainstem_app.small_files import read_json
from brainstem_app.validation import validated
from brainstem_app.written_files import STUDY_FILE

_AUGMENT = Annotated[
    bool | None,
    typer.Option("--augment/--no-augment", help="Short for --augmentation mild and --augmentation none."),
]
_CONFIG = Annotated[
    Path | None,
    typer.Option(help="JSON file with any of these settings; options given here win.", parser=typed_path),
]
_AGAINST = Annotated[
    str | None,
    typer.Option(
        metavar="<text>", help="Another run: compare both by their metrics.json, subject by subject."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    add_command(app, PrepareJob, on_cluster=True, make=_prepare)
    add_command(
        app, TrainJob, more=(_optional("augment_switch", _AUGMENT), _optional("config", _CONFIG)), make=_train
    )
    parameters = {one.name: one for kind in _EVALUATED for one in kind.parameters()}
    more = (_optional("against", _AGAINST), *SHOWING)
    app.command("evaluate")(command_of(_evaluate, "evaluate", _EVALUATE_HELP, (*parameters.values(), *more)))


def _optional(name: str, annotation: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=None)


def _prepare(options: JobOptions, values: dict[str, Any]) -> PrepareJob:
    """Make the job; a study that is there keeps its atlas."""
    from brainstem_app.study.study import Study

    given = options.given(values)
    study = Path(given["study"])
    if "atlas" not in given and (study / STUDY_FILE).exists():
        given["atlas"] = Study.open(study).settings.atlas
    job: PrepareJob = options.make(given)
    return job


def _train(options: JobOptions, values: dict[str, Any]) -> BaseModel:
    """Make the job of the options and of the configuration file; options win."""
    given, config = options.given(values), values["config"]
    if values["augment_switch"] is not None:
        given.setdefault("augment", values["augment_switch"])
    settings = _read_config(config)
    told_there = "" if config is None else f" of {config.name}"

    def name_of(name: str) -> str:
        return options.option_of(name) if name in given or not told_there else name + told_there

    merged = nested({**flattened(settings), **given})
    return validated(options.kind, merged, None, "Give another value.", name_of)


def _read_config(path: Path | None) -> dict[str, Any]:
    if path is None:
        return {}
    fix = 'Write a JSON object such as {"epochs": 20, "loss": "dice"}.'
    try:
        settings = read_json(path)
    except OSError as error:
        raise InputError("The configuration file cannot be read.", path, "Check that it exists.") from error
    except ValueError as error:
        raise InputError("The configuration file is not JSON.", path, fix) from error
    if not isinstance(settings, dict):
        raise InputError("The configuration file holds no JSON object.", path, fix)
    # A run's own config.json may be given: where it lies and what it was called is not taken over.
    own = {"study", "run", "kind", "version"}
    return {name: value for name, value in settings.items() if name not in own}


_OF_VOLUMES = JobOptions(EvaluateVolumesJob, optional=True)
_OF_RUN = JobOptions(EvaluateRunJob, optional=True)
_EVALUATED = (_OF_VOLUMES, _OF_RUN)
_EVALUATE_HELP = """
Measure two label volumes (PREDICTED REFERENCE --out DIR), or a run (--study STUDY --run NAME).

With --against OTHER nothing is predicted: two runs that have been measured are compared.
"""


def _evaluate(values: dict[str, Any]) -> None:
    given = {name for name, value in values.items() if value not in (None, False)} - {"as_json", "debug"}
    showing = {"as_json": values["as_json"], "debug": values["debug"]}
    if {"study", "run", "against"} <= given <= {"study", "run", "against", "out"}:
        out = values["out"] and Path(values["out"])
        compare_two_runs(
            Path(values["study"]), values["run"], values["against"], out, as_json=showing["as_json"]
        )
    elif {"study", "run"} <= given <= {"study", "run", "part", "refine", "out"}:
        run_and_show(_OF_RUN.make(_OF_RUN.given(values)), **showing)
    elif {"predicted", "reference", "out"} <= given <= {"predicted", "reference", "out", "atlas"}:
        run_and_show(_OF_VOLUMES.make(_OF_VOLUMES.given(values)), **showing)
    else:
        raise InputError(
            "It is not clear what to evaluate.",
            None,
            "Give PREDICTED REFERENCE --out DIR (and --atlas) for two volumes, or --study STUDY --run NAME "
            "for a run, with --against OTHER for two runs.",
        )
