"""Random changes of whole volumes, made in TensorFlow's graph at the start of each epoch.

Volumes are changed, not slices, so that a slice and its neighbours stay one piece of anatomy. Geometry is one
sampling step; the same displacement moves image and labels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import tensorflow as tf


class Augmentation(BaseModel):
    """How strongly volumes are changed; every default is "not at all".

    Parameters
    ----------
    mirrored_indices : tuple of int, optional
        For every class the class of the structure on the other side (itself for a midline one). If given,
        half of the volumes are mirrored along the slices' height, which is left–right, and their labels
        swapped.
    mirror_plane : float, optional
        Where along the slices' height the plane lies that is mirrored at, voxels from the middle of the first
        one; the middle of the volume by default. What comes from beyond the volume's edge repeats the edge.
    rotation_degrees, scale, shift : float
        Standard deviations of the rotation about each axis (degrees), of the logarithm of the size along
        each axis, and of the shift along each axis (voxels).
    elastic : tuple of (float, float)
        Smooth displacements that are added up: the standard deviation of each, and the distance of its
        control points, both in voxels.
    contrast, offset, gamma, shading, noise : float
        Standard deviations of the logarithm of a factor, of a constant, of the logarithm of an exponent, of a
        smooth factor, and of noise, for intensities between `lowest` and −`lowest`.
    blur : float
        Largest standard deviation of a Gaussian blur, voxels; drawn evenly from 0.
    lowest : float
        The intensity of what is not brain: it stays as it is, and no intensity goes below.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mirrored_indices: tuple[int, ...] | None = None
    mirror_plane: float | None = None
    rotation_degrees: float = Field(default=0.0, ge=0)
    scale: float = Field(default=0.0, ge=0)
    shift: float = Field(default=0.0, ge=0)
    elastic: tuple[tuple[float, float], ...] = ()
    contrast: float = Field(default=0.0, ge=0)
    offset: float = Field(default=0.0, ge=0)
    gamma: float = Field(default=0.0, ge=0)
    shading: float = Field(default=0.0, ge=0)
    noise: float = Field(default=0.0, ge=0)
    blur: float = Field(default=0.0, ge=0)
    lowest: float = Field(default=-3.0, lt=0)


#: Changes that keep a brainstem at 1 mm plausible; mirroring needs a label table: the caller adds it.
MILD = Augmentation(
    rotation_degrees=3.0,
    scale=0.03,
    shift=0.8,
    elastic=((0.6, 20.0), (0.3, 10.0)),
    contrast=0.12,
    offset=0.12,
    gamma=0.1,
    shading=0.05,
    noise=0.08,
    blur=0.6,
)


def augment_volumes(
    images: tf.Tensor, labels: tf.Tensor, augmentation: Augmentation, *, seed: tuple[int, int]
) -> tuple[tf.Tensor, tf.Tensor]:
    """Change each volume at random, another way for another seed.

    Parameters
    ----------
    images : tensor of float32, (volumes, slices, height, width)
        Intensities.
    labels : tensor of uint8, same shape
        Their labels.
    augmentation : Augmentation
        How strongly.
    seed : tuple of int
        The run's seed and the epoch; the same seed gives the same changes.

    Returns
    -------
    tuple of tensors
        Images and labels of the same shapes and types.
    """
    import tensorflow as tf

    changes = _Changes(augmentation, tuple(images.shape[1:]))

    def change(number: tf.Tensor, image: tf.Tensor, label: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return changes.apply(image, label, _Draw(seed, number))

    dataset = tf.data.Dataset.from_tensor_slices((images, labels)).enumerate()
    dataset = dataset.map(
        lambda number, pair: change(number, *pair), num_parallel_calls=2, deterministic=True
    )
    changed: tuple[tf.Tensor, tf.Tensor] = next(iter(dataset.batch(len(images))))
    return changed


class _Draw:
    """Normal random numbers that depend on run, epoch and volume only."""

    def __init__(self, seed: tuple[int, int], number: tf.Tensor) -> None:
        import tensorflow as tf

        base = tf.constant([seed[0] % 2**31, seed[1] % 2**31], tf.int32)
        self.state = tf.random.experimental.stateless_fold_in(base, tf.cast(number, tf.int32))
        self.drawn = 0

    def _next(self) -> tf.Tensor:
        import tensorflow as tf

        self.drawn += 1
        return tf.random.experimental.stateless_fold_in(self.state, self.drawn)

    def normal(self, *shape: int) -> tf.Tensor:
        import tensorflow as tf

        return tf.random.stateless_normal(shape, self._next())

    def uniform(self) -> tf.Tensor:
        import tensorflow as tf

        return tf.random.stateless_uniform((), self._next())


class _Changes:
    """The changes of an augmentation for volumes of one shape."""

    def __init__(self, augmentation: Augmentation, shape: tuple[int, ...]) -> None:
        self.augmentation, self.shape = augmentation, shape
        plane = augmentation.mirror_plane
        self.mirror_plane = (shape[1] - 1) / 2 if plane is None else plane
        self.elastic = [(amplitude, _splines(shape, spacing)) for amplitude, spacing in augmentation.elastic]
        self.shading = _splines(shape, 20.0)

    def apply(self, image: tf.Tensor, label: tf.Tensor, draw: _Draw) -> tuple[tf.Tensor, tf.Tensor]:
        """Change one volume (slices, height, width) and its labels."""
        import tensorflow as tf

        points = self.source_points(draw)
        if self.augmentation.mirrored_indices is not None:
            mirrored = draw.uniform() < 0.5
            swapped = tf.gather(
                tf.constant(self.augmentation.mirrored_indices, tf.uint8), tf.cast(label, tf.int32)
            )
            label = tf.where(mirrored, swapped, label)
            points[1] = tf.where(mirrored, 2 * self.mirror_plane - points[1], points[1])
        moved = _sample_linear(image, points)
        inside = moved > self.augmentation.lowest + 0.1
        changed = tf.where(inside, self.change_intensities(moved, draw), self.augmentation.lowest)
        return changed, _take(label, [tf.floor(line + 0.5) for line in points])

    def source_points(self, draw: _Draw) -> list[tf.Tensor]:
        """Slice, row and column of the volume that each voxel of the changed one is taken from."""
        import tensorflow as tf

        settings = self.augmentation
        matrix = _rotation(draw.normal(3) * (settings.rotation_degrees * np.pi / 180))
        matrix *= tf.exp(draw.normal(3) * settings.scale)
        shift = draw.normal(3) * settings.shift
        middle = [(size - 1) / 2 for size in self.shape]
        lines = [
            np.arange(size, dtype=np.float32) - half for size, half in zip(self.shape, middle, strict=True)
        ]
        grids = [tf.constant(grid) for grid in np.meshgrid(*lines, indexing="ij", sparse=True)]
        points = [
            sum(matrix[axis, other] * grids[other] for other in range(3)) + shift[axis] + middle[axis]
            for axis in range(3)
        ]
        for amplitude, splines in self.elastic:
            points = [point + amplitude * _smooth_field(draw, splines) for point in points]
        return points

    def change_intensities(self, image: tf.Tensor, draw: _Draw) -> tf.Tensor:
        """Change intensities between `lowest` and −`lowest`, which they do not leave."""
        import tensorflow as tf

        settings = self.augmentation
        highest = -settings.lowest
        if settings.blur:
            image = _blur(image, draw.uniform() * settings.blur, self.shape)
        image = image * tf.exp(draw.normal() * settings.contrast) + draw.normal() * settings.offset
        share = tf.clip_by_value((image + highest) / (2 * highest), 1e-6, 1.0)
        if settings.gamma:
            share = share ** tf.exp(draw.normal() * settings.gamma)
        if settings.shading:
            share *= tf.exp(settings.shading * _smooth_field(draw, self.shading))
        image = share * (2 * highest) - highest
        if settings.noise:
            # A drawn amount of noise: scans differ in it.
            image += draw.uniform() * 2 * settings.noise * draw.normal(*self.shape)
        return tf.clip_by_value(image, settings.lowest, highest)


def _rotation(angles: tf.Tensor) -> tf.Tensor:
    """Rotation matrix (3, 3) by three angles (radians), one about each axis."""
    import tensorflow as tf

    a, b, c = (angles[i] for i in range(3))
    one, zero = tf.ones_like(a), tf.zeros_like(a)
    about = [
        [[one, zero, zero], [zero, tf.cos(a), -tf.sin(a)], [zero, tf.sin(a), tf.cos(a)]],
        [[tf.cos(b), zero, tf.sin(b)], [zero, one, zero], [-tf.sin(b), zero, tf.cos(b)]],
        [[tf.cos(c), -tf.sin(c), zero], [tf.sin(c), tf.cos(c), zero], [zero, zero, one]],
    ]
    first, second, third = (tf.stack([tf.stack(row) for row in matrix]) for matrix in about)
    return first @ second @ third


def _splines(shape: tuple[int, ...], spacing: float) -> list[NDArray[np.float32]]:
    """Cubic B-spline weights of each axis, (size, control points); white noise in gives variance 1 out."""
    matrices = []
    for size in shape:
        count = int(np.ceil(size / spacing)) + 3
        distance = np.abs(
            (np.arange(size)[:, None] - (size - 1) / 2) / spacing - (np.arange(count) - (count - 1) / 2)
        )
        near = 2 / 3 - distance**2 + distance**3 / 2
        far = np.clip(2 - distance, 0, None) ** 3 / 6
        weights = np.where(distance < 1, near, far)
        matrices.append((weights / np.sqrt((weights**2).sum(axis=1).mean())).astype(np.float32))
    return matrices


def _smooth_field(draw: _Draw, splines: list[NDArray[np.float32]]) -> tf.Tensor:
    """Smooth random numbers of mean 0 and variance 1 for every voxel."""
    control = draw.normal(*(matrix.shape[1] for matrix in splines))
    return _along_axes(control, splines)


def _along_axes(volume: tf.Tensor, matrices: Sequence[tf.Tensor]) -> tf.Tensor:
    """Multiply each axis of a volume by a matrix (new size, old size)."""
    import tensorflow as tf

    for matrix in matrices:
        # The first axis is multiplied and becomes the last, so after three turns all are in their places.
        volume = tf.tensordot(volume, matrix, axes=[[0], [1]])
    return volume


def _blur(volume: tf.Tensor, sigma: tf.Tensor, shape: tuple[int, ...]) -> tf.Tensor:
    """Gaussian blur of a standard deviation that is drawn, voxels."""
    import tensorflow as tf

    matrices = []
    for size in shape:
        steps = np.arange(size, dtype=np.float32)
        weights = tf.exp(-((steps[:, None] - steps) ** 2) / (2 * tf.maximum(sigma, 0.05) ** 2))
        matrices.append(weights / tf.reduce_sum(weights, axis=1, keepdims=True))
    return _along_axes(volume, matrices)


def _take(volume: tf.Tensor, points: list[tf.Tensor]) -> tf.Tensor:
    """Values of a volume at whole points; the border goes on outside."""
    import tensorflow as tf

    depth, height, width = volume.shape
    i, j, k = (
        tf.cast(tf.clip_by_value(line, 0.0, size - 1.0), tf.int32)
        for line, size in zip(points, (depth, height, width), strict=True)
    )
    return tf.gather(tf.reshape(volume, (-1,)), (i * height + j) * width + k)


def _sample_linear(volume: tf.Tensor, points: list[tf.Tensor]) -> tf.Tensor:
    """Trilinear values of a volume at points."""
    import tensorflow as tf

    lower = [tf.floor(line) for line in points]
    shares = [line - floor for line, floor in zip(points, lower, strict=True)]
    total = tf.zeros_like(points[0])
    for corner in np.ndindex(2, 2, 2):
        weight = tf.ones_like(points[0])
        for share, upper in zip(shares, corner, strict=True):
            weight *= share if upper else 1 - share
        total += weight * _take(volume, [floor + upper for floor, upper in zip(lower, corner, strict=True)])
    return total
