"""Colours of the labels: a table from label to red, green, blue, opacity."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from numpy.typing import NDArray


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
