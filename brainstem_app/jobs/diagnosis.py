"""What this computer has: versions, memory, folders, devices, and why a graphics card is or is not used.

As a program, ``python -m brainstem_app.jobs.diagnosis``, it writes all of it as text: the window asks for it
in a process of its own, since finding out means to load a network.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from brainstem_app.edition import HOW_TO_GET_FULL, edition_text
from brainstem_app.errors import BrainstemError
from brainstem_app.jobs.library_switches import set_library_switches
from brainstem_app.locations import user_data_folder

_GIB = 2**30
#: A name and what there is to say of it.
Rows = list[tuple[str, str]]


@dataclass(frozen=True)
class Section:
    """One part of what was found out."""

    title: str
    rows: Rows

    @property
    def lines(self) -> list[str]:
        """The rows as text, names and values in two columns."""
        return [f"  {name:26} {value}" for name, value in self.rows]


def diagnose() -> Iterator[Section]:
    """Find out, one section after the other; those of devices take seconds."""
    yield Section("Versions", _versions())
    yield Section("Machine", _machine())
    yield Section("Folders", _folders())
    yield Section("To predict (ONNX Runtime)", _onnxruntime_devices())
    yield Section("To train (Keras)", training_devices())


def _versions() -> Rows:
    from brainstem_app.jobs.provenance import software_versions

    return [("edition", edition_text()), *software_versions().items()]


def _machine() -> Rows:
    import psutil

    from brainstem_app.jobs.provenance import usable_cores

    memory = psutil.virtual_memory()
    return [
        ("system", platform.platform()),
        ("processor", f"{platform.processor() or platform.machine()}, usable cores: {usable_cores()}"),
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


def _folders() -> Rows:
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


def _onnxruntime_devices() -> Rows:
    """Device that computes the default model, found out by loading it."""
    from brainstem_app.jobs.kinds.job_model import DEFAULT_MODEL
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


def training_devices() -> Rows:
    """Card and device that a training would use, and why; may take seconds, for it asks TensorFlow."""
    if find_spec("keras") is None:
        return [("not installed", HOW_TO_GET_FULL)]
    if find_spec("tensorflow") is None:
        return [("not installed", f"TensorFlow. {HOW_TO_GET_FULL}")]
    card = _nvidia_card()
    return [("graphics card", card or "no NVIDIA card found"), ("device", _why_no_gpu(bool(card)))]


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

    set_library_switches()
    command = [sys.executable, "-m", "kerasmodels.training.device"]
    # Its reasons are among the warnings that are left out otherwise.
    aloud = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "0"}
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=aloud)
    if answer.returncode == 0 and answer.stdout.strip() not in {"", "0"}:
        return f"GPU: TensorFlow sees {answer.stdout.strip()}"
    reasons = [line for line in answer.stderr.splitlines() if "Cannot" in line or "Could not" in line]
    return "processor: TensorFlow sees no GPU. " + (reasons[-1] if reasons else "Check the driver's version.")


def main() -> None:
    """Write all sections as text, UTF-8 whatever the system's own encoding is."""
    for section in diagnose():
        text = "\n".join([section.title, *section.lines, ""])
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
