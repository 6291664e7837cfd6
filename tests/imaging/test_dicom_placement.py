from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from nibabel.affines import apply_affine
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from scipy.spatial.transform import Rotation

from brainstem_app.imaging.doctor import examine
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.unreadable import UnreadableScanError

from .conftest import WriteDicom
from .dicom_files import edit_files, enhanced_bytes

Change = Callable[[Dataset, int], None]
ORIENTATION, POSITION = "ImageOrientationPatient", "ImagePositionPatient"


def _without(*names: str) -> Change:
    def change(dataset: Dataset, _index: int) -> None:
        for name in names:
            delattr(dataset, name)

    return change


def _with_orientation(*values: float) -> Change:
    return lambda dataset, _: setattr(dataset, ORIENTATION, list(values))


def _some_without(dataset: Dataset, index: int) -> None:
    if index % 7 == 3:
        delattr(dataset, ORIENTATION)


def _with_one_position(dataset: Dataset, _index: int) -> None:
    dataset.ImagePositionPatient = [0, 0, 0]


def _marked() -> NDArray[np.int16]:
    """Ramp to the right of the picture, and one bright voxel at column 30, row 5, slice 20."""
    volume = np.tile(np.arange(40)[:, None, None], (1, 44, 36)).astype(np.int16)
    volume[30, 5, 20] = 9000
    return volume


UNPLACED = {
    "no orientation": _without(ORIENTATION),
    "no position": _without(POSITION),
    "neither": _without(ORIENTATION, POSITION),
    "some without orientation": _some_without,
    "all zero": _with_orientation(0, 0, 0, 0, 0, 0),
    "not at right angles": _with_orientation(1, 0, 0, 0.5, 0.866, 0),
    "not of length one": _with_orientation(2, 0, 0, 0, 2, 0),
    "one position for all": _with_one_position,
}


@pytest.mark.parametrize("change", UNPLACED.values(), ids=UNPLACED.keys())
def test_series_that_does_not_say_how_it_lies_is_no_usable_scan(
    tmp_path: Path, write_dicom: WriteDicom, change: Change
) -> None:
    seen = examine(edit_files(write_dicom(tmp_path / "exam"), change))
    assert not seen.is_usable
    assert seen.findings[0].code == "orientation-unknown"
    assert "Patient" in seen.findings[0].problem


@pytest.mark.parametrize("change", UNPLACED.values(), ids=UNPLACED.keys())
def test_stated_orientation_is_that_of_columns_rows_and_slices(
    tmp_path: Path, write_dicom: WriteDicom, change: Change
) -> None:
    scan = read_scan(edit_files(write_dicom(tmp_path / "exam", _marked()), change), "LPS")
    assert {f.code: f.level for f in scan.findings}["orientation-assumed"] is Level.WARNING
    assert not [f for f in scan.findings if f.level is Level.ERROR]
    assert scan.voxel_size_mm == pytest.approx((4, 4, 4), abs=1e-3)
    np.testing.assert_array_equal(scan.data, _marked())
    # Columns run to the left, rows to the back, slices to the head; the middle of the volume is at 0 mm.
    mark = apply_affine(scan.affine, (30, 5, 20))
    np.testing.assert_allclose(mark, [-4 * 10.5, 4 * 16.5, 4 * 2.5], atol=0.05)


def test_mirrored_series_without_orientation_has_left_where_the_user_says(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    folder = edit_files(write_dicom(tmp_path / "exam", _marked()), _without(ORIENTATION))
    right = apply_affine(read_scan(folder, "RPS").affine, (30, 5, 20))
    left = apply_affine(read_scan(folder, "LPS").affine, (30, 5, 20))
    assert right[0] == pytest.approx(42, abs=0.05)
    assert left[0] == pytest.approx(-42, abs=0.05)


@pytest.mark.parametrize(
    ("change", "letters", "known"),
    [
        (_without(POSITION), "RPS", r"LP\?"),
        (_without(ORIENTATION), "LPI", r"\?\?S"),
        (_some_without, "RPS", "LPS"),
    ],
)
def test_statement_that_the_headers_contradict_is_refused(
    tmp_path: Path, write_dicom: WriteDicom, change: Change, letters: str, known: str
) -> None:
    folder = edit_files(write_dicom(tmp_path / "exam"), change)
    with pytest.raises(UnreadableScanError, match=known) as caught:
        read_scan(folder, letters)
    assert caught.value.code == "orientation-contradicted"


def test_statement_about_a_series_that_says_how_it_lies_is_not_needed(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    folder = write_dicom(tmp_path / "exam")
    stated, plain = read_scan(folder, "RPI"), read_scan(folder)
    np.testing.assert_array_equal(stated.affine, plain.affine)
    assert "assumption-unused" in {f.code for f in stated.findings}


def test_slices_without_position_that_do_not_say_their_distance_are_refused(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    folder = edit_files(write_dicom(tmp_path / "exam"), _without(POSITION, "SliceThickness"))
    with pytest.raises(UnreadableScanError, match="how far apart") as caught:
        read_scan(folder, "LPS")
    assert caught.value.code == "dicom-spacing-missing"


def test_slices_without_position_and_number_have_no_order(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = edit_files(write_dicom(tmp_path / "exam"), _without(POSITION, "InstanceNumber"))
    assert [f.code for f in examine(folder, "LPS").findings] == ["dicom-order-unknown"]


def test_series_without_pixel_spacing_is_refused_by_name(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = edit_files(write_dicom(tmp_path / "exam"), _without("PixelSpacing"))
    with pytest.raises(UnreadableScanError, match=r"36 images.*PixelSpacing") as caught:
        read_scan(folder)
    assert caught.value.code == "dicom-spacing-missing"


def _without_frame_group(where: str, name: str) -> Change:
    def change(dataset: Dataset, _index: int) -> None:
        for item in dataset[where].value:
            delattr(item, name)

    return change


ENHANCED = {
    "no orientation": _without_frame_group("SharedFunctionalGroupsSequence", "PlaneOrientationSequence"),
    "no position": _without_frame_group("PerFrameFunctionalGroupsSequence", "PlanePositionSequence"),
}


@pytest.mark.parametrize("change", ENHANCED.values(), ids=ENHANCED.keys())
def test_enhanced_file_without_places_is_refused_until_they_are_stated(
    tmp_path: Path, change: Change
) -> None:
    (tmp_path / "IM0001").write_bytes(enhanced_bytes(_marked(), range(36), 3, 4.0))
    edit_files(tmp_path, change)
    assert examine(tmp_path).findings[0].code == "orientation-unknown"
    scan = read_scan(tmp_path, "LPS")
    np.testing.assert_array_equal(scan.data, _marked())
    mark = apply_affine(scan.affine, (30, 5, 20))
    np.testing.assert_allclose(mark, [-4 * 10.5, 4 * 16.5, 4 * 2.5], atol=0.05)


def test_enhanced_file_without_pixel_spacing_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "IM0001").write_bytes(enhanced_bytes(_marked(), range(36), 3, 4.0))
    edit_files(tmp_path, _without_frame_group("SharedFunctionalGroupsSequence", "PixelMeasuresSequence"))
    assert [f.code for f in examine(tmp_path).findings] == ["dicom-spacing-missing"]


def _turned(degrees: float) -> Change:
    random = np.random.default_rng(0)

    def change(dataset: Dataset, _index: int) -> None:
        axis = random.normal(size=3)
        turn = Rotation.from_rotvec(np.radians(degrees) * axis / np.linalg.norm(axis)).as_matrix()
        dataset.ImageOrientationPatient = [f"{value:.8f}" for value in (*turn[:, 0], *turn[:, 1])]

    return change


def test_images_turned_by_a_hair_are_one_volume(tmp_path: Path, write_dicom: WriteDicom) -> None:
    plain = read_scan(write_dicom(tmp_path / "plain"))
    scan = read_scan(edit_files(write_dicom(tmp_path / "exam"), _turned(0.05)))
    np.testing.assert_array_equal(scan.data, plain.data)
    np.testing.assert_allclose(scan.affine, plain.affine, atol=0.2)
    assert {f.code: f.level for f in scan.findings}["dicom-orientation-varies"] is Level.WARNING


@pytest.mark.parametrize("degrees", [1.0, 3.0])
def test_images_turned_against_each_other_are_no_volume(
    tmp_path: Path, write_dicom: WriteDicom, degrees: float
) -> None:
    folder = edit_files(write_dicom(tmp_path / "exam"), _turned(degrees))
    assert [f.code for f in examine(folder).findings] == ["dicom-images-turned"]


def test_images_that_lie_mirrored_to_the_others_are_no_volume(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    def change(dataset: Dataset, index: int) -> None:
        if index >= 34:
            dataset.ImageOrientationPatient = [-1, 0, 0, 0, 1, 0]

    with pytest.raises(UnreadableScanError, match="180") as caught:
        read_scan(edit_files(write_dicom(tmp_path / "exam"), change))
    assert caught.value.code == "dicom-images-turned"
