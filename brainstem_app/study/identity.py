"""Whose scan it is: subject and session of one dataset, and the folder of its results in a study."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import Field

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.dataset import find_t1w_scans
from brainstem_app.imaging.bids.derivatives import bids_source, dataset_id
from brainstem_app.imaging.edited_version import digest_of
from brainstem_app.plain_name import folder_name_of, name_key
from brainstem_app.study.record import Record, changing
from brainstem_app.study.result_state import ResultRecord
from brainstem_app.study.study import Study
from brainstem_app.written_files import SEGMENTATIONS_FOLDER

DATASETS_FILE = "datasets.json"


@dataclass(frozen=True)
class Identity:
    """A scan's person and occasion.

    Attributes
    ----------
    dataset, dataset_id : str
        Name of the dataset, and what tells it from others of that name; empty for a scan of none.
    subject : str
        ``sub-01``; of a scan outside of a dataset the name that its results are given.
    session : str
        ``ses-2``, with the run where a session has several scans; empty if the dataset has none.
    """

    dataset: str
    dataset_id: str
    subject: str
    session: str = ""

    @property
    def name(self) -> str:
        """Subject and session in one word, e.g. ``sub-01_ses-2``."""
        return f"{self.subject}_{self.session}" if self.session else self.subject

    def record(self, model: str, scan: Path | str) -> ResultRecord:
        """Return the record of a result of theirs, in the folder of a model."""
        return ResultRecord(
            dataset=self.dataset,
            dataset_id=self.dataset_id,
            subject=self.subject,
            session=self.session,
            model=model,
            scan=str(scan),
        )


class DatasetNames(Record):
    """``segmentations/datasets.json``: what the folders of people of other datasets begin with, by its id.

    In a study without a dataset of its own the first one begins with nothing.
    """

    schema_name: Literal["brainstem-datasets/1"] = Field("brainstem-datasets/1", alias="schema")
    names: dict[str, str] = Field(default_factory=dict)


def identity_of(scan: Path, name: str) -> Identity:
    """Say whose a scan is, from its place in a BIDS dataset alone, so that it is the same in every run.

    Parameters
    ----------
    scan : Path
        File or folder of the scan.
    name : str
        Subject's name for a scan that lies in no dataset.
    """
    try:
        source = bids_source(scan)
    except InputError:
        return Identity("", "", name)
    subject, *others = source.entities.split("_")
    sessions = [word for word in others if word.startswith("ses-")]
    # Runs and acquisitions tell scans of one session apart; where there is one alone, nobody needs them.
    alike = [
        s for s in find_t1w_scans(scan.absolute().parents[1]) if s.name == "_".join([subject, *sessions])
    ]
    session = "_".join(others if len(alike) > 1 else sessions)
    return Identity(source.dataset.name, dataset_id(source.dataset), subject, session)


def place_in_study(study: Study, whose: Identity, scan: Path | None = None) -> tuple[Identity, Path]:
    """Folder of a person's results of one occasion in a study, below ``segmentations``.

    People of the study's own dataset have folders of their names. Those of another dataset have its name
    before theirs, so that ``sub-01`` of two datasets are two people.

    Parameters
    ----------
    scan : Path, optional
        The scan, if it is at hand. Outside of any dataset it is taken for the dataset's scan of that name if
        the files are the same.

    Returns
    -------
    Identity
        Whose it is in this study.
    Path
        The folder; not made here.

    Raises
    ------
    InputError
        If a scan of no dataset has the name of a person of the study's dataset, but is another scan.
    """
    root = study.folder / SEGMENTATIONS_FOLDER
    own = study.settings.dataset_folder
    if not whose.dataset_id and own is not None:
        whose = _taken_for_own(whose, own, scan)
    prefix = _prefix_of(study, whose) if whose.dataset_id else ""
    folder = f"{prefix}_{whose.subject}" if prefix else whose.subject
    return whose, root / folder_name_of(folder, "scan") / folder_name_of(whose.session, "")


def _is_own(whose: Identity, own: Path) -> bool:
    """Whether a person is of the study's own dataset, which may have been moved since."""
    return whose.dataset_id == dataset_id(own) or (whose.dataset == own.name and not own.exists())


def _taken_for_own(whose: Identity, own: Path, scan: Path | None) -> Identity:
    person = own / whose.subject.partition("_")[0]
    if not whose.subject.startswith("sub-") or not person.is_dir():
        return whose
    digest = "" if scan is None or not scan.is_file() else digest_of(scan)
    for known in find_t1w_scans(person):
        if digest and known.path.stat().st_size == _size(scan) and digest_of(known.path) == digest:
            return identity_of(known.path, whose.subject)
    raise InputError(
        f"This scan is called {whose.subject} as a person of the study's dataset is, but it is another scan.",
        scan,
        "Give the scan in its dataset, or its results another name: --name, or rename the file.",
    )


def _size(scan: Path | None) -> int:
    return -1 if scan is None else scan.stat().st_size


def _prefix_of(study: Study, whose: Identity) -> str:
    """Word before the names of people of another dataset: its name, with a number if two have one name.

    None before those of the study's own, or of the first in a study that has none.
    """
    path = study.folder / SEGMENTATIONS_FOLDER / DATASETS_FILE
    own = study.settings.dataset_folder
    is_own = own is not None and _is_own(whose, own)
    if is_own and not path.is_file():
        return ""
    with changing(study.folder, "segment", also=path):
        known = DatasetNames.load(path) if path.is_file() else DatasetNames()
        if whose.dataset_id in known.names:
            return known.names[whose.dataset_id]
        taken = {name_key(name) for name in known.names.values()}
        if is_own and "" not in taken:
            return ""
        wanted = folder_name_of(whose.dataset or "dataset", "dataset")
        prefix = "" if own is None and "" not in taken else wanted
        number = 1
        while name_key(prefix) in taken:
            number += 1
            prefix = f"{wanted}-{number}"
        known.model_copy(update={"names": {**known.names, whose.dataset_id: prefix}}).save(path)
        return prefix
