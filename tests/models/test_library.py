from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.errors import InputError
from brainstem_app.models.card import ModelCard, read_card
from brainstem_app.models.library import (
    MEAN_WARP_FILE,
    find_model,
    hash_file,
    list_models,
    user_models_folder,
)


def _write_model(folder: Path, name: str) -> None:
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"weights of " + name.encode())
    ModelCard(
        name=name,
        atlas="brainstem31",
        atlas_version="1",
        decoder="n_deconet",
        encoder="resnet18",
        classes=34,
        sha256={"model.onnx": hash_file(folder / "model.onnx")},
    ).save(folder)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("brainstem_app.models.library.user_data_folder", lambda: tmp_path / "home")
    return tmp_path / "home"


def test_own_model_is_found_by_name(home: Path) -> None:
    _write_model(user_models_folder() / "ours", "ours")
    assert find_model("ours").onnx == user_models_folder() / "ours" / "model.onnx"
    assert "ours" in [model.card.name for model in list_models()]


def test_model_is_found_by_folder_and_by_file(tmp_path: Path, home: Path) -> None:
    _write_model(tmp_path / "somewhere", "theirs")
    assert find_model(str(tmp_path / "somewhere")).card.name == "theirs"
    assert find_model(str(tmp_path / "somewhere" / "model.onnx")).card.name == "theirs"


def test_unknown_name_lists_the_known_ones(home: Path) -> None:
    _write_model(user_models_folder() / "ours", "ours")
    with pytest.raises(InputError) as caught:
        find_model("nobody's")
    assert "ours" in caught.value.fix


def test_damaged_model_is_left_out_of_the_list_but_named_when_asked_for(home: Path) -> None:
    _write_model(user_models_folder() / "ours", "ours")
    (user_models_folder() / "ours" / "model.json").write_text("{", encoding="utf-8")
    assert "ours" not in [model.card.name for model in list_models()]
    with pytest.raises(InputError, match="damaged"):
        find_model("ours")


def test_mean_warp_is_used_if_the_card_names_it_and_must_be_whole(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "model"
    _write_model(folder, "ours")
    warp = folder / MEAN_WARP_FILE
    warp.write_bytes(b"warp")
    assert find_model(str(folder)).mean_warp is None
    card = read_card(folder)
    hashes = {**card.sha256, MEAN_WARP_FILE: hash_file(warp)}
    card.model_copy(update={"sha256": hashes}).save(folder)
    assert find_model(str(folder)).mean_warp == warp
    warp.write_bytes(b"another")
    with pytest.raises(InputError, match="damaged"):
        _ = find_model(str(folder)).mean_warp
    warp.unlink()
    with pytest.raises(InputError, match="missing"):
        _ = find_model(str(folder)).mean_warp


def test_replaced_weights_are_refused(tmp_path: Path, home: Path) -> None:
    _write_model(tmp_path / "model", "ours")
    (tmp_path / "model" / "model.onnx").write_bytes(b"other weights")
    with pytest.raises(InputError, match="not the one the model card describes"):
        find_model(str(tmp_path / "model")).weights("onnx")


def test_missing_engine_names_the_other_one(tmp_path: Path, home: Path) -> None:
    _write_model(tmp_path / "model", "ours")
    with pytest.raises(InputError) as caught:
        find_model(str(tmp_path / "model")).weights("keras")
    assert "--engine onnx" in caught.value.fix


def test_card_survives_the_file(tmp_path: Path) -> None:
    _write_model(tmp_path / "model", "ours")
    card = read_card(tmp_path / "model")
    card.save(tmp_path / "copy")
    assert read_card(tmp_path / "copy") == card


def test_network_without_a_card_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lonely.onnx").write_bytes(b"weights")
    with pytest.raises(InputError, match="no model card"):
        find_model(str(tmp_path / "lonely.onnx"))
