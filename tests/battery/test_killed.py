"""Commands killed hard at random moments, and started again: what is there in the end is whole."""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from brainstem_app.atlas.label_table import LabelTable

from .commands import Command, quick_commands, slow_commands
from .processes import begin, do, files_of, kill, left_behind, make_study
from .tally import FIRST_SEED, TRIALS, counted

pytestmark = pytest.mark.slow
AREA = "Killed at a random moment, then started again"


def test_copy_that_is_killed_goes_on_and_leaves_nothing_behind(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", 200)
    with counted(AREA, "copy, three times each, of 200 files") as tally:
        for seed in range(FIRST_SEED, FIRST_SEED + TRIALS):
            rng, out = random.Random(seed), tmp_path / f"copy {seed}"
            with tally.trial(f"seed {seed}"):
                for _ in range(3):
                    _killed_after(rng.uniform(0.5, 4), tmp_path, Command(["copy", study, "--out", out], out))
                    _require_whole_files(study, out)
                status, said = do(tmp_path, "copy", study, "--out", out)
                # The last of those before may have come to its end.
                assert status == 0 or "is not empty" in said, said
                assert files_of(out) == files_of(study)
                shutil.rmtree(out)


def _require_whole_files(study: Path, out: Path) -> None:
    whole = files_of(study)
    there = files_of(out) if out.exists() else {}
    assert all(whole[name] == there[name] for name in there if name in whole), "a file that is there is whole"


def _killed_after(seconds: float, folder: Path, command: Command) -> None:
    process = begin(folder, *command.words)
    try:
        process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        kill(process)


@pytest.mark.long
def test_every_command_that_is_killed_ends_whole_when_started_again(
    tmp_path: Path, table: LabelTable
) -> None:
    commands = quick_commands(tmp_path, table)
    scans = commands["simulate"].writes
    assert do(tmp_path, *commands["simulate"].words)[0] == 0
    commands["simulate"] = Command(
        ["simulate", "--subjects", "1", "--seed", "5", "--out", tmp_path / "more"], tmp_path / "more"
    )
    for name, command in {**commands, **slow_commands(tmp_path, scans)}.items():
        started = time.monotonic()
        status, said = do(tmp_path, *command.words)
        lasts, wanted = time.monotonic() - started, set(files_of(command.writes))
        with counted(AREA, name) as tally:
            for seed in range(FIRST_SEED, FIRST_SEED + TRIALS):
                with tally.trial(f"seed {seed}"):
                    assert status == 0, said
                    _kill_and_repeat(
                        command, wanted, random.Random(f"{name} {seed}").uniform(0.3, lasts), tmp_path
                    )


def _kill_and_repeat(command: Command, wanted: set[str], seconds: float, folder: Path) -> None:
    shutil.rmtree(command.writes)
    _killed_after(seconds, folder, command)
    status, said = do(folder, *command.words)
    assert status == 0 or (command.if_done and command.if_done in said), said
    assert set(files_of(command.writes)) == wanted, set(files_of(command.writes)) ^ wanted
    assert left_behind(command.writes) == []
