"""Files of one DICOM volume laid out for dcm2niix: nothing else there, each in a form that it reads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from brainstem_app.imaging.dicom.file_limits import DEFLATED
from brainstem_app.imaging.dicom.headers import (
    DicomImage,
    Numbers,
    frame_bytes,
    read_dataset,
)
from brainstem_app.imaging.dicom.placement import PlacedVolume, StatedPlaces
from brainstem_app.imaging.unreadable import UnreadableScanError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

_CLASSIC_MR = "1.2.840.10008.5.1.4.1.1.4"
_SHARED, _PER_FRAME = "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"
_OF_FRAMES = (_SHARED, _PER_FRAME, "DimensionIndexSequence", "NumberOfFrames", "PixelData")
_PERSON_GROUP = 0x0010


def stage_volume(volume: PlacedVolume, folder: Path) -> dict[Path, Path]:
    """Put the images of a volume into an empty folder.

    A file that dcm2niix reads as it is becomes a link to it (a copy where links cannot be made). Written
    anew, without the patient's name, are files without a preamble or deflated, images whose places are
    stated, and the frames of an enhanced file that holds more than the volume.

    Returns
    -------
    dict of Path to Path
        The file that each file in the folder stands for.

    Raises
    ------
    UnreadableScanError
        If a file cannot be read.
    OSError
        If the folder cannot be written to.
    """
    by_file: dict[Path, list[tuple[int, DicomImage]]] = {}
    for index, image in enumerate(volume.images):
        by_file.setdefault(image.path, []).append((index, image))
    sources: dict[Path, Path] = {}
    for path, images in by_file.items():
        target = folder / f"{images[0][0] + 1:06d}.dcm"
        is_whole = volume.stated is None and len(images) == images[0][1].frames
        sources[target] = path
        if is_whole and images[0][1].is_plain:
            _link(path, target)
            continue
        dataset = _read(path)
        if is_whole:
            _save(dataset, target, path)
            continue
        for index, image in images:
            target = folder / f"{index + 1:06d}.dcm"
            sources[target] = path
            _save(_single(dataset, image, index, volume.stated), target, path)
    return sources


def _link(path: Path, target: Path) -> None:
    try:
        target.symlink_to(path.absolute())
    except OSError:  # Windows lets few users make links, and some disks know none
        shutil.copyfile(path, target)


def _save(dataset: Dataset, target: Path, source: Path) -> None:
    try:
        dataset.save_as(target, enforce_file_format=True)
    except OSError:
        raise
    except Exception as error:
        # pydicom reads more than it writes, and raises many types for elements that are none.
        raise _damaged(source) from error


def _damaged(path: Path) -> UnreadableScanError:
    return UnreadableScanError(
        "file-damaged", "This DICOM file cannot be read.", path, "Copy or export the series again."
    )


def _read(path: Path) -> Dataset:
    """Read a file, leave the patient out, and see that its head says how it is encoded."""
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian, generate_uid

    dataset = read_dataset(path, pixels=True)
    if dataset is None or "PixelData" not in dataset:
        raise _damaged(path)
    if not hasattr(dataset, "file_meta"):
        dataset.file_meta = FileMetaDataset()
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax is None or syntax == DEFLATED:
        is_implicit, is_little = dataset.original_encoding
        plain = ImplicitVRLittleEndian if is_implicit else ExplicitVRLittleEndian
        dataset.file_meta.TransferSyntaxUID = plain if is_little else ExplicitVRBigEndian
    for name, value in (("SOPClassUID", _CLASSIC_MR), ("SOPInstanceUID", generate_uid(prefix=None))):
        if name not in dataset:
            setattr(dataset, name, value)
    for element in dataset.group_dataset(_PERSON_GROUP):
        del dataset[element.tag]
    return dataset


def _single(dataset: Dataset, image: DicomImage, index: int, stated: StatedPlaces | None) -> Dataset:
    """One image of a data set as a file of its own, lying where its header or the user says."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import generate_uid

    single = Dataset()
    single.update(dataset)
    single.file_meta = FileMetaDataset()
    single.file_meta.update(dataset.file_meta)
    if image.frame is not None:
        _keep_frame(single, dataset, image.frame)
    orientation = image.orientation if stated is None else stated.orientation
    position = image.position if stated is None else stated.positions[index]
    _set(single, "ImageOrientationPatient", _decimals(orientation))
    _set(single, "ImagePositionPatient", _decimals(position))
    _set(single, "PixelSpacing", _decimals(image.spacing))
    _set(single, "InstanceNumber", index + 1)
    for holder, name in ((single, "SOPInstanceUID"), (single.file_meta, "MediaStorageSOPInstanceUID")):
        _set(holder, name, generate_uid(prefix=None))
    return single


def _keep_frame(single: Dataset, dataset: Dataset, frame: int) -> None:
    """Make an enhanced data set one of a single image: the frame's pixels and their scale."""
    from pydicom.encaps import encapsulate

    for name in _OF_FRAMES:
        if name in single:
            delattr(single, name)
    content = frame_bytes(dataset, frame)
    is_encapsulated = dataset.file_meta.TransferSyntaxUID.is_encapsulated
    single.PixelData = encapsulate([content]) if is_encapsulated else content
    single["PixelData"].VR = "OB" if is_encapsulated else "OW"
    single["PixelData"].is_undefined_length = is_encapsulated
    _set(single, "ImageType", ["ORIGINAL", "PRIMARY", "M"])
    _set(single, "SOPClassUID", _CLASSIC_MR)
    _set(single.file_meta, "MediaStorageSOPClassUID", _CLASSIC_MR)
    own = dataset.get(_PER_FRAME) or ()
    for holder in (*(dataset.get(_SHARED) or ())[:1], *own[frame : frame + 1]):
        for item in holder.get("PixelValueTransformationSequence") or ():
            _set(single, "RescaleSlope", item.RescaleSlope)
            _set(single, "RescaleIntercept", item.RescaleIntercept)


def _set(dataset: Dataset, name: str, value: Any) -> None:
    """Give a copied data set an element of its own: a value set in place would change the source's too."""
    if name in dataset:
        delattr(dataset, name)
    setattr(dataset, name, value)


def _decimals(values: Numbers | None) -> list[str]:
    """Numbers as DICOM writes them: in at most 16 letters."""
    from pydicom.valuerep import format_number_as_ds

    return [] if values is None else [format_number_as_ds(float(value)) for value in values]
