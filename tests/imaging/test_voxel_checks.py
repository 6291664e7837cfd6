import numpy as np
import pytest
from numpy.typing import NDArray

from brainstem_app.errors import InputError
from brainstem_app.imaging.orientation import affine_from_letters
from brainstem_app.imaging.reading import read_scan, require_usable
from brainstem_app.imaging.scan import Level

from .conftest import WriteNifti


def _levels(
    write_nifti: WriteNifti,
    data: NDArray[np.generic],
    voxel: tuple[float, float, float],
    letters: str = "RAS",
) -> dict[str, Level]:
    x, y, z = data.shape[:3]
    scan = read_scan(write_nifti(data=data, sform=affine_from_letters(letters, (x, y, z), voxel)))
    return {f.code: f.level for f in scan.findings}


def _block(shape: tuple[int, int, int]) -> NDArray[np.int16]:
    return (np.arange(np.prod(shape)) % 997).reshape(shape).astype(np.int16)


def test_one_millimetre_head_has_no_finding(write_nifti: WriteNifti) -> None:
    assert _levels(write_nifti, _block((160, 180, 150)), (1.0, 1.0, 1.0)) == {}


@pytest.mark.parametrize(
    ("thickness", "expected"),
    [
        (1.9, {}),
        (2.0, {"slices-thick": Level.WARNING}),
        (4.9, {"slices-thick": Level.WARNING}),
        (5.0, {"slices-too-thick": Level.ERROR}),
    ],
)
def test_thick_slices(write_nifti: WriteNifti, thickness: float, expected: dict[str, Level]) -> None:
    assert _levels(write_nifti, _block((160, 160, 70)), (1.0, 1.0, thickness)) == expected


def test_thick_sagittal_slices_are_seen_too(write_nifti: WriteNifti) -> None:
    found = _levels(write_nifti, _block((30, 160, 160)), (6.0, 1.0, 1.0), "PIR")
    assert found["slices-too-thick"] is Level.ERROR


def test_slab_is_no_whole_head(write_nifti: WriteNifti) -> None:
    found = _levels(write_nifti, _block((200, 200, 60)), (1.0, 1.0, 1.0))
    assert found == {"field-of-view-too-small": Level.ERROR}


def test_tight_field_of_view_is_a_warning(write_nifti: WriteNifti) -> None:
    found = _levels(write_nifti, _block((160, 160, 105)), (1.0, 1.0, 1.0))
    assert found == {"field-of-view-small": Level.WARNING}


@pytest.mark.parametrize(("height", "level"), [(80, Level.WARNING), (40, Level.ERROR)])
def test_slab_in_an_empty_field_of_view_is_seen(write_nifti: WriteNifti, height: int, level: Level) -> None:
    data = _block((160, 180, 150))
    data[:, :, height:] = 0
    assert _levels(write_nifti, data, (1.0, 1.0, 1.0)) == {"head-incomplete": level}


def test_too_few_voxels(write_nifti: WriteNifti) -> None:
    assert "too-few-voxels" in _levels(write_nifti, _block((10, 160, 160)), (15.0, 1.0, 1.0))


@pytest.mark.parametrize("size", [0.001, 50.0])
def test_absurd_voxel_size(write_nifti: WriteNifti, size: float) -> None:
    assert _levels(write_nifti, _block((40, 40, 40)), (size, size, size)) == {
        "voxel-size-absurd": Level.ERROR
    }


def test_absurd_field_of_view(write_nifti: WriteNifti) -> None:
    found = _levels(write_nifti, _block((80, 80, 80)), (15.0, 15.0, 15.0))
    assert found["field-of-view-absurd"] is Level.ERROR


def test_not_finite_values_are_replaced_and_counted(
    write_nifti: WriteNifti, head_data: NDArray[np.float32]
) -> None:
    data = head_data.copy()
    data[20, 20, 18] = np.nan
    data[21, 20, 18] = np.inf
    data[22, 20, 18] = -np.inf
    scan = read_scan(write_nifti(data=data))
    assert np.isfinite(scan.data).all()
    assert (scan.data[20:23, 20, 18] == 0).all()
    finding = next(f for f in scan.findings if f.code == "values-not-finite")
    assert finding.problem.startswith("3 voxels")
    assert finding.level is Level.WARNING


def test_float64_beyond_float32_counts_as_not_finite(write_nifti: WriteNifti) -> None:
    data = _block((40, 44, 36)).astype(np.float64)
    data[0, 0, 0] = 1e300
    assert "values-not-finite" in {f.code for f in read_scan(write_nifti(data=data)).findings}


def test_image_of_nan_alone_is_refused(write_nifti: WriteNifti) -> None:
    scan = read_scan(write_nifti(data=np.full((40, 44, 36), np.nan, np.float32)))
    errors = {f.code for f in scan.findings if f.level is Level.ERROR}
    assert errors == {"values-not-finite", "constant-image"}
    with pytest.raises(InputError):
        require_usable(scan)


def test_constant_image(write_nifti: WriteNifti) -> None:
    found = _levels(write_nifti, np.full((40, 44, 36), 7, np.int16), (4.0, 4.0, 4.0))
    assert found["constant-image"] is Level.ERROR


def test_label_map_given_as_a_scan(write_nifti: WriteNifti) -> None:
    labels = (_block((40, 44, 36)) % 20).astype(np.uint8)
    assert _levels(write_nifti, labels, (4.0, 4.0, 4.0))["too-few-intensities"] is Level.ERROR


def test_mask_is_told_by_its_values_alone(write_nifti: WriteNifti) -> None:
    mask = np.zeros((40, 44, 36), np.uint8)
    mask[18:22, 20:24, 16:20] = 1
    assert _levels(write_nifti, mask, (4.0, 4.0, 4.0)) == {
        "slices-thick": Level.WARNING,
        "too-few-intensities": Level.ERROR,
    }


def test_ct_like_values_are_a_warning(write_nifti: WriteNifti) -> None:
    found = _levels(write_nifti, _block((40, 44, 36)) - 1000, (4.0, 4.0, 4.0))
    assert found["negative-intensities"] is Level.WARNING
