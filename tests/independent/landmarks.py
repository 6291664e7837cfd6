"""Landmarks that experts placed on Colin27, carried to the atlas and held against those on a template.

    python tests/independent/landmarks.py --data DATA --work WORK [--ants-python PYTHON]

DATA holds ``landmarks/``: Colin27 as MRIcron has it (``ch2.nii.gz``), and anatomical fiducials of the
brainstem (AFIDs; Lau et al., Human Brain Mapping 40 (2019)) on Colin27 and on templates. The program's
template is ICBM 2009a nonlinear symmetric; the fiducials are those of its sister, 2009b nonlinear symmetric,
half a millimetre fine. Prints JSON.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
from laid_atlas import Laid, Layer, arguments, layer_of
from numpy.typing import NDArray

SCAN, TABLE = "ch2.nii.gz", "afids_brainstem_templates.csv"
PERSON, TEMPLATE = "Colin27", "MNI152NLin2009bSym"
UNREGISTERED = "not registered (Colin27's own coordinates)"
#: First voxel of Colin27 as MNI gives it out; MRIcron's copy says (−90, −125, −71). By MNI's origin the
#: landmarks lie on the commissures, bodies and fossae that they are named after, by MRIcron's 1.4 mm below
#: and behind them (seen on the scan before anything was measured).
ORIGIN_MM = (-90.0, -126.0, -72.0)
Points = NDArray[np.float64]


def read_landmarks(path: Path) -> dict[str, dict[str, Points]]:
    """Landmarks (3,), RAS mm, by template and name."""
    found: dict[str, dict[str, Points]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            point = np.array([float(row[axis]) for axis in "xyz"])
            found.setdefault(row["template"], {})[row["name"]] = point
    return found


def measure(layer: Layer) -> dict[str, Any]:
    """Distances by way and landmark; lists are in the order of the names."""
    folder = layer.data / "landmarks"
    placed = read_landmarks(folder / TABLE)
    laid = layer.lay("colin27", folder / SCAN)
    names = [name for name in placed[PERSON] if name in placed[TEMPLATE]]
    person, template = (np.stack([placed[of][name] for name in names]) for of in (PERSON, TEMPLATE))
    as_drawn = person + laid.scan.affine[:3, 3] - np.array(ORIGIN_MM)
    ways = {UNREGISTERED: _distances(person, template)}
    ways |= {way: _distances(laid.to_atlas(as_drawn, way), template) for way in laid.ways}
    by_header = {way: _distances(laid.to_atlas(person, way), template) for way in laid.ways}
    others = {
        name: _distances(np.stack([points[each] for each in names]), template)
        for name, points in placed.items()
        if name not in (PERSON, TEMPLATE)
    }
    return {"names": names, "by_way": ways, "by_the_header_of_the_file": by_header, "other_templates": others}


def _distances(points: Points, template: Points) -> dict[str, Any]:
    """Distance of each point, the mean shift of all, and what is left without that shift, mm."""
    apart = points - template
    shift = apart.mean(axis=0)
    return {
        "mm": np.linalg.norm(apart, axis=1).tolist(),
        "offset_mm": apart.tolist(),
        "mean_shift_mm": shift.tolist(),
        "without_shift_mm": np.linalg.norm(apart - shift, axis=1).tolist(),
    }


def points_of(layer: Layer, laid: Laid) -> dict[str, Points]:
    """Landmarks of Colin27 in the world of the file, mm, for pictures."""
    points = read_landmarks(layer.data / "landmarks" / TABLE)[PERSON]
    shift = laid.scan.affine[:3, 3] - np.array(ORIGIN_MM)
    return {name: point + shift for name, point in points.items()}


if __name__ == "__main__":
    print(json.dumps(measure(layer_of(arguments(str(__doc__)).parse_args())), indent=1))
