"""Import a lab's own atlas."""

from __future__ import annotations

import re
from pathlib import Path

from brainstem_app.atlas.importing.own_atlas import import_atlas, require_atlas_name
from brainstem_app.atlas.library import LABELS_FILE_NAME, atlas_name_is_shipped
from brainstem_app.errors import InputError
from brainstem_app.jobs.job import ImportAtlasJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.locations import user_data_folder


def import_lab_atlas(job: ImportAtlasJob, reporter: Reporter) -> Summary:
    """Make an atlas of a lab's own maps.

    Raises
    ------
    InputError
        If the maps, the table or the template do not fit, or there is an atlas of that name.
    ImplausibleResultError
        If overlaps leave nothing of a structure.
    JobCancelled
        If the user cancels.
    """
    name = job.name or name_from(job.source)
    folder = folder_of_import(job)
    _check_free(job, name, folder)
    settings = job.model_copy(update={"name": name})
    made = import_atlas(settings, folder, lambda done, text: reporter.progress(done, 1, text))
    for warning in made.warnings:
        reporter.warn(warning, job.source, "Look at the atlas before you use it.")
    reporter.artifact("atlas", folder)
    return {
        "atlas": name,
        "nuclei": len(made.table.nuclei),
        "classes": made.table.n_classes,
        "regions": ", ".join(made.regions.names) if made.regions else "none, and none are measured with it",
        "folder": str(folder),
    }


def folder_of_import(job: ImportAtlasJob) -> Path:
    """Folder that the atlas goes to; InputError if no atlas can have its name."""
    name = require_atlas_name(job.name or name_from(job.source))
    return job.out or user_data_folder() / "atlases" / name


def name_from(source: Path) -> str:
    """Name of an atlas made from the name of its file or folder: lower-case letters, digits, hyphens."""
    stem = source.resolve().name if source.is_dir() else source.name.split(".")[0]
    return re.sub(r"[^a-z0-9]+", "-", stem.lower()).strip("-") or "imported"


def _check_free(job: ImportAtlasJob, name: str, folder: Path) -> None:
    if atlas_name_is_shipped(name):
        raise InputError(
            f"{name} is the name of an atlas that ships with the program.", "--name", "Give another name."
        )
    if (folder / LABELS_FILE_NAME).exists() and not job.replace:
        raise InputError(
            f"There is an atlas named {name} already.",
            folder,
            "Give another --name, or --replace to make it anew; studies prepared with it then label anew.",
        )
