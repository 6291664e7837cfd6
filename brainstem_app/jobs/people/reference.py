"""Reference group of people, saved as a file that names nobody."""

from __future__ import annotations

import shlex

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import write_text
from brainstem_app.jobs.job import SaveReferenceJob
from brainstem_app.jobs.people.cohort import chosen_results, shown_instead
from brainstem_app.jobs.places import require_files
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.reports.cohort.save_reference import build_reference
from brainstem_app.reports.cohort.saved_reference import REFERENCE_FILE


def save_reference(job: SaveReferenceJob, reporter: Reporter) -> Summary:
    """Model the measures of a reference group and write them into a file.

    Raises
    ------
    InputError
        As `build_reference`.
    """
    require_files(job.out, (REFERENCE_FILE,), ())
    reporter.progress(0, 1, "reading the reports of the reference group")
    chosen = chosen_results(job)
    try:
        reference, said = build_reference(
            job, chosen.results, job.name, shlex.join(job.command_line(shown_instead(job)))
        )
    except InputError:
        for note in chosen.notes:
            reporter.warn(note)
        raise
    write_text(job.out / REFERENCE_FILE, reference.to_json())
    reporter.artifact("reference", job.out / REFERENCE_FILE)
    for note in (*chosen.notes, *said, *reference.notes):
        reporter.warn(note)
    return {
        "reference group": reference.name,
        "people": reference.n,
        "measures": len(reference.measures),
        "adjusted for": ", ".join(reference.columns) or "nothing",
    }
