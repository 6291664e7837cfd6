"""Read `.safetensors`: a JSON header that says where each tensor lies, then the tensors, nothing to run.

Format: https://github.com/huggingface/safetensors. Eight bytes give the length of the header.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasmodels.errors import ModelError

_DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "U8": "u1"}
_LENGTH = 8


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Read every tensor of a file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to ndarray
        By name, in the shape of the file; bfloat16 becomes float32.

    Raises
    ------
    ModelError
        If the file is not whole, or not of this format.
    """
    try:
        content = path.read_bytes()
        length = int.from_bytes(content[:_LENGTH], "little")
        start = _LENGTH + length
        if not 0 < length <= len(content) - _LENGTH:
            raise ValueError("the length of its header is not that of a safetensors file")  # noqa: TRY301
        header = json.loads(content[_LENGTH:start])
        header.pop("__metadata__", None)
        data = memoryview(content)[start:]
        return {name: _tensor(data, **entry) for name, entry in header.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ModelError(
            f"{path} cannot be read as a safetensors file ({error}).",
            "Download it again, or write it again with the package safetensors.",
        ) from error


def _tensor(data: memoryview, dtype: str, shape: list[int], data_offsets: list[int]) -> NDArray[Any]:
    if dtype not in _DTYPES:
        raise ValueError(f"it holds numbers of the type {dtype}, which is not read")
    kind = np.dtype(_DTYPES[dtype])
    begin, end = data_offsets
    if not 0 <= begin <= end <= len(data) or end - begin != math.prod(shape) * kind.itemsize:
        raise ValueError("a tensor lies beyond its end")
    values = np.frombuffer(data[begin:end], kind).reshape(shape)
    return from_bfloat16(values) if dtype == "BF16" else values


def from_bfloat16(halves: NDArray[np.uint16]) -> NDArray[np.float32]:
    """Turn bfloat16, given as the upper 16 bits of float32, into float32."""
    return (halves.astype(np.uint32) << 16).view(np.float32)
