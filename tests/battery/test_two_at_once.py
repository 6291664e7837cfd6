"""Two processes at once: on one thing one of them works, on two things both do."""

from __future__ import annotations

import shutil
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from brainstem_app.atlas.label_table import LabelTable

from .commands import TRAINING, Command, Words, import_command, quick_commands, slow_commands
from .processes import begin, do, files_of, left_behind, make_study
from .tally import TRIALS, counted

pytestmark = pytest.mark.slow
AREA = "Two processes at once"
UNFORESEEN = ("Traceback", "Something unforeseen")


def _ends(first: Words, second: Words, folder: Path) -> list[tuple[int, str]]:
    started = [begin(folder, *words) for words in (first, second)]
    said = [process.communicate() for process in started]
    return [(process.returncode, "".join(both)) for process, both in zip(started, said, strict=True)]


def _one_did(ends: list[tuple[int, str]], also: str = "") -> None:
    """At least one went well; the other too, or it was told that it is in use, or what was there already."""
    assert min(status for status, _ in ends) == 0, ends
    for status, said in ends:
        assert not [word for word in UNFORESEEN if word in said], said
        assert status == 0 or "is in use by process" in said or (also and also in said), said


def test_two_copies_into_one_folder(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study")
    words: Words = ["copy", study, "--out", tmp_path / "copy"]
    _one_did(_ends(words, words, tmp_path), "is not empty")
    assert files_of(tmp_path / "copy") == files_of(study)


def test_two_copies_into_two_folders_both_go_well(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", 50)
    copies: list[Words] = [["copy", study, "--out", tmp_path / name] for name in "ab"]
    assert [status for status, _ in _ends(*copies, tmp_path)] == [0, 0]
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b") == files_of(study)


def test_two_imports_under_one_name(tmp_path: Path) -> None:
    command = import_command(tmp_path)
    _one_did(_ends(command.words, command.words, tmp_path), command.if_done)
    atlases = tmp_path / "data" / "brainstem-app" / "atlases"
    assert [path.name for path in atlases.iterdir()] == ["mine"]
    assert (atlases / "mine" / "labels.nii.gz").exists()


def test_two_simulations_into_one_folder(tmp_path: Path) -> None:
    words: Words = ["simulate", "--subjects", "1", "--out", tmp_path / "out"]
    _one_did(_ends(words, words, tmp_path), "is in use")
    assert left_behind(tmp_path / "out") == []


@pytest.mark.long
def test_every_pair_of_commands_that_can_meet(tmp_path: Path, table: LabelTable) -> None:
    """Each with itself; those of one run, and those of one study, with each other."""
    quick = quick_commands(tmp_path, table)
    assert do(tmp_path, *quick["simulate"].words)[0] == 0
    slow = slow_commands(tmp_path, quick["simulate"].writes)
    assert do(tmp_path, *slow["train"].words)[0] == 0
    study = tmp_path / "study"
    slow["train again"] = Command(["train", study, "--run", "other", *TRAINING], study / "runs" / "other")
    of_study = ["train", "train again", "evaluate (run)", "activations", "models export", "compare"]
    pairs = list(combinations_with_replacement(of_study, 2))
    pairs += [("copy", name) for name in of_study] + [("copy", "copy --share")]
    pairs += [(name, name) for name in (*quick, "segment", "segment --bids", "demo", "prepare")]
    commands = quick | slow
    with counted(AREA, "every pair of commands that can meet") as tally:
        for first, second in pairs[: 9 * TRIALS]:
            with tally.trial(f"{first} and {second}"):
                _meet(commands[first], commands[second], tmp_path)


def _meet(first: Command, second: Command, folder: Path) -> None:
    for command in (first, second):
        if command.writes.name not in {"one", "study"}:
            shutil.rmtree(command.writes, ignore_errors=True)
    _one_did(_ends(first.words, second.words, folder), first.if_done or second.if_done)
    for command in (first, second):
        assert left_behind(command.writes) == []
