"""Readers of what the user can open (on a thread: nibabel and NumPy only)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.errors import InputError
from brainstem_app.gui.document.reported import (
    finding_of_edit,
    findings_of_report,
    graded,
    not_read,
    report_beside,
    reported_mm3,
)
from brainstem_app.gui.document.result_model import UNKNOWN_MODEL, ResultModel, model_of_report
from brainstem_app.imaging.edited_version import EditedVersion, digest_of, latest_edit, original_of
from brainstem_app.small_files import parse_json
from brainstem_app.study.scan_of_result import scan_of_result
from brainstem_app.written_files import DESCRIPTION_FILE, EDITED_FOLDER, LABELS_FILE, REPORT_FILE

if TYPE_CHECKING:
    from brainstem_app.atlas.label_table import LabelTable
    from brainstem_app.gui.document.opened_regions import OpenedRegions
    from brainstem_app.gui.viewer.volume import ImageVolume, LabelVolume
    from brainstem_app.imaging.scan import Finding

_RESULT_PLACES = ("*", "reports/*", "*/*", "*/reports/*")  # of a batch, and of several
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
    title of the table's atlas, `notes` what was taken for granted of it. `reported_mm3` is the volume of each
    label that the report gives, by its index, where it is another than that of the label's voxels; the report
    is of the labels before they were corrected if `is_edited`. `regions` are those that Segment wrote beside
    them. `sha256` is the file's, as it was read. `findings` tell of files beside them that could not be read.
    """

    path: Path
    labels: LabelVolume
    table: LabelTable
    atlas: str = ""
    notes: tuple[str, ...] = ()
    reported_mm3: Mapping[int, float] = field(default_factory=dict)
    reported_regions_mm3: Mapping[str, float] = field(default_factory=dict)
    is_edited: bool = False
    regions: OpenedRegions | None = None
    sha256: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def volumes_mm3(self) -> list[float]:
        """Volume of each label 0…255: the report's, or else that of its voxels."""
        reported = {} if self.is_edited else self.reported_mm3
        return [reported.get(i, v) for i, v in enumerate(self.labels.volumes_mm3.tolist())]

    @cached_property
    def regions_mm3(self) -> Mapping[str, float]:
        """Volume of each region: the report's; of edited labels with what the edit added or took away."""
        if not self.is_edited:
            return self.reported_regions_mm3
        return {} if self.regions is None else self.regions.mm3_after(self.labels, self.labels.extent)

    @property
    def differs_from_report(self) -> bool:
        """Whether the volumes are of voxels, while the report's are not."""
        return self.is_edited and bool(self.reported_mm3)


@dataclass(frozen=True)
class ResultFiles:
    """The files of a segmentation; those that do not exist are None.

    Attributes
    ----------
    folder : Path
    labels : Path
        The current version: the copy that was corrected last, if there is one.
    report_html, report_pdf, report_csv, report_json : Path or None
    scan : Path or None
        The scan it was made from, as the window's job file beside it names it; it may be gone. Reports
        name no folders, so without a job file it is None.
    is_segmentation : bool
        Whether Segment has written the folder; else it is that of a label map of another origin.
    edited : EditedVersion or None
        What is known of the corrected copy that `labels` is.
    is_anew : bool
        Whether the report is that of these corrected labels.
    model : ResultModel
        That the report names.
    """

    folder: Path
    labels: Path
    report_html: Path | None = None
    report_pdf: Path | None = None
    report_csv: Path | None = None
    report_json: Path | None = None
    scan: Path | None = None
    is_segmentation: bool = False
    edited: EditedVersion | None = None
    is_anew: bool = False
    model: ResultModel = UNKNOWN_MODEL

    @property
    def original(self) -> Path:
        """The label map as Segment has written it."""
        return self.labels if self.edited is None else self.folder / LABELS_FILE

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
        if (path / LABELS_FILE).is_file():
            return OpenKind.RESULT
        return OpenKind.RESULT if not _holds_scans(path) and results_in(path) else OpenKind.SCAN
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


def read_again(
    scan: Path | None, labels: Path | None, atlas: str | None = None
) -> OpenedScan | OpenedLabels | OpenedResult:
    """Read what was open before: a scan, the result folder or label map shown over it, or both.

    `atlas` is the user's word for what labels mean.

    Raises
    ------
    UnknownAtlasError
        If it is not certain which atlas the labels are of, and `atlas` does not say it.
    InputError
        If it cannot be read any more.
    """
    if labels is None and scan is not None:
        return read_for_viewer(scan)
    if labels is None:
        raise InputError("What was open is not there any more.")
    if labels.is_dir():
        result = read_result_for_viewer(labels, atlas=atlas)
    else:
        opened = read_labels_for_viewer(labels, atlas)
        result = OpenedResult(ResultFiles(labels.parent, labels), opened, None)
    if result.scan is None and scan is not None:
        return replace(result, scan=read_for_viewer(scan))
    return result if result.files.is_segmentation else result.labels


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
    path: Path, atlas: str | None = None, like: OpenedLabels | None = None, *, by_name: bool = False
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
        Labels that these are compared with, or corrected from: of their atlas, unless the user or a file says
        otherwise.
    by_name : bool, default=False
        Whether labels that are numbered otherwise than `like` take its numbers, by the structures' names: to
        be compared, and not edited.

    Raises
    ------
    UnknownAtlasError
        If it is not certain which atlas the labels are of.
    InputError
        If it is no label map, or holds labels that the atlas does not name.
    """
    from brainstem_app.gui.document.opened_regions import read_regions_beside
    from brainstem_app.gui.viewer.volume import label_volume
    from brainstem_app.imaging.label_map import load_label_map
    from brainstem_app.models.label_meaning import LabelMeaning, labels_in, meaning_of_labels
    from brainstem_app.models.two_label_maps import read_by_name

    sha256 = digest_of(path)  # before it is read: what is written meanwhile is then known as another one
    other = None if like is None else (like.path, LabelMeaning(like.table, like.atlas, ""))
    if by_name and other is not None and atlas is None:
        labels, affine, meaning = read_by_name(path, other)
    else:
        labels, affine = load_label_map(path)
        meaning = meaning_of_labels(path, labels_in(labels), atlas, other)
    ready = label_volume(labels, affine)
    _ = ready.volumes_mm3, ready.places, ready.extent
    original = original_of(path)
    as_reported = original.name == LABELS_FILE and meaning.own_numbers is None
    report, no_report = report_beside(original) if as_reported else (None, ())
    of_labels, of_regions = reported_mm3(report)
    regions, no_regions = read_regions_beside(original, ready, of_regions)
    opened = OpenedLabels(
        path,
        ready,
        graded(meaning.table, report),
        meaning.title,
        meaning.notes,
        of_labels,
        of_regions,
        is_edited=original != path,
        regions=regions,
        sha256=sha256,
        findings=(*no_report, *no_regions),
    )
    _ = opened.regions_mm3
    return opened


def read_result_for_viewer(
    folder: Path, open_scan: Path | None = None, atlas: str | None = None, like: OpenedLabels | None = None
) -> OpenedResult:
    """Read a segmentation and, unless it is the open one, the scan it was made from.

    `atlas` and `like` say what its labels mean, as for `read_labels_for_viewer`.

    Raises
    ------
    UnknownAtlasError
        If it is not certain which atlas the labels are of, and `atlas` does not say it.
    InputError
        If there is no label map in the folder, or it cannot be read.
    """
    files = find_result(folder)
    labels = read_labels_for_viewer(files.labels, atlas, like)
    of_report = () if files.report_json is None else findings_of_report(files.report_json)
    findings = (*of_report, *labels.findings)
    if files.edited is not None and not files.is_anew:  # else the report says it
        findings = (*findings, finding_of_edit(files.edited))
    if files.scan is None or files.scan == open_scan or not files.scan.exists():
        return OpenedResult(files, labels, None, findings)
    try:
        return OpenedResult(files, labels, read_for_viewer(files.scan), findings)
    except InputError as error:
        unread = not_read(files.scan, error.what, "The labels are shown without it.", error.fix)
        return OpenedResult(files, labels, None, (*findings, unread))


def find_result(folder: Path) -> ResultFiles:
    """Files of the segmentation in a folder, or in its only subfolder that holds one.

    Raises
    ------
    InputError
        If there is no label map in it, or there are several.
    """
    homes = results_in(folder)
    if len(homes) > 1:
        raise InputError(
            f"The folder holds {len(homes)} results.", folder, "Choose the folder of one of them."
        )
    if not homes:
        raise InputError(
            f"The folder holds no {LABELS_FILE}.", folder, "Choose a folder that Segment has written."
        )
    home = homes[0]
    original, report = home / LABELS_FILE, home / REPORT_FILE
    edited = latest_edit(original)
    is_anew = edited is not None and _has_report_of(edited, home)
    pages = home / EDITED_FOLDER if is_anew else home
    return ResultFiles(
        folder=home,
        labels=original if edited is None else edited.path,
        report_html=_existing(pages / "report.html"),
        report_pdf=_existing(pages / "report.pdf"),
        report_csv=_existing(pages / "report.csv"),
        report_json=_existing(pages / REPORT_FILE),
        scan=scan_of_result(home),
        is_segmentation=True,
        edited=edited,
        is_anew=is_anew,
        model=model_of_report(report),
    )


def results_in(folder: Path) -> tuple[Path, ...]:
    """Folders of the segmentations in a folder: itself, or those that one job, or several, wrote below it."""
    if (folder / LABELS_FILE).is_file():
        return (folder,)
    found = {file.parent for place in _RESULT_PLACES for file in folder.glob(f"{place}/{LABELS_FILE}")}
    return tuple(sorted(found))


def _holds_scans(folder: Path) -> bool:
    """Whether a folder is a raw dataset or holds scans itself, whatever was segmented into it."""
    from brainstem_app.imaging.bids.dataset import is_bids_dataset
    from brainstem_app.imaging.file_names import HEADER_ENDINGS, LOOSE_ENDINGS, has_ending

    if is_bids_dataset(folder):
        return _dataset_type(folder) != "derivative"
    endings = (*LOOSE_ENDINGS, *HEADER_ENDINGS)
    return any(has_ending(path, endings) for path in folder.iterdir() if path.is_file())


def _dataset_type(dataset: Path) -> str:
    try:
        description = (dataset / DESCRIPTION_FILE).read_text(encoding="utf-8")
        return str(parse_json(description).get("DatasetType", "raw"))
    except (OSError, ValueError, AttributeError):
        return "raw"


def _existing(path: Path) -> Path | None:
    return path if path.is_file() else None


def _has_report_of(edited: EditedVersion, home: Path) -> bool:
    """Whether the report of this correction was written into the folder of a result."""
    from brainstem_app.jobs.results.quality_file import has_report_of

    return has_report_of(home, digest_of(edited.path))
