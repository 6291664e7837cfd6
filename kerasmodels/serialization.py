"""Decorator of every class that a `.keras` file may name: registers it, and reads what older files say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import keras

#: Keras writes a class of ours as `kerasmodels>NAME`.
PACKAGE = "kerasmodels"

T = TypeVar("T", bound=type)


def serializable(
    *, former_names: Sequence[str] = (), former_parameters: Mapping[str, str] | None = None
) -> Callable[[T], T]:
    """Register a layer, loss, metric or schedule with Keras, so that files can be written and read.

    Parameters
    ----------
    former_names : sequence of str
        Names under which files of earlier versions hold the class.
    former_parameters : mapping of str to str
        Names of parameters in files of earlier versions, each with the name of today.

    Returns
    -------
    callable
        The decorator; it returns the class itself.

    Examples
    --------
    >>> @serializable(former_names=["Box"], former_parameters={"side": "size"})
    ... class Square(keras.layers.Layer):
    ...     def __init__(self, size, **kwargs):
    ...         super().__init__(**kwargs)
    ...         self.size = size
    >>> saved = {"class_name": "Box", "registered_name": "kerasmodels>Box", "config": {"side": 3}}
    >>> keras.saving.deserialize_keras_object(saved).size
    3
    """

    def register(cls: T) -> T:
        keras.saving.register_keras_serializable(package=PACKAGE)(cls)
        for name in former_names:
            keras.saving.get_custom_objects()[f"{PACKAGE}>{name}"] = cls
        if former_parameters:
            _read_former_parameters(cls, former_parameters)
        return cls

    return register


def _read_former_parameters(cls: Any, today: Mapping[str, str]) -> None:
    """Have a class, and those derived from it, made from a configuration of today or of before."""
    make = cls.from_config.__func__

    def from_config(kind: Any, config: Mapping[str, Any]) -> Any:
        return make(kind, {today.get(name, name): value for name, value in config.items()})

    cls.from_config = classmethod(from_config)
