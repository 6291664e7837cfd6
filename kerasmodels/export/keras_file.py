"""Networks as Keras archives, with weights of half precision if asked: half the size, the same labels."""

from __future__ import annotations

import os
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from kerasmodels.errors import ModelError
from kerasmodels.export.archive_limits import require_modest

if TYPE_CHECKING:
    import keras

#: Prefix of the folder, beside a file, in which it is written before it replaces the old one.
WRITING = ".writing-"

_WEIGHTS = "model.weights.h5"


def save_keras(model: keras.Model, path: Path, half: bool = True) -> None:
    """Write a network as a `.keras` archive, without optimizer; replaces the file in one step.

    Parameters
    ----------
    model : keras.Model
        The network.
    path : Path
        File to write; its name ends in `.keras`.
    half : bool
        Whether kernels are stored as float16. Everything with fewer than two axes (biases, batch norm)
        stays float32: a running variance may lie outside float16's range. Loading gives float32 again.

    Raises
    ------
    ModelError
        If the name does not end in `.keras`.
    """
    if path.suffix != ".keras":
        raise ModelError(f"{path.name} is no name for a Keras archive.", "End it in .keras.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=WRITING) as folder:
        whole = Path(folder) / path.name
        model.save(whole, include_optimizer=False)
        if half:
            whole = _halve(whole, Path(folder))
        os.replace(whole, path)  # noqa: PTH105 - the point is the one system call


def load_keras(path: Path) -> keras.Model:
    """Read a network from a `.keras` archive, running no code that the file may bring.

    Parameters
    ----------
    path : Path
        The archive, of full or half precision.

    Returns
    -------
    keras.Model
        Float32, not compiled.

    Raises
    ------
    ModelError
        If the file is not there or is no Keras archive, naming it.
    """
    import keras

    # Registers every class of ours that a file may name.
    import kerasmodels.custom_objects  # noqa: F401

    if not path.is_file():
        raise ModelError(f"There is no file {path}.", "Check the name.")
    try:
        require_modest(path)
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise ModelError(
            f"{path} cannot be read as a network ({error}).",
            "Give a .keras file of a network, or export it again.",
        ) from error


def _halve(archive: Path, folder: Path) -> Path:
    """Copy an archive with the kernels in its weights as float16."""
    import h5py
    import numpy as np

    halved = folder / f"half-{archive.name}"
    full_weights, half_weights = folder / "full.h5", folder / "half.h5"
    with zipfile.ZipFile(archive) as source, zipfile.ZipFile(halved, "w", zipfile.ZIP_STORED) as target:
        for member in source.namelist():
            if member != _WEIGHTS:
                target.writestr(member, source.read(member))
        full_weights.write_bytes(source.read(_WEIGHTS))
        with h5py.File(full_weights) as full, h5py.File(half_weights, "w") as half:

            def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
                if isinstance(item, h5py.Group):
                    half.require_group(name).attrs.update(item.attrs)
                    return
                values = item[()]
                halves = values.ndim >= 2 and values.dtype == np.float32
                half.create_dataset(name, data=values.astype(np.float16) if halves else values)
                half[name].attrs.update(item.attrs)

            half.attrs.update(full.attrs)
            full.visititems(copy)
        target.write(half_weights, _WEIGHTS)
    return halved
