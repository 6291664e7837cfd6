"""What the user may give as a scan: a file, a DICOM folder, a BIDS dataset, a folder of scans."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.dataset import find_t1w_scans, holds_t1w_scan, is_bids_dataset
from brainstem_app.imaging.dicom.conversion import split_series
from brainstem_app.imaging.dicom.headers import holds_dicom
from brainstem_app.imaging.file_names import (
    HEADER_ENDINGS,
    IMAGE_ENDINGS,
    LOOSE_ENDINGS,
    file_stem,
    has_ending,
    pair_header,
    pair_image,
)
from brainstem_app.imaging.scan_limits import leads_in_circles
from brainstem_app.plain_name import folder_name_of, name_key, require_text_path
from brainstem_app.written_files import (
    CONFIDENCE_FILE,
    FINE_WARP_FILE,
    LABELS_BOX_FILE,
    LABELS_FILE,
    REGION_LABELS_FILE,
    REPEAT_BOX_FILE,
    REPEAT_WARP_FILE,
    REPORT_FILE,
    SCAN_BOX_FILE,
    UNCERTAINTY_FILE,
)

#: Volumes that the program writes: results, prepared subjects, transforms, atlases. They are no scans.
OWN_VOLUMES = frozenset(
    {
        LABELS_FILE,
        REGION_LABELS_FILE,
        "labels_mni.nii.gz",
        CONFIDENCE_FILE,
        SCAN_BOX_FILE,
        LABELS_BOX_FILE,
        REPEAT_BOX_FILE,
        UNCERTAINTY_FILE,
        FINE_WARP_FILE,
        REPEAT_WARP_FILE,
        "mni_coarse_warp_mm.nii.gz",
        "mean_warp_mm.nii.gz",
        "mni_to_atlas_warp.nii.gz",
        "atlas_to_mni_warp.nii.gz",
        "labels.nii.gz",
        "regions.nii.gz",
        "labels_dicom.dcm",
    }
)
# Copies that Review saves, and label maps under their BIDS names.
_OWN_ENDINGS = re.compile(r"^labels_native_edited.*|.*_dseg(?:_edited.*)?\.nii(?:\.gz)?$")


@dataclass(frozen=True)
class ScanInput:
    """One scan to work on.

    Attributes
    ----------
    path : Path
        What `read_scan` takes: a file, a DICOM folder, or ``FOLDER#SERIES``.
    name : str
        Name for its output folder, unique among the scans given together.
    place : str
        Folder of its results below the folder for all, where that is not its name, as in a study.
    """

    path: Path
    name: str
    place: str = ""

    @property
    def folder(self) -> str:
        """Folder of its results below the folder for all."""
        return self.place or self.name


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
        their file's name, then the folders before it that tell them apart, then the ending of the file, then
        a number.

    Raises
    ------
    InputError
        If a path does not exist, a folder holds no scan, or a file is one that the program wrote.
    """
    found: dict[Path, tuple[str, ...]] = {}
    for path in paths:
        for scan, names in _scans_in(path):
            require_text_path(scan)
            if scan not in found or path.is_dir():  # its dataset knows better whose a file is
                found[scan] = names
    if not found:
        raise InputError(
            "No scan was given.", None, "Give a NIfTI or MGZ file, a DICOM folder or a BIDS dataset."
        )
    return _numbered(_with_endings(list(found), _shortest(found.values())))


def _scans_in(path: Path) -> list[tuple[Path, tuple[str, ...]]]:
    """List the scans a path stands for, each with possible names, the shortest first."""
    folder, series = split_series(path)
    if folder.is_symlink() and leads_in_circles(folder):
        raise InputError("The file is a link that leads back to itself.", folder, "Give the file itself.")
    if not folder.exists() and not folder.is_symlink():
        raise InputError("There is no such file or folder.", folder, "Check the name.")
    if not folder.is_dir():
        if folder.exists() and not folder.is_file():
            raise InputError("This is a pipe or a device, no file.", folder, "Give the file of the scan.")
        if is_own_volume(folder):
            raise InputError(
                "By its name this is no scan, but a label map or another volume that Brainstem App wrote.",
                folder,
                "Give the scan that it was made from; if it is one, rename it.",
            )
        return [(pair_header(path) or path, _longer(folder.parent, file_stem(folder)))]
    name = folder.resolve().name
    if series is not None:
        # Also if it is given alone: two series of one folder, segmented one after the other, are two results.
        return [(path, _longer(folder.resolve().parent, f"{name}_{series}"))]
    is_part_of_bids = name.startswith(("sub-", "ses-")) and holds_t1w_scan(folder)
    if is_bids_dataset(folder) or is_part_of_bids:
        dataset = folder.resolve().parent if is_part_of_bids else folder.resolve()
        return [(s.path, (s.name, *_longer(dataset, s.full_name))) for s in find_t1w_scans(folder)]
    return _loose_scans_in(folder, name)


def _loose_scans_in(folder: Path, name: str) -> list[tuple[Path, tuple[str, ...]]]:
    """List the scans of a folder that is no BIDS dataset: files, or one DICOM series."""
    files = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
    loose = [p for p in files if has_ending(p, LOOSE_ENDINGS) or pair_image(p)]
    if scans := [p for p in loose if not is_own_volume(p)]:
        return [(p, _longer(folder, file_stem(p))) for p in scans]
    if (folder / REPORT_FILE).exists() or loose:
        raise InputError(
            "This folder holds no scan, only files that Brainstem App wrote.",
            folder,
            "Give the scan that they were made from.",
        )
    if holds_dicom(folder):
        return [(folder, _longer(folder.resolve().parent, name))]
    halves = [p for p in files if has_ending(p, (*HEADER_ENDINGS, *IMAGE_ENDINGS))]
    if halves:  # reading says which other half is missing
        return [(p, _longer(folder, file_stem(p))) for p in halves]
    raise InputError(
        "This folder holds no scan: it is no BIDS dataset, and no NIfTI, MGZ or DICOM file lies in it.",
        folder,
        "Give the scan's file, the folder of its DICOM series, or the folder of a BIDS dataset.",
    )


def is_own_volume(path: Path) -> bool:
    """Whether a file is, by its name, one that the program wrote: a label map, a confidence, a transform."""
    name = path.name.casefold()
    return name in OWN_VOLUMES or _OWN_ENDINGS.match(name) is not None


def _longer(folder: Path, name: str) -> tuple[str, ...]:
    """Names of what lies in a folder: its own, then with one more of the folders above it each."""
    names = [name]
    for above in (folder.resolve(), *folder.resolve().parents):
        if above.name:
            names.append(f"{above.name}_{names[-1]}")
    return tuple(names)


def _shortest(candidates: Iterable[tuple[str, ...]]) -> list[str]:
    """For each scan the shortest of its names, or a longer one where that tells it from others."""
    left = [tuple(folder_name_of(name, "scan") for name in names) for names in candidates]
    while True:
        wanting: dict[str, set[tuple[str, ...]]] = {}
        for names in left:
            keys = tuple(map(name_key, names))
            wanting.setdefault(keys[0], set()).add(keys)
        # Scans of one folder have the same longer names, too: these would tell nothing.
        longer = [
            names[1:] if len(wanting[name_key(names[0])]) > 1 and len(names) > 1 else names for names in left
        ]
        if longer == left:
            return [names[0] for names in left]
        left = longer


def _with_endings(paths: Sequence[Path], names: Sequence[str]) -> list[ScanInput]:
    """Put the ending of its file behind each name that several scans still have: ``T1_nii``, ``T1_mgz``."""
    times = Counter(map(name_key, names))
    return [
        ScanInput(path, _with_ending(path, name) if times[name_key(name)] > 1 else name)
        for path, name in zip(paths, names, strict=True)
    ]


def _with_ending(path: Path, name: str) -> str:
    ending = path.name.removeprefix(file_stem(path)).strip(".").casefold()
    return folder_name_of(f"{name}_{ending}", "scan") if ending else name


def _numbered(inputs: list[ScanInput]) -> list[ScanInput]:
    """Put -2, -3, … behind names that are still the same, upper and lower case aside."""
    taken: set[str] = set()
    unique = []
    for one in inputs:
        name, count = one.name, 1
        while name_key(name) in taken:
            count += 1
            name = f"{one.name}-{count}"
        taken.add(name_key(name))
        unique.append(replace(one, name=name))
    return unique
