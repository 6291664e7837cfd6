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
    for name in ("TF_ENABLE_ONEDNN_OPTS", "KERAS_HOME", "MPLCONFIGDIR"):
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
