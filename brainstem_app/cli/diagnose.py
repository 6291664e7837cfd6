"""What `diagnose` prints: versions, devices, memory, folders, and why a graphics card is or is not used."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import typer

from brainstem_app.edition import HOW_TO_GET_FULL, edition_text
from brainstem_app.errors import BrainstemError
from brainstem_app.locations import user_data_folder

_GIB = 2**30


def diagnose() -> None:
    """Show versions, devices, memory and folders, and why a GPU is or is not used."""
    for title, rows in (
        ("Versions", _versions()),
        ("Machine", _machine()),
        ("Folders", _folders()),
        ("To predict (ONNX Runtime)", _onnxruntime_devices()),
        ("To train (Keras)", training_devices()),
    ):
        typer.secho(title, bold=True)
        for name, value in rows:
            typer.echo(f"  {name:26} {value}")


def _versions() -> list[tuple[str, str]]:
    from brainstem_app.jobs.provenance import software_versions

    return [("edition", edition_text()), *software_versions().items()]


def _machine() -> list[tuple[str, str]]:
    import psutil

    from brainstem_app.jobs.provenance import usable_cores

    memory = psutil.virtual_memory()
    return [
        ("system", platform.platform()),
        ("processor", f"{platform.processor() or platform.machine()}, {usable_cores()} cores usable"),
        (
            "memory",
            f"{memory.total / _GIB:.1f} GiB, {memory.available / _GIB:.1f} GiB free (2 GiB are needed)",
        ),
        ("display", _display()),
    ]


def _display() -> str:
    if not sys.platform.startswith("linux"):
        return "yes"
    return os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or "none: the window cannot open"


def _folders() -> list[tuple[str, str]]:
    folders = [
        ("your models and settings", user_data_folder()),
        ("temporary files", Path(tempfile.gettempdir())),
        ("working folder", Path.cwd()),
    ]
    return [(name, f"{folder}: {_writable(folder)}") for name, folder in folders]


def _writable(folder: Path) -> str:
    there = folder
    while not there.exists() and there != there.parent:
        there = there.parent
    try:
        with tempfile.TemporaryFile(dir=there):
            free = shutil.disk_usage(there).free / _GIB
    except OSError as error:
        return f"NOT writable ({error.strerror})"
    return f"writable, {free:.0f} GiB free"


def _onnxruntime_devices() -> list[tuple[str, str]]:
    """Device that computes the default model, found out by loading it."""
    from brainstem_app.jobs.job import DEFAULT_MODEL
    from brainstem_app.models.library import find_model
    from brainstem_app.models.onnx_session import open_network

    try:
        network = open_network(find_model(DEFAULT_MODEL).weights("onnx"))
    except ImportError as error:
        return [("not usable", str(error))]
    except BrainstemError as error:
        return [("not usable", error.what)]
    rows = [("device", network.device)]
    if network.card is None and not network.why:
        rows.append(("why", "this build of ONNX Runtime drives no graphics card, and none is needed"))
    return rows


def training_devices() -> list[tuple[str, str]]:
    """Card and device that a training would use, and why; may take seconds, for it asks TensorFlow."""
    if find_spec("keras") is None:
        return [("not installed", HOW_TO_GET_FULL)]
    if find_spec("tensorflow") is None:
        return [("not installed", f"TensorFlow. {HOW_TO_GET_FULL}")]
    rows = [("graphics card", _nvidia_card() or "no NVIDIA card found")]
    return [*rows, ("device", _why_no_gpu(bool(_nvidia_card())))]


def _nvidia_card() -> str:
    import subprocess

    program = shutil.which("nvidia-smi")
    if program is None:
        return ""
    query = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout.strip().replace("\n", "; ") if answer.returncode == 0 else ""


def _why_no_gpu(card: bool) -> str:
    if not card:
        return "processor: there is no NVIDIA card that its driver reports"
    if sys.platform == "win32":
        return "processor: TensorFlow drives no GPU on native Windows since 2.11; use WSL2 to train on it"
    from importlib.metadata import PackageNotFoundError, version

    try:
        version("tensorflow-cpu")
    except PackageNotFoundError:
        return _ask_tensorflow()
    return "processor: tensorflow-cpu is installed, which drives no GPU; install brainstem-app[gpu] instead"


def _ask_tensorflow() -> str:
    """Ask TensorFlow in a process of its own, so that this one loads none of it."""
    import subprocess

    command = [sys.executable, "-m", "kerasmodels.training.device"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode == 0 and answer.stdout.strip() not in {"", "0"}:
        return f"GPU: TensorFlow sees {answer.stdout.strip()}"
    reasons = [line for line in answer.stderr.splitlines() if "Cannot" in line or "Could not" in line]
    return "processor: TensorFlow sees no GPU. " + (reasons[-1] if reasons else "Check the driver's version.")
