"""DICOM files: what one is, and what each of its images says about itself."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.dicom.contrast import other_contrast
from brainstem_app.imaging.dicom.file_limits import DEFLATED, claims_too_many_frames, n_frames, swells
from brainstem_app.imaging.spaces import Affine
from brainstem_app.small_files import require_regular

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

Numbers = NDArray[np.float64]

ORIENTATION, POSITION = "ImageOrientationPatient", "ImagePositionPatient"
#: How far the two directions of an image may be from length one and from a right angle.
_ORTHONORMAL = 0.01
_SEARCH_LIMIT = 2000
_NO_IMAGES = {"SEG", "SR", "PR", "KO", "DOC", "REG", "RTSTRUCT", "RTDOSE", "RTPLAN", "PLAN"}
_COMPONENTS = {
    **dict.fromkeys(("P", "PHASE", "PHASE MAP", "PHASEMAP"), "phase"),
    **dict.fromkeys(("R", "REAL"), "real part"),
    **dict.fromkeys(("I", "IMAGINARY"), "imaginary part"),
}
_GE_KIND = 0x0043102F
_GE_COMPONENTS = {1: "phase", 2: "real part", 3: "imaginary part"}
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_TAGS: list[Any] = [
    "SOPClassUID",
    "Modality",
    "ImageType",
    "PatientID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "SeriesDescription",
    "InstanceNumber",
    "Rows",
    "Columns",
    "NumberOfFrames",
    POSITION,
    ORIENTATION,
    "PixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "EchoTime",
    "EchoNumbers",
    "ScanningSequence",
    "EchoPlanarPulseSequence",
    "InversionTime",
    "StackID",
    "TemporalPositionIdentifier",
    "AcquisitionNumber",
    "ComplexImageComponent",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    _GE_KIND,
]


@dataclass(frozen=True)
class SeriesIdentity:
    """What makes images one series: two series are one only if all of it is the same."""

    uid: str
    number: str
    study: str
    patient: str


@dataclass(frozen=True, eq=False)
class DicomImage:
    """One slice: the image of a file, or one frame of an enhanced file.

    Attributes
    ----------
    path : Path
        The file.
    frame : int or None
        Number of the frame from 0; None if the file holds one image.
    frames : int
        How many images the file holds.
    series : SeriesIdentity
        What it belongs to.
    description : str
        The scanner's words for the series.
    matrix : tuple of int
        Rows and columns.
    orientation : ndarray, shape (6,), or None
        Directions of rows and columns (DICOM's own LPS world); None if missing or none at all.
    position : ndarray, shape (3,), or None
        Centre of the first pixel (mm, LPS).
    spacing : ndarray, shape (2,), or None
        Distance between rows, and between columns (mm).
    step_mm : float or None
        Distance to the next slice as the header says it, else the slice's thickness.
    number : int or None
        Number of the image, by which slices are sorted that do not say where they lie.
    traits : dict of str to str
        What sets images at one place apart: part of the signal, echo, stack, …; empty where not said.
    is_plain : bool
        Whether dcm2niix opens the file as it is: with a preamble, not deflated.
    invalid : frozenset of str
        Of orientation and position, the elements that are there and cannot be right.
    contrast : str
        What it is by its header, if that is no T1-weighted MRI.
    """

    path: Path
    frame: int | None
    frames: int
    series: SeriesIdentity
    description: str
    matrix: tuple[int, int]
    orientation: Numbers | None
    position: Numbers | None
    spacing: Numbers | None
    step_mm: float | None
    number: int | None
    traits: dict[str, str]
    is_plain: bool
    invalid: frozenset[str] = frozenset()
    contrast: str = ""

    @cached_property
    def normal(self) -> Numbers | None:
        """Direction across the slice (LPS)."""
        if self.orientation is None:
            return None
        return np.asarray(np.cross(self.orientation[:3], self.orientation[3:]))

    @cached_property
    def affine(self) -> Affine | None:
        """Pixels (column, row, 0) to world (mm, RAS+); PS3.3 C.7.6.2.1.1. None where the header is silent."""
        if self.orientation is None or self.position is None or self.spacing is None:
            return None
        affine = np.eye(4)
        affine[:3, 0] = self.orientation[:3] * self.spacing[1]
        affine[:3, 1] = self.orientation[3:] * self.spacing[0]
        affine[:3, 2] = self.normal
        affine[:3, 3] = self.position
        return np.asarray(_LPS_TO_RAS @ affine)


def is_dicom_start(start: bytes) -> bool:
    """Whether these first bytes (132 or more) of a file are those of a DICOM file with a preamble."""
    return start[128:132] == b"DICM"


def is_dicom_file(path: Path) -> bool:
    """Whether a file is DICOM, with or without a preamble, by its content; False for what cannot be read."""
    try:
        require_regular(path)
        with path.open("rb") as file:
            start = file.read(132)
    except OSError:
        return False
    return is_dicom_start(start) or (_may_lack_preamble(start) and _is_bare_dicom(path))


def holds_dicom(folder: Path) -> bool:
    """Whether a DICOM file lies in a folder or below it (the first 2000 files are looked at)."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return any(is_dicom_file(path) for path in islice(files, _SEARCH_LIMIT))


def dicom_files(root: Path) -> Iterator[Path]:
    """DICOM files in a folder and below it, in the order of their names."""
    return (path for path in sorted(root.rglob("*")) if path.is_file() and is_dicom_file(path))


def read_images(path: Path) -> tuple[DicomImage, ...] | None:
    """Images of one DICOM file, none for a report or an index; None if the file cannot be read."""
    dataset = read_dataset(path, _TAGS)
    if dataset is None:
        return None
    try:
        if dataset.get("Modality") in _NO_IMAGES:
            return ()
        if claims_too_many_frames(path, dataset):
            return None
        if "Rows" not in dataset:
            # One bad length swallows all that follows; the head of the file still says what it was.
            return None if _is_called_image(dataset) else ()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return tuple(_images_of(path, dataset))
    except Exception:  # noqa: BLE001 - pydicom decodes on access, and raises many types for odd values
        return None


def read_dataset(path: Path, tags: list[Any] | None = None, *, pixels: bool = False) -> Dataset | None:
    """Read a file's data set, whether or not it has a preamble; None if it cannot be read."""
    from pydicom import dcmread

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of values that the scanner spells otherwise than DICOM
            if swells(path):
                return None
            return dcmread(path, force=True, stop_before_pixels=not pixels, specific_tags=tags)
    except Exception:  # noqa: BLE001 - pydicom raises a dozen unrelated types for damaged files
        return None


def frame_bytes(dataset: Dataset, frame: int | None) -> bytes:
    """Take the stored pixels of one frame, or of a data set's only image, compressed as they are."""
    from pydicom.encaps import get_frame

    content: bytes = dataset.PixelData
    if frame is None:
        return content
    count = n_frames(dataset)
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return get_frame(content, frame, number_of_frames=count)
    size = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("SamplesPerPixel") or 1)
    size = size * int(dataset.BitsAllocated) // 8
    return content[frame * size : (frame + 1) * size]


def _may_lack_preamble(start: bytes) -> bool:
    """Whether a file begins with an element of the groups that DICOM files begin with."""
    groups = (b"\x02\x00", b"\x08\x00", b"\x00\x08")
    return len(start) == 132 and start[:2] in groups and b"\x00" in start[2:4]


def _is_bare_dicom(path: Path) -> bool:
    dataset = read_dataset(path, ["SOPClassUID", "SeriesInstanceUID", "Rows"])
    if dataset is None:
        return False
    uid = str(dataset.get("SOPClassUID") or dataset.get("SeriesInstanceUID") or "")
    return bool(uid) and set(uid) <= set("0123456789.")


def _is_called_image(dataset: Dataset) -> bool:
    """Whether the head of a file, or what can be read behind it, says that it holds an image."""
    from pydicom.uid import UID

    head = getattr(dataset, "file_meta", {})
    kinds = (head.get("MediaStorageSOPClassUID"), dataset.get("SOPClassUID"))
    return any("Image Storage" in UID(str(kind)).name for kind in kinds if kind)


def _images_of(path: Path, dataset: Dataset) -> Iterator[DicomImage]:
    from pydicom.dataset import Dataset as Empty

    count = n_frames(dataset)
    shared = next(iter(dataset.get("SharedFunctionalGroupsSequence") or ()), Empty())
    own = list(dataset.get("PerFrameFunctionalGroupsSequence") or ())
    identity = SeriesIdentity(
        str(dataset.get("SeriesInstanceUID") or ""),
        str(dataset.get("SeriesNumber") or 0),
        str(dataset.get("StudyInstanceUID") or ""),
        str(dataset.get("PatientID") or ""),
    )
    syntax = str(getattr(dataset, "file_meta", {}).get("TransferSyntaxUID", ""))
    is_plain = bool(getattr(dataset, "preamble", None)) and syntax != DEFLATED
    several = count > 1 or bool(own)
    for index in range(count):
        groups = _Groups(own[index] if index < len(own) else Empty(), shared, dataset)
        spacing = _numbers(groups.find("PixelMeasuresSequence", "PixelSpacing"), 2)
        lying = groups.find("PlaneOrientationSequence", ORIENTATION)
        corner = groups.find("PlanePositionSequence", POSITION)
        orientation, position = _orthonormal(lying), _numbers(corner, 3)
        broken = {ORIENTATION: lying and orientation is None, POSITION: corner and position is None}
        yield DicomImage(
            path=path,
            frame=index if several else None,
            frames=count,
            series=identity,
            description=str(dataset.get("SeriesDescription") or ""),
            matrix=(int(dataset.Rows), int(dataset.Columns)),
            orientation=orientation,
            position=position,
            spacing=spacing if spacing is not None and (spacing > 0).all() else None,
            step_mm=_step(groups),
            number=index + 1 if several else _whole(dataset.get("InstanceNumber")),
            traits=_traits(groups),
            is_plain=is_plain,
            invalid=frozenset(name for name, is_broken in broken.items() if is_broken),
            contrast=other_contrast(partial(_get, dataset), _image_type(groups), _echo_ms(groups)),
        )


@dataclass(frozen=True, eq=False)
class _Groups:
    """Where an image's elements may stand: with its frame, with what all frames share, or with the file."""

    frame: Dataset
    shared: Dataset
    file: Dataset

    def find(self, sequence: str, name: str) -> Any:
        for holder in (self.frame, self.shared):
            item = next(iter(holder.get(sequence) or ()), None)
            if item is not None and _get(item, name) is not None:
                return _get(item, name)
        return _get(self.file, name)


def _get(dataset: Dataset, name: str) -> Any:
    try:
        return dataset.get(name)
    except Exception:  # noqa: BLE001 - a value that is no number, say, is as good as missing
        return None


def _numbers(values: Any, count: int) -> Numbers | None:
    try:
        numbers = np.asarray([float(value) for value in values], dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return numbers if numbers.shape == (count,) and np.isfinite(numbers).all() else None


def _number(value: Any) -> float | None:
    found = _numbers([value], 1)
    return None if found is None else float(found[0])


def _whole(value: Any) -> int | None:
    number = _number(value)
    return None if number is None else int(number)


def _orthonormal(values: Any) -> Numbers | None:
    """Two directions of length one at right angles; None if the values are none."""
    numbers = _numbers(values, 6)
    if numbers is None:
        return None
    pair = numbers.reshape(2, 3)
    return None if np.abs(pair @ pair.T - np.eye(2)).max() > _ORTHONORMAL else numbers


def _step(groups: _Groups) -> float | None:
    sizes = (
        _number(groups.find("PixelMeasuresSequence", name))
        for name in ("SpacingBetweenSlices", "SliceThickness")
    )
    return next((abs(size) for size in sizes if size), None)


def _traits(groups: _Groups) -> dict[str, str]:
    """Gather what sets images at one place apart, the surest first."""
    echo = _echo_ms(groups)
    inversion = _number(_get(groups.file, "InversionTime"))
    time = groups.find("FrameContentSequence", "TemporalPositionIndex")
    taken = groups.find("FrameContentSequence", "FrameAcquisitionNumber")
    return {
        "part": _component(groups),
        "echo time": "" if echo is None else f"{echo:.2f} ms",
        "echo": str(_get(groups.file, "EchoNumbers") or ""),
        "inversion time": "" if inversion is None else f"{inversion:.0f} ms",
        "stack": str(groups.find("FrameContentSequence", "StackID") or ""),
        "time point": str(time or _get(groups.file, "TemporalPositionIdentifier") or ""),
        "acquisition": str(taken or _get(groups.file, "AcquisitionNumber") or ""),
        "image type": "/".join(map(str, _image_type(groups))),
    }


def _echo_ms(groups: _Groups) -> float | None:
    echo = _number(groups.find("MREchoSequence", "EffectiveEchoTime"))
    return _number(_get(groups.file, "EchoTime")) if echo is None else echo


def _image_type(groups: _Groups) -> list[Any]:
    value = groups.find("MRImageFrameTypeSequence", "FrameType") or _get(groups.file, "ImageType") or ()
    return [value] if isinstance(value, str) else list(value)


def _component(groups: _Groups) -> str:
    """Part of the complex signal that the image shows; empty for the magnitude."""
    complex_part = groups.find("MRImageFrameTypeSequence", "ComplexImageComponent")
    words = [str(word).upper() for word in (*_image_type(groups)[2:], complex_part or "")]
    named = next((_COMPONENTS[word] for word in words if word in _COMPONENTS), "")
    element = groups.file.get(_GE_KIND)
    kinds = element.value if element is not None and isinstance(element.value, Iterable) else ()
    kind = None if isinstance(kinds, bytes | str) else _whole(next(iter(kinds), None))
    return named or _GE_COMPONENTS.get(kind or 0, "")
