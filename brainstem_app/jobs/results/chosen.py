"""Which results of a study count in groups, repeatability and export: all but the rejected ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.jobs.kinds.people import Edited
from brainstem_app.jobs.results.as_in_study import edit_beside, read_as_in_study
from brainstem_app.jobs.results.corrected_version import read_correction, report_of_version
from brainstem_app.reports.change.as_results import OF_CHANGES
from brainstem_app.reports.change.files import read_change_report
from brainstem_app.reports.change.model import ChangeReport
from brainstem_app.reports.cohort.model import LeftOutPerson
from brainstem_app.reports.cohort.people import names_of
from brainstem_app.reports.corrected import corrected_report
from brainstem_app.reports.retest.pairs import Pairs
from brainstem_app.reports.scan.results import Result, model_title
from brainstem_app.study.people_reports import REPORTS_FOLDER
from brainstem_app.study.segmentations import (
    StudyResult,
    model_folder,
    of_model,
    of_person,
    result_in_study,
    study_results,
)
from brainstem_app.study.study import Study
from brainstem_app.written_files import REPORT_FILE, STUDY_FILE

_EDITED = "corrected by hand, and corrected labels were to be left out"


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
        raise _none_counts(len(found), rejected, corrected, study)
    notes = (
        *_rejected_note(rejected, len(found)),
        *_edited_note([result.person for result in corrected], edited),
        *_unseen_note(kept),
    )
    return Chosen(
        tuple(_as_result(result, edited) for result in kept),
        tuple(kept),
        notes,
        (*map(_rejected_person, rejected), *(_left_out(r, _EDITED) for r in corrected if r not in kept)),
    )


def chosen_of_folders(results: Sequence[Result], edited: Edited) -> Chosen:
    """Take results in folders that count: those that lie in a study as their study has them.

    Raises
    ------
    InputError
        If none counts, or corrected labels cannot be read.
    """
    whose = names_of(results)
    found = [(result, result_in_study(result.path.parent)) for result in results]
    rejected = [one for _, one in found if one is not None and one.state == "rejected"]
    kept = [(result, one) for result, one in found if one not in rejected or one is None]
    corrected = [(result, one) for result, one in kept if edit_beside(result) is not None]
    if edited == "leave-out":
        kept = [pair for pair in kept if pair not in corrected]
    if not kept:
        raise _none_counts(len(found), rejected, corrected, results[0].given)
    notes = (
        *_rejected_note(rejected, len(found)),
        *_edited_note(
            [whose[result.path] if one is None else one.person for result, one in corrected], edited
        ),
        *_unseen_note([one for _, one in kept if one is not None]),
    )
    left = corrected if edited == "leave-out" else []
    return Chosen(
        tuple(_version(result, one, edited) for result, one in kept),
        (),
        notes,
        (*map(_rejected_person, rejected), *(_left_out_edited(result, one) for result, one in left)),
    )


def chosen_of_changes(changes: Sequence[Result]) -> Chosen:
    """Take changes of people that count: where they lie in a study, none with a scan rejected there since.

    Raises
    ------
    InputError
        If none counts, or a report or what people said of a result cannot be read.
    """
    rejected: dict[Path, StudyResult] = {}
    in_studies: dict[Path, tuple[StudyResult, ...]] = {}
    for change in changes:
        if (study := _study_of_change(change.path)) is None:
            continue
        if study not in in_studies:
            in_studies[study] = tuple(one for one in study_results(study) if one.state == "rejected")
        report = read_change_report(change.path)
        if one := next((one for one in in_studies[study] if _is_of_change(one, report)), None):
            rejected[change.path] = one
    kept = tuple(change for change in changes if change.path not in rejected)
    if not kept:
        raise _none_counts(len(changes), tuple(rejected.values()), (), changes[0].given)
    notes = (OF_CHANGES, *_rejected_note(tuple(rejected.values()), len(changes)))
    return Chosen(kept, (), notes, tuple(map(_rejected_person, rejected.values())))


def _study_of_change(change: Path) -> Path | None:
    reports = next((folder for folder in change.absolute().parents if folder.name == REPORTS_FOLDER), None)
    return reports.parent if reports is not None and (reports.parent / STUDY_FILE).is_file() else None


def _is_of_change(result: StudyResult, report: ChangeReport) -> bool:
    """Whether a result is of one of the scans that a change was measured between, by the same model."""
    record = result.record
    return (
        (record.subject, record.dataset_id) == (report.subject, report.dataset_id or "")
        and (record.session or Path(record.scan).name) in {scan.session for scan in report.scans}
        and result.folder.name == model_folder(report.model.name, report.model.version)
    )


def counted_pairs(pairs: Pairs, edited: Edited) -> Pairs:
    """Take pairs of results in folders that count, each result in the version that does.

    Raises
    ------
    InputError
        As `chosen_of_folders`.
    """
    both = [result for pair in pairs.pairs for result in (pair.first_result, pair.second_result)]
    chosen = chosen_of_folders(both, edited)
    counted_ones = {result.path: result for result in chosen.results}
    kept = tuple(
        replace(pair, first_result=counted_ones[first], second_result=counted_ones[second])
        for pair in pairs.pairs
        if (first := pair.first_result.path) in counted_ones
        and (second := pair.second_result.path) in counted_ones
    )
    if not kept:
        raise _none_counts(len(both), (), (), both[0].given)
    return replace(pairs, pairs=kept, notes=(*chosen.notes, *pairs.notes))


def _none_counts(
    total: int, rejected: Sequence[object], corrected: Sequence[object], where: Path
) -> InputError:
    return InputError(
        f"None of the {counted(total, 'result')} counts: {len(rejected)} rejected"
        + (f", {len(corrected)} corrected and left out." if corrected else "."),
        where,
        "Accept results with `brainstem-app study accept`, or segment more scans.",
    )


def _version(result: Result, one: StudyResult | None, edited: Edited) -> Result:
    """Return a result in a folder with the report of the labels that count, and what its study says."""
    if one is not None:
        return replace(_as_result(one, edited), given=result.given)
    edit = edit_beside(result)
    if edit is None or edited != "use":
        return result
    correction, _ = read_correction(result.path.parent, edit.path, edit.saved)
    return replace(result, report=corrected_report(result.report, correction), is_corrected=True)


def _only(found: Sequence[StudyResult], people: Sequence[str], study: Path) -> Sequence[StudyResult]:
    """Results of some people; of all if nobody is named."""
    if not people:
        return found
    wanted = {result.name for person in people for result in of_person(found, person, "", study)}
    return tuple(result for result in found if result.name in wanted)


def _rejected_person(result: StudyResult) -> LeftOutPerson:
    why = result.last.why if result.last else ""
    return _left_out(result, f"rejected: {why}" if why else "rejected")


def _left_out_edited(result: Result, one: StudyResult | None) -> LeftOutPerson:
    if one is not None:
        return _left_out(one, _EDITED)
    scan = result.report.scan
    return LeftOutPerson(
        subject=result.subject,
        dataset=scan.dataset,
        session=result.occasion or None,
        model=model_title(result.report),
        why=_EDITED,
    )


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
    result = replace(read_as_in_study(kept.folder / REPORT_FILE, kept.study), state=kept.state)
    if kept.edit is None or edited != "use":
        return result
    return replace(result, report=report_of_version(kept), is_corrected=True)


def _rejected_note(rejected: Sequence[StudyResult], total: int) -> tuple[str, ...]:
    if not rejected:
        return ()
    told = [f"{r.person} ({why})" if (why := r.last.why if r.last else "") else r.person for r in rejected]
    return (f"Left out as rejected: {len(rejected)} of {counted(total, 'result')}: {listed(told)}.",)


def _edited_note(corrected: Sequence[str], edited: Edited) -> tuple[str, ...]:
    if not corrected:
        return ()
    said = {
        "use": "the corrected labels count",
        "original": "the original labels count",
        "leave-out": "they are left out",
    }
    n = counted(len(corrected), "result has", "results have")
    return (f"{n} labels that were corrected by hand; {said[edited]}: {listed(corrected)}.",)


def _unseen_note(kept: Sequence[StudyResult]) -> tuple[str, ...]:
    unseen = [result.person for result in kept if result.state == "unseen"]
    if not unseen:
        return ()
    return (
        f"Nobody has said of {len(unseen)} of {counted(len(kept), 'result')} that the labels lie where they "
        f"should: {listed(unseen)}.",
    )
