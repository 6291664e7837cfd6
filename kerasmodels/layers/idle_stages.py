"""Stages of an encoder that a decoder does not use, kept so that the network is the published one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras

from kerasmodels.serialization import serializable

if TYPE_CHECKING:
    from keras import KerasTensor


@serializable()
class IdleStages(keras.layers.Layer):
    """Returns its input as it is, and owns stages that are never computed.

    segmentation_models.pytorch's PSPNet stops at stride 8 but keeps the whole encoder: its parameters
    are in the published count and in files of weights, though they have no gradient and never change.

    Parameters
    ----------
    stages : keras.Model
        From the map that is used to the deepest one.
    **kwargs
        As for any Keras layer.
    """

    def __init__(self, stages: keras.Model, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stages = stages

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Nothing to make: the stages are built already."""
        self.built = True

    def call(self, inputs: KerasTensor) -> KerasTensor:
        """Return the input."""
        return inputs

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return what is needed to make the same layer again."""
        return {**super().get_config(), "stages": keras.saving.serialize_keras_object(self.stages)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> IdleStages:
        """Make the layer again."""
        stages = keras.saving.deserialize_keras_object(config.pop("stages"))
        return cls(stages=stages, **config)
