"""Label maps in the names and with the sidecars of BIDS derivatives."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from brainstem_app import __version__
from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import atomic_path, write_json, write_text
from brainstem_app.imaging.bids.dataset import is_bids_dataset
from brainstem_app.imaging.bids.scan_name import bids_scan
from brainstem_app.plain_text import printable, tsv_text
from brainstem_app.written_files import DESCRIPTION_FILE

BIDS_VERSION = "1.10.0"
REPORTS_FOLDER = "reports"
_ENTITIES = re.compile(r"sub-[a-zA-Z0-9+]+(?:_[a-zA-Z]+-[a-zA-Z0-9+]+)*")
_README = """\
Labels of the nuclei of the brainstem, made by Brainstem App.

sub-*/[ses-*/]anat/ holds label maps on the grid of each T1-weighted scan, of its nuclei and, if the atlas
divides the brainstem, of its regions, each with its table of labels.
reports/ holds, for each scan, the report, the numbers and all other files; a BIDS reader passes it over.
"""


@dataclass(frozen=True)
class BidsSource:
    """A T1-weighted scan of a BIDS dataset.

    Attributes
    ----------
    dataset : Path
        Root of the dataset.
    folder : PurePosixPath
        Below it: ``sub-01/anat`` or ``sub-01/ses-2/anat``.
    entities : str
        As `BidsScan.full_name`, e.g. ``"sub-01_ses-2_run-1"``.
    file : str
        Name of the scan's file.
    """

    dataset: Path
    folder: PurePosixPath
    entities: str
    file: str


def bids_source(scan: Path) -> BidsSource:
    """Take the place of a scan in its dataset from its path.

    Raises
    ------
    InputError
        If the path is not ``sub-…/[ses-…/]anat/sub-…_T1w.nii[.gz]``, or name and folders contradict.
    """
    named = bids_scan(scan)
    folders = list(reversed(scan.absolute().parent.parts))
    levels = 3 if len(folders) > 1 and folders[1].startswith("ses-") else 2
    place = PurePosixPath(*reversed(folders[:levels]))
    is_clear = named is not None and not named.odd_words and _ENTITIES.fullmatch(named.full_name)
    if named is None or not is_clear or place.name != "anat" or place.parts[0] != named.subject:
        raise InputError(
            "The scan does not lie in a BIDS dataset, so its labels have no BIDS name.",
            scan,
            "Leave --bids out, or give a dataset with sub-…/[ses-…/]anat/sub-…_T1w.nii.gz.",
        )
    return BidsSource(scan.absolute().parents[levels], place, named.full_name, scan.name)


def dataset_of_all(scans: Iterable[Path]) -> Path | None:
    """Find the one BIDS dataset that all scans lie in; None if there is none, or more than one."""
    try:
        roots = {bids_source(scan).dataset.resolve() for scan in scans}
    except InputError:
        return None
    root = roots.pop() if len(roots) == 1 else None
    return root if root is not None and is_bids_dataset(root) else None


def dataset_id(dataset: Path) -> str:
    """Hash of the place of a dataset: tells two of one name apart without naming a folder of the computer."""
    return hashlib.sha256(dataset.resolve().as_posix().encode()).hexdigest()[:12]


def write_dataset_description(root: Path, dataset: Path, model: str) -> None:
    """Write what a folder of derivatives says of itself, and what BIDS readers pass over.

    Parameters
    ----------
    root : Path
        Folder of the derivatives; made if missing.
    dataset : Path
        The raw dataset. It is named by its path from `root` if it is near; no path of the computer is.
    model : str
        Name of the model, in words.
    """
    description: dict[str, Any] = {
        "Name": "Labels of the nuclei of the brainstem",
        "BIDSVersion": BIDS_VERSION,
        "DatasetType": "derivative",
        "GeneratedBy": [{"Name": "Brainstem App", "Version": __version__, "Description": f"Model: {model}"}],
    }
    if link := _near(root, dataset):
        description["DatasetLinks"] = {"raw": link}
    write_json(root / DESCRIPTION_FILE, description, indent=2)
    # Without a slash at the end, which the validator from 2.0 on does not take for the folder itself.
    write_text(root / ".bidsignore", f"{REPORTS_FOLDER}\nslurm\n")
    if not any(root.glob("README*")):
        write_text(root / "README", _README)


def bids_labels_path(root: Path, source: BidsSource, atlas: str) -> Path:
    """Place of a scan's label map in a folder of derivatives; see `write_bids_labels`."""
    description = re.sub(r"[^a-zA-Z0-9]", "", atlas)
    return root / source.folder / f"{source.entities}_space-orig_desc-{description}_dseg.nii.gz"


def write_bids_labels(
    root: Path,
    source: BidsSource,
    labels: Path,
    atlas: str,
    rows: Iterable[tuple[int, str, str, str]],
    facts: Mapping[str, Any],
) -> Path:
    """Write a label map under its BIDS name, with its sidecar and its table.

    Parameters
    ----------
    root : Path
        Folder of the derivatives.
    source : BidsSource
        The scan whose grid the labels lie on.
    labels : Path
        The label map, ``.nii.gz``; copied.
    atlas : str
        Name of the atlas; its letters and digits become the ``desc`` of the name.
    rows : iterable of (index, name, abbreviation, colour)
        The labels, for the table.
    facts : mapping
        Further fields of the sidecar.

    Returns
    -------
    Path
        The label map's new place.
    """
    written = bids_labels_path(root, source, atlas)
    folder, name = written.parent, written.name.removesuffix(".nii.gz")
    scan = source.folder / source.file
    near = _near(root, source.dataset)
    sidecar = {
        "Description": "Labels of the nuclei of the brainstem on the grid of the scan",
        "Manual": False,
        "SpatialReference": {"orig": "The grid of the scan"},
        **({"Sources": [f"bids:raw:{scan}"]} if near else {"RawSources": [str(scan)]}),
        **facts,
    }
    write_text(folder / f"{name}.tsv", label_names_text(rows))
    write_json(folder / f"{name}.json", sidecar, indent=2)
    with atomic_path(written) as temporary:
        shutil.copyfile(labels, temporary)
    return written


def label_names_text(rows: Iterable[tuple[int, str, str, str]]) -> str:
    """Text of BIDS' table of labels, of (index, name, abbreviation, colour)."""
    head = ("index", "name", "abbreviation", "color")
    # BIDS takes cells as they are: no tabs and ends of lines in them, and no apostrophe before them.
    return tsv_text([[" ".join(printable(str(cell)).split()) for cell in row] for row in (head, *rows)])


def remove_bids_labels(root: Path, source: BidsSource, atlas: str) -> None:
    """Remove what `write_bids_labels` has written, if it is there."""
    labels = bids_labels_path(root, source, atlas)
    name = labels.name.removesuffix(".nii.gz")
    for file in (labels, labels.with_name(f"{name}.json"), labels.with_name(f"{name}.tsv")):
        file.unlink(missing_ok=True)


def _near(root: Path, dataset: Path) -> str | None:
    """Path of the raw dataset from the derivatives, if it is above them or beside them; else None."""
    try:
        relative = PurePosixPath(Path(os.path.relpath(dataset.resolve(), root.resolve())).as_posix())
    except ValueError:  # another drive of Windows
        return None
    ups = sum(part == ".." for part in relative.parts)
    named = len(relative.parts) - ups
    return str(relative) if ups and (named == 0 or (ups == 1 and named == 1)) else None
