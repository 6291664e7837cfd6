"""What makes a cell of a grid another run, and which networks a grid may name."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import JsonValue

from brainstem_app.errors import InputError
from brainstem_app.jobs.many.compare_plan import cells_of
from brainstem_app.jobs.networks.machine_speed import epoch_work
from brainstem_app.study.grid import Grid


def _run_of(**settings: JsonValue) -> str:
    (cell,) = cells_of(Grid(name="g", repeats=1, settings=settings, vary={"loss": ("dice",)}), Path("study"))
    return cell.job.run


def test_how_many_gpus_share_the_work_makes_no_other_run() -> None:
    assert _run_of(gpus=2) == _run_of() != _run_of(epochs=3)


def test_grid_may_name_the_networks_of_the_library_it_asks_for() -> None:
    assert _run_of(library="segmentation_models", decoder="linknet").startswith("linknet-resnet34")
    assert _run_of(library="segmentation_models", decoder="unet") != _run_of(decoder="unet")
    with pytest.raises(InputError, match="linknet"):
        _run_of(decoder="linknet")
    with pytest.raises(InputError, match="n_deconet"):
        _run_of(library="segmentation_models", decoder="n_deconet")


def test_cost_of_another_librarys_network_is_not_guessed_from_our_own() -> None:
    settings: dict[str, JsonValue] = {"library": "segmentation_models", "decoder": "pspnet"}
    (cell,) = cells_of(Grid(name="g", repeats=1, settings=settings, vary={"loss": ("dice",)}), Path("study"))
    assert epoch_work(cell.job, 15, 11) is None
