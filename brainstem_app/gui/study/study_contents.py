"""Contents of a study folder, read on a thread: subjects, their split, the runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.errors import InputError
from brainstem_app.written_files import SPLITS_FILE, STUDY_FILE, WINDOW_FILE

if TYPE_CHECKING:
    from brainstem_app.study.study import StudySettings, SubjectRecord


@dataclass(frozen=True)
class StudyContents:
    """A study as it is on disk now.

    Attributes
    ----------
    folder : Path
    settings : StudySettings
    is_prepared : bool
        Whether a subject was prepared, or it was tried: space and dataset are no choice any more.
    is_new : bool
        Whether there is nothing in it yet, neither subjects nor results.
    subjects : tuple of SubjectRecord
        Those that finished or failed.
    part_of : dict of str to str
        ``"train"``, ``"validation"`` or ``"test"`` by subject.
    runs : tuple of str
        Names of the runs that were started.
    """

    folder: Path
    settings: StudySettings
    is_prepared: bool = False
    is_new: bool = True
    subjects: tuple[SubjectRecord, ...] = ()
    part_of: dict[str, str] | None = None
    runs: tuple[str, ...] = ()

    @property
    def n_finished(self) -> int:
        """Subjects that can be trained on."""
        return sum(record.state == "finished" for record in self.subjects)

    @property
    def n_failed(self) -> int:
        """Subjects that could not be prepared."""
        return sum(record.state == "failed" for record in self.subjects)


def read_contents(folder: Path) -> StudyContents:
    """Read a study folder.

    Raises
    ------
    InputError
        If the folder is gone or no study, or its ``study.json`` is damaged.
    """
    from brainstem_app.study.study import Study

    if not folder.is_dir():
        raise InputError(
            "The study folder is not there.", folder, "Connect its drive, or open another study."
        )
    study = Study.open(folder)
    return StudyContents(
        folder,
        study.settings,
        study.is_prepared,
        study.is_empty,
        study.subjects(),
        _parts(folder),
        study.run_names(),
    )


def begin_if_new(folder: Path) -> None:
    """Make a study of a folder that the window has begun one in, of the dataset of the scans opened there.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    from brainstem_app.gui.scans.listing import datasets_of
    from brainstem_app.gui.study.workspace import read_workspace
    from brainstem_app.jobs.folder_rights import as_open_as_its_place
    from brainstem_app.jobs.studies.begin import first_settings
    from brainstem_app.study.beginning import begin_study, can_begin_study

    if not (folder / WINDOW_FILE).is_file() or (folder / STUDY_FILE).exists():
        return
    if not can_begin_study(folder):
        return  # its study.json is lost
    workspace, _ = read_workspace(folder / WINDOW_FILE)
    datasets = datasets_of([Path(source) for source in workspace.sources])
    with as_open_as_its_place(folder):
        begin_study(folder, first_settings(datasets[0] if len(datasets) == 1 else None))


def _parts(folder: Path) -> dict[str, str]:
    from brainstem_app.study.splits import PARTS, Splits

    try:
        splits = Splits.load(folder / SPLITS_FILE)
    except InputError:
        return {}
    return {name: part for part in PARTS for name in getattr(splits, part)}
