"""Build an atlas from a recipe."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.atlas.building.builder import build_atlas
from brainstem_app.atlas.building.recipe import read_recipe
from brainstem_app.atlas.importing.own_atlas import require_atlas_name
from brainstem_app.jobs.job import BuildAtlasJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.locations import user_data_folder


def build(job: BuildAtlasJob, reporter: Reporter) -> Summary:
    """Build the label map, table, description and notice of an atlas.

    Raises
    ------
    InputError
        If the recipe or a source does not fit.
    ImplausibleResultError
        If a nucleus comes out empty.
    JobCancelled
        If the user cancels.
    """
    recipe = read_recipe(job.recipe)
    folder = folder_of_build(job)
    data = job.data or job.recipe.resolve().parent
    table = build_atlas(recipe, folder, data, lambda done, text: reporter.progress(done, 1, text))
    reporter.artifact("atlas", folder)
    return {"atlas": recipe.name, "nuclei": len(table.nuclei), "folder": str(folder)}


def folder_of_build(job: BuildAtlasJob) -> Path:
    """Folder that the atlas goes to; InputError if the recipe cannot be read or no atlas can be called so."""
    name = require_atlas_name(read_recipe(job.recipe).name, job.recipe)
    return job.out or user_data_folder() / "atlases" / name
