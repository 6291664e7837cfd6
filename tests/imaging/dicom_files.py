"""DICOM files made by the tests: one slice a file, or all slices as the frames of one enhanced file."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom.dataset import Dataset

_CLASSIC_MR = "1.2.840.10008.5.1.4.1.1.4"
_ENHANCED_MR = "1.2.840.10008.5.1.4.1.1.4.1"
_Element = tuple[int, int, str, "str | bytes | Sequence[Sequence[_Element]]"]


def classic_bytes(
    pixels: NDArray[np.generic],
    index: int,
    number: int,
    description: str,
    patient: str,
    spacing: float,
    extra: Sequence[_Element] = (),
) -> bytes:
    """Content of the file of one slice; elements of ``extra`` replace those of the same tag."""
    rows, columns = pixels.shape
    series = f"1.2.826.0.1.3680043.9.{number}"
    position = f"{-spacing * columns / 2}\\{-spacing * rows / 2}\\{spacing * index - 70}"
    elements = [
        (0x0008, 0x0008, "CS", "ORIGINAL\\PRIMARY\\M"),
        (0x0008, 0x0016, "UI", _CLASSIC_MR),
        (0x0008, 0x0018, "UI", f"{series}.{index + 1}"),
        (0x0008, 0x0020, "DA", "20200101"),
        (0x0008, 0x0030, "TM", "101010"),
        (0x0008, 0x0060, "CS", "MR"),
        (0x0008, 0x0070, "LO", "SIEMENS"),
        (0x0008, 0x103E, "LO", description),
        (0x0010, 0x0010, "PN", patient),
        (0x0010, 0x0020, "LO", "PAT-4711"),
        (0x0018, 0x0050, "DS", str(spacing)),
        (0x0018, 0x0080, "DS", "2300"),
        (0x0018, 0x0081, "DS", "2.98"),
        (0x0018, 0x5100, "CS", "HFS"),
        (0x0020, 0x000D, "UI", "1.2.826.0.1.3680043.9"),
        (0x0020, 0x000E, "UI", series),
        (0x0020, 0x0011, "IS", str(number)),
        (0x0020, 0x0013, "IS", str(index + 1)),
        (0x0020, 0x0032, "DS", position),
        (0x0020, 0x0037, "DS", "1\\0\\0\\0\\1\\0"),
        (0x0028, 0x0002, "US", struct.pack("<H", 1)),
        (0x0028, 0x0004, "CS", "MONOCHROME2"),
        (0x0028, 0x0010, "US", struct.pack("<H", rows)),
        (0x0028, 0x0011, "US", struct.pack("<H", columns)),
        (0x0028, 0x0030, "DS", f"{spacing}\\{spacing}"),
        (0x0028, 0x0100, "US", struct.pack("<H", 16)),
        (0x0028, 0x0101, "US", struct.pack("<H", 16)),
        (0x0028, 0x0102, "US", struct.pack("<H", 15)),
        (0x0028, 0x0103, "US", struct.pack("<H", 1)),
        (0x7FE0, 0x0010, "OW", pixels.tobytes()),
    ]
    by_tag = {element[:2]: element for element in (*elements, *extra)}
    return _file(_CLASSIC_MR, f"{series}.{index + 1}", [by_tag[tag] for tag in sorted(by_tag)])


def enhanced_bytes(volume: NDArray[np.generic], frames: Sequence[int], number: int, spacing: float) -> bytes:
    """Content of an enhanced file; its frames are slices of a (columns, rows, slices) volume, in order."""
    columns, rows, _ = volume.shape
    series = f"1.2.826.0.1.3680043.9.{number}"
    corner = f"{-spacing * columns / 2}\\{-spacing * rows / 2}"
    per_frame = [
        [
            (0x0020, 0x9111, "SQ", [[(0x0020, 0x9056, "SH", "1"), (0x0020, 0x9057, "UL", _long(index + 1))]]),
            (0x0020, 0x9113, "SQ", [[(0x0020, 0x0032, "DS", f"{corner}\\{spacing * index - 70}")]]),
        ]
        for index in frames
    ]
    measures = [
        (0x0018, 0x0050, "DS", str(spacing)),
        (0x0018, 0x0088, "DS", str(spacing)),
        (0x0028, 0x0030, "DS", f"{spacing}\\{spacing}"),
    ]
    shared = [
        (0x0020, 0x9116, "SQ", [[(0x0020, 0x0037, "DS", "1\\0\\0\\0\\1\\0")]]),
        (0x0028, 0x9110, "SQ", [measures]),
    ]
    pixels = np.stack([volume[:, :, index].T for index in frames]).astype("<i2")
    elements: list[_Element] = [
        (0x0008, 0x0008, "CS", "ORIGINAL\\PRIMARY\\T1\\NONE"),
        (0x0008, 0x0016, "UI", _ENHANCED_MR),
        (0x0008, 0x0018, "UI", f"{series}.1"),
        (0x0008, 0x0060, "CS", "MR"),
        (0x0008, 0x0070, "LO", "Philips"),
        (0x0018, 0x5100, "CS", "HFS"),
        (0x0020, 0x000D, "UI", "1.2.826.0.1.3680043.9"),
        (0x0020, 0x000E, "UI", series),
        (0x0020, 0x0011, "IS", str(number)),
        (0x0020, 0x0013, "IS", "1"),
        (0x0028, 0x0002, "US", struct.pack("<H", 1)),
        (0x0028, 0x0004, "CS", "MONOCHROME2"),
        (0x0028, 0x0008, "IS", str(len(frames))),
        (0x0028, 0x0010, "US", struct.pack("<H", rows)),
        (0x0028, 0x0011, "US", struct.pack("<H", columns)),
        (0x0028, 0x0100, "US", struct.pack("<H", 16)),
        (0x0028, 0x0101, "US", struct.pack("<H", 16)),
        (0x0028, 0x0102, "US", struct.pack("<H", 15)),
        (0x0028, 0x0103, "US", struct.pack("<H", 1)),
        (0x5200, 0x9229, "SQ", [shared]),
        (0x5200, 0x9230, "SQ", per_frame),
        (0x7FE0, 0x0010, "OW", pixels.tobytes()),
    ]
    return _file(_ENHANCED_MR, f"{series}.1", elements)


def _file(kind: str, instance: str, elements: Sequence[_Element]) -> bytes:
    meta = _element(0x0002, 0x0002, "UI", kind)
    meta += _element(0x0002, 0x0003, "UI", instance)
    meta += _element(0x0002, 0x0010, "UI", "1.2.840.10008.1.2.1")
    start = b"\0" * 128 + b"DICM" + _element(0x0002, 0x0000, "UL", _long(len(meta)))
    return start + meta + b"".join(_element(*element) for element in elements)


def _long(value: int) -> bytes:
    return struct.pack("<I", value)


def _element(group: int, number: int, kind: str, value: str | bytes | Sequence[Sequence[_Element]]) -> bytes:
    if kind == "SQ":
        items = (b"".join(_element(*element) for element in item) for item in value)
        value = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in items)
    if isinstance(value, str):
        value = value.encode("ascii")
        value += (b"\0" if kind == "UI" else b" ") * (len(value) % 2)
    if kind in ("OW", "SQ"):
        return struct.pack("<HH2sHI", group, number, kind.encode(), 0, len(value)) + value
    return struct.pack("<HH2sH", group, number, kind.encode(), len(value)) + value


def edit_files(folder: Path, change: Callable[[Dataset, int], None], copies: str = "") -> Path:
    """Change the header of every file of a folder, in the order of their names; or of copies beside them.

    Parameters
    ----------
    change : callable
        Gets a data set and its index, and changes it in place.
    copies : str
        Put before the name of each changed file, so that the original stays.
    """
    for index, path in enumerate(sorted(folder.iterdir())):
        dataset = pydicom.dcmread(path)
        change(dataset, index)
        if copies:
            dataset.SOPInstanceUID = f"{dataset.SOPInstanceUID}.9"
            dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.save_as(path.with_name(copies + path.name))
    return folder
