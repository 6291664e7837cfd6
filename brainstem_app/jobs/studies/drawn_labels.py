"""Label maps that a lab drew, as the reference of a study's subjects instead of the registered atlas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import JsonValue

from brainstem_app.atlas.drawn_labels import DrawnTable, read_drawn_table
from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import DEFAULT_ATLAS, Atlas, AtlasTable, list_atlases, load_atlas
from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import write_text
from brainstem_app.imaging.bids.scan_name import BidsScan
from brainstem_app.imaging.label_files import LabelFiles, table_beside
from brainstem_app.imaging.label_map import IGNORED_LABEL, load_label_numbers, save_label_map
from brainstem_app.imaging.scan import Finding, Level
from brainstem_app.imaging.spaces import Affine, box_affine
from brainstem_app.jobs.job import PrepareJob
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.studies.labels_of_model import model_of_labels
from brainstem_app.preprocessing.drawn_reference import drawn_in_box, require_grid_of_scan
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.reports.engine.sheets import csv_text
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.study.segmented_by import SegmentedBy
from brainstem_app.study.study import DrawnSource, Study, SubjectRecord
from brainstem_app.written_files import (
    LABELS_BOX_FILE,
    REPEAT_BOX_FILE,
    STUDY_FILE,
    TRANSFORMS_FOLDER,
    UNCERTAINTY_FILE,
)

VERSION = "1"
#: The registered reference, kept where a drawn one took its place.
REGISTERED_FILE = "labels_box_registered.nii.gz"
COUNTS_FILE = "label_counts.csv"
#: What a subject's record says of labels that were drawn.
DRAWN_KEYS = ("reference", "labels", "labels_sha256", "segmented_by", "classes", "not_drawn_voxels")
#: Findings on them.
DRAWN_FINDINGS = (DRAWN_LABEL_SMALL, SEGMENTED) = ("drawn-label-small", "reference-of-a-model")
_LEAST_SHARE = 0.3
_GIVE_TABLE = (
    "Put dseg.tsv (columns index and name) into the folder, or give the table with --label-table: BIDS, CSV, "
    "JSON, ITK-SNAP's, FreeSurfer's or FSL's."
)


@dataclass(frozen=True)
class DrawnFile:
    """One subject's label map, as it travels to the process that prepares the subject."""

    path: Path
    table: DrawnTable
    own_table: bool

    @property
    def sha256(self) -> str:
        """Hash of the file."""
        return sha256_of(self.path) or ""


@dataclass(frozen=True)
class DrawnLabels:
    """The label maps of a lab, for a study.

    Attributes
    ----------
    files : LabelFiles
    table : DrawnTable
        What the numbers mean.
    table_path : Path
    atlas : Atlas or None
        The atlas whose labels they are; None if the table is the lab's own.
    """

    files: LabelFiles
    table: DrawnTable
    table_path: Path
    source: DrawnSource
    atlas: Atlas | None = None

    @classmethod
    def find(cls, job: PrepareJob) -> DrawnLabels:
        """Find the label maps that a job names, and their table.

        Raises
        ------
        InputError
            If there are none, or the table is missing or does not fit.
        """
        if job.labels is None:
            raise ValueError("the job names no labels")
        files = LabelFiles.find(job.labels)
        path = job.label_table or next(iter(files.tables()), None)
        if path is None:
            raise InputError("Nothing says what the numbers of the label maps mean.", job.labels, _GIVE_TABLE)
        table = read_drawn_table(path, job.ignore_label)
        source = DrawnSource(
            path=str(job.labels.resolve()),
            table=str(job.label_table.resolve()) if job.label_table else "",
            not_drawn=job.ignore_label,
        )
        atlas = load_atlas(job.atlas)
        if not table.is_of(atlas.table):
            return cls(files, table, path, source)
        return cls(files, table.of_atlas(atlas.table), path, source, atlas)

    @property
    def name(self) -> str:
        """Name of the labels: the atlas's, or that of the folder they come from."""
        if self.atlas is not None:
            return self.atlas.name
        word = re.sub(r"[^A-Za-z0-9._-]+", "-", self.files.root.stem).strip("-.") or "labels"
        return f"{word}-labels" if word in list_atlases() else word

    def of(self, scan: BidsScan, job: PrepareJob) -> DrawnFile:
        """Label map of a scan, whose own table, if it has one, says the same.

        Raises
        ------
        InputError
            If there is none, or its table contradicts.
        """
        path = self.files.of(scan)
        beside = table_beside(path)
        if beside is not None and beside != self.table_path and job.label_table is None:
            other = read_drawn_table(beside, job.ignore_label)
            # The names of an atlas's rows are not the words of the file.
            if other.index_of != self.table.index_of or (
                self.atlas is None and other.table.names != self.table.table.names
            ):
                raise InputError(
                    f"The table beside the label map contradicts {self.table_path.name}, which the study "
                    "uses.",
                    beside,
                    "Bring all maps to one numbering, or give the table that is right with --label-table.",
                )
        return DrawnFile(path, self.table, self.atlas is None)

    def save_table(self, study: Study) -> None:
        """Write a table of the lab's own into the study, where training looks for it."""
        if self.atlas is None:
            self.table.save(study.labels_folder, self.name, VERSION)


def as_begun(job: PrepareJob) -> PrepareJob:
    """Return the job with the labels that its study was begun with, where it names none itself."""
    if not (job.study / STUDY_FILE).exists():
        return job
    settings = Study.open(job.study).settings
    if settings.own_table and job.atlas == settings.atlas:
        # The name of the lab's own labels, as command line and window read it in the study: no atlas has it.
        job = job.model_copy(update={"atlas": DEFAULT_ATLAS})
    drawn = settings.drawn
    if job.labels is not None or drawn is None:
        return job
    return job.model_copy(
        update={
            "labels": Path(drawn.path),
            "label_table": Path(drawn.table) if drawn.table else None,
            "ignore_label": drawn.not_drawn,
        }
    )


def draw_into(
    folder: Path, drawn: DrawnFile, shape: tuple[int, ...], affine: Affine
) -> tuple[dict[str, JsonValue], tuple[Finding, ...]]:
    """Make a prepared subject's reference labels of a map that was drawn on its scan.

    A registered reference that is there is kept beside it (`REGISTERED_FILE`); what was known of its accuracy
    does not hold any more, and goes.

    Parameters
    ----------
    folder : Path
        Subject folder with its transforms.
    drawn : DrawnFile
        The map.
    shape, affine
        Grid of the scan.

    Returns
    -------
    settings : dict
        For the subject's record (`DRAWN_KEYS`).
    findings : tuple of Finding
        A warning where the box holds little of what was drawn, or it is a model's and nobody changed it.

    Raises
    ------
    InputError
        If the map does not fit the scan or the table, or lies outside of the box.
    """
    numbers, own_affine = load_label_numbers(drawn.path)
    require_grid_of_scan(numbers.shape, own_affine, shape, affine, drawn.path)
    classes = drawn.table.classes(numbers, drawn.path)
    if not ((classes > 0) & (classes < IGNORED_LABEL)).any():
        raise InputError(
            "The label map is empty: no voxel has a label of the table.",
            drawn.path,
            "Look whether it is the right file; leave the subject out if nothing was drawn.",
        )
    transforms = Transforms.load(folder / TRANSFORMS_FOLDER)
    labels = drawn_in_box(classes, own_affine, transforms)
    if not ((labels > 0) & (labels < IGNORED_LABEL)).any():
        raise InputError(
            "What was drawn lies outside of the brainstem's part of the scan.",
            drawn.path,
            "Look at scan and labels in a viewer, and at the subject's qc.png: one of them lies wrong.",
        )
    reference = folder / LABELS_BOX_FILE
    if reference.exists() and not (folder / REGISTERED_FILE).exists() and not drawn.own_table:
        reference.rename(folder / REGISTERED_FILE)
    save_label_map(reference, labels, box_affine(), space="mni")
    for name in (REPEAT_BOX_FILE, UNCERTAINTY_FILE):
        (folder / name).unlink(missing_ok=True)
    voxel = float(abs(np.linalg.det(own_affine[:3, :3])))
    counts = _counts(classes, labels, voxel, drawn.table.table)
    model = model_of_labels(drawn.path, folder.parent.parent)
    facts: dict[str, JsonValue] = {
        "reference": "drawn",
        "labels": drawn.path.name,
        "labels_sha256": drawn.sha256,
        "segmented_by": model.model_dump() if model else None,
        "classes": {name: [voxels, mm3] for name, voxels, mm3 in counts},
        "not_drawn_voxels": int((labels == IGNORED_LABEL).sum()),
    }
    growth = 1 / float(abs(np.linalg.det(transforms.mni_to_native[:3, :3])))
    return facts, (*_judge(counts, growth), *_judge_origin(model))


def _counts(
    classes: NDArray[np.uint8], labels: NDArray[np.uint8], voxel_mm3: float, table: LabelTable
) -> list[tuple[str, int, float]]:
    """Name, voxels of the box and mm³ as drawn, of each class that the map has."""
    drawn, boxed = (np.bincount(volume.ravel(), minlength=IGNORED_LABEL + 1) for volume in (classes, labels))
    return [
        (s.name, int(boxed[s.index]), round(float(drawn[s.index]) * voxel_mm3, 2))
        for s in table.structures[1:]
        if drawn[s.index]
    ]


def _judge(counts: Sequence[tuple[str, int, float]], growth: float) -> tuple[Finding, ...]:
    small = [name for name, voxels, mm3 in counts if voxels < _LEAST_SHARE * mm3 * growth]
    if not small:
        return ()
    return (
        Finding(
            Level.WARNING,
            DRAWN_LABEL_SMALL,
            f"The reference holds less than {100 * _LEAST_SHARE:.0f} % of what was drawn of "
            f"{', '.join(small)}.",
            "It lies outside of the brainstem's part of the scan (z = −72 mm and below is cut), or is "
            "thinner than 1 mm; look at the subject's qc.png.",
        ),
    )


def _judge_origin(model: SegmentedBy | None) -> tuple[Finding, ...]:
    if model is None or model.changed_voxels:
        return ()
    return (
        Finding(
            Level.WARNING,
            SEGMENTED,
            f"The reference is what {model.title} gave and nobody changed: networks learn what it said, and "
            "are scored against it.",
            "Take it only if somebody has looked at it and finds it right; else correct it in Review.",
        ),
    )


def write_counts(study: Study, table: LabelTable, records: Iterable[SubjectRecord]) -> list[list[str]]:
    """Write what is there of each class into ``label_counts.csv``; returns its rows.

    Columns: index, name, subjects that have it, voxels of the box in all of them, mean and standard deviation
    of the volume that was drawn (mm³).
    """
    drawn = [r.settings["classes"] for r in records if isinstance(r.settings.get("classes"), dict)]
    rows = []
    for s in table.structures[1:]:
        found = [each[s.name] for each in drawn if isinstance(each, dict) and s.name in each]
        pairs = [one for one in found if isinstance(one, list)]
        mm3 = [float(str(one[1])) for one in pairs]
        voxels = sum(int(str(one[0])) for one in pairs)
        spread = f"{np.std(mm3, ddof=1):.1f}" if len(mm3) > 1 else ""
        mean = f"{np.mean(mm3):.1f}" if mm3 else ""
        rows.append([str(s.index), s.name, str(len(pairs)), str(voxels), mean, spread])
    head = ("index", "name", "subjects", "voxels", "mean_mm3", "sd_mm3")
    write_text(study.folder / COUNTS_FILE, csv_text(head, rows))
    return rows


def report_counts(study: Study, table: LabelTable, reporter: Reporter) -> Summary:
    """Say what is there of each class of drawn labels; empty where all references are registered."""
    records = [record for record in study.finished_subjects() if record.is_drawn]
    if not records:
        return {}
    rows = write_counts(study, table, records)
    reporter.artifact("label_counts", study.folder / COUNTS_FILE)
    missing = [name for _, name, subjects, *_ in rows if subjects == "0"]
    if missing:
        reporter.warn(
            f"Nobody drew {', '.join(missing)}: a network cannot learn it.",
            study.folder / COUNTS_FILE,
            "Draw it in some subjects, or take it out of the table of labels.",
        )
    not_drawn = sum(int(str(record.settings.get("not_drawn_voxels", 0))) for record in records)
    found: Summary = {"drawn": len(records), "not_drawn_voxels": not_drawn}
    classes = []
    for _, name, subjects, voxels, mean, spread in rows:
        if subjects != "0":
            apart = f" ± {spread}" if spread else ""
            classes.append(
                f"{name} in {subjects} of {len(records)} subjects, {voxels} voxels, {mean}{apart} mm³ each"
            )
    found["classes"] = "; ".join(classes)
    return found


def warn_of_earlier_runs(study: Study, reporter: Reporter) -> None:
    """Say which runs of a study learned from its references as they were before."""
    if runs := study.run_names():
        reporter.warn(
            f"{', '.join(runs)} learned from the references before.",
            study.folder,
            "Train again under another name to learn from those of now.",
        )


def own_table(study: Study) -> AtlasTable | None:
    """Table of a study's own labels; None where they are an atlas's."""
    from brainstem_app.atlas.library import load_atlas_table

    return load_atlas_table(study.labels_folder) if study.settings.own_table else None
