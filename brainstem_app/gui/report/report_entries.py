"""Which reports there are: of runs, comparisons, people and segmentations; looked for on a thread."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.gui.document.opened import LABELS_FILE
from brainstem_app.gui.document.result_model import ResultModel, model_of_report
from brainstem_app.imaging.edited_version import latest_edit

_ENDINGS = (".html", ".pdf", ".csv", ".xlsx", ".json", ".png")
_LATEST = 200
#: In folders of results, of BIDS derivatives, and of a study with sessions.
_PLACES = ("*/*", "*/reports/*", "*/*/*")
_IN_STUDY = "segmentations"
#: Reports of corrected labels, in the folder of a result.
_OF_CORRECTIONS = ("edited", "put_aside")


class ReportKind(StrEnum):
    """What a report is about."""

    RUN = "run"
    COMPARISON = "comparison"
    COHORT = "cohort"
    RETEST = "retest"
    CHANGE = "change"
    SEGMENTATION = "segmentation"


# Files of a report on people; a folder that holds the first as JSON is one.
_OF_PEOPLE = {
    ReportKind.COHORT: ("cohort", "volumes", "zscores", "people", "harmonised", "centiles"),
    ReportKind.RETEST: ("retest", "changes"),
}


@dataclass(frozen=True)
class ReportEntry:
    """One report.

    Attributes
    ----------
    kind : ReportKind
    name : str
        Of the run, comparison or result folder.
    folder : Path
    files : tuple of Path
        What can be taken away, the readable ones first; empty for a run that was not measured.
    model : ResultModel or None
        That made a segmentation.
    is_edited : bool
        Whether the labels of a segmentation were corrected since the report was written.
    is_rejected : bool
        Whether somebody has rejected a segmentation in its study.
    is_corrected : bool
        Whether its labels were corrected, and the report is of them.
    """

    kind: ReportKind
    name: str
    folder: Path
    files: tuple[Path, ...] = ()
    model: ResultModel | None = None
    is_edited: bool = False
    is_rejected: bool = False
    is_corrected: bool = False

    @property
    def page(self) -> Path | None:
        """The page to read."""
        return next((file for file in self.files if file.suffix == ".html"), None)

    @property
    def pdf(self) -> Path | None:
        """The pages to print."""
        return next((file for file in self.files if file.suffix == ".pdf"), None)


def find_reports(study: Path | None, *results: Path) -> tuple[ReportEntry, ...]:
    """List reports of a study's runs and comparisons; of people and segmentations, the latest first."""
    found: list[ReportEntry] = []
    if study is not None:
        runs = sorted(path.parent for path in study.glob("runs/*/config.json"))
        found += [ReportEntry(ReportKind.RUN, run.name, run, files_of(run, "metrics")) for run in runs]
        comparisons = sorted(path.parent for path in study.glob("comparisons/*/grid.json"))
        found += [
            ReportEntry(ReportKind.COMPARISON, c.name, c, (*files_of(c, "report"), *files_of(c, "results")))
            for c in comparisons
        ]
    for kind, stems in _OF_PEOPLE.items():
        pages = [page for folder in results for page in folder.glob(f"*/{stems[0]}.json")]
        made = sorted(pages, key=_time, reverse=True)[:_LATEST]
        for home in (path.parent for path in made):
            files = (file for stem in stems for file in files_of(home, stem))
            found.append(ReportEntry(kind, home.name, home, tuple(files)))
    found += _changes(results)
    found += _segmentations(results if study is None else (study / _IN_STUDY, *results))
    return tuple(found)


def _changes(results: tuple[Path, ...]) -> list[ReportEntry]:
    """List reports on change over time, a person each, the latest first."""
    pages = [page for folder in results for page in folder.glob("*/*/change.json")]
    return [
        ReportEntry(ReportKind.CHANGE, f"{home.name} · {home.parent.name}", home, files_of(home, "change"))
        for home in (path.parent for path in sorted(pages, key=_time, reverse=True)[:_LATEST])
    ]


def _segmentations(results: tuple[Path, ...]) -> list[ReportEntry]:
    """List reports of segmentations in result folders, the latest first."""
    reports = {
        report: folder
        for folder in results
        for place in _PLACES
        for report in folder.glob(f"{place}/report.json")
        if report.parent.name not in _OF_CORRECTIONS
    }
    latest = sorted(reports, key=_time, reverse=True)[:_LATEST]
    return [_segmentation(report, reports[report]) for report in latest]


def _segmentation(report: Path, results: Path) -> ReportEntry:
    """Make the entry of a segmentation; in a study with the report on corrected labels, if any."""
    from brainstem_app.jobs.results.quality_file import is_written
    from brainstem_app.study.segmentations import EDITED_FOLDER, read_study_result

    home = shown = report.parent
    is_edited, is_rejected, is_corrected = latest_edit(home / LABELS_FILE) is not None, False, False
    if results.name == _IN_STUDY:
        try:
            result = read_study_result(results.parent, home)
        except InputError:  # said in the step Quality
            pass
        else:
            is_rejected = result.state == "rejected"
            if is_written(result):
                shown, is_edited, is_corrected = home / EDITED_FOLDER, False, True
    return ReportEntry(
        ReportKind.SEGMENTATION,
        _name(home, results),
        home,
        (*files_of(shown, "report"), *files_of(shown, "qc"), *files_of(shown, "midsagittal")),
        model_of_report(report),
        is_edited,
        is_rejected,
        is_corrected,
    )


def _name(home: Path, results: Path) -> str:
    """Name of a result: that of its folder and its job, or, in a study, whose it is and the model."""
    below = home.relative_to(results)
    if results.name == _IN_STUDY:
        return below.as_posix()
    job = below.parts[0]
    return job if job.startswith(home.name) else f"{home.name} · {job}"


def files_of(folder: Path, stem: str) -> tuple[Path, ...]:
    """Files of a report that are there, the readable ones first."""
    wanted = (folder / f"{stem}{ending}" for ending in _ENDINGS)
    return tuple(path for path in wanted if path.is_file())


def _time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
