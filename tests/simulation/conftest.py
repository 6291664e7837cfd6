"""A made template on the MNI grid: an ellipsoid of white matter with a dark mark on each side."""

from types import SimpleNamespace

import numpy as np
import pytest

from brainstem_app.imaging.spaces import MNI_SHAPE, mni_affine
from brainstem_app.simulation.contrast import TEMPLATE_CSF, TEMPLATE_GREY, TEMPLATE_WHITE

LEFT, RIGHT, STEM = 1, 2, 3


def _ball(centre: tuple[float, float, float], radii: tuple[float, float, float]) -> np.ndarray:
    origin = mni_affine()[:3, 3]
    axes = np.meshgrid(
        *(o + np.arange(n) for o, n in zip(origin, MNI_SHAPE, strict=True)), indexing="ij", sparse=True
    )
    return sum(((a - c) / r) ** 2 for a, c, r in zip(axes, centre, radii, strict=True)) < 1


@pytest.fixture(scope="session")
def labels() -> np.ndarray:
    made = np.zeros(MNI_SHAPE, np.uint8)
    made[_ball((0, -28, -36), (18, 18, 32))] = STEM
    made[_ball((-10, -28, -30), (6, 6, 6))] = LEFT
    made[_ball((10, -28, -30), (6, 6, 6))] = RIGHT
    return made


@pytest.fixture(scope="session")
def template(labels: np.ndarray) -> SimpleNamespace:
    brain = _ball((0, -18, 5), (68, 85, 70)) | (labels > 0)
    inner = _ball((0, -18, 5), (60, 77, 62)) | (labels > 0)
    t1 = np.zeros(MNI_SHAPE, np.float32)
    t1[brain], t1[inner] = TEMPLATE_GREY, TEMPLATE_WHITE
    t1[(labels == LEFT) | (labels == RIGHT)] = TEMPLATE_CSF
    return SimpleNamespace(t1=t1, brain=brain)
