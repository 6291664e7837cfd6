"""The speed of the machine: kept for a month, and what a training takes by it."""

from __future__ import annotations

from pathlib import Path

import pytest

from brainstem_app.jobs.job import MeasureSpeedJob, TrainJob
from brainstem_app.jobs.networks import machine_speed
from brainstem_app.jobs.networks.machine_speed import MachineSpeed, epoch_work, read_speed, speed_file
from brainstem_app.jobs.run import run_job
from kerasmodels.multiply_adds import expected_multiply_adds


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(machine_speed, "user_data_folder", lambda: tmp_path)
    return tmp_path


def speed(**changes: object) -> MachineSpeed:
    return MachineSpeed(multiply_adds_per_second=1e10, start_seconds=20, device="CPU").model_copy(
        update=changes
    )


def test_speed_is_kept_for_a_month() -> None:
    assert read_speed() is None
    speed().save(speed_file())
    assert read_speed() == speed(measured=read_speed().measured)
    speed(measured="2020-01-01T00:00:00+00:00").save(speed_file())
    assert read_speed() is None
    speed_file().write_text("{", encoding="utf-8")
    assert read_speed() is None


def test_time_of_a_run_is_its_slices_times_the_cost_of_its_network() -> None:
    job = TrainJob(study=Path("s"), run="r", epochs=10, simulated=2)
    slices = 73 * (3 * (15 + 2) + 11)
    assert epoch_work(job, 15, 11) == expected_multiply_adds("n_deconet", "resnet34") * slices
    assert speed().seconds(job, 15, 11) == pytest.approx(20 + 10 * epoch_work(job, 15, 11) / 1e10)
    assert speed().seconds(job.model_copy(update={"decoder": "unknown"}), 15, 11) is None


@pytest.mark.slow
def test_this_machine_can_be_measured(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("tensorflow")
    # The paper's network and size take most of a minute.
    monkeypatch.setattr(machine_speed, "_ENCODER", "resnet18")
    monkeypatch.setattr(machine_speed, "_SIZE", 64)
    monkeypatch.setattr(machine_speed, "_TIMED_S", 0.1)
    events: list[object] = []
    assert run_job(MeasureSpeedJob(), events.append, lambda: False) == 0, events[-1]
    found = read_speed()
    assert found is not None
    assert found.multiply_adds_per_second > 1e7
    assert (home / "speed.json").exists()
