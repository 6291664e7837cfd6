"""Nothing leaves the machine: no command, no window calls an address, no library leaves traces of its own.

Each program runs with a home of its own in a network namespace without any network, and every system call of
the network is written down: an attempt counts, whether or not anyone could be reached.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.library import load_atlas
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.spaces import mni_affine

from ..imaging.dicom_files import classic_bytes

#: Calls that name whom they are for; `bind` names the machine itself.
CALL = re.compile(r"\b(connect|sendto|sendmsg|sendmmsg)\(.*(sa_family=AF_INET6?\b|io\.systemd\.Resolve|nscd)")
#: Below the home: the program's own folder and settings.
OWN = (".local/share/brainstem-app", ".config/Brainstem App")
#: In the temporary folder: compiled functions of ours that TensorFlow's AutoGraph leaves. They name nobody.
HARMLESS = ("__pycache__/__autograph_generated_file",)
PROGRAM = (sys.executable, "-m", "brainstem_app")
ROOT = Path(__file__).resolve().parents[2]
LOOK_AND_CLOSE = """
import sys
from PySide6.QtCore import QTimer
from brainstem_app.gui.application import make_application, run
from brainstem_app.gui.main_window import MainWindow

application = make_application(["brainstem-app"])
def close():
    for one in application.topLevelWidgets():
        if isinstance(one, MainWindow):
            one.close()
QTimer.singleShot(4000, close)
sys.exit(run(sys.argv[1:]))
"""


@dataclass(frozen=True)
class Traced:
    """What a program did."""

    status: int
    output: str
    calls: list[str]
    left: list[str]


@pytest.fixture(scope="module", autouse=True)
def _can_trace() -> None:
    if sys.platform != "linux" or shutil.which("strace") is None or shutil.which("unshare") is None:
        pytest.skip("strace and unshare are not here")
    tried = subprocess.run(
        ["unshare", "-rn", "strace", "-f", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False
    )
    if tried.returncode != 0:
        pytest.skip("this system lets nobody trace a program in a network namespace of its own")


def _traced(folder: Path, *command: str | Path, **environment: str) -> Traced:
    """Run a program without a network, its calls and its home in a folder."""
    home, temporary, trace = folder / "home", folder / "tmp", folder / "trace"
    for made in (home, temporary):
        made.mkdir(parents=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "OMP_NUM_THREADS") if name in os.environ}
    own = {
        "HOME": str(home),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(ROOT),
        "QT_QPA_PLATFORM": "offscreen",
    }
    strace = ["strace", "-f", "-qq", "-s", "200", "--seccomp-bpf", "-e", "trace=%network", "-o", str(trace)]
    done = subprocess.run(
        ["unshare", "-rn", *strace, *map(str, command)],
        cwd=folder,
        env={**kept, **own, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    calls = [line for line in trace.read_text(errors="replace").splitlines() if CALL.search(line)]
    places = [(path, root) for root in (home, temporary) for path in root.rglob("*") if path.is_file()]
    left = [path.relative_to(root).as_posix() for path, root in places]
    return Traced(
        done.returncode,
        done.stdout + done.stderr,
        calls,
        [n for n in left if not n.startswith(OWN + HARMLESS)],
    )


def _require_silence(traced: Traced, status: int = 0) -> None:
    assert traced.status == status, traced.output
    assert traced.calls == []
    assert traced.left == []


@pytest.mark.parametrize(
    "call",
    [
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53))",
        "socket.socket(socket.AF_INET6).connect(('2001:db8::1', 443))",
    ],
)
def test_a_call_is_seen(tmp_path: Path, call: str) -> None:
    traced = _traced(tmp_path, sys.executable, "-c", f"import socket\n{call}")
    assert len(traced.calls) == 1


def test_a_trace_is_seen(tmp_path: Path) -> None:
    code = "import pathlib, tempfile; (pathlib.Path.home() / '.cache').mkdir(); "
    code += "(pathlib.Path.home() / '.cache' / 'deviceid').touch(); tempfile.mkstemp()"
    assert len(_traced(tmp_path, sys.executable, "-c", code).left) == 2


def test_our_predictor_calls_nobody_and_leaves_no_device_id(tmp_path: Path) -> None:
    code = """
from brainstem_app.locations import resource
from brainstem_app.models.onnx_session import open_network
open_network(resource("skull_strip", "deepbet_box.onnx"), threads=1)
"""
    _require_silence(_traced(tmp_path, sys.executable, "-c", code))


@pytest.mark.slow
def test_libraries_are_imported_in_silence(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    code = """
from brainstem_app.jobs.library_switches import set_library_switches
set_library_switches()
import keras, onnx, nilearn.image, matplotlib.pyplot, dipy.align.imwarp, SimpleITK, highdicom, pydicom
import trimesh, xlsxwriter, fpdf, pyqtgraph
"""
    _require_silence(_traced(tmp_path, sys.executable, "-c", code))


def test_doctor_and_the_converter_of_dicom_call_nobody(tmp_path: Path) -> None:
    series = tmp_path / "series"
    series.mkdir()
    for index in range(30):
        pixels = np.full((40, 40), index, dtype="<i2")
        (series / f"IM{index:04d}.dcm").write_bytes(classic_bytes(pixels, index, 3, "t1", "", 2.0, []))
    traced = _traced(tmp_path, *PROGRAM, "doctor", series)
    assert "40 × 40 × 30 voxels" in traced.output
    _require_silence(traced, status=2)


def test_window_calls_nobody(tmp_path: Path) -> None:
    _require_silence(_traced(tmp_path, sys.executable, "-c", LOOK_AND_CLOSE))


@pytest.mark.slow
def test_window_on_a_display_calls_nobody_but_the_display(tmp_path: Path) -> None:
    if shutil.which("xvfb-run") is None:
        pytest.skip("Xvfb is not here")
    command = ("xvfb-run", "-a", sys.executable, "-c", LOOK_AND_CLOSE)
    _require_silence(_traced(tmp_path, *command, QT_QPA_PLATFORM="xcb"))


@pytest.mark.slow
def test_evaluate_calls_nobody(tmp_path: Path) -> None:
    labels = load_atlas().labels
    for name in ("a", "b"):
        save_label_map(tmp_path / f"{name}.nii.gz", labels, mni_affine(), space="mni")
    _require_silence(
        _traced(
            tmp_path,
            *PROGRAM,
            "evaluate",
            tmp_path / "a.nii.gz",
            tmp_path / "b.nii.gz",
            "--out",
            tmp_path / "out",
        )
    )


@pytest.mark.long
def test_every_command_from_a_simulated_scan_to_groups_calls_nobody(tmp_path: Path) -> None:
    data, results, study = tmp_path / "data", tmp_path / "results", tmp_path / "study"
    commands: list[tuple[str | Path, ...]] = [
        ("simulate", "--subjects", "3", "--out", data),
        ("demo", "--out", tmp_path / "demo"),
        ("segment", data, "--out", results, "--surfaces"),
        ("cohort", results, "--out", tmp_path / "cohort"),
        ("diagnose",),
        ("prepare", data, "--study", study),
        ("train", study, "--run", "one", "--epochs", "1", "--size", "64"),
        ("evaluate", "--study", study, "--run", "one"),
        ("activations", study, "--run", "one"),
        ("models", "export", study / "runs" / "one"),
        ("copy", study, "--out", tmp_path / "copy"),
    ]
    for number, command in enumerate(commands):
        _require_silence(_traced(tmp_path / f"{number}", *PROGRAM, *command))
