"""One simulated subject, segmented and reported against its true labels: shows that everything works."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.atlas.library import Atlas
from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import load_label_map
from brainstem_app.jobs.job import DemoJob
from brainstem_app.jobs.places import require_files
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.jobs.scans.loaded_model import load_model
from brainstem_app.jobs.scans.result_folders import require_same_sources
from brainstem_app.jobs.scans.segment import segment_scan
from brainstem_app.jobs.scans.segment_files import POSSIBLE_ARTIFACTS
from brainstem_app.progress import within
from brainstem_app.simulation.dataset import TRUTH, write_dataset
from brainstem_app.written_files import TRANSFORMS_FOLDER

_SIMULATED = 0.3
DATASET_FOLDER = "simulated"


def demo(job: DemoJob, reporter: Reporter) -> Summary:
    """Write ``OUT/simulated``, a BIDS dataset of one subject, and its labels and report into ``OUT``.

    Raises
    ------
    InputError
        If the model's labels have no map.
    BrainstemError
        If the model is missing or the segmentation fails.
    JobCancelled
        If the user cancels.
    """
    model = load_model(job.model, "onnx")
    if not isinstance(model.atlas, Atlas):
        raise InputError(
            f"A simulated scan cannot have the labels {model.atlas.name}: there is no map of them.",
            model.files.folder,
            "Choose a model of an atlas, such as the default one.",
        )
    dataset = job.out / DATASET_FOLDER
    before = next(dataset.glob("sub-*/anat/*_T1w.nii.gz"), dataset)
    require_files(job.out, POSSIBLE_ARTIFACTS.values(), (TRANSFORMS_FOLDER, DATASET_FOLDER))
    require_same_sources(job.out, {"scan": before})
    report = reporter.part(0, 1, "")
    (scan,) = write_dataset(dataset, 1, job.seed, within(report, 0.0, _SIMULATED), atlas=model.atlas)
    labels, _ = load_label_map(_truth_of(scan, dataset))
    segment_scan(
        scan,
        job.out,
        model,
        within(report, _SIMULATED, 1.0),
        reporter,
        reference=labels,
        reference_origin="the truth of a simulated head",
        command=job.command_line({"out": "OUT", "model": model.card.name}),
    )
    return {"folder": str(job.out), "report": str(job.out / "report.html")}


def _truth_of(scan: Path, dataset: Path) -> Path:
    """Label map of a simulated scan, on the scan's grid."""
    subject = scan.name.removesuffix("_T1w.nii.gz")
    return dataset / TRUTH / subject / "anat" / f"{subject}_space-orig_dseg.nii.gz"
