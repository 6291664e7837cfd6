"""What the user may give as a scan: a file, a DICOM folder, a BIDS dataset, a folder of scans."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids import find_t1w_scans, holds_t1w_scan, is_bids_dataset
from brainstem_app.imaging.dicom import split_series
from brainstem_app.imaging.dicom_headers import holds_dicom
from brainstem_app.imaging.file_names import (
    HEADER_ENDINGS,
    IMAGE_ENDINGS,
    LOOSE_ENDINGS,
    file_stem,
    has_ending,
    pair_header,
    pair_image,
)

_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]+')
_RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{i}" for p in ("com", "lpt") for i in range(1, 10))}


@dataclass(frozen=True)
class ScanInput:
    """One scan to work on.

    Attributes
    ----------
    path : Path
        What `read_scan` takes: a file, a DICOM folder, or ``FOLDER#SERIES``.
    name : str
        Name for its output folder, unique among the scans given together.
    """

    path: Path
    name: str


def expand_inputs(paths: Sequence[Path]) -> list[ScanInput]:
    """Turn what the user gave into single scans with names for their output folders.

    Parameters
    ----------
    paths : sequence of Path
        NIfTI or MGZ files, DICOM folders (``FOLDER#SERIES`` for one of several series), BIDS datasets
        or subject folders of one, or plain folders of NIfTI or MGZ files.

    Returns
    -------
    list of ScanInput
        In the order given, a scan given twice once; names such as ``sub-01``, ``sub-01_ses-2``, the stem of
        a file or the name of a DICOM folder. Where two scans would have the same name, both get more of
        their file's name, then the folder's name before it, then a number.

    Raises
    ------
    InputError
        If a path does not exist, or a folder holds no scan.
    """
    found: dict[Path, tuple[str, ...]] = {}
    for path in paths:
        for scan, names in _scans_in(path):
            found.setdefault(scan, names)
    if not found:
        raise InputError(
            "No scan was given.", None, "Give a NIfTI or MGZ file, a DICOM folder or a BIDS dataset."
        )
    return _numbered(
        [ScanInput(path, name) for path, name in zip(found, _shortest(found.values()), strict=True)]
    )


def _scans_in(path: Path) -> list[tuple[Path, tuple[str, ...]]]:
    """List the scans a path stands for, each with possible names, the shortest first."""
    folder, series = split_series(path)
    if not folder.exists() and not folder.is_symlink():
        raise InputError("There is no such file or folder.", folder, "Check the name.")
    if not folder.is_dir():
        return [(pair_header(path) or path, _file_names(folder))]
    name, parent = folder.resolve().name, folder.resolve().parent.name
    if series is not None:
        # Also if it is given alone: two series of one folder, segmented one after the other, are two results.
        return [(path, (f"{name}_{series}", f"{parent}_{name}_{series}"))]
    is_part_of_bids = name.startswith(("sub-", "ses-")) and holds_t1w_scan(folder)
    if is_bids_dataset(folder) or is_part_of_bids:
        dataset = parent if is_part_of_bids else name
        return [(s.path, (s.name, s.full_name, f"{dataset}_{s.full_name}")) for s in find_t1w_scans(folder)]
    files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    loose = [p for p in files if has_ending(p, LOOSE_ENDINGS) or pair_image(p)]
    if loose:
        return [(p, _file_names(p)) for p in loose]
    if holds_dicom(folder):
        return [(folder, (name, f"{parent}_{name}"))]
    halves = [p for p in files if has_ending(p, (*HEADER_ENDINGS, *IMAGE_ENDINGS))]
    if halves:  # reading says which other half is missing
        return [(p, _file_names(p)) for p in halves]
    raise InputError(
        "This folder holds no scan: it is no BIDS dataset, and no NIfTI, MGZ or DICOM file lies in it.",
        folder,
        "Give the scan's file, the folder of its DICOM series, or the folder of a BIDS dataset.",
    )


def _file_names(path: Path) -> tuple[str, str]:
    return file_stem(path), f"{path.resolve().parent.name}_{file_stem(path)}"


def _shortest(candidates: Iterable[tuple[str, ...]]) -> list[str]:
    """For each scan the shortest of its names, or a longer one where others want the same."""
    left = [tuple(_safe(name) for name in names) for names in candidates]
    while True:
        times = Counter(names[0].casefold() for names in left)
        longer = [names[1:] if times[names[0].casefold()] > 1 and len(names) > 1 else names for names in left]
        if longer == left:
            return [names[0] for names in left]
        left = longer


def _safe(name: str) -> str:
    """Name that Windows, macOS and Linux all accept for a folder."""
    name = _FORBIDDEN.sub("_", name).strip().rstrip(". ")
    return f"{name}_" if name.casefold() in _RESERVED else name or "scan"


def _numbered(inputs: list[ScanInput]) -> list[ScanInput]:
    """Put -2, -3, … behind names that are still the same, upper and lower case aside."""
    taken: set[str] = set()
    unique = []
    for one in inputs:
        name, count = one.name, 1
        while name.casefold() in taken:
            count += 1
            name = f"{one.name}-{count}"
        taken.add(name.casefold())
        unique.append(replace(one, name=name))
    return unique
