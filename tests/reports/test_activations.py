"""The page of activation maps."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from brainstem_app.reports.activations import ActivationInputs, LayerMaps, write_activations


def test_page_shows_every_layer_and_the_table_its_numbers(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    layers = [
        LayerMaps(
            name=name,
            shape=(4, 4, 16),
            strength=rng.random((2, 4, 4)).astype(np.float32),
            channels=rng.random((2, 4, 4, 3)).astype(np.float32),
            zeros=0.25,
            silent=2,
            effective=5.3,
        )
        for name in ("encoder_relu", "logits")
    ]
    slices = {"Medulla": rng.random((5, 5)), "Pons": np.zeros((5, 5))}
    inputs = ActivationInputs("first", "sub-01", slices, layers, {"epochs": 2}, "brainstem-app activations s")
    write_activations(tmp_path, inputs)
    page = (tmp_path / "activations.html").read_text(encoding="utf-8")
    assert page.count("data:image/png;base64,") == 1 + 2 * len(layers)
    assert all(word in page for word in ("encoder_relu", "logits", "sub-01", "5.3", "25 %"))
    with (tmp_path / "activations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["layer"], row["channels"], row["effective_channels"]) for row in rows] == [
        ("encoder_relu", "16", "5.3"),
        ("logits", "16", "5.3"),
    ]
