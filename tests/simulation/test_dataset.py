import csv
import json
import re
from pathlib import Path
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pytest

from brainstem_app.atlas.label_table import read_label_table
from brainstem_app.errors import InputError, JobCancelled
from brainstem_app.locations import resource
from brainstem_app.simulation import dataset
from brainstem_app.simulation.dataset import write_dataset
from brainstem_app.simulation.subject import SimulationSettings

COARSE = SimulationSettings(with_skull=False, voxel_size_mm=(3.8, 4.2))


@pytest.fixture(scope="session")
def atlas(labels: np.ndarray) -> SimpleNamespace:
    table = read_label_table(resource("atlas", "brainstem31", "structures.csv"))
    return SimpleNamespace(name="made", version="1", labels=labels, table=table)


def _write(out: Path, n: int, seed: int, template: SimpleNamespace, atlas: SimpleNamespace) -> list[str]:
    said: list[str] = []
    write_dataset(
        out, n, seed, lambda _, text: said.append(text), settings=COARSE, template=template, atlas=atlas
    )
    return said


def test_dataset_follows_bids(tmp_path: Path, template: SimpleNamespace, atlas: SimpleNamespace) -> None:
    _write(tmp_path, 2, 5, template, atlas)
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert files == {
        "README",
        "dataset_description.json",
        "participants.json",
        "participants.tsv",
        "derivatives/truth/dataset_description.json",
        "derivatives/truth/dseg.tsv",
        *(f"sub-sim0{n}/anat/sub-sim0{n}_T1w.{e}" for n in (1, 2) for e in ("nii.gz", "json")),
        *(f"derivatives/truth/sub-sim0{n}/anat/sub-sim0{n}_space-orig_dseg.nii.gz" for n in (1, 2)),
    }
    raw, truth = (
        json.loads((tmp_path / folder / "dataset_description.json").read_text())
        for folder in (".", "derivatives/truth")
    )
    assert (raw["DatasetType"], truth["DatasetType"]) == ("raw", "derivative")
    assert re.fullmatch(r"1\.\d+\.\d+", raw["BIDSVersion"])
    assert truth["GeneratedBy"][0]["Name"]
    with (tmp_path / "participants.tsv").open(newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    assert [row["participant_id"] for row in rows] == ["sub-sim01", "sub-sim02"]


def test_truth_lies_on_the_scan(tmp_path: Path, template: SimpleNamespace, atlas: SimpleNamespace) -> None:
    _write(tmp_path, 1, 5, template, atlas)
    scan = nib.load(tmp_path / "sub-sim01/anat/sub-sim01_T1w.nii.gz")
    truth = nib.load(tmp_path / "derivatives/truth/sub-sim01/anat/sub-sim01_space-orig_dseg.nii.gz")
    assert scan.shape == truth.shape
    assert np.allclose(scan.affine, truth.affine, atol=1e-4)
    assert np.allclose(scan.get_qform(), scan.get_sform(), atol=1e-4)
    assert truth.get_data_dtype() == np.uint8
    assert set(np.unique(truth.dataobj)) == {0, 1, 2, 3}


def test_larger_dataset_begins_with_the_smaller_and_keeps_it(
    tmp_path: Path, template: SimpleNamespace, atlas: SimpleNamespace
) -> None:
    _write(tmp_path, 1, 9, template, atlas)
    first = tmp_path / "sub-sim01/anat/sub-sim01_T1w.nii.gz"
    before = first.stat().st_mtime_ns
    said = _write(tmp_path, 2, 9, template, atlas)
    assert first.stat().st_mtime_ns == before
    assert {text.partition(":")[0] for text in said if "sim0" in text} == {"sub-sim02"}


def test_progress_is_reported_within_a_subject_and_can_stop_it_there(
    tmp_path: Path, template: SimpleNamespace, atlas: SimpleNamespace
) -> None:
    shares: list[float] = []

    def stop_late(share: float, text: str) -> None:
        shares.append(share)
        if share > 0.75:
            raise JobCancelled

    with pytest.raises(JobCancelled):
        write_dataset(tmp_path, 1, 3, stop_late, settings=COARSE, template=template, atlas=atlas)
    assert shares == sorted(set(shares))
    assert len(shares) >= 4
    assert not list(tmp_path.glob("*sub-sim01*"))


def test_other_seed_or_foreign_folder_is_refused(
    tmp_path: Path, template: SimpleNamespace, atlas: SimpleNamespace
) -> None:
    _write(tmp_path / "a", 1, 9, template, atlas)
    with pytest.raises(InputError, match="another seed"):
        _write(tmp_path / "a", 1, 10, template, atlas)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "thesis.txt").write_text("mine")
    with pytest.raises(InputError, match="something else"):
        _write(tmp_path / "b", 1, 9, template, atlas)


def test_interrupted_subject_leaves_nothing_behind(
    tmp_path: Path, template: SimpleNamespace, atlas: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(dataset, "_save_scan", full_disk)
    with pytest.raises(OSError, match="no space"):
        _write(tmp_path, 1, 9, template, atlas)
    assert not list(tmp_path.glob("*sub-sim01*"))
    monkeypatch.undo()
    _write(tmp_path, 1, 9, template, atlas)
    assert (tmp_path / "sub-sim01/anat/sub-sim01_T1w.nii.gz").exists()
