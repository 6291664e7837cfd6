"""Reference labels of prepared subjects, made anew when the atlas of their study has changed.

The fine registration does not look at the atlas, so the warps it left are laid over the new label map:
seconds a subject instead of a minute.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import JsonValue

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import Atlas, load_atlas
from brainstem_app.counting import counted
from brainstem_app.errors import JobCancelled
from brainstem_app.imaging.scan import Finding
from brainstem_app.imaging.spaces import box_affine
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.failure import describe_failure
from brainstem_app.jobs.parallel import run_tasks
from brainstem_app.jobs.provenance import as_json, file_hashes
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.studies.drawn_labels import DRAWN_FINDINGS, DRAWN_KEYS, REGISTERED_FILE
from brainstem_app.jobs.studies.kept_reference import forget_reference
from brainstem_app.named_version import with_version
from brainstem_app.progress import ProgressCallback
from brainstem_app.study.prepared_box import read_prepared_box
from brainstem_app.study.study import Failure, Study, StudySettings, SubjectRecord
from brainstem_app.written_files import MANIFEST_FILE, QC_PICTURE


@dataclass(frozen=True)
class RelabelTask:
    """One prepared subject to label anew, as it travels to the process that does it."""

    record: SubjectRecord
    folder: Path
    atlas: str
    settings: StudySettings

    @property
    def name(self) -> str:
        """Folder name of the subject."""
        return self.record.name


def relabel_study(study: Study, atlas: str, processes: int, reporter: Reporter) -> int:
    """Label anew the subjects whose reference labels come from another atlas than the study's.

    A subject whose saved warp cannot be used stays as it is, and has to be prepared again.

    Parameters
    ----------
    study : Study
        With the settings of the new atlas.
    atlas : str
        Name or folder of that atlas.
    processes : int
        How many subjects at a time.

    Returns
    -------
    int
        How many subjects have new labels.

    Raises
    ------
    JobCancelled
        If the user cancels; the subjects that are labelled anew stay so.
    """
    tasks = [
        RelabelTask(record, study.subject_folder(record.name), atlas, study.settings)
        for record in study.finished_subjects()
        if not study.is_current(record)
    ]
    if not tasks:
        return 0
    reporter.warn(
        f"The atlas of this study is now "
        f"{with_version(study.settings.atlas, study.settings.atlas_version)}: the "
        f"reference labels of {counted(len(tasks), 'subject')} are made anew "
        f"through the registrations that are saved.",
        study.folder,
        _what_to_do(study.run_names()),
    )
    if drawn := [task.name for task in tasks if task.record.is_drawn]:
        reporter.warn(
            f"The labels that were drawn of {', '.join(drawn)} belong to the atlas before; the registered "
            "ones of the new atlas take their place.",
            study.folder,
            "Add label maps with the new atlas's labels again, if there are any.",
        )
    done = 0
    for outcome in run_tasks(relabel_one, tasks, processes, reporter):
        if isinstance(outcome, Failure):
            reporter.warn(outcome.what, outcome.where, "The subject is prepared again from its scan.")
        else:
            done += 1
            reporter.artifact("subject", study.subject_folder(outcome.name), outcome.name)
    return done


def relabel_one(task: RelabelTask, report: ProgressCallback) -> SubjectRecord | Failure:
    """Label one subject anew; its manifest is written last, so that a half-done one is done again.

    Raises
    ------
    JobCancelled
        If `report` raises it.
    """
    report(0.0, "laying the new atlas through the saved registration")
    try:
        with claimed((claim_of(task.folder, "The subject"),), "prepare"):
            record = _relabelled(task, load_atlas(task.atlas))
            record.save(task.folder / MANIFEST_FILE)
    except JobCancelled:
        raise
    except Exception as error:  # noqa: BLE001 - one damaged subject must not stop the others
        failed = describe_failure(error)
        what = f"{task.name} could not be labelled anew: {failed.what}"
        return Failure(what=what, where=failed.where, fix=failed.fix)
    return record


def draw_reference(folder: Path, table: LabelTable) -> None:
    """Draw the reference labels of a subject on its normalised image: ``qc.png``."""
    from brainstem_app.imaging.atomic import write_bytes
    from brainstem_app.reports.scan.qc_picture import QcVolumes, qc_png

    box = read_prepared_box(folder)
    # What nobody drew is shown as nothing.
    labels = np.where(box.labels < table.n_classes, box.labels, 0).astype(np.uint8)
    volumes = QcVolumes(labels=labels, affine=box_affine(), scan=box.image)
    write_bytes(folder / QC_PICTURE, qc_png(volumes, table, folder.name))


def with_other_labels(
    record: SubjectRecord,
    folder: Path,
    settings: Mapping[str, JsonValue],
    found: Iterable[Finding] = (),
    *,
    instead_of: Collection[str],
) -> SubjectRecord:
    """Return the record of a subject whose reference labels are others now.

    Parameters
    ----------
    folder : Path
        The subject's, as it is now.
    settings : mapping
        All that the record says of how it was prepared.
    found : iterable of Finding
        On the new labels.
    instead_of : collection of str
        Codes of findings on the labels before, which go.
    """
    kept = (finding for finding in record.findings if finding["code"] not in instead_of)
    findings = (*kept, *(as_json(finding) for finding in found))
    changed = {"settings": dict(settings), "findings": findings, "files": file_hashes(folder)}
    return record.model_copy(update=changed)


def _relabelled(task: RelabelTask, atlas: Atlas) -> SubjectRecord:
    from brainstem_app.preprocessing.reference import LABEL_SHRUNK, relabel_subject

    found = relabel_subject(task.folder, atlas.labels, atlas.table.names)
    draw_reference(task.folder, atlas.table)
    (task.folder / REGISTERED_FILE).unlink(missing_ok=True)
    forget_reference(task.folder)
    settings = {name: value for name, value in task.record.settings.items() if name not in DRAWN_KEYS}
    settings |= task.settings.atlas_settings
    codes = (*DRAWN_FINDINGS, LABEL_SHRUNK)
    return with_other_labels(task.record, task.folder, settings, found, instead_of=codes)


def _what_to_do(runs: tuple[str, ...]) -> str:
    if not runs:
        return "Look at the qc.png of some subjects."
    return f"Train again under another name: {', '.join(runs)} learned from the labels of the atlas before."
