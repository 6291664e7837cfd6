import numpy as np
import pytest

from brainstem_app.imaging.orientation import all_orientations, axis_letters
from brainstem_app.simulation.acquisition import add_rician_noise, make_grid, shading


@pytest.mark.parametrize("letters", all_orientations())
def test_grid_has_the_asked_orientation_and_covers_the_field(letters: str) -> None:
    grid = make_grid(letters, (1.0, 2.0, 1.5), (180.0, 240.0, 210.0), (6.0, -6.0, 6.0), (5.0, -10.0, 3.0))
    assert "".join(axis_letters(grid.affine)) == letters
    middle = grid.affine @ np.append((np.array(grid.shape) - 1) / 2, 1)
    assert np.allclose(middle[:3], [5, -10, 3])
    extent_mm = np.array(grid.shape) * [1.0, 2.0, 1.5]
    assert sorted(np.round(extent_mm / 10)) == [18, 21, 24]


def test_noise_in_air_has_the_mean_of_a_rayleigh_distribution() -> None:
    air = add_rician_noise(np.random.default_rng(0), np.zeros((40, 40, 40), np.float32), 2.0)
    assert abs(air.mean() - 2.0 * np.sqrt(np.pi / 2)) < 0.03


def test_shading_is_smooth_and_has_the_asked_strength() -> None:
    field = np.log(shading(np.random.default_rng(0), (30, 40, 50), 0.2))
    assert abs(field.std() - 0.2) < 0.01
    assert np.abs(np.diff(field, axis=0)).max() < 0.1
