"""Write docs/results/shipped-model.md: the accuracy of an exported model on a study's test subjects.

    python tests/benchmarks/write_shipped_model.py --study STUDY --keep FOLDER [--model NAME] [--card]

STUDY is that of `tests/consensus/write_study.py`, on which the model learned. FOLDER is that of
`write_calibration.py`: each subject's probabilities are kept there and labelled anew here. With --card the
model's card gets the numbers. What --about says of STUDY is printed on the page.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmark_segment import machine
from write_calibration import subjects

from brainstem_app.evaluation.confusion import Counts, confusion_counts
from brainstem_app.jobs.networks.evaluate_run import ATLAS_ALONE, NETWORK_ALONE
from brainstem_app.jobs.networks.export import results_of
from brainstem_app.jobs.scans.loaded_model import LoadedModel, load_model
from brainstem_app.models.atlas_fit import fit_atlas
from brainstem_app.models.prediction import label_box
from brainstem_app.preprocessing.reference import reference_labels
from brainstem_app.reports.engine.entry import Estimate
from brainstem_app.reports.evaluation.build import build_evaluation_report
from brainstem_app.reports.evaluation.model import (
    EvaluationInputs,
    EvaluationReport,
    MethodResult,
    MethodSummary,
)
from brainstem_app.study.study import Study

ROOT = Path(__file__).resolve().parents[2]
MEAN_WARP_ALONE = "atlas at the mean warp"
TO_NETWORK = "bent to the network alone"
PREPARES = "`prepare`'s own registration"


def main() -> None:
    """Read the arguments, measure, write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--model", default="brainstem31")
    parser.add_argument("--part", default="test", choices=("test", "validation"))
    parser.add_argument("--card", action="store_true")
    parser.add_argument("--about", default="", help="what is special about the study, in a sentence")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "results" / "shipped-model.md")
    arguments = parser.parse_args()
    study, model = Study.open(arguments.study), load_model(arguments.model, "onnx")
    report, seconds = measure(study, model, arguments.part, arguments.keep)
    lines = page(report, model.card.name, arguments.part, seconds, arguments.about)
    arguments.page.write_text("\n".join(lines), encoding="utf-8")
    if arguments.card:
        model.card.model_copy(update={"results": results_of(report)}).save(model.files.folder)


def measure(study: Study, model: LoadedModel, part: str, keep: Path) -> tuple[EvaluationReport, float]:
    """Accuracy of model and baselines, and CPU seconds a subject from probabilities to labels."""
    names = study.splits().test if part == "test" else study.splits().validation
    others = (ATLAS_ALONE, MEAN_WARP_ALONE, PREPARES, NETWORK_ALONE, TO_NETWORK)
    counts: dict[str, dict[str, Counts]] = {name: {} for name in (model.card.name, *others)}
    at_mean = None if model.warp is None else reference_labels(model.mapped_atlas.labels, model.warp)
    seconds = 0.0
    for name, voxels in zip(names, subjects(study, model, names, keep), strict=True):
        began = time.process_time()
        labels = label_box(voxels.probabilities, model.context, study.load_box(name).image).labels
        seconds += time.process_time() - began
        compared = {
            model.card.name: labels,
            MEAN_WARP_ALONE: at_mean,
            TO_NETWORK: fit_atlas(
                voxels.probabilities, model.context.bent_atlas, model.context.usual
            ).voted(),
            NETWORK_ALONE: voxels.most_probable,
            ATLAS_ALONE: model.context.bent_atlas,
            PREPARES: study.load_repeat_labels(name),
        }
        for method, volume in compared.items():
            if volume is not None:
                counts[method][name] = confusion_counts(voxels.reference, volume, model.context.classes)
    baselines = [name for name in others if len(counts[name]) == len(names)]
    inputs = EvaluationInputs(
        result=MethodResult(model.card.name, counts[model.card.name]),
        table=model.mapped_atlas.table,
        atlas_name=model.mapped_atlas.name,
        atlas_version=model.mapped_atlas.version,
        baselines=tuple(MethodResult(name, counts[name]) for name in baselines),
        part=part,
    )
    return build_evaluation_report(inputs), seconds / len(names)


def page(report: EvaluationReport, model: str, part: str, seconds: float, about: str) -> list[str]:
    """Lines of the page."""
    favoured = ""
    if any(baseline.name == PREPARES for baseline in report.baselines):
        favoured = f"{PREPARES} is one of the six, so it is favoured here. "
    lines = [
        "# Accuracy of the model that ships",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by `tests/benchmarks/write_shipped_model.py`.",
        "",
        f"Model `{model}` as it ships, on {report.summary.n_subjects} {part} subjects of the open cohort "
        "(ds002748); no slice of theirs was trained on. The reference labels are what six registrations of "
        "the atlas agree on ([consensus](consensus.md)), not an expert's." + (f" {about}" if about else ""),
        "",
        "| | macro mIoU (34) | nuclei mIoU | mean over subjects (34) | mean over subjects, nuclei |",
        "|---|---|---|---|---|",
        _row(f"`{model}`", report.summary),
        *(_row(baseline.name, baseline) for baseline in report.baselines),
        "",
        "Value and 95 % interval by bootstrap over subjects. The model labels the mirrored box too, and "
        "lays the atlas on the scan by one warp (`brainstem_app/models/atlas_fit.py`), beginning at the mean "
        "warp of its training subjects (`mean_warp.py` there); *bent to the network alone* is what version 2 "
        "did, with network and atlas voting on each voxel; *network alone* is the "
        f"most probable class of the same probabilities. That takes {seconds:.1f} CPU seconds a scan.",
        "",
        f"The network learned such references, of other people: agreement with them is no truth. {favoured}"
        "How well volumes repeat themselves and follow a change, and how far labels lie from drawn borders, "
        "is in [measurement](measurement.md); how far each way lies from ANTs and the consensus, in mm, in "
        "[distances](distances.md).",
        "",
        "## Each structure",
        "",
    ]
    others = [baseline.name for baseline in report.baselines]
    lines += ["| structure | grade | " + " | ".join([f"`{model}`", *others]) + " | missed in |"]
    lines += ["|---" * (len(others) + 4) + "|"]
    for row in report.structures:
        values = [row.iou.value, *(row.baselines[name] for name in others)]
        numbers = " | ".join("–" if value is None else f"{value:.3f}" for value in values)
        lines.append(f"| {row.full_name} | {row.reliability} | {numbers} | {row.missed_subjects} |")
    return [*lines, ""]


def _row(name: str, summary: MethodSummary) -> str:
    means = (
        summary.macro_miou,
        summary.macro_miou_nuclei,
        summary.mean_subject_miou,
        summary.mean_subject_miou_nuclei,
    )
    return "| " + " | ".join([name, *map(_words, means)]) + " |"


def _words(estimate: Estimate) -> str:
    if estimate.value is None:
        return "–"
    if estimate.low is None or estimate.high is None:
        return f"{estimate.value:.3f}"
    return f"{estimate.value:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


if __name__ == "__main__":
    main()
