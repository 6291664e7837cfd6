"""The user's own models: brought in, called otherwise, handed on, thrown away."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.models.card import ModelCard
from brainstem_app.models.library import ModelFiles, find_model, hash_file, list_models, user_models_folder
from brainstem_app.models.own_models import bring_in, hand_on, is_own, rename, size_of, throw_away


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("brainstem_app.models.library.user_data_folder", lambda: tmp_path / "home")
    return tmp_path / "home"


def made(folder: Path, name: str, weights: str = "model.onnx") -> Path:
    folder.mkdir(parents=True)
    (folder / weights).write_bytes(b"weights of " + name.encode())
    (folder / "atlas").mkdir()
    (folder / "atlas" / "structures.csv").write_text("index,name\n", encoding="utf-8")
    (folder / "change.json").write_text("{}", encoding="utf-8")
    ModelCard(
        name=name,
        atlas="brainstem31",
        atlas_version="1",
        decoder="n_deconet",
        encoder="resnet18",
        classes=34,
        sha256={weights: hash_file(folder / weights)},
    ).save(folder)
    return folder


def shipped() -> ModelFiles:
    return next(model for model in list_models() if not is_own(model))


def test_a_model_is_brought_in_whole_and_found_by_its_name(tmp_path: Path) -> None:
    model = bring_in(made(tmp_path / "theirs", "theirs"))
    assert model.folder == user_models_folder() / "theirs"
    assert is_own(find_model("theirs"))
    assert model.weights("onnx").read_bytes() == b"weights of theirs"
    assert (model.folder / "atlas" / "structures.csv").is_file()
    assert (model.folder / "change.json").is_file()
    assert size_of(model) == sum(path.stat().st_size for path in model.folder.rglob("*") if path.is_file())


def test_weights_of_another_name_are_still_checked_once_they_are_brought_in(tmp_path: Path) -> None:
    source = made(tmp_path / "theirs", "theirs", "weights_7.onnx") / "weights_7.onnx"
    model = bring_in(source)
    assert model.weights("onnx").name == "model.onnx"
    model.weights("onnx").write_bytes(b"others")
    with pytest.raises(InputError, match="not the one the model card describes"):
        model.weights("onnx")


def test_a_taken_name_gets_a_number_and_one_that_cannot_be_a_folder_is_made_possible(tmp_path: Path) -> None:
    source = made(tmp_path / "theirs", "theirs")
    assert [bring_in(source).card.name for _ in range(3)] == ["theirs", "theirs-2", "theirs-3"]
    assert bring_in(made(tmp_path / "odd", "N-DecoNet / 2024 é")).card.name == "N-DecoNet-2024"
    assert bring_in(shipped().folder).card.name == f"{shipped().card.name}-2"


def test_a_damaged_model_is_not_brought_in_and_leaves_nothing(tmp_path: Path) -> None:
    source = made(tmp_path / "theirs", "theirs")
    (source / "model.onnx").write_bytes(b"others")
    with pytest.raises(InputError, match="damaged or was replaced"):
        bring_in(source)
    assert list(user_models_folder().glob("*")) == []


def test_a_renamed_model_is_found_by_the_new_name_only(tmp_path: Path) -> None:
    model = rename(bring_in(made(tmp_path / "theirs", "theirs")), "ours")
    assert model.card.name == "ours"
    assert model.folder.name == "ours"
    assert [one.card.name for one in list_models() if is_own(one)] == ["ours"]


@pytest.mark.parametrize(
    ("name", "why"), [("a/b", "only letters"), ("con", "Windows"), ("Other", "already"), ("", "only letters")]
)
def test_names_that_cannot_be_given_are_refused(tmp_path: Path, name: str, why: str) -> None:
    bring_in(made(tmp_path / "other", "other"))
    model = bring_in(made(tmp_path / "theirs", "theirs"))
    with pytest.raises(InputError, match=why):
        rename(model, name)
    assert is_own(find_model("theirs"))


def test_a_copy_that_is_handed_on_can_be_brought_in_and_replaces_nothing(tmp_path: Path) -> None:
    model = bring_in(made(tmp_path / "theirs", "theirs"))
    copy = hand_on(model, tmp_path / "stick")
    throw_away(model)
    assert bring_in(copy).card.name == "theirs"
    with pytest.raises(InputError, match="already"):
        hand_on(find_model("theirs"), tmp_path / "stick")


def test_the_model_that_ships_can_neither_be_renamed_nor_deleted() -> None:
    for change in (throw_away, lambda model: rename(model, "mine")):
        with pytest.raises(InputError, match="ships with the program"):
            change(shipped())
    assert shipped().folder.is_dir()
