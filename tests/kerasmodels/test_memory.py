"""The estimate of a training's memory grows with what needs memory, and leads to a batch that fits."""

from __future__ import annotations

import keras

from kerasmodels import build_model
from kerasmodels.training.memory import largest_batch, training_bytes


def test_estimate_grows_with_batch_and_size(small_model: keras.Model) -> None:
    larger = build_model(encoder="resnet18", classes=4, input_shape=(128, 128, 1))
    assert training_bytes(small_model, 8) < training_bytes(small_model, 16) < training_bytes(larger, 16)


def test_largest_batch_fits_and_one_more_does_not(small_model: keras.Model) -> None:
    available = 3_000_000_000
    batch = largest_batch(small_model, available)
    assert training_bytes(small_model, batch) <= available < training_bytes(small_model, batch + 1)
    assert largest_batch(small_model, 1_000_000) == 0
