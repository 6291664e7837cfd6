"""What a network sees of a slice: how large it is made, its neighbours, and where its pixels lie.

Only NumPy: the predictor uses the same description without any deep-learning library.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, field_validator

#: Of a side of a slice that has 50 at first, and of slices of 73: a file that asks for more is damaged.
MOST_PIXELS = 2048
MOST_CHANNELS = 73


class SliceInput(BaseModel):
    """Description of a network's input; the defaults are the paper's.

    Parameters
    ----------
    size : int
        Height and width that a slice is resized to, pixels; a multiple of 32, at most 2048.
    context : tuple of int
        Which slices of the volume become channels, counted from the slice that is labelled: ``(0,)`` is the
        slice alone, ``(-1, 0, 1)`` also the ones below and above it. Beyond the ends of the volume its
        first or last slice is repeated.
    position : bool
        Whether three channels more say where each pixel lies in the volume: slice, row and column, each from
        −1 to 1. In aligned volumes that is anatomy that a slice alone does not show.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    size: int = Field(
        default=224,
        ge=32,
        le=MOST_PIXELS,
        multiple_of=32,
        title="Slice size",
        description="Pixels that a slice is resized to; a multiple of 32.",
        json_schema_extra={"advanced": True},
    )
    context: tuple[int, ...] = Field(
        default=(0,),
        min_length=1,
        max_length=MOST_CHANNELS,
        title="Slices seen",
        description="0 is the slice itself; -1, 0, 1 also those below and above it.",
        json_schema_extra={"advanced": True, "metavar": "N|LIST", "on_line": "N: so many on each side."},
    )
    position: bool = Field(
        default=False,
        title="Position",
        description="Three channels more that say where each pixel lies in the box.",
        json_schema_extra={
            "advanced": True,
            "empty": "tell the network",
            "option": "--position/--no-position",
        },
    )

    @field_validator("context", mode="before")
    @classmethod
    def _read_words(cls, value: Any) -> Any:
        """Read what a command line says: ``2`` for two slices on each side, or a list, ``-1,0,1``."""
        if not isinstance(value, str):
            return value
        words = value.replace("−", "-").split(",")
        try:
            numbers = tuple(int(word) for word in words)
        except ValueError as error:
            raise ValueError("neither a whole number of slices on each side nor a list of slices") from error
        if len(numbers) > 1 or numbers[0] < 0:
            return numbers
        return tuple(range(-numbers[0], numbers[0] + 1))

    @property
    def channels(self) -> int:
        """Number of channels of the network's input."""
        return len(self.context) + 3 * self.position

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the network's input."""
        return self.size, self.size, self.channels

    def stack(self, volume: NDArray[np.float32]) -> NDArray[np.float32]:
        """Channels of every slice of a volume, at the volume's own resolution.

        Parameters
        ----------
        volume : ndarray of float32, (slices, height, width)
            Intensities.

        Returns
        -------
        ndarray of float32, (slices, height, width, channels)
        """
        slices = np.arange(len(volume))
        near = [volume[np.clip(slices + offset, 0, len(volume) - 1)] for offset in self.context]
        where = position_grids(volume.shape) if self.position else ()
        return np.stack([*near, *where], axis=-1).astype(np.float32, copy=False)


def position_grids(shape: tuple[int, ...]) -> tuple[NDArray[np.float32], ...]:
    """Slice, row and column of every pixel of a volume, each from −1 to 1 (0 where there is one only)."""
    lines = [np.linspace(-1, 1, size) if size > 1 else np.zeros(1) for size in shape]
    return tuple(np.ascontiguousarray(grid, np.float32) for grid in np.meshgrid(*lines, indexing="ij"))
