from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from numpy.typing import NDArray

from brainstem_app.errors import InputError
from brainstem_app.imaging.orientation import axis_letters
from brainstem_app.imaging.reading import read_scan, require_usable
from brainstem_app.imaging.scan import Finding, Level, Scan

from .conftest import WriteNifti


def _finding(scan: Scan, code: str) -> Finding:
    return next(f for f in scan.findings if f.code == code)


def _codes(scan: Scan) -> set[str]:
    return {f.code for f in scan.findings if f.level is not Level.INFO} - {"slices-thick"}


def _patch(path: Path, **fields: object) -> Path:
    """Change fields of the header of an uncompressed NIfTI file without nibabel's repairs."""
    content = bytearray(path.read_bytes())
    header = nib.Nifti1Header(bytes(content[:348]), check=False)
    for name, value in fields.items():
        header[name] = value
    content[:348] = header.binaryblock
    path.write_bytes(content)
    return path


def test_agreeing_transforms_are_no_finding(write_nifti: WriteNifti) -> None:
    assert _codes(read_scan(write_nifti())) == set()


def test_rounding_differences_are_no_finding(
    write_nifti: WriteNifti, head_affine: NDArray[np.float64]
) -> None:
    rounded = head_affine.copy()
    rounded[:3] += 1e-4
    assert _codes(read_scan(write_nifti(qform=rounded))) == set()


def test_differing_transforms_warn_and_the_sform_is_taken(
    write_nifti: WriteNifti, head_affine: NDArray[np.float64]
) -> None:
    other = head_affine.copy()
    other[0, 3] += 7
    scan = read_scan(write_nifti(qform=other))
    found = _finding(scan, "qform-sform-differ")
    assert found.level is Level.WARNING
    assert "7.0 mm" in found.problem
    assert "sform was used" in found.problem
    np.testing.assert_allclose(scan.affine, head_affine)


def test_transforms_that_swap_left_and_right_are_named(
    write_nifti: WriteNifti, head_affine: NDArray[np.float64]
) -> None:
    scan = read_scan(write_nifti(qform=np.diag([-1.0, 1, 1, 1]) @ head_affine))
    assert "RAS, qform LAS" in _finding(scan, "qform-sform-orientation").problem
    assert axis_letters(scan.affine) == ("R", "A", "S")


def test_sform_code_zero_with_a_valid_qform_is_fine(
    write_nifti: WriteNifti, head_affine: NDArray[np.float64]
) -> None:
    scan = read_scan(write_nifti(sform=np.diag([-9.0, 9, 9, 1]), qform=head_affine, codes=(0, 1)))
    assert _codes(scan) == set()
    np.testing.assert_allclose(scan.affine, head_affine, atol=1e-4)


def test_sform_code_two_is_fine(write_nifti: WriteNifti) -> None:
    assert _codes(read_scan(write_nifti(codes=(2, 2)))) == set()


def test_both_codes_zero_is_an_error(write_nifti: WriteNifti) -> None:
    scan = read_scan(write_nifti(codes=(0, 0)))
    assert "left and right cannot be known" in _finding(scan, "orientation-unknown").problem
    with pytest.raises(InputError, match="left and right cannot be known"):
        require_usable(scan)


@pytest.mark.parametrize("stated", ["RAS", "LAS", "PIR"])
def test_user_can_state_the_orientation_that_the_header_lacks(write_nifti: WriteNifti, stated: str) -> None:
    scan = read_scan(write_nifti(codes=(0, 0)), assume_orientation=stated)
    require_usable(scan)
    assert "".join(axis_letters(scan.affine)) == stated
    assert scan.voxel_size_mm == pytest.approx((4, 4, 4))
    assert _finding(scan, "orientation-assumed").level is Level.WARNING


def test_stated_orientation_never_overrules_the_header(write_nifti: WriteNifti) -> None:
    scan = read_scan(write_nifti(), assume_orientation="LPS")
    assert axis_letters(scan.affine) == ("R", "A", "S")
    assert _finding(scan, "assumption-unused").level is Level.INFO


def test_orientation_that_is_none_is_refused(write_nifti: WriteNifti) -> None:
    with pytest.raises(InputError, match="no orientation"):
        read_scan(write_nifti(), assume_orientation="left")


def test_sheared_sform_is_kept_and_named(write_nifti: WriteNifti, head_affine: NDArray[np.float64]) -> None:
    sheared = head_affine.copy()
    sheared[0, 1] = 0.5
    scan = read_scan(write_nifti(sform=sheared, qform=head_affine, codes=(1, 0)))
    assert _finding(scan, "affine-sheared").level is Level.WARNING
    np.testing.assert_allclose(scan.affine, sheared)
    require_usable(scan)


def test_oblique_scan_is_information_only(write_nifti: WriteNifti, head_affine: NDArray[np.float64]) -> None:
    angle = np.radians(15)
    tilt = np.eye(4)
    tilt[1:3, 1:3] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    scan = read_scan(write_nifti(sform=tilt @ head_affine))
    assert _codes(scan) == set()
    assert "15°" in _finding(scan, "oblique").problem


@pytest.mark.parametrize("broken", [np.diag([4.0, 0, 4, 1]), np.diag([4.0, np.nan, 4, 1]), np.zeros((4, 4))])
def test_broken_sform_gives_way_to_the_qform(
    write_nifti: WriteNifti, head_affine: NDArray[np.float64], broken: NDArray[np.float64]
) -> None:
    path = _patch(write_nifti("scan.nii"), srow_x=broken[0], srow_y=broken[1], srow_z=broken[2])
    scan = read_scan(path)
    assert _finding(scan, "sform-invalid").level is Level.WARNING
    np.testing.assert_allclose(scan.affine, head_affine, atol=1e-4)


def test_no_usable_transform_is_an_error(write_nifti: WriteNifti) -> None:
    path = _patch(write_nifti("scan.nii", codes=(1, 0)), srow_x=[0, 0, 0, 0])
    assert _finding(read_scan(path), "affine-singular").level is Level.ERROR


def test_quaternion_that_is_none_is_passed_over(write_nifti: WriteNifti) -> None:
    path = _patch(write_nifti("scan.nii"), quatern_b=2.0, quatern_c=2.0)
    scan = read_scan(path)
    assert _finding(scan, "qform-invalid").level is Level.WARNING
    require_usable(scan)


@pytest.mark.parametrize("pixdim", [[1, 0, 4, 4, 0, 0, 0, 0], [1, -4, 4, 4, 0, 0, 0, 0]])
def test_impossible_voxel_sizes_are_named(write_nifti: WriteNifti, pixdim: list[float]) -> None:
    assert "voxel-size-invalid" in _codes(read_scan(_patch(write_nifti("scan.nii"), pixdim=pixdim)))


def test_stated_orientation_does_not_replace_a_voxel_size(write_nifti: WriteNifti) -> None:
    path = _patch(write_nifti("scan.nii", codes=(0, 0)), pixdim=[1, 0, 4, 4, 0, 0, 0, 0])
    scan = read_scan(path, assume_orientation="RAS")
    assert _finding(scan, "voxel-size-invalid").level is Level.ERROR


def test_code_that_nifti_does_not_know_counts_as_zero(write_nifti: WriteNifti) -> None:
    path = _patch(write_nifti("scan.nii"), sform_code=128, qform_code=-3)
    assert "orientation-unknown" in _codes(read_scan(path))


def test_two_different_voxel_sizes_are_named(write_nifti: WriteNifti) -> None:
    path = _patch(write_nifti("scan.nii", codes=(1, 0)), pixdim=[1, 1, 1, 1, 0, 0, 0, 0])
    assert "1×1×1 mm, and 4×4×4 mm" in _finding(read_scan(path), "voxel-size-differs").problem


@pytest.mark.parametrize(("unit", "scale"), [(1, 1e-3), (3, 1e3)])
def test_lengths_in_other_units_are_an_error(
    write_nifti: WriteNifti, head_affine: NDArray[np.float64], unit: int, scale: float
) -> None:
    path = write_nifti("scan.nii", sform=np.diag([scale, scale, scale, 1]) @ head_affine)
    scan = read_scan(_patch(path, xyzt_units=unit))
    assert {"units-not-mm", "voxel-size-absurd"} <= _codes(scan)
    assert _finding(scan, "voxel-size-absurd").level is Level.ERROR


def test_scan_in_a_standard_space_is_a_warning(write_nifti: WriteNifti) -> None:
    assert "MNI space" in _finding(read_scan(write_nifti(codes=(4, 4))), "standard-space").problem


def test_mgz_is_read_like_nifti(
    tmp_path: Path, head_data: NDArray[np.float32], head_affine: NDArray[np.float64]
) -> None:
    nib.save(nib.MGHImage(head_data, head_affine), tmp_path / "T1.mgz")
    scan = read_scan(tmp_path / "T1.mgz")
    assert _codes(scan) == set()
    np.testing.assert_allclose(scan.affine, head_affine)
    np.testing.assert_array_equal(scan.data, head_data)


def test_mgh_without_orientation_is_an_error(
    tmp_path: Path, head_data: NDArray[np.float32], head_affine: NDArray[np.float64]
) -> None:
    path = tmp_path / "T1.mgh"
    nib.save(nib.MGHImage(head_data, head_affine), path)
    content = bytearray(path.read_bytes())
    content[28:30] = b"\0\0"
    path.write_bytes(content)
    found = {finding.code: finding.problem for finding in read_scan(path).findings}
    assert "goodRASFlag" in found["orientation-unknown"]
    assert "form" not in found["orientation-unknown"]


def test_mgh_whose_transform_is_none_is_told_in_the_words_of_its_kind(
    tmp_path: Path, head_data: NDArray[np.float32], head_affine: NDArray[np.float64]
) -> None:
    path = tmp_path / "T1.mgh"
    nib.save(nib.MGHImage(head_data, head_affine), path)
    content = bytearray(path.read_bytes())
    content[42:78] = bytes(36)
    path.write_bytes(content)
    scan = read_scan(path)
    assert {"affine-singular", "mgh-invalid"} <= _codes(scan)
    assert not any("form and" in f.problem or " mgh " in f.problem for f in scan.findings)
