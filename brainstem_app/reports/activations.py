"""Activation maps of a network's layers as one self-contained page, and their numbers as a table."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.counting import counted
from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.engine.blocks import Document, Heading, Paragraph, Table, facts_of, repeat, rows_of
from brainstem_app.reports.engine.columns import Cell, Column, count
from brainstem_app.reports.engine.html import document_html
from brainstem_app.reports.engine.sheets import csv_text

_TILE = 112
_GAP = 3
_HEAD = ("layer", "height", "width", "channels", "effective_channels", "silent_channels", "zeros")


@dataclass(frozen=True)
class LayerMaps:
    """One layer, on some slices.

    Attributes
    ----------
    name : str
        Its name in the network.
    shape : tuple of int
        Height, width, channels.
    strength : ndarray of float32, shape (N, height, width)
        Root of the mean square over channels, by slice; x, then y.
    channels : ndarray of float32, shape (N, height, width, M)
        The channels that vary most.
    zeros, silent, effective
        Share of zeros, silent channels, effective number of channels.
    """

    name: str
    shape: tuple[int, int, int]
    strength: NDArray[np.float32]
    channels: NDArray[np.float32]
    zeros: float
    silent: int
    effective: float


@dataclass(frozen=True)
class ActivationInputs:
    """What the page is written from: the slices by name of their level, and the layers' maps of them."""

    run: str
    subject: str
    slices: Mapping[str, NDArray[np.float32]]
    layers: Sequence[LayerMaps]
    settings: Mapping[str, Any]
    command: str


def write_activations(folder: Path, inputs: ActivationInputs) -> None:
    """Write ``activations.html`` and ``activations.csv`` into a folder."""
    rows = [
        [layer.name, *layer.shape, round(layer.effective, 2), layer.silent, round(layer.zeros, 4)]
        for layer in inputs.layers
    ]
    write_text(folder / "activations.csv", csv_text(_HEAD, rows))
    write_text(folder / "activations.html", document_html(activations_document(inputs)))


def activations_document(inputs: ActivationInputs) -> Document:
    """Choose and word what a reader sees of the layers."""
    levels = ", ".join(inputs.slices)
    n = f"{counted(len(inputs.layers), 'layer')} on {counted(len(inputs.slices), 'slice')}"
    scan = _png([_grey(image) for image in inputs.slices.values()])
    note = (
        "Channels that count: the participation ratio of the channels' covariance over all pixels of the "
        "slices; 1 if all channels say the same, the number of channels if they say different things equally "
        "strongly. Silent: the same value everywhere. Strength: root of the mean square over the channels, "
        "each picture from its lowest to its highest value."
    )
    return Document(
        title=f"{inputs.run} – activation maps",
        kind="Activation maps",
        headline=inputs.run,
        about=f"{n} of {inputs.subject}: {levels}",
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        blocks=(
            Heading("The slices", "scan"),
            Table((Column(levels, lambda png: Cell("Axial slices", png=png)),), ((scan,),)),
            Paragraph("The patient's right is on the left, anterior is up.", "small"),
            Heading("From the image to the labels", "layers"),
            Table(_columns(inputs), rows_of(inputs.layers)),
            Paragraph(note, "small"),
            *repeat(inputs.command, (), facts_of(inputs.settings)),
        ),
    )


def _columns(inputs: ActivationInputs) -> tuple[Column[LayerMaps], ...]:
    middle = len(inputs.slices) // 2

    def strength(layer: LayerMaps) -> Cell:
        return Cell(f"Strength of {layer.name}", png=_png([_coloured(image) for image in layer.strength]))

    def channels(layer: LayerMaps) -> Cell:
        images = [layer.channels[middle, :, :, i] for i in range(layer.channels.shape[-1])]
        return Cell(f"Channels of {layer.name}", png=_png([_grey(image) for image in images]))

    return (
        Column("Layer", lambda layer: Cell(layer.name, below=_size(layer))),
        Column(
            "Channels",
            lambda layer: Cell(f"{layer.effective:.1f}", bar=min(1.0, layer.effective / layer.shape[2])),
            "that count",
        ),
        Column("Silent", lambda layer: layer.silent, "channels", count),
        Column("Zeros", lambda layer: f"{100 * layer.zeros:.0f} %"),
        Column("Strength", strength, ", ".join(inputs.slices), align="words"),
        Column("Channels that vary most", channels, list(inputs.slices)[middle], align="words"),
    )


def _size(layer: LayerMaps) -> str:
    height, width, channels = layer.shape
    return f"{height} × {width}, {channels} channels"


def _grey(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.repeat(_stretched(image)[..., None], 3, axis=-1)


def _coloured(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    from matplotlib import colormaps

    return np.asarray(colormaps["inferno"](_stretched(image))[..., :3] * 255).astype(np.uint8)


def _stretched(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Values from lowest to highest as 0 to 255, as seen from the feet: the patient's right on the left."""
    low, high = float(image.min()), float(image.max())
    scaled = (image - low) / (high - low) if high > low else np.zeros_like(image)
    return (255 * scaled[::-1, ::-1].T).astype(np.uint8)


def _png(tiles: Sequence[NDArray[np.uint8]]) -> bytes:
    """Tiles side by side as a PNG, each pixel of theirs kept as a block."""
    from PIL import Image

    width = len(tiles) * (_TILE + _GAP) - _GAP
    picture = Image.new("RGBA", (width, _TILE), (0, 0, 0, 0))
    for number, tile in enumerate(tiles):
        enlarged = Image.fromarray(tile).resize((_TILE, _TILE), Image.Resampling.NEAREST)
        picture.paste(enlarged, (number * (_TILE + _GAP), 0))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()
