"""Every command that works at length, on inputs small enough to be tried often."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine, mni_affine
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, StudySettings, SubjectRecord

from ..reports.made_results import write_result

Words = list[str | Path]
TRAINING = ("--encoder", "resnet18", "--epochs", "2", "--size", "32", "--batch-size", "16")


@dataclass(frozen=True)
class Command:
    """A command to try.

    Attributes
    ----------
    words : list
        Its arguments.
    writes : Path
        What it writes to.
    if_done : str
        What it says, instead of doing it, where all of it was done before; empty where it does it again.
    """

    words: Words
    writes: Path
    if_done: str = ""


def make_prepared_study(folder: Path, names: tuple[str, ...] = ("sub-01", "sub-02", "sub-03")) -> Path:
    """A study of made boxes, one subject each to train, validate and test."""
    settings = StudySettings(dataset=str(folder), atlas_version=load_atlas().version)
    made = Study.create(folder, settings)
    rng = np.random.default_rng(0)
    for number, name in enumerate(names):
        labels = _block(20 + 2 * number)
        image = (labels > 0) * 0.7 + 0.2 + rng.normal(0, 0.02, BOX_SHAPE)
        subject = made.subject_folder(name)
        subject.mkdir(parents=True)
        save_volume(subject / "scan_box.nii.gz", image.astype(np.float32), box_affine(), space="mni")
        save_label_map(subject / "labels_box.nii.gz", labels, box_affine(), space="mni")
        record = SubjectRecord(name=name, person=name, state="finished", source=str(folder / f"{name}.nii"))
        record.save(subject / "manifest.json")
    made.save_splits(Splits(seed=0, train=names[:1], validation=names[1:2], test=names[2:]))
    return folder


def _block(start: int) -> NDArray[np.uint8]:
    labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
    labels[start : start + 12, 15:35, 10:60] = 3
    return labels


def make_results(folder: Path, table: LabelTable, people: int = 12) -> Path:
    """Results of people of two groups, and the table that says which."""
    lines = ["participant_id\tgroup"]
    for n in range(people):
        write_result(folder / f"sub-{n:02d}", table, f"sub-{n:02d}_T1w.nii.gz", 10 + n % 5)
        lines.append(f"sub-{n:02d}\t{'ab'[n % 2]}")
    (folder / "participants.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def make_grid(folder: Path, name: str = "two") -> Path:
    """A grid of two small trainings."""
    settings = {"encoder": "resnet18", "epochs": 1, "input.size": 32, "batch_size": 16}
    grid = {"name": name, "repeats": 1, "settings": settings, "vary": {"loss": ["dice", "dicece"]}}
    path = folder / f"{name}.json"
    path.write_text(json.dumps(grid), encoding="utf-8")
    return path


def import_command(folder: Path, name: str = "mine") -> Command:
    """Import of an atlas of one block."""
    labels = np.zeros((197, 233, 189), np.uint8)
    labels[90:100, 95:105, 40:50] = 1
    nibabel.save(nibabel.Nifti1Image(labels, mni_affine()), folder / "labels.nii.gz")
    (folder / "names.csv").write_text("index,name\n1,block\n", encoding="utf-8")
    words: Words = ["atlas", "import", folder / "labels.nii.gz", "--table", folder / "names.csv"]
    words += ["--name", name, "--space", "MNI152NLin2009aSym"]
    writes = folder / "data" / "brainstem-app" / "atlases" / name
    return Command(words, writes, "There is an atlas named mine already")


def quick_commands(folder: Path, table: LabelTable) -> dict[str, Command]:
    """Commands that need a few seconds: no network, no registration."""
    study = make_prepared_study(folder / "study")
    results = make_results(folder / "results", table)
    again = make_results(folder / "again", table)
    maps = [folder / f"{name}.nii.gz" for name in ("predicted", "reference")]
    for path in maps:
        save_label_map(path, load_atlas().labels, mni_affine(), space="mni")
    participants = ["--participants", results / "participants.tsv", "--group", "group", "--reference", "a"]

    def into(name: str) -> Path:
        return folder / f"out {name}"

    return {
        "copy": Command(["copy", study, "--out", into("copy")], into("copy"), "is not empty"),
        "copy --share": Command(
            ["copy", study, "--share", "--out", into("share")], into("share"), "is not empty"
        ),
        "evaluate (volumes)": Command(["evaluate", *maps, "--out", into("volumes")], into("volumes")),
        "cohort": Command(["cohort", results, *participants, "--out", into("cohort")], into("cohort")),
        "retest": Command(["retest", results, again, "--out", into("retest")], into("retest")),
        "atlas import": import_command(folder),
        "simulate": Command(["simulate", "--subjects", "1", "--out", into("simulate")], into("simulate")),
    }


def slow_commands(folder: Path, scans: Path) -> dict[str, Command]:
    """Commands that train, predict or register; the study of `quick_commands` is there, `scans` as well."""
    study = folder / "study"
    one = study / "runs" / "one"
    grid = make_grid(folder)
    scan = next(scans.glob("sub-*/anat/*_T1w.nii.gz"))

    def into(name: str) -> Path:
        return folder / f"out {name}"

    return {
        "train": Command(["train", study, "--run", "one", *TRAINING], one),
        "evaluate (run)": Command(["evaluate", "--study", study, "--run", "one"], one),
        "activations": Command(["activations", study, "--run", "one"], one / "activations"),
        "models export": Command(["models", "export", one, "--install"], one / "export"),
        "compare": Command(["compare", study, "--grid", grid], study / "comparisons" / "two"),
        "segment": Command(["segment", scan, "--out", into("segment")], into("segment")),
        "segment --bids": Command(["segment", scans, "--bids", "--out", into("bids")], into("bids")),
        "demo": Command(["demo", "--out", into("demo")], into("demo")),
        "prepare": Command(["prepare", scans, "--study", into("prepared")], into("prepared")),
    }
