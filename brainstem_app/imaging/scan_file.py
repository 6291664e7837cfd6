"""Open a NIfTI or MGH file by what it holds, whatever its name ends in."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import Any, Literal, Self

import nibabel as nib
import numpy as np
from nibabel.freesurfer import mghformat
from nibabel.imageglobals import logger as nibabel_logger
from nibabel.nifti1 import Nifti1Extensions
from numpy.typing import NDArray

from brainstem_app.imaging.dicom.headers import is_dicom_file
from brainstem_app.imaging.file_names import (
    HEADER_ENDINGS,
    IMAGE_ENDINGS,
    file_stem,
    has_ending,
    pair_header,
    pair_image,
)
from brainstem_app.imaging.intensity_levels import above_floor, intensity_levels
from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.imaging.scan_limits import COPY_AGAIN, FETCH, require_file, require_fitting
from brainstem_app.imaging.unreadable import FORMAT_UNKNOWN, UnreadableScanError

FileKind = Literal["nifti1", "nifti2", "nifti1-pair", "nifti2-pair", "mgh"]

_PAIR_ENDINGS = (*HEADER_ENDINGS, *IMAGE_ENDINGS)
_HEADER_BYTES = 544
_FARTHEST_VOXELS = 2**28
_OTHER_FORMATS = (
    (b"NRRD", "an NRRD file"),
    (b"\x89HDF", "a MINC or other HDF5 file"),
    (b"CDF", "a MINC file"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\xfd7zXZ", "an XZ archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"%PDF", "a PDF"),
)
_CONVERT = "Give a NIfTI (.nii, .nii.gz) or MGH/MGZ file, or the folder of the DICOM series."

_RESCALED = Finding(
    Level.INFO,
    "intensities-rescaled",
    "The intensities are too large, too small or too far from 0 for numbers of 32 bits; they were moved and "
    "scaled.",
    "Nothing for labels and volumes; the intensities that are shown are not those of the file.",
)


@dataclass(frozen=True)
class ScanImage:
    """A scan file whose header is read and whose voxels are not yet.

    Attributes
    ----------
    path : Path
        The file.
    kind : str
        What it holds.
    image : nibabel image
        Its voxels can be read while the file is open.
    raw_header : nibabel header, or NumPy record of an MGH file
        The header as it stands in the file, before nibabel repairs it.
    shape : tuple of int
        Voxels along the three axes; further axes of length one are left out.
    findings : tuple of Finding
        What was odd about the file itself.
    """

    path: Path
    kind: FileKind
    image: Any
    raw_header: Any
    shape: tuple[int, int, int]
    findings: tuple[Finding, ...]

    def read_values(self) -> NDArray[np.float32]:
        """Voxel values, scaled as the header says: float32 of `shape`, NaN and Inf kept.

        Raises
        ------
        UnreadableScanError
            If the file ends early or is damaged.
        """
        return self._read(lambda: np.asarray(self.image.dataobj, dtype=np.float32))

    def read_stored(self) -> tuple[NDArray[Any], float, float]:
        """Voxel values of `shape` as the file stores them, and the header's slope and intercept.

        The values are ``stored * slope + intercept``; whole numbers stay exact, however large they are.

        Raises
        ------
        UnreadableScanError
            If the file ends early or is damaged.
        """
        stored = self._read(lambda: np.asarray(self.image.dataobj.get_unscaled()))
        return stored, float(self.image.dataobj.slope), float(self.image.dataobj.inter)

    def _read(self, read: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        try:
            with np.errstate(over="ignore", invalid="ignore"):
                values = read()
        except MemoryError as error:
            raise UnreadableScanError(
                "out-of-memory",
                f"The scan of {_times(self.shape)} voxels does not fit into memory.",
                self.path,
                "Close other programs, or crop the scan.",
            ) from error
        except Exception as error:
            raise _damaged(self.path, error) from error
        return values.reshape(self.shape, order="F")

    def read_intensities(self) -> tuple[NDArray[np.float32], tuple[Finding, ...]]:
        """Values of a scan as `read_values`, but moved and scaled where float32 would lose what they show.

        Raises
        ------
        UnreadableScanError
            If the file ends early or is damaged.
        """
        values = self.read_values()
        levels = intensity_levels(values)
        if levels is not None and levels.fit_float32 and not np.isinf(values).any():
            return values, ()
        exact = np.asarray(self.image.dataobj, dtype=np.float64).reshape(self.shape, order="F")
        levels = intensity_levels(exact)
        if levels is None or levels.fit_float32:
            return values, ()
        return above_floor(exact, levels), (_RESCALED,)


@contextmanager
def open_scan_file(path: Path) -> Iterator[ScanImage]:
    """Open a scan file and read its header.

    Parameters
    ----------
    path : Path
        NIfTI-1 or NIfTI-2 file, compressed or not, either file of a pair (.hdr/.img), or MGH/MGZ
        file.

    Yields
    ------
    ScanImage
        Header and a promise of the voxels, valid inside the ``with`` block.

    Raises
    ------
    UnreadableScanError
        If the file is missing, empty, damaged, of another kind, or holds no single three-dimensional
        grey-scale volume.
    """
    path = pair_header(path) or path
    with ExitStack() as stack:
        try:
            file, compressed = _open_stream(path, stack)
            start = file.read(_HEADER_BYTES)
            file.seek(0)
        except (OSError, EOFError, zlib.error) as error:
            raise _damaged(path, error) from error
        kind = _kind_of(path, start)
        try:
            voxels = _open_voxels(path, stack) if kind.endswith("-pair") else file
            with _silent_nibabel():
                image, raw_header = _read_header(kind, file, voxels, start)
        except UnreadableScanError:
            raise
        except Exception as error:  # nibabel and NumPy raise a dozen unrelated types for odd headers
            raise _damaged(path, error) from error
        _require_near(path, int(image.dataobj.offset))
        shape = _single_volume_shape(path, image)
        yield ScanImage(path, kind, image, raw_header, shape, _ending_findings(path, kind, compressed))


@contextmanager
def _silent_nibabel() -> Iterator[None]:
    """Keep nibabel from logging what it repairs in a header: `header_checks` tells it in our words."""
    before = nibabel_logger.disabled
    nibabel_logger.disabled = True
    try:
        yield
    finally:
        nibabel_logger.disabled = before


def _open_stream(path: Path, stack: ExitStack) -> tuple[BufferedIOBase, bool]:
    require_file(path)
    file = stack.enter_context(path.open("rb"))
    compressed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    if compressed:
        unpacked = stack.enter_context(gzip.GzipFile(fileobj=file, mode="rb"))
        return BufferedReader(unpacked, 1 << 20), True
    return file, False


def _kind_of(path: Path, start: bytes) -> FileKind:
    if len(start) >= 348:
        size = {int.from_bytes(start[:4], "little"), int.from_bytes(start[:4], "big")}
        if 540 in size and start[4:7] in (b"n+2", b"ni2"):
            return "nifti2" if start[4:7] == b"n+2" else "nifti2-pair"
        if start[344:347] == b"n+1":
            return "nifti1"
        if start[344:347] == b"ni1":
            return "nifti1-pair"
        if 348 in size:
            raise UnreadableScanError(
                "format-analyze",
                "This is an Analyze 7.5 file, which does not say where left and right are.",
                path,
                "Convert the scan from its DICOM files to NIfTI.",
            )
        if int.from_bytes(start[:4], "big") == 1:
            return "mgh"
    raise _other_kind(path, start)


def _other_kind(path: Path, start: bytes) -> UnreadableScanError:
    if is_dicom_file(path):
        return UnreadableScanError(
            "format-dicom",
            "This is one DICOM file of a series.",
            path,
            "Give the folder that holds the series.",
        )
    if has_ending(path, IMAGE_ENDINGS):
        return UnreadableScanError(
            "pair-incomplete",
            "These are the voxels of a pair of files, and the other file, the header, is not beside them.",
            path,
            f"Put {file_stem(path)}.hdr into the same folder.",
        )
    if start.startswith((b"/annex/objects", b"version https://git-lfs")):
        return UnreadableScanError(
            "file-not-fetched", "The file is only a placeholder for data that are not here.", path, FETCH
        )
    for magic, name in _OTHER_FORMATS:
        if start.startswith(magic):
            return UnreadableScanError(FORMAT_UNKNOWN, f"This is {name}, no scan.", path, _CONVERT)
    return UnreadableScanError(
        FORMAT_UNKNOWN, "This file holds no scan that can be recognised.", path, _CONVERT
    )


def _open_voxels(path: Path, stack: ExitStack) -> BufferedIOBase:
    """Open the file of a pair that holds the voxels."""
    image = pair_image(path)
    if image is None:
        raise UnreadableScanError(
            "pair-incomplete",
            "This is the header of a pair of files, and the other file, with the voxels, is not beside it.",
            path,
            f"Put {file_stem(path)}.img into the same folder.",
        )
    return _open_stream(image, stack)[0]


def _read_header(
    kind: FileKind, file: BufferedIOBase, voxels: BufferedIOBase, start: bytes
) -> tuple[Any, Any]:
    if kind == "mgh":
        raw_mgh = np.frombuffer(start, dtype=mghformat.header_dtype, count=1)[0]
        return _from_stream(nib.MGHImage, file), raw_mgh
    is_second = kind.startswith("nifti2")
    header: Any = nib.Nifti2Header if is_second else nib.Nifti1Header
    raw = header(start[: header.sizeof_hdr], check=False)
    if kind.endswith("-pair"):
        pair = _without_extensions(nib.Nifti2Pair if is_second else nib.Nifti1Pair)
        files = pair.make_file_map({"header": file, "image": voxels})
        return pair.from_file_map(files, mmap=False), raw
    return _from_stream(_without_extensions(nib.Nifti2Image if is_second else nib.Nifti1Image), file), raw


class _NoExtensions(Nifti1Extensions):
    """Passes over what a header has behind it, which may be gigabytes, or millions of pieces."""

    @classmethod
    def from_fileobj(cls, fileobj: Any, size: int, byteswap: bool) -> Self:
        """Read nothing: nobody here asks for them."""
        return cls()


def _without_extensions(image: Any) -> Any:
    header = type("Header", (image.header_class,), {"exts_klass": _NoExtensions})
    return type(image.__name__, (image,), {"header_class": header})


def _from_stream(kind: Any, file: BufferedIOBase) -> Any:
    """Read an image, never by mapping the file: Windows says of a compressed one that memory is short."""
    return kind.from_file_map(kind.make_file_map({"image": file}), mmap=False)


def _require_near(path: Path, offset: int) -> None:
    """Refuse voxels far behind the header: all that is before them would have to be unpacked."""
    if offset > _FARTHEST_VOXELS:
        problem = f"The header says that the voxels begin {offset / 1e6:.0f} MB behind it."
        raise UnreadableScanError("file-damaged", problem, path, COPY_AGAIN)


def _single_volume_shape(path: Path, image: Any) -> tuple[int, int, int]:
    dtype = image.get_data_dtype()
    if dtype.fields is not None or np.issubdtype(dtype, np.complexfloating):
        kind = "colours" if dtype.fields is not None else "complex numbers"
        raise UnreadableScanError(
            "not-grey-scale", f"The voxels are {kind}, not intensities.", path, "Give the magnitude T1 image."
        )
    shape = tuple(int(n) for n in image.shape)
    if len(shape) > 3 and int(np.prod(shape[3:])) != 1:
        count = int(np.prod(shape[3:]))
        raise UnreadableScanError(
            "several-volumes",
            f"The file holds {count} volumes ({_times(shape)}); one is needed.",
            path,
            "Save the one volume that is meant as a file of its own, and open that.",
        )
    if len(shape) < 3 or min(shape[:3]) < 2:
        raise UnreadableScanError(
            "not-three-dimensional",
            f"The file holds {_times(shape) or 'no'} voxels, which is no volume.",
            path,
            "Give a three-dimensional T1-weighted scan.",
        )
    require_fitting(path, (shape[0], shape[1], shape[2]))
    return shape[0], shape[1], shape[2]


def _ending_findings(path: Path, kind: FileKind, compressed: bool) -> tuple[Finding, ...]:
    name = path.name.lower()
    right = {
        "mgh": (".mgz",) if compressed else (".mgh",),
        "nifti1-pair": _PAIR_ENDINGS,
        "nifti2-pair": _PAIR_ENDINGS,
    }.get(kind, (".nii.gz",) if compressed else (".nii",))
    if name.endswith(right):
        return ()
    packed = "compressed " if compressed else "uncompressed "
    what = packed + ("MGH" if kind == "mgh" else "NIfTI")
    return (
        Finding(
            Level.WARNING,
            "wrong-extension",
            f"The name does not fit what is inside: {what} data. It was read all the same.",
            f"Let the name end in {right[0]}, so that other programs can read it too.",
        ),
    )


def _damaged(path: Path, error: BaseException) -> UnreadableScanError:
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if path.is_dir():
        return UnreadableScanError(
            "file-is-folder", "This is a folder, not an image.", path, "Give the file in it that is meant."
        )
    if isinstance(error, PermissionError):
        return UnreadableScanError(
            "file-forbidden", "You may not read this file.", path, "Ask for the right to read it, or copy it."
        )
    if isinstance(error, EOFError | zlib.error) or "Expected" in text or "CRC" in text:
        return UnreadableScanError(
            "file-truncated",
            "The file ends early or is damaged; a part of the scan is missing.",
            path,
            COPY_AGAIN,
        )
    return UnreadableScanError("file-damaged", f"The file cannot be read: {text}", path, COPY_AGAIN)


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(str(n) for n in shape)
