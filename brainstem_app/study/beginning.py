"""How a study begins: in a new or empty folder, which is a study from then on."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.study.study import Study, StudySettings
from brainstem_app.written_files import STUDY_FILE, SUBJECTS_FOLDER, WINDOW_FILE


def begin_study(folder: Path, settings: StudySettings) -> Study:
    """Begin a study in a new or empty folder; open the one that is there.

    Raises
    ------
    InputError
        If there is something else in the folder, or it cannot be written.
    """
    if (folder / STUDY_FILE).exists():
        return Study.open(folder)
    require_new(folder)
    return Study.create(folder, settings)


def require_new(folder: Path) -> None:
    """Refuse a folder in which no study can be begun: InputError."""
    if can_begin_study(folder):
        return
    what = "This folder is not empty, and no study" if folder.is_dir() else "There is a file of this name"
    raise InputError(
        f"{what}; a study cannot be begun here.", folder, "Choose a study, or a new or empty folder."
    )


def can_begin_study(folder: Path) -> bool:
    """Whether a study can be begun in a folder: nothing is in it but what the window keeps of a new one.

    Hidden files do not count: file managers make them, and the window while it writes.
    """
    if not folder.exists():
        return True
    return folder.is_dir() and all(map(_is_of_beginning, folder.iterdir()))


def _is_of_beginning(path: Path) -> bool:
    if path.name == SUBJECTS_FOLDER:  # of a study whose making was killed
        return path.is_dir() and all(below.name.startswith(".") for below in path.iterdir())
    return path.name == WINDOW_FILE or path.name.startswith(".")
