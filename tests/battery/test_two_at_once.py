"""Two processes of one job at once: on one thing one of them works, on two things both do."""

from __future__ import annotations

from pathlib import Path

import nibabel
import numpy as np
import pytest

from brainstem_app.imaging.spaces import mni_affine

from .processes import begin, files_of, make_study

pytestmark = pytest.mark.slow


def _ends(first: list[str | Path], second: list[str | Path], folder: Path) -> list[tuple[int, str]]:
    started = [begin(folder, *words) for words in (first, second)]
    said = [process.communicate() for process in started]
    return [(process.returncode, err) for process, (_, err) in zip(started, said, strict=True)]


def _one_did(ends: list[tuple[int, str]], also: str) -> None:
    """One went well; the other was told that it is in use, or, had it come too late, what is there."""
    assert sorted(status for status, _ in ends)[0] == 0, ends
    for status, err in ends:
        assert status in {0, 2}, err
        assert status == 0 or "is in use by process" in err or also in err, err


def test_two_copies_into_one_folder(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study")
    words: list[str | Path] = ["copy", study, "--out", tmp_path / "copy"]
    _one_did(_ends(words, words, tmp_path), "is not empty")
    assert files_of(tmp_path / "copy") == files_of(study)


def test_two_copies_into_two_folders_both_go_well(tmp_path: Path) -> None:
    study = make_study(tmp_path / "study", 50)
    copies: list[list[str | Path]] = [["copy", study, "--out", tmp_path / name] for name in "ab"]
    assert [status for status, _ in _ends(*copies, tmp_path)] == [0, 0]
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b") == files_of(study)


def test_two_imports_under_one_name(tmp_path: Path) -> None:
    labels = np.zeros((197, 233, 189), np.uint8)
    labels[90:100, 95:105, 40:50] = 1
    nibabel.save(nibabel.Nifti1Image(labels, mni_affine()), tmp_path / "labels.nii.gz")
    (tmp_path / "names.csv").write_text("index,name\n1,block\n", encoding="utf-8")
    words: list[str | Path] = [
        "atlas",
        "import",
        tmp_path / "labels.nii.gz",
        "--table",
        tmp_path / "names.csv",
    ]
    words += ["--name", "mine", "--space", "MNI152NLin2009aSym"]
    _one_did(_ends(words, words, tmp_path), "There is an atlas named mine already")
    atlases = tmp_path / "data" / "brainstem-app" / "atlases"
    assert [path.name for path in atlases.iterdir()] == ["mine"]
    assert (atlases / "mine" / "labels.nii.gz").exists()


def test_two_simulations_into_one_folder(tmp_path: Path) -> None:
    words: list[str | Path] = ["simulate", "--subjects", "1", "--out", tmp_path / "out"]
    _one_did(_ends(words, words, tmp_path), "is in use")
    assert not [name for name in files_of(tmp_path / "out") if name.startswith(".") or "/." in name]
