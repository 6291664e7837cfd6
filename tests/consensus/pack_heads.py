"""Put the heads that a network learns from into one file, for a machine without this program.

    python tests/consensus/pack_heads.py --data DATA --work WORK --model brainstem31 HEADS.npz

The file holds the placed scans of training and validation subjects with what surrounds their boxes, where
each of their voxels lies in the atlas (the consensus, on a grid of 2 mm), by how much registrations disagree
there, where each nucleus lies, simulated subjects with their labels, and the weights of a model to begin
with, in eight bits. `train_local_changes.py` reads it. About 35 MB.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from make_members import PLACED_FILE, Placed, place, scan_of, subjects_in_order
from numpy.typing import NDArray
from packed_consensus import load_consensus, subjects_in
from packed_heads import eight_bit_kernels
from write_study import TEST, VALIDATION

from brainstem_app.atlas.library import Atlas, load_atlas
from brainstem_app.imaging.spaces import AROUND_BOX, BOX_MIDPLANE, BOX_SHAPE, BOX_START, Region
from brainstem_app.models.library import find_model
from brainstem_app.preprocessing.intensity import LIMIT
from brainstem_app.preprocessing.reference import reference_labels
from brainstem_app.preprocessing.template import load_template
from brainstem_app.simulation.box import simulate_box

#: Voxels around the box that travel with it: what a displacement may bring into sight.
MARGIN = 6
#: The box and its margin; below the box there is no template.
PACKED = Region(
    (BOX_START[0] - MARGIN, BOX_START[1] - MARGIN, BOX_START[2]),
    (BOX_SHAPE[0] + 2 * MARGIN, BOX_SHAPE[1] + 2 * MARGIN, BOX_SHAPE[2] + MARGIN),
)
STEP_MM = 2
UNIT_MM = 0.01
N_SIMULATED = 10


@dataclass(frozen=True)
class Head:
    """One subject: image, displacement and disagreement on `PACKED`, and its bells (N, 4): middle, reach."""

    name: str
    image: NDArray[np.uint8]
    displacement: NDArray[np.int16]
    bells: NDArray[np.float32]


def main() -> None:
    """Read the arguments, write the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="where placed scans are kept")
    parser.add_argument("--model", default="brainstem31", help="whose weights are the first")
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    atlas = load_atlas("brainstem31")
    test = {f"ds002748/sub-{number}" for number in TEST.split()}
    chosen = {f"{dataset}/sub-{n}" for dataset, numbers in VALIDATION.items() for n in numbers.split()}
    usable = set(subjects_in()) - test
    heads = []
    for subject in subjects_in_order(given.data):
        if subject in usable:
            print(subject, flush=True)
            heads.append(_head(subject, given, atlas))
    simulated = [_simulated(number, atlas) for number in range(N_SIMULATED)]
    longest = max(len(head.bells) for head in heads)
    bells = [np.pad(head.bells, ((0, longest - len(head.bells)), (0, 0))) for head in heads]
    np.savez_compressed(
        given.file,
        allow_pickle=False,
        names=np.array([head.name for head in heads]),
        validation=np.array([head.name in chosen for head in heads]),
        images=np.stack([head.image for head in heads]),
        displacements=_differences(np.stack([head.displacement for head in heads])),
        bells=np.stack(bells),
        atlas=PACKED.crop(atlas.labels),
        simulated_images=np.stack([image for image, _ in simulated]),
        simulated_labels=np.stack([labels for _, labels in simulated]),
        mirrored=np.array(atlas.table.mirrored_indices(), dtype=np.uint8),
        nuclei=np.array([each.index for each in atlas.table.nuclei]),
        origin=np.subtract(BOX_START, PACKED.start),
        mirror_plane=np.array(float(BOX_MIDPLANE)),
        **_weights(given.model),
    )


def _head(subject: str, given: argparse.Namespace, atlas: Atlas) -> Head:
    file = given.work / subject / PLACED_FILE
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        place(scan_of(given.data, subject)).save(file)
    placed = Placed.load(file)
    warp, apart = load_consensus(subject, placed.mni_to_native, region=PACKED)
    fields = np.concatenate([warp.field, apart[..., None]], axis=-1)
    coarse = fields[::STEP_MM, ::STEP_MM, ::STEP_MM].transpose(3, 0, 1, 2)
    start = np.subtract(PACKED.start, AROUND_BOX.start)
    part = tuple(slice(a, a + n) for a, n in zip(start, PACKED.shape, strict=True))
    labels = reference_labels(atlas.labels, load_consensus(subject, placed.mni_to_native)[0])
    bells = _bells(labels, [each.index for each in atlas.table.nuclei])
    return Head(subject, _eight_bits(placed.scan[part]), _in_units(coarse), bells)


def _bells(labels: NDArray[np.uint8], nuclei: list[int]) -> NDArray[np.float32]:
    """Middle and reach (voxels of `PACKED`) of each nucleus; a long one is several parts, side by side."""
    found = []
    for index in nuclei:
        voxels = np.argwhere(labels == index).astype(np.float64)
        if not len(voxels):
            continue
        middle = voxels - voxels.mean(axis=0)
        along = middle @ np.linalg.svd(middle, full_matrices=False)[2][0]
        ball = (3 * len(voxels) / 4 / np.pi) ** (1 / 3)
        for part in np.array_split(voxels[np.argsort(along)], max(1, round(_reach(voxels) / ball))):
            found.append([*(part.mean(axis=0) + np.subtract(BOX_START, PACKED.start)), _reach(part)])
    return np.array(found, dtype=np.float32)


def _reach(voxels: NDArray[np.float64]) -> float:
    """Radius of the ball whose points lie as far from its middle on average; not below a voxel's."""
    away = ((voxels - voxels.mean(axis=0)) ** 2).sum(axis=1).mean()
    return float(np.sqrt(5 / 3 * max(away, 0.25)))


def _simulated(number: int, atlas: Atlas) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Image and labels of a simulated subject on `PACKED`; beyond the box its edge goes on."""
    image, labels = simulate_box(np.random.default_rng([0, number]), load_template(), atlas.labels)
    around = ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, MARGIN))
    return np.pad(_eight_bits(image), around, mode="edge"), np.pad(labels, around, mode="edge")


def _eight_bits(image: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Standardised intensities, −3 to 3, as 0 to 255."""
    levels = np.rint((np.clip(image, -LIMIT, LIMIT) + LIMIT) * (255 / (2 * LIMIT)))
    return np.asarray(levels, dtype=np.uint8)


def _in_units(millimetres: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.asarray(np.rint(millimetres / UNIT_MM), dtype=np.int16)


def _differences(volumes: NDArray[np.int16]) -> NDArray[np.int16]:
    """Differences along the last three axes, which compress better; sums give the values back."""
    for axis in (2, 3, 4):
        volumes = np.diff(volumes, axis=axis, prepend=np.int16(0))
    return volumes


def _weights(model: str) -> dict[str, NDArray[Any]]:
    """Weights of a model's network in its own order, kernels in eight bits (`eight_bit_kernels`)."""
    from kerasmodels.export.keras_file import load_keras

    return eight_bit_kernels(load_keras(find_model(model).folder / "model.keras").get_weights())


if __name__ == "__main__":
    main()
