"""A BIDS dataset of simulated subjects, their true labels as a derivative."""

# mypy: allow-untyped-calls
from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.library import Atlas, load_atlas
from brainstem_app.counting import counted
from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import temporary_name, write_json, write_text
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.spaces import Affine
from brainstem_app.locks.lock_file import INNER_LOCK
from brainstem_app.named_version import with_version
from brainstem_app.plain_text import tsv_text
from brainstem_app.preprocessing.template import Template, load_template
from brainstem_app.progress import ProgressCallback
from brainstem_app.simulation.subject import SimulatedSubject, SimulationSettings, simulate_subject
from brainstem_app.small_files import read_json
from brainstem_app.written_files import DESCRIPTION_FILE, PARTICIPANTS_FILE

BIDS_VERSION = "1.10.0"
NAME = "Simulated brainstem subjects"
TRUTH = Path("derivatives") / "truth"

_COLUMNS = {
    "seed": "Seed of the dataset the subject was drawn from.",
    "orientation": "Directions that the voxel axes run towards.",
    "voxel_size_mm": "Edges of a voxel in mm.",
    "noise": "Standard deviation of the Rician noise; white matter before shading is 1.",
}


def write_dataset(
    out: Path,
    n_subjects: int,
    seed: int,
    report: ProgressCallback,
    *,
    settings: SimulationSettings | None = None,
    template: Template | None = None,
    atlas: Atlas | None = None,
) -> tuple[Path, ...]:
    """Write simulated subjects ``sub-sim01`` … as a BIDS dataset; subjects already there are kept.

    A subject depends on the seed and its number alone, so that a larger dataset begins with the smaller
    one. Each is complete or absent on disk.

    Parameters
    ----------
    out : Path
        Folder of the dataset; made if missing.
    n_subjects : int
        How many.
    seed : int
        Seed of the dataset, not negative.
    report : callable
        Receives the share done (0…1) and one line of text, several times a subject; what it raises stops
        the work.
    settings : SimulationSettings, optional
        What the subjects look like.
    template : Template, optional
        Default: the packaged one.
    atlas : Atlas, optional
        Default: ``brainstem31``.

    Returns
    -------
    tuple of Path
        The scans, in order.

    Raises
    ------
    InputError
        If the folder holds something else, or subjects of another seed.
    """
    _check(out, n_subjects, seed)
    template = template or load_template()
    atlas = atlas or load_atlas()
    _write_frame(out, atlas)
    scans = []
    for number in range(1, n_subjects + 1):
        subject = f"sub-sim{number:02d}"
        scan = out / subject / "anat" / f"{subject}_T1w.nii.gz"
        if not scan.exists():
            step = _part(report, number, n_subjects, subject)
            generator = np.random.default_rng([seed, number])
            simulated = simulate_subject(generator, template, atlas.labels, settings, step)
            step(0.9, "writing")
            _write_subject(out, subject, seed, simulated)
        scans.append(scan)
        _write_participants(out)
    report(1.0, counted(n_subjects, "simulated subject"))
    return tuple(scans)


def _part(report: ProgressCallback, number: int, total: int, subject: str) -> ProgressCallback:
    """Report of one subject's own share and steps."""
    return lambda share, text: report((number - 1 + share) / total, f"{subject}: {text}")


def _check(out: Path, n_subjects: int, seed: int) -> None:
    if n_subjects < 1 or seed < 0:
        raise InputError("The number of subjects must be at least 1 and the seed not negative.", None, "")
    description = out / DESCRIPTION_FILE
    if not out.exists() or not {path.name for path in out.iterdir()} - {INNER_LOCK}:
        return
    fix = "Choose an empty folder, or one this command has made before."
    if not description.is_file() or read_json(description).get("Name") != NAME:
        raise InputError("The folder holds something else than simulated subjects.", out, fix)
    if any(row["Simulation"]["seed"] != seed for _, row in _sidecars(out)):
        raise InputError(
            "The folder holds subjects of another seed.", out, "Give that seed, or another folder."
        )


def _write_frame(out: Path, atlas: Atlas) -> None:
    """Everything of the dataset but its subjects."""
    made_by = [{"Name": "Brainstem App", "Version": _version()}]
    common: dict[str, Any] = {"BIDSVersion": BIDS_VERSION, "GeneratedBy": made_by}
    write_json(out / DESCRIPTION_FILE, {"Name": NAME, "DatasetType": "raw", **common}, indent=2)
    truth: dict[str, Any] = {
        "Name": f"True labels ({with_version(atlas.name, atlas.version)}) of the simulated subjects",
        "DatasetType": "derivative",
        **common,
    }
    write_json(out / TRUTH / DESCRIPTION_FILE, truth, indent=2)
    labels = ((str(s.index), s.name, s.colour) for s in atlas.table.structures)
    write_text(out / TRUTH / "dseg.tsv", tsv_text([("index", "name", "color"), *labels]))
    columns = {name: {"Description": text} for name, text in _COLUMNS.items()}
    write_json(out / "participants.json", columns, indent=2)
    write_text(
        out / "README",
        "T1-weighted scans simulated by Brainstem App from the ICBM 152 template.\n"
        "The true labels of the brainstem lie in derivatives/truth, on the grids of the scans.\n",
    )


def _write_subject(out: Path, subject: str, seed: int, simulated: SimulatedSubject) -> None:
    """Write the labels, then the scan: a subject counts as there when its scan is."""
    with _whole_folder(out / TRUTH / subject) as folder:
        labels = folder / "anat" / f"{subject}_space-orig_dseg.nii.gz"
        labels.parent.mkdir()
        save_label_map(labels, simulated.labels, simulated.affine)
    with _whole_folder(out / subject) as folder:
        scan = folder / "anat" / f"{subject}_T1w.nii.gz"
        scan.parent.mkdir()
        _save_scan(scan, simulated.data, simulated.affine)
        facts = {
            "seed": seed,
            "orientation": simulated.orientation,
            "voxel_size_mm": [round(size, 4) for size in simulated.voxel_size_mm],
            "noise": round(simulated.noise, 5),
        }
        write_json(scan.with_name(f"{subject}_T1w.json"), {"Modality": "MR", "Simulation": facts}, indent=2)


@contextmanager
def _whole_folder(target: Path) -> Iterator[Path]:
    """Yield a hidden folder beside the target; it becomes the target when all went well, else vanishes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_name(target)
    temporary.mkdir()
    try:
        yield temporary
        if target.exists():
            shutil.rmtree(target)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _save_scan(path: Path, data: NDArray[np.float32], affine: Affine) -> None:
    image = nib.Nifti1Image(np.clip(data, 0, 32767).astype(np.int16), affine)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, 1)
    image.set_qform(affine, 1)
    nib.save(image, path)


def _sidecars(out: Path) -> list[tuple[str, dict[str, Any]]]:
    files = sorted(out.glob("sub-*/anat/sub-*_T1w.json"))
    return [(file.parts[-3], read_json(file)) for file in files]


def _write_participants(out: Path) -> None:
    rows = [["participant_id", *_COLUMNS]]
    for subject, sidecar in _sidecars(out):
        facts = sidecar["Simulation"]
        sizes = "x".join(f"{size:.3f}" for size in facts["voxel_size_mm"])
        rows.append([subject, str(facts["seed"]), facts["orientation"], sizes, f"{facts['noise']}"])
    write_text(out / PARTICIPANTS_FILE, tsv_text(rows))


def _version() -> str:
    try:
        return version("brainstem-app")
    except PackageNotFoundError:
        return "source"
