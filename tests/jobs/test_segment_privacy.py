"""Names, dates and numbers of a patient in the headers of a scan are in no file that `segment` writes."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import nibabel
import numpy as np
import pytest

from brainstem_app.imaging.resampling import resample
from brainstem_app.imaging.scan import Scan
from brainstem_app.imaging.spaces import MNI_SHAPE, mni_affine
from brainstem_app.preprocessing.normalise import Normalised
from brainstem_app.preprocessing.transforms import Transforms

from ..imaging.dicom_files import classic_bytes
from .test_segment import FIT, _run, _write_scan, model  # noqa: F401 - a fixture

PERSONAL = [
    (0x0008, 0x0020, "DA", "20190817"),
    (0x0008, 0x0022, "DA", "20190818"),
    (0x0008, 0x0030, "TM", "142857.31"),
    (0x0008, 0x0050, "SH", "ACC-77413"),
    (0x0008, 0x0080, "LO", "Charitas Hospital"),
    (0x0008, 0x0081, "ST", "Lindengasse 12"),
    (0x0008, 0x0090, "PN", "Referring^Ruth"),
    (0x0008, 0x1010, "SH", "STATION-9X"),
    (0x0008, 0x1030, "LO", "Study of Quill"),
    (0x0008, 0x1050, "PN", "Performing^Paul"),
    (0x0008, 0x1070, "PN", "Operating^Olga"),
    (0x0010, 0x0010, "PN", "Quillfeather^Anna"),
    (0x0010, 0x0020, "LO", "PAT-66521"),
    (0x0010, 0x0030, "DA", "19510203"),
    (0x0010, 0x1000, "LO", "OTHER-66522"),
    (0x0010, 0x1040, "LO", "Birkenweg 3"),
    (0x0010, 0x4000, "LT", "Mother of Otto"),
    (0x0018, 0x1000, "LO", "SERIAL-4242"),
    (0x0018, 0x1030, "LO", "Protocol Quill"),
    (0x0020, 0x0010, "SH", "STUDY-8852"),
    (0x0020, 0x000D, "UI", "1.2.826.0.1.3680043.9.66521"),
    (0x0020, 0x4000, "LT", "Comment on Anna"),
    (0x0032, 0x1032, "PN", "Requesting^Rosa"),
]  # fmt: skip
# Words of four letters come about by themselves in the packed bytes of pictures.
_SHORT = {"Anna", "Ruth", "Paul", "Olga", "Rosa"}
SECRETS = {word for *_, value in PERSONAL for word in (value, *value.split("^"))} - _SHORT
SECRETS |= {"2019-08-17", "1951-02-03", "142857", "Quill"}
BLOCK = (slice(27, 34), slice(41, 48), slice(27, 36))


@pytest.fixture(autouse=True)
def _made_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    def normalise_scan(
        scan: Scan, *, space: str, report: Callable[[float, str], None], after_brain: Callable[[], object]
    ) -> Normalised:
        after_brain()
        image = resample(scan.data, scan.affine, MNI_SHAPE, mni_affine(), order=1) / scan.data.max()
        return Normalised(image, Transforms(np.eye(4)), FIT, (), {"affine": 1.0}, brain_ml=1300.0)

    monkeypatch.setattr("brainstem_app.jobs.scans.segment.normalise_scan", normalise_scan)


def _dicom(folder: Path) -> Path:
    """A series with the bright block where the made network calls it a nucleus, and a full header."""
    folder.mkdir()
    volume = np.random.default_rng(0).integers(50, 100, (60, 60, 60)).astype("<i2")
    volume[BLOCK] = 1000
    for index in range(volume.shape[2]):
        pixels = np.ascontiguousarray(volume[:, :, index].T)
        content = classic_bytes(pixels, index, 3, "t1_mprage", "", 2.0, PERSONAL)
        (folder / f"IM{index:04d}.dcm").write_bytes(content)
    return folder


def _readable(path: Path) -> Iterator[bytes]:
    """Content of a file, and of what is packed in it (a PDF spells words in glyph numbers: see the HTML)."""
    content = path.read_bytes()
    yield content
    if path.suffix == ".gz":
        yield gzip.decompress(content)
    elif path.suffix == ".xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            yield from (package.read(name) for name in package.namelist())
    elif path.suffix == ".pdf":
        for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.S):
            yield zlib.decompressobj().decompress(stream) if stream[:1] == b"\x78" else stream


def _leaks(folder: Path) -> list[str]:
    found = []
    for path in sorted(folder.rglob("*")):
        found += [f"name of {path.name}" for secret in SECRETS if secret in path.name]
        for content in _readable(path) if path.is_file() else ():
            for secret in SECRETS:
                if secret.encode() in content or secret.encode("utf-16-be") in content:
                    found.append(f"{secret} in {path.name}")
    return found


def _headers(folder: Path) -> list[nibabel.Nifti1Header]:
    return [nibabel.load(path).header for path in sorted(folder.rglob("*.nii.gz"))]


def test_secrets_are_found_where_they_are(tmp_path: Path) -> None:
    """The search itself works: in plain, packed and zipped files, and in names."""
    with gzip.open(tmp_path / "a.nii.gz", "wb") as file:
        file.write(b"...PAT-66521...")
    with zipfile.ZipFile(tmp_path / "b.xlsx", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("c.xml", "Quillfeather")
    (tmp_path / "19510203.txt").write_text("", encoding="utf-8")
    leaks = "; ".join(_leaks(tmp_path))
    assert all(
        part in leaks for part in ("PAT-66521 in a.nii.gz", "Quillfeather in b.xlsx", "name of 19510203.txt")
    )


def test_nothing_of_a_dicom_header_is_in_the_results(tmp_path: Path, model: Path) -> None:  # noqa: F811
    scan = _dicom(tmp_path / "exam")
    assert any(b"Quillfeather" in path.read_bytes() for path in scan.iterdir())
    status, events = _run([scan], tmp_path / "out", model, surfaces=True, dicom_seg=True)
    assert status == 0, events[-1]
    assert (tmp_path / "out" / "exam" / "labels_dicom.dcm").is_file()
    assert _leaks(tmp_path / "out") == []
    told = " ".join(repr(event) for event in events)
    assert [secret for secret in SECRETS if secret in told] == []
    for header in _headers(tmp_path / "out"):
        assert [header[field].item() for field in ("descrip", "aux_file", "intent_name", "db_name")] == [
            b""
        ] * 4
        assert not header.extensions


@pytest.mark.parametrize(("identity", "named"), [("links", False), ("patient", True)])
def test_only_the_dicom_segmentation_carries_what_was_asked_for(
    tmp_path: Path,
    model: Path,  # noqa: F811
    identity: str,
    named: bool,
) -> None:
    scan = _dicom(tmp_path / "exam")
    status, events = _run([scan], tmp_path / "out", model, dicom_seg=True, dicom_identity=identity)
    assert status == 0, events[-1]
    leaks = _leaks(tmp_path / "out")
    assert {leak.rpartition(" in ")[2] for leak in leaks} == {"labels_dicom.dcm"}
    carried = {leak.rpartition(" in ")[0] for leak in leaks}
    assert "1.2.826.0.1.3680043.9.66521" in carried  # the study's UID
    assert ("Quillfeather^Anna" in carried) == named
    assert named or not carried - {"1.2.826.0.1.3680043.9.66521"}


def test_nothing_of_a_nifti_header_or_sidecar_is_in_the_results(tmp_path: Path, model: Path) -> None:  # noqa: F811
    path = _write_scan(tmp_path / "ds" / "sub-01" / "anat" / "sub-01_T1w.nii.gz")
    image = nibabel.load(path)
    for field, value in (
        ("descrip", "Quillfeather^Anna"),
        ("aux_file", "PAT-66521"),
        ("db_name", "19510203"),
    ):
        image.header[field] = value
    image.header["intent_name"] = "ACC-77413"
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension("comment", b"Birkenweg 3"))
    nibabel.save(nibabel.Nifti1Image(np.asarray(image.dataobj), image.affine, image.header), path)
    assert b"Birkenweg 3" in gzip.decompress(path.read_bytes())
    path.with_name("sub-01_T1w.json").write_text('{"PatientName": "Quillfeather^Anna"}', encoding="utf-8")
    status, events = _run([tmp_path / "ds"], tmp_path / "out", model, bids=True)
    assert status == 0, events[-1]
    assert _leaks(tmp_path / "out") == []
