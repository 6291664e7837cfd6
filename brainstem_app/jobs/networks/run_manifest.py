"""What a run learned from, kept in its folder: enough to repeat it, and to tell whether it is still there."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, JsonValue

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.jobs.networks.training_volumes import absent_structures
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.study.record import Record
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study
from brainstem_app.written_files import LABELS_BOX_FILE, MANIFEST_FILE, SCAN_BOX_FILE, UNCERTAINTY_FILE
from kerasmodels.data.volumes import Volumes

_MOST_NAMED = 12
_READ = (SCAN_BOX_FILE, LABELS_BOX_FILE)
#: SHA-256 of files by their name, of each subject.
Data = Mapping[str, Mapping[str, str]]


class Absent(Record):
    """Names of the atlas' structures that no subject of a part has."""

    training: tuple[str, ...] = ()
    validation: tuple[str, ...] = ()

    @classmethod
    def of(cls, training: Volumes, validation: Volumes, table: LabelTable) -> Self:
        """Look for them in the volumes that are trained and validated on."""
        return cls(
            training=absent_structures(training, table), validation=absent_structures(validation, table)
        )

    def warn(self, reporter: Reporter, study: Path) -> None:
        """Say which they are, and what that means."""
        if self.training:
            reporter.warn(
                f"No training subject has {_listed(self.training)}: the network will not find what it has "
                "never seen.",
                study,
                "Prepare more subjects, or look at the reference labels of those that are there.",
            )
        if self.validation:
            reporter.warn(
                f"No validation subject has {_listed(self.validation)}: how well the network finds it has no "
                "say in which epoch is the best.",
                study,
                "Prepare more subjects, or look at the reference labels of those that are there.",
            )


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more (all are in manifest.json)"
    return ", ".join(names[:_MOST_NAMED]) + (more if len(names) > _MOST_NAMED else "")


class RunManifest(Record):
    """``manifest.json`` of a run: enough to repeat it.

    Attributes
    ----------
    job : dict
        All settings.
    data : dict of str to str
        SHA-256 of image and labels of every subject of the training and validation parts, and of the
        uncertainty of the labels where the voxels of a training subject were weighted by it.
    absent : Absent
        Structures of the atlas that no training or no validation subject has.
    """

    schema_name: Literal["brainstem-run/1"] = Field("brainstem-run/1", alias="schema")
    job: dict[str, JsonValue]
    atlas: str
    atlas_sha256: str = ""
    splits: Splits
    absent: Absent = Absent()
    data: dict[str, dict[str, str]]
    software: dict[str, str]
    device: str
    seconds: float = 0.0


def data_of(study: Study, splits: Splits) -> dict[str, dict[str, str]]:
    """Hashes of what a training reads of each subject."""
    records = {record.name: record for record in study.finished_subjects()}
    data = {
        name: {file: records[name].files.get(file, "") for file in _READ}
        for name in (*splits.train, *splits.validation)
    }
    for name in splits.train:
        path = study.subject_folder(name) / UNCERTAINTY_FILE
        if path.exists():
            data[name][UNCERTAINTY_FILE] = sha256_of(path) or ""
    return data


def read_data(run: Path) -> Data:
    """Hashes of the images and labels that a run began with, by subject; empty if it did not note that."""
    path = run / MANIFEST_FILE
    if not path.exists():
        return {}
    data = RunManifest.load(path).data
    return {name: {file: files.get(file, "") for file in _READ} for name, files in data.items()}


def require_same_data(run: Path, now: Data) -> None:
    """Refuse to go on with a run whose subjects have other images or labels than when it began.

    Raises
    ------
    InputError
        If one has.
    """
    begun = read_data(run)
    if changed := [n for n in now if n in begun and any(begun[n][file] != now[n][file] for file in _READ)]:
        raise InputError(
            f"The run “{run.name}” was begun with other images or labels of {listed(changed)}.",
            run,
            "Train under another name to learn from what is there now.",
        )
