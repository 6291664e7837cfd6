"""The study folder: prepared subjects, their split, and the runs of networks trained on them.

::

    study.json  splits.json
    labels/           structures.csv  atlas.json (where a lab's own labels are learned)
    subjects/sub-01/  scan_box.nii.gz  labels_box.nii.gz  transforms/  qc.png  manifest.json
                      uncertainty_box.nii.gz (where it is known how far the reference may be off)
    runs/NAME/        config.json  history.csv  events.jsonl  last.keras  best.keras  metrics.json  …

A subject is done when its ``manifest.json`` says so: it is written last.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, JsonValue, field_validator

from brainstem_app import __version__
from brainstem_app.errors import InputError
from brainstem_app.imaging.spaces import Space
from brainstem_app.plain_name import PartName, require_folder_name, require_name, require_part
from brainstem_app.study.prepared_box import PreparedBox, read_box, read_box_labels, read_prepared_box
from brainstem_app.study.quality import read_quality
from brainstem_app.study.record import Record
from brainstem_app.study.segmented_by import SegmentedBy
from brainstem_app.study.splits import Splits
from brainstem_app.written_files import (
    CONFIG_FILE,
    MANIFEST_FILE,
    REPEAT_BOX_FILE,
    RUNS_FOLDER,
    SEGMENTATIONS_FOLDER,
    SPLITS_FILE,
    STUDY_FILE,
    SUBJECTS_FOLDER,
    UNCERTAINTY_FILE,
)

#: What to do where a study is expected and there is none.
HOW_TO_BEGIN = (
    "Choose the folder of a study. One is begun by New study (Ctrl+N) in the window, by `brainstem-app "
    "prepare` and by `brainstem-app segment --study`."
)


class DrawnSource(Record):
    """Where the label maps of a study lie that a lab drew.

    Attributes
    ----------
    path, table : str
        The folder or list of the maps; the table of their numbers, empty if it lies with them.
    not_drawn : tuple of int
        Numbers that mean "not drawn", besides those that the table calls so.
    """

    path: str
    table: str = ""
    not_drawn: tuple[int, ...] = ()


class StudySettings(Record):
    """``study.json``: what all subjects of the study have in common.

    Attributes
    ----------
    dataset : str
        Folder of the dataset whose people go by their own names; empty as long as none is known.
    reference_mm : float or None
        How far reference labels that are made as these lie from the consensus of other registrations: mean
        distance of surfaces of the nuclei over open subjects. None where that was not measured, and in
        studies of older versions.
    drawn : DrawnSource or None
        The label maps that are the reference instead of the registered atlas.
    own_table : bool
        Whether these have a table of their own (`Study.labels_folder`); else their labels are the atlas's.
    """

    schema_name: Literal["brainstem-study/1"] = Field("brainstem-study/1", alias="schema")
    dataset: str = ""
    space: Space = Space.AFFINE
    atlas: PartName = "brainstem31"
    atlas_version: str = ""
    atlas_sha256: str = ""
    reference_mm: float | None = None
    drawn: DrawnSource | None = None
    own_table: bool = False
    seed: int = 0
    program_version: str = __version__
    created: str = Field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    @property
    def dataset_folder(self) -> Path | None:
        """Folder of the dataset; None as long as none is known."""
        return Path(self.dataset) if self.dataset else None

    @property
    def atlas_settings(self) -> dict[str, JsonValue]:
        """What the reference labels are made from; kept in each subject's record too."""
        return {
            "atlas": self.atlas,
            "atlas_version": self.atlas_version,
            "atlas_sha256": self.atlas_sha256,
        }


class Failure(Record):
    """Why a subject could not be prepared."""

    what: str
    where: str = ""
    fix: str = ""


class SubjectRecord(Record):
    """``subjects/NAME/manifest.json``: what was done to one scan, and how it ended.

    Attributes
    ----------
    name : str
        Folder name, e.g. ``sub-01`` or ``sub-01_ses-2``.
    person : str
        BIDS subject the scan belongs to; the unit of the split.
    state : {"finished", "failed"}
        Finished subjects are not prepared again.
    source, sha256 : str
        The scan's file and its hash.
    files : dict of str to str
        SHA-256 of each file written, by its name.
    fit, timings : dict of str to float
        Measures of the registrations, seconds of each step.
    """

    schema_name: Literal["brainstem-subject/1"] = Field("brainstem-subject/1", alias="schema")
    name: str
    person: str
    state: Literal["finished", "failed"]
    source: str
    sha256: str = ""
    group: str = ""
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    fit: dict[str, JsonValue] = Field(default_factory=dict)
    findings: tuple[dict[str, JsonValue], ...] = ()
    timings: dict[str, float] = Field(default_factory=dict)
    files: dict[str, str] = Field(default_factory=dict)
    software: dict[str, JsonValue] = Field(default_factory=dict)
    failure: Failure | None = None

    @property
    def is_drawn(self) -> bool:
        """Whether the reference is a label map of this scan that people drew or took over, not registered."""
        return self.settings.get("reference") == "drawn"

    @property
    def segmented_by(self) -> SegmentedBy | None:
        """The model that gave the reference, if one is known to have; also where people corrected it."""
        found = self.settings.get("segmented_by")
        return SegmentedBy.model_validate(found) if found else None

    @property
    def origin(self) -> Literal["registered", "drawn", "segmented"]:
        """Where the reference comes from; `segmented` is what a model gave and nobody changed."""
        made = self.segmented_by
        if made is not None and not made.changed_voxels:
            return "segmented"
        return "drawn" if self.is_drawn else "registered"

    @field_validator("settings")
    @classmethod
    def _check_model(cls, settings: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if settings.get("segmented_by"):
            SegmentedBy.model_validate(settings["segmented_by"])
        return settings


@dataclass(frozen=True)
class Study:
    """A study folder and its settings."""

    folder: Path
    settings: StudySettings

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open an existing study.

        Raises
        ------
        InputError
            If the folder is no study, or its ``study.json`` is damaged.
        """
        if not folder.is_dir():
            raise InputError("The study folder does not exist.", folder, HOW_TO_BEGIN)
        if not (folder / STUDY_FILE).is_file():
            raise InputError(
                f"This folder is no study: there is no {STUDY_FILE} in it.", folder, HOW_TO_BEGIN
            )
        return cls(folder, StudySettings.load(folder / STUDY_FILE))

    @classmethod
    def create(cls, folder: Path, settings: StudySettings) -> Self:
        """Make a study, or open the one that is there to go on with it.

        A study that is there takes on the atlas of `settings`; its subjects whose reference labels come from
        another are then no longer current (see `is_current`) and have to be labelled anew. One in which
        nothing was prepared yet takes on the space too, and an empty one all of them.

        Raises
        ------
        InputError
            If what is in the study that is there is of another space or dataset, or the folder cannot be
            written.
        """
        if (folder / STUDY_FILE).exists():
            study = cls.open(folder)
            if study.is_empty:
                return study._with(settings.model_copy(update={"created": study.settings.created}))
            study._require_same(settings)
            return study._with_labels_of(settings)
        require_folder_name(folder, "a study")
        try:
            (folder / SUBJECTS_FOLDER).mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"The study folder cannot be made: {error.strerror}.",
                folder,
                "Choose a folder you may write to.",
            ) from error
        settings.save(folder / STUDY_FILE)
        return cls(folder, settings)

    @property
    def is_prepared(self) -> bool:
        """Whether a subject was prepared, or it was tried: what was chosen for that is kept then."""
        return next(self.folder.glob(f"{SUBJECTS_FOLDER}/*/{MANIFEST_FILE}"), None) is not None

    @property
    def is_empty(self) -> bool:
        """Whether the study was only begun: no subject is prepared, and no result is in it."""
        return not self.is_prepared and next(self.folder.glob(f"{SEGMENTATIONS_FOLDER}/[!.]*/"), None) is None

    def with_dataset(self, dataset: Path) -> Self:
        """Write down the dataset of a study that has none; one that is known stays."""
        if self.settings.dataset:
            return self
        return self._with(self.settings.model_copy(update={"dataset": str(dataset)}))

    def with_seed(self, seed: int) -> Self:
        """Write down the seed by which the study's people are divided."""
        return self._with(self.settings.model_copy(update={"seed": seed}))

    def _with(self, settings: StudySettings) -> Self:
        if settings != self.settings:
            settings.save(self.folder / STUDY_FILE)
        return type(self)(self.folder, settings)

    def _require_same(self, settings: StudySettings) -> None:
        mine = self.settings
        odd = [
            *(["space"] if self.is_prepared and mine.space != settings.space else []),
            *(["dataset"] if mine.dataset and mine.dataset != settings.dataset else []),
        ]
        for name in odd:
            raise InputError(
                f"What is in this study is of the {name} “{getattr(mine, name)}”, not “"
                f"{getattr(settings, name)}”.",
                self.folder,
                "Choose another --study folder, or the same settings as before.",
            )

    def _with_labels_of(self, settings: StudySettings) -> Self:
        names = (*settings.atlas_settings, "drawn", "own_table", "space", "dataset")
        if all(getattr(self.settings, name) == getattr(settings, name) for name in names):
            return self
        update = {name: getattr(settings, name) for name in (*names, "reference_mm")}
        return self._with(self.settings.model_copy(update=update))

    def is_current(self, record: SubjectRecord) -> bool:
        """Whether a subject's reference labels come from the study's atlas, as far as its record says."""
        if "atlas" not in record.settings:
            return True
        atlas = self.settings.atlas_settings
        return {name: record.settings.get(name, "") for name in atlas} == atlas

    @property
    def labels_folder(self) -> Path:
        """Folder of the table of a lab's own labels."""
        return self.folder / "labels"

    def subject_folder(self, name: str) -> Path:
        """Folder of a subject (not created here); InputError if the name would lead elsewhere."""
        return self.folder / SUBJECTS_FOLDER / require_part(name, "a subject", self.folder)

    def run_folder(self, name: str) -> Path:
        """Folder of a run (not created here); InputError if none can be called so, see `require_name`."""
        runs = self.folder / RUNS_FOLDER
        return runs / require_name(name, "a run", runs)

    def run_names(self) -> tuple[str, ...]:
        """Names of the runs that were started, sorted."""
        return tuple(sorted(path.parent.name for path in self.folder.glob(f"{RUNS_FOLDER}/*/{CONFIG_FILE}")))

    def subject(self, name: str) -> SubjectRecord | None:
        """Return what is known of a subject, None if nothing is (or its manifest is damaged)."""
        try:
            record = SubjectRecord.load(self.subject_folder(name) / MANIFEST_FILE)
        except InputError:
            return None
        # The folder says who it is: files would be looked for, and written, where another name leads.
        return record if record.name == name else record.model_copy(update={"name": name})

    def subjects(self) -> tuple[SubjectRecord, ...]:
        """Return the records of all subjects that finished or failed, sorted by name."""
        names = sorted(path.parent.name for path in self.folder.glob(f"{SUBJECTS_FOLDER}/*/{MANIFEST_FILE}"))
        found = (self.subject(name) for name in names)
        return tuple(record for record in found if record is not None)

    def finished_subjects(self) -> tuple[SubjectRecord, ...]:
        """Return the records of the subjects that can be trained on."""
        return tuple(record for record in self.subjects() if record.state == "finished")

    def splits(self) -> Splits:
        """Read the split by subject, without the rejected ones; InputError if it is missing or damaged."""
        return Splits.load(self.folder / SPLITS_FILE).without(read_quality(self.folder).rejected)

    def save_splits(self, splits: Splits) -> None:
        """Write ``splits.json``."""
        splits.save(self.folder / SPLITS_FILE)

    def load_box(self, name: str) -> PreparedBox:
        """Image and reference labels of one subject.

        Raises
        ------
        InputError
            If a file is missing, damaged or of another shape, holds what is no intensity or no label, or the
            labels come from another atlas than the study's.
        """
        record = self.subject(name)
        if record is not None and not self.is_current(record):
            raise InputError(
                f"The reference labels of {name} come from another atlas than the study's: "
                "preparing it was interrupted.",
                self.subject_folder(name),
                "Run the same `brainstem-app prepare` again; it goes on where it stopped.",
            )
        return read_prepared_box(self.subject_folder(name))

    def load_repeat_labels(self, name: str) -> NDArray[np.uint8] | None:
        """Read the reference labels made a second time with another setting, None where there are none."""
        path = self.subject_folder(name) / REPEAT_BOX_FILE
        return read_box_labels(path) if path.exists() else None

    def load_uncertainty(self, name: str) -> NDArray[np.float32] | None:
        """How far the reference of a subject may be off at each voxel, mm (50, 50, 73); None if not known.

        Raises
        ------
        InputError
            If the file is damaged or of another shape, or holds what is no distance.
        """
        path = self.subject_folder(name) / UNCERTAINTY_FILE
        if not path.exists():
            return None
        found = read_box(path).astype(np.float32)
        if not (np.isfinite(found).all() and found.min() >= 0):
            raise InputError(
                f"The uncertainty of {name} holds numbers that are no distances (finite, from 0 mm on).",
                path,
                "Make the file anew, or delete it: then all voxels of the subject count alike.",
            )
        return found
