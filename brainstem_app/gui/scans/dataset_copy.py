"""Make a BIDS dataset of copies of single scans, so that they can be prepared."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.errors import InputError
from brainstem_app.imaging.file_names import NIFTI_ENDINGS, has_ending
from brainstem_app.jobs.folder_rights import make_folder

if TYPE_CHECKING:
    from brainstem_app.gui.scans.listing import ListedScan

_DESCRIPTION = {"Name": "Scans gathered by Brainstem App", "BIDSVersion": "1.9.0", "DatasetType": "raw"}


def copy_as_dataset(scans: Sequence[ListedScan], root: Path) -> Path:
    """Copy scans into ``root/sub-…/anat/…_T1w.nii.gz``; slow for DICOM, so on a thread.

    Parameters
    ----------
    root : Path
        New or empty folder.

    Returns
    -------
    Path
        `root`.

    Raises
    ------
    InputError
        If the folder holds something already or cannot be written, or a scan cannot be read.
    """
    fix = "Choose an empty folder that you may write to."
    try:
        if root.exists() and any(root.iterdir()):
            raise InputError("The folder for the dataset is not empty.", root, fix)
        make_folder(root, exist_ok=True)
        for subject, scan in _subjects(scans).items():
            folder = root / subject / "anat"
            folder.mkdir(parents=True)
            _copy(scan.path, folder, f"{subject}_T1w")
        (root / "dataset_description.json").write_text(json.dumps(_DESCRIPTION, indent=1), encoding="utf-8")
    except OSError as error:
        raise InputError(f"The dataset cannot be written: {error.strerror or error}.", root, fix) from error
    return root


def _subjects(scans: Sequence[ListedScan]) -> dict[str, ListedScan]:
    """Label of each scan: letters and digits of its name, a number behind it where that is taken."""
    found: dict[str, ListedScan] = {}
    for scan in scans:
        base = re.sub(r"[^A-Za-z0-9]", "", scan.name.removeprefix("sub-")) or "scan"
        label, number = f"sub-{base}", 1
        while label.casefold() in {name.casefold() for name in found}:
            number += 1
            label = f"sub-{base}x{number}"
        found[label] = scan
    return found


def _copy(source: Path, folder: Path, stem: str) -> None:
    """Copy a NIfTI file as it is; read what is none, which is refused where its header is silent."""
    from brainstem_app.imaging.label_map import save_volume
    from brainstem_app.imaging.reading import read_scan, require_usable

    ending = next((e for e in NIFTI_ENDINGS if has_ending(source, (e,))), "")
    if ending and source.is_file():
        shutil.copyfile(source, folder / f"{stem}{ending}")
        return
    scan = read_scan(source)
    require_usable(scan)
    save_volume(folder / f"{stem}.nii.gz", scan.data, scan.affine)
