"""Batches of slices: by `tf.data` for TensorFlow, the same ones from memory for JAX and PyTorch.

The volumes stay in memory at their own size; each batch's slices, with their neighbours, are gathered and
resized when it is needed, while the batches before it are computed with. Images are resized bilinearly with
half-pixel centres, labels and weights to the nearest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Union

import keras
import numpy as np
from numpy.typing import NDArray

from kerasmodels.arguments import require_whole
from kerasmodels.data.resizing import bilinear_matrix, nearest_indices
from kerasmodels.data.slice_input import SliceInput, position_grids
from kerasmodels.data.volumes import Volumes

if TYPE_CHECKING:
    import tensorflow as tf

#: Threads that make batches, and batches that are made ahead.
_THREADS, _AHEAD = 2, 4


class ArrayBatches(keras.utils.PyDataset):
    """Batches made by NumPy; see `slice_batches`."""

    def __init__(
        self, volumes: Volumes, order: NDArray[np.int64], batch_size: int, slice_input: SliceInput
    ) -> None:
        super().__init__(workers=_THREADS, max_queue_size=_AHEAD)
        depth, height, width = volumes.images.shape[1:]
        self.order, self.batch_size, self.slice_input, self.depth = order, batch_size, slice_input, depth
        self.images = volumes.images.reshape(-1, height, width)
        self.labels = volumes.labels.reshape(-1, height, width)
        self.weights = None if volumes.weights is None else volumes.weights.reshape(-1, height, width)
        self.grids = np.stack(position_grids((depth, height, width)), axis=1)
        size = slice_input.size
        self.rows, self.columns = bilinear_matrix(height, size), bilinear_matrix(width, size)
        self.nearest = nearest_indices(height, size)[:, None], nearest_indices(width, size)

    def __len__(self) -> int:
        """Return the number of batches."""
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[np.float32] | NDArray[np.uint8], ...]:
        """Make a batch."""
        chosen = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        place = chosen % self.depth
        near = np.clip(place[:, None] + np.array(self.slice_input.context), 0, self.depth - 1)
        channels = self.images[near + (chosen - place)[:, None]]
        if self.slice_input.position:
            channels = np.concatenate([channels, self.grids[place]], axis=1)
        image = self.rows @ channels @ self.columns.T
        row, column = self.nearest
        made = np.ascontiguousarray(np.moveaxis(image, 1, -1)), self.labels[chosen][:, row, column]
        return made if self.weights is None else (*made, self.weights[chosen][:, row, column])


SliceBatches = Union[ArrayBatches, "tf.data.Dataset"]


def slice_batches(
    volumes: Volumes, order: NDArray[np.int64], batch_size: int, slice_input: SliceInput
) -> SliceBatches:
    """Make the batches of one epoch for the library that Keras uses.

    Parameters
    ----------
    volumes : Volumes
        Images and labels.
    order : ndarray of int64
        Numbers of the slices, as `slice_order` returns them.
    batch_size : int
        Slices a batch; the last batch may be smaller.
    slice_input : SliceInput
        What the network sees of a slice.

    Returns
    -------
    tf.data.Dataset or keras.utils.PyDataset
        Images (N, size, size, channels) float32 and labels (N, size, size) uint8 and, if the volumes have
        them, weights (N, size, size) float32; its length is the number of batches.

    Raises
    ------
    ModelError
        If `batch_size` is below 1.
    """
    batch_size = require_whole("batch_size", batch_size, 1)
    if keras.backend.backend() != "tensorflow":
        return ArrayBatches(volumes, order, batch_size, slice_input)
    return _tf_batches(volumes, order, batch_size, slice_input)


def _tf_batches(
    volumes: Volumes, order: NDArray[np.int64], batch_size: int, slice_input: SliceInput
) -> tf.data.Dataset:
    import tensorflow as tf

    depth, height, width = volumes.images.shape[1:]
    # Only TensorFlow's CPU memory: batches go to the device one by one.
    with tf.device("CPU"):
        images = tf.constant(volumes.images.reshape(-1, height, width))
        targets = [tf.constant(volumes.labels.reshape(-1, height, width))]
        if volumes.weights is not None:
            targets.append(tf.constant(volumes.weights.reshape(-1, height, width)))
        grids = tf.constant(np.stack(position_grids((depth, height, width)), axis=-1))
    offsets = tf.constant(slice_input.context, tf.int64)
    size = (slice_input.size, slice_input.size)

    def make_batch(chosen: tf.Tensor) -> tuple[tf.Tensor, ...]:
        place = chosen % depth
        near = (
            tf.clip_by_value(place[:, tf.newaxis] + offsets, 0, depth - 1) + (chosen - place)[:, tf.newaxis]
        )
        image = tf.transpose(tf.gather(images, near), (0, 2, 3, 1))
        if slice_input.position:
            image = tf.concat([image, tf.gather(grids, place)], axis=-1)
        image = tf.image.resize(image, size, method="bilinear")
        return image, *(
            tf.image.resize(tf.gather(each, chosen)[..., tf.newaxis], size, method="nearest")[..., 0]
            for each in targets
        )

    dataset = tf.data.Dataset.from_tensor_slices(order).batch(batch_size)
    return dataset.map(make_batch, num_parallel_calls=_THREADS, deterministic=True).prefetch(_AHEAD)
