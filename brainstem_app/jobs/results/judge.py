"""Accept and reject results of a study, or take that back."""

from __future__ import annotations

from brainstem_app.counting import listed
from brainstem_app.jobs.job import AcceptResultsJob, RejectResultsJob, UndecideResultsJob
from brainstem_app.jobs.kinds.results import OfSubjects
from brainstem_app.jobs.provenance import login_name
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.results.quality_file import follow_in_table
from brainstem_app.study.result_state import Deed, Entry
from brainstem_app.study.segmentations import StudyResult, of_model, of_person, study_results
from brainstem_app.study.study import Study

Judging = AcceptResultsJob | RejectResultsJob | UndecideResultsJob


def accept(job: AcceptResultsJob, reporter: Reporter) -> Summary:
    """Accept results. Raises InputError if there are none of these people, or nothing can be saved."""
    return _judge(job, "accepted", reporter)


def reject(job: RejectResultsJob, reporter: Reporter) -> Summary:
    """Reject results. Raises InputError as `accept`."""
    return _judge(job, "rejected", reporter)


def undecide(job: UndecideResultsJob, reporter: Reporter) -> Summary:
    """Take back what was said of results. Raises InputError as `accept`."""
    return _judge(job, "undecided", reporter)


def _judge(job: Judging, deed: Deed, reporter: Reporter) -> Summary:
    Study.open(job.study)
    chosen = chosen_results(job)
    entry = Entry(deed=deed, why=job.why, who=job.who or login_name())
    judged = []
    for number, result in enumerate(chosen):
        reporter.progress(number, len(chosen), deed, result.name)
        judged.append(result.write_down(entry))
    follow_in_table(job.study, judged)
    return {"results": len(judged), deed: listed([result.name for result in judged])}


def chosen_results(job: OfSubjects) -> tuple[StudyResult, ...]:
    """Results of the people that a job names, each once.

    Raises
    ------
    InputError
        If there is none of one of them, or it is not clear which model or person is meant.
    """
    results = study_results(job.study)
    found: dict[str, StudyResult] = {}
    for subject in job.subjects:
        of_one = of_person(results, subject, job.session, job.study)
        for person in dict.fromkeys(result.person for result in of_one):
            own = [result for result in of_one if result.person == person]
            found |= {result.name: result for result in of_model(own, job.model, job.study)}
    return tuple(found.values())
