"""Whose results a folder holds: those of one person never take the place of another's."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.imaging.bids.derivatives import bids_labels_path, bids_source
from brainstem_app.imaging.dicom.conversion import split_series
from brainstem_app.imaging.edited_version import latest_edit
from brainstem_app.imaging.inputs import ScanInput, expand_inputs
from brainstem_app.jobs.job import SegmentJob
from brainstem_app.jobs.places import read_folder, require_files, require_outside
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.scans.loaded_model import LoadedModel
from brainstem_app.jobs.scans.segment_bids import result_folder
from brainstem_app.jobs.scans.segment_dicom import DICOM_FILE_NAME
from brainstem_app.jobs.scans.segment_files import ARTIFACTS, POSSIBLE_ARTIFACTS
from brainstem_app.reports.exports.surfaces import SURFACES_FOLDER
from brainstem_app.reports.scan.manifest import Manifest, sha256_of
from brainstem_app.small_files import read_json, read_small
from brainstem_app.written_files import LABELS_FILE, MANIFEST_FILE, TRANSFORMS_FOLDER

#: Setting, in a manifest, that tells the series of one DICOM folder apart.
SERIES = "series_mark"
#: Roles, in a manifest, of what results are of.
_SOURCES = frozenset({"scan", "predicted", "reference"})
_ANOTHER_FOLDER = "Give another folder for the results, or remove these if they are of no more use."


def scans_with_room(
    job: SegmentJob, scans: Sequence[ScanInput], model: LoadedModel, reporter: Reporter, *, only: bool
) -> tuple[list[ScanInput], list[str]]:
    """Sort scans: those whose results can be written where they belong, and the names of the others.

    Parameters
    ----------
    only : bool
        Whether nothing else is to be done, so that a warning would not do.

    Raises
    ------
    InputError
        Instead of a warning, for the only scan.
    """
    good: list[ScanInput] = []
    refused: list[str] = []
    taken: dict[Path, str] = {}
    for scan in scans:
        with reporter.refusing(scan.name, refused, only=only):
            _require_room(job, scan, model)
            _require_own_place(job, scan, model, taken)
            good.append(scan)
    return good, refused


@contextmanager
def replacing(folder: Path, name: str, reporter: Reporter) -> Iterator[None]:
    """Make a result inside, in the place of one before: say if that one's corrections are not of the new one.

    Raises
    ------
    BrainstemError
        If files of it are missing in the end, because others removed them meanwhile.
    """
    edit = latest_edit(folder / LABELS_FILE)
    yield
    if missing := [name for name in ARTIFACTS.values() if not (folder / name).exists()]:
        raise BrainstemError(
            f"Results were removed while they were written: {', '.join(missing)} are missing.",
            folder,
            "Start it again, and leave the folder alone meanwhile.",
        )
    if edit is not None and latest_edit(folder / LABELS_FILE) is None:
        reporter.warn(
            f"{name}: its labels were corrected by hand ({edit.path.name}, {edit.saved:%Y-%m-%d}). These are "
            "new ones: the corrections are of those before and do not count any more.",
            edit.path,
            "They stay in the folder. If they are to count: brainstem-app correct, with --labels.",
        )


def _require_room(job: SegmentJob, scan: ScanInput, model: LoadedModel) -> None:
    folder = result_folder(job, scan.folder)
    source = read_folder(scan.path)
    for place in (source, *(read_folder(split_series(path)[0]) for path in job.scans)):
        require_outside(folder, place)
    files = (*POSSIBLE_ARTIFACTS.values(), DICOM_FILE_NAME)
    require_files(folder, files, (TRANSFORMS_FOLDER, SURFACES_FOLDER))
    sources = {"scan": source}
    series = split_series(scan.path)[1]
    require_same_sources(folder, sources, series)
    _require_no_scans(folder)
    if job.bids:
        labels = bids_labels_path(job.out, bids_source(scan.path), model.atlas.name)
        require_files(labels.parent, (labels.name,), ())
        reported = _reported_folder(job.out, labels)
        if reported is not None:
            require_same_sources(reported, sources, series)


def _require_own_place(job: SegmentJob, scan: ScanInput, model: LoadedModel, taken: dict[Path, str]) -> None:
    """Refuse a scan that would get the place of another one of this job, e.g. a copy of it in its folder."""
    places = [result_folder(job, scan.folder)]
    if job.bids:
        places.append(bids_labels_path(job.out, bids_source(scan.path), model.atlas.name))
    for place in places:
        if place in taken:
            raise InputError(
                f"Its results would take the place of those of {taken[place]}: both have one name in BIDS.",
                scan.path,
                "Leave one of them out, or give each a name in its dataset (acq-…, run-…).",
            )
    taken |= dict.fromkeys(places, scan.name)


def require_same_sources(folder: Path, sources: Mapping[str, Path], series: str | None = None) -> None:
    """Refuse a folder that holds the results of something else.

    Parameters
    ----------
    folder : Path
        Where results are to go; it need not exist.
    sources : mapping of str to Path
        Files or folders that they are of, by their role in the manifest.
    series : str, optional
        The one series of a DICOM folder that was chosen.

    Raises
    ------
    InputError
        If the manifest in the folder names other files, by their hash, or cannot be read.
    """
    manifest = _manifest_of(folder)
    if manifest is None:
        _require_not_reported_of_another(folder, sources)
        return
    before = {role: entry.sha256 for role, entry in manifest.files.items() if role in _SOURCES}
    now = {role: sha256_of(path) for role, path in sources.items()}
    this_series = series_mark(series)
    if before != now or manifest.settings.get(SERIES, this_series) != this_series:
        names = ", ".join(entry.file for role, entry in manifest.files.items() if role in _SOURCES)
        raise _of_another(folder, names)


def _require_not_reported_of_another(folder: Path, sources: Mapping[str, Path]) -> None:
    """Refuse a folder without a manifest whose report names another scan, by its hash."""
    try:
        scan = read_json(folder / ARTIFACTS["report_json"])["scan"]
        file, before = str(scan["file"]), scan["sha256"]
    except (OSError, ValueError, KeyError, TypeError):
        return
    if before and "scan" in sources and before != sha256_of(sources["scan"]):
        raise _of_another(folder, file)


def _of_another(folder: Path, names: str) -> InputError:
    return InputError(
        f"This folder holds the results of another scan ({names}, other data), which would be lost.",
        folder,
        f"{_ANOTHER_FOLDER} Scans that are given together get folders of their own.",
    )


def series_mark(series: str | None) -> str:
    """Mark of a chosen DICOM series for the manifest, which holds no words of a header."""
    return hashlib.sha256((series or "").encode()).hexdigest()[:16]


def require_no_segmentation(folder: Path) -> None:
    """Refuse a folder that holds the results of a segmentation, for files of the same names.

    Raises
    ------
    InputError
        If a manifest in the folder names a scan.
    """
    manifest = _manifest_of(folder)
    if manifest is not None and "scan" in manifest.files:
        raise InputError(
            "This folder holds the results of a segmentation, whose report would be lost.",
            folder,
            "Give another folder for the results.",
        )


def _require_no_scans(folder: Path) -> None:
    """Refuse a folder of raw data that has the name of a folder for results."""
    if not folder.is_dir() or (folder / MANIFEST_FILE).exists():
        return
    try:
        expand_inputs([folder])
    except InputError:
        return
    raise InputError(
        "The folder for the results of this scan holds other scans.",
        folder,
        "Give another folder for the results.",
    )


def _manifest_of(folder: Path) -> Manifest | None:
    try:
        return Manifest.model_validate_json(read_small(folder / MANIFEST_FILE))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValidationError) as error:
        raise InputError(
            "This folder holds results of which it cannot be told what scan they are of.",
            folder / MANIFEST_FILE,
            _ANOTHER_FOLDER,
        ) from error


def _reported_folder(root: Path, labels: Path) -> Path | None:
    """Folder of the report that a label map with a BIDS name belongs to; None if there is no such map."""
    sidecar = labels.with_name(labels.name.removesuffix(".nii.gz") + ".json")
    try:
        told = (root / str(read_json(sidecar)["Report"])).parent
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return told if root.resolve() in told.resolve().parents else None
