"""What the user can open, and reading it (on a thread: nibabel and NumPy only)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.errors import InputError

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.gui.viewer.volume import ImageVolume, LabelVolume
    from brainstem_app.imaging.scan import Finding

LABELS_FILE = "labels_native.nii.gz"
JOB_FILE_NAME = "job.json"
_LABEL_MARKS = ("labels_", "_dseg.", "_labels.", "aseg.")


class OpenKind(Enum):
    """What a path holds."""

    SCAN = auto()
    LABELS = auto()
    RESULT = auto()


@dataclass(frozen=True)
class OpenedScan:
    """A scan that was read for the viewer."""

    path: Path
    image: ImageVolume
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class OpenedLabels:
    """A label map that was read for the viewer, with the table of its structures.

    ``labels.volumes_mm3``, ``labels.places`` and ``labels.extent`` are worked out already. `atlas` is the
    title of the table's atlas, `notes` what was taken for granted of it.
    """

    path: Path
    labels: LabelVolume
    table: LabelTable
    atlas: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResultFiles:
    """The files of a segmentation; those that do not exist are None.

    Attributes
    ----------
    folder : Path
    labels : Path
    report_html, report_pdf, report_csv, report_json : Path or None
    scan : Path or None
        The scan it was made from, as the window's job file beside it names it; it may be gone. Reports
        name no folders, so without a job file it is None.
    """

    folder: Path
    labels: Path
    report_html: Path | None = None
    report_pdf: Path | None = None
    report_csv: Path | None = None
    report_json: Path | None = None
    scan: Path | None = None

    @property
    def reports(self) -> tuple[Path, ...]:
        """The report files there are, the readable ones first."""
        files = (self.report_html, self.report_pdf, self.report_csv, self.report_json)
        return tuple(file for file in files if file is not None)


@dataclass(frozen=True)
class OpenedResult:
    """A segmentation that was read for the viewer.

    ``scan`` is None if it is open already or gone; ``findings`` are the report's warnings and notes.
    """

    files: ResultFiles
    labels: OpenedLabels
    scan: OpenedScan | None
    findings: tuple[Finding, ...] = ()


def kind_of(path: Path) -> OpenKind:
    """Guess from the names what a file or folder holds."""
    if path.is_dir():
        return OpenKind.SCAN if _label_file_below(path) is None else OpenKind.RESULT
    name = path.name.lower()
    return OpenKind.LABELS if any(mark in name for mark in _LABEL_MARKS) else OpenKind.SCAN


def read_anything(
    path: Path, open_scan: Path | None, atlas: str | None = None
) -> OpenedScan | OpenedLabels | OpenedResult:
    """Read a scan, a label map or a result folder, whichever the path looks like.

    `atlas` is the user's word for what labels mean.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    kind = kind_of(path)
    if kind is OpenKind.RESULT:
        return read_result_for_viewer(path, open_scan, atlas)
    return read_labels_for_viewer(path, atlas) if kind is OpenKind.LABELS else read_for_viewer(path)


def read_for_viewer(path: Path) -> OpenedScan:
    """Read a scan (NIfTI, MGZ, DICOM folder) for the viewer.

    Raises
    ------
    InputError
        If it cannot be read as a three-dimensional scan.
    """
    from brainstem_app.gui.viewer.volume import image_volume
    from brainstem_app.imaging.reading import read_scan

    scan = read_scan(path)
    return OpenedScan(path, image_volume(scan.data, scan.affine), scan.findings)


def read_labels_for_viewer(
    path: Path, atlas: str | None = None, like: OpenedLabels | None = None
) -> OpenedLabels:
    """Read a label map and the table of its structures for the viewer.

    Parameters
    ----------
    path : Path
        The label map.
    atlas : str, optional
        Name or folder of its atlas, if the user says it; else the files beside it say it, or the atlases at
        hand.
    like : OpenedLabels, optional
        Labels that these are compared with: of their atlas, unless the user or a file says otherwise.

    Raises
    ------
    UnknownAtlasError
        If it is not certain which atlas the labels are of.
    InputError
        If it is no label map, or holds labels that the atlas does not name.
    """
    from brainstem_app.gui.viewer.volume import label_volume
    from brainstem_app.imaging.label_map import load_label_map
    from brainstem_app.models.label_meaning import LabelMeaning, labels_in, meaning_of_labels

    labels, affine = load_label_map(path)
    other = None if like is None else (like.path, LabelMeaning(like.table, like.atlas, ""))
    meaning = meaning_of_labels(path, labels_in(labels), atlas, other)
    ready = label_volume(labels, affine)
    _ = ready.volumes_mm3, ready.places, ready.extent
    return OpenedLabels(path, ready, meaning.table, meaning.title, meaning.notes)


def read_result_for_viewer(
    folder: Path, open_scan: Path | None = None, atlas: str | None = None
) -> OpenedResult:
    """Read a segmentation and, unless it is the open one, the scan it was made from.

    Raises
    ------
    UnknownAtlasError
        If it is not certain which atlas the labels are of, and `atlas` does not say it.
    InputError
        If there is no label map in the folder, or it cannot be read.
    """
    files = find_result(folder)
    labels = read_labels_for_viewer(files.labels, atlas)
    findings = () if files.report_json is None else _findings_of_report(files.report_json)
    if files.scan is None or files.scan == open_scan or not files.scan.exists():
        return OpenedResult(files, labels, None, findings)
    try:
        scan = read_for_viewer(files.scan)
    except InputError:
        scan = None
    return OpenedResult(files, labels, scan, findings)


def find_result(folder: Path) -> ResultFiles:
    """Files of the segmentation in a folder, or in its only subfolder that holds one.

    Raises
    ------
    InputError
        If there is no label map in it.
    """
    labels = _label_file_below(folder)
    if labels is None:
        raise InputError(
            f"The folder holds no {LABELS_FILE}.", folder, "Choose a folder that Segment has written."
        )
    home = labels.parent
    return ResultFiles(
        folder=home,
        labels=labels,
        report_html=_existing(home / "report.html"),
        report_pdf=_existing(home / "report.pdf"),
        report_csv=_existing(home / "report.csv"),
        report_json=_existing(home / "report.json"),
        scan=scan_of_result(home),
    )


def _label_file_below(folder: Path) -> Path | None:
    direct = folder / LABELS_FILE
    if direct.is_file():
        return direct
    below = sorted(folder.glob(f"*/{LABELS_FILE}"))
    return below[0] if len(below) == 1 else None


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def scan_of_result(home: Path) -> Path | None:
    """Return the scan of the job file above a result; of several, the one that the result is named after."""
    from brainstem_app.imaging.inputs import expand_inputs

    for folder in list(home.parents)[:2]:  # results of BIDS derivatives lie one folder deeper
        try:
            scans = json.loads((folder / JOB_FILE_NAME).read_text(encoding="utf-8"))["scans"]
            paths = [Path(scan) for scan in scans]
            if len(paths) == 1:
                return paths[0]
            return {scan.name: scan.path for scan in expand_inputs(paths)}.get(home.name)
        except (OSError, ValueError, KeyError, TypeError, InputError):
            continue
    return None


def _findings_of_report(report: Path) -> tuple[Finding, ...]:
    """Return what the report warns of and notes: findings of the scan and of its segmentation."""
    from brainstem_app.imaging.scan import Finding, Level

    try:
        content = json.loads(report.read_text(encoding="utf-8"))
        entries = (*content["warnings"], *content.get("notes", ()))
        return tuple(Finding(Level(e["level"]), e["code"], e["problem"], e.get("fix", "")) for e in entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()
