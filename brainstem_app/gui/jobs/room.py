"""How many jobs fit on this machine at once."""

from __future__ import annotations

from dataclasses import dataclass

_GIB = 2**30


@dataclass(frozen=True)
class Need:
    """What a job takes: processor cores it keeps busy, memory in GiB."""

    cores: int
    memory_gib: float


@dataclass(frozen=True)
class Room:
    """What the machine has for jobs."""

    cores: int
    memory_gib: float


def need_of(kind: str, processes: int, cores: int) -> Need:
    """Need of a kind of job.

    Training, comparing and evaluating spread over all `cores`; the others work in `processes` of one core
    each; copying waits for the disk alone. The memory is what was measured for such jobs, rounded up.
    """
    if kind == "copy-study":
        return Need(0, 0.3)
    if kind in {"train", "compare", "evaluate-run", "export-model", "measure-speed"}:
        return Need(cores, 3.0)
    return Need(min(processes, cores), 1.5 * processes if kind == "prepare" else 1.5)


def machine_room() -> Room:
    """Cores this process may use, memory that is free now."""
    import psutil

    from brainstem_app.jobs.provenance import usable_cores

    return Room(usable_cores(), psutil.virtual_memory().available / _GIB)


def fits(need: Need, running: tuple[Need, ...], room: Room) -> bool:
    """Whether a job fits beside those that run; a job alone always does.

    `room.memory_gib` is what is free while the others run.
    """
    if not running:
        return True
    return sum(n.cores for n in running) + need.cores <= room.cores and need.memory_gib <= room.memory_gib
