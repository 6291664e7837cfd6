"""Build an atlas from a recipe."""

from __future__ import annotations

from brainstem_app.atlas.builder import build_atlas
from brainstem_app.atlas.recipe import read_recipe
from brainstem_app.jobs.job import BuildAtlasJob
from brainstem_app.jobs.reporter import Reporter, Summary


def build(job: BuildAtlasJob, reporter: Reporter) -> Summary:
    """Build the label map, table and notice of an atlas.

    Raises
    ------
    InputError
        If the recipe or a source does not fit.
    """
    reporter.progress(0, 1, "building the atlas")
    build_atlas(read_recipe(job.recipe), job.out, job.data)
    reporter.artifact("atlas", job.out)
    return {"folder": str(job.out)}
