"""Images of a DICOM series: where their pixels lie, and what of their headers another object may name."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from brainstem_app.errors import InputError
from brainstem_app.imaging.dicom.conversion import split_series
from brainstem_app.imaging.dicom.headers import DicomImage, read_dataset, read_images
from brainstem_app.imaging.dicom.series import choose_volume
from brainstem_app.imaging.dicom.stack import heights_mm
from brainstem_app.imaging.spaces import Affine

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

DEIDENTIFICATION_METHOD = "New object: geometry of the source images only"
_MOST_LETTERS = 63
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


def says_where_it_lies(path: Path) -> bool:
    """Whether each image of a series has a place; of a series that cannot be read, reading it says why."""
    try:
        return heights_mm(choose_volume(*split_series(path)).images) is not None
    except InputError:
        return True


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
    images = choose_volume(folder, series).images
    root = folder if folder.is_dir() else folder.parent
    heights = heights_mm(images)
    if heights is None:
        raise InputError(
            "The images of this series do not say where their pixels lie.",
            root,
            "Export the series from the scanner or archive again, with positions and orientations.",
        )
    ordered = [images[index] for index in np.argsort(heights)]
    files = list(dict.fromkeys(image.path for image in ordered))
    if images[0].frame is not None:
        if len(files) > 1:
            raise InputError(
                f"The series holds {len(files)} images of several frames; one is needed.",
                root,
                "Give the folder of the one image.",
            )
        ordered = list(read_images(files[0]) or ())
    datasets = [dataset for file in files if (dataset := read_dataset(file)) is not None]
    return SourceImages(tuple(datasets), _affines(ordered, root), ordered[0].matrix)


def _affines(images: Sequence[DicomImage], root: Path) -> tuple[Affine, ...]:
    affines = [image.affine for image in images if image.affine is not None]
    if len(affines) < len(images):
        raise InputError(
            "Some frames of this image do not say where their pixels lie.",
            root,
            "Export the series from the scanner or archive again, one image a file.",
        )
    return tuple(affines)


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
