"""Activation maps of a network's layers as one self-contained page, and their numbers as a table."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app import __version__
from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.csv_text import csv_text
from brainstem_app.reports.html import render

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
    images = list(inputs.slices.values())
    page = render(
        "activations.html",
        inputs=inputs,
        scan=_png([_grey(image) for image in images]),
        strengths=[_png([_coloured(image) for image in layer.strength]) for layer in inputs.layers],
        channels=[
            _png([_grey(layer.channels[len(images) // 2, :, :, i]) for i in range(layer.channels.shape[-1])])
            for layer in inputs.layers
        ],
        middle=list(inputs.slices)[len(images) // 2],
        most=max((layer.shape[2] for layer in inputs.layers), default=1),
        version=__version__,
    )
    write_text(folder / "activations.html", page)


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


def _png(tiles: Sequence[NDArray[np.uint8]]) -> str:
    """Tiles side by side as the base64 text of a PNG, each pixel of theirs kept as a block."""
    from PIL import Image

    width = len(tiles) * (_TILE + _GAP) - _GAP
    picture = Image.new("RGBA", (width, _TILE), (0, 0, 0, 0))
    for number, tile in enumerate(tiles):
        enlarged = Image.fromarray(tile).resize((_TILE, _TILE), Image.Resampling.NEAREST)
        picture.paste(enlarged, (number * (_TILE + _GAP), 0))
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")
