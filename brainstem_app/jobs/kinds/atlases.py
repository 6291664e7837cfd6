"""Jobs that make atlases."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from brainstem_app.atlas.importing.request import AtlasRequest
from brainstem_app.jobs.kinds.job_model import JobModel
from brainstem_app.setting import setting

AtlasFolder = Annotated[
    Path | None, setting("Folder", "Folder for the atlas.", empty="among your own atlases")
]


class BuildAtlasJob(JobModel):
    """Build an atlas from a recipe."""

    command: ClassVar[str] = "atlas build"
    kind: Literal["build-atlas"] = "build-atlas"
    recipe: Annotated[Path, setting("Recipe", "A recipe (TOML file).", argument="RECIPE")]
    out: AtlasFolder = None
    data: Annotated[
        Path | None, setting("Sources", "Folder with the source atlases.", empty="the recipe's")
    ] = None


class ImportAtlasJob(AtlasRequest, JobModel):
    """Make an atlas of a lab's own maps: clipped to the brainstem, overlaps to the more probable."""

    command: ClassVar[str] = "atlas import"
    kind: Literal["import-atlas"] = "import-atlas"
    out: AtlasFolder = None
    replace: Annotated[bool, setting("Replace", "Replace the atlas of that name that is there.")] = False
