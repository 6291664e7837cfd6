"""Registrations by ANTs, in an environment of its own, as displacements that the program's tools can follow.

Two ways, kept on disk with the placement that they were made in:

- ``ANTs, brainstem``: its affine and SyN by local correlation around the brainstem, begun where the program's
  own affine places the scan (`tests/consensus/ants_members.py`, ``ants-cc``);
- ``ANTs, whole brain``: nothing of ours but the brain mask, if the scan still has its skull
  (`ants_whole_brain.py`).
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.imaging.intensity_levels import above_floor, intensity_levels
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import AROUND_BOX, BOX_SHAPE, Affine, box_affine, mni_affine
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.skull_strip import brain_mask, is_stripped
from brainstem_app.preprocessing.template import load_template
from brainstem_app.preprocessing.transforms import Displacement, grid_points

TESTS = Path(__file__).resolve().parents[1]
sys.path += [str(TESTS / "consensus"), str(TESTS / "benchmarks")]
from members import ANTS_SCRIPT  # noqa: E402

REGION, WHOLE = "ANTs, brainstem", "ANTs, whole brain"
ANTS_WAYS = (REGION, WHOLE)
_MEMBER = "ants-cc"
_WHOLE_SCRIPT = Path(__file__).with_name("ants_whole_brain.py")


@dataclass(frozen=True)
class AntsField:
    """One scan as ANTs lays the atlas on it.

    Attributes
    ----------
    displacement : Displacement
        On `AROUND_BOX`, mm: ``atlas(x + d(x))`` is the label at x of the placed scan.
    mni_to_native : ndarray, shape (4, 4)
        The placement that x is in: ``mni`` mm → ``native`` mm.
    cpu_s : float
        What the registration cost.
    """

    displacement: Displacement
    mni_to_native: Affine
    cpu_s: float

    def in_box(self, mni_to_native: Affine) -> NDArray[np.float32]:
        """Displacement (3, 50, 50, 73) in the box of another placement of the same scan, mm."""
        change = np.linalg.inv(self.mni_to_native) @ mni_to_native
        now = grid_points(BOX_SHAPE, box_affine())
        then = now @ change[:3, :3].T + change[:3, 3]
        # Beyond what is kept, 12 mm outside of the box of then, its border's displacement goes on.
        low = AROUND_BOX.affine[:3, 3]
        inside = np.clip(then, low, low + np.array(AROUND_BOX.shape) - 1)
        field = then + self.displacement.at(inside) - now
        return field.T.reshape(3, *BOX_SHAPE).astype(np.float32)


@dataclass(frozen=True)
class Ants:
    """Registrations of ANTs, kept in a folder; made first if an interpreter that has antspyx is given."""

    folder: Path
    python: Path | None = None

    def field(self, way: str, name: str, scan: Path) -> AntsField | None:
        """Registration of a scan, or None if it is not there and cannot be made."""
        path = self._path(way, name)
        if not path.exists() and self.python is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            make: Callable[[Path, Path], None] = self._whole if way == WHOLE else self._region
            make(scan, path)
        return self.kept(way, name)

    def kept(self, way: str, name: str) -> AntsField | None:
        """Registration of a scan, or None if it was not made yet."""
        path = self._path(way, name)
        if not path.exists():
            return None
        with np.load(path) as file:
            field = file["field"].astype(np.float32)
            return AntsField(
                Displacement(field, AROUND_BOX.affine), file["mni_to_native"], float(file["cpu_s"])
            )

    def _path(self, way: str, name: str) -> Path:
        return self.folder / f"{name}-{way.split()[-1]}.npz"

    def _region(self, scan: Path, path: Path) -> None:
        placed = normalise_scan(read_scan(scan))
        template = AROUND_BOX.crop(load_template().t1)
        exchange = path.with_suffix(".exchange.npz")
        scan_there = AROUND_BOX.crop(placed.image)
        np.savez(exchange, scan=scan_there, template=template, origin_mm=AROUND_BOX.affine[:3, 3])
        self._run(ANTS_SCRIPT, exchange, path.parent, _MEMBER)
        made = path.parent / f"{_MEMBER}.npz"
        with np.load(made) as file:
            _keep(path, file["field"], placed.transforms.mni_to_native, float(file["cpu_s"]))
        made.unlink()
        exchange.unlink()

    def _whole(self, scan: Path, path: Path) -> None:
        given = read_scan(scan)
        to_native = normalise_scan(given).transforms.mni_to_native
        points = grid_points(AROUND_BOX.shape, AROUND_BOX.affine)
        exchange, result = path.with_suffix(".exchange.npz"), path.with_suffix(".result.npz")
        np.savez(
            exchange,
            scan=_brain_of(given),
            affine=given.affine,
            template=load_template().t1,
            template_affine=mni_affine(),
            points=points @ to_native[:3, :3].T + to_native[:3, 3],
        )
        self._run(_WHOLE_SCRIPT, exchange, result)
        with np.load(result) as file:
            field = (file["moved"] - points).reshape(*AROUND_BOX.shape, 3)
            _keep(path, field, to_native, float(file["cpu_s"]))
        result.unlink()
        exchange.unlink()

    def _run(self, script: Path, *arguments: Path | str) -> None:
        subprocess.run([str(self.python), script, *arguments], check=True)


def _brain_of(scan: Scan) -> NDArray[np.float32]:
    """Scan with 0 outside of its brain: it may come stripped, else the program's own mask strips it."""
    levels = intensity_levels(scan.data)
    whole = scan.data if levels is None else above_floor(scan.data, levels)
    if is_stripped(whole, scan.affine):
        return whole
    return np.where(brain_mask(whole, scan.affine), whole, np.float32(0))


def _keep(path: Path, field: NDArray[np.floating], mni_to_native: Affine, cpu_s: float) -> None:
    unfinished = path.with_suffix(".part.npz")
    np.savez_compressed(unfinished, field=field.astype(np.float16), mni_to_native=mni_to_native, cpu_s=cpu_s)
    unfinished.replace(path)
