"""Checks of arguments: each names the argument, what was given and what may be, as a `ModelError`."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Sequence
from numbers import Integral, Real
from pathlib import Path
from typing import Any

from kerasmodels.errors import ModelError


def require(fits: bool, name: str, value: object, allowed: str) -> None:
    """Raise `ModelError` unless an argument fits; `allowed` says what may be given, as in "a number"."""
    if not fits:
        raise ModelError(f"{name} = {value!r:.100} is not possible.", f"Give {allowed}.")


def require_number(name: str, value: Any, low: float, high: float = math.inf) -> float:
    """Return a finite number from `low` to `high`."""
    fits = isinstance(value, Real) and not isinstance(value, bool) and low <= float(value) <= high
    bounds = f"of {low:g} or more" if math.isinf(high) else f"from {low:g} to {high:g}"
    require(fits and math.isfinite(value), name, value, f"a number {bounds}")
    return float(value)


def require_whole(name: str, value: Any, least: int, most: int | None = None) -> int:
    """Return a whole number from `least` to `most`."""
    fits = isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least
    bounds = f"of {least} or more" if most is None else f"from {least} to {most}"
    require(fits and (most is None or int(value) <= most), name, value, f"a whole number {bounds}")
    return int(value)


def require_flag(name: str, value: Any) -> bool:
    """Return True or False; nothing else is taken for one of them."""
    require(isinstance(value, bool), name, value, "True or False")
    return bool(value)


def require_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """Raise `ModelError` unless a word is one of some."""
    fits = isinstance(value, str) and value in choices
    require(fits, name, value, f"one of {', '.join(map(repr, choices))}")


def require_path(name: str, value: Any) -> Path:
    """Return the path that was given as a `Path` or as text."""
    require(isinstance(value, str | os.PathLike) and bool(str(value)), name, value, "a path")
    return Path(value)


def require_image_shape(shape: Any, multiple: int, whose: str = "") -> tuple[int, int, int]:
    """Return height and width, multiples of `multiple`, and channels of an image.

    Parameters
    ----------
    shape : sequence of int
        Height, width and channels.
    multiple : int
        What height and width are multiples of.
    whose : str
        Who needs that, for the message.
    """
    allowed = "height, width and channels, for example (224, 224, 1)"
    is_row = isinstance(shape, Sequence) and not isinstance(shape, str)
    require(is_row and len(shape) == 3, "input_shape", shape, allowed)
    least = {"height": 0, "width": 0, "channels": 1}
    height, width, channels = (
        require_whole(f"{name} of input_shape", size, least[name])
        for name, size in zip(least, shape, strict=True)
    )
    if min(height, width) < 1 or height % multiple or width % multiple:
        larger = [max(1, -(-size // multiple)) * multiple for size in (height, width)]
        raise ModelError(
            f"The image size {height}×{width} is not a multiple of {multiple} in both directions{whose}.",
            f"Pad or resize the images to {larger[0]}×{larger[1]}.",
        )
    return height, width, channels


def require_network(name: str, value: Any) -> None:
    """Raise `ModelError` unless a value is a network of Keras whose shapes are known."""
    import keras

    fits = isinstance(value, keras.Model) and bool(getattr(value, "inputs", None))
    require(fits, name, value, "a network from build_model or load_keras")
