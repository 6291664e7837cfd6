"""Colours of what lies over the scan: tables from a value to red, green, blue, opacity."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray

# Red (unsure) over yellow to blue (sure): told apart by colour-blind eyes too.
CONFIDENCE_COLOURS = ((165, 0, 38), (244, 109, 67), (255, 255, 191), (116, 173, 209), (69, 96, 190))


def colour_table(colours: Mapping[int, tuple[int, int, int]], visible: Collection[int]) -> NDArray[np.uint8]:
    """Look-up table of a label overlay.

    Parameters
    ----------
    colours : mapping of int to three integers
        Colour of each label 1…255.
    visible : collection of int
        Labels to draw; all others are transparent, and so is the background.

    Returns
    -------
    ndarray of uint8, shape (256, 4)
        Red, green, blue, opacity.
    """
    table = np.zeros((256, 4), dtype=np.uint8)
    for label, colour in colours.items():
        table[label, :3] = colour
        table[label, 3] = 255 if label in visible and label > 0 else 0
    return table


def confidence_table() -> NDArray[np.uint8]:
    """Look-up table of a confidence overlay, (256, 4): 0 is transparent, 1…255 is 0…1."""
    table = np.zeros((256, 4), dtype=np.uint8)
    anchors = np.linspace(0, 255, len(CONFIDENCE_COLOURS))
    for channel, values in enumerate(zip(*CONFIDENCE_COLOURS, strict=True)):
        table[:, channel] = np.interp(np.arange(256), anchors, values)
    table[1:, 3] = 255
    return table
