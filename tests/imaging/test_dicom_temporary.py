"""Scans that a killed conversion has left in the temporary folder are removed by the next."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from brainstem_app.imaging.dicom.temporary import conversion_folder

KILLED = """
import os, tempfile
tempfile.tempdir = {folder!r}
from brainstem_app.imaging.dicom.temporary import conversion_folder
with conversion_folder() as folder:
    (folder / "scan.nii").write_bytes(b"a head")
    os._exit(9)
"""


def test_folder_of_a_killed_process_is_removed_by_the_next_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    subprocess.run([sys.executable, "-c", KILLED.format(folder=str(tmp_path))], check=False)
    (left,) = tmp_path.iterdir()
    assert (left / "scan.nii").exists()
    (tmp_path / "brainstem-dicom-mine").mkdir()
    with conversion_folder() as first, conversion_folder() as second:
        assert not left.exists()
        assert first.is_dir()
        assert second.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["brainstem-dicom-mine"]


@pytest.mark.skipif(sys.platform == "win32", reason="rights come from the folder above there")
def test_folder_of_a_conversion_is_the_users_alone() -> None:
    with conversion_folder() as folder:
        assert folder.stat().st_mode & 0o077 == 0
