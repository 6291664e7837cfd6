"""Read `.safetensors` by the package of that name: tensors by name, and nothing to run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kerasmodels.errors import ModelError


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
        If the file is not whole, not of this format, or holds numbers that NumPy does not have.
    """
    # Only here: networks do without. NumPy knows bfloat16 once ml_dtypes, which Keras needs too, is imported.
    import ml_dtypes
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        tensors = load_file(path)
    # Numbers of 8 bits with a point are an attribute that NumPy lacks.
    except (SafetensorError, OSError, AttributeError) as error:
        raise ModelError(
            f"{path} cannot be read as a safetensors file ({error}).",
            "Download it again, or write it again with the package safetensors.",
        ) from error
    return {
        name: values.astype(np.float32) if values.dtype == ml_dtypes.bfloat16 else values
        for name, values in tensors.items()
    }
