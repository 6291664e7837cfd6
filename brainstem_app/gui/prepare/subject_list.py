"""Subjects of Prepare: those of the dataset, with what the study knows of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.errors import InputError

if TYPE_CHECKING:
    from brainstem_app.gui.study.study_contents import StudyContents
    from brainstem_app.study.quality import Quality
    from brainstem_app.study.study import SubjectRecord


@dataclass(frozen=True)
class Subject:
    """One scan to prepare.

    Attributes
    ----------
    name : str
        Folder in the study.
    person : str
        BIDS subject.
    record : SubjectRecord or None
        What the study says; None before it was prepared.
    part : str
        ``"train"``, ``"validation"``, ``"test"`` or empty.
    decision : str
        ``"accepted"``, ``"rejected"`` or empty.
    """

    name: str
    person: str
    record: SubjectRecord | None = None
    part: str = ""
    decision: str = ""

    @property
    def is_added(self) -> bool:
        """Whether its reference was added from Review, and can be taken out again."""
        return self.record is not None and self.record.is_drawn and bool(self.record.settings.get("added"))

    @property
    def state(self) -> str:
        """``"finished"``, ``"failed"`` or empty."""
        return "" if self.record is None else self.record.state


def read_subjects(dataset: Path | None, contents: StudyContents | None) -> tuple[Subject, ...]:
    """List the scans of a dataset and the subjects of a study; slow for large ones, so on a thread.

    Raises
    ------
    InputError
        If the study's decisions are damaged. A dataset that is gone is no error: its subjects are prepared.
    """
    from brainstem_app.study.quality import Quality, read_quality

    records = {} if contents is None else {record.name: record for record in contents.subjects}
    parts = (contents.part_of if contents is not None else None) or {}
    quality: Quality = Quality() if contents is None else read_quality(contents.folder)
    people = {record.name: record.person for record in records.values()} | _names(dataset)
    return tuple(
        Subject(name, people[name], records.get(name), parts.get(name, ""), quality.decisions.get(name, ""))
        for name in sorted(people, key=_natural)
    )


def _names(dataset: Path | None) -> dict[str, str]:
    """Folder name and person of each scan of a dataset."""
    from brainstem_app.imaging.bids.dataset import find_t1w_scans, subject_folders

    if dataset is None:
        return {}
    try:
        scans = subject_folders(find_t1w_scans(dataset))
    except InputError:
        return {}
    return {name: scan.subject for name, scan in scans.items()}


def _natural(name: str) -> list[tuple[bool, int, str]]:
    import re

    parts = re.split(r"(\d+)", name)
    return [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
