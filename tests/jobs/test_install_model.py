"""An exported model among the user's: what becomes of another one of its name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from brainstem_app.atlas.library import load_atlas_table
from brainstem_app.errors import UnconfirmedError
from brainstem_app.jobs.events import Event
from brainstem_app.jobs.job import ExportModelJob
from brainstem_app.jobs.networks.export import finish
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.models.card import ModelCard, ModelResults, read_card
from brainstem_app.models.library import hash_file
from brainstem_app.models.method import REFINED


@dataclass(frozen=True)
class Exports:
    """Made networks that are exported under one name."""

    root: Path

    @property
    def installed(self) -> Path:
        return self.root / "home" / "models" / "mine"

    def export(self, network: str, *, replace: bool = False, **card: object) -> ModelCard:
        """Export one; its .keras file differs each time, as Keras writes it."""
        folder = self.root / network
        folder.mkdir(exist_ok=True)
        keras, onnx = folder / "model.keras", folder / "model.onnx"
        keras.write_bytes(keras.read_bytes() + b"+" if keras.exists() else b"keras")
        onnx.write_text(network, encoding="utf-8")
        made = ModelCard.model_validate(
            {
                "name": "mine",
                **{"atlas": "brainstem31", "atlas_version": "1", "classes": 34},
                **{"decoder": "n_deconet", "encoder": "resnet18", "training_data": f"people of {network}"},
                "sha256": {path.name: hash_file(path) for path in (keras, onnx)},
                **card,
            }
        )
        events: list[Event] = []
        job = ExportModelJob(run=self.root / "runs" / network, install=True, replace=replace)
        finish(made, load_atlas_table("brainstem31"), folder, Reporter(events.append, lambda: False), job)
        assert read_card(self.installed) == read_card(folder), "reports of both name the same version"
        return read_card(self.installed)


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Exports:
    monkeypatch.setattr("brainstem_app.models.library.user_data_folder", lambda: tmp_path / "home")
    return Exports(tmp_path)


def test_model_of_another_run_takes_no_place_unasked(exports: Exports) -> None:
    exports.export("first")
    before = {path.name: path.read_bytes() for path in exports.installed.iterdir() if path.is_file()}
    with pytest.raises(UnconfirmedError, match=r"labels otherwise \(people of first\)") as refused:
        exports.export("second")
    assert "--replace" in refused.value.fix
    assert "version 2" in refused.value.fix
    assert {p.name: p.read_bytes() for p in exports.installed.iterdir() if p.is_file()} == before


def test_replaced_model_is_the_next_version_and_loses_what_was_measured_of_the_one_before(
    exports: Exports,
) -> None:
    exports.export("first")
    (exports.installed / "change.json").write_text("{}", encoding="utf-8")
    assert exports.export("second", replace=True).version == "2"
    assert (exports.installed / "model.onnx").read_text(encoding="utf-8") == "second"
    assert not (exports.installed / "change.json").exists()
    assert exports.export("second", replace=True).version == "2", "it is there already"
    assert exports.export("first", replace=True).version == "3"


def test_same_networks_take_a_new_card_after_their_evaluation(exports: Exports) -> None:
    exports.export("first")
    (exports.installed / "change.json").write_text("{}", encoding="utf-8")
    card = exports.export("first", results=ModelResults(subjects=3), method={"temperature": 1.4})
    assert (card.version, card.results.subjects, card.method.temperature) == ("1", 3, 1.4)
    assert (exports.installed / "change.json").exists()


def test_same_networks_used_otherwise_are_another_model(exports: Exports) -> None:
    exports.export("first")
    with pytest.raises(UnconfirmedError):
        exports.export("first", method=REFINED)


@pytest.mark.parametrize(
    ("version", "after"), [("1", "2"), ("9", "10"), ("1.9", "1.10"), ("beta", "beta-2"), ("beta-2", "beta-3")]
)
def test_any_version_has_a_next_one(exports: Exports, version: str, after: str) -> None:
    exports.export("first", version=version)
    assert exports.export("second", replace=True).version == after


def test_model_whose_card_cannot_be_read_is_not_lost_either(exports: Exports) -> None:
    exports.export("first")
    (exports.installed / "model.json").write_text(json.dumps({"name": "mine"}), encoding="utf-8")
    with pytest.raises(UnconfirmedError, match="its card cannot be read"):
        exports.export("second")
    assert exports.export("second", replace=True).version == "2"
