"""The user's own atlases: kept once they were looked at, thrown away."""

from __future__ import annotations

import shutil
from pathlib import Path

from brainstem_app.atlas.library import (
    CARD_FILE_NAME,
    atlas_name_is_shipped,
    copy_atlas,
    list_atlases,
    load_atlas_table,
)
from brainstem_app.errors import InputError
from brainstem_app.locations import user_data_folder


def keep_atlas(folder: Path) -> str:
    """Copy an atlas among the user's own; return its name.

    Raises
    ------
    InputError
        If the folder is no atlas, or there is one of its name.
    """
    name = load_atlas_table(folder).name
    if name in list_atlases():
        raise InputError(f"There is an atlas “{name}” already.", None, "Import it under another name.")
    copy_atlas(folder, user_data_folder() / "atlases" / name)
    return name


def throw_atlas_away(name: str) -> None:
    """Delete one of the user's atlases from the disk.

    Raises
    ------
    InputError
        If it ships with the program, or there is none of that name.
    """
    if atlas_name_is_shipped(name):
        raise InputError(f"“{name}” ships with the program and cannot be deleted.")
    folder = load_atlas_table(name).folder
    # Without its card it is no atlas any more, if what follows is interrupted.
    (folder / CARD_FILE_NAME).unlink()
    shutil.rmtree(folder)
