"""Training on several devices, each with its part of every batch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import keras

from kerasmodels.arguments import require
from kerasmodels.errors import ModelError

if TYPE_CHECKING:
    from keras import KerasTensor

    from kerasmodels.losses.segmentation_loss import SegmentationLoss


class DeviceStrategy:
    """The devices of a run, by Keras' own means: `keras.distribution` on JAX, `tf.distribute` on TensorFlow.

    Batch statistics, losses and gradients are those of the whole batch on both, so that the network learned
    is the one that a single device learns, but for rounding and for the random numbers of dropout. Validation
    is not divided.

    Parameters
    ----------
    devices : sequence of str
        Names as the library knows them, e.g. ``"GPU:0"`` (TensorFlow) or ``"gpu:0"`` (JAX); with fewer than
        two nothing is done.

    Raises
    ------
    ModelError
        If the library that Keras uses cannot do it.
    """

    def __init__(self, devices: Sequence[str] = ()) -> None:
        # A text would be a device a letter.
        listed = isinstance(devices, Sequence) and not isinstance(devices, str)
        require(listed, "devices", devices, "a list of names, such as ['GPU:0', 'GPU:1']")
        self.devices = tuple(devices)
        self._strategy: Any = None
        if len(self.devices) > 1:
            self._strategy = _strategy(self.devices)

    @property
    def num_replicas(self) -> int:
        """Number of devices that a batch is divided among."""
        return max(1, len(self.devices))

    @property
    def needs_even_batches(self) -> bool:
        """Whether every batch must be a multiple of the number of devices: JAX divides only evenly."""
        return self._strategy is not None and keras.backend.backend() == "jax"

    def scope(self) -> AbstractContextManager[Any]:
        """Where the network and what trains it are made."""
        return self._strategy.scope() if self._strategy is not None else nullcontext()

    @contextmanager
    def training(self, model: keras.Model, loss: SegmentationLoss) -> Iterator[None]:
        """Where the network is trained."""
        layers: list[keras.layers.BatchNormalization] = []
        if self._is_mirrored:
            found = model._flatten_layers(include_self=False, recursive=True)
            layers = [layer for layer in found if isinstance(layer, keras.layers.BatchNormalization)]
            loss.over_devices, loss.num_replicas = _sum_over_replicas, self.num_replicas
        try:
            # Only while steps are traced: the network's files do not tell on how many devices it learned.
            for layer in layers:
                layer.synchronized = True
            with self.scope():
                yield
        finally:
            for layer in layers:
                layer.synchronized = False
            loss.over_devices, loss.num_replicas = None, 1

    def validating(self) -> AbstractContextManager[Any]:
        """Where what validates the network is made and used: every device sees every slice."""
        return _undivided(self.devices).scope() if self.needs_even_batches else nullcontext()

    def adam(self, learning_rate: Any, clip: float | None) -> keras.optimizers.Optimizer:
        """Make the optimizer; `clip` is the largest norm of all gradients together."""
        if self._is_mirrored and clip is not None:
            return _adam_of_sums(self.num_replicas)(learning_rate, global_clipnorm=clip / self.num_replicas)
        return keras.optimizers.Adam(learning_rate, global_clipnorm=clip)

    @property
    def _is_mirrored(self) -> bool:
        return self._strategy is not None and keras.backend.backend() == "tensorflow"


def _strategy(devices: tuple[str, ...]) -> Any:
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.distribute.MirroredStrategy(list(devices))
    if backend == "jax":
        return keras.distribution.DataParallel(devices=list(devices), auto_shard_dataset=False)
    raise ModelError(
        f"Keras cannot divide a batch among {len(devices)} devices with {backend}.",
        "Train on one, or set KERAS_BACKEND to jax or tensorflow.",
    )


def _undivided(devices: tuple[str, ...]) -> Any:
    """Return a distribution whose devices all get the whole batch, whatever its size."""

    class Undivided(keras.distribution.DataParallel):
        def get_data_layout(self, data_shape: Sequence[int]) -> keras.distribution.TensorLayout:
            return keras.distribution.TensorLayout([None] * len(data_shape), self.device_mesh)

    return Undivided(devices=list(devices), auto_shard_dataset=False)


def _sum_over_replicas(x: KerasTensor) -> KerasTensor:
    if keras.backend.backend() != "tensorflow":
        return x
    import tensorflow as tf

    # Keras looks at the shapes that a loss gives once, outside of all replicas.
    replica = tf.distribute.get_replica_context()
    return x if replica is None else replica.all_reduce(tf.distribute.ReduceOp.SUM, x)


def _adam_of_sums(num_replicas: int) -> type[keras.optimizers.Adam]:
    """Adam that shortens the gradients of all replicas together; Keras' own does it to each one's."""

    class AdamOfSums(keras.optimizers.Adam):
        def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
            # Keras adds up what it has shortened: the same sum from each replica counts 1/n, the limit too.
            summed = [None if grad is None else _sum_over_replicas(grad) / num_replicas for grad in grads]
            super().apply(summed, trainable_variables)

    return AdamOfSums
