"""Limits of Keras archives, looked at before anything of their size is made in memory.

A few megabytes can unpack to many gigabytes, and a network's description can ask for any number of weights.
"""

from __future__ import annotations

import io
import json
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

from kerasmodels.errors import ModelError

_WEIGHTS, _CONFIG = "model.weights.h5", "config.json"
#: The largest network here, EfficientNet-B7 with U-Net++, has 0.3 GB of weights.
_MOST_BYTES = 4 * 2**30
_MOST_CONFIG_BYTES = 16 * 2**20
#: A part that unpacks to more than so many times its size is none of weights; small ones may be.
_MOST_RATIO, _SMALL_BYTES = 50, 64 * 2**20
#: What a network has beside its stored weights, such as states of random numbers.
_SPARE_WEIGHTS = 1_000_000
_FIX = "Give a .keras file of a network, or export it again."

#: What reading a torn or foreign archive raises; too little memory is not its fault.
UNREADABLE = (
    *(OSError, LookupError, TypeError, ValueError, AttributeError, EOFError, RuntimeError),
    *(zipfile.BadZipFile, zlib.error),
)


def require_modest(path: Path) -> None:
    """Refuse an archive whose network would be larger than what the archive can fill.

    Raises
    ------
    ModelError
        If it unpacks to far more than it takes on disk, or describes more weights than it holds.
    OSError, ValueError, KeyError, zipfile.BadZipFile
        If it is damaged.
    """
    with zipfile.ZipFile(path) as archive:
        require_small_parts(path, archive)
        config = archive.read(_CONFIG) if _CONFIG in archive.namelist() else b"{}"
        stored = _stored_weights(path, archive)
    try:
        described = _described_weights(json.loads(config))
    except RecursionError as error:
        raise ValueError("its description is nested too deep") from error
    if described > stored + _SPARE_WEIGHTS:
        raise ModelError(f"{path} describes a network of {described:,} weights, but holds {stored:,}.", _FIX)


def require_small_parts(path: Path, archive: zipfile.ZipFile) -> None:
    """Refuse an archive a part of which unpacks to far more than it takes on disk; ModelError."""
    for part in archive.infolist():
        _require_small(path, part)


def _require_small(path: Path, part: zipfile.ZipInfo) -> None:
    most = _MOST_CONFIG_BYTES if part.filename.endswith(".json") else _MOST_BYTES
    swollen = part.file_size > _SMALL_BYTES and part.file_size > _MOST_RATIO * max(part.compress_size, 1)
    if part.file_size > most or swollen:
        raise ModelError(
            f"{path} would unpack to {part.file_size / 1e9:.1f} GB ({part.filename}), from "
            f"{part.compress_size / 1e9:.3f} GB.",
            _FIX,
        )


def _stored_weights(path: Path, archive: zipfile.ZipFile) -> int:
    """Count the numbers in the weights, which an HDF5 file may hold compressed once more."""
    import h5py

    if _WEIGHTS not in archive.namelist():
        return 0
    count = kept = 0

    def add(name: str, item: Any) -> None:
        nonlocal count, kept
        if isinstance(item, h5py.Dataset):
            count += math.prod(item.shape)
            kept += item.id.get_storage_size()

    with archive.open(_WEIGHTS) as file, h5py.File(io.BytesIO(file.read())) as weights:
        weights.visititems(add)
    if 2 * count > max(_MOST_RATIO * kept, _SMALL_BYTES):
        what = f"{path} holds {kept / 1e6:.1f} MB of weights that unpack to {count:,} numbers."
        raise ModelError(what, _FIX)
    return count


def _described_weights(config: Any) -> int:
    """Count the weights of the network that is described, without making one: they have shapes alone.

    Inside the scope Keras puts off making weights; at its end it would make those that still wait.
    """
    import keras
    from keras.src.backend.common import global_state

    # Loss, metrics and optimizer are not read from a file, so that none need be made here.
    alone = {**config, "compile_config": None} if isinstance(config, dict) else config
    with keras.StatelessScope():
        try:
            described = keras.saving.deserialize_keras_object(alone, safe_mode=True)
            return sum(math.prod(weight.shape) for weight in getattr(described, "variables", ()))
        finally:
            global_state.set_global_attribute("uninitialized_variables", [])
