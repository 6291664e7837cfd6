"""Jobs that make and copy studies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from brainstem_app.imaging.spaces import Space
from brainstem_app.jobs.kinds.job_model import DEFAULT_ATLAS, JobModel
from brainstem_app.setting import setting
from kerasmodels.training.settings import Count, Seed

STUDY_HELP = "The folder of a study."


class PrepareJob(JobModel):
    """Normalise a BIDS dataset, make reference labels, split by subject; goes on where it stopped."""

    command: ClassVar[str] = "prepare"
    kind: Literal["prepare"] = "prepare"
    dataset: Annotated[
        Path,
        setting("Dataset", "The BIDS dataset that holds the scans; it is only read.", argument="DATASET"),
    ]
    study: Annotated[
        Path,
        setting("Study folder", "All results go here; an empty folder, or a study to go on with."),
    ]
    space: Annotated[
        Space,
        setting(
            "Normalisation",
            "Affine keeps each brain's own shape; nonlinear also warps it smoothly, as the paper does.",
            names={"affine": "affine, 12 degrees of freedom", "nonlinear": "nonlinear, smooth warp"},
        ),
    ] = Space.AFFINE
    atlas: Annotated[
        str,
        setting(
            "Atlas",
            "The nuclei that are labelled, and their borders in the template.",
            on_line="A study that is there keeps its own.",
        ),
    ] = DEFAULT_ATLAS
    labels: Annotated[
        Path | None,
        setting(
            "Your own labels",
            "Label maps drawn on these scans, to learn from instead of the atlas: BIDS derivatives (dseg), "
            "a folder by subject, or a table of files.",
            empty="the registered atlas",
            advanced=True,
        ),
    ] = None
    label_table: Annotated[
        Path | None,
        setting(
            "Table of labels",
            "What the numbers of your own labels mean, in any format of the field.",
            empty="dseg.tsv with the labels",
            advanced=True,
        ),
    ] = None
    ignore_label: Annotated[
        tuple[int, ...],
        setting(
            "Not drawn",
            "Number of voxels that nobody labelled: they are neither learned nor measured.",
            empty="what the table calls “not drawn”",
            separator=",",
            advanced=True,
        ),
    ] = ()
    jobs: Annotated[Count, setting("At once", "Scans worked on at a time; each takes a core and 1.5 GB.")] = 1
    repeat: Annotated[
        bool,
        setting(
            "Reference",
            "Made twice, it shows how well it repeats itself, to compare networks with; a third more time.",
            empty="also make it a second time",
        ),
    ] = False
    seed: Annotated[
        Seed,
        setting("Seed of the split", "Decides who is trained on, validated and tested.", advanced=True),
    ] = 0
    subjects: Annotated[
        tuple[str, ...],
        setting("Subjects", "Only these subjects.", empty="all", option="--subject", advanced=True),
    ] = ()


class AddReferenceJob(JobModel):
    """Learn from a corrected label map: it becomes the reference of its subject in a study.

    The registered reference is kept. A scan that the study does not have is prepared, and joins those trained
    on.
    """

    command: ClassVar[str] = "add-reference"
    kind: Literal["add-reference"] = "add-reference"
    labels: Annotated[
        Path,
        setting("Labels", "Label map on the scan's grid, as Review saves it.", argument="LABELS"),
    ]
    study: Annotated[Path, setting("Study", "The study that learns from it.")]
    subject: Annotated[
        str, setting("Subject", "Whose labels they are.", empty="by the scan that the report names")
    ] = ""
    scan: Annotated[
        Path | None, setting("Scan", "The scan, if the study has not prepared it yet.", empty="the study's")
    ] = None
    ignore_label: Annotated[
        tuple[int, ...],
        setting("Not drawn", "Number of voxels that nobody labelled.", empty="255", separator=","),
    ] = ()
    unchanged: Annotated[
        bool,
        setting(
            "Unchanged",
            "Take a model's labels that nobody has changed or accepted; reports on networks say so.",
            advanced=True,
        ),
    ] = False
    same_table: Annotated[
        bool,
        setting(
            "Table",
            "The numbers are those of the study's labels, whatever lies beside the file.",
            advanced=True,
        ),
    ] = False


class RemoveReferenceJob(JobModel):
    """Take a label map out of the training set: its subject gets the reference that it had before.

    A subject that is in the study only because its labels were added leaves it.
    """

    command: ClassVar[str] = "remove-reference"
    kind: Literal["remove-reference"] = "remove-reference"
    study: Annotated[Path, setting("Study", STUDY_HELP, argument="STUDY")]
    subject: Annotated[str, setting("Subject", "Whose labels were added, as the study calls it.")]


class CopyStudyJob(JobModel):
    """Copy a study to another folder, whole or not at all; looks first whether the disk has room for it."""

    command: ClassVar[str] = "copy"
    kind: Literal["copy-study"] = "copy-study"
    study: Annotated[Path, setting("Study", STUDY_HELP, argument="STUDY")]
    out: Annotated[Path, setting("Copy", "New or empty folder for the copy.")]
    share: Annotated[
        bool,
        setting(
            "For others",
            "Leaves out paths, names of scan files, users and computers, results of scans, logs and the "
            "window's memory.",
            empty="a copy to hand on",
        ),
    ] = False
