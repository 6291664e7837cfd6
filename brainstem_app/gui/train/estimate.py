"""Estimate of what a training will cost, and on which device, before it is started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from brainstem_app.counting import counted
from brainstem_app.gui.jobs.job_table import about_text
from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from brainstem_app.gui.forms.model_form import ModelForm
    from brainstem_app.gui.study.study_contents import StudyContents
    from brainstem_app.gui.train.run_summary import RunSummary
    from brainstem_app.jobs.networks.machine_speed import Estimate, MachineSpeed

_SLICES = 73
_SAME = ("decoder", "encoder", "input.size", "input.position")


def device_text() -> str:
    """Device that a training would use, and why; asks the driver and TensorFlow, so on a thread."""
    from brainstem_app.jobs.diagnosis import training_devices

    name, text = training_devices()[-1]
    return f"{name[:1].upper()}{name[1:]}: {text}"


def estimate(
    contents: StudyContents | None,
    form: ModelForm,
    runs: tuple[RunSummary, ...],
    speed: MachineSpeed | None = None,
) -> Estimate:
    """Slices, steps and the time: by the epochs of like runs, or else by the speed of the machine."""
    from brainstem_app.jobs.networks.machine_speed import Estimate

    if contents is None or not contents.n_finished:
        return Estimate(f"Prepare at least three subjects first ({StepName.PREPARE.key}).")
    parts = contents.part_of or {}
    subjects = sum(part == "train" for part in parts.values())
    values = form.values()
    simulated, batch, epochs = (values[name] for name in ("simulated", "batch_size", "epochs"))
    slices = (subjects + simulated) * _SLICES
    steps = -(-slices // max(1, batch))
    made_of = f"{counted(subjects + simulated, 'subject')}, {counted(slices, 'slice')}"
    text = f"{made_of}: {counted(steps, 'step')} an epoch."
    seconds = _seconds_an_epoch(runs, values)
    if seconds is None:
        expected = _expected_seconds(speed, form, parts)
        if expected is None:
            words = "How long an epoch takes is known after the first."
            return Estimate(f"{text} {words}", known=False)
        words = f"About {about_text(expected)}, judging by the size of the network."
        return Estimate(f"{text} {words}")
    words = f"About {about_text(seconds * epochs)}, judging by like runs."
    return Estimate(f"{text} {words}")


def _expected_seconds(speed: MachineSpeed | None, form: ModelForm, parts: dict[str, str]) -> float | None:
    """Seconds by the multiply-adds of the network; None where there is nothing to judge by."""
    if speed is None:
        return None
    from pydantic import ValidationError

    from brainstem_app.jobs.job import TrainJob

    names = ("decoder", "encoder", "epochs", "simulated")
    values = form.values()
    settings = {name: values[name] for name in names} | {"input": {"size": values["input.size"]}}
    try:
        job = TrainJob.model_validate({"study": ".", "run": "unnamed", **settings})
    except ValidationError:
        return None
    counts = [sum(part == name for part in parts.values()) for name in ("train", "validation")]
    return speed.seconds(job, *counts)


def _seconds_an_epoch(runs: tuple[RunSummary, ...], values: dict[str, Any]) -> float | None:
    """Median time of an epoch of runs with the same network and input; None if there is none."""
    from brainstem_app.setting import flattened

    times: list[float] = []
    for run in runs:
        if run.job is None:
            continue
        before = flattened(run.job.model_dump(mode="json"))
        if all(before.get(name) == values.get(name) for name in _SAME if name in before):
            times.extend(row.seconds for row in run.history if row.seconds > 0)
    return sorted(times)[len(times) // 2] if times else None
