"""Results that scans have already, before they are segmented again; found on a thread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.counting import agreeing, counted
from brainstem_app.errors import InputError
from brainstem_app.gui.document.result_model import model_of_report
from brainstem_app.gui.scans.listing import ListedScan
from brainstem_app.gui.scans.scan_states import IN_STUDY, SEGMENTED, results_of_job, state_of_result
from brainstem_app.gui.segment.job_files import scan_name
from brainstem_app.study.segmentations import model_folder
from brainstem_app.written_files import JOB_FILE, REPORT_FILE

if TYPE_CHECKING:
    from brainstem_app.models.card import ModelCard
    from brainstem_app.study.identity import Identity
    from brainstem_app.study.result_state import ResultRecord


@dataclass(frozen=True)
class EarlierResult:
    """A result of a scan.

    Attributes
    ----------
    scan : Path
    model : str
        Name and version, as `model_folder` puts them together.
    state : str
        See `scan_states`.
    in_study : bool
        Whether it lies in the open study; else a job of the window has written it.
    """

    scan: Path
    model: str
    state: str
    in_study: bool


def find_results(
    scans: Sequence[ListedScan], study: Path | None, results_folders: Iterable[Path]
) -> tuple[EarlierResult, ...]:
    """Find the results of some scans in a study and in folders that jobs of the window have written to."""
    wanted = {str(scan.path): scan.path for scan in scans}
    found = []
    for folder in results_folders:
        for job in folder.glob(f"*/{JOB_FILE}"):
            for scan, result in results_of_job(job, set(wanted)):
                made_by = model_of_report(result / REPORT_FILE)
                model = model_folder(made_by.name, made_by.version)
                found.append(EarlierResult(wanted[scan], model, state_of_result(result), False))
    return (*found, *(_of_study(scans, study) if study is not None else ()))


def _of_study(scans: Sequence[ListedScan], study: Path) -> list[EarlierResult]:
    """Match by the place of the scan, or by whose it is, as the job does."""
    from brainstem_app.study.identity import identity_of
    from brainstem_app.study.result_state import read_record
    from brainstem_app.study.segmentations import read_study_result, result_folders

    by_path = {str(scan.path.absolute()): scan.path for scan in scans}
    people = ((identity_of(scan.path, scan.name), scan.path) for scan in scans)
    by_person = {_person(whose): path for whose, path in people if whose.dataset_id}
    found = []
    for folder in result_folders(study):
        try:
            record = read_record(folder)
            scan = record and (by_path.get(record.scan) or by_person.get(_person(record)))
            if scan:
                state = IN_STUDY[read_study_result(study, folder).state]
                found.append(EarlierResult(scan, folder.name, state, True))
        except (InputError, OSError):
            continue
    return found


def _person(whose: Identity | ResultRecord) -> tuple[str, str, str]:
    return whose.dataset_id, whose.subject, whose.session


def results_worked_on(scan: Path, card: ModelCard, study: Path) -> str:
    """Say what becomes of a result of a model that somebody has worked on; empty if there is none."""
    found = find_results((ListedScan(scan, scan_name(scan)),), study, ())
    made = model_folder(card.name, card.version)
    worked_on = [one for one in found if one.model == made and one.state != SEGMENTED]
    return results_in_words(1, worked_on, replaced=True)


def outside_in_words(count: int, results: Sequence[EarlierResult]) -> str:
    """Say how many of some scans have results outside of the open study, and how they come into it."""
    scans = len({result.scan for result in results})
    if not scans:
        return ""
    who = _of_scans(scans, count)
    has, it = agreeing(scans, "has a result", "have results"), agreeing(scans, "it", "them")
    corrected = any(result.state != SEGMENTED for result in results)
    kept = ", with what was corrected" if corrected else ""
    what = f"{who} {has} of this model outside of the study."
    return f"{what} File ▸ Bring results into the study… takes {it} in{kept}."


def results_in_words(count: int, earlier: Sequence[EarlierResult], *, replaced: bool) -> str:
    """Say how many of some scans have results of a model, and what becomes of those.

    Parameters
    ----------
    count : int
        How many scans there are.
    earlier : sequence of EarlierResult
        Of the model; in the study if they are replaced.
    replaced : bool
        Whether new results take their place; else they are written beside them.
    """
    scans = len({result.scan for result in earlier})
    if not scans:
        return ""
    words = [f"{_of_scans(scans, count)} {agreeing(scans, 'has a result', 'have results')} with this model."]
    of_state = {
        state: len({result.scan for result in earlier if result.state == state})
        for state in dict.fromkeys(result.state for result in earlier)
        if state != SEGMENTED
    }
    if of_state:
        told = ", ".join(state if count == 1 else f"{number} {state}" for state, number in of_state.items())
        words[0] = words[0].removesuffix(".") + f" ({told})."
    if not replaced:
        one, more = "It stays; the new one goes beside it.", "They stay; the new ones go beside them."
        words.append(agreeing(scans, one, more))
    else:
        words.append(agreeing(scans, "A new one takes its place.", "New ones take their place."))
        if of_state:
            words.append("Corrections and decisions hold only where the labels come out the same.")
    return " ".join(words)


def _of_scans(some: int, count: int) -> str:
    if count == 1:
        return "This scan"
    return counted(some, "scan") if some == count else f"{some} of {counted(count, 'scan')}"
