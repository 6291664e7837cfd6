"""Change of the brainstem of one person or many over several scans of each."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from brainstem_app.atlas.change_table import read_change_table
from brainstem_app.counting import counted, listed
from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.garbage_collection import seldom_collected
from brainstem_app.imaging.dicom.conversion import split_series
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.spaces import box_affine
from brainstem_app.jobs.failure import passing_over
from brainstem_app.jobs.job import ChangeJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.people.measure_sessions import MeasuredPerson, measure_scans, require_model
from brainstem_app.jobs.people.sessions import NOT_CORRECTED, PersonScans, in_time, people_of
from brainstem_app.jobs.places import read_folder, require_files, require_outside
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.scans.loaded_model import LoadedModel, describe_model, load_model
from brainstem_app.plain_name import folder_name_of
from brainstem_app.progress import ProgressCallback
from brainstem_app.reports.change.build import MeasuredScans, Measurer, build_change_report
from brainstem_app.reports.change.files import (
    FILES,
    REPORT,
    TABLE,
    write_change_report,
    write_changes_table,
)
from brainstem_app.reports.change.model import ChangeReport, ChangeScan
from brainstem_app.reports.exports.label_files import write_label_files
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.reports.scan.model import FindingEntry
from brainstem_app.written_files import LABELS_FILE, TRANSFORMS_FOLDER


def measure_change(job: ChangeJob, reporter: Reporter) -> Summary:
    """Measure the change of each person of a job, each into a folder of its own below `job.out`.

    Raises
    ------
    InputError
        If nobody has two scans, or the model cannot do it.
    BrainstemError
        If a person fails: at once if it is the only one, else at the end, when the others are done.
    JobCancelled
        If the user cancels; people that are finished are kept.
    """
    people, notes = people_of(job)
    for note in notes:
        reporter.warn(note)
    reporter.progress(0, len(people), "loading the model")
    model = load_model(job.model, "onnx")
    require_model(model)
    require_files(job.out, (TABLE,), ())
    refused: list[str] = []
    changed = 0
    with seldom_collected():
        for number, person in enumerate(people):
            part, where = reporter.part(number, len(people), person.folder), person.sessions[0].path
            with passing_over(reporter, person.folder, where, refused, only=len(people) == 1):
                report = _of_person(job, person, model, part, reporter)
                changed += sum(entry.is_change for entry in report.measured)
    if len(refused) < len(people):
        _say_others(job.out, [person for person in people if person.folder not in refused], reporter)
        reporter.artifact("changes", write_changes_table(job.out))
    if refused:
        raise BrainstemError(
            f"The change of {len(refused)} of {len(people)} people failed: {', '.join(refused)}.",
            job.out,
            "The warnings above say why; the other people are done.",
        )
    return {"people": len(people), "structures with a change": changed, "folder": str(job.out)}


def _say_others(out: Path, measured: Sequence[PersonScans], reporter: Reporter) -> None:
    """Name whom the table of changes holds, too, because an earlier run measured them into the folder."""
    own = {_folder(out, person) for person in measured}
    others = [path.parent.name for path in sorted(out.rglob(REPORT)) if path.parent not in own]
    if others:
        reporter.warn(
            f"{TABLE} holds {counted(len(others), 'person', 'people')} measured into this folder before, "
            f"too: {listed(others)}.",
            out,
            "If they are not to count: remove their folders, or choose an empty one.",
        )


def _folder(out: Path, person: PersonScans) -> Path:
    return out / folder_name_of(person.folder, "person")


def _of_person(
    job: ChangeJob, person: PersonScans, model: LoadedModel, report: ProgressCallback, reporter: Reporter
) -> ChangeReport:
    person = in_time(person)
    folder = _folder(job.out, person)
    for session in person.sessions:
        require_outside(folder, read_folder(session.path))
    require_files(folder, FILES, ())
    hashes = [sha256_of(split_series(s.path)[0]) for s in person.sessions]
    _require_different(person, hashes)
    # In an order that does not depend on the dates: so swapped dates change the sign of a change alone.
    order = sorted(range(len(hashes)), key=lambda i: (hashes[i] or "", person.sessions[i].path.name))
    report(0.0, "reading the scans")
    found = measure_scans([person.sessions[i].path for i in order], model, job.orientation, report)
    back = [order.index(i) for i in range(len(order))]
    result = build_change_report(
        _measured(person, hashes, found, back), _measurer(model), _command(job, person)
    )
    _write_labels(folder, person, found, back, model)
    write_change_report(folder, result, _picture(found, model, person))
    for file in FILES:
        reporter.artifact(file.replace(".", "_"), folder / file, person.folder)
    reporter.artifact("folder", folder, person.folder)
    return result


def _require_different(person: PersonScans, hashes: list[str | None]) -> None:
    known = [digest for digest in hashes if digest]
    if len(set(known)) < len(known):
        raise InputError(
            f"Two scans of {person.words} are the same file, so there is no change to measure.",
            person.sessions[0].path,
            "Give each scan once.",
        )


def _measured(
    person: PersonScans, hashes: list[str | None], found: MeasuredPerson, back: list[int]
) -> MeasuredScans:
    scans = tuple(
        ChangeScan(
            session=session.name,
            file=shareable(split_series(session.path)[0]),
            sha256=digest,
            day=session.day or None,
            years=round(session.years, 6),
        )
        for session, digest in zip(person.sessions, hashes, strict=True)
    )
    findings = tuple(
        FindingEntry(
            level=finding.level,
            code=finding.code,
            problem=f"{person.sessions[number].name}: {finding.problem}",
            fix=finding.fix,
        )
        for number, at in enumerate(back)
        for finding in found.findings[at]
        if finding.level is Level.WARNING
    )
    if person.corrected:
        problem = f"{listed(person.corrected)}: corrected by hand. {NOT_CORRECTED}"
        findings += (FindingEntry(level=Level.INFO, code="correction-not-used", problem=problem, fix=""),)
    return MeasuredScans(
        person.subject,
        person.dataset,
        person.dataset_id,
        scans,
        [found.nuclei[at] for at in back],
        [found.regions[at] for at in back],
        found.nuclei_compared,
        found.regions_compared,
        found.half_way.likeness,
        findings,
    )


def _measurer(model: LoadedModel) -> Measurer:
    atlas = model.mapped_atlas
    return Measurer(
        describe_model(model.card, model.weights),
        atlas.name,
        atlas.version,
        atlas.table,
        None if atlas.regions is None else atlas.regions.table,
        read_change_table(model.files.folder),
    )


def _command(job: ChangeJob, person: PersonScans) -> str:
    """Line that measures one person again, without the names of folders."""
    shown = {
        "scans": tuple(shareable(split_series(session.path)[0]) for session in person.sessions),
        "years": tuple(round(session.years, 4) for session in person.sessions),
        "subject": person.subject,
        "study": None,
        "out": "OUT",
    }
    return shlex.join(job.command_line(shown))


def _write_labels(
    folder: Path, person: PersonScans, found: MeasuredPerson, back: list[int], model: LoadedModel
) -> None:
    """Write label maps on each scan's own grid, and the way from it to the atlas for other programs."""
    grids = found.grids
    for session, at in zip(person.sessions, back, strict=True):
        own = folder / folder_name_of(session.name, "scan")
        own.mkdir(parents=True, exist_ok=True)
        warped = found.warped[at]
        labels = warped.labels_on(grids[at])
        save_label_map(own / LABELS_FILE, labels, grids[at][1], space="native")
        write_label_files(own, model.atlas.table)
        warped.transforms.save(own / TRANSFORMS_FOLDER)
        warped.map.save(own / TRANSFORMS_FOLDER)


def _picture(found: MeasuredPerson, model: LoadedModel, person: PersonScans) -> bytes:
    from brainstem_app.reports.scan.qc_picture import QcVolumes, qc_png

    shown = found.image - found.image.min()
    volumes = QcVolumes(found.labels, box_affine(), shown)
    return qc_png(volumes, model.atlas.table, f"{person.subject}: all scans")
