"""Contents of a study folder, read on a thread: subjects, their split, the runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.errors import InputError

if TYPE_CHECKING:
    from brainstem_app.study.study import StudySettings, SubjectRecord


@dataclass(frozen=True)
class StudyContents:
    """A study as it is on disk now.

    Attributes
    ----------
    folder : Path
    settings : StudySettings or None
        None as long as nothing has been prepared.
    subjects : tuple of SubjectRecord
        Those that finished or failed.
    part_of : dict of str to str
        ``"train"``, ``"validation"`` or ``"test"`` by subject.
    runs : tuple of str
        Names of the runs that were started.
    """

    folder: Path
    settings: StudySettings | None = None
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
        If the folder is gone, or its ``study.json`` is damaged.
    """
    from brainstem_app.study.study import Study

    if not folder.is_dir():
        raise InputError(
            "The study folder is not there.", folder, "Connect its drive, or open another study."
        )
    if not (folder / "study.json").is_file():
        return StudyContents(folder)
    study = Study.open(folder)
    return StudyContents(folder, study.settings, study.subjects(), _parts(folder), study.run_names())


def _parts(folder: Path) -> dict[str, str]:
    from brainstem_app.study.splits import PARTS, Splits

    try:
        splits = Splits.load(folder / "splits.json")
    except InputError:
        return {}
    return {name: part for part in PARTS for name in getattr(splits, part)}
