"""Numbers of one subject's registrations: how far apart they are, and how far each is from the consensus."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from agreement import KEPT, Consensus, consensus_of, folds
from make_members import PLACED_FILE, Placed
from members import MEMBERS, load_member
from numpy.typing import NDArray
from packed_consensus import PlacedConsensus
from pydantic import BaseModel, ConfigDict, TypeAdapter
from scipy.ndimage import binary_dilation, map_coordinates

from brainstem_app.atlas.library import DEFAULT_ATLAS, Atlas, load_atlas
from brainstem_app.evaluation.structures import measure_structures
from brainstem_app.imaging.atomic import write_text
from brainstem_app.imaging.spaces import AROUND_BOX, box_affine, crop_to_box
from brainstem_app.preprocessing.reference import crop_displacement, reference_labels
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Displacement

AFFINE, CONSENSUS = "affine", "consensus"
CONSENSUS_FILE = "consensus.npz"
MEASURES_FILE = "measures.json"
KEPT_FILE = Path(__file__).with_name("consensus.json")
# Around the brainstem, its border counts too.
_FIT_MARGIN_VOXELS = 2


class Agreement(BaseModel):
    """Two label maps compared: per nucleus, mean distance of surfaces (mm; NaN where one is lost) and IoU."""

    model_config = ConfigDict(ser_json_inf_nan="constants")

    assd_mm: list[float]
    iou: list[float]


class SubjectMeasures(BaseModel):
    """Numbers of one subject; lists follow the nuclei of the atlas's table.

    Attributes
    ----------
    warnings : str
        What the program said of the placement.
    smoothing_mm : float
        Of the consensus.
    between_mm : list of float
        Mean distance of a nucleus' surfaces over all pairs of members.
    disagreement_mm : list of float
        Root mean square distance of the members' displacements from the consensus, within each nucleus of it.
    to_consensus : dict of Agreement
        Of the affine, which is no member, and of each member.
    to_others : dict of Agreement
        Of each member with the consensus of the others: fair to compare with the affine.
    ncc : dict of float
        Correlation of scan and warped template in the brainstem, for the affine, the members, the consensus.
    folds : dict of int
        Voxels of the box where each warp folds.
    cpu_s : dict of float
        What the placement and each member cost.
    """

    model_config = ConfigDict(ser_json_inf_nan="constants")

    warnings: str
    smoothing_mm: float
    between_mm: list[float]
    disagreement_mm: list[float]
    to_consensus: dict[str, Agreement]
    to_others: dict[str, Agreement]
    ncc: dict[str, float]
    folds: dict[str, int]
    cpu_s: dict[str, float]


class KeptMeasures(BaseModel):
    """Numbers of one subject that is packed, and how far its packed warp is from what was packed.

    Attributes
    ----------
    packing_mm : tuple of two floats
        Mean and largest distance within the box.
    """

    model_config = ConfigDict(ser_json_inf_nan="constants")

    measures: SubjectMeasures
    packing_mm: tuple[float, float]


_KEPT = TypeAdapter(dict[str, KeptMeasures])


def load_kept(path: Path = KEPT_FILE) -> dict[str, KeptMeasures]:
    """Numbers of the packed subjects, by ``DATASET/SUBJECT``; none if there is no file yet."""
    if not path.exists():
        return {}
    return _KEPT.validate_json(path.read_text(encoding="utf-8"))


def save_kept(kept: Mapping[str, KeptMeasures], path: Path = KEPT_FILE) -> None:
    """Write the numbers of packed subjects, a line each, to four decimals."""
    lines = [
        f"{json.dumps(subject)}: {json.dumps(_rounded(kept[subject].model_dump()))}"
        for subject in sorted(kept)
    ]
    write_text(path, "{\n" + ",\n".join(lines) + "\n}\n")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return round(value, 4) if isinstance(value, float) else value


def measured(folder: Path) -> SubjectMeasures:
    """Measures of a subject whose members are made; computed once, with the consensus beside it."""
    path = folder / MEASURES_FILE
    if not path.exists() or not (folder / CONSENSUS_FILE).exists():
        _measure(folder)
    return SubjectMeasures.model_validate_json(path.read_text(encoding="utf-8"))


def load_made(folder: Path) -> PlacedConsensus:
    """Consensus of a subject that `measured` has made."""
    with np.load(folder / CONSENSUS_FILE) as file:
        return PlacedConsensus(file["field"], file["disagreement"], file["mni_to_native"])


def _measure(folder: Path) -> None:
    placed = Placed.load(folder / PLACED_FILE)
    made = {name: load_member(folder / f"{name}.npz") for name in MEMBERS}
    fields = np.stack([field for field, _ in made.values()])
    found = consensus_of(fields)
    np.savez_compressed(
        folder / CONSENSUS_FILE,
        field=found.displacement.field,
        disagreement=found.disagreement,
        mni_to_native=placed.mni_to_native,
    )
    atlas = load_atlas(DEFAULT_ATLAS)
    warps = {name: Displacement(field, AROUND_BOX.affine) for name, (field, _) in made.items()}
    still = Displacement(np.zeros_like(fields[0]), AROUND_BOX.affine)
    every = {AFFINE: still, **warps, CONSENSUS: found.displacement}
    labels = {name: labels_of(atlas, warp) for name, warp in every.items()}
    others = {
        name: labels_of(atlas, consensus_of(np.delete(fields, number, axis=0)).displacement)
        for number, name in enumerate(MEMBERS)
    }
    pairs = [compared(atlas, labels[a], labels[b]).assd_mm for a, b in combinations(MEMBERS, 2)]
    measures = SubjectMeasures(
        warnings=placed.warnings,
        smoothing_mm=found.smoothing_mm,
        between_mm=list(np.nanmean(pairs, axis=0)),
        disagreement_mm=_within_nuclei(atlas, labels[CONSENSUS], found),
        to_consensus={name: compared(atlas, labels[name], labels[CONSENSUS]) for name in (AFFINE, *MEMBERS)},
        to_others={name: compared(atlas, labels[name], others[name]) for name in MEMBERS},
        ncc={name: _correlation(placed.scan, warp) for name, warp in every.items()},
        folds={name: folds(warp) for name, warp in every.items()},
        cpu_s={"placement": placed.cpu_s, **{name: cpu_s for name, (_, cpu_s) in made.items()}},
    )
    write_text(folder / MEASURES_FILE, measures.model_dump_json(indent=1))


def labels_of(atlas: Atlas, warp: Displacement) -> NDArray[np.uint8]:
    """Labels (50, 50, 73) of the box under a warp of 1 mm that covers it."""
    return reference_labels(atlas.labels, crop_displacement(warp))


def compared(atlas: Atlas, labels: NDArray[np.uint8], reference: NDArray[np.uint8]) -> Agreement:
    """Compare two label maps of the box, nucleus by nucleus."""
    wanted = {structure.index for structure in atlas.table.nuclei}
    measures = [
        measure
        for measure in measure_structures(labels, box_affine(), atlas.table, reference)
        if measure.structure.index in wanted
    ]
    return Agreement(
        assd_mm=[np.nan if measure.assd_mm is None else measure.assd_mm for measure in measures],
        iou=[np.nan if measure.iou is None else measure.iou for measure in measures],
    )


def _within_nuclei(atlas: Atlas, labels: NDArray[np.uint8], found: Consensus) -> list[float]:
    start = tuple(
        int(a) for a in np.subtract(crop_displacement(found.displacement).affine[:3, 3], KEPT.affine[:3, 3])
    )
    box = tuple(slice(a, a + n) for a, n in zip(start, labels.shape, strict=True))
    square = found.disagreement[box] ** 2
    inside = [square[labels == structure.index] for structure in atlas.table.nuclei]
    return [float(np.sqrt(values.mean())) if values.size else np.nan for values in inside]


def _correlation(scan: NDArray[np.float32], warp: Displacement) -> float:
    """Correlation of a scan on `AROUND_BOX` with the template, warped, in the box near the brainstem."""
    template = load_template()
    near = crop_to_box(binary_dilation(template.brainstem, iterations=_FIT_MARGIN_VOXELS))
    start = np.rint(box_affine()[:3, 3] - AROUND_BOX.affine[:3, 3]).astype(int)
    places = np.argwhere(near) + start
    moved = places + crop_displacement(warp).field[near]
    seen = map_coordinates(AROUND_BOX.crop(template.t1), moved.T, order=1, mode="nearest")
    return float(np.corrcoef(scan[tuple(places.T)], seen)[0, 1])
