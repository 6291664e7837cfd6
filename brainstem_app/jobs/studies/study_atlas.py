"""The atlas of a study, and whether it still is the one that its labels and its runs come from."""

from __future__ import annotations

from brainstem_app.atlas.library import (
    AnyAtlas,
    Atlas,
    defining_file,
    list_atlases,
    load_any_atlas,
    load_atlas,
)
from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import IGNORED_LABEL
from brainstem_app.locations import user_data_folder
from brainstem_app.named_version import read_title, with_version
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.small_files import read_json
from brainstem_app.study.study import Study
from brainstem_app.written_files import MANIFEST_FILE


def labels_hash(atlas: AnyAtlas) -> str:
    """SHA-256 of an atlas' label map, or of the table of a lab's own labels; empty without a folder."""
    return (atlas.folder and sha256_of(defining_file(atlas.folder))) or ""


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


def study_atlas(study: Study) -> AnyAtlas:
    """Load the atlas whose labels the study has, or the table of its own labels, which have no map.

    Raises
    ------
    InputError
        If it is not here, or here is another version of it.
    """
    own = study.settings.own_table
    atlas: AnyAtlas = load_any_atlas(study.labels_folder) if own else load_atlas(study.settings.atlas)
    told, here = study.settings.atlas_version, atlas.version
    if (told and told != here) or _differ(study.settings.atlas_sha256, labels_hash(atlas)):
        raise InputError(
            f"The labels of this study come from another edition of the atlas {atlas.name} (version "
            f"{told or 'not known'}) than the one that is here (version {here}).",
            study.folder,
            "Run `brainstem-app prepare` on this study again: it makes the labels anew, which takes seconds "
            "a subject; or bring the earlier atlas back.",
        )
    if atlas.table.n_classes > IGNORED_LABEL:
        raise InputError(
            f"The atlas {atlas.name} has {atlas.table.n_classes} labels; a network learns {IGNORED_LABEL} "
            "at most.",
            atlas.folder,
            "Take an atlas with fewer structures: the last number stands for what nobody labelled.",
        )
    return atlas


def require_same_atlas(study: Study, run: str, atlas: AnyAtlas) -> None:
    """Refuse a run that learned the labels of another atlas than the study has now.

    Raises
    ------
    InputError
        If the run's manifest names another atlas, version or label map; a run without one is not checked.
    """
    folder = study.run_folder(run)
    try:
        manifest = read_json(folder / MANIFEST_FILE)
    except (OSError, ValueError):
        return
    learned, now = str(manifest.get("atlas", "")), f"{atlas.name} {atlas.version}"
    if _differ(learned, now) or _differ(str(manifest.get("atlas_sha256", "")), labels_hash(atlas)):
        edition = "an earlier edition of " if learned == now else ""
        raise InputError(
            f"The run {run} learned the labels of {edition}the atlas {read_title(learned)}; those of the "
            f"study now come from {with_version(atlas.name, atlas.version)}.",
            folder,
            "Train again under another name, or prepare the study with the earlier atlas again.",
        )


def _differ(told: str, here: str) -> bool:
    return bool(told and here) and told != here
