"""Random changes of slices, made batch by batch in TensorFlow's graph.

Geometry is one sampling step from the slice's own grid to the network's, so that nothing is
interpolated twice; the same displacement moves image and labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    import tensorflow as tf


class Augmentation(BaseModel):
    """How strongly slices are changed; every default is "not at all".

    Parameters
    ----------
    mirrored_indices : tuple of int, optional
        For every class the class of the structure on the other side (itself for a midline one). If given,
        half of the slices are mirrored along their first axis, which is left–right, and their labels
        swapped.
    rotation_degrees, scale, shift : float
        Standard deviations of rotation (degrees), of the logarithm of the size, of the shift (slice pixels).
    elastic : float
        Standard deviation of a smooth displacement, slice pixels.
    contrast, gamma, bias : float
        Standard deviations of the logarithms of a factor, an exponent and a smooth factor on the
        intensities, which are taken to be 0 … 1.
    noise : float
        Standard deviation of noise added to the intensities.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mirrored_indices: tuple[int, ...] | None = None
    rotation_degrees: float = Field(default=0.0, ge=0)
    scale: float = Field(default=0.0, ge=0)
    shift: float = Field(default=0.0, ge=0)
    elastic: float = Field(default=0.0, ge=0)
    contrast: float = Field(default=0.0, ge=0)
    gamma: float = Field(default=0.0, ge=0)
    bias: float = Field(default=0.0, ge=0)
    noise: float = Field(default=0.0, ge=0)


#: Mild changes that keep a brainstem plausible; mirroring needs the label table and is added by the caller.
MILD = Augmentation(
    rotation_degrees=5.0, scale=0.05, shift=1.5, elastic=0.7, contrast=0.1, gamma=0.15, bias=0.1, noise=0.02
)

#: Points a side of the coarse grids that elastic displacements and bias fields are drawn on.
_COARSE = 4


def augment(
    image: tf.Tensor,
    label: tf.Tensor,
    augmentation: Augmentation,
    *,
    size: int,
    seed: tuple[int, int],
    batch: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Change a batch at random and resize it.

    Parameters
    ----------
    image : tensor of float32, (N, h, w, 1)
        Slices.
    label : tensor of uint8, (N, h, w, 1)
        Their labels.
    augmentation : Augmentation
        How strongly.
    size : int
        Height and width of what is returned.
    seed : tuple of int
        The run's seed and the epoch.
    batch : tensor of int64
        Number of the batch. The same seed and batch give the same changes.

    Returns
    -------
    tuple of tensors
        Image (N, size, size, 1) float32 and label (N, size, size, 1) uint8.
    """
    import tensorflow as tf

    draw = _Draw(seed, batch)
    count, height, width = tf.shape(image)[0], image.shape[1], image.shape[2]
    if augmentation.noise:
        image += augmentation.noise * draw.normal(tf.shape(image))
    mirrored = tf.zeros((count,), tf.bool)
    if augmentation.mirrored_indices is not None:
        mirrored = draw.normal((count,)) > 0.0
        swapped = tf.gather(tf.constant(augmentation.mirrored_indices, tf.uint8), tf.cast(label, tf.int32))
        label = tf.where(mirrored[:, None, None, None], swapped, label)
    rows, columns = _source_points(augmentation, draw, count, (height, width), size)
    rows = tf.where(mirrored[:, None, None], height - 1.0 - rows, rows)
    image = _change_intensities(_sample_bilinear(image[..., 0], rows, columns), augmentation, draw)
    return image[..., None], _sample_nearest(label[..., 0], rows, columns)[..., None]


class _Draw:
    """Normal random numbers that depend on run, epoch and batch only."""

    def __init__(self, seed: tuple[int, int], batch: tf.Tensor) -> None:
        import tensorflow as tf

        base = tf.constant([seed[0] % 2**31, seed[1] % 2**31], tf.int32)
        self.state = tf.random.experimental.stateless_fold_in(base, tf.cast(batch, tf.int32))
        self.drawn = 0

    def normal(self, shape: tf.Tensor) -> tf.Tensor:
        import tensorflow as tf

        self.drawn += 1
        return tf.random.stateless_normal(
            shape, tf.random.experimental.stateless_fold_in(self.state, self.drawn)
        )

    def smooth_field(self, count: tf.Tensor, size: int, channels: int) -> tf.Tensor:
        import tensorflow as tf

        coarse = self.normal((count, _COARSE, _COARSE, channels))
        return tf.image.resize(coarse, (size, size), method="bicubic")


def _source_points(
    augmentation: Augmentation, draw: _Draw, count: tf.Tensor, source: tuple[int, int], size: int
) -> tuple[tf.Tensor, tf.Tensor]:
    """Row and column in the slice of every pixel that is returned, each (N, size, size)."""
    import numpy as np
    import tensorflow as tf

    height, width = source
    steps = np.arange(size, dtype=np.float32) + 0.5
    offsets = np.meshgrid(steps * height / size - height / 2, steps * width / size - width / 2, indexing="ij")
    y, x = (tf.constant(offset, tf.float32) for offset in offsets)
    angle = (draw.normal((count, 1, 1)) * augmentation.rotation_degrees) * np.float32(np.pi / 180)
    factor = tf.exp(draw.normal((count, 1, 1)) * augmentation.scale)
    shift = draw.normal((count, 2)) * augmentation.shift
    rows = factor * (tf.cos(angle) * y - tf.sin(angle) * x) + shift[:, 0, None, None] + (height - 1) / 2
    columns = factor * (tf.sin(angle) * y + tf.cos(angle) * x) + shift[:, 1, None, None] + (width - 1) / 2
    if augmentation.elastic:
        displacement = augmentation.elastic * draw.smooth_field(count, size, 2)
        rows, columns = rows + displacement[..., 0], columns + displacement[..., 1]
    return rows, columns


def _take(slices: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Values (N, size, size) of slices (N, h, w) at whole rows and columns; the border goes on outside."""
    import tensorflow as tf

    height, width = slices.shape[1], slices.shape[2]
    row = tf.cast(tf.clip_by_value(rows, 0.0, height - 1.0), tf.int32)
    column = tf.cast(tf.clip_by_value(columns, 0.0, width - 1.0), tf.int32)
    return tf.gather(tf.reshape(slices, (-1, height * width)), row * width + column, batch_dims=1)


def _sample_bilinear(slices: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    import tensorflow as tf

    top, left = tf.floor(rows), tf.floor(columns)
    down, right = rows - top, columns - left
    upper = _take(slices, top, left) * (1 - right) + _take(slices, top, left + 1) * right
    lower = _take(slices, top + 1, left) * (1 - right) + _take(slices, top + 1, left + 1) * right
    return upper * (1 - down) + lower * down


def _sample_nearest(slices: tf.Tensor, rows: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    import tensorflow as tf

    return _take(slices, tf.floor(rows + 0.5), tf.floor(columns + 0.5))


def _change_intensities(image: tf.Tensor, augmentation: Augmentation, draw: _Draw) -> tf.Tensor:
    import tensorflow as tf

    count, size = tf.shape(image)[0], image.shape[1]
    if augmentation.gamma:
        exponent = tf.exp(draw.normal((count, 1, 1)) * augmentation.gamma)
        image = tf.pow(tf.maximum(image, 0.0), exponent)
    if augmentation.contrast:
        image *= tf.exp(draw.normal((count, 1, 1)) * augmentation.contrast)
    if augmentation.bias:
        image *= tf.exp(augmentation.bias * draw.smooth_field(count, size, 1)[..., 0])
    return image
