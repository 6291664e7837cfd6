"""Networks as Keras archives, with weights of half precision if asked: half the size, the same labels."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from kerasmodels.arguments import require_flag, require_network, require_path
from kerasmodels.errors import ModelError
from kerasmodels.export.archive_limits import UNREADABLE, require_modest
from kerasmodels.export.replaced_file import replaced_file

if TYPE_CHECKING:
    import keras

_WEIGHTS, _CONFIG = "model.weights.h5", "config.json"
#: Number formats that a network may have computed in, each with 32 bits instead.
_FLOATS = ("float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16")


def save_keras(model: keras.Model, path: str | Path, half: bool = True) -> None:
    """Write a network as a `.keras` archive, without optimizer; replaces the file in one step.

    Parameters
    ----------
    model : keras.Model
        The network.
    path : str or Path
        File to write, in a folder that is there; its name ends in `.keras`.
    half : bool
        Whether kernels are stored as float16. Everything with fewer than two axes (biases, batch norm)
        stays float32: a running variance may lie outside float16's range. Loading gives float32 again.

    Raises
    ------
    ModelError
        If the name does not end in `.keras`, its folder is not there, or `model` is no network.
    """
    require_network("model", model)
    require_flag("half", half)
    with replaced_file(path, ".keras", "a Keras archive") as part:
        model.save(part, include_optimizer=False)
        if half:
            _halve(part)


def load_keras(path: str | Path) -> keras.Model:
    """Read a network from a `.keras` archive, running no code that the file may bring.

    Parameters
    ----------
    path : str or Path
        The archive, of full or half precision.

    Returns
    -------
    keras.Model
        Not compiled, and float32 throughout, also where the network was built with mixed precision: it gives
        the probabilities of its ONNX file.

    Raises
    ------
    ModelError
        If the file is not there or is no Keras archive, naming it.
    """
    import keras

    # Registers every class of ours that a file may name.
    import kerasmodels.custom_objects  # noqa: F401

    path = require_path("path", path)
    if not path.is_file():
        raise ModelError(f"There is no file {path}.", "Check the name.")
    try:
        require_modest(path)
        with tempfile.TemporaryDirectory() as folder, _float32_policy():
            same = _in_float32(path, Path(folder))
            return keras.saving.load_model(same, compile=False, safe_mode=True)
    except UNREADABLE as error:
        raise ModelError(
            f"{path} cannot be read as a network ({error}).",
            "Give a .keras file of a network, or export it again.",
        ) from error


@contextmanager
def _float32_policy() -> Iterator[None]:
    """Have Keras make layers that compute in 32 bits; a network as a whole has no policy in its file."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _in_float32(archive: Path, folder: Path) -> Path:
    """Return an archive whose layers compute in 32 bits: the one given, or a copy in a folder."""
    with zipfile.ZipFile(archive) as members:
        config = json.loads(members.read(_CONFIG))
    if (changed := _float32(config)) == config:
        return archive
    copy = folder / "float32.keras"
    _copy_archive(archive, copy, {_CONFIG: json.dumps(changed).encode()})
    return copy


def _float32(config: Any, name: str = "") -> Any:
    """Replace the number formats in the description of a network, those of layers within layers too."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy" and config["config"]["name"] in _FLOATS:
            return "float32"
        return {key: _float32(value, key) for key, value in config.items()}
    if isinstance(config, list):
        return [_float32(each) for each in config]
    return "float32" if name == "dtype" and config in _FLOATS else config


def _copy_archive(source: Path, target: Path, changed: Mapping[str, bytes]) -> None:
    """Copy an archive, some of its members changed."""
    with zipfile.ZipFile(source) as before, zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as after:
        for member in before.namelist():
            after.writestr(member, changed[member] if member in changed else before.read(member))


def _halve(archive: Path) -> None:
    """Make the kernels in the weights of an archive float16."""
    import h5py

    full, half, halved = (archive.with_name(name) for name in ("full.h5", "half.h5", f"half-{archive.name}"))
    with zipfile.ZipFile(archive) as source:
        full.write_bytes(source.read(_WEIGHTS))
    with h5py.File(full) as before, h5py.File(half, "w") as after:

        def copy(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Group):
                after.require_group(name).attrs.update(item.attrs)
                return
            after.create_dataset(name, data=halved_kernel(name, item[()]))
            after[name].attrs.update(item.attrs)

        after.attrs.update(before.attrs)
        before.visititems(copy)
    _copy_archive(archive, halved, {_WEIGHTS: half.read_bytes()})
    halved.replace(archive)


def halved_kernel(name: str, values: NDArray[Any]) -> NDArray[Any]:
    """Return float32 numbers of two axes or more as float16, others as they are.

    Raises
    ------
    ModelError
        If a number is beyond the range of float16, where it would become infinite.
    """
    if values.ndim < 2 or values.dtype != np.float32:
        return values
    if np.abs(values).max(initial=0) > np.finfo(np.float16).max:
        raise ModelError(f"The weights {name} are beyond the range of float16.", "Give half=False.")
    return values.astype(np.float16)
