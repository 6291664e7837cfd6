"""Names and sidecars of BIDS derivatives."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.derivatives import (
    REPORTS_FOLDER,
    bids_source,
    write_bids_labels,
    write_dataset_description,
)
from brainstem_app.imaging.label_map import save_label_map

_PLACES = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
VALIDATOR = shutil.which("bids-validator-deno", path=_PLACES)


def _write(root: Path, scan: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root.parent / "labels.nii.gz").write_bytes(b"labels")
    rows = [(0, "Background", "background", "#000000"), (1, "Red nucleus, left", "RN_L", "#ff0000")]
    return write_bids_labels(
        root, bids_source(scan), root.parent / "labels.nii.gz", "my-atlas", rows, {"Model": "m"}
    )


@pytest.mark.parametrize(
    ("scan", "expected"),
    [
        ("sub-01/anat/sub-01_T1w.nii.gz", "sub-01/anat/sub-01_space-orig_desc-myatlas_dseg.nii.gz"),
        (
            "sub-01/ses-2/anat/sub-01_ses-2_acq-mp_run-1_T1w.nii",
            "sub-01/ses-2/anat/sub-01_ses-2_acq-mp_run-1_space-orig_desc-myatlas_dseg.nii.gz",
        ),
    ],
)
def test_name_keeps_the_entities_of_the_scan(tmp_path: Path, scan: str, expected: str) -> None:
    written = _write(tmp_path / "ds" / "derivatives" / "nuclei", tmp_path / "ds" / scan)
    assert written.relative_to(tmp_path / "ds" / "derivatives" / "nuclei").as_posix() == expected
    assert written.read_bytes() == b"labels"
    sidecar = json.loads(
        written.with_name(written.name.replace(".nii.gz", ".json")).read_text(encoding="utf-8")
    )
    assert sidecar["Sources"] == [f"bids:raw:{scan}"]
    assert sidecar["Manual"] is False
    table = written.with_name(written.name.replace(".nii.gz", ".tsv"))
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert rows[1] == {"index": "1", "name": "Red nucleus, left", "abbreviation": "RN_L", "color": "#ff0000"}


@pytest.mark.parametrize(
    "scan",
    [
        "head.nii.gz",
        "sub-01/sub-01_T1w.nii.gz",
        "sub-02/anat/sub-01_T1w.nii.gz",
        "sub-01/anat/sub-01_T2w.nii",
    ],
)
def test_scan_outside_a_dataset_has_no_bids_name(tmp_path: Path, scan: str) -> None:
    with pytest.raises(InputError, match="BIDS"):
        bids_source(tmp_path / scan)


@pytest.mark.parametrize(
    ("out", "link"),
    [("ds/derivatives/nuclei", "../.."), ("nuclei", "../ds"), ("far/away/nuclei", None)],
)
def test_raw_dataset_is_named_only_if_near(tmp_path: Path, out: str, link: str | None) -> None:
    (tmp_path / "ds").mkdir()
    write_dataset_description(tmp_path / out, tmp_path / "ds", "brainstem31")
    text = (tmp_path / out / "dataset_description.json").read_text(encoding="utf-8")
    description = json.loads(text)
    assert description.get("DatasetLinks", {}).get("raw") == link
    assert description["DatasetType"] == "derivative"
    assert description["GeneratedBy"][0]["Name"] == "Brainstem App"
    assert {"Name", "BIDSVersion"} <= set(description)
    assert "reports" in (tmp_path / out / ".bidsignore").read_text(encoding="utf-8").splitlines()


def test_scan_of_a_far_dataset_is_named_without_a_link(tmp_path: Path) -> None:
    written = _write(
        tmp_path / "far" / "away" / "out", tmp_path / "ds" / "sub-01" / "anat" / "sub-01_T1w.nii.gz"
    )
    sidecar = json.loads(
        written.with_name(written.name.replace(".nii.gz", ".json")).read_text(encoding="utf-8")
    )
    assert sidecar["RawSources"] == ["sub-01/anat/sub-01_T1w.nii.gz"]
    assert str(tmp_path) not in json.dumps(sidecar)


@pytest.mark.skipif(VALIDATOR is None, reason="bids-validator-deno is not installed")
@pytest.mark.parametrize("place", ["ds/derivatives/nuclei", "elsewhere"])
def test_bids_validator_finds_no_error(tmp_path: Path, place: str) -> None:
    """The validator of BIDS itself, on derivatives inside the raw dataset and far from it."""
    root, labels = tmp_path / place, tmp_path / "labels.nii.gz"
    save_label_map(labels, np.ones((4, 4, 4), dtype=np.uint8), np.eye(4))
    write_dataset_description(root, tmp_path / "ds", "made")
    rows = [(0, "Background", "background", "#000000"), (1, "Red nucleus, left", "RN_L", "#ff0000")]
    for scan in ("sub-01/anat/sub-01_T1w.nii.gz", "sub-02/ses-2/anat/sub-02_ses-2_acq-mp_run-1_T1w.nii.gz"):
        report = root / REPORTS_FOLDER / scan.split("/")[0] / "report.html"
        report.parent.mkdir(parents=True)
        report.write_text("a report", encoding="utf-8")
        facts = {"Model": "made", "LabelAtlas": "my-atlas 1", "Limits": "None known.", "Report": "reports"}
        write_bids_labels(root, bids_source(tmp_path / "ds" / scan), labels, "my-atlas", rows, facts)
    done = subprocess.run(
        [str(VALIDATOR), "--format", "json", str(root)],
        env={**os.environ, "DENO_DIR": str(tmp_path / "deno"), "NO_COLOR": "1"},
        capture_output=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    issues = json.loads(done.stdout)["issues"]["issues"]
    assert [issue for issue in issues if issue["severity"] == "error"] == [], done.stderr
