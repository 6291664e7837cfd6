"""What activation maps show, in words and numbers made from ``activations.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from page_text import decoder_name, listed, loss_name, number, table

NUMBERS_FILE = Path(__file__).resolve().parent / "activations.json"


def activations_section(path: Path = NUMBERS_FILE) -> list[str]:
    """Picture, numbers and what they say; nothing where they were not made."""
    if not path.exists():
        return []
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    networks: Mapping[str, list[dict[str, Any]]] = found["networks"]
    rows = [
        [
            decoder_name(decoder),
            f"`{layer['layer']}`",
            f"{layer['height']} × {layer['width']}",
            str(layer["channels"]),
            f"{layer['effective']:.1f}",
            str(layer["silent"]),
            f"{100 * layer['zeros']:.0f} %",
        ]
        for decoder, layers in networks.items()
        for layer in layers
    ]
    head = ["network", "layer", "map", "channels", "that count", "silent", "zeros"]
    return [
        "## Activation maps",
        "",
        "![Strength of the layers](paper-activations.png)",
        "",
        f"{listed([decoder_name(name) for name in networks])}; test subject {found['subject']}, slice "
        f"through the {found['level']}. {training_words(found['trained'])} Strength: root of the mean square "
        "over channels. *That count*: how many different patterns the channels hold, many channels showing "
        "the same one (participation ratio of their covariance over all pixels of this slice and of every "
        "third one through nuclei); *silent*: the same value everywhere (`brainstem-app activations` shows "
        "every layer).",
        "",
        *table(head, rows),
        " ".join(filter(None, (found["seen"], words(networks)))),
        *_missing(networks),
        "",
    ]


def _missing(networks: Mapping[str, Any]) -> list[str]:
    if "deeplabv3" in networks:
        return []
    return ["", "DeepLabV3 has not been trained for this yet: its maps are missing."]


def training_words(trained: Mapping[str, Mapping[str, Any]]) -> str:
    """Say how the networks were trained, and how good they are."""
    settings = {
        (t["loss"], t["size"], t["epochs"], t["batch_size"], t["learning_rate"], t["schedule"])
        for t in trained.values()
    }
    parts = [
        f"{loss_name(loss)}, {size} pixels, {epochs} epochs, batches of {batch}, {rate:g}, {schedule}"
        for loss, size, epochs, batch, rate, schedule in sorted(settings)
    ]
    scores = [f"{decoder_name(d)} {number(t['val_nuclei_miou'])}" for d, t in trained.items()]
    return (
        "Trained apart from Table 1, whose networks' weights were not kept "
        f"({'; '.join(parts)}); nuclei on the validation slices: {listed(scores)}."
    )


def words(networks: Mapping[str, list[dict[str, Any]]]) -> str:
    """Say how many channels count in the encoder's deepest layer and how fine the last map is."""
    parts = []
    for decoder, layers in networks.items():
        encoder = [layer for layer in layers if layer["layer"].startswith("encoder")]
        rest = [layer for layer in layers if layer["layer"].startswith("decoder")]
        if not encoder or not rest:
            continue
        deep, last = encoder[-1], rest[-1]
        parts.append(
            f"{decoder_name(decoder)}: in the deepest layer of the encoder {deep['effective']:.0f} of "
            f"{deep['channels']} channels count (its {deep['pixels']} pixels could tell up to "
            f"{min(deep['channels'], deep['pixels'] - 1)} apart), {deep['silent']} are silent; the labels "
            f"are read from a map of {last['height']} × {last['width']} with {last['effective']:.0f} of "
            f"{last['channels']}"
        )
    if not parts:
        return ""
    shares = [
        layer["effective"] / min(layer["channels"], layer["pixels"] - 1)
        for layers in networks.values()
        for layer in layers
        if layer["layer"].startswith("encoder")
    ]
    most = max(shares)
    claim = (
        "The paper found its data simple for such encoders; so do these maps of one subject: "
        "of no encoder layer shown do more than "
        f"{100 * most:.0f} % of the channels that its pixels could tell apart count."
        if most < 0.5
        else f"Of the encoder's layers shown up to {100 * most:.0f} % of the channels count."
    )
    return ". ".join(parts) + f". {claim}"
