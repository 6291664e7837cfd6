"""What a job asks a SLURM cluster for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, model_validator

from brainstem_app.errors import InputError
from brainstem_app.setting import setting


class SlurmSettings(BaseModel):
    """Resources of one task."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    partition: Annotated[
        str, setting("Partition", "Of the cluster; empty for its usual one.", advanced=True)
    ] = ""
    account: Annotated[
        str, setting("Account", "That the cluster writes the hours to; empty for yours.", advanced=True)
    ] = ""
    qos: Annotated[
        str,
        setting("Quality of service", "As the cluster names it; empty for its usual one.", advanced=True),
    ] = ""
    constraint: Annotated[
        str,
        setting("Constraint", "Kind of nodes, as the cluster names them; empty for any.", advanced=True),
    ] = ""
    minutes: Annotated[
        int,
        setting(
            "Minutes",
            "Time limit of a task; a training that runs into it goes on later.",
            advanced=True,
            ge=1,
        ),
    ] = 240
    cpus: Annotated[int, setting("Cores", "Of each task.", advanced=True, ge=1)] = 4
    memory_gb: Annotated[float, setting("Memory", "Of each task.", unit="GB", advanced=True, gt=0)] = 8.0
    gpus: Annotated[int, setting("GPUs", "Of each task.", advanced=True, ge=0)] = 0
    at_once: Annotated[
        int,
        setting("Tasks at once", "Most that run on the cluster at the same time.", advanced=True, ge=1),
    ] = 64
    setup: Annotated[
        tuple[str, ...],
        setting(
            "Before each task", "Lines of shell, one after a semicolon: module load cuda.", advanced=True
        ),
    ] = ()

    @model_validator(mode="before")
    @classmethod
    def _read_words(cls, content: Any) -> Any:
        """Read what the command line says: ``KEY=VALUE`` words, `setup` perhaps again and again."""
        return _settings_of(content) if isinstance(content, list | tuple) else content


def _settings_of(words: Sequence[object]) -> dict[str, object]:
    known = ", ".join(SlurmSettings.model_fields)
    given: dict[str, object] = {}
    setup: list[str] = []
    for word in map(str, words):
        name, sign, value = word.partition("=")
        if not sign or name not in SlurmSettings.model_fields:
            raise InputError(
                f"“{word}” is no setting of SLURM.", "--slurm", f"Give KEY=VALUE with one of {known}."
            )
        if name == "setup":
            setup.append(value)
        else:
            given[name] = value
    return {**given, "setup": tuple(setup)}
