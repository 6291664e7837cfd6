"""Commands about studies: prepare, train, evaluate, copy."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from brainstem_app.cli.groups import compare_two_runs
from brainstem_app.cli.options import (
    AsJson,
    Debug,
    ExecutorChoice,
    ExecutorOption,
    SlurmOption,
    make_job,
    where_to_run,
)
from brainstem_app.cli.show import run_and_show
from brainstem_app.errors import InputError
from brainstem_app.jobs.job import (
    DEFAULT_ATLAS,
    CopyStudyJob,
    EvaluateRunJob,
    EvaluateVolumesJob,
    PrepareJob,
    TrainJob,
)
from brainstem_app.small_files import read_json
from brainstem_app.validation import option_of, validated


class SpaceChoice(StrEnum):
    """How far images are normalised."""

    AFFINE = "affine"
    NONLINEAR = "nonlinear"


def register(app: typer.Typer) -> None:
    """Add the commands of this file to the application."""
    for command in (prepare, train, evaluate, copy):
        app.command(command.__name__)(command)


def prepare(
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A BIDS dataset.")],
    study: Annotated[Path, typer.Option(help="Study folder, new or to go on with.")],
    space: Annotated[SpaceChoice, typer.Option(help="How far to normalise.")] = SpaceChoice.AFFINE,
    atlas: Annotated[
        str | None,
        typer.Option(help="Atlas of the reference labels, by its name in atlas list. [default: the study's]"),
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Subjects at a time, one thread each.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split by subject.")] = 0,
    repeat: Annotated[
        bool, typer.Option("--repeat", help="Make reference labels twice, to measure their repeatability.")
    ] = False,
    subject: Annotated[list[str] | None, typer.Option(help="Only this subject; may be given again.")] = None,
    executor: ExecutorOption = ExecutorChoice.LOCAL,
    slurm: SlurmOption = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Normalise a BIDS dataset, make reference labels, split by subject; goes on where it stopped."""
    job = make_job(
        PrepareJob,
        dataset=dataset,
        study=study,
        space=space.value,
        atlas=atlas or _atlas_of(study),
        jobs=jobs,
        seed=seed,
        repeat=repeat,
        subjects=tuple(subject or ()),
    )
    run_and_show(where_to_run(job, executor, slurm), as_json=as_json, debug=debug)


def _atlas_of(study: Path) -> str:
    """Name of the atlas a study was made with; the one that ships if it is a new study."""
    from brainstem_app.study.study import Study

    return Study.open(study).settings.atlas if (study / "study.json").exists() else DEFAULT_ATLAS


def train(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="A study folder made by prepare.")],
    run: Annotated[str, typer.Option(help="Name of the run; the same name goes on where it stopped.")],
    decoder: Annotated[str | None, typer.Option(help="[default: n_deconet]")] = None,
    encoder: Annotated[str | None, typer.Option(help="[default: resnet34]")] = None,
    library: Annotated[
        str | None,
        typer.Option(help="Whose networks: kerasmodels or segmentation_models. [default: kerasmodels]"),
    ] = None,
    loss: Annotated[str | None, typer.Option(help="[default: dicece]")] = None,
    alpha: Annotated[
        float | None, typer.Option(min=0, max=1, help="Weight inside the loss. [default: 0.1]")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="[default: 10]")] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="[default: 16]")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="[default: 0.0001]")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="[default: 0]")] = None,
    schedule: Annotated[
        str | None, typer.Option(help="Learning rate: constant or cosine. [default: constant]")
    ] = None,
    gradient_clip: Annotated[
        float | None, typer.Option(help="Largest norm of the gradients. [default: none]")
    ] = None,
    patience: Annotated[
        int | None,
        typer.Option(min=1, help="Stop after so many epochs without a better one. [default: none]"),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(min=32, help="Pixels that a slice is enlarged to, a multiple of 32. [default: 224]"),
    ] = None,
    context: Annotated[
        int | None, typer.Option(min=0, help="Neighbouring slices on each side as channels. [default: 0]")
    ] = None,
    position: Annotated[
        bool | None, typer.Option("--position/--no-position", help="Show the network where each pixel lies.")
    ] = None,
    simulated: Annotated[
        int | None, typer.Option(min=0, help="Simulated subjects to add to the training part. [default: 0]")
    ] = None,
    augment: Annotated[
        bool | None,
        typer.Option("--augment/--no-augment", help="Short for --augmentation mild and --augmentation none."),
    ] = None,
    augmentation: Annotated[
        str | None,
        typer.Option(
            help="Change the training subjects at random, other ways every epoch: mild, as scans of one "
            "scanner differ; wide, as scans from anywhere do; none. [default: none]"
        ),
    ] = None,
    start_from: Annotated[
        Path | None,
        typer.Option(help="A .keras file of the same network to go on from, e.g. of another run."),
    ] = None,
    encoder_weights: Annotated[
        str | None,
        typer.Option(help="What the encoder starts from: imagenet, or a file. [default: random weights]"),
    ] = None,
    precision: Annotated[
        str | None, typer.Option(help="float32, or mixed for 16-bit layers on a GPU. [default: float32]")
    ] = None,
    deterministic: Annotated[
        bool | None, typer.Option("--deterministic", help="The same result every time, on a GPU too.")
    ] = None,
    gpus: Annotated[
        str | None,
        typer.Option(metavar="N|all", help="GPUs that share each batch, all or a number. [default: 1]"),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="JSON file with any of these settings; options given here win.")
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Train a network on a study; can be stopped and goes on. The defaults are the paper's."""
    given = {
        "decoder": decoder,
        "encoder": encoder,
        "library": library,
        "loss": loss,
        "alpha": alpha,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "seed": seed,
        "schedule": schedule,
        "gradient_clip": gradient_clip,
        "patience": patience,
        "simulated": simulated,
        "augment": augmentation or augment,
        "start_from": start_from,
        "encoder_weights": encoder_weights,
        "precision": precision,
        "deterministic": deterministic,
        "gpus": 0 if gpus == "all" else gpus,
    }
    options = {name: value for name, value in given.items() if value is not None}
    seen = _input(size, context, position)
    settings = _read_config(config) | options
    if isinstance(settings.get("input", {}), dict):
        settings["input"] = settings.get("input", {}) | seen
    from_options = {"study", "run", *options, *(f"input.{name}" for name in seen)}
    told_there = "" if config is None else f" of {config.name}"

    def name_of(name: str) -> str:
        if name == "augment" and augmentation:
            return option_of("augmentation")
        return option_of(name) if name in from_options or not told_there else name + told_there

    job = validated(TrainJob, {**settings, "study": study, "run": run}, None, "Give another value.", name_of)
    run_and_show(job, as_json=as_json, debug=debug)


def _input(size: int | None, context: int | None, position: bool | None) -> dict[str, Any]:
    """Return the settings of the network's input that were given."""
    offsets = None if context is None else tuple(range(-context, context + 1))
    given = {"size": size, "context": offsets, "position": position}
    return {name: value for name, value in given.items() if value is not None}


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


def evaluate(
    predicted: Annotated[
        Path | None, typer.Argument(metavar="PREDICTED", help="Predicted label volume.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Argument(metavar="REFERENCE", help="Reference label volume on the same grid.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the report on two volumes.")] = None,
    atlas: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FOLDER",
            help="Atlas of the labels of both volumes. [default: what lies beside them says]",
        ),
    ] = None,
    study: Annotated[Path | None, typer.Option(help="Study whose run to measure.")] = None,
    run: Annotated[str | None, typer.Option(help="Run to measure on the test subjects.")] = None,
    refine: Annotated[
        bool, typer.Option("--refine", help="Predict mirrored too, and bend the atlas to the probabilities.")
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(help="Another run: compare both by their metrics.json, subject by subject."),
    ] = None,
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Measure two label volumes (PREDICTED REFERENCE --out DIR), or a run (--study STUDY --run NAME).

    With --against OTHER nothing is predicted: two runs that have been measured are compared.
    """
    of_runs = study is not None and run is not None and predicted is None and atlas is None
    if of_runs and study is not None and run is not None and against is not None and not refine:
        compare_two_runs(study, run, against, out, as_json=as_json)
        return
    job: EvaluateVolumesJob | EvaluateRunJob
    if of_runs and study is not None and run is not None and against is None:
        job = make_job(EvaluateRunJob, study=study, run=run, refine=refine)
    elif (
        predicted is not None
        and reference is not None
        and out is not None
        and study is None
        and against is None
    ):
        job = make_job(EvaluateVolumesJob, predicted=predicted, reference=reference, out=out, atlas=atlas)
    else:
        raise InputError(
            "It is not clear what to evaluate.",
            None,
            "Give PREDICTED REFERENCE --out DIR (and --atlas) for two volumes, or --study STUDY --run NAME "
            "for a run, with --against OTHER for two runs.",
        )
    run_and_show(job, as_json=as_json, debug=debug)


def copy(
    study: Annotated[Path, typer.Argument(metavar="STUDY", help="A study folder made by prepare.")],
    out: Annotated[Path, typer.Option(help="New or empty folder for the copy.")],
    as_json: AsJson = False,
    debug: Debug = False,
) -> None:
    """Copy a study to another folder, whole or not at all; looks first whether the disk has room for it."""
    run_and_show(make_job(CopyStudyJob, study=study, out=out), as_json=as_json, debug=debug)
