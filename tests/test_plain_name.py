"""Names that become folders: possible on every system, and never leading elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.jobs.job import EvaluateRunJob
from brainstem_app.plain_name import (
    folder_name_of,
    name_key,
    problem_of_folder,
    require_folder_name,
    require_name,
    require_part,
)
from brainstem_app.plain_text import printable
from brainstem_app.validation import validated

ELSEWHERE = ["", ".", "..", "../x", "a/b", "..\\x", "/x", "C:x", "a\0b", "a\nb", "a\x1bb"]
ON_WINDOWS = ["con", "CON", "nul.txt", "Aux", "prn", "com1", "LPT9.run", "COM¹", "x.", "x ", " x", "a" * 101]
UNSEEN = ["a\u200bb", "a\u202eb", "a\udce9b", "a\x85b", "a\ue000b", "\ufeffa", "é" * 101, "脳" * 70]
DECOMPOSED, COMPOSED = "mode\u0300le", "mod\u00e8le"


@pytest.mark.parametrize("name", ["first", "resnet34-2", "a.b_c", "conv", "com10", "console", "a" * 100])
def test_plain_names_are_taken(name: str) -> None:
    assert require_name(name, "a run") == name


@pytest.mark.parametrize("name", [*ELSEWHERE, *ON_WINDOWS, "a b", "é", ".hidden", "-x"])
def test_names_that_no_run_can_have_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(InputError) as caught:
        require_name(name, "a run", where="--run")
    assert f"“{printable(name)}” cannot be the name of a run: " in caught.value.what
    assert (caught.value.where, bool(caught.value.fix)) == ("--run", True)


@pytest.mark.parametrize("name", ["con .txt", "CLOCK$", "aux  .nii.gz", "LPT¹ . x"])
def test_device_of_windows_stays_one_behind_spaces(name: str) -> None:
    assert problem_of_folder(name) == "Windows keeps it for a device"
    assert problem_of_folder(folder_name_of(name, "scan")) == ""


@pytest.mark.parametrize("name", ["N-DecoNet 2024", "modèle"])
def test_model_may_have_a_name_in_words(name: str) -> None:
    assert require_name(name, "a model", letters=False) == name


@pytest.mark.parametrize("name", [*ELSEWHERE, *ON_WINDOWS, *UNSEEN])
def test_model_has_no_name_that_leads_elsewhere_or_fails_on_windows(name: str) -> None:
    with pytest.raises(InputError):
        require_name(name, "a model", letters=False)


def test_name_that_differs_by_capitals_from_one_that_is_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "First").mkdir()
    with pytest.raises(InputError, match="First"):
        require_name("first", "a run", tmp_path)
    assert require_name("First", "a run", tmp_path) == "First"


def test_name_that_differs_by_the_form_of_accents_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / DECOMPOSED).mkdir()
    for name in (COMPOSED, COMPOSED.upper()):
        with pytest.raises(InputError, match="is there and differs by capitals or the form of accents alone"):
            require_name(name, "a model", tmp_path, letters=False)
    assert name_key(COMPOSED) == name_key(DECOMPOSED.upper()) != name_key("modele")


def test_folder_that_is_there_already_keeps_its_name(tmp_path: Path) -> None:
    for name in ("con", "x."):
        (tmp_path / name).mkdir()
        assert require_name(name, "a run", tmp_path) == name
        require_folder_name(tmp_path / name, "a study")
    with pytest.raises(InputError, match="aux"):
        require_folder_name(tmp_path / "aux", "a study")


@pytest.mark.parametrize("name", ELSEWHERE)
def test_name_that_a_file_brings_leads_nowhere_else(name: str) -> None:
    with pytest.raises(InputError):
        require_part(name, "a subject")
    assert require_part("sub-01_ses-2", "a subject") == "sub-01_ses-2"


@pytest.mark.parametrize(
    "text", [*ELSEWHERE, *ON_WINDOWS[:-1], *UNSEEN[:-2], "con.", "nul .txt", "scan", "Ä 1"]
)
def test_folder_named_after_any_text_is_possible_on_every_system(text: str) -> None:
    assert not problem_of_folder(folder_name_of(text, "scan"))


def test_folder_named_after_a_text_keeps_what_can_be_kept() -> None:
    texts = ("Ä 1", "a::b", "con", "NUL.v1", " . ", "")
    expected = ["Ä 1", "a_b", "con_", "NUL_.v1", "scan", "scan"]
    assert [folder_name_of(text, "scan") for text in texts] == expected


def test_names_that_are_too_long_stay_different_and_possible() -> None:
    names = {folder_name_of(letter * 250 + end, "scan") for letter in ("a", "é", "脳") for end in "12"}
    assert len(names) == 6
    assert all(len(name.encode()) <= 200 for name in names)
    assert folder_name_of("a" * 200, "scan") == "a" * 200


def test_setting_that_is_no_text_is_refused_in_words() -> None:
    with pytest.raises(InputError, match="“�x” cannot be the name of a folder: it is no text"):
        validated(EvaluateRunJob, {"study": "s", "run": "\udcffx"})
