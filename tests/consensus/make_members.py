"""Register every open subject several ways: the members that a consensus is made of.

    export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 ITK_GLOBAL_DEFAULT_NUMBER_OF_THREADS=1
    nice -n 19 python tests/consensus/make_members.py --data DATA --work WORK --ants-python PYTHON

DATA holds ds002748 and ds000011 (BIDS). PYTHON is an interpreter of another environment, with antspyx (`pip
install antspyx` there); the program itself never needs it. Each subject gets a folder WORK/DATASET/SUBJECT:
``placed.npz`` (the scan where the program's affine places it) and one file a member, or those alone that
--member names. What is there is kept, so the script may be stopped and started again at any time.
"""

from __future__ import annotations

import argparse
import logging
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from members import ANTS_MEMBERS, MEMBERS, Pair, register_by_ants, register_here, save_member
from numpy.typing import NDArray

from brainstem_app.errors import BrainstemError
from brainstem_app.imaging.reading import read_scan, require_usable
from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.spaces import AROUND_BOX, Affine
from brainstem_app.preprocessing.normalise import normalise_scan
from brainstem_app.preprocessing.template import load_template

DATASETS = ("ds002748", "ds000011")
# Those that settings are chosen on come first.
VALIDATION = tuple(
    f"sub-{number}" for number in ("08", "10", "27", "31", "35", "43", "47", "52", "58", "59", "62")
)
PLACED_FILE = "placed.npz"
_LOG = logging.getLogger("consensus")


@dataclass(frozen=True)
class Placed:
    """A scan where the program's affine places it.

    Attributes
    ----------
    scan : ndarray of float32, shape (75, 76, 85)
        Standardised image on `AROUND_BOX`; −3 outside the brain.
    mni_to_native : ndarray, shape (4, 4)
        The placement: ``mni`` mm → ``native`` mm.
    cpu_s : float
        What it cost.
    warnings : str
        What the program said of its fit.
    """

    scan: NDArray[np.float32]
    mni_to_native: Affine
    cpu_s: float
    warnings: str

    def save(self, path: Path) -> None:
        """Write to a file that is whole or not there."""
        unfinished = path.with_suffix(".part.npz")
        np.savez_compressed(
            unfinished,
            scan=self.scan.astype(np.float16),
            mni_to_native=self.mni_to_native,
            cpu_s=self.cpu_s,
            warnings=self.warnings,
        )
        unfinished.rename(path)

    @classmethod
    def load(cls, path: Path) -> Placed:
        """Read what `save` wrote."""
        with np.load(path) as file:
            scan = file["scan"].astype(np.float32)
            return cls(scan, file["mni_to_native"], float(file["cpu_s"]), str(file["warnings"]))


def main() -> None:
    """Read the arguments and register what is not registered yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--ants-python", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[], metavar="DATASET/SUBJECT")
    parser.add_argument("--member", action="append", choices=MEMBERS, help="all, unless some are named")
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    members = tuple(arguments.member or MEMBERS)
    for subject in subjects_in_order(arguments.data):
        if arguments.only and subject not in arguments.only:
            continue
        folder = arguments.work / subject
        if is_complete(folder, members):
            continue
        start, cpu = time.monotonic(), time.process_time()
        try:
            make_members(scan_of(arguments.data, subject), folder, arguments.ants_python, members)
        except BrainstemError as error:
            _LOG.warning("%s left out: %s", subject, error)
            continue
        spent = time.monotonic() - start, time.process_time() - cpu
        _LOG.info("%s: %.0f s wall, %.0f CPU-s besides ANTs", subject, *spent)


def subjects_in_order(data: Path) -> list[str]:
    """``DATASET/SUBJECT`` of every T1-weighted scan, those for validation first."""
    found = [
        f"{dataset}/{scan.parent.parent.name}"
        for dataset in DATASETS
        for scan in sorted((data / dataset).glob("sub-*/anat/*_T1w.nii.gz"))
    ]
    first = {f"{DATASETS[0]}/{name}" for name in VALIDATION}
    return sorted(dict.fromkeys(found), key=lambda subject: subject not in first)


def scan_of(data: Path, subject: str) -> Path:
    """T1-weighted scan of ``DATASET/SUBJECT``."""
    return min((data / subject / "anat").glob("*_T1w.nii.gz"))


def is_complete(folder: Path, members: tuple[str, ...] = MEMBERS) -> bool:
    """Whether a subject's folder has its placed scan and these members."""
    return all((folder / name).exists() for name in (PLACED_FILE, *(f"{name}.npz" for name in members)))


def make_members(scan: Path, folder: Path, ants_python: Path, members: tuple[str, ...] = MEMBERS) -> None:
    """Place a scan and register it in those of some ways that its folder does not hold yet."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / PLACED_FILE).exists():
        place(scan).save(folder / PLACED_FILE)
    template = AROUND_BOX.crop(load_template().t1)
    pair = Pair(Placed.load(folder / PLACED_FILE).scan, template)
    missing = [name for name in members if not (folder / f"{name}.npz").exists()]
    for name in missing:
        if name not in ANTS_MEMBERS:
            save_member(folder / f"{name}.npz", *register_here(name, pair))
    if by_ants := [name for name in missing if name in ANTS_MEMBERS]:
        register_by_ants(pair, ants_python, folder, by_ants)


def place(path: Path) -> Placed:
    """Place a scan by the program's affine."""
    start = time.process_time()
    scan = read_scan(path)
    require_usable(scan)
    found = normalise_scan(scan)
    said = "; ".join(finding.code for finding in found.findings if finding.level is not Level.INFO)
    cpu_s = time.process_time() - start
    return Placed(AROUND_BOX.crop(found.image), found.transforms.mni_to_native, cpu_s, said)


if __name__ == "__main__":
    main()
