"""The atlas, laid on scans by every way that is compared: the affine alone, the shipped model, and ANTs."""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from ants_fields import ANTS_WAYS, TESTS, Ants
from measured_heads import SHIPPED, Bench, Warped
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from brainstem_app.atlas.warped import Grid, WarpedAtlas
from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import write_text
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import box_affine, crop_to_box
from brainstem_app.jobs.scans.loaded_model import load_model
from brainstem_app.preprocessing.scan_to_atlas import ScanToAtlas
from brainstem_app.preprocessing.transforms import Transforms, grid_points

AFFINE = "affine alone"
#: In the order of the tables.
WAYS = (AFFINE, SHIPPED, *ANTS_WAYS)
_MEASURING = ("independent/laid_atlas.py", "independent/outlines.py", "benchmarks/drawn_outlines.py")


@dataclass(frozen=True)
class Laid:
    """One scan, and where each way lays the atlas on it.

    Attributes
    ----------
    scan : Scan
        As it was read.
    warped : Warped
        Displacements by way: the two of the program, and those of ANTs that are at hand.
    """

    scan: Scan
    warped: Warped

    @property
    def ways(self) -> tuple[str, ...]:
        """Ways that there are, in the order of the tables."""
        return tuple(way for way in WAYS if way in self.warped.fields)

    @property
    def placed(self) -> Transforms:
        """Placement by the program's affine."""
        return Transforms(self.warped.to_native)

    @property
    def grid(self) -> Grid:
        """The scan's voxels."""
        return self.scan.shape, self.scan.affine

    def atlas(self, labels: NDArray[np.uint8], way: str) -> WarpedAtlas:
        """Labels (50, 50, 73) of the box as one way lays them on the scan."""
        return WarpedAtlas(labels, self.warped.fields[way], self.placed)

    def share_on(self, mask: NDArray[np.bool_], way: str, grid: Grid) -> NDArray[np.float32]:
        """Share of a mask (50, 50, 73) of the box in the middle of a grid's voxels, as one way lays it."""
        voxels = (self.to_atlas(grid_points(*grid), way) - box_affine()[:3, 3]).T
        found = map_coordinates(mask.astype(np.float32), voxels, order=1, mode="grid-constant")
        return np.asarray(found.reshape(grid[0]))

    def to_atlas(self, points_mm: NDArray[np.float64], way: str) -> NDArray[np.float64]:
        """Where one way puts points (N, 3) of the scan in the atlas, mm."""
        return ScanToAtlas.of(self.placed, self.warped.fields[way]).to_atlas(points_mm)


@dataclass(frozen=True)
class Layer:
    """Lays the atlas on scans, and keeps what it computes.

    Attributes
    ----------
    bench : Bench
        Places scans and warps them as the program does.
    ants : Ants
        Registrations by ANTs.
    data, work : Path
        Folders of the data, and of what is kept.
    freesurfer : Path or None
        Folder of FreeSurfer's subjects, if there is one.
    """

    bench: Bench
    ants: Ants
    data: Path
    work: Path
    freesurfer: Path | None = None

    def lay(self, name: str, path: Path) -> Laid:
        """Lay the atlas on a scan by all ways."""
        scan = read_scan(path)
        box, to_native = self.bench.placed(name, lambda: scan)
        warped = self.bench.warped(name, lambda: box, to_native, (AFFINE, SHIPPED))
        found = {way: self.ants.field(way, name, path) for way in ANTS_WAYS}
        fields = {way: each.in_box(to_native) for way, each in found.items() if each is not None}
        cpu_s = {way: each.cpu_s for way, each in found.items() if each is not None}
        return Laid(scan, replace(warped, fields=warped.fields | fields, cpu_s=warped.cpu_s | cpu_s))

    @property
    def labels(self) -> NDArray[np.uint8]:
        """Nuclei and tissue of the atlas in the box."""
        return self.bench.model.context.bent_atlas

    @property
    def regions(self) -> NDArray[np.uint8]:
        """Midbrain, pons and medulla in the box: 1, 2, 3.

        Raises
        ------
        InputError
            If the model's atlas has no regions.
        """
        regions = self.bench.model.mapped_atlas.regions
        if regions is None:
            raise InputError(
                "The model's atlas has no regions.",
                self.bench.model.files.folder,
                "Measure a model whose atlas divides the brainstem, as brainstem31 does.",
            )
        return crop_to_box(regions.labels)

    def kept(
        self, name: str, of: Iterable[NDArray[np.generic]], work: Callable[[], dict[str, Any]]
    ) -> dict[str, Any]:
        """Figures that hold as long as what they are made of, and what makes them, stay the same."""
        told = hashlib.sha256()
        for script in _MEASURING:
            told.update((TESTS / script).read_bytes())
        for values in of:
            told.update(np.ascontiguousarray(values).tobytes())
        path = self.work / "figures" / f"{name}-{told.hexdigest()[:12]}.json"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_text(path, json.dumps(work()))
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def index_of(self, nucleus: str) -> int:
        """Label of a nucleus."""
        return next(each.index for each in self.bench.model.mapped_atlas.table.nuclei if each.name == nucleus)


def arguments(about: str) -> argparse.ArgumentParser:
    """Options that all scripts share."""
    parser = argparse.ArgumentParser(description=about.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with rescan/, eve/ and landmarks/")
    parser.add_argument("--work", type=Path, required=True, help="what is computed is kept here")
    parser.add_argument("--ants-python", type=Path, help="interpreter with antspyx, for what is not kept yet")
    parser.add_argument("--freesurfer", type=Path, help="folder with SUBJECT/mri/aseg.mgz and orig.mgz")
    parser.add_argument("--model", default="brainstem31")
    return parser


def layer_of(given: argparse.Namespace) -> Layer:
    """What the options ask for."""
    bench = Bench(given.work, load_model(given.model, "onnx"))
    return Layer(
        bench, Ants(given.work / "ants", given.ants_python), given.data, given.work, given.freesurfer
    )
