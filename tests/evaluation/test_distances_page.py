"""The page of distances from other registrations: `tests/consensus/write_distances.py`."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

CONSENSUS = Path(__file__).resolve().parents[1] / "consensus"


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(CONSENSUS)
    monkeypatch.syspath_prepend(CONSENSUS.parent / "benchmarks")
    return importlib.import_module("write_distances")


def test_row_says_how_much_nearer_than_the_affine_a_way_lies(script: ModuleType) -> None:
    def at(mm: float) -> object:
        return script.Agreement(assd_mm=[mm, mm, np.nan], iou=[0.5, 0.7, 0.0])

    rows = [
        script.Distances(
            to_ants={"affine": at(0.4 + more), "warp": at(0.3)},
            to_consensus={"affine": at(0.3), "warp": at(0.4)},
            between_mm=[0.4],
            cpu_s=1.0,
        )
        for more in (0.0, 0.1)
    ]
    warp, affine = script._row("warp", rows), script._row("affine", rows)
    assert "| 0.300 [0.300, 0.300] | −0.150 [−0.200, −0.100] | 0.400 |" in warp
    assert "| 0.400 [0.400, 0.400] | +0.100 [+0.100, +0.100] | 0.400 |" in warp
    assert "| 0.450 [0.400, 0.500] | – | 0.400 |" in affine
    assert script._row("ants-cc", rows).endswith("| – | – | – | – | – | – |")


def test_what_is_measured_is_not_measured_again(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    def measure(members: Path, subject: str, model: object) -> object:
        made.append(subject)
        return script.Distances(to_ants={}, to_consensus={}, between_mm=[0.4], cpu_s=1.0)

    monkeypatch.setattr(script, "measure", measure)
    path = tmp_path / "ds" / "sub-01.json"
    first = script._kept(path, tmp_path, "ds/sub-01", None)
    assert script._kept(path, tmp_path, "ds/sub-01", None) == first
    assert made == ["ds/sub-01"]


def test_consensus_is_the_packed_one_where_only_ants_was_made(script: ModuleType, tmp_path: Path) -> None:
    subject = "ds002748/sub-08"
    placed = importlib.import_module("make_members").Placed
    packed = importlib.import_module("packed_consensus").load_consensus(subject, np.eye(4))[0]
    (tmp_path / subject).mkdir(parents=True)
    placed(np.zeros((75, 76, 85), np.float32), np.eye(4), 1.0, "").save(tmp_path / subject / "placed.npz")
    known, consensus = script._consensus(tmp_path / subject, subject)
    assert np.array_equal(consensus.field, packed.field)
    assert set(known.to_others) >= {script.ANTS, script.REFERENCE}
