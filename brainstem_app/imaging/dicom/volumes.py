"""The images of one DICOM series taken apart into single volumes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from brainstem_app.imaging.dicom.headers import POSITION, DicomImage, frame_bytes, read_dataset
from brainstem_app.imaging.dicom.stack import has_gap, largest_pile, place

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

#: Cosine of the angle (10°) up to which images lie in one plane; what lies otherwise is another volume.
_SAME_PLANE = 0.985
_SAME_SPACING = 0.01
#: More volumes than this are frames of a film, not a choice.
_MOST_VOLUMES = 8
_PLANES = ("sagittal", "coronal", "axial")
_Group = tuple[str, list[DicomImage]]


def take_apart(images: list[DicomImage]) -> list[tuple[str, list[DicomImage]]]:
    """Take a series apart by matrix, by plane, and by what else sets images at one place apart.

    Returns
    -------
    list of (str, list of DicomImage)
        For each volume what sets it apart from the others, empty if it is the only one, and its images.
    """
    groups = [
        (", ".join(filter(None, (matrix, plane, part))), found)
        for matrix, same_matrix in _by_matrix(images)
        for plane, same_plane in _by_plane(same_matrix)
        for part, found in _apart(_without_void_places(same_plane))
    ]
    names = _unique([words for words, _ in groups])
    return [(name, found) for name, (_, found) in zip(names, groups, strict=True)]


def each_once(images: list[DicomImage]) -> list[DicomImage]:
    """Leave out images that are there twice: the same pixels at the same place. A film is left as it is."""
    times = Counter(map(place, images))
    if not 1 < max(times.values()) <= _MOST_VOLUMES:
        return images
    seen: set[Hashable] = set()
    kept = []
    opened: tuple[Path, Dataset | None] | None = None
    for image in images:
        if times[place(image)] > 1:
            if opened is None or opened[0] != image.path:  # an enhanced file has hundreds of images
                opened = image.path, read_dataset(image.path, pixels=True)
            mark = (place(image), _pixels_hash(image, opened[1]))
            if mark in seen:
                continue
            seen.add(mark)
        kept.append(image)
    return kept


def _unique(names: list[str]) -> list[str]:
    times, used = Counter(names), Counter[str]()
    unique = []
    for name in names:
        used[name] += 1
        unique.append(f"{name or 'volume'} {used[name]}" if times[name] > 1 else name)
    return unique


def _by_matrix(images: list[DicomImage]) -> list[_Group]:
    def same(first: DicomImage, second: DicomImage) -> bool:
        if first.matrix != second.matrix:
            return False
        if first.spacing is None or second.spacing is None:
            return True
        return bool(np.allclose(first.spacing, second.spacing, rtol=_SAME_SPACING))

    groups = _clusters(images, same)
    if len(groups) == 1:
        return [("", groups[0])]
    return [("{1}×{0} pixels".format(*group[0].matrix), group) for group in groups]


def _by_plane(images: list[DicomImage]) -> list[_Group]:
    def same(first: DicomImage, second: DicomImage) -> bool:
        if first.normal is None or second.normal is None:
            return False
        # Images upside down, or turned about their normal, are of one plane too: they contradict each other.
        return abs(float(first.normal @ second.normal)) > _SAME_PLANE

    known = _clusters([image for image in images if image.orientation is not None], same)
    silent = [image for image in images if image.orientation is None]
    if not known:
        return [("", images)]
    # An image that does not say how it lies belongs to the others: the scan is not complete without it.
    max(known, key=len).extend(silent)
    if len(known) == 1:
        return [("", known[0])]
    return [(_plane(group), group) for group in known]


def _plane(images: list[DicomImage]) -> str:
    normal = next(image.normal for image in images if image.normal is not None)
    return _PLANES[int(np.argmax(np.abs(normal)))]


def _clusters(
    images: list[DicomImage], same: Callable[[DicomImage, DicomImage], bool]
) -> list[list[DicomImage]]:
    groups: list[list[DicomImage]] = []
    for image in images:
        for group in groups:
            if same(group[0], image):
                group.append(image)
                break
        else:
            groups.append([image])
    return groups


def _without_void_places(images: list[DicomImage]) -> list[DicomImage]:
    """Images as if they said no place, if all say the same one."""
    places = {place(image) for image in images}
    if len(images) < 3 or len(places) > 1:
        return images
    return [replace(image, position=None, invalid=image.invalid | {POSITION}) for image in images]


def _apart(images: list[DicomImage]) -> list[_Group]:
    """Take images apart of which several lie at one place, by the first trait that explains it."""
    repeats = largest_pile(images)
    unplaced = any(image.position is None for image in images)
    for trait in images[0].traits:
        values = dict.fromkeys(image.traits[trait] for image in images)
        if not 1 < len(values) <= _MOST_VOLUMES:
            continue
        times = Counter((place(image), image.traits[trait]) for image in images)
        explains = max(times.values()) < repeats
        # Without places, or with a gap between two blocks, nothing lies twice, and yet it is not one volume.
        blocks = trait == "stack" and has_gap(images)
        if not (explains or blocks or (unplaced and trait in ("part", "echo time", "stack"))):
            continue
        return [
            (", ".join(filter(None, (_trait_text(trait, value), more))), found)
            for value in values
            for more, found in _apart([image for image in images if image.traits[trait] == value])
        ]
    return [("", images)]


def _trait_text(trait: str, value: str) -> str:
    if trait == "part":
        return value or "magnitude"
    return f"{trait} {value or 'unknown'}"


def _pixels_hash(image: DicomImage, dataset: Dataset | None) -> str:
    if dataset is None or "PixelData" not in dataset:
        return str(image.path)
    scale = f"{dataset.get('RescaleSlope')} {dataset.get('RescaleIntercept')}"
    return hashlib.sha256(frame_bytes(dataset, image.frame) + scale.encode()).hexdigest()
