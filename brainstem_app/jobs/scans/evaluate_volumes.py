"""Compare two label volumes and write the report on them."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas
from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import load_label_map, load_label_numbers
from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.jobs.job import EvaluateVolumesJob
from brainstem_app.jobs.kinds.job_model import shareable
from brainstem_app.jobs.places import require_files
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.scans.result_folders import require_no_segmentation
from brainstem_app.jobs.scans.segment_files import ARTIFACTS
from brainstem_app.jobs.studies.labels_of_model import model_of_labels
from brainstem_app.models.label_meaning import labels_in, meaning_of_labels
from brainstem_app.models.two_label_maps import meaning_of_two
from brainstem_app.reports.scan.label_map_comparison import write_label_map_comparison
from brainstem_app.study.segmented_by import taken_over
from brainstem_app.written_files import REGION_LABELS_FILE, REPORT_FILE

# Label maps of segment, and corrected copies of them, begin so.
_SEGMENTED = "labels_native"
_FIX = "If that is wrong, correct the table beside the labels, or name their atlas with --atlas."


def evaluate_volumes(job: EvaluateVolumesJob, reporter: Reporter) -> Summary:
    """Write the report of a predicted label map against a reference on the same grid.

    Raises
    ------
    InputError
        If a file cannot be read, it is not certain which atlas the labels are of, a label is not in it,
        or the grids differ.
    """
    require_no_segmentation(job.out)
    require_files(job.out, (name for name in ARTIFACTS.values() if not name.endswith(".nii.gz")), ())
    labels = {path: labels_in(load_label_numbers(path)[0]) for path in (job.predicted, job.reference)}
    common = meaning_of_two(job.predicted, job.reference, labels, job.atlas)
    meaning = common.meaning
    findings = tuple(Finding(Level.WARNING, "atlas-of-labels", note, _FIX) for note in meaning.notes)
    findings += _of_a_model(job.reference)
    for finding in findings:
        reporter.warn(finding.problem, job.predicted if finding.fix == _FIX else job.reference, finding.fix)
    reporter.progress(0, 1, "measuring each structure")
    shown = {
        "predicted": shareable(job.predicted),
        "reference": shareable(job.reference),
        "out": "OUT",
    }
    report = write_label_map_comparison(
        job.predicted,
        job.reference,
        job.out,
        table=meaning.table,
        own_numbers=common.own_numbers,
        atlas_name=meaning.name,
        atlas_version=meaning.version,
        atlas_citations=meaning.citations,
        findings=findings,
        regions=_regions_beside(job.predicted, meaning.name),
        command=job.command_line(shown),
    )
    for role, name in (("report_html", "report.html"), ("report_json", REPORT_FILE)):
        reporter.artifact(role, job.out / name)
    summary: Summary = {
        "atlas": meaning.title,
        "scored": report.summary.n_scored,
        "missed": report.summary.n_missed,
    }
    if report.summary.macro_miou_nuclei is not None:
        summary["macro_miou_nuclei"] = report.summary.macro_miou_nuclei
    return summary


def _of_a_model(reference: Path) -> tuple[Finding, ...]:
    """Say that a reference is what a model gave, if it is known to be."""
    model = model_of_labels(reference)
    if model is None:
        return ()
    ((_, words),) = taken_over([model])
    return (
        Finding(
            Level.WARNING,
            "reference-of-a-model",
            f"The reference is {words}: the numbers tell how far the labels agree with that model rather "
            "than with a person.",
            "Compare with labels that somebody drew to learn how good they are.",
        ),
    )


def _regions_beside(labels: Path, atlas: str) -> tuple[Path, LabelTable] | None:
    """Region map that `segment` wrote beside a label map, which may have been edited since, and its table."""
    path = labels.with_name(REGION_LABELS_FILE)
    if not labels.name.startswith(_SEGMENTED) or not path.is_file():
        return None
    table = meaning_of_labels(path, labels_in(load_label_map(path)[0])).table
    try:
        known = load_atlas(atlas).regions
    except InputError:
        known = None
    # The atlas says where its borders lie; the table beside the map holds the names alone.
    return path, known.table if known is not None and known.table.names == table.names else table
