"""Manifest of a run, ``manifest.json``: what it was made with, enough to repeat it.

Nothing about the person or the computer's user is recorded: no patient data, no user or host name.
"""

from __future__ import annotations

import hashlib
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

import kerasmodels
from brainstem_app import __version__
from brainstem_app.imaging.file_names import pair_image
from brainstem_app.reports.scan.model import ReportInputs

LIBRARIES = (
    "numpy",
    "scipy",
    "nibabel",
    "nilearn",
    "dipy",
    "onnxruntime",
    "onnxruntime-directml",  # its name on Windows
    "keras",
    "tensorflow-cpu",
    "tensorflow",
    "jax",
    "torch",
    "dcm2niix",
    "pydicom",
    "highdicom",
    "pydantic",
    "matplotlib",
    "fpdf2",
    "jinja2",
)
_BLOCK = 1 << 20


class FileEntry(BaseModel):
    """A file or folder by its name without folders, and its hash."""

    model_config = ConfigDict(frozen=True)

    file: str
    sha256: str | None


class GridEntry(BaseModel):
    """Grid of the labels: voxels along the axes and voxel-to-world matrix (mm, RAS+)."""

    model_config = ConfigDict(frozen=True)

    shape: tuple[int, ...]
    affine: list[list[float]]


class Computer(BaseModel):
    """Where the run was computed."""

    model_config = ConfigDict(frozen=True)

    os: str
    cpu: str
    cores: int
    memory_gb: float
    device: str


class Manifest(BaseModel):
    """Content of ``manifest.json``."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    schema_name: Literal["brainstem-manifest/1"] = Field("brainstem-manifest/1", alias="schema")
    created: str
    command: tuple[str, ...]
    brainstem_app: str
    kerasmodels: str
    python: str
    libraries: dict[str, str]
    computer: Computer
    atlas: str
    model: str | None
    files: dict[str, FileEntry]
    grid: GridEntry
    settings: dict[str, Any]
    seed: int | None
    timings_s: dict[str, float]

    def to_json(self) -> str:
        """JSON text; never NaN."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"


def make_manifest(inputs: ReportInputs, created: str) -> Manifest:
    """Manifest of a report's inputs; hashes every file named in them that is on disk."""
    files = {role: FileEntry(file=path.name, sha256=sha256_of(path)) for role, path in inputs.files.items()}
    if inputs.scan is not None and "scan" not in files:
        source = inputs.scan.source
        files = {"scan": FileEntry(file=source.name, sha256=sha256_of(source)), **files}
    return Manifest(
        created=created,
        command=inputs.command,
        brainstem_app=__version__,
        kerasmodels=kerasmodels.__version__,
        python=platform.python_version(),
        libraries=library_versions(),
        computer=_computer(inputs.device),
        atlas=f"{inputs.atlas_name} {inputs.atlas_version}",
        model=inputs.model.name if inputs.model else None,
        files=files,
        grid=GridEntry(shape=inputs.labels_native.shape, affine=inputs.labels_affine.tolist()),
        settings={name: _plain(value) for name, value in inputs.settings.items()},
        seed=inputs.seed,
        timings_s={step: round(value, 3) for step, value in inputs.timings.items()},
    )


def sha256_of(path: Path) -> str | None:
    """SHA-256 of a file, or of a folder's files with their relative names, in order; None if it is gone.

    Of the header of a NIfTI pair it is that of both files: people scanned alike have the same header.
    """
    if path.is_file():
        voxels = pair_image(path)
        both = _file_digest(path) + _file_digest(voxels) if voxels else ""
        return hashlib.sha256(both.encode()).hexdigest() if both else _file_digest(path)
    if not path.is_dir():
        return None
    digest = hashlib.sha256()
    for file in sorted(p for p in path.rglob("*") if p.is_file()):
        digest.update(f"{file.relative_to(path).as_posix()} {_file_digest(file)}\n".encode())
    return digest.hexdigest()


def library_versions() -> dict[str, str]:
    """Version of each library the results depend on, as far as it is installed."""
    versions = {}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def _file_digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _computer(device: str) -> Computer:
    import psutil

    return Computer(
        os=f"{platform.system()} {platform.release()}",
        cpu=_cpu_name(),
        cores=os.cpu_count() or 1,
        memory_gb=round(psutil.virtual_memory().total / 2**30, 1),
        device=device,
    )


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _plain(value: Any) -> Any:
    """Value that JSON can hold; a path becomes its name without folders."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Path):
        return value.name
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return str(value)
