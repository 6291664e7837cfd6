"""Scans that the user has opened, as the table shows them; listed and examined on a thread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.scan_name import bids_scan

SEVERAL_SERIES, SERIES_CHOSEN = "several-series", "dicom-series-chosen"
# What the people at a scanner call such a sequence.
_T1 = re.compile(r"t1|mp2?rage|spgr|bravo|tfl|tfe", re.IGNORECASE)


@dataclass(frozen=True)
class ListedScan:
    """One scan of the list.

    Attributes
    ----------
    path : Path
        What `read_scan` takes: a file, a DICOM folder, or ``FOLDER#SERIES``.
    name : str
        Unique in the list, e.g. ``"sub-01_ses-2"``.
    columns : dict of str to str
        What participants.tsv says of the person: group, age, …
    dataset : Path or None
        BIDS dataset it belongs to.
    """

    path: Path
    name: str
    columns: dict[str, str] = field(default_factory=dict)
    dataset: Path | None = None

    @property
    def person(self) -> str:
        """BIDS subject, or the name where there is none."""
        scan = bids_scan(self.path) if self.dataset is not None else None
        return self.name if scan is None else scan.subject


@dataclass(frozen=True)
class ChosenScans:
    """Scans of the list to be segmented together.

    `left_out` counts those that were chosen too, but cannot be used.
    """

    scans: tuple[ListedScan, ...]
    left_out: int = 0


@dataclass(frozen=True)
class OfferedSeries:
    """One series of a DICOM folder, to choose from.

    Attributes
    ----------
    path : str
        ``FOLDER#SERIES``.
    text : str
        Number and description.
    images : int
        How many there are; 0 if nobody could say.
    is_likely : bool
        Whether it is most likely the T1-weighted scan, by description and number of images.
    """

    path: str
    text: str
    images: int = 0
    is_likely: bool = False


@dataclass(frozen=True)
class Listing:
    """Scans found in what was opened, and what could not be listed.

    `problems` holds the error of each source that holds no scan; `with_dicom` the folders of which NIfTI or
    MGZ files are listed, and DICOM files in them are not.
    """

    scans: tuple[ListedScan, ...] = ()
    problems: tuple[InputError, ...] = ()
    with_dicom: tuple[Path, ...] = ()

    @property
    def datasets(self) -> tuple[Path, ...]:
        """BIDS datasets among the sources."""
        return tuple(dict.fromkeys(scan.dataset for scan in self.scans if scan.dataset is not None))

    @property
    def column_names(self) -> tuple[str, ...]:
        """Columns of participants.tsv, ``group`` first, in the order of the tables."""
        names = list(dict.fromkeys(name for scan in self.scans for name in scan.columns))
        return tuple(sorted(names, key=lambda name: name != "group"))


def list_scans(sources: Sequence[Path]) -> Listing:
    """List the scans in files, DICOM folders, BIDS datasets and plain folders."""
    from brainstem_app.imaging.inputs import expand_inputs

    good: list[Path] = []
    problems: list[InputError] = []
    for source in sources:
        try:
            expand_inputs([source])
            _require_scan(source)
        except InputError as error:
            problems.append(error)
        else:
            good.append(source)
    if not good:
        return Listing((), tuple(problems))
    datasets = datasets_of(good)
    tables = {dataset: _participants(dataset, problems) for dataset in datasets}
    scans = []
    for given in expand_inputs(good):
        dataset = next((one for one in datasets if one in given.path.parents), None)
        scan = ListedScan(given.path, given.name, dataset=dataset)
        columns = {} if dataset is None else tables[dataset].get(scan.person, {})
        scans.append(replace(scan, columns=columns))
    return Listing(tuple(scans), tuple(problems), _with_dicom(good, scans))


def _require_scan(source: Path) -> None:
    """Refuse a file that is something else; what is wrong with a scan is said in its row."""
    from brainstem_app.imaging.scan_file import open_scan_file
    from brainstem_app.imaging.unreadable import FORMAT_UNKNOWN, UnreadableScanError

    if not source.is_file():
        return
    try:
        with open_scan_file(source):
            pass
    except UnreadableScanError as error:
        if error.code == FORMAT_UNKNOWN:
            raise


def _with_dicom(sources: Sequence[Path], scans: Sequence[ListedScan]) -> tuple[Path, ...]:
    """Folders (no datasets) whose files are listed, and that hold DICOM files too."""
    from brainstem_app.imaging.dicom.headers import holds_dicom

    loose = {scan.path.parent for scan in scans if scan.dataset is None and scan.path.is_file()}
    return tuple(source for source in sources if source in loose and holds_dicom(source))


def series_of(path: Path) -> tuple[OfferedSeries, ...]:
    """Series in a DICOM folder; one of them is likely.

    Raises
    ------
    InputError
        If there is no DICOM file.
    """
    from brainstem_app.imaging.dicom.conversion import split_series
    from brainstem_app.imaging.dicom.series import list_series

    folder, _ = split_series(path)
    found = list_series(folder)
    likely = max(found, key=lambda s: (bool(_T1.search(s.description)), s.images))
    return tuple(OfferedSeries(f"{folder}#{s.mark}", str(s), s.images, s is likely) for s in found)


def datasets_of(sources: Sequence[Path]) -> tuple[Path, ...]:
    """BIDS datasets that files and folders are, or lie in."""
    from brainstem_app.imaging.bids.dataset import is_bids_dataset
    from brainstem_app.imaging.bids.derivatives import dataset_of_all

    found = []
    for source in sources:
        whole = (folder for folder in (source, source.parent) if folder.is_dir() and is_bids_dataset(folder))
        if (dataset := next(whole, None) or dataset_of_all([source])) is not None:
            found.append(dataset)
    return tuple(dict.fromkeys(found))


def _participants(dataset: Path, problems: list[InputError]) -> dict[str, dict[str, str]]:
    from brainstem_app.imaging.bids.dataset import read_participants

    try:
        return read_participants(dataset)
    except InputError as error:
        problems.append(error)
        return {}
