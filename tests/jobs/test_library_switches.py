from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from brainstem_app.jobs.library_switches import set_library_switches
from brainstem_app.locations import user_data_folder


@pytest.fixture(autouse=True)
def _put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (
        "TF_ENABLE_ONEDNN_OPTS",
        "KERAS_HOME",
        "MPLCONFIGDIR",
        "MPLBACKEND",
        "TF_CPP_MIN_LOG_LEVEL",
        "ORT_DISABLE_TELEMETRY",
    ):
        monkeypatch.setenv(name, "0")  # so that what it was comes back
        monkeypatch.delenv(name)


def test_onednn_is_asked_for_where_the_user_has_not_said() -> None:
    set_library_switches()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"


def test_onednn_stays_off_where_the_user_wants_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    set_library_switches()
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "0"


@pytest.mark.slow
def test_libraries_keep_their_files_below_the_programs_own_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_DATA_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "own"))
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("MPLBACKEND", "not-here")
    code = "import brainstem_app.jobs.library_switches as s; s.set_library_switches();"
    code += "import matplotlib, keras; print(matplotlib.get_cachedir())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == user_data_folder() / "matplotlib"
    assert (user_data_folder() / "keras" / "keras.json").is_file()
    assert not list(home.iterdir())


def test_telemetry_of_onnx_runtime_is_off_in_child_processes_whatever_the_user_has_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    set_library_switches()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def _import_tensorflow(folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Import TensorFlow in a process as jobs do; the one of a folder, if given."""
    code = "import sys, brainstem_app.jobs.library_switches as s; s.set_library_switches();"
    code += "import tensorflow; sys.stdout.write('imported'); sys.stderr.write('after\\n')"
    path = [str(folder)] if folder else []
    env = os.environ | {"PYTHONPATH": os.pathsep.join([*path, *filter(None, sys.path)])}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=env)


def _write_tensorflow(folder: Path, body: str) -> Path:
    (folder / "tensorflow").mkdir()
    (folder / "tensorflow" / "__init__.py").write_text(f"import os, sys\n{body}\n", encoding="utf-8")
    return folder


@pytest.mark.slow
def test_nothing_of_tensorflows_start_is_seen() -> None:
    pytest.importorskip("tensorflow")
    done = _import_tensorflow()
    assert (done.stdout, done.stderr) == ("imported", "after\n")


def test_what_is_no_line_of_tensorflow_about_itself_is_seen(tmp_path: Path) -> None:
    lines = (
        "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR",
        "I0000 00:00:1795917668.214510   12994 port.cc:153] oneDNN custom operations are on.",
        "2026-11-29 01:42:00.1234: I tensorflow/core/platform/cpu_feature_guard.cc:210] This TensorFlow",
        "To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow",
        "E0000 00:00:1795917668.214510   12994 cuda_dnn.cc:8310] Unable to register cuDNN factory",
        "E0 is short of memory",
        "Ünlesbar: a plugin is broken",
    )
    body = f"os.write(2, {chr(10).join(lines).encode()!r} + b'\\n'); sys.stderr.write('of Python\\n')"
    done = _import_tensorflow(_write_tensorflow(tmp_path, body))
    assert done.stdout == "imported"
    assert done.stderr.splitlines() == [*lines[-2:], "of Python", "after"]


def test_import_that_fails_says_so_and_shows_tensorflows_lines(tmp_path: Path) -> None:
    line = "I0000 00:00:1795917668.214510   12994 port.cc:153] no such instruction"
    body = f"os.write(2, b'{line}\\n'); raise ImportError('torn')"
    done = _import_tensorflow(_write_tensorflow(tmp_path, body))
    assert done.stdout == ""
    assert done.stderr.startswith(f"{line}\n")
    assert done.stderr.endswith("ImportError: torn\n")


def test_import_that_crashes_says_where(tmp_path: Path) -> None:
    done = _import_tensorflow(_write_tensorflow(tmp_path, "os.abort()"))
    assert done.returncode != 0
    assert "Fatal Python error" in done.stderr
    assert "tensorflow" in done.stderr


@pytest.mark.parametrize(("level", "seen"), [("0", True), ("1", True), ("2", False), ("3", False)])
def test_user_who_wants_tensorflows_lines_sees_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, level: str, seen: bool
) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", level)
    line = "I0000 00:00:1795917668.214510   12994 port.cc:153] oneDNN custom operations are on."
    done = _import_tensorflow(_write_tensorflow(tmp_path, f"os.write(2, b'{line}\\n')"))
    assert done.stderr.splitlines() == [*([line] if seen else []), "after"]
