"""Scans of a study as tasks of a cluster, here a made one; a real one is asked in tests/integration."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.cli.app import run
from brainstem_app.imaging.label_map import save_volume
from brainstem_app.study.study import Study, StudySettings

from .made_cluster import make_cluster

pytest.importorskip("submitit")
pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="SLURM's programs are scripts of a shell here"
)


def test_scans_of_a_study_are_done_by_tasks_and_each_failure_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", f"{make_cluster(tmp_path / 'cluster')}{os.pathsep}{os.environ['PATH']}")
    for name in ("sub-01", "sub-02"):
        scan = tmp_path / "dataset" / name / "anat" / f"{name}_T1w.nii.gz"
        scan.parent.mkdir(parents=True)
        save_volume(scan, np.ones((8, 8, 8), np.float32), np.eye(4))
    study = Study.create(tmp_path / "study", StudySettings(dataset=str(tmp_path / "dataset")))
    assert run(["segment", "--study", str(study.folder), "--executor", "slurm", "--slurm", "cpus=1"]) == 1
    said = capfd.readouterr().err
    assert "sub-01: The scan covers only 8×8×8 mm" in said
    assert "2 of 2 scans could not be segmented: sub-01, sub-02" in said
