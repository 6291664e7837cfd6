"""A run can be stopped anywhere, goes on where it was, and ends as if it had never stopped."""

from __future__ import annotations

import csv
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

import kerasmodels
from kerasmodels import ModelError, build_model
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.data.volumes import Volumes
from kerasmodels.errors import DivergedError
from kerasmodels.export import load_keras
from kerasmodels.training.events import BatchDone, EpochDone, TrainingEvent
from kerasmodels.training.fit import TrainingResult, fit
from kerasmodels.training.learning_rate import WarmCosine
from kerasmodels.training.settings import TrainingSettings

from .tiny_network import SETTINGS, tiny

ROOT = Path(kerasmodels.__file__).parent.parent


def train(
    volumes: Volumes, folder: Path, stop_after: int | None = None, settings: TrainingSettings = SETTINGS
) -> tuple[keras.Model, TrainingResult, list[TrainingEvent]]:
    model, events = tiny(), list[TrainingEvent]()
    result = fit(
        model,
        volumes,
        volumes,
        settings,
        folder,
        on_event=events.append,
        is_cancelled=lambda: stop_after is not None and len(events) >= stop_after,
    )
    return model, result, events


@pytest.fixture(scope="module")
def straight(
    volumes: Volumes, tmp_path_factory: pytest.TempPathFactory
) -> tuple[keras.Model, TrainingResult, list[TrainingEvent], Path]:
    folder = tmp_path_factory.mktemp("straight")
    return *train(volumes, folder), folder


def test_run_stopped_in_mid_epoch_ends_with_the_same_weights(
    straight, volumes: Volumes, tmp_path: Path
) -> None:
    # Three training and three validation batches and one epoch: the ninth event is in the second epoch.
    _, stopped, _ = train(volumes, tmp_path, stop_after=9)
    assert not stopped.finished
    assert len(stopped.history) == 1
    model, result, _ = train(volumes, tmp_path)
    assert result.finished
    for one, other in zip(straight[0].get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert [row.val_loss for row in result.history] == [row.val_loss for row in straight[1].history]


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("decoder", ["n_deconet", "pspnet", "fpn"])
def test_real_networks_go_on_the_same_too(decoder: str, volumes: Volumes, tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=2, batch_size=6, slice_input=SliceInput(size=64))
    weights = []
    for folder, stops in (("straight", [None]), ("stopped", [6, None])):
        for stop in stops:
            model, events = build_model(decoder, "resnet18", 4, (64, 64, 1), seed=1), list[TrainingEvent]()
            fit(
                model,
                volumes,
                volumes,
                settings,
                tmp_path / folder,
                on_event=events.append,
                is_cancelled=lambda events=events, stop=stop: stop is not None and len(events) >= stop,
            )
        weights.append(model.get_weights())
    for one, other in zip(*weights, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize(
    "encoder",
    [
        "resnet18",
        *(
            pytest.param(name, marks=pytest.mark.long)
            for name in ("efficientnetb0", "efficientnetlite0", "mit_b0")
        ),
    ],
)
def test_encoders_train_through_a_whole_run(encoder: str, volumes: Volumes, tmp_path: Path) -> None:
    settings = TrainingSettings(epochs=1, batch_size=6, slice_input=SliceInput(size=64))
    model = build_model(encoder=encoder, classes=4, input_shape=(64, 64, 1), seed=1)
    before = model.get_weights()
    result = fit(model, volumes, volumes, settings, tmp_path)
    assert result.finished
    assert math.isfinite(result.history[0].loss)
    assert math.isfinite(result.history[0].val_loss)
    moved = [np.any(one != other) for one, other in zip(before, model.get_weights(), strict=True)]
    assert np.mean(moved) > 0.9
    image = np.zeros((1, 64, 64, 1), np.float32)
    np.testing.assert_allclose(load_keras(tmp_path / "best.keras")(image), model(image), atol=1e-5)


def test_run_tells_of_every_batch_and_epoch(straight) -> None:
    events = straight[2]
    batches = [event for event in events if isinstance(event, BatchDone)]
    first = [(b.epoch, b.batch, b.batches, b.validating) for b in batches[:6]]
    assert first == [(1, batch, 3, validating) for validating in (False, True) for batch in (1, 2, 3)]
    assert [event.epoch for event in events if isinstance(event, EpochDone)] == [1, 2, 3]
    assert batches[-1].seconds >= batches[0].seconds


def test_best_file_is_of_the_epoch_with_the_best_nuclei(straight, volumes: Volumes) -> None:
    _, result, _, folder = straight
    scores = [row.val_nuclei_miou for row in result.history]
    assert result.history[result.best_epoch - 1].val_nuclei_miou == max(scores)
    with (folder / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [float(row["val_nuclei_miou"]) for row in rows] == scores
    # Count again in plain NumPy, on labels resized here, what the best file predicts.
    nearest = np.floor((np.arange(32) + 0.5) * 20 / 32).astype(int)
    reference = volumes.labels.reshape(12, 20, 20)[:, nearest][:, :, nearest]
    images = keras.ops.image.resize(volumes.images.reshape(12, 20, 20, 1), (32, 32))
    predicted = np.asarray(load_keras(folder / "best.keras")(images)).argmax(axis=-1)
    common = ((reference == 3) & (predicted == 3)).sum()
    assert common / ((reference == 3) | (predicted == 3)).sum() == pytest.approx(max(scores), abs=0.01)


def test_lean_run_that_need_not_go_on_writes_its_history_alone_and_leaves_the_best_network(
    volumes: Volumes, tmp_path: Path
) -> None:
    model, events = tiny(), list[TrainingEvent]()
    settings = SETTINGS.model_copy(update={"batch_size": 5, "augmentation": None})
    result = fit(
        model, volumes, volumes, settings, tmp_path, on_event=events.append, lean=True, resumable=False
    )
    assert [path.name for path in tmp_path.iterdir()] == ["history.csv"]
    # Of twelve slices two batches of five, others every epoch; all twelve at once are validated.
    batches = {(b.validating, b.batches) for b in events if isinstance(b, BatchDone)}
    assert batches == {(False, 2), (True, 1)}
    images = keras.ops.image.resize(volumes.images.reshape(12, 20, 20, 1), (32, 32))
    nearest = np.floor((np.arange(32) + 0.5) * 20 / 32).astype(int)
    reference = volumes.labels.reshape(12, 20, 20)[:, nearest][:, :, nearest]
    predicted = np.asarray(model(images)).argmax(axis=-1)
    common = ((reference == 3) & (predicted == 3)).sum()
    best = max(row.val_nuclei_miou for row in result.history)
    assert common / ((reference == 3) | (predicted == 3)).sum() == pytest.approx(best, abs=0.01)


def test_lean_run_that_was_stopped_goes_on_and_leaves_the_same_network(
    volumes: Volumes, tmp_path: Path
) -> None:
    settings = SETTINGS.model_copy(update={"batch_size": 5, "augmentation": None})
    events, folder = list[TrainingEvent](), tmp_path / "stopped"

    def network(of: Path, *, resumable: bool = True, is_stopped: bool = False) -> keras.Model:
        model = tiny()
        fit(
            model,
            volumes,
            volumes,
            settings,
            of,
            on_event=events.append,
            is_cancelled=lambda: is_stopped and any(isinstance(event, EpochDone) for event in events),
            lean=True,
            resumable=resumable,
        )
        return model

    straight = network(tmp_path / "straight", resumable=False)
    events.clear()
    network(folder, is_stopped=True)
    again = network(folder)
    done = [event.epoch for event in events if isinstance(event, EpochDone)]
    assert done == list(range(1, settings.epochs + 1))
    for one, other in zip(straight.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(other, one, atol=1e-6)
    with pytest.raises(ModelError, match="lean"):
        fit(tiny(), volumes, volumes, settings, folder)


def test_finished_run_is_not_trained_again_but_gets_the_history_that_a_kill_has_taken(
    straight, volumes: Volumes
) -> None:
    folder = straight[3]
    before = (folder / "last.keras").stat().st_mtime_ns
    history = (folder / "history.csv").read_bytes()
    (folder / "history.csv").unlink()
    model, result, events = train(volumes, folder)
    assert (folder / "history.csv").read_bytes() == history
    assert result.finished
    assert not events
    assert (folder / "last.keras").stat().st_mtime_ns == before
    np.testing.assert_array_equal(model.get_weights()[0], straight[0].get_weights()[0])


def test_last_file_is_a_network_like_any_other(straight, rng: np.random.Generator) -> None:
    image = rng.random((1, 32, 32, 1), dtype=np.float32)
    again = np.asarray(load_keras(straight[3] / "last.keras")(image))
    np.testing.assert_allclose(again, np.asarray(straight[0](image)), atol=1e-6)


def test_going_on_with_other_settings_is_refused(straight, volumes: Volumes) -> None:
    with pytest.raises(ModelError, match="batch_size"):
        train(volumes, straight[3], settings=SETTINGS.model_copy(update={"batch_size": 5}))


def test_going_on_with_another_network_is_refused(straight, volumes: Volumes) -> None:
    with pytest.raises(ModelError, match="network"):
        fit(tiny("other"), volumes, volumes, SETTINGS, straight[3])


def test_damaged_last_file_is_an_error_that_names_it(volumes: Volumes, tmp_path: Path) -> None:
    (tmp_path / "last.keras").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(ModelError, match=r"last\.keras"):
        train(volumes, tmp_path)


def test_label_beyond_the_classes_is_refused(volumes: Volumes, tmp_path: Path) -> None:
    labels = volumes.labels.copy()
    labels[0, 0, 0, 0] = 4
    with pytest.raises(ModelError, match="label 4"):
        fit(tiny(), Volumes(volumes.images, labels), volumes, SETTINGS, tmp_path)


def test_loss_that_is_no_number_stops_the_run_and_keeps_its_files(volumes: Volumes, tmp_path: Path) -> None:
    wild = Volumes(volumes.images * np.float32(3e38), volumes.labels)
    with pytest.raises(DivergedError) as caught:
        fit(
            tiny(),
            wild,
            volumes,
            TrainingSettings(epochs=1, batch_size=4, slice_input=SliceInput(size=32)),
            tmp_path,
        )
    assert "learning rate" in caught.value.fix
    assert not list(tmp_path.iterdir())


def test_kill_costs_at_most_one_epoch(straight, volumes: Volumes, tmp_path: Path) -> None:
    child = subprocess.run(
        [sys.executable, "-m", "tests.kerasmodels.tiny_network", str(tmp_path)],
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert child.returncode
    model, result, events = train(volumes, tmp_path)
    assert result.finished
    assert sum(isinstance(event, EpochDone) for event in events) == 2
    for one, other in zip(straight[0].get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert not list(tmp_path.glob(".writing-*"))


def test_cosine_schedule_rises_then_falls_to_nothing() -> None:
    schedule = WarmCosine(0.1, 100)
    rates = [float(schedule(step)) for step in range(100)]
    assert rates.index(max(rates)) == 4
    assert max(rates) == pytest.approx(0.1)
    assert rates[:5] == pytest.approx([0.02, 0.04, 0.06, 0.08, 0.1])
    assert rates[52] == pytest.approx(0.1 * 0.5 * (1 + math.cos(math.pi * 47 / 95)), abs=1e-6)
    assert rates[-1] < 1e-4
    assert rates[5:] == sorted(rates[5:], reverse=True)


def test_run_without_progress_stops_early(volumes: Volumes, tmp_path: Path) -> None:
    settings = SETTINGS.model_copy(update={"epochs": 50, "learning_rate": 1e-30, "patience": 1})
    _, result, _ = train(volumes, tmp_path, settings=settings)
    assert result.finished
    assert 1 < len(result.history) < 10


def _plain() -> keras.Model:
    """One convolution: enough to tell which pixels it has learned from."""
    keras.utils.set_random_seed(1)
    image = keras.Input((32, 32, 1), name="image")
    logits = keras.layers.Conv2D(4, 3, padding="same", name="logits")(image)
    return keras.Model(image, keras.layers.Softmax(name="probabilities")(logits), name="plain")


def test_labels_of_pixels_without_weight_are_not_learned_and_validation_knows_no_weights(
    volumes: Volumes, tmp_path: Path
) -> None:
    settings = SETTINGS.model_copy(update={"epochs": 1})
    known = np.indices(volumes.images.shape).sum(axis=0) % 2 > 0
    learned, rows = [], []
    for number, other in enumerate((volumes.labels, 3 - volumes.labels)):
        given = Volumes(volumes.images, np.where(known, volumes.labels, other), known.astype(np.float32))
        model = _plain()
        validation = replace(volumes, weights=given.weights) if number else volumes
        rows += fit(model, given, validation, settings, tmp_path / str(number)).history
        learned.append(model.get_weights())
    for one, other in zip(*learned, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (rows[0].loss, rows[0].val_loss) == (rows[1].loss, rows[1].val_loss)
    with pytest.raises(ModelError, match="weighted"):
        fit(_plain(), volumes, volumes, settings, tmp_path / "0")
