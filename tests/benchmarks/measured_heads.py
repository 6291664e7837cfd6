"""Warps of heads by several ways, kept on disk, and the volumes of nuclei and regions under them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import changed_heads
import numpy as np
from changed_heads import APART_MM, Bell, StandardHead, bells_of, source, together
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

import brainstem_app
from brainstem_app.atlas.library import Atlas
from brainstem_app.atlas.warped import box_shares, labels_under
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import BOX_SHAPE, Affine, box_affine, crop_to_box
from brainstem_app.jobs.scans.loaded_model import LoadedModel
from brainstem_app.models.atlas_fit import fit_atlas, neighbourhood, smallest_jacobian
from brainstem_app.models.method import FitSettings
from brainstem_app.models.prediction import Predictor, class_probabilities
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.transforms import grid_points

Field = NDArray[np.float32]
Values = NDArray[np.float64]
#: Regions lie further apart than nuclei, and their bells are wider.
REGIONS_APART_MM = 35.0
BRAINSTEM, SHIPPED = "brainstem", "as shipped"
#: The way that tells where a head has what is shrunk: so every fit sees the same heads.
BEND = "network and bend (version 2)"
_TRIAL = 0.03
#: What label maps are drawn by.
LABELLING = ("atlas/warped.py", "atlas/importing/share_assignment.py")
# What is kept holds as long as this code is the same.
_PLACING = ("preprocessing/*.py", "imaging/resampling.py", "imaging/intensity_levels.py")
_SEEING = ("models/prediction.py", "models/slices.py")
_FITTING = ("models/atlas_fit.py", "models/local_correlation.py", *_SEEING)


def ways_of(shipped: FitSettings) -> dict[str, FitSettings | None]:
    """Ways to place the atlas: the model's own last, and what it is made of."""
    asked = tuple(each for each in shipped.rounds if each.intensity_weight)
    alone = tuple(each.model_copy(update={"network_weight": 0.0}) for each in asked)
    ways: dict[str, FitSettings | None] = {"affine alone": None}
    ways[BEND] = FitSettings()
    if alone:
        ways["intensities alone"] = FitSettings(rounds=alone, from_warp=True)
    return {**ways, SHIPPED: shipped}


@dataclass(frozen=True)
class Parts:
    """Structures whose volumes are measured: nuclei, then regions, then the brainstem.

    Attributes
    ----------
    codes : ndarray of uint8, shape (50, 50, 73)
        Every combination of nucleus and region has its number.
    holds : ndarray of bool, shape (parts, combinations)
        Which combinations a part is made of.
    names : tuple of str
    n_nuclei : int
        The first so many are nuclei.
    """

    codes: NDArray[np.uint8]
    holds: NDArray[np.bool_]
    names: tuple[str, ...]
    n_nuclei: int

    @classmethod
    def of(cls, atlas: Atlas) -> Parts:
        """Parts of an atlas: midbrain, pons and medulla only if it tells them apart."""
        labels, nuclei = crop_to_box(atlas.labels), atlas.table.nuclei
        regions = atlas.regions
        names = () if regions is None else regions.names
        region = np.zeros_like(labels) if regions is None else crop_to_box(regions.labels)
        pairs, codes = np.unique(256 * labels.astype(int) + region, return_inverse=True)
        label, place = np.divmod(pairs, 256)
        rows = [label == each.index for each in nuclei]
        rows += [place == index for index in range(1, len(names) + 1)]
        holds = np.stack([*rows, label > 0])
        told = (*(each.name for each in nuclei), *names, BRAINSTEM)
        return cls(codes.reshape(labels.shape).astype(np.uint8), holds, told, len(nuclei))

    def log_volumes(self, field: Field) -> Values:
        """Logarithm of each volume, mm³ of ``mni``, under a displacement (3, X, Y, Z), voxels."""
        total = box_shares(self.codes, field).sum(axis=0, dtype=np.float64)
        return np.log(np.maximum(self.holds @ total, 1e-3))

    def true_change(self, field: Field, bells: list[Bell], before: Values | None = None) -> Values:
        """Change of the logarithm of each volume by a shrinkage of what lies in a head under `field`."""
        moved = source(grid_points(BOX_SHAPE, box_affine()), bells)
        points = (moved - box_affine()[:3, 3]).T.astype(np.float32)
        there = np.stack([map_coordinates(part, points, order=1, mode="nearest") for part in field])
        both = (there + points).reshape(field.shape) - np.indices(BOX_SHAPE, dtype=np.float32)
        return self.log_volumes(both) - (self.log_volumes(field) if before is None else before)

    def points_mm(self, part: int, field: Field) -> NDArray[np.float64]:
        """Where a part lies under a displacement, ``mni`` mm (N, 3)."""
        return np.argwhere(self.holds[part][labels_under(self.codes, field)]) + box_affine()[:3, 3]


@dataclass(frozen=True)
class Target:
    """What is shrunk at once: a nucleus, both of a pair, or a region; by its name and its parts."""

    name: str
    parts: tuple[int, ...]


def targets_of(parts: Parts) -> list[list[Target]]:
    """All targets, those that may shrink in one head together."""
    pairs: dict[str, list[int]] = {}
    for row, name in enumerate(parts.names):
        pairs.setdefault(name.removesuffix("_L").removesuffix("_R"), []).append(row)
    targets = [Target(name, tuple(rows)) for name, rows in pairs.items()]
    still = np.zeros((3, *BOX_SHAPE), dtype=np.float32)
    middles = [np.stack([parts.points_mm(p, still).mean(axis=0) for p in t.parts]) for t in targets]
    heads: list[list[Target]] = []
    for nuclei in (True, False):
        chosen = [i for i, t in enumerate(targets) if (t.parts[0] < parts.n_nuclei) is nuclei]
        apart = APART_MM if nuclei else REGIONS_APART_MM
        heads += [
            [targets[chosen[i]] for i in head] for head in together([middles[i] for i in chosen], apart)
        ]
    return heads


def shrinking(parts: Parts, target: Target, field: Field, lost: float) -> list[Bell]:
    """Bells that take the share `lost` of a target's volume, as it lies in a head under `field`."""
    shapes = [bells_of(parts.points_mm(part, field), _TRIAL) for part in target.parts]
    bells = [bell for shape in shapes for bell in shape]
    growth, before = _TRIAL, parts.log_volumes(field)
    for _ in range(2):
        change = parts.true_change(field, bells, before)[list(target.parts)].mean()
        growth *= np.log(1 - lost) / change
        bells = [Bell(each.centre_mm, each.spread_mm, float(growth)) for each in bells]
    return bells


def case_of(targets: list[Target], lost: float) -> str:
    """Name of a shrunken head, after what shrinks in it and by how much."""
    return f"{'-'.join(target.name for target in targets)}-{round(100 * lost)}"


@dataclass(frozen=True)
class Warped:
    """One head as several ways see it, each by its name: displacement, CPU and wall seconds of the fit."""

    fields: dict[str, Field]
    cpu_s: dict[str, float]
    wall_s: dict[str, float]
    log_scale: float
    to_native: Affine


class Bench:
    """Placed heads and their warps, on disk; what is there is not computed again.

    Parameters
    ----------
    work : Path
        Placed heads are kept by the hash of the code that places them, the network's probabilities and what
        shrinks by those of network and code, warps by those of model and code: with other settings of the fit
        a run costs the fits alone.
    """

    def __init__(self, work: Path, model: LoadedModel) -> None:
        self.model = model
        self.parts = Parts.of(model.atlas)
        self.ways = ways_of(model.card.method.fit)
        placing, fitting = hash_of_code(_PLACING), hash_of_code(_FITTING)
        method = model.card.method
        network = (
            sorted(model.card.sha256.items()),
            method.mirror,
            method.mirror_plane,
            hash_of_code(_SEEING),
        )
        told = (placing, fitting, sorted(model.card.sha256.items()), model.card.method, self.ways)
        self._placed = work / f"placed-{placing}"
        self.warps = work / f"{model.card.name}-{model.card.version}-{_short(repr(told).encode())}"
        self.seen = work / f"network-{placing}-{_short(repr(network).encode())}"
        for folder in (self._placed, self.seen, self.warps):
            folder.mkdir(parents=True, exist_ok=True)

    @property
    def all_ways(self) -> tuple[str, ...]:
        """Names of all ways, the shipped one last."""
        return tuple(self.ways)

    def placed(self, name: str, make: Callable[[], Scan]) -> tuple[NDArray[np.float32], Affine]:
        """Box and ``mni``-to-native affine of a scan."""

        def work() -> dict[str, NDArray[np.generic]]:
            found = normalise_scan(make())
            return {"box": found.box, "a": found.transforms.mni_to_native}

        kept = kept_arrays(self._placed / f"{name}.npz", work)
        return kept["box"], kept["a"]

    def standard(self, name: str, path: Path) -> StandardHead:
        """Head that can be shrunk."""
        to_native = self.placed(name, lambda: read_scan(path))[1]

        def work() -> dict[str, NDArray[np.generic]]:
            head = StandardHead.of(read_scan(path), to_native)
            return {"corrected": head.corrected, "mask": head.mask, "affine": head.affine}

        kept = kept_arrays(self._placed / f"{name}-standard.npz", work)
        return StandardHead(kept["corrected"], kept["mask"], kept["affine"], to_native)

    def scan(self, name: str, make: Callable[[], Scan]) -> Warped:
        """Place a scan and warp it by every way."""
        box, to_native = self.placed(name, make)
        return self.warped(name, lambda: box, to_native, self.all_ways)

    def warped(
        self,
        name: str,
        make_box: Callable[[], NDArray[np.float32]],
        to_native: Affine,
        ways: tuple[str, ...],
    ) -> Warped:
        """Warp a box by some ways."""

        def work() -> dict[str, NDArray[np.generic]]:
            box, said, seconds = self._said(name, make_box)
            way, clock, found = self.model.context, _Clock(), {"network": seconds}
            for each in ways:
                field = np.zeros((3, *BOX_SHAPE), dtype=np.float32)
                settings = self.ways[each]
                if settings is not None:
                    images = (box, self._template) if settings.needs_images else None
                    field = fit_atlas(said, way.atlas, way.usual, settings, images).displacement
                found |= {f"{each}/field": field, f"{each}/time": clock.split()}
            return found

        kept = kept_arrays(self.warps / f"{name}.npz", work)
        asked = {each: (self.ways[each] is not None) and each != "intensities alone" for each in ways}
        times = {each: kept[f"{each}/time"] + asked[each] * kept["network"] for each in ways}
        return Warped(
            {each: kept[f"{each}/field"] for each in ways},
            {each: float(both[0]) for each, both in times.items()},
            {each: float(both[1]) for each, both in times.items()},
            float(np.log(abs(np.linalg.det(to_native[:3, :3])))),
            to_native,
        )

    def _said(
        self, name: str, make_box: Callable[[], NDArray[np.float32]]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], Values]:
        """Box, the network's probabilities where a fit asks for them (0 elsewhere), and its seconds."""

        def work() -> dict[str, NDArray[np.generic]]:
            box, way, network = make_box(), self.model.context, self._network
            clock = _Clock()
            said = class_probabilities(network, box, way, lambda share, text: None)
            seconds = clock.split()
            return {"box": box, "said": said[self._around].astype(np.float16), "seconds": seconds}

        kept = kept_arrays(self.seen / f"{name}.npz", work)
        said = np.zeros((*BOX_SHAPE, self.model.context.classes), dtype=np.float32)
        said[self._around] = kept["said"]
        return kept["box"], said, kept["seconds"]

    def bells(self, name: str, targets: list[Target], lost: float) -> list[Bell]:
        """What shrinks targets of a head, which has been placed and warped, where its network sees them."""

        def work() -> dict[str, NDArray[np.generic]]:
            with np.load(self.warps / f"{name}.npz") as file:
                field = file[f"{BEND}/field"]
            bells = [b for t in targets for b in shrinking(self.parts, t, field, lost)]
            return {"bells": np.array([[*b.centre_mm, b.spread_mm, b.growth] for b in bells])}

        rows = kept_arrays(self.seen / f"{name}-{case_of(targets, lost)}-bells.npz", work)["bells"]
        return [Bell(row[:3], float(row[3]), float(row[4])) for row in rows]

    def least_jacobian(self, field: Field) -> float:
        """Smallest determinant of the warp's Jacobian around the brainstem; 0 or less is a fold."""
        return smallest_jacobian(field, self._around)

    @cached_property
    def _around(self) -> NDArray[np.bool_]:
        return neighbourhood(self.model.context.atlas)

    @cached_property
    def _template(self) -> NDArray[np.float32]:
        return self.model.context.template()

    @cached_property
    def _network(self) -> Predictor:
        return self.model.open_network()


def hash_of_code(patterns: tuple[str, ...]) -> str:
    """Short hash of files of the package, and of how heads are changed."""
    here = Path(brainstem_app.__file__).parent
    files = [file for pattern in patterns for file in sorted(here.glob(pattern))]
    return _short(b"".join(file.read_bytes() for file in (*files, Path(changed_heads.__file__))))


def _short(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]


class _Clock:
    """CPU and wall seconds since it was asked before."""

    def __init__(self) -> None:
        self._before = self._now()

    @staticmethod
    def _now() -> Values:
        return np.array([time.process_time(), time.monotonic()])

    def split(self) -> Values:
        now = self._now()
        passed, self._before = now - self._before, now
        return passed


def kept_arrays(path: Path, work: Callable[[], dict]) -> dict:
    """Arrays of a file, made first if it is not there."""
    if not path.exists():
        half = path.with_suffix(".part.npz")
        np.savez(half, **work())
        half.replace(path)
    with np.load(path) as file:
        return dict(file)
