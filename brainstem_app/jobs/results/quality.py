"""Look at all results of a study: ``quality.tsv``, and a small picture of each."""

from __future__ import annotations

from brainstem_app.counting import counted, listed
from brainstem_app.errors import BrainstemError
from brainstem_app.imaging.atomic import write_text
from brainstem_app.jobs.job import QualityJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.results.corrected_version import report_of_version
from brainstem_app.jobs.results.quality_file import decided_cells, is_written
from brainstem_app.jobs.results.small_picture import make_small_picture
from brainstem_app.reports.quality_table import LookedAt, quality_rows, quality_tsv
from brainstem_app.small_files import read_json
from brainstem_app.study.record import changing
from brainstem_app.study.segmentations import StudyResult, of_model, study_results
from brainstem_app.study.study import Study
from brainstem_app.written_files import MANIFEST_FILE, QUALITY_TABLE


def look_at_results(job: QualityJob, reporter: Reporter) -> Summary:
    """Write the table of a study's results.

    Raises
    ------
    InputError
        If the study is not there, holds no result, or what people said of one is damaged.
    """
    Study.open(job.study)
    results = study_results(job.study)
    if not results:
        of_model(results, "", job.study)  # says what to do
    looked = []
    for number, result in enumerate(results):
        reporter.progress(number, len(results), "reading the report", result.name)
        if job.pictures:
            make_small_picture(result)
        try:
            looked.append(looked_at(result))
        except BrainstemError as error:
            reporter.warn_of(error, result.name)
            continue
        if result.edit is not None and not is_written(result):
            reporter.warn(
                f"{result.name}: its labels were corrected, and its report is still that of the original.",
                result.folder,
                f"Write it anew: brainstem-app study correct {job.study.name} {result.name}",
            )
    rows = quality_rows(looked)
    with changing(job.study, job.kind):
        write_text(job.study / QUALITY_TABLE, quality_tsv(rows))
    reporter.artifact("quality", job.study / QUALITY_TABLE)
    far = [row.folder for row in rows if row.is_unusual]
    if far:
        verb = "is" if len(far) == 1 else "are"
        reporter.warn(
            f"{counted(len(far), 'result')} {verb} far from the others in volume, symmetry or confidence: "
            f"{listed(far)}.",
            job.study / QUALITY_TABLE,
            "Look at them first.",
        )
    states = {
        state: sum(row.state == state for row in rows)
        for state in ("unseen", "accepted", "rejected", "edited")
    }
    return {"results": len(rows), **{state: n for state, n in states.items() if n}, "unusual": len(far)}


def looked_at(result: StudyResult) -> LookedAt:
    """Read what the table says of a result. Raises InputError if its report cannot be read."""
    program, settings = "", {}
    try:
        manifest = read_json(result.folder / MANIFEST_FILE)
        program, settings = str(manifest["brainstem_app"]), dict(manifest["settings"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # results of other programs and old ones have none: the columns say n/a
    record = result.record
    return LookedAt(
        folder=result.name,
        dataset=record.dataset,
        subject=record.subject,
        session=record.session,
        model=result.folder.name,
        report=report_of_version(result),
        program=program,
        fit=_number(settings.get("fit_correlation")),
        coverage=_number(settings.get("fit_coverage")),
        **decided_cells(result),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
