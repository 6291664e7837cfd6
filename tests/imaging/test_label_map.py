from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
import SimpleITK
from numpy.typing import NDArray

from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import is_sheared, load_label_map, save_label_map, save_volume
from brainstem_app.imaging.orientation import affine_from_letters, all_orientations

OBLIQUE = np.array([[-0.8, 0.6, 0, 12], [0.6, 0.8, 0, -30], [0, 0, 1.3, -70], [0, 0, 0, 1.0]])
SHEARED = np.array([[1.0, 0.3, 0, 12], [0, 1.0, 0, -30], [0, 0, 1.0, -70], [0, 0, 0, 1.0]])


@pytest.fixture
def labels() -> NDArray[np.int64]:
    return np.random.default_rng(0).integers(0, 34, (6, 7, 8))


@pytest.mark.parametrize("name", ["labels.nii.gz", "Ölabel für Zoë 脳.nii", "with space.nii.gz"])
def test_labels_come_back_as_written(tmp_path: Path, labels: NDArray[np.int64], name: str) -> None:
    save_label_map(tmp_path / name, labels, OBLIQUE)
    back, affine = load_label_map(tmp_path / name)
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, labels)
    np.testing.assert_allclose(affine, OBLIQUE, atol=1e-5)


@pytest.mark.parametrize(
    "affine",
    [OBLIQUE, *(affine_from_letters(o, (6, 7, 8), (0.9, 1.0, 1.2)) for o in all_orientations())],
)
def test_sform_qform_and_itk_agree_where_a_voxel_lies(
    tmp_path: Path, labels: NDArray[np.int64], affine: NDArray[np.float64]
) -> None:
    path = tmp_path / "labels.nii.gz"
    save_label_map(path, labels, affine)
    header = nib.load(path).header
    np.testing.assert_allclose(header.get_qform(), header.get_sform(), atol=1e-4)
    itk = SimpleITK.ReadImage(str(path))
    x, y, z = itk.TransformIndexToPhysicalPoint((5, 1, 3))
    np.testing.assert_allclose([-x, -y, z], (affine @ [5, 1, 3, 1])[:3], atol=1e-4)


@pytest.mark.parametrize(("space", "code"), [("native", 1), ("mni", 4)])
def test_header_names_the_space_and_the_unit(
    tmp_path: Path, labels: NDArray[np.int64], space: str, code: int
) -> None:
    save_label_map(tmp_path / "l.nii", labels, OBLIQUE, space=space)  # type: ignore[arg-type]
    header = nib.load(tmp_path / "l.nii").header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (code, code)
    assert header.get_xyzt_units()[0] == "mm"
    assert header.get_data_dtype() == np.uint8


def test_sheared_labels_get_no_qform_that_would_put_them_elsewhere(
    tmp_path: Path, labels: NDArray[np.int64]
) -> None:
    save_label_map(tmp_path / "l.nii", labels, SHEARED)
    header = nib.load(tmp_path / "l.nii").header
    assert (int(header["sform_code"]), int(header["qform_code"])) == (1, 0)
    np.testing.assert_allclose(load_label_map(tmp_path / "l.nii")[1], SHEARED)
    assert is_sheared(SHEARED)
    assert not is_sheared(OBLIQUE)


def test_volume_is_written_as_float32(tmp_path: Path) -> None:
    save_volume(tmp_path / "v.nii.gz", np.full((3, 3, 3), 0.25), np.eye(4))
    image = nib.load(tmp_path / "v.nii.gz")
    assert image.get_data_dtype() == np.float32
    assert image.get_fdata().min() == 0.25


@pytest.mark.parametrize("bad", [np.full((3, 3, 3), 256), np.full((3, 3, 3), -1), np.ones((3, 3, 3))])
def test_values_that_are_no_labels_are_not_written(tmp_path: Path, bad: NDArray[np.generic]) -> None:
    with pytest.raises(ValueError, match="labels must"):
        save_label_map(tmp_path / "l.nii", bad, np.eye(4))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("value", "words"), [(0.5, "fractions"), (300.0, "300"), (-1.0, "-1")])
def test_file_that_is_no_label_map_is_refused(tmp_path: Path, value: float, words: str) -> None:
    save_volume(tmp_path / "v.nii", np.full((3, 3, 3), value), np.eye(4))
    with pytest.raises(InputError, match=words):
        load_label_map(tmp_path / "v.nii")


def test_labels_without_orientation_are_refused(tmp_path: Path, labels: NDArray[np.int64]) -> None:
    image = nib.Nifti1Image(labels.astype(np.uint8), None)
    nib.save(image, tmp_path / "l.nii")
    with pytest.raises(InputError, match="left and right"):
        load_label_map(tmp_path / "l.nii")


def test_folder_in_place_of_a_label_map_is_called_one(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="This is a folder") as caught:
        load_label_map(tmp_path)
    assert "download" not in caught.value.fix
