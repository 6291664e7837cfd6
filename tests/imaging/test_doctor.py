import json
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.cli.app import run
from brainstem_app.imaging.doctor import Examination, examine

from .conftest import WriteNifti


def test_good_scan_is_usable_and_described(write_nifti: WriteNifti) -> None:
    seen = examine(write_nifti())
    assert seen.is_usable
    assert seen.readable
    assert seen.orientation == "RAS"
    assert seen.shape == (40, 44, 36)
    assert seen.extent_mm == (160, 176, 144)


def test_unreadable_file_is_a_finding(tmp_path: Path) -> None:
    seen = examine(tmp_path / "nothing.nii")
    assert not seen.readable
    assert not seen.is_usable
    assert [f.code for f in seen.findings] == ["file-missing"]
    assert seen.findings[0].fix


def test_worst_finding_comes_first(write_nifti: WriteNifti) -> None:
    data = np.zeros((40, 44, 36), np.float32)
    data[0, 0, 0] = np.nan
    levels = [f.level.value for f in examine(write_nifti(data=data)).findings]
    assert levels[0] == "error"
    assert levels == sorted(levels, key=["error", "warning", "info"].index)


def test_json_round_trip(write_nifti: WriteNifti) -> None:
    seen = examine(write_nifti(codes=(0, 0)))
    assert Examination.model_validate_json(seen.model_dump_json()) == seen
    assert json.loads(seen.model_dump_json())["findings"][0]["level"] == "error"


def test_nonsense_orientation_is_a_finding_too(write_nifti: WriteNifti) -> None:
    assert [f.code for f in examine(write_nifti(), assume_orientation="up").findings] == ["input-invalid"]


def test_doctor_gives_the_reason_for_which_segment_refuses_a_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "report.json").write_text("{}", encoding="utf-8")
    (tmp_path / "labels_native.nii.gz").write_bytes(b"")
    assert run(["doctor", str(tmp_path)]) == 2
    said = capsys.readouterr().out
    assert "only files that Brainstem App wrote" in said
    assert "DICOM" not in said
