"""Whose the scans are that a change is measured between, and when each was made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brainstem_app.counting import counted, listed, natural_key
from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.scan_name import require_clear_name
from brainstem_app.imaging.bids.session_dates import MOST_YEARS, ScanTime, time_of_scan, years_between
from brainstem_app.imaging.inputs import expand_inputs
from brainstem_app.jobs.job import ChangeJob
from brainstem_app.study.identity import identity_of
from brainstem_app.study.segmentations import of_model, study_results
from brainstem_app.study.study import Study

_LEAST_YEARS = 1 / 365.25
#: Name of somebody whose scans lie in no dataset, and whom the job does not name.
_NOBODY = "person"
#: Why a correction by hand is in no change.
NOT_CORRECTED = (
    "Labels corrected by hand do not count in a change: all scans of a person are measured together, with "
    "one bend of the atlas, not on the label map of each."
)
_SAY = (
    "Write the dates into the column acq_time of sub-…_sessions.tsv or sub-…_scans.tsv, or give the scans of "
    "one person as files, with --years."
)


@dataclass(frozen=True)
class Session:
    """One scan of a person.

    Attributes
    ----------
    name : str
        Session, and run where one has several: ``ses-2``; of a scan outside of a dataset its own name.
    path : Path
    years : float
        Since the first of the person.
    day : str
        Date; empty if unknown.
    """

    name: str
    path: Path
    years: float = 0.0
    day: str = ""


@dataclass(frozen=True)
class PersonScans:
    """Scans of one person, in the order of time.

    Attributes
    ----------
    folder : str
        Name of the person's folder of results.
    subject, dataset, dataset_id : str
        As `brainstem_app.study.identity.Identity` has them.
    sessions : tuple of Session
    has_years : bool
        Whether their years are known already.
    corrected : tuple of str
        Sessions whose labels were corrected by hand in the study; a change does not know of it.
    """

    folder: str
    subject: str
    dataset: str
    dataset_id: str
    sessions: tuple[Session, ...]
    has_years: bool = False
    corrected: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """Name of the person for messages."""
        return "this person" if self.folder == _NOBODY else self.folder


def people_of(job: ChangeJob) -> tuple[list[PersonScans], list[str]]:
    """Find the people of a job who have two scans or more, and say who was left out.

    Raises
    ------
    InputError
        If nobody has two scans, or years are given that fit no person.
    """
    found, notes = _of_study(job) if job.study is not None else _of_scans(job)
    several = [person for person in found if len(person.sessions) > 1]
    if not several:
        where = job.study or job.scans[0]
        nobody = f"Nobody here has two scans ({counted(len(found), 'person', 'people')} with one)."
        raise InputError(
            " ".join((nobody, *notes)),
            where,
            "Give two scans of one person or more; in a BIDS dataset they are sessions, sub-01/ses-1.",
        )
    once = [person.words for person in found if len(person.sessions) < 2]
    notes += [f"Left out, with one scan: {listed(once)}."] if once else []
    corrected = [f"{person.folder} ({listed(person.corrected)})" for person in several if person.corrected]
    notes += [f"{NOT_CORRECTED} Corrected by hand: {listed(corrected)}."] if corrected else []
    if job.years:
        return [_with_years(several, job)], notes
    return several, notes


def in_time(person: PersonScans) -> PersonScans:
    """Give the scans of a person their times, and put them into that order.

    Raises
    ------
    InputError
        If the time of one is not known, or all are of one day.
    """
    if person.has_years:
        return _sorted(person)
    times: list[ScanTime] = []
    for session in person.sessions:
        time = time_of_scan(session.path)
        if time is None:
            raise InputError(
                f"When the scan {session.name} of {person.words} was made is not known.", session.path, _SAY
            )
        times.append(time)
    years = years_between(times)
    if years is None:
        raise InputError(
            f"Of {person.words} some scans have dates, others days or years since the first.",
            person.sessions[0].path.parent,
            _SAY,
        )
    timed = tuple(
        replace(s, years=y, day=t.day) for s, y, t in zip(person.sessions, years, times, strict=True)
    )
    return _sorted(replace(person, sessions=timed))


def _sorted(person: PersonScans) -> PersonScans:
    ordered = tuple(sorted(person.sessions, key=lambda s: (s.years, natural_key(s.name))))
    span = ordered[-1].years - ordered[0].years
    if span > MOST_YEARS:
        raise InputError(
            f"The scans of {person.words} are {span:,.0f} years apart.",
            ordered[0].path,
            "Years count from the first scan; days have a column of their own (days), and dates are written "
            "as 2024-03-31 (acq_time).",
        )
    if span < _LEAST_YEARS:
        raise InputError(
            f"All scans of {person.words} are of one day, so there is no change a year.",
            ordered[0].path,
            "Two scans of one day show how well volumes repeat themselves: brainstem-app retest.",
        )
    return replace(person, sessions=ordered)


def _of_scans(job: ChangeJob) -> tuple[list[PersonScans], list[str]]:
    people: dict[tuple[str, str], PersonScans] = {}
    notes: list[str] = []
    for scan in expand_inputs(job.scans):
        try:
            require_clear_name(scan.path)
        except InputError as error:
            notes.append(f"Left out: {'/'.join(scan.path.parts[-3:])}. {error.what} {error.fix}")
            continue
        whose = identity_of(scan.path, "")
        inside = bool(whose.dataset_id)
        subject = whose.subject if inside else job.subject or _NOBODY
        session = Session((whose.session if inside else scan.name) or scan.name, scan.path)
        key = (whose.dataset_id, subject)
        before = people.get(key)
        sessions = (session,) if before is None else (*before.sessions, session)
        people[key] = PersonScans(subject, subject, whose.dataset, whose.dataset_id, sessions)
    names = [person.subject for person in people.values()]
    found = [
        replace(p, folder=f"{p.dataset}_{p.subject}") if names.count(p.subject) > 1 and p.dataset else p
        for p in people.values()
    ]
    return found, notes


def _of_study(job: ChangeJob) -> tuple[list[PersonScans], list[str]]:
    study = Path(job.study or "")
    Study.open(study)
    results = study_results(study)
    chosen = {r.folder.name.rpartition("-")[0]: r.folder.name for r in results}
    wanted = job.model if job.model in {*chosen, *chosen.values()} else ""
    results = of_model(results, wanted, study)
    rejected = [r.person for r in results if r.state == "rejected"]
    notes = [f"Left out as rejected: {listed(rejected)}."] if rejected else []
    people: dict[str, PersonScans] = {}
    for result in results:
        if result.state == "rejected":
            continue
        record, folder = result.record, result.name.partition("/")[0]
        path = Path(record.scan)
        if not record.scan or not path.exists():
            raise InputError(
                f"The scan of {result.person} is not where it was.",
                record.scan or result.folder,
                "Connect its drive, or give the scans themselves.",
            )
        session = Session(record.session or path.name, path)
        before = people.get(folder) or PersonScans(
            folder, record.subject, record.dataset, record.dataset_id, ()
        )
        people[folder] = replace(
            before,
            sessions=(*before.sessions, session),
            corrected=(*before.corrected, *([session.name] if result.edit is not None else ())),
        )
    return list(people.values()), notes


def _with_years(people: Sequence[PersonScans], job: ChangeJob) -> PersonScans:
    """Return the one person with the years that were given, in the order of the scans as given."""
    if len(people) > 1 or job.study is not None:
        raise InputError(
            f"Years are given, but there are {counted(len(people), 'person', 'people')}.",
            job.study or job.scans[0],
            "Give the scans of one person, or write the dates into the tables of the dataset.",
        )
    person = people[0]
    if len(job.years) != len(person.sessions):
        raise InputError(
            f"There are {len(job.years)} years and {counted(len(person.sessions), 'scan')}: "
            f"{listed([s.name for s in person.sessions])}.",
            person.sessions[0].path,
            "Give one number a scan, in their order.",
        )
    first = min(job.years)
    timed = tuple(replace(s, years=float(y - first)) for s, y in zip(person.sessions, job.years, strict=True))
    return replace(person, sessions=timed, has_years=True)
