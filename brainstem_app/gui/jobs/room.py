"""Room for jobs: how many fit on this machine at once."""

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
    """Need of a kind of job: cores as its row in the registry says, memory as measured, rounded up."""
    from brainstem_app.jobs.registry import KINDS

    # A job of a later version may lie among those that wait.
    row = KINDS.get(kind)
    busy = "its own" if row is None else row.cores
    if busy == "none":
        return Need(0, 0.3)
    return Need(cores, 3.0) if busy == "all" else Need(min(processes, cores), 1.5 * processes)


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
