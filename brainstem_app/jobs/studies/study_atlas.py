"""The atlas of a study, and whether it still is the one that its labels and its runs come from."""

from __future__ import annotations

from brainstem_app.atlas.library import LABELS_FILE_NAME, Atlas, list_atlases, load_atlas
from brainstem_app.errors import InputError
from brainstem_app.locations import user_data_folder
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.small_files import read_json
from brainstem_app.study.study import Study


def labels_hash(atlas: Atlas) -> str:
    """SHA-256 of an atlas' label map; empty if it does not come from a folder."""
    return (atlas.folder and sha256_of(atlas.folder / LABELS_FILE_NAME)) or ""


def require_known(atlas: Atlas) -> None:
    """Refuse an atlas that was given by its folder and that no name finds.

    Raises
    ------
    InputError
        If training, which looks for the study's atlas by its name, would not find it.
    """
    if atlas.name not in list_atlases():
        raise InputError(
            f"The atlas {atlas.name} in this folder is not among your atlases, where training looks for it.",
            atlas.folder,
            "Give --atlas a name of `brainstem-app atlas list`: make one of your maps with `brainstem-app "
            f"atlas import`, or copy this folder to {user_data_folder() / 'atlases' / atlas.name}.",
        )


def study_atlas(study: Study) -> Atlas:
    """Load the atlas whose labels the study has.

    Raises
    ------
    InputError
        If it is not here, or here is another version of it.
    """
    atlas = load_atlas(study.settings.atlas)
    told, here = study.settings.atlas_version, atlas.version
    if (told and told != here) or _differ(study.settings.atlas_sha256, labels_hash(atlas)):
        raise InputError(
            f"The labels of this study come from another edition of the atlas {atlas.name} (version "
            f"{told or 'not known'}) than the one that is here (version {here}).",
            study.folder,
            "Run `brainstem-app prepare` on this study again: it makes the labels anew, which takes seconds "
            "a subject; or bring the earlier atlas back.",
        )
    return atlas


def require_same_atlas(study: Study, run: str, atlas: Atlas) -> None:
    """Refuse a run that learned the labels of another atlas than the study has now.

    Raises
    ------
    InputError
        If the run's manifest names another atlas, version or label map; a run without one is not checked.
    """
    folder = study.run_folder(run)
    try:
        manifest = read_json(folder / "manifest.json")
    except (OSError, ValueError):
        return
    learned, now = str(manifest.get("atlas", "")), f"{atlas.name} {atlas.version}"
    if _differ(learned, now) or _differ(str(manifest.get("atlas_sha256", "")), labels_hash(atlas)):
        edition = "an earlier edition of " if learned == now else ""
        raise InputError(
            f"The run {run} learned the labels of {edition}the atlas {learned}; those of the study now come "
            f"from {now}.",
            folder,
            "Train again under another name, or prepare the study with the earlier atlas again.",
        )


def _differ(told: str, here: str) -> bool:
    return bool(told and here) and told != here
