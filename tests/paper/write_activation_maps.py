"""Draw activation maps of trained networks beside one another: docs/results/paper-activations.png.

    python tests/paper/write_activation_maps.py --study STUDY RUN [RUN …]

Each RUN has a network (``best.keras``; `open_weights.py` makes one of weights that came back from a GPU).
Numbers of the layers go to `activations.json`, from which `write_paper.py` makes its words.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from activation_words import NUMBERS_FILE
from kept_cells import label_table
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray
from page_text import decoder_name

from brainstem_app.errors import InputError
from brainstem_app.jobs.job import TrainJob, read_job
from brainstem_app.jobs.many.compare_report import read_curve
from brainstem_app.jobs.networks.run_splits import run_splits
from brainstem_app.models.slices import box_to_slices, enlarge
from brainstem_app.reports.scan.levels import levels_of
from brainstem_app.study.study import Study
from kerasmodels.activations import LayerActivation, activations, layer_names
from kerasmodels.export.keras_file import load_keras

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PICTURE = Path(__file__).resolve().parents[2] / "docs" / "results" / "paper-activations.png"
_LEVEL = "Pons"
#: Every how many slices through nuclei one is taken: channels are told apart by the pixels of all.
_APART = 3
_INCHES = 1.75
_BACKGROUND, _INK = "#101418", "#e8ecf0"
#: Layers that end a stage of the encoder, as their names begin; and what is shown of the decoder at the end.
_STAGES = ("encoder_bn1", "encoder_layer1", "encoder_layer2", "encoder_layer3", "encoder_layer4")
_FROM_DECODER = 2


def main() -> None:
    """Read the arguments, run the slice through each network, draw and write the numbers."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--subject", default="")
    parser.add_argument("--picture", type=Path, default=PICTURE)
    parser.add_argument("--numbers", type=Path, default=NUMBERS_FILE)
    parser.add_argument("--seen", default="", help="what the maps show to who looks at them, for the page")
    parser.add_argument("runs", nargs="+")
    arguments = parser.parse_args()
    study = Study.open(arguments.study.resolve())
    found: dict[str, list[LayerActivation]] = {}
    trained: dict[str, dict[str, object]] = {}
    subject, image = arguments.subject, None
    for run in arguments.runs:
        job = read_job(study.run_folder(run) / "config.json")
        if not isinstance(job, TrainJob):
            raise InputError("This is no training run.", study.run_folder(run), "Name a run with a network.")
        subject = subject or run_splits(study, job).test[0]
        image, layers = maps_of(study, job, run, subject)
        found[job.decoder], trained[job.decoder] = layers, _training(study, job, run)
    if image is None:
        raise SystemExit("Name a run.")
    draw(arguments.picture, image, found)
    content = {
        "subject": subject,
        "level": _LEVEL.lower(),
        "trained": trained,
        "seen": arguments.seen,
        "networks": {decoder: [_numbers(layer) for layer in layers] for decoder, layers in found.items()},
    }
    arguments.numbers.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def maps_of(
    study: Study, job: TrainJob, run: str, subject: str
) -> tuple[NDArray[np.float32], list[LayerActivation]]:
    """Slice through the pons, and the layers of a network that end a stage on it and more slices."""
    model = load_keras(study.run_folder(run) / "best.keras")
    box = study.load_box(subject)
    nuclei = [structure.index for structure in label_table().nuclei]
    is_nucleus = np.isin(box.labels, nuclei)
    shown_slice = levels_of(is_nucleus)[_LEVEL]
    slices = box_to_slices(box.image.astype(np.float32, copy=False))
    chosen = [shown_slice, *np.flatnonzero(is_nucleus.any(axis=(0, 1)))[::_APART]]
    images = enlarge(job.input.stack(slices)[chosen], job.input.size)
    every = activations(model, images, layer_names(model))
    return slices[shown_slice], shown(every)


def shown(layers: Sequence[LayerActivation]) -> list[LayerActivation]:
    """Last layer of each stage of the encoder, and the last ones of the decoder."""
    ends = [
        own[-1] for stage in _STAGES if (own := [layer for layer in layers if layer.layer.startswith(stage)])
    ]
    decoder = [layer for layer in layers if layer.layer.startswith("decoder")]
    return [*ends, *decoder[-_FROM_DECODER:]]


def draw(path: Path, image: NDArray[np.float32], found: Mapping[str, Sequence[LayerActivation]]) -> None:
    """Draw a row a network: the slice, then the strength of each layer, lowest to highest."""
    columns = 1 + max(map(len, found.values()))
    figure = Figure(
        figsize=(_INCHES * columns, (_INCHES + 0.3) * len(found) + 0.1),
        facecolor=_BACKGROUND,
        layout="constrained",
    )
    FigureCanvasAgg(figure)
    axes = figure.subplots(len(found), columns, squeeze=False)
    for row, (decoder, layers) in zip(axes, found.items(), strict=True):
        _show(row[0], image, "gray", decoder_name(decoder))
        for place, layer in zip(row[1:], layers, strict=False):
            height, width, channels = layer.shape
            name = layer.layer.replace("encoder_", "").replace("decoder_", "decoder ")
            _show(place, layer.strength[0], "inferno", f"{name}\n{height} × {width}, {channels} ch.")
        for place in row[1 + len(layers) :]:
            place.set_visible(False)
    figure.savefig(path, dpi=110, facecolor=_BACKGROUND, metadata={"Software": None})


def _show(axes: Axes, values: NDArray[np.float32], colours: str, title: str) -> None:
    """Draw a map (x, y) as seen from the feet: the patient's right on the left, anterior up."""
    axes.imshow(values[::-1, ::-1].T, cmap=colours, interpolation="nearest")
    axes.set_title(title, color=_INK, fontsize=7)
    axes.set_xticks([])
    axes.set_yticks([])


def _training(study: Study, job: TrainJob, run: str) -> dict[str, object]:
    """How a network was trained, and how good it was on the validation subjects."""
    points = read_curve(study.run_folder(run) / "history.csv")
    names = ("loss", "epochs", "batch_size", "learning_rate", "schedule")
    return {
        "size": job.input.size,
        **{name: getattr(job, name) for name in names},
        "val_nuclei_miou": max(point.val_nuclei_miou for point in points),
    }


def _numbers(layer: LayerActivation) -> dict[str, object]:
    height, width, channels = layer.shape
    return {
        "layer": layer.layer,
        "height": height,
        "width": width,
        "channels": channels,
        "pixels": height * width * len(layer.strength),
        "effective": round(layer.effective, 2),
        "silent": layer.silent,
        "zeros": round(layer.zeros, 4),
    }


if __name__ == "__main__":
    main()
