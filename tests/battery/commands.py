"""Every kind of job that works at length, as a command on inputs small enough to be tried often."""

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
from brainstem_app.jobs.folder import JobFolder
from brainstem_app.jobs.job import CompareCellJob, MeasureSpeedJob, TrainJob
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, StudySettings, SubjectRecord
from kerasmodels.data.slice_input import SliceInput

from ..atlas.conftest import write_tiny_recipe
from ..jobs.made_cluster import make_cluster
from ..reports.made_results import write_result
from ..study.made_study import AFFINE, add_result, correct_by_hand, make_study, write_segmentation

Words = list[str | Path]
TRAINING = ("--encoder", "resnet18", "--epochs", "2", "--size", "32", "--batch-size", "16")
DETACHED = "brainstem_app.jobs.detached"
#: Folder of the programs of a made cluster.
CLUSTER = "cluster"


@dataclass(frozen=True)
class Command:
    """A command to try.

    Attributes
    ----------
    kind : str
        Kind of job that it does.
    words : list
        Its arguments.
    writes : Path
        Folder or file that it writes to.
    if_done : str
        What it says, instead of doing it, where all of it was done before; empty where it does it again.
    if_missing : str
        What it says where what it goes on from is not there.
    of : str
        Command whose results it changes or adds to.
    start : Path, optional
        Folder that is copied to `writes` before.
    clears : tuple of str
        Patterns of what else it makes.
    needs : tuple of str
        Commands whose results it reads.
    module : str
        Python module that does it.
    """

    kind: str
    words: Words
    writes: Path
    if_done: str = ""
    if_missing: str = ""
    of: str = ""
    start: Path | None = None
    clears: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    module: str = "brainstem_app"


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


def make_results(folder: Path, table: LabelTable, people: int = 16) -> Path:
    """Results of people of two groups, and the table that says which."""
    lines = ["participant_id\tgroup"]
    for n in range(people):
        write_result(folder / f"sub-{n:02d}", table, f"sub-{n:02d}_T1w.nii.gz", 10 + n % 5)
        lines.append(f"sub-{n:02d}\t{'ab'[n % 2]}")
    (folder / "participants.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def make_scans(folder: Path, count: int = 3) -> Words:
    """Scans of people, with nothing to see in them."""
    folder.mkdir()
    scans: Words = [folder / f"sub-{n:02d}_T1w.nii.gz" for n in range(count)]
    rng = np.random.default_rng(0)
    for path in scans:
        save_volume(Path(path), rng.random((20, 20, 20), np.float32), np.eye(4))
    return scans


def make_study_of_results(folder: Path, table: LabelTable, people: int = 6) -> Path:
    """A study with a result of each of some people, that of the second corrected by hand."""
    made = make_study(folder, folder.parent / "ds")
    for n in range(1, people + 1):
        result = add_result(made, table, f"sub-{n:02d}", 10 + n)
        if n == 2:
            correct_by_hand(result, 4)
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
    writes = _data(folder) / "atlases" / name
    return Command("import-atlas", words, writes, "There is an atlas named mine already")


def _data(folder: Path) -> Path:
    """Where the user's data lie for a command that is started with `processes.environment_of`."""
    return folder / "data" / "brainstem-app"


def quick_commands(folder: Path, table: LabelTable) -> dict[str, Command]:
    """Commands that need a few seconds: no network, no registration."""
    study = make_prepared_study(folder / "study")
    results = make_results(folder / "results", table)
    again = make_results(folder / "again", table)
    maps: Words = [folder / f"{name}.nii.gz" for name in ("predicted", "reference")]
    for path in maps:
        save_label_map(Path(path), load_atlas().labels, mni_affine(), space="mni")
    participants: Words = ["--participants", results / "participants.tsv", "--group", "group"]
    participants += ["--reference", "a"]

    def into(kind: str, name: str, *words: str | Path, if_done: str = "") -> Command:
        out = folder / f"out {name}"
        return Command(kind, [*words, "--out", out], out, if_done)

    return {
        "copy": into("copy-study", "copy", "copy", study, if_done="is not empty"),
        "copy --share": into("copy-study", "share", "copy", study, "--share", if_done="is not empty"),
        "evaluate (volumes)": into("evaluate-volumes", "volumes", "evaluate", *maps),
        "cohort": into("cohort", "cohort", "cohort", results, *participants),
        "reference save": into("save-reference", "saved", "reference", "save", results, *participants),
        "retest": into("retest", "retest", "retest", results, again),
        "make-dataset": into(
            "make-dataset",
            "dataset",
            "make-dataset",
            *make_scans(folder / "scans"),
            if_done="is not empty",
        ),
        "atlas import": import_command(folder),
        "atlas build": _build_command(folder),
        "simulate": into("simulate", "simulate", "simulate", "--subjects", "1"),
        **_result_commands(folder, table),
    }


def _build_command(folder: Path) -> Command:
    recipe = write_tiny_recipe(folder / "recipe")
    return Command("build-atlas", ["atlas", "build", recipe], _data(folder) / "atlases" / "tiny")


def _result_commands(folder: Path, table: LabelTable) -> dict[str, Command]:
    """What is done to the results of a study, each time to the same ones."""
    start, study = make_study_of_results(folder / "judged before", table), folder / "judged"
    old, corrected = folder / "old", study / "segmentations" / "sub-02" / "net-1"
    scan = folder / "small scan.nii.gz"
    save_volume(scan, np.arange(216, dtype=np.float32).reshape(6, 6, 6), AFFINE)
    for name in ("sub-07", "sub-08"):
        write_segmentation(old / name, table, f"{name}_T1w.nii.gz", dataset=folder / "ds")

    def judged(kind: str, *words: str | Path) -> Command:
        return Command(kind, [*words], study, start=start)

    return {
        "quality": judged("quality", "quality", study),
        "study accept": judged("accept-results", "study", "accept", study, "sub-01", "sub-03"),
        "study reject": judged("reject-results", "study", "reject", study, "sub-01", "--why", "moved"),
        "study undecide": judged("undecide-results", "study", "undecide", study, "sub-01", "sub-02"),
        "study restore": judged("restore-results", "study", "restore", study, "sub-02"),
        "correct": judged("correct-folder", "correct", corrected, "--scan", scan),
        "restore": judged("restore-folder", "restore", corrected),
        "study import-results": judged("import-results", "study", "import-results", study, old),
        "study export": Command(
            "export-results",
            ["study", "export", study, "--out", folder / "out exported"],
            folder / "out exported",
            needs=("quality",),
        ),
    }


def slow_commands(folder: Path) -> dict[str, Command]:
    """Commands that train, predict or register; what `quick_commands` made is there."""
    study, scans, prepared = folder / "study", folder / "out simulate", folder / "out prepared"
    one = study / "runs" / "one"
    scan = scans / "sub-sim01" / "anat" / "sub-sim01_T1w.nii.gz"
    make_cluster(folder / CLUSTER)
    truth = scans / "derivatives" / "truth" / "sub-sim01" / "anat" / "sub-sim01_space-orig_dseg.nii.gz"
    heads, no_run = ("simulate",), "has no network"

    def segment(name: str, *words: str | Path) -> Command:
        out = folder / f"out {name}"
        return Command("segment", ["segment", *words, "--out", out], out, needs=heads)

    def of_run(kind: str, writes: Path, *words: str | Path, needs: tuple[str, ...] = ()) -> Command:
        return Command(kind, [*words], writes, if_missing=no_run, of="train", needs=needs)

    return {
        "train": Command("train", ["train", study, "--run", "one", *TRAINING], one),
        "train another": Command(
            "train", ["train", study, "--run", "other", *TRAINING], study / "runs" / "other"
        ),
        "evaluate (run)": of_run("evaluate-run", one, "evaluate", "--study", study, "--run", "one"),
        "activations": of_run("activations", one, "activations", study, "--run", "one"),
        "models export": of_run("export-model", one, "models", "export", one, "--install"),
        "models ensemble": Command(
            "export-ensemble",
            ["models", "ensemble", one, study / "runs" / "other", "--name", "both", "--install"],
            study / "ensembles" / "both",
            if_missing=no_run,
            needs=("train", "train another"),
        ),
        "compare": Command(
            "compare",
            ["compare", study, "--grid", make_grid(folder)],
            study / "comparisons" / "two",
            clears=("study/runs/*-*",),
        ),
        "cell of a comparison": _cell(folder, study),
        "speed of the machine": _speed(folder),
        "segment": segment("segment", scan),
        "segment --bids": segment("bids", scans, "--bids"),
        "demo": Command("demo", ["demo", "--out", folder / "out demo"], folder / "out demo"),
        "prepare": Command("prepare", ["prepare", scans, "--study", prepared], prepared, needs=heads),
        "segment --study": Command("segment", ["segment", "--study", prepared], prepared, of="prepare"),
        "study correct": Command(
            "correct-result",
            ["study", "correct", prepared, "sub-sim01", "--labels", folder / "corrected.nii.gz"],
            prepared,
            if_missing="no segmentation",
            of="segment --study",
        ),
        "segment on a cluster": Command(
            "on-slurm", ["segment", "--study", prepared, "--executor", "slurm"], prepared, of="prepare"
        ),
        "change": Command(
            "change",
            [
                *("change", folder / "first_T1w.nii.gz", folder / "later_T1w.nii.gz"),
                *("--years", "0,2", "--out", folder / "out change"),
            ],
            folder / "out change",
            needs=heads,
        ),
        "add-reference": Command(
            "add-reference",
            ["add-reference", truth, "--study", prepared, "--subject", "sub-sim01"],
            prepared,
            if_missing="not prepared",
            of="prepare",
        ),
        "remove-reference": Command(
            "remove-reference",
            ["remove-reference", prepared, "--subject", "sub-sim01"],
            prepared,
            if_done="No label map was added",
            of="add-reference",
        ),
    }


def _cell(folder: Path, study: Path) -> Command:
    train = TrainJob(study=study, run="cell", encoder="resnet18", epochs=1, batch_size=16)
    job = CompareCellJob(train=train.model_copy(update={"input": SliceInput(size=32)}))
    JobFolder(folder / "jobs" / "cell").prepare(job)
    return Command("compare-cell", [folder / "jobs" / "cell"], study / "runs" / "cell", module=DETACHED)


def _speed(folder: Path) -> Command:
    JobFolder(folder / "jobs" / "speed").prepare(MeasureSpeedJob())
    return Command(
        "measure-speed", [folder / "jobs" / "speed"], _data(folder) / "speed.json", module=DETACHED
    )
