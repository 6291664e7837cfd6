"""Give the results of a study to others: a table of volumes, and the label maps, by subject and session."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from brainstem_app.atlas.label_table import Group
from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import atomic_path, write_text
from brainstem_app.imaging.bids.derivatives import label_names_text
from brainstem_app.jobs.job import ExportResultsJob
from brainstem_app.jobs.places import require_files
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.results.chosen import chosen_of_study
from brainstem_app.jobs.results.quality_file import decided_cells
from brainstem_app.jobs.studies.labels_of_model import model_of_labels, write_model_beside
from brainstem_app.models.tables_beside import tables_beside
from brainstem_app.plain_name import folder_name_of
from brainstem_app.plain_text import tsv_text
from brainstem_app.reports.quality_table import tsv_cell
from brainstem_app.reports.scan.regions import compared_by_name
from brainstem_app.reports.scan.results import Result
from brainstem_app.study.segmentations import StudyResult
from brainstem_app.written_files import LABELS_FILE

VOLUMES_TABLE, README = "volumes.tsv", "README"
_MOST_NAMED = 5
_WHOSE = ("dataset", "participant_id", "session_id", "model", "program", "labels", "state")


def export_results(job: ExportResultsJob, reporter: Reporter) -> Summary:
    """Write the table, and copy the label maps.

    Raises
    ------
    InputError
        As `chosen_of_study`, or if the folder cannot be written, or holds other label maps.
    """
    require_files(job.out, (VOLUMES_TABLE, README), ())
    chosen = chosen_of_study(job.study, job.model, job.edited)
    _require_no_others(job.out / "labels", [_map_of(kept) for kept in chosen.from_study if job.labels])
    volumes = [_volumes(result) for result in chosen.results]
    names = list(dict.fromkeys(name for own in volumes for name in own))
    rows = [[*_WHOSE, *names]]
    for number, (result, kept, own) in enumerate(
        zip(chosen.results, chosen.from_study, volumes, strict=True)
    ):
        reporter.progress(number, len(volumes), "writing", kept.name)
        is_corrected = kept.edit is not None and job.edited == "use"
        whose = _whose(result, kept, is_corrected=is_corrected)
        rows.append([tsv_cell(cell) for cell in (*whose, *map(own.get, names))])
        if job.labels:
            _copy_labels(kept, job.out, is_corrected=is_corrected)
    for note in chosen.notes:
        reporter.warn(note)
    said = "\n".join(
        ("Volumes in mm³; areas on the midsagittal plane in mm², as their names say.", *chosen.notes)
    )
    write_text(job.out / README, said + "\n")
    write_text(job.out / VOLUMES_TABLE, tsv_text(rows))
    reporter.artifact("volumes", job.out / VOLUMES_TABLE)
    return {"results": len(volumes), "folder": str(job.out)}


def _volumes(result: Result) -> dict[str, float | None]:
    """Regions, areas, then nuclei; None of what was not found or is cut."""
    nuclei = {s.name: s.compared for s in result.report.structures if s.group is Group.NUCLEUS}
    return {**compared_by_name(result.report), **nuclei}


def _whose(result: Result, kept: StudyResult, *, is_corrected: bool) -> tuple[str, ...]:
    record = kept.record
    labels = "corrected" if is_corrected else "original"
    state = decided_cells(kept)["state"]
    return record.dataset, record.subject, record.session, kept.folder.name, result.version, labels, state


def _map_of(kept: StudyResult) -> str:
    """Name of a label map: that of the person's folder in the study."""
    return f"{folder_name_of(kept.person.replace('/', '_'), 'labels')}_dseg.nii.gz"


def _require_no_others(folder: Path, own: Sequence[str]) -> None:
    """Refuse label maps of an earlier export that are none of this one: somebody may be left out by now."""
    others = sorted(path.name for path in folder.glob("*_dseg.nii.gz") if path.name not in own)
    if others:
        raise InputError(
            f"The folder holds {counted(len(others), 'label map')} that would not be of this export: "
            f"{listed(others[:_MOST_NAMED])}{' …' if others[_MOST_NAMED:] else ''}.",
            folder,
            "Choose an empty folder, or remove those that an earlier export has left.",
        )


def _copy_labels(kept: StudyResult, out: Path, *, is_corrected: bool) -> None:
    """Copy the label map that counts, and say its model and what its numbers mean."""
    source = kept.current_labels if is_corrected else kept.folder / LABELS_FILE
    target = out / "labels" / _map_of(kept)
    with atomic_path(target) as temporary:
        shutil.copyfile(source, temporary)
    if model := model_of_labels(source, kept.study):
        write_model_beside(target, model)
    numbers = next((beside.numbers for beside in tables_beside(kept.folder / LABELS_FILE)), None)
    if numbers is not None:
        named = {number: numbers.table.structures[index] for number, index in numbers.index_of.items()}
        rows = [(number, s.full_name, s.name, s.colour) for number, s in sorted(named.items())]
        write_text(target.with_name(f"{target.name.removesuffix('.nii.gz')}.tsv"), label_names_text(rows))
