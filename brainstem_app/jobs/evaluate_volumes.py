"""Compare two label volumes and write the report on them."""

from __future__ import annotations

from brainstem_app.atlas.library import citations_of, load_atlas
from brainstem_app.jobs.job import EvaluateVolumesJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.result_folders import require_files, require_no_segmentation
from brainstem_app.jobs.segment_files import ARTIFACTS
from brainstem_app.reports.comparison import write_comparison


def evaluate_volumes(job: EvaluateVolumesJob, reporter: Reporter) -> Summary:
    """Write the report of a predicted label map against a reference on the same grid.

    Raises
    ------
    InputError
        If a file cannot be read, a label is not in the atlas, or the grids differ.
    """
    require_no_segmentation(job.out)
    require_files(job.out, (name for name in ARTIFACTS.values() if not name.endswith(".nii.gz")), ())
    atlas = load_atlas(job.atlas)
    reporter.progress(0, 1, "measuring each structure")
    report = write_comparison(
        job.predicted,
        job.reference,
        job.out,
        table=atlas.table,
        atlas_name=atlas.name,
        atlas_version=atlas.version,
        atlas_citations=citations_of(atlas),
        command=("brainstem-app", "evaluate", job.predicted.name, job.reference.name, "--out", "OUT"),
    )
    for role, name in (("report_html", "report.html"), ("report_json", "report.json")):
        reporter.artifact(role, job.out / name)
    summary: Summary = {"scored": report.summary.n_scored, "missed": report.summary.n_missed}
    if report.summary.macro_miou_nuclei is not None:
        summary["macro_miou_nuclei"] = report.summary.macro_miou_nuclei
    return summary
