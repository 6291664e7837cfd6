"""Slices in memory to batches: shuffled by seed and epoch, resized and augmented in the graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kerasmodels.errors import ModelError

if TYPE_CHECKING:
    import tensorflow as tf

    from kerasmodels.data.augmentation import Augmentation


@dataclass(frozen=True)
class SliceArrays:
    """Slices and their labels.

    Parameters
    ----------
    images : ndarray of float32, (slices, height, width)
        Intensities, scaled as the network expects them.
    labels : ndarray of uint8, (slices, height, width)
        A class for every pixel.

    Raises
    ------
    ModelError
        If shapes or types differ from this, there is no slice, or an intensity is not finite.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.images.ndim != 3 or self.images.shape != self.labels.shape:
            raise ModelError(
                f"Images {self.images.shape} and labels {self.labels.shape} differ in shape.",
                "Give both as (slices, height, width).",
            )
        if self.images.dtype != np.float32 or self.labels.dtype != np.uint8:
            raise ModelError(
                f"Images are {self.images.dtype}, labels {self.labels.dtype}.", "Give float32 and uint8."
            )
        if not len(self.images):
            raise ModelError("There is no slice.", "Give at least one.")
        if not np.isfinite(self.images).all():
            raise ModelError("Some intensities are not finite.", "Replace NaN and infinity before.")

    def __len__(self) -> int:
        return len(self.images)


def slice_order(slices: int, seed: int | None, epoch: int) -> NDArray[np.int64]:
    """Order of the slices in an epoch: as they are without a seed, else shuffled by seed and epoch alone."""
    if seed is None:
        return np.arange(slices, dtype=np.int64)
    return np.random.default_rng([seed, epoch]).permutation(slices).astype(np.int64)


def slice_dataset(
    slices: SliceArrays,
    batch_size: int,
    *,
    size: int = 224,
    shuffle_seed: int | None = None,
    epoch: int = 0,
    augmentation: Augmentation | None = None,
) -> tf.data.Dataset:
    """Make the batches of one epoch.

    The slices stay in memory at their own size; each batch is resized when it is needed (images
    bilinearly with half-pixel centres, labels to the nearest). The same arguments give the same batches,
    so a resumed run sees what an uninterrupted one does. One slice's augmentation depends on seed, epoch
    and place in the epoch.

    Parameters
    ----------
    slices : SliceArrays
        Images and labels.
    batch_size : int
        Slices a batch; the last batch may be smaller.
    size : int
        Height and width of the network's input, pixels.
    shuffle_seed : int, optional
        Shuffles; without it the slices come in their order.
    epoch : int
        Number of the epoch, from 0.
    augmentation : Augmentation, optional
        Random changes of image and labels; none by default.

    Returns
    -------
    tf.data.Dataset
        Pairs of images (N, size, size, 1) float32 and labels (N, size, size) uint8.

    Raises
    ------
    ModelError
        If `batch_size` or `size` is below 1.
    """
    if batch_size < 1 or size < 1:
        raise ModelError(
            f"Batches of {batch_size} slices of {size} pixels are not possible.", "Give 1 or more."
        )
    import tensorflow as tf

    # Only TensorFlow's CPU memory: batches go to the device one by one.
    with tf.device("CPU"):
        images, labels = tf.constant(slices.images), tf.constant(slices.labels)
    seed = (shuffle_seed or 0, epoch)

    def make_batch(number: tf.Tensor, chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        image = tf.gather(images, chosen)[..., tf.newaxis]
        label = tf.gather(labels, chosen)[..., tf.newaxis]
        if augmentation is not None:
            from kerasmodels.data.augmentation import augment

            image, label = augment(image, label, augmentation, size=size, seed=seed, batch=number)
        else:
            image = tf.image.resize(image, (size, size), method="bilinear")
            label = tf.image.resize(label, (size, size), method="nearest")
        return image, label[..., 0]

    order = slice_order(len(slices), shuffle_seed, epoch)
    dataset = tf.data.Dataset.from_tensor_slices(order).batch(batch_size).enumerate()
    return dataset.map(make_batch, num_parallel_calls=2, deterministic=True).prefetch(2)
