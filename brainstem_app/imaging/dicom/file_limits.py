"""Limits of DICOM files, looked at before what they claim to hold is made in memory."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DEFLATED = "1.2.840.10008.1.2.1.99"
#: Twice the images of a long functional series.
_MOST_FRAMES = 100_000
#: What a file that is compressed as a whole may unpack to: 512 slices of 512 × 512 take no more.
_MOST_INFLATED = 2**28
_PREAMBLE, _START = 132, 1024
# Behind the preamble is the element with the length of the file's meta data, which are never compressed.
_GROUP_LENGTH = 12


def n_frames(dataset: Dataset) -> int:
    """How many images a data set is said to hold."""
    return int(dataset.get("NumberOfFrames") or 1)


def claims_too_many_frames(path: Path, dataset: Dataset) -> bool:
    """Whether a file is said to hold more images than any series has, or than it has bytes."""
    return n_frames(dataset) > min(_MOST_FRAMES, path.stat().st_size)


def swells(path: Path) -> bool:
    """Whether a file is compressed as a whole, and unpacks to far more than an image takes."""
    from pydicom.filereader import read_file_meta_info

    with path.open("rb") as file:
        if DEFLATED.encode() not in file.read(_START):
            return False
        length = int(read_file_meta_info(path).FileMetaInformationGroupLength)
        file.seek(_PREAMBLE + _GROUP_LENGTH + length)
        unpacker, inflated = zlib.decompressobj(-zlib.MAX_WBITS), 0
        while inflated <= _MOST_INFLATED and (packed := unpacker.unconsumed_tail or file.read(2**16)):
            inflated += len(unpacker.decompress(packed, 2**20))
    return inflated > _MOST_INFLATED
