"""Limits of scan files, looked at before a voxel is read: what is no file, and what no memory holds."""

from __future__ import annotations

import errno
from pathlib import Path

from brainstem_app.imaging.unreadable import UnreadableScanError

#: A head at 0.3 mm has 490 million.
MAX_VOXELS = 2**29
COPY_AGAIN = "Copy or download the file again, or convert the scan from DICOM again."
FETCH = "Fetch the data first, e.g. with datalad get or git annex get."
# What is made of a voxel while its scan is read.
_BYTES_A_VOXEL = 12
# Less is not asked about.
_SMALL_BYTES = 2**29


def require_file(path: Path) -> None:
    """Refuse what cannot be read like a file.

    Raises
    ------
    UnreadableScanError
        If nothing is there, or a link that leads nowhere, a pipe, a device, or an empty file.
    """
    if path.is_symlink() and leads_in_circles(path):
        raise UnreadableScanError(
            "file-link-loop", "The file is a link that leads back to itself.", path, "Give the file itself."
        )
    if path.is_symlink() and not path.exists():
        raise UnreadableScanError(
            "file-not-fetched", "The file is a link to data that are not here.", path, FETCH
        )
    if not path.exists():
        raise UnreadableScanError(
            "file-missing", "There is no such file.", path, "Check the name and the folder."
        )
    if not path.is_dir() and not path.is_file():
        raise UnreadableScanError(
            "file-no-file", "This is a pipe or a device, no file.", path, "Give the file of the scan."
        )
    if path.stat().st_size == 0:
        raise UnreadableScanError("file-empty", "The file is empty.", path, COPY_AGAIN)


def require_fitting(path: Path, shape: tuple[int, int, int]) -> None:
    """Refuse more voxels than a head has, or than fit into memory, whatever the file takes on disk.

    Raises
    ------
    UnreadableScanError
        If there are too many.
    """
    voxels = shape[0] * shape[1] * shape[2]
    times = "×".join(str(n) for n in shape)
    if voxels > MAX_VOXELS:
        raise UnreadableScanError(
            "too-many-voxels",
            f"The header speaks of {times} voxels; no head scan has that many.",
            path,
            "The header is damaged, or this is no MRI of a head. " + COPY_AGAIN,
        )
    needed = voxels * _BYTES_A_VOXEL
    if needed < _SMALL_BYTES:
        return
    import psutil

    available = psutil.virtual_memory().available
    if needed > available:
        raise UnreadableScanError(
            "out-of-memory",
            f"The scan of {times} voxels needs {needed / 1e9:.1f} GB of memory; {available / 1e9:.1f} GB are "
            "free.",
            path,
            "Close other programs, or crop the scan.",
        )


def leads_in_circles(path: Path) -> bool:
    """Whether a link leads back to itself, over others or not."""
    try:
        path.stat()
    except OSError as error:
        return error.errno == errno.ELOOP
    return False
