"""The DICOM segmentation: on the source's slices, left on the left, coded, and nobody's unless asked for."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import highdicom
import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import LabelTable, Side
from brainstem_app.imaging.dicom.identity import Identity
from brainstem_app.imaging.dicom.source import read_source_images
from brainstem_app.imaging.reading import read_scan
from brainstem_app.imaging.spaces import Affine
from brainstem_app.reports.exports.dicom_seg import SCHEME, Maker, segmentation_bytes

from ..imaging.dicom_files import classic_bytes, enhanced_bytes

MAKER = Maker("made", "ab" * 32, "brainstem31", "1")
RN_L, RN_R, PAG = 2, 3, 4
SAGITTAL = [(0x0020, 0x0037, "DS", "0\\1\\0\\0\\0\\-1")]
LPS = np.diag([-1.0, -1.0, 1.0, 1.0])


def _series(folder: Path, extra: Sequence[tuple[int, int, str, str]] = ()) -> Path:
    folder.mkdir()
    volume = np.random.default_rng(0).integers(50, 1000, (24, 20, 16)).astype("<i2")
    for index in range(16):
        pixels = np.ascontiguousarray(volume[:, :, index].T)
        own = [*extra]
        if any(element[:2] == (0x0020, 0x0037) for element in extra):
            own.append((0x0020, 0x0032, "DS", f"{2 * index - 16}\\-20\\30"))
        content = classic_bytes(pixels, index, 3, "t1", "Quill^Anna", 2.0, own)
        (folder / f"IM{15 - index:02d}.dcm").write_bytes(content)
    return folder


def _labels(shape: tuple[int, ...], affine: Affine) -> NDArray[np.uint8]:
    """A red nucleus on either side of the middle and the PAG between them, told from the world."""
    world = affine[:3, :3] @ np.indices(shape).reshape(3, -1) + affine[:3, 3:]
    off = (world - world.mean(axis=1, keepdims=True)).reshape(3, *shape)
    labels = np.zeros(shape, dtype=np.uint8)
    near = (np.abs(off[1]) < 5) & (np.abs(off[2]) < 5)
    labels[near & (off[0] < -4) & (off[0] > -9)] = RN_L
    labels[near & (off[0] > 4) & (off[0] < 9)] = RN_R
    labels[near & (np.abs(off[0]) < 2) & (off[2] > 0)] = PAG
    return labels


def _read(content: bytes) -> highdicom.seg.Segmentation:
    return highdicom.seg.segread(io.BytesIO(content))


def _volume(made: highdicom.seg.Segmentation) -> tuple[NDArray[np.uint8], Affine]:
    volume = made.get_volume(combine_segments=True)
    return np.asarray(volume.array), np.asarray(LPS @ volume.affine)


def _make(
    folder: Path, table: LabelTable, identity: Identity = Identity.NONE
) -> tuple[highdicom.seg.Segmentation, NDArray[np.uint8], Affine]:
    scan = read_scan(folder)
    labels = _labels(scan.shape, scan.affine)
    images = read_source_images(folder)
    content = segmentation_bytes(labels, scan.affine, table, images, MAKER, identity, "exam")
    return _read(content), labels, scan.affine


@pytest.mark.parametrize("extra", [(), SAGITTAL], ids=["axial", "sagittal"])
def test_labels_come_back_voxel_by_voxel(tmp_path: Path, table: LabelTable, extra: list[object]) -> None:
    made, labels, affine = _make(_series(tmp_path / "exam", extra), table)
    back, back_affine = _volume(made)
    found = np.argwhere(back > 0)
    world = back_affine[:3, :3] @ found.T + back_affine[:3, 3:]
    voxels = np.linalg.inv(affine) @ np.vstack([world, np.ones(len(found))])
    np.testing.assert_allclose(voxels[:3], np.rint(voxels[:3]), atol=1e-3)
    np.testing.assert_array_equal(labels[tuple(np.rint(voxels[:3]).astype(int))], back[tuple(found.T)])
    assert len(found) == np.count_nonzero(labels)


def test_left_is_the_patients_left(tmp_path: Path, table: LabelTable) -> None:
    made, _, _ = _make(_series(tmp_path / "exam"), table)
    back, affine = _volume(made)
    x = {n: (affine[:3, :3] @ np.argwhere(back == n).mean(axis=0) + affine[:3, 3])[0] for n in (RN_L, RN_R)}
    assert x[RN_L] < x[RN_R]
    sides = {
        s.SegmentNumber: s.SegmentedPropertyTypeCodeSequence[0]
        .SegmentedPropertyTypeModifierCodeSequence[0]
        .CodeMeaning
        for s in made.SegmentSequence
        if s.SegmentNumber in (RN_L, RN_R)
    }
    assert sides == {RN_L: "Left", RN_R: "Right"}


def test_frames_of_one_enhanced_image_are_slices_too(tmp_path: Path, table: LabelTable) -> None:
    folder = tmp_path / "exam"
    folder.mkdir()
    volume = np.random.default_rng(0).integers(50, 1000, (24, 20, 16)).astype("<i2")
    (folder / "all.dcm").write_bytes(enhanced_bytes(volume, range(16), 3, 2.0))
    made, labels, _ = _make(folder, table)
    back, _ = _volume(made)
    np.testing.assert_array_equal(np.bincount(back.ravel())[1:], np.bincount(labels.ravel())[1:])


def test_segments_have_the_numbers_names_and_colours_of_the_table(tmp_path: Path, table: LabelTable) -> None:
    made, _, _ = _make(_series(tmp_path / "exam"), table)
    assert [(s.SegmentNumber, s.SegmentLabel) for s in made.SegmentSequence] == [
        (s.index, s.name) for s in table.structures[1:]
    ]
    for segment, structure in zip(made.SegmentSequence, table.structures[1:], strict=True):
        colour = highdicom.color.CIELabColor.from_dicom_value(segment.RecommendedDisplayCIELabValue)
        np.testing.assert_allclose(colour.to_rgb(), structure.rgb, atol=2)
        code = segment.SegmentedPropertyTypeCodeSequence[0]
        assert code.CodingSchemeDesignator == SCHEME
        assert not code.CodeValue.endswith(("_L", "_R"))
        assert (structure.side is Side.MIDLINE) == ("SegmentedPropertyTypeModifierCodeSequence" not in code)
        assert segment.SegmentAlgorithmType == "AUTOMATIC"
        assert "made" in segment.SegmentAlgorithmName
    assert made.CodingSchemeIdentificationSequence[0].CodingSchemeDesignator == SCHEME


def test_codes_of_the_standard_are_used_where_it_has_them(tmp_path: Path) -> None:
    from brainstem_app.atlas.library import load_atlas

    made, _, _ = _make(_series(tmp_path / "exam"), load_atlas().table)
    codes = {s.SegmentLabel: s.SegmentedPropertyTypeCodeSequence[0] for s in made.SegmentSequence}
    assert (codes["SN_L"].CodingSchemeDesignator, codes["SN_L"].CodeValue) == ("SCT", "70007007")
    assert codes["LC_L"].CodingSchemeDesignator == SCHEME
    assert all(len(code.CodeMeaning) <= 64 for code in codes.values())


def test_default_names_nobody_and_shares_no_uid(tmp_path: Path, table: LabelTable) -> None:
    folder = _series(tmp_path / "exam")
    made, _, _ = _make(folder, table)
    source = [pydicom.dcmread(path) for path in folder.iterdir()]
    assert made.PatientIdentityRemoved == "YES"
    assert made.PatientID == "exam"
    written = made.to_json()
    for name in ("PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        for dataset in source:
            assert str(dataset[name].value) not in written
    assert not made.StudyDate


def test_links_keep_the_uids_and_no_name(tmp_path: Path, table: LabelTable) -> None:
    folder = _series(tmp_path / "exam")
    made, _, _ = _make(folder, table, Identity.LINKS)
    source = pydicom.dcmread(next(folder.iterdir()))
    assert made.StudyInstanceUID == source.StudyInstanceUID
    referenced = made.ReferencedSeriesSequence[0]
    assert referenced.SeriesInstanceUID == source.SeriesInstanceUID
    named = {item.ReferencedSOPInstanceUID for item in referenced.ReferencedInstanceSequence}
    assert named == {pydicom.dcmread(path).SOPInstanceUID for path in folder.iterdir()}
    assert made.PatientID == "exam"
    assert "Quill" not in made.to_json()
    assert not made.StudyDate


def test_patient_is_kept_when_asked_for(tmp_path: Path, table: LabelTable) -> None:
    made, _, _ = _make(_series(tmp_path / "exam"), table, Identity.PATIENT)
    assert str(made.PatientName) == "Quill^Anna"
    assert made.PatientID == "PAT-4711"
    assert made.StudyDate == "20200101"
    assert "PatientIdentityRemoved" not in made
