import numpy as np

from brainstem_app.simulation.warp import Roughness, Warp, random_warp

SHAPE = (20, 22, 24)
AFFINE = np.diag([4.0, 4.0, 4.0, 1.0])
STRONG = (Roughness(8.0, 14.0), Roughness(3.0, 9.0))


def test_strong_warps_do_not_fold() -> None:
    for seed in range(5):
        warp = random_warp(np.random.default_rng(seed), SHAPE, AFFINE, STRONG)
        assert warp.jacobian_determinant().min() > 0


def test_amplitude_is_the_displacement_few_points_exceed() -> None:
    warp = random_warp(np.random.default_rng(1), SHAPE, AFFINE, (Roughness(3.0, 16.0),))
    lengths = np.sqrt((warp.displacement_mm**2).sum(axis=0))
    assert 2.3 < np.quantile(lengths, 0.95) < 3.7


def test_displacement_on_another_grid_is_that_of_the_same_places() -> None:
    warp = random_warp(np.random.default_rng(2), SHAPE, AFFINE, STRONG)
    every_second = np.diag([8.0, 8.0, 8.0, 1.0])
    on_coarser = warp.displacement_on((10, 11, 12), every_second)
    assert np.allclose(on_coarser, warp.displacement_mm[:, ::2, ::2, ::2], atol=1e-4)


def test_jacobian_of_a_stretch_is_its_change_of_volume() -> None:
    x = np.indices(SHAPE).astype(np.float32)[0] * 4.0
    stretch = np.stack([0.25 * x, np.zeros(SHAPE), np.zeros(SHAPE)]).astype(np.float32)
    assert np.allclose(Warp(stretch, AFFINE).jacobian_determinant(), 1.25, atol=1e-5)
