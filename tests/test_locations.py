"""The user's own files lie where they always lay, by the custom of the system."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from brainstem_app.locations import user_data_folder
from kerasmodels.weights.fetch import default_folder


@pytest.mark.skipif(sys.platform != "linux", reason="the custom of Linux")
@pytest.mark.parametrize("named", [None, "", "not/whole"])
def test_without_a_whole_path_in_the_environment_files_lie_in_the_home_folder(
    named: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name) if named is None else monkeypatch.setenv(name, named)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_data_folder() == tmp_path / ".local" / "share" / "brainstem-app"
    assert default_folder() == tmp_path / ".cache" / "kerasmodels" / "weights"


@pytest.mark.skipif(sys.platform != "linux", reason="the custom of Linux")
def test_path_in_the_environment_is_where_files_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert user_data_folder() == Path("/data/brainstem-app")
    assert default_folder() == Path("/cache/kerasmodels/weights")


@pytest.mark.skipif(sys.platform != "win32", reason="the custom of Windows")
def test_files_lie_in_the_local_folder_of_the_users_programs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("WIN_PD_OVERRIDE_LOCAL_APPDATA", str(tmp_path))
    assert user_data_folder() == tmp_path / "Brainstem App"
    assert default_folder() == tmp_path / "kerasmodels" / "weights"
