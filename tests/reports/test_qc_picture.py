"""The picture shows the patient's left on the right, whatever the order of the scan's axes."""

from __future__ import annotations

import io

import numpy as np
import pytest
from matplotlib.image import imread

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.imaging.orientation import affine_from_letters
from brainstem_app.reports.scan.qc_picture import QcVolumes, qc_png

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def _columns_of(colour: tuple[float, ...], picture: np.ndarray) -> float:
    """Mean column, as a share of the width, of the outline's pixels in the upper left axial picture."""
    axial = picture[: picture.shape[0] // 2, : picture.shape[1] // 4, :3]
    hits = np.argwhere(np.abs(axial - colour).max(axis=2) < 0.25)
    assert len(hits) > 20
    return float(hits[:, 1].mean()) / axial.shape[1]


@pytest.mark.parametrize("letters", ["RAS", "LPS", "SAL", "PIR"])
def test_left_nucleus_is_drawn_on_the_right(letters: str, table: LabelTable) -> None:
    shape = (20, 20, 20)
    affine = affine_from_letters(letters, shape, (1.0, 1.0, 1.0))
    world = np.einsum("ij,jxyz->ixyz", affine[:3, :3], np.indices(shape)) + affine[:3, 3].reshape(3, 1, 1, 1)
    labels = np.where(np.abs(world).max(axis=0) < 8, 1, 0).astype(np.uint8)
    centre = np.abs(world[1:]).max(axis=0) < 7
    labels[centre & (np.abs(world[0] + 4) < 2)] = table.by_name("RN_L").index
    labels[centre & (np.abs(world[0] - 4) < 2)] = table.by_name("RN_R").index
    picture = imread(io.BytesIO(qc_png(QcVolumes(labels, affine), table, "made")))
    assert _columns_of(BLUE, picture) < _columns_of(RED, picture)
