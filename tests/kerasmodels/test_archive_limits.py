"""Archives of networks that would take far more memory than they have bytes."""

from __future__ import annotations

import io
import struct
import time
import zipfile
from pathlib import Path

import pytest
from pydantic import ValidationError

from kerasmodels.data.slice_input import SliceInput
from kerasmodels.errors import ModelError
from kerasmodels.weights.safetensors_file import read_safetensors
from kerasmodels.weights.torch_file import read_torch

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)

import h5py  # noqa: E402
import keras  # noqa: E402

from kerasmodels.export.keras_file import load_keras, save_keras  # noqa: E402

CONFIG, WEIGHTS = "config.json", "model.weights.h5"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("small") / "small.keras"
    layers = [keras.layers.Input((8,)), keras.layers.BatchNormalization(), keras.layers.Dense(8)]
    save_keras(keras.Sequential(layers), path)
    return path


def _changed(source: Path, target: Path, **parts: bytes) -> Path:
    """Copy an archive with other parts, compressed as well as ZIP can."""
    names = {"config": CONFIG, "weights": WEIGHTS}
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        changed = {names[name]: content for name, content in parts.items()}
        for name in old.namelist():
            new.writestr(name, changed.get(name, old.read(name)))
    return target


def _config(source: Path) -> str:
    return zipfile.ZipFile(source).read(CONFIG).decode()


def _refused(path: Path, words: str) -> None:
    began = time.monotonic()
    with pytest.raises(ModelError, match=words) as caught:
        load_keras(path)
    assert str(path) in caught.value.what
    assert caught.value.fix
    assert time.monotonic() - began < 10


def test_network_that_is_whole_is_read(small: Path) -> None:
    assert load_keras(small).count_params() == 8 * 8 + 8 + 4 * 8


@pytest.mark.parametrize("units", [100_000_000, 2_000_000_000])
def test_description_of_more_weights_than_are_there_is_refused(
    small: Path, tmp_path: Path, units: int
) -> None:
    config = _config(small).replace('"units": 8', f'"units": {units}')
    _refused(_changed(small, tmp_path / "a.keras", config=config.encode()), "describes a network of")


def test_part_that_unpacks_to_far_more_than_it_takes_is_refused(small: Path, tmp_path: Path) -> None:
    _refused(_changed(small, tmp_path / "a.keras", weights=bytes(300 * 2**20)), "would unpack to 0.3 GB")
    _refused(_changed(small, tmp_path / "b.keras", config=b" " * (70 * 2**20)), "would unpack to 0.1 GB")


def test_weights_that_are_compressed_once_more_are_refused(small: Path, tmp_path: Path) -> None:
    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file.create_dataset("a", shape=(10_000, 100_000), dtype="f4", chunks=(1000, 1000), compression="gzip")
    _refused(_changed(small, tmp_path / "a.keras", weights=held.getvalue()), "that unpack to")


@pytest.mark.parametrize("config", ["[" * 100_000, '{"a":' * 100_000, "{}", "null", "[]", ""])
def test_description_that_is_none_is_refused(small: Path, tmp_path: Path, config: str) -> None:
    _refused(_changed(small, tmp_path / "a.keras", config=config.encode()), "cannot be read as a network")


@pytest.mark.parametrize("size", [10**6, 10**9, 2080])
def test_input_of_a_million_pixels_is_refused(size: int) -> None:
    for given in ({"size": size // 32 * 32}, {"context": list(range(200))}):
        with pytest.raises(ValidationError):
            SliceInput.model_validate(given)


def test_safetensors_with_a_header_nested_too_deep_are_refused(tmp_path: Path) -> None:
    header = b"[" * 100_000
    (tmp_path / "a.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    with pytest.raises(ModelError, match="cannot be read as a safetensors file"):
        read_safetensors(tmp_path / "a.safetensors")


def _nested_tuples() -> bytes:
    """A tuple of twice a tuple of twice … sixty times, which nothing can hash."""
    content = b")q\x00"
    for level in range(1, 60):
        content += b"h" + bytes([level - 1]) + b"h" + bytes([level - 1]) + b"\x86q" + bytes([level])
    return content


@pytest.mark.parametrize(
    ("pickled", "said"),
    [
        (b"\x80\x02}r" + struct.pack("<I", 2 * 10**8) + b".", ""),
        (b"\x80\x02" + _nested_tuples() + b"}h\x3bNs.", "something that has no name"),
        (b"\x80\x02" + _nested_tuples() + b"ccollections\nOrderedDict\nh\x3b\x85R.", "positional argument"),
        (b"\x80\x02" + b"]" * 2**22 + b".", "more than any network has"),
    ],
    ids=["memo", "key", "argument", "many"],
)
def test_pickle_that_would_take_all_memory_or_time_ends_soon(
    tmp_path: Path, pickled: bytes, said: str
) -> None:
    path = tmp_path / "odd.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x/data.pkl", pickled)
    if not said:
        assert read_torch(path) == {}
        return
    with pytest.raises(ModelError, match=said):
        read_torch(path)
