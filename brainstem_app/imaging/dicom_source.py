"""Images of a DICOM series: where their pixels lie, and what of their headers another object may name."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.imaging.dicom import choose_series, is_dicom_file, split_series
from brainstem_app.imaging.spaces import Affine

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DEIDENTIFICATION_METHOD = "New object: geometry of the source images only"
_MOST_LETTERS = 63
_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
_GEOMETRY = (
    "SOPClassUID",
    "Modality",
    "InstanceNumber",
    "Rows",
    "Columns",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "SpacingBetweenSlices",
    "NumberOfFrames",
)
_FRAME_GEOMETRY = (
    "PixelMeasuresSequence",
    "PlaneOrientationSequence",
    "PlanePositionSequence",
    "FrameContentSequence",
)
_FRAME_CONTENT = ("StackID", "InStackPositionNumber", "DimensionIndexValues")
_UIDS = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "FrameOfReferenceUID")
_PERSON = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "StudyID",
    "AccessionNumber",
    "ReferringPhysicianName",
)


class Identity(StrEnum):
    """How much of the source's identity another object carries."""

    NONE = "none"
    LINKS = "links"
    PATIENT = "patient"


@dataclass(frozen=True)
class SourceImages:
    """Images of one series without their pixels.

    Attributes
    ----------
    datasets : tuple of pydicom.Dataset
        One a slice, or one enhanced image of several frames.
    frames : tuple of ndarray, shape (4, 4)
        For each slice or frame, its pixels (column, row, 0) to world (mm, RAS+).
    shape : tuple of int
        Rows and columns of every frame.
    """

    datasets: tuple[Dataset, ...]
    frames: tuple[Affine, ...]
    shape: tuple[int, int]


def read_source_images(path: Path) -> SourceImages:
    """Read the headers of the series that `read_scan` reads from the same path.

    Parameters
    ----------
    path : Path
        DICOM folder, ``FOLDER#SERIES``, or one file of a series.

    Raises
    ------
    InputError
        If the series cannot be found, or its images do not say where they lie.
    """
    folder, series = split_series(path)
    key = choose_series(folder, series).key
    root = folder if folder.is_dir() else folder.parent
    datasets = _same_planes(list(_images_of(root, key)))
    if not datasets:
        raise InputError(
            "No image of this series says where its pixels lie.",
            root,
            "Export the series from the scanner or archive again, with positions and orientations.",
        )
    multiframe = [dataset for dataset in datasets if "NumberOfFrames" in dataset]
    if multiframe and len(datasets) > 1:
        raise InputError(
            f"The series holds {len(datasets)} images of several frames; one is needed.",
            root,
            "Give the folder of the one image.",
        )
    frames = _frames_of(datasets[0]) if multiframe else tuple(_slice_affine(d, d, d) for d in datasets)
    return SourceImages(tuple(datasets), frames, (int(datasets[0].Rows), int(datasets[0].Columns)))


def without_identity(images: SourceImages, pseudonym: str, *, keep_links: bool) -> SourceImages:
    """Copy of the images that names nobody: their geometry and a pseudonym, nothing else of the headers.

    Parameters
    ----------
    pseudonym : str
        Written as the patient's ID and name.
    keep_links : bool
        Whether the UIDs of study, series, images and frame of reference stay; else they become new ones.
    """
    from pydicom.dataset import Dataset
    from pydicom.uid import generate_uid

    new: dict[str, str] = {}
    bare = []
    for dataset in images.datasets:
        copy = Dataset()
        _copy(dataset, copy, _GEOMETRY)
        for name in _UIDS:
            old = str(dataset.get(name) or name)
            kept = old if keep_links and name in dataset else new.setdefault(old, generate_uid(prefix=None))
            setattr(copy, name, kept)
        _copy_frames(dataset, copy)
        for name in _PERSON:
            setattr(copy, name, "")
        copy.PatientID = re.sub(r"[\\\\^=]", "_", pseudonym)[:_MOST_LETTERS]
        copy.PatientName = f"{copy.PatientID}^"
        copy.SpecificCharacterSet = "ISO_IR 192"
        bare.append(copy)
    return SourceImages(tuple(bare), images.frames, images.shape)


def with_what_is_required(images: SourceImages) -> SourceImages:
    """Copy of the images in which what DICOM requires but the scanner left out is there, empty or new."""
    from copy import deepcopy

    from pydicom.uid import generate_uid

    place = generate_uid(prefix=None)
    whole = []
    for dataset in images.datasets:
        copy = deepcopy(dataset)
        if "FrameOfReferenceUID" not in copy:
            copy.FrameOfReferenceUID = place
        for name in _PERSON:
            if name not in copy:
                setattr(copy, name, "")
        whole.append(copy)
    return SourceImages(tuple(whole), images.frames, images.shape)


def count_images(root: Path) -> dict[str, int]:
    """Images, or frames of enhanced files, of each series in a folder, by `DicomSeries.key`."""
    counts: Counter[str] = Counter()
    for key, dataset in _headers(root, ["SeriesInstanceUID", "Rows", "NumberOfFrames"]):
        counts[key] += int(dataset.get("NumberOfFrames") or 1)
    return dict(counts)


def _images_of(root: Path, key: str) -> Iterator[Dataset]:
    """Headers of the images of a series."""
    return (dataset for found, dataset in _headers(root) if found == key)


def _headers(root: Path, names: list[str] | None = None) -> Iterator[tuple[str, Dataset]]:
    """Headers of all images (of them the elements of these names, or all) with the key of their series.

    dcm2niix knows a series by the CRC-32 of its UID.
    """
    from pydicom import dcmread
    from pydicom.errors import InvalidDicomError

    for path in sorted(path for path in root.rglob("*") if path.is_file() and is_dicom_file(path)):
        try:
            dataset = dcmread(path, stop_before_pixels=True, specific_tags=names)
        except (InvalidDicomError, OSError):
            continue  # dcm2niix has passed over it too
        uid = str(dataset.get("SeriesInstanceUID", ""))
        if "Rows" in dataset:
            yield str(zlib.crc32(uid.encode("ascii", "replace"))), dataset


def _same_planes(datasets: Sequence[Dataset]) -> list[Dataset]:
    """Images that lie as most do, in the order of their positions: not the scout of a series."""
    if any("NumberOfFrames" in dataset for dataset in datasets):
        return list(datasets)
    placed = [d for d in datasets if d.get("ImagePositionPatient") and d.get("ImageOrientationPatient")]
    if not placed:
        return []
    kinds = [(d.Rows, d.Columns, *np.round(_numbers(d.ImageOrientationPatient), 3)) for d in placed]
    most = Counter(kinds).most_common(1)[0][0]
    chosen = [d for d, kind in zip(placed, kinds, strict=True) if kind == most]
    across = np.cross(*np.reshape(_numbers(chosen[0].ImageOrientationPatient), (2, 3)))
    return sorted(chosen, key=lambda d: float(np.dot(across, _numbers(d.ImagePositionPatient))))


def _frames_of(dataset: Dataset) -> tuple[Affine, ...]:
    shared = dataset.SharedFunctionalGroupsSequence[0]
    affines = []
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        position, orientation, measures = (
            (frame if name in frame else shared)[name][0]
            for name in ("PlanePositionSequence", "PlaneOrientationSequence", "PixelMeasuresSequence")
        )
        affines.append(_slice_affine(position, orientation, measures))
    return tuple(affines)


def _slice_affine(position: Dataset, orientation: Dataset, measures: Dataset) -> Affine:
    """Pixels (column, row, 0) of a slice to world (mm, RAS+); PS3.3 C.7.6.2.1.1."""
    along_row, along_column = np.reshape(_numbers(orientation.ImageOrientationPatient), (2, 3))
    between_rows, between_columns = _numbers(measures.PixelSpacing)
    affine = np.eye(4)
    affine[:3, 0] = along_row * between_columns
    affine[:3, 1] = along_column * between_rows
    affine[:3, 2] = np.cross(along_row, along_column)
    affine[:3, 3] = _numbers(position.ImagePositionPatient)
    return np.asarray(_LPS_TO_RAS @ affine)


def _numbers(values: Sequence[float]) -> list[float]:
    return [float(value) for value in values]


def _copy(source: Dataset, target: Dataset, names: Sequence[str]) -> None:
    for name in names:
        if name in source:
            target[name] = source[name]


def _copy_frames(source: Dataset, target: Dataset) -> None:
    from pydicom.dataset import Dataset

    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        if name not in source:
            continue
        items = []
        for item in getattr(source, name):
            bare = Dataset()
            _copy(item, bare, _FRAME_GEOMETRY)
            if "FrameContentSequence" in bare:
                content = Dataset()
                _copy(item.FrameContentSequence[0], content, _FRAME_CONTENT)
                bare.FrameContentSequence = [content]
            items.append(bare)
        setattr(target, name, items)
