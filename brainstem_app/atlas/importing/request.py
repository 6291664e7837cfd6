"""Settings of the import of a lab's own atlas."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from brainstem_app.setting import setting

Share = Annotated[float, Field(gt=0, le=1)]


class AtlasRequest(BaseModel):
    """What to import, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Annotated[
        Path,
        setting(
            "Maps",
            "A folder of masks or probability maps, one NIfTI file a structure; a label map, or an image of "
            "several volumes, which both need a table.",
            argument="FOLDER|FILE",
        ),
    ]
    name: Annotated[str, setting("Name", "Name of the atlas.", empty="made from the folder's")] = ""
    table: Annotated[
        Path | None,
        setting(
            "Table",
            "What the numbers of a label map mean: FSL XML, ITK-SNAP, FreeSurfer, CSV, TSV or JSON.",
        ),
    ] = None
    space: Annotated[
        str,
        setting(
            "Drawn on",
            "What it was drawn on: MNI152NLin2009aSym (the program's own), MNI152NLin2009cAsym, "
            "MNI152NLin6Asym, …; overlaid as it is.",
        ),
    ] = ""
    template: Annotated[
        Path | None, setting("Template", "T1 image it was drawn on, to be registered to the program's.")
    ] = None
    threshold: Annotated[Share, setting("Threshold", "Least probability.")] = 0.5
    least_inside: Annotated[
        Share, setting("Least inside", "Leave out what lies in the brainstem with less than this share.")
    ] = 0.5
    split_sides: Annotated[bool, setting("Sides", "Make pairs of structures that lie on both sides.")] = False
    leave_out_unnamed: Annotated[
        bool, setting("Unnamed", "Leave out numbers or volumes that the table does not name.")
    ] = False
    licence: Annotated[str, setting("Licence", "Licence of the maps.")] = "not stated"
    citation: Annotated[str, setting("Citation", "What to cite.")] = "not stated"
    regions: Annotated[
        Path | None,
        setting(
            "Regions",
            "Regions that divide the brainstem, as midbrain, pons and medulla: maps or a label map.",
            metavar="FOLDER|FILE",
        ),
    ] = None
    regions_table: Annotated[
        Path | None, setting("Table of regions", "What the numbers of a label map of regions mean.")
    ] = None
    atlas_version: Annotated[str, setting("Version", "Version of the atlas.")] = "1"
