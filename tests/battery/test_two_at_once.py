"""Two processes at once: on one thing one of them works, on two things both do."""

from __future__ import annotations

from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from brainstem_app.atlas.label_table import LabelTable

from .commands import Command, Words, import_command
from .place import Place
from .processes import begin, end, files_of, left_behind, make_study
from .tally import counted, once

pytestmark = pytest.mark.slow
AREA, ROW = "Two processes at once", "every pair of commands that can meet"
UNFORESEEN = ("Traceback", "Something unforeseen")
#: Said by what goes on from a study that `prepare` is just about to begin.
NO_STUDY = "The study folder does not exist."
#: Those that work on one study or run, and those on the results of one study.
OF_STUDY = (
    *("train", "train another", "evaluate (run)", "activations", "models export", "models ensemble"),
    *("compare", "cell of a comparison"),
)
OF_PREPARED = (
    *("prepare", "segment --study", "segment on a cluster", "study correct"),
    *("add-reference", "remove-reference"),
)
OF_RESULTS = (
    *("quality", "study accept", "study reject", "study undecide", "study restore"),
    *("restore", "study import-results", "study export"),
)
ALONE = (
    *("copy", "copy --share", "evaluate (volumes)", "cohort", "reference save", "retest", "make-dataset"),
    *("atlas import", "atlas build", "simulate", "segment", "segment --bids", "demo", "change"),
    *("speed of the machine", "correct"),
)
PAIRS = (
    *combinations_with_replacement(OF_RESULTS, 2),
    *((name, name) for name in ALONE),
    *(("copy", name) for name in ("copy --share", *OF_STUDY)),
    *combinations_with_replacement(OF_STUDY, 2),
    *combinations_with_replacement(OF_PREPARED, 2),
)


def _ends(first: Command, second: Command, folder: Path) -> list[tuple[int, str]]:
    started = [(begin(folder, command), command) for command in (first, second)]
    return [end(process, command) for process, command in started]


def _one_did(ends: list[tuple[int, str]], *also: str) -> None:
    """At least one went well; the other too, or it was told that it is in use, or what was there already."""
    assert min(status for status, _ in ends) == 0, ends
    for status, said in ends:
        assert not [word for word in UNFORESEEN if word in said], said
        told = ("is in use by process", NO_STUDY, *filter(None, also))
        assert status == 0 or any(word in said for word in told), said


def _copy(study: Path, out: Path) -> Command:
    return Command("copy-study", ["copy", study, "--out", out], out)


def test_two_copies_into_one_folder(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study")
    copy = _copy(study, tmp_path / "copy")
    _one_did(_ends(copy, copy, tmp_path), "is not empty")
    assert files_of(tmp_path / "copy") == files_of(study)


def test_two_copies_into_two_folders_both_go_well(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", 50)
    first, second = (_copy(study, tmp_path / name) for name in "ab")
    assert [status for status, _ in _ends(first, second, tmp_path)] == [0, 0]
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b") == files_of(study)


def test_two_imports_under_one_name(tmp_path: Path) -> None:
    command = import_command(tmp_path)
    _one_did(_ends(command, command, tmp_path), command.if_done)
    atlases = tmp_path / "data" / "brainstem-app" / "atlases"
    assert [path.name for path in atlases.iterdir()] == ["mine"]
    assert (atlases / "mine" / "labels.nii.gz").exists()


def test_two_simulations_into_one_folder(tmp_path: Path) -> None:
    words: Words = ["simulate", "--subjects", "1", "--out", tmp_path / "out"]
    command = Command("simulate", words, tmp_path / "out")
    _one_did(_ends(command, command, tmp_path), "is in use")
    assert left_behind(tmp_path / "out") == []


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, table: LabelTable) -> Place:
    """Every command, in one folder."""
    return Place(tmp_path_factory.mktemp("place"), table)


@pytest.mark.long
@pytest.mark.parametrize("pair", PAIRS, ids=" and ".join)
def test_pair_of_commands_that_can_meet(place: Place, pair: tuple[str, str]) -> None:
    """Each with itself; those of one run, and those of one study, with each other."""
    once()
    first, second = (place.commands[name] for name in pair)
    with counted(AREA, ROW) as tally, tally.trial(" and ".join(pair)):
        place.begin(*pair)
        ends = _ends(first, second, place.folder)
        _one_did(ends, first.if_done, second.if_done, first.if_missing, second.if_missing)
        for command in (first, second):
            assert left_behind(command.writes) == []
