"""Draw a subject's registrations: outlines of each member and of the consensus on the scan, in three planes.

    python tests/consensus/draw_consensus.py --work WORK --out FOLDER DATASET/SUBJECT [DATASET/SUBJECT ...]

Thin lines in colours are the members, the thick white line is the consensus, the dashed yellow line is the
atlas as the affine alone places it. Below each picture is the disagreement, in mm.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from agreement import KEPT
from make_members import PLACED_FILE, Placed
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from measures import AFFINE, CONSENSUS, load_made, measured
from members import MEMBERS, load_member
from numpy.typing import NDArray

from brainstem_app.atlas.library import DEFAULT_ATLAS, load_atlas
from brainstem_app.imaging.spaces import AROUND_BOX, BOX_SHAPE, BOX_START, box_affine
from brainstem_app.preprocessing.reference import crop_displacement, reference_labels
from brainstem_app.preprocessing.transforms import Displacement

COLOURS = dict(zip(MEMBERS, ("#ff5050", "#ff9a3c", "#3cb4ff", "#7d6bff", "#4cd964", "#ff6bd6"), strict=True))
# Plane (axis, mm) and the nuclei outlined there: midbrain twice, pons, medulla, middle, two across.
PLANES = (
    (2, -9, ("RN", "SN", "SC")),
    (2, -16, ("PAG", "IC", "SN")),
    (2, -28, ("LC", "PBN", "MnR")),
    (2, -54, ("IO", "SpTr", "DMNX")),
    (0, 3, ("PAG", "RMg", "DR", "SC")),
    (1, -20, ("RN", "SN", "VTA")),
    (1, -36, ("IC", "LC", "IO")),
)
_OFFSET = np.subtract(BOX_START, AROUND_BOX.start)
_IN_AROUND = tuple(slice(a, a + n) for a, n in zip(_OFFSET, BOX_SHAPE, strict=True))
_IN_KEPT = tuple(slice(a, a + n) for a, n in zip(np.subtract(BOX_START, KEPT.start), BOX_SHAPE, strict=True))


def main() -> None:
    """Read the arguments and draw each subject that is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("subjects", nargs="+")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    for subject in arguments.subjects:
        measured(arguments.work / subject)
        draw(subject, arguments.work / subject, arguments.out / f"{subject.replace('/', '_')}.png")


def draw(subject: str, folder: Path, path: Path) -> None:
    """Write the picture of one subject."""
    made = load_made(folder)
    warps = {
        name: Displacement(load_member(folder / f"{name}.npz")[0], AROUND_BOX.affine) for name in MEMBERS
    }
    warps[CONSENSUS] = Displacement(made.displacement, KEPT.affine)
    warps[AFFINE] = Displacement(np.zeros_like(warps[MEMBERS[0]].field), AROUND_BOX.affine)
    atlas = load_atlas(DEFAULT_ATLAS)
    labels = {name: reference_labels(atlas.labels, crop_displacement(warp)) for name, warp in warps.items()}
    scan = Placed.load(folder / PLACED_FILE).scan[_IN_AROUND]
    figure = Figure(figsize=(5 * len(PLANES), 10), facecolor="black")
    for column, (axis, at_mm, nuclei) in enumerate(PLANES):
        index = round(at_mm - box_affine()[axis, 3])
        upper, lower = (figure.add_subplot(2, len(PLANES), 1 + column + row * len(PLANES)) for row in (0, 1))
        upper.set_title(f"{subject} {'xyz'[axis]} = {at_mm} mm", color="white", fontsize=9)
        upper.imshow(np.take(scan, index, axis).T, cmap="gray", origin="lower", vmin=-2, vmax=2.5)
        kinds = [s.index for s in atlas.table.nuclei if s.name.startswith(nuclei)]
        for name, map_ in labels.items():
            _outline(upper, np.take(map_, index, axis), kinds, name)
        apart = np.take(made.disagreement[_IN_KEPT], index, axis)
        shown = lower.imshow(apart.T, cmap="inferno", origin="lower", vmin=0, vmax=2)
        _outline(lower, np.take(labels[CONSENSUS], index, axis), kinds, CONSENSUS)
        for part in (upper, lower):
            part.axis("off")
    bar = figure.colorbar(shown, ax=figure.axes, fraction=0.01, pad=0.01)
    bar.ax.tick_params(colors="white")
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=70, facecolor="black", bbox_inches="tight")


def _outline(axes: Axes, labels: NDArray[np.uint8], kinds: list[int], name: str) -> None:
    """Outline the brainstem and each of some nuclei."""
    colour = COLOURS.get(name, "white" if name == CONSENSUS else "#ffe600")
    width = 1.6 if name == CONSENSUS else 0.7
    style = "dashed" if name == AFFINE else "solid"
    for mask in (labels > 0, *(labels == kind for kind in kinds)):
        if mask.any():
            axes.contour(mask.T, [0.5], colors=[colour], linewidths=width, linestyles=style)


if __name__ == "__main__":
    main()
