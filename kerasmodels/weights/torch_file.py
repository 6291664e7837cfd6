"""Read the tensors of a `.pth` file of PyTorch without PyTorch, and without running what the file says.

Such files are pickles, which may name any function to call. Here only the names that plain tensors need
are known; with any other the file is refused. Both layouts are read: a zip archive (PyTorch 1.6 and later),
and pickles one after the other with the numbers at the end (before).
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, ClassVar

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from kerasmodels.errors import ModelError
from kerasmodels.export.archive_limits import require_small_parts

#: The first number of a file of the older layout.
_MAGIC = 0x1950A86A20F9469CFC6C

_DTYPES: dict[str, Any] = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "BFloat16Storage": ml_dtypes.bfloat16,
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ByteStorage": "u1",
}


@dataclass(frozen=True)
class _Storage:
    """A row of numbers in the file."""

    key: str
    kind: str
    length: int


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage; strides and offset count numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_torch(path: Path) -> dict[str, NDArray[Any]]:
    """Read a state dict that was saved with `torch.save`.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    dict of str to ndarray
        The tensors by name, in PyTorch's shape; bfloat16 becomes float32.

    Raises
    ------
    ModelError
        If the file is not whole, or holds anything but tensors by name.
    """
    try:
        with path.open("rb") as file:
            layout = _read_archive if zipfile.is_zipfile(file) else _read_sequence
            file.seek(0)
            tensors, numbers = layout(file)
        return {name: _view(tensor, numbers[tensor.storage.key]) for name, tensor in tensors.items()}
    # A pickle that is not whole can raise nearly anything.
    except Exception as error:
        raise ModelError(
            f"{path} cannot be read as tensors saved by PyTorch ({error}).",
            "Download it again; or save model.state_dict() alone, as .safetensors.",
        ) from error


#: Ten times the names of the largest network.
_MOST_PICKLED = 2**22
#: What plain tensors by name are pickled with; no sets, nor objects of other kinds.
_OPCODES = (
    *(pickle.PROTO, pickle.FRAME, pickle.STOP, pickle.MARK, pickle.GLOBAL, pickle.STACK_GLOBAL),
    *(pickle.REDUCE, pickle.BINPERSID, pickle.BUILD, pickle.EMPTY_DICT, pickle.SETITEM, pickle.SETITEMS),
    *(
        pickle.EMPTY_LIST,
        pickle.APPEND,
        pickle.APPENDS,
        pickle.EMPTY_TUPLE,
        pickle.TUPLE,
        pickle.TUPLE1,
        pickle.TUPLE2,
    ),
    *(pickle.TUPLE3, pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE, pickle.BININT, pickle.BININT1),
    *(pickle.BININT2, pickle.LONG1, pickle.BINFLOAT, pickle.BINUNICODE, pickle.SHORT_BINUNICODE),
    *(pickle.BINPUT, pickle.LONG_BINPUT, pickle.MEMOIZE, pickle.BINGET, pickle.LONG_BINGET),
)
# Python's own: that of C makes room for as many objects as a number in the file says.
_Unpickler: Any = pickle._Unpickler


class _TensorUnpickler(_Unpickler):
    """Makes descriptions of tensors, and nothing else."""

    dispatch: ClassVar = {code[0]: _Unpickler.dispatch[code[0]] for code in _OPCODES}

    def load_setitems(self) -> None:
        """Put values into a dict; only text may name them, for what is nested has no end of parts to hash."""
        items = self.pop_mark()
        self._put(self.stack[-1], items[::2], items[1::2])

    def load_setitem(self) -> None:
        """Put one value into a dict."""
        value, key = self.stack.pop(), self.stack.pop()
        self._put(self.stack[-1], [key], [value])

    @staticmethod
    def _put(target: Any, names: list[Any], values: list[Any]) -> None:
        if not isinstance(target, dict) or not all(isinstance(name, str) for name in names):
            raise pickle.UnpicklingError("it holds something that has no name")
        target.update(zip(names, values, strict=True))

    def load_build(self) -> None:
        """Leave out what an object has beside its parts: versions of modules."""
        self.stack.pop()

    dispatch |= {
        pickle.SETITEMS[0]: load_setitems,
        pickle.SETITEM[0]: load_setitem,
        pickle.BUILD[0]: load_build,
    }

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name in the file stands for, if it is one of the few that tensors need."""
        if (module, name) == ("collections", "OrderedDict"):
            return lambda: OrderedDict()
        if module == "torch" and name in _DTYPES:
            return name
        rebuild: dict[str, Callable[..., Any]] = {
            "_rebuild_tensor": _describe,
            "_rebuild_tensor_v2": _describe,
            "_rebuild_parameter": lambda tensor, *_: tensor,
        }
        if module == "torch._utils" and name in rebuild:
            return rebuild[name]
        raise pickle.UnpicklingError(f"it holds {module}.{name}, which is no tensor")

    def persistent_load(self, pid: Any) -> _Storage:
        """Describe a row of numbers: ("storage", type, key, device, length, …)."""
        kind, key, length, view = pid[1], pid[2], pid[4], pid[5:]
        if pid[0] != "storage" or kind not in _DTYPES or (view and view[0] is not None):
            raise pickle.UnpicklingError("it holds numbers in an unknown way")
        return _Storage(str(key), str(kind), int(length))


def _describe(storage: _Storage, offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(storage, int(offset), tuple(map(int, shape)), tuple(map(int, strides)))


_Read = tuple[dict[str, _Tensor], Mapping[str, NDArray[Any]]]


def _read_archive(file: BinaryIO) -> _Read:
    with zipfile.ZipFile(file) as archive:
        require_small_parts(Path(file.name), archive)
        pickled = next(name for name in archive.namelist() if name.endswith("/data.pkl"))
        if archive.getinfo(pickled).file_size > _MOST_PICKLED:
            raise ValueError("it names more than any network has")
        folder = pickled.removesuffix("data.pkl")
        order = f"{folder}byteorder"
        if order in archive.namelist() and archive.read(order) != b"little":
            raise ValueError("it was written on a machine of the other byte order")
        tensors = _only_tensors(_TensorUnpickler(io.BytesIO(archive.read(pickled))).load())
        storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
        return tensors, {
            key: _numbers(archive.read(f"{folder}data/{key}"), storage) for key, storage in storages.items()
        }


def _read_sequence(file: BinaryIO) -> _Read:
    if _TensorUnpickler(file).load() != _MAGIC:
        raise ValueError("it begins in another way")
    _protocol, machine = _TensorUnpickler(file).load(), _TensorUnpickler(file).load()
    if not machine["little_endian"]:
        raise ValueError("it was written on a machine of the other byte order")
    tensors = _only_tensors(_TensorUnpickler(file).load())
    storages = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
    numbers = {}
    for key in _TensorUnpickler(file).load():
        storage = storages[str(key)]
        length = int.from_bytes(file.read(8), "little")
        if length != storage.length:
            raise ValueError("its lengths disagree")
        numbers[storage.key] = _numbers(file.read(length * np.dtype(_DTYPES[storage.kind]).itemsize), storage)
    return tensors, numbers


def _only_tensors(found: Any) -> dict[str, _Tensor]:
    """Check that the file holds tensors by name; one dict around them, `state_dict`, is opened."""
    if isinstance(found, dict) and isinstance(found.get("state_dict"), dict):
        found = found["state_dict"]
    if not isinstance(found, dict) or not all(isinstance(value, _Tensor) for value in found.values()):
        raise TypeError("it is not a dict of tensors")
    return {str(name): tensor for name, tensor in found.items()}


def _numbers(content: bytes, storage: _Storage) -> NDArray[Any]:
    numbers = np.frombuffer(content, _DTYPES[storage.kind])
    if len(numbers) != storage.length:
        raise ValueError("it ends too early")
    return numbers.astype(np.float32) if storage.kind == "BFloat16Storage" else numbers


def _view(tensor: _Tensor, numbers: NDArray[Any]) -> NDArray[Any]:
    if math.prod(tensor.shape) == 0:
        return np.zeros(tensor.shape, numbers.dtype)
    last = tensor.offset + sum(
        (size - 1) * step for size, step in zip(tensor.shape, tensor.strides, strict=True)
    )
    if math.prod(tensor.shape) > len(numbers):
        raise ValueError("a tensor repeats its numbers")
    if tensor.offset < 0 or min(tensor.strides, default=0) < 0 or not last < len(numbers):
        raise ValueError("a tensor lies beyond its numbers")
    steps = tuple(step * numbers.itemsize for step in tensor.strides)
    return np.lib.stride_tricks.as_strided(numbers[tensor.offset :], tensor.shape, steps).copy()
