"""Which results of a study count in groups, repeatability and export: all but the rejected ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.imaging.edited_version import latest_edit
from brainstem_app.jobs.kinds.people import Edited
from brainstem_app.jobs.results.corrected_version import report_of_version
from brainstem_app.reports.cohort.model import LeftOutPerson
from brainstem_app.reports.scan.results import Result, read_result
from brainstem_app.study.result_state import STATE_FILE
from brainstem_app.study.segmentations import (
    LABELS_FILE,
    REPORT_FILE,
    StudyResult,
    of_model,
    of_person,
    read_study_result,
    study_results,
)
from brainstem_app.study.study import Study


@dataclass(frozen=True)
class Chosen:
    """Results that count, what to say of them and of those that do not, and who these are.

    `from_study` are the same results as their study has them; none of results in folders.
    """

    results: tuple[Result, ...]
    from_study: tuple[StudyResult, ...]
    notes: tuple[str, ...] = ()
    left_out: tuple[LeftOutPerson, ...] = ()


def chosen_of_study(study: Path, model: str, edited: Edited, people: Sequence[str] = ()) -> Chosen:
    """Take the results of a study that count.

    Parameters
    ----------
    model : str
        Folder or name of the model; may be empty where all results are of one.
    edited : {"use", "original", "leave-out"}
        What counts of results whose labels were corrected.
    people : sequence of str
        Only these, by name or the folder of their result; all if there is none.

    Raises
    ------
    InputError
        If there is none, more than one model could be meant, somebody is not there, or a result cannot be
        read.
    """
    Study.open(study)
    found = _only(of_model(study_results(study), model, study), people, study)
    rejected = [result for result in found if result.state == "rejected"]
    kept = [result for result in found if result.state != "rejected"]
    corrected = [result for result in kept if result.edit is not None]
    if edited == "leave-out":
        kept = [result for result in kept if result.edit is None]
    if not kept:
        raise InputError(
            f"None of the {counted(len(found), 'result')} of this study counts: {len(rejected)} rejected"
            + (f", {len(corrected)} corrected and left out." if edited == "leave-out" and corrected else "."),
            study,
            "Accept results with `brainstem-app study accept`, or segment more scans into the study.",
        )
    notes = (*_rejected_note(rejected, len(found)), *_edited_note(corrected, edited), *_unseen_note(kept))
    return Chosen(
        tuple(_as_result(result, edited) for result in kept),
        tuple(kept),
        notes,
        (*map(_rejected_person, rejected), *(_left_out_edited(r) for r in corrected if r not in kept)),
    )


def chosen_of_folders(results: Sequence[Result]) -> Chosen:
    """Results in folders, all of which count, with what their study says of them if they lie in one."""
    return Chosen(tuple(map(_with_state, results)), (), notes_on_folders(results))


def _only(found: Sequence[StudyResult], people: Sequence[str], study: Path) -> Sequence[StudyResult]:
    """Results of some people; of all if nobody is named."""
    if not people:
        return found
    wanted = {result.name for person in people for result in of_person(found, person, "", study)}
    return tuple(result for result in found if result.name in wanted)


def _with_state(result: Result) -> Result:
    one = _in_study(result)
    return result if one is None else replace(result, state=one.state)


def _in_study(result: Result) -> StudyResult | None:
    """Return a result in a folder as its study has it; None outside of one."""
    folder = result.path.parent
    study = next((place for place in folder.parents if (place / "study.json").is_file()), None)
    if study is None or not (folder / STATE_FILE).is_file():
        return None
    return read_study_result(study, folder)


def _rejected_person(result: StudyResult) -> LeftOutPerson:
    why = result.last.why if result.last else ""
    return _left_out(result, f"rejected: {why}" if why else "rejected")


def _left_out_edited(result: StudyResult) -> LeftOutPerson:
    return _left_out(result, "corrected by hand, and corrected labels were to be left out")


def _left_out(result: StudyResult, why: str) -> LeftOutPerson:
    record = result.record
    return LeftOutPerson(
        subject=record.subject,
        dataset=record.dataset or None,
        session=record.session or None,
        model=result.folder.name,
        state=result.state,
        why=why,
    )


def _as_result(kept: StudyResult, edited: Edited) -> Result:
    result = read_result(kept.folder / REPORT_FILE, kept.study)
    if kept.edit is not None and edited == "use":
        result = replace(result, report=report_of_version(kept), is_corrected=True)
    record = kept.record
    return replace(result, subject=record.subject, occasion=record.session, state=kept.state)


def _rejected_note(rejected: Sequence[StudyResult], total: int) -> tuple[str, ...]:
    if not rejected:
        return ()
    told = [f"{r.person} ({why})" if (why := r.last.why if r.last else "") else r.person for r in rejected]
    return (f"Left out as rejected: {len(rejected)} of {counted(total, 'result')}: {listed(told)}.",)


def _edited_note(corrected: Sequence[StudyResult], edited: Edited) -> tuple[str, ...]:
    if not corrected:
        return ()
    names = listed([result.person for result in corrected])
    said = {
        "use": "the corrected labels count (--edited use)",
        "original": "the original labels count (--edited original)",
        "leave-out": "they are left out (--edited leave-out)",
    }
    n = counted(len(corrected), "result has", "results have")
    return (f"{n} labels that were corrected by hand; {said[edited]}: {names}.",)


def _unseen_note(kept: Sequence[StudyResult]) -> tuple[str, ...]:
    unseen = [result.person for result in kept if result.state == "unseen"]
    if not unseen:
        return ()
    return (
        f"Nobody has said of {len(unseen)} of {counted(len(kept), 'result')} that the labels lie where they "
        f"should: {listed(unseen)}.",
    )


def notes_on_folders(results: Sequence[Result]) -> tuple[str, ...]:
    """Say which of some results, taken from folders, were rejected or corrected: all originals count."""
    rejected, corrected = [], []
    for result in results:
        folder = result.path.parent
        if latest_edit(folder / LABELS_FILE) is not None:
            corrected.append(result.subject)
        one = _in_study(result)
        if one is not None and one.state == "rejected":
            rejected.append(one.person)
    notes = []
    if corrected:
        notes.append(
            f"Labels of {listed(corrected)} were corrected by hand, but the original ones count, for folders "
            "were given: with --study the corrected ones do."
        )
    if not rejected:
        return tuple(notes)
    return (
        *notes,
        f"Rejected in their study, and here all the same, for folders were given: {listed(rejected)}; "
        "--study leaves them out.",
    )
