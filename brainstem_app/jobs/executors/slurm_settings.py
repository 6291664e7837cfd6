"""What a job asks a SLURM cluster for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from brainstem_app.errors import InputError
from brainstem_app.validation import validated


class SlurmSettings(BaseModel):
    """Resources of one task.

    Attributes
    ----------
    partition, account, qos, constraint : str
        As `sbatch` takes them; empty for the cluster's default.
    minutes : int
        Time limit. A training that runs into it is queued again and goes on after its last epoch.
    cpus : int
        Cores.
    memory_gb : float
        Memory.
    gpus : int
        GPUs of a node.
    at_once : int
        Most tasks that run at the same time.
    setup : tuple of str
        Lines of shell run before each task, e.g. ``module load cuda``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    partition: str = ""
    account: str = ""
    qos: str = ""
    constraint: str = ""
    minutes: Annotated[int, Field(ge=1)] = 240
    cpus: Annotated[int, Field(ge=1)] = 4
    memory_gb: Annotated[float, Field(gt=0)] = 8.0
    gpus: Annotated[int, Field(ge=0)] = 0
    at_once: Annotated[int, Field(ge=1)] = 64
    setup: tuple[str, ...] = ()


def parse_slurm(words: Sequence[str]) -> SlurmSettings:
    """Read ``KEY=VALUE`` words, as given by `--slurm`; `setup` may be given again and again.

    Raises
    ------
    InputError
        If a word is no such pair, or names no setting.
    """
    known = ", ".join(SlurmSettings.model_fields)
    given: dict[str, object] = {}
    setup: list[str] = []
    for word in words:
        name, sign, value = word.partition("=")
        if not sign or name not in SlurmSettings.model_fields:
            raise InputError(
                f"“{word}” is no setting of SLURM.", "--slurm", f"Give KEY=VALUE with one of {known}."
            )
        if name == "setup":
            setup.append(value)
        else:
            given[name] = value
    return validated(SlurmSettings, {**given, "setup": tuple(setup)}, "--slurm")
