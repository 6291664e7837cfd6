"""The label table of an imported atlas: names, sides, colours, grades."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.importing.resampled_map import ResampledMap
from brainstem_app.atlas.label_table import (
    TABLE_FILE_NAME,
    Group,
    LabelTable,
    Side,
    Structure,
    read_label_table,
)
from brainstem_app.atlas.library import DEFAULT_ATLAS
from brainstem_app.atlas.reliability import grade
from brainstem_app.locations import resource

_N_TISSUE = 3
_GOLDEN = 0.618034
_DARKER = 0.72


def label_table(
    nuclei: Sequence[ResampledMap], labels: NDArray[np.uint8], source: str, licence: str
) -> LabelTable:
    """Label table: background, white and grey matter as in ``brainstem31``, then the nuclei.

    Parameters
    ----------
    nuclei : sequence of ResampledMap
        In the order of their indices, from 3 on.
    labels : ndarray of uint8, shape (197, 233, 189)
        Label map of the nuclei, for the grades; a nucleus without a voxel gets none.
    source, licence : str
        Where they come from.
    """
    shipped = read_label_table(resource("atlas", DEFAULT_ATLAS, TABLE_FILE_NAME))
    colours = _colours(nuclei)
    rows = list(shipped.structures[:_N_TISSUE])
    for index, (nucleus, colour) in enumerate(zip(nuclei, colours, strict=True), start=_N_TISSUE):
        mask = labels == index
        rows.append(
            Structure(
                index=index,
                name=nucleus.table_name,
                full_name=nucleus.full_name,
                side=nucleus.side or Side.MIDLINE,
                group=Group.NUCLEUS,
                colour=colour,
                source=source,
                licence=licence,
                reliability=grade(mask, drawn=False) if mask.any() else "",
                region=nucleus.in_region,
            )
        )
    return LabelTable(structures=tuple(rows))


def _colours(nuclei: Sequence[ResampledMap]) -> list[str]:
    """Colour of each nucleus: the source's, else unlike its neighbours'; right ones darker."""
    hues: dict[str, float] = {}
    colours = []
    for nucleus in nuclei:
        hue = hues.setdefault(nucleus.name, (len(hues) * _GOLDEN) % 1.0)
        value = 0.95 * (_DARKER if nucleus.side is Side.RIGHT else 1.0)
        rgb = colorsys.hsv_to_rgb(hue, 0.65, value)
        own = "#" + "".join(f"{round(255 * part):02x}" for part in rgb)
        colours.append(nucleus.colour or own)
    return colours
