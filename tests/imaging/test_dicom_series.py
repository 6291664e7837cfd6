from pathlib import Path

import numpy as np
import pytest
from nibabel.affines import apply_affine
from pydicom.dataset import Dataset

from brainstem_app.imaging.dicom.series import choose_volume, list_series, read_volumes
from brainstem_app.imaging.doctor import examine
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.unreadable import UnreadableScanError

from .conftest import WriteDicom, head
from .dicom_files import classic_bytes, edit_files, enhanced_bytes


def _write_scout(folder: Path, number: int = 3) -> None:
    """Three images of three planes, of the same series."""
    pixels = np.ascontiguousarray(head((30, 30, 3))[:, :, 1].T.astype("<i2"))
    for index, plane in enumerate(("1\\0\\0\\0\\1\\0", "0\\1\\0\\0\\0\\-1", "1\\0\\0\\0\\0\\-1")):
        extra = [(0x0020, 0x0037, "DS", plane), (0x0020, 0x0032, "DS", "-100\\-100\\0")]
        content = classic_bytes(pixels, 100 + index, number, "t1_mprage", "Doe^Jane", 8.0, extra)
        (folder / f"scout{index}").write_bytes(content)


def _second_echo(dataset: Dataset, index: int) -> None:
    dataset.EchoTime = 5.46
    dataset.InstanceNumber = index + 37
    dataset.PixelData = (dataset.pixel_array // 2).astype("<i2").tobytes()


def _phase(dataset: Dataset, index: int) -> None:
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "P", "ND"]
    dataset.InstanceNumber = index + 37
    dataset.PixelData = (4000 - dataset.pixel_array).astype("<i2").tobytes()


def test_philips_spoiled_gradient_echo_is_listed_with_the_series_beside_it(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    """dcm2niix warns of such a series on the line that would list it."""

    def philips(dataset: Dataset, _index: int) -> None:
        dataset.Manufacturer, dataset.SequenceVariant, dataset.ScanningSequence = "Philips", "SP", "GR"

    folder = edit_files(write_dicom(tmp_path / "exam"), philips)
    assert read_scan(folder).shape == (40, 44, 36)
    write_dicom(folder, number=5, description="t2")
    assert [str(series) for series in list_series(folder)] == ["3 (t1_mprage)", "5 (t2)"]
    assert [f.code for f in examine(folder).findings] == ["several-series"]


def test_scouts_of_the_same_series_are_left_out_and_can_be_chosen(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    folder = write_dicom(tmp_path / "exam")
    _write_scout(folder)
    scan = read_scan(folder)
    assert scan.shape == (40, 44, 36)
    assert {f.code: f.level for f in scan.findings}["dicom-images-left-out"] is Level.WARNING
    assert "dicom-images-missing" not in {f.code for f in scan.findings}
    volumes = read_volumes(folder)
    keys = [volume.series.key for volume in volumes]
    assert len(set(keys)) == len(keys) == 4
    for volume in volumes:
        assert choose_volume(folder, volume.series.key).series == volume.series
        assert choose_volume(folder, volume.series.mark).series == volume.series
    assert read_scan(tmp_path / "exam#3").shape == (40, 44, 36)


def test_number_that_dcm2niix_gives_a_series_still_chooses_it(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    """Folders with such numbers are in saved studies."""
    folder = write_dicom(tmp_path / "exam")
    assert list_series(folder)[0].key == "1524095948"
    _write_scout(folder)
    assert read_scan(tmp_path / "exam#1524095948").shape == (40, 44, 36)


def test_two_people_with_one_series_number_are_told_apart(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "exam" / "a").parent
    other = write_dicom(folder / "b", head() * 0.5, patient="Roe^Richard")
    edit_files(other, lambda dataset, _: setattr(dataset, "PatientID", "PAT-1"))
    first, second = list_series(folder)
    assert first.key != second.key
    assert read_scan(folder, series=first.key).data.max() > read_scan(folder, series=second.key).data.max()
    with pytest.raises(UnreadableScanError) as caught:
        read_scan(folder, series="3")
    assert first.key in caught.value.what
    assert second.key in caught.value.what


def test_two_echoes_of_one_series_are_a_choice(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = edit_files(write_dicom(tmp_path / "exam"), _second_echo, copies="e2_")
    with pytest.raises(UnreadableScanError, match=r"2\.98 ms.*5\.46 ms") as caught:
        read_scan(folder)
    assert caught.value.code == "several-series"
    first, second = list_series(folder)
    one, two = read_scan(tmp_path / f"exam#{first.mark}"), read_scan(tmp_path / f"exam#{second.mark}")
    np.testing.assert_array_equal(two.data, one.data // 2)


def test_phase_beside_a_magnitude_is_left_out(tmp_path: Path, write_dicom: WriteDicom) -> None:
    plain = read_scan(write_dicom(tmp_path / "plain"))
    scan = read_scan(edit_files(write_dicom(tmp_path / "exam"), _phase, copies="ph_"))
    np.testing.assert_array_equal(scan.data, plain.data)
    assert {f.code: f.level for f in scan.findings}["dicom-images-left-out"] is Level.INFO


def test_phase_alone_is_refused_as_such(tmp_path: Path, write_dicom: WriteDicom) -> None:
    with pytest.raises(UnreadableScanError, match="only the phase"):
        read_scan(edit_files(write_dicom(tmp_path / "exam"), _phase))


@pytest.mark.parametrize("with_new_uids", [False, True])
def test_slices_that_are_there_twice_are_used_once(
    tmp_path: Path, write_dicom: WriteDicom, with_new_uids: bool
) -> None:
    plain = read_scan(write_dicom(tmp_path / "plain"))
    folder = write_dicom(tmp_path / "exam")
    if with_new_uids:
        edit_files(folder, lambda dataset, index: None, copies="again_")
    else:
        for path in list(folder.iterdir()):
            path.with_name(f"again_{path.name}").write_bytes(path.read_bytes())
    scan = read_scan(folder)
    np.testing.assert_array_equal(scan.data, plain.data)
    assert "dicom-images-twice" in {f.code for f in scan.findings}


def test_images_of_one_place_that_nothing_tells_apart_are_refused(
    tmp_path: Path, write_dicom: WriteDicom
) -> None:
    def brighter(dataset: Dataset, _index: int) -> None:
        dataset.PixelData = (dataset.pixel_array + 1).astype("<i2").tobytes()

    folder = edit_files(write_dicom(tmp_path / "exam"), brighter, copies="again_")
    with pytest.raises(UnreadableScanError, match="2 images of one place") as caught:
        read_scan(folder)
    assert caught.value.code == "several-volumes"


def _enhanced(folder: Path, count: int = 2) -> Path:
    (folder / "IM0001").write_bytes(enhanced_bytes(head().astype("<i2"), list(range(36)) * count, 3, 4.0))
    return folder


def test_two_echoes_in_one_enhanced_file_are_a_choice(tmp_path: Path) -> None:
    def echoes(dataset: Dataset, _index: int) -> None:
        size = 40 * 44 * 2
        dataset.PixelData = dataset.PixelData[: 36 * size] + bytes(36 * size)
        for index, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            frame.MREchoSequence = [Dataset()]
            frame.MREchoSequence[0].EffectiveEchoTime = 2.98 if index < 36 else 5.46

    folder = edit_files(_enhanced(tmp_path), echoes)
    first, second = list_series(folder)
    assert (first.part, second.part) == ("echo time 2.98 ms", "echo time 5.46 ms")
    assert [f.code for f in examine(folder).findings] == ["several-series"]
    scan = read_scan(folder, series=first.key)
    assert scan.shape == (40, 44, 36)
    assert scan.data.max() > 0
    assert read_scan(folder, series=second.key).data.max() == 0


def test_two_stacks_in_one_enhanced_file_are_a_choice(tmp_path: Path) -> None:
    def stacks(dataset: Dataset, _index: int) -> None:
        for index, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            frame.FrameContentSequence[0].StackID = "1" if index < 36 else "2"
            if index >= 36:
                frame.PlanePositionSequence[0].ImagePositionPatient = [-80, -88, 4 * (index - 36) + 300]

    folder = edit_files(_enhanced(tmp_path), stacks)
    first, second = (read_scan(folder, series=series.key) for series in list_series(folder))
    assert first.shape == second.shape == (40, 44, 36)
    # The first slices lie at −70 and at 300 mm.
    below, above = (apply_affine(scan.affine, (0, 0, 0))[2] for scan in (first, second))
    assert above - below == pytest.approx(370)


def test_phase_in_an_enhanced_file_is_left_out(tmp_path: Path) -> None:
    def parts(dataset: Dataset, _index: int) -> None:
        for index, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            frame.MRImageFrameTypeSequence = [Dataset()]
            frame.MRImageFrameTypeSequence[0].ComplexImageComponent = "MAGNITUDE" if index < 36 else "PHASE"

    scan = read_scan(edit_files(_enhanced(tmp_path), parts))
    assert scan.shape == (40, 44, 36)
    assert "dicom-images-left-out" in {f.code for f in scan.findings}


def test_frames_that_are_there_twice_are_used_once(tmp_path: Path) -> None:
    assert read_scan(_enhanced(tmp_path)).shape == (40, 44, 36)


def test_own_segmentation_beside_a_series_is_no_series(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "exam")
    other = write_dicom(tmp_path / "other", number=9900, description="Brainstem nuclei")
    edit_files(other, lambda dataset, _: setattr(dataset, "Modality", "SEG"))
    (other / "IM9900_0000.dcm").rename(folder / "labels_dicom.dcm")
    assert [series.number for series in list_series(folder)] == ["3"]


def test_damaged_file_beside_a_series_is_told(tmp_path: Path, write_dicom: WriteDicom) -> None:
    folder = write_dicom(tmp_path / "exam")
    (folder / "broken.dcm").write_bytes(bytes(128) + b"DICM" + b"\x02\x00\x00\x00UL\x04\x00\xff\xff\xff")
    seen = {f.code: f for f in examine(folder).findings}
    assert "broken.dcm" in seen["dicom-files-damaged"].problem


@pytest.mark.parametrize(("kept", "count"), [(range(0, 36, 2), "17 are"), (range(1, 36, 3), "22 are")])
def test_series_with_evenly_missing_slices_says_how_many_between_which(
    tmp_path: Path, write_dicom: WriteDicom, kept: range, count: str
) -> None:
    skip = tuple(index for index in range(36) if index not in kept)
    folder = write_dicom(tmp_path / "exam", skip=skip, spacing_mm=1.0)
    (finding,) = [f for f in read_volumes(folder)[0].findings if f.code == "dicom-images-missing"]
    assert finding.problem == (
        f"Of the images {kept[0] + 1} to {kept[-1] + 1}, {count} missing: slices between those that are "
        "there, or at the end of the scan."
    )
