"""A model that is loaded brings the grades that were measured with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.atlas.library import load_atlas
from brainstem_app.atlas.reliability import Detectability
from brainstem_app.errors import InputError
from brainstem_app.jobs.scans.loaded_model import describe_model, load_model
from brainstem_app.models.card import ModelCard
from brainstem_app.models.library import hash_file


def _model(folder: Path, known: dict[str, Detectability]) -> str:
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"weights")
    ModelCard(
        name="ours",
        atlas="brainstem31",
        atlas_version="1.0",
        decoder="n_deconet",
        encoder="resnet18",
        classes=34,
        detectability=known,
        sha256={"model.onnx": hash_file(folder / "model.onnx")},
    ).save(folder)
    return str(folder)


def test_measured_grades_take_the_place_of_the_atlas_own(tmp_path: Path) -> None:
    own = {s.name: s.reliability for s in load_atlas().table.nuclei}
    known = dict.fromkeys(own, Detectability(cv_percent=1.0, slope=0.8, smallest_change_percent=3.5))
    known["VTA_L"] = Detectability(cv_percent=2.0, slope=0.05, smallest_change_percent=110.0)
    model = load_model(_model(tmp_path / "tested", known), "onnx")
    found = {s.name: s.reliability for s in model.atlas.table.nuclei}
    assert (own["SC_L"], found["SC_L"], found["VTA_L"]) == ("B", "A", "C")
    assert describe_model(model.card, model.weights).detectability == known


def test_grades_of_some_nuclei_or_of_others_are_refused(tmp_path: Path) -> None:
    seen = Detectability(cv_percent=1.0, slope=0.8, smallest_change_percent=3.5)
    every = dict.fromkeys((s.name for s in load_atlas().table.nuclei), seen)
    with pytest.raises(InputError, match="XYZ"):
        load_model(_model(tmp_path / "other", every | {"XYZ": seen}), "onnx")
    del every["PAG"]
    with pytest.raises(InputError, match="PAG"):
        load_model(_model(tmp_path / "some", every), "onnx")


def test_model_that_was_not_tested_keeps_the_grades_of_its_atlas(tmp_path: Path) -> None:
    model = load_model(_model(tmp_path / "untested", {}), "onnx")
    assert model.atlas.table == load_atlas().table
