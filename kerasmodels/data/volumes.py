"""Volumes in memory, and the batches of slices that a network is trained on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from kerasmodels.data.slice_input import SliceInput, position_grids
from kerasmodels.errors import ModelError

if TYPE_CHECKING:
    import tensorflow as tf

    from kerasmodels.data.augmentation import Augmentation


@dataclass(frozen=True)
class Volumes:
    """Volumes on one grid, and their labels.

    Parameters
    ----------
    images : ndarray of float32, (volumes, slices, height, width)
        Intensities, scaled as the network expects them. Slices that belong to no volume are volumes of one
        slice each.
    labels : ndarray of uint8, (volumes, slices, height, width)
        A class for every pixel.

    Raises
    ------
    ModelError
        If shapes or types differ from this, there is no slice, or an intensity is not finite.
    """

    images: NDArray[np.float32]
    labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        if self.images.ndim != 4 or self.images.shape != self.labels.shape:
            raise ModelError(
                f"Images {self.images.shape} and labels {self.labels.shape} differ in shape.",
                "Give both as (volumes, slices, height, width).",
            )
        if self.images.dtype != np.float32 or self.labels.dtype != np.uint8:
            raise ModelError(
                f"Images are {self.images.dtype}, labels {self.labels.dtype}.", "Give float32 and uint8."
            )
        if not self.images.size:
            raise ModelError("There is no slice.", "Give at least one.")
        if not np.isfinite(self.images).all():
            raise ModelError("Some intensities are not finite.", "Replace NaN and infinity before.")

    @property
    def slices(self) -> int:
        """Number of slices in all volumes."""
        return int(self.images.shape[0] * self.images.shape[1])


def slice_order(slices: int, seed: int | None, epoch: int) -> NDArray[np.int64]:
    """Order of the slices in an epoch: as they are without a seed, else shuffled by seed and epoch alone."""
    if seed is None:
        return np.arange(slices, dtype=np.int64)
    return np.random.default_rng([seed, epoch]).permutation(slices).astype(np.int64)


def slice_dataset(
    volumes: Volumes,
    batch_size: int,
    slice_input: SliceInput,
    *,
    shuffle_seed: int | None = None,
    epoch: int = 0,
    augmentation: Augmentation | None = None,
) -> tf.data.Dataset:
    """Make the batches of one epoch.

    The volumes stay in memory at their own size; each batch's slices, with their neighbours, are gathered
    and resized when it is needed (images bilinearly with half-pixel centres, labels to the nearest). The
    same arguments give the same batches, so a resumed run sees what an uninterrupted one does.

    Parameters
    ----------
    volumes : Volumes
        Images and labels.
    batch_size : int
        Slices a batch; the last batch may be smaller.
    slice_input : SliceInput
        What the network sees of a slice.
    shuffle_seed : int, optional
        Shuffles; without it the slices come in their order.
    epoch : int
        Number of the epoch, from 0.
    augmentation : Augmentation, optional
        Random changes of the volumes, other ones every epoch; none by default.

    Returns
    -------
    tf.data.Dataset
        Pairs of images (N, size, size, channels) float32 and labels (N, size, size) uint8.

    Raises
    ------
    ModelError
        If `batch_size` is below 1.
    """
    if batch_size < 1:
        raise ModelError(f"Batches of {batch_size} slices are not possible.", "Give 1 or more.")
    import tensorflow as tf

    # Only TensorFlow's CPU memory: batches go to the device one by one.
    with tf.device("CPU"):
        images, labels = tf.constant(volumes.images), tf.constant(volumes.labels)
        if augmentation is not None:
            from kerasmodels.data.augmentation import augment_volumes

            images, labels = augment_volumes(images, labels, augmentation, seed=(shuffle_seed or 0, epoch))
    make_batch = _batch_maker(images, labels, slice_input)
    order = slice_order(volumes.slices, shuffle_seed, epoch)
    dataset = tf.data.Dataset.from_tensor_slices(order).batch(batch_size)
    return dataset.map(make_batch, num_parallel_calls=2, deterministic=True).prefetch(2)


def _batch_maker(
    images: tf.Tensor, labels: tf.Tensor, slice_input: SliceInput
) -> Callable[[tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
    """Return the function from numbers of slices to a batch of images and labels."""
    import tensorflow as tf

    depth, height, width = images.shape[1:]
    flat_images = tf.reshape(images, (-1, height, width))
    flat_labels = tf.reshape(labels, (-1, height, width))
    grids = tf.constant(np.stack(position_grids((depth, height, width)), axis=-1))
    offsets = tf.constant(slice_input.context, tf.int64)
    size = (slice_input.size, slice_input.size)

    def make_batch(chosen: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        place = chosen % depth
        near = (
            tf.clip_by_value(place[:, tf.newaxis] + offsets, 0, depth - 1) + (chosen - place)[:, tf.newaxis]
        )
        image = tf.transpose(tf.gather(flat_images, near), (0, 2, 3, 1))
        if slice_input.position:
            image = tf.concat([image, tf.gather(grids, place)], axis=-1)
        image = tf.image.resize(image, size, method="bilinear")
        label = tf.image.resize(tf.gather(flat_labels, chosen)[..., tf.newaxis], size, method="nearest")
        return image, label[..., 0]

    return make_batch
