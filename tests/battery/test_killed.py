"""Commands killed hard at random moments, and started again: what is there in the end is whole."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.jobs.registry import KINDS

from .commands import Command, quick_commands, slow_commands
from .place import Place
from .processes import begin, changes_seen, do, files_of, kill, left_behind, make_study
from .tally import FIRST_SEED, TRIALS, counted, once

pytestmark = pytest.mark.slow
AREA = "Killed at a random moment, then started again"
NAMES = (
    *(
        "copy",
        "copy --share",
        "evaluate (volumes)",
        "cohort",
        "reference save",
        "retest",
        "make-dataset",
        "atlas import",
        "atlas build",
    ),
    *("simulate", "quality", "study accept", "study reject", "study undecide", "study restore"),
    *(
        "correct",
        "restore",
        "study import-results",
        "study export",
        "train",
        "train another",
        "evaluate (run)",
        "activations",
    ),
    *("models export", "models ensemble", "compare", "cell of a comparison", "speed of the machine"),
    *("segment", "segment --bids", "demo", "change", "prepare", "segment --study", "segment on a cluster"),
    *("study correct", "add-reference", "remove-reference"),
)


def test_copy_that_is_killed_goes_on_and_leaves_nothing_behind(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", 200)
    with counted(AREA, "copy, three times each, of 200 files") as tally:
        for seed in range(FIRST_SEED, FIRST_SEED + TRIALS):
            rng, out = random.Random(seed), tmp_path / f"copy {seed}"
            copy = Command("copy-study", ["copy", study, "--out", out], out)
            with tally.trial(f"seed {seed}"):
                for _ in range(3):
                    _killed_after(rng.uniform(0.5, 4), tmp_path, copy)
                    _require_whole_files(study, out)
                status, said = do(tmp_path, copy)
                # The last of those before may have come to its end.
                assert status == 0 or "is not empty" in said, said
                assert files_of(out) == files_of(study)
                shutil.rmtree(out)


def _require_whole_files(study: Path, out: Path) -> None:
    whole = files_of(study)
    there = files_of(out) if out.exists() else {}
    assert all(whole[name] == there[name] for name in there if name in whole), "a file that is there is whole"


def _killed_after(seconds: float, folder: Path, command: Command) -> None:
    process = begin(folder, command)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill(process)


def test_every_kind_of_job_is_tried(tmp_path: Path, table: LabelTable) -> None:
    commands = {**quick_commands(tmp_path, table), **slow_commands(tmp_path)}
    assert set(NAMES) == set(commands)
    assert {command.kind for command in commands.values()} == set(KINDS)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, table: LabelTable) -> Place:
    """Every command, in one folder."""
    return Place(tmp_path_factory.mktemp("place"), table)


@pytest.mark.long
@pytest.mark.parametrize("name", NAMES)
def test_command_that_is_killed_ends_whole_when_started_again(place: Place, name: str) -> None:
    once()
    command = place.commands[name]
    with counted(AREA, name) as tally:
        place.begin(name)
        started = time.monotonic()
        status, said = do(place.folder, command, at=0)
        lasts, wanted = time.monotonic() - started, place.made_by(command)
        assert status == 0, said
        changes = changes_seen(place.folder)
        for seed in range(FIRST_SEED, FIRST_SEED + TRIALS):
            rng = random.Random(f"{name} {seed}")
            seconds, change = rng.uniform(0.3, lasts), rng.randint(1, len(changes))
            with tally.trial(f"seed {seed}, killed after {seconds:.1f} of {lasts:.1f} s"):
                place.begin(name)
                _killed_after(seconds, place.folder, command)
                _repeat(place, command, wanted)
            with tally.trial(f"seed {seed}, killed before {change} of {len(changes)}: {changes[change - 1]}"):
                place.begin(name)
                do(place.folder, command, at=change)
                _repeat(place, command, wanted)


def _repeat(place: Place, command: Command, wanted: set[str]) -> None:
    status, said = do(place.folder, command)
    assert status == 0 or (command.if_done and command.if_done in said), said
    there = place.made_by(command)
    assert there == wanted, there ^ wanted
    assert left_behind(command.writes) == []
