"""Write docs/results/calibration.md: how far a model's confidence is what it says, calibrated and before.

    python tests/benchmarks/write_calibration.py --study STUDY --keep FOLDER [--model NAME] [--card]

The temperature is fitted on the study's validation subjects and measured on its test subjects; STUDY must be
split as the model's own was. Probabilities of each subject are kept in FOLDER: the script goes on where it
stopped; with --predicted only test subjects that are there are counted. With --card the model's card gets the
temperature and the threshold.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from benchmark_segment import machine

from brainstem_app.evaluation.calibration import (
    MARKED_GOOD,
    MAY_BE_NUCLEUS,
    Temperature,
    VoxelSample,
    fit_temperature,
)
from brainstem_app.jobs.networks.calibrate import calibrate_on, labelled_subject
from brainstem_app.jobs.scans.loaded_model import LoadedModel, load_model
from brainstem_app.models.atlas_fit import neighbourhood
from brainstem_app.models.prediction import Predictor, class_probabilities, label_box
from brainstem_app.reports.engine.entry import Estimate
from brainstem_app.reports.evaluation.calibration import CalibrationCounts, SubjectVoxels
from brainstem_app.reports.evaluation.calibration_model import (
    CalibrationReport,
    NucleusCalibration,
    ReliabilityDiagram,
)
from brainstem_app.study.study import Study

ROOT = Path(__file__).resolve().parents[2]
PICTURE = "calibration.png"
COLOURS = {"before": "#d9822b", "after": "#2f7fc1"}


def main() -> None:
    """Read the arguments and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--predicted", action="store_true")
    parser.add_argument("--model", default="brainstem31")
    parser.add_argument("--card", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "results")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    study, model = Study.open(arguments.study), load_model(arguments.model, "onnx")
    splits = study.splits()
    test = splits.test
    if arguments.predicted:
        test = tuple(name for name in test if (arguments.keep / f"{name}.npz").exists())
    context = model.context
    region = neighbourhood(context.bent_atlas)
    calibration = calibrate_on(subjects(study, model, splits.validation, arguments.keep), context.nuclei)
    whole = fit_temperature(
        [
            VoxelSample(voxels.probabilities[region], voxels.reference[region])
            for voxels in subjects(study, model, splits.validation, arguments.keep)
        ]
    )
    counts = CalibrationCounts(
        calibration, model.mapped_atlas.table, region, same=not context.method.fit_atlas
    )
    for voxels in subjects(study, model, test, arguments.keep):
        counts.add(voxels)
    report = counts.report()
    lines = page(report, model.card.name, len(test), len(splits.test), whole)
    (arguments.out / "calibration.md").write_text("\n".join(lines), encoding="utf-8")
    draw(report, arguments.out / PICTURE)
    if arguments.card:
        fitted = {
            "temperature": round(report.temperature, 4),
            "low_confidence": round(report.low_confidence, 3),
        }
        method = model.card.method.model_copy(update=fitted)
        model.card.model_copy(update={"method": method}).save(model.files.folder)


def subjects(study: Study, model: LoadedModel, names: tuple[str, ...], keep: Path) -> Iterator[SubjectVoxels]:
    """Predict subjects, or label what was predicted before; outside the neighbourhood all is background."""
    predictor: Predictor | None = None
    way = model.context
    region = neighbourhood(way.bent_atlas)
    keep.mkdir(parents=True, exist_ok=True)
    for name in names:
        path, box = keep / f"{name}.npz", study.load_box(name)
        if not path.exists():
            predictor = predictor or model.open_network()
            found = class_probabilities(predictor, box.image, way, lambda fraction, text: None)
            half = path.with_suffix(".part.npz")
            np.savez(half, probabilities=found[region])
            half.replace(path)
        with np.load(path) as kept:
            inside = kept["probabilities"]
        probabilities = np.zeros((*region.shape, inside.shape[1]), dtype=np.float32)
        probabilities[..., 0] = 1
        probabilities[region] = inside
        prediction = label_box(probabilities, way, box.image)
        yield labelled_subject(probabilities, prediction, box.labels, way)


def page(report: CalibrationReport, model: str, n_test: int, n_all: int, whole: Temperature) -> list[str]:
    """Lines of the page."""
    only = "" if n_test == n_all else f" ({n_test} of the {n_all} were predicted for this page)"
    return [
        "# How far the confidence is what it says",
        "",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine()}. Written by `tests/benchmarks/write_calibration.py`.",
        "",
        f"Model `{model}`. Temperature **{report.temperature:.3f}**, fitted on {report.validation_subjects} "
        f"validation subjects; everything else is measured on {n_test} test subjects{only}. The network was "
        "trained on neither.",
        "",
        "- A voxel's confidence is the network's probability of the label that is given to it. The "
        "temperature is for voxels labelled as a nucleus; above 1 it lowers their confidence. Labels do not "
        "depend on it.",
        "- Fitted by the negative log-likelihood of the reference over the voxels that may be a nucleus: "
        f"those in which the network's probabilities of all nuclei sum to more than {MAY_BE_NUCLEUS}. Each "
        f"subject weighs the same. On the validation subjects it is {report.nll_before:.4f} nats a voxel "
        f"before and {report.nll_after:.4f} after. Fitted over the whole brainstem and 5 mm around it the "
        f"temperature would be {whole.value:.3f} ({whole.nll_before:.4f} to {whole.nll_after:.4f}): most "
        "of that is tissue and background, of which the network is as sure as it should be.",
        "- *Right* means as in the reference, which is a registered atlas, not an expert.",
        f"- ECE: expected calibration error, {report.bins} bins of equal width, with 95 % bootstrap "
        "intervals over subjects. *Label given*: of the labels in the results, from the bent atlas. *Most "
        "probable class*: of the network's own top label.",
        "",
        "## Voxels",
        "",
        "| confidence of | voxels | number | right | ECE, temperature 1 | ECE, calibrated |",
        "|---|---|---|---|---|---|",
        *(_diagram(diagram) for diagram in report.diagrams),
        "",
        f"![Reliability diagrams]({PICTURE})",
        "",
        "## Nuclei",
        "",
        "The confidence of a nucleus is that of reports, the mean over its shares of voxels. Over all nuclei "
        f"of all subjects its rank correlation (Spearman) with Dice is {_number(report.rank_correlation)} "
        f"({_number(report.rank_correlation_before)} at temperature 1), and its mean distance from Dice "
        f"{_number(report.distance)} ({_number(report.distance_before)}).",
        "",
        f"A nucleus is marked if its confidence is below **{report.low_confidence:.3f}**: "
        f"{MARKED_GOOD:.0%} of the nuclei with a Dice of {report.poor_dice} or more lie below it on the "
        f"validation subjects. On the test subjects {report.poor_marked} of {report.poor} nuclei with a "
        f"lower Dice are marked, and {report.good_marked} of {report.good} others.",
        "",
        "| nucleus | subjects | confidence, temperature 1 | calibrated | right voxels | Dice | IoU | poor "
        "| marked |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_nucleus(nucleus) for nucleus in report.nuclei),
        "",
    ]


def _diagram(diagram: ReliabilityDiagram) -> str:
    which = "brainstem and 5 mm around it" if diagram.voxels == "neighbourhood" else "labelled a nucleus"
    numbers = [f"{diagram.n_voxels:,}", _number(diagram.right)]
    cells = [diagram.labels, which, *numbers, _estimate(diagram.ece_before), _estimate(diagram.ece_after)]
    return "| " + " | ".join(cells) + " |"


def _nucleus(nucleus: NucleusCalibration) -> str:
    shares = [nucleus.confidence_before, nucleus.confidence, nucleus.precision, nucleus.dice, nucleus.iou]
    cells = [nucleus.name, str(nucleus.subjects), *(_number(share, 2) for share in shares)]
    return "| " + " | ".join([*cells, str(nucleus.poor), str(nucleus.marked)]) + " |"


def _estimate(estimate: Estimate) -> str:
    if estimate.low is None:
        return _number(estimate.value)
    return f"{_number(estimate.value)} ({_number(estimate.low)}–{_number(estimate.high)})"


def _number(value: float | None, decimals: int = 3) -> str:
    return "–" if value is None else f"{value:.{decimals}f}"


def draw(report: CalibrationReport, path: Path) -> None:
    """Draw the reliability diagrams beside each other, with the number of voxels below."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.1 * len(report.diagrams), 4.2), layout="constrained")
    axes = figure.subplots(
        2, len(report.diagrams), sharex=True, squeeze=False, gridspec_kw={"height_ratios": [3, 1]}
    )
    labels = {"before": "temperature 1", "after": f"temperature {report.temperature:.2f}"}
    for column, diagram in enumerate(report.diagrams):
        above, below = axes[0, column], axes[1, column]
        above.plot([0, 1], [0, 1], "--", color="#999999", linewidth=1)
        for part, label in labels.items():
            used = [b for b in getattr(diagram, part) if b.voxels]
            points = [b.confidence for b in used], [b.right for b in used]
            above.plot(*points, "o-", color=COLOURS[part], label=label, markersize=4)
            bins = getattr(diagram, part)
            below.step([b.low for b in bins], [b.voxels for b in bins], where="post", color=COLOURS[part])
        voxels = "brainstem and 5 mm" if diagram.voxels == "neighbourhood" else "voxels of nuclei"
        above.set(title=f"{diagram.labels},\n{voxels}", xlim=(0, 1), ylim=(0, 1), aspect="equal")
        below.set(xlabel="confidence", yscale="log")
    axes[0, 0].set_ylabel("share of right voxels")
    axes[1, 0].set_ylabel("voxels")
    axes[0, 0].legend(fontsize=8, loc="upper left")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main()
