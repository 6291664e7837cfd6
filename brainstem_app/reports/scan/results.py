"""Results of many scans read back: whose each is, and whether they were made alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.counting import listed
from brainstem_app.errors import InputError, UnconfirmedError
from brainstem_app.imaging.bids.subject_ids import subject_name
from brainstem_app.reports.scan.model import DRAWN_LIMITS, LIMITS, Report
from brainstem_app.reports.scan.reading import occasion_of, read_report
from brainstem_app.small_files import read_json
from brainstem_app.written_files import MANIFEST_FILE, OF_CORRECTIONS, REPORT_FILE


@dataclass(frozen=True)
class Result:
    """One segmentation.

    Attributes
    ----------
    path : Path
        Its ``report.json``.
    given : Path
        Folder in which it was looked for.
    report : Report
    subject : str
        Name of the person within its dataset, e.g. ``"sub-01"``.
    occasion : str
        Session and run, e.g. ``"ses-2_run-1"``; empty if none is named.
    version : str
        Of the program that made it; empty if unknown.
    state : str
        What people said of it in its study: ``"unseen"``, ``"accepted"``, ``"rejected"`` or ``"edited"``;
        empty outside of a study.
    is_corrected : bool
        Whether the report is that of labels that were corrected by hand.
    """

    path: Path
    given: Path
    report: Report
    subject: str
    occasion: str
    version: str = ""
    state: str = ""
    is_corrected: bool = False

    @property
    def dataset(self) -> str | None:
        """What tells the dataset from others; None if the report does not say."""
        return self.report.scan.dataset_id


#: Reads the report of a result that was looked for in a folder.
ReadResult = Callable[[Path, Path], Result]


def read_result(path: Path, given: Path) -> Result:
    """Read one result. Raises InputError as `read_report`."""
    report = read_report(path)
    return Result(
        path=path,
        given=given,
        report=report,
        subject=subject_name(report.scan.file, path.parent.name),
        occasion=occasion_of(report, path),
        version=_version_beside(path),
    )


def find_results(folders: Sequence[Path], read: ReadResult = read_result) -> list[Result]:
    """Read every report below some folders, each once; `read` is what reads one, as `read_result`.

    Raises
    ------
    InputError
        If a folder is not there or holds no report, or a report cannot be read.
    """
    found: dict[Path, Result] = {}
    for folder in folders:
        paths = [folder] if folder.name == REPORT_FILE and folder.is_file() else _below(folder)
        for path in paths:
            if path.resolve() not in found:
                found[path.resolve()] = read(path, folder)
    return list(found.values())


def require_alike(results: Sequence[Result], *, mixed: bool, whose: Callable[[Result], str]) -> list[str]:
    """Refuse results of different atlases, models or versions of the program, or say that they are.

    Parameters
    ----------
    results : sequence of Result
        At least one.
    mixed : bool
        The user has said that they may differ.
    whose : callable
        Name of a result, for the words.

    Returns
    -------
    list of str
        What differs, and in whom; and which models nobody has measured.

    Raises
    ------
    UnconfirmedError
        If they differ and `mixed` is False. A version that is not recorded differs from none.
    """
    notes = []
    kinds: tuple[tuple[str, Callable[[Result], str]], ...] = (
        ("atlas", lambda r: r.report.atlas.title),
        ("model", lambda r: model_in_words(r.report)),
        ("version of the program", lambda r: r.version),
    )
    for what, value in kinds:
        by_value: dict[str, list[str]] = {}
        for result in results:
            if value(result):
                by_value.setdefault(value(result), []).append(whose(result))
        if len(by_value) > 1:
            told = "; ".join(f"{name}: {listed(sorted(set(names)), 4)}" for name, names in by_value.items())
            problem = f"The results differ in the {what} they were made with ({told})."
            if not mixed:
                fix = "Segment all scans with one model and version; or confirm with --mixed (in the window: "
                raise UnconfirmedError(problem, results[0].given, f"{fix}“compare all the same”).")
            notes.append(f"{problem} Volumes may differ for that reason alone.")
    unmeasured = dict.fromkeys(model_in_words(r.report) for r in results if is_unmeasured(r.report))
    if unmeasured:
        notes.append(
            f"Nobody has measured how well the labels of this model fit: {', '.join(unmeasured)}. Its card "
            "holds no accuracy, so nothing says that these volumes are those of the nuclei."
        )
    return notes


def is_unmeasured(report: Report) -> bool:
    """Whether the labels come from a model whose card holds no measured accuracy."""
    return report.model is not None and report.model.test_macro_miou is None


def model_in_words(report: Report) -> str:
    """Name, version and hash of the model, and whether it is unmeasured; "no model" without one."""
    if report.model is None:
        return "no model"
    digest = f" ({report.model.sha256[:8]}…)" if report.model.sha256 else ""
    return f"{model_title(report)}{digest}"


def model_names(reports: Sequence[Report]) -> tuple[str, ...]:
    """Models of some reports: name and version, and the hash where there is more than one."""
    made = [report for report in reports if report.model]
    titles, full = {model_title(r) for r in made}, {model_in_words(r) for r in made}
    return tuple(sorted(full if len(full) > 1 else titles))


def common_limits(reports: Sequence[Report]) -> str:
    """Say what results are not good for that are taken together, by where their models' labels come from."""
    # Older versions said it in other words, but for these.
    drawn = ["labels that people drew" in report.limits for report in reports]
    return " ".join((*((LIMITS,) if not all(drawn) else ()), *((DRAWN_LIMITS,) if any(drawn) else ())))


def model_title(report: Report) -> str:
    """Name and version of the model, and whether it is unmeasured."""
    title = report.model.title if report.model else "no model"
    return f"{title}, unmeasured" if is_unmeasured(report) else title


def _below(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise InputError("There is no such folder of results.", folder, "Give the folder that segment wrote.")
    paths = sorted(path for path in folder.rglob(REPORT_FILE) if not _is_of_correction(path))
    if not paths:
        raise InputError("The folder holds no report.json.", folder, "Give the folder that segment wrote.")
    return paths


def _is_of_correction(path: Path) -> bool:
    """Whether a report is that of corrected labels, which lies in the folder of the result's own report."""
    return any(
        place.name in OF_CORRECTIONS and (place.parent / REPORT_FILE).is_file() for place in path.parents[:3]
    )


def _version_beside(path: Path) -> str:
    try:
        manifest = read_json(path.parent / MANIFEST_FILE)
        return str(manifest["brainstem_app"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
