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
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "own"))
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    code = "import brainstem_app.jobs.library_switches as s; s.set_library_switches();"
    code += "import matplotlib, keras; print(matplotlib.get_cachedir())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == user_data_folder() / "matplotlib"
    assert (user_data_folder() / "keras" / "keras.json").is_file()
    assert not list(home.iterdir())


def _import_tensorflow(**environment: str) -> subprocess.CompletedProcess[str]:
    code = "import brainstem_app.jobs.library_switches as s; s.set_library_switches(); import tensorflow;"
    code += "import sys; sys.stderr.write('said afterwards')"
    kept = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**kept, **environment}
    )


@pytest.fixture
def loud_tensorflow(tmp_path: Path) -> Path:
    """Package of that name whose libraries write a line, and which fails if told to."""
    package = tmp_path / "path" / "tensorflow"
    package.mkdir(parents=True)
    code = "import os; os.write(2, b'loaded from below\\n')\n"
    code += "if os.environ.get('FAIL'): raise ImportError('torn')\n"
    (package / "__init__.py").write_text(code, encoding="utf-8")
    return package.parent


def test_lines_of_tensorflows_start_are_kept_quiet(loud_tensorflow: Path) -> None:
    own_path = os.pathsep.join([str(loud_tensorflow), *sys.path])
    assert _import_tensorflow(PYTHONPATH=own_path).stderr == "said afterwards"
    assert "loaded from below" in _import_tensorflow(PYTHONPATH=own_path, TF_CPP_MIN_LOG_LEVEL="0").stderr


def test_lines_of_a_tensorflow_that_does_not_start_are_shown(loud_tensorflow: Path) -> None:
    done = _import_tensorflow(PYTHONPATH=os.pathsep.join([str(loud_tensorflow), *sys.path]), FAIL="1")
    assert done.stderr.startswith("loaded from below\n")
    assert done.stderr.endswith("ImportError: torn\n")


@pytest.mark.slow
def test_tensorflow_itself_starts_without_a_line() -> None:
    pytest.importorskip("tensorflow")
    done = _import_tensorflow()
    assert (done.returncode, done.stderr) == (0, "said afterwards")


def test_telemetry_of_onnx_runtime_is_off_in_child_processes_whatever_the_user_has_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    set_library_switches()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "1"
