"""Names, paths and computers planted in a study; every byte of a copy to hand on is searched for them."""

from __future__ import annotations

import getpass
import gzip
import io
import json
import socket
import zipfile
from pathlib import Path

import nibabel
import numpy as np
import pytest

from brainstem_app.jobs.events import Event, Warned
from brainstem_app.jobs.job import CopyStudyJob, TrainJob
from brainstem_app.jobs.run import run_job
from brainstem_app.jobs.studies.share_study import LEFT_OUT, NOTE_FILE
from brainstem_app.study.study import Study

from ..jobs.test_segment_privacy import _readable
from .commands import make_prepared_study
from .processes import files_of
from .tally import counted

USER, HOST, FILE = "quillfeather", "birkenweg-station", "Quillfeather_Anna_1951.nii.gz"
WORDS = (USER, HOST, "Quillfeather_Anna", "Lindengasse", "Obermayr", "Hafengasse")


@pytest.fixture
def study(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(getpass, "getuser", lambda: USER)
    monkeypatch.setattr(socket, "gethostname", lambda: HOST)
    return make_prepared_study(tmp_path / "Lindengasse 12" / "study")


def _edit(path: Path, **values: object) -> None:
    content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**content, **values}), encoding="utf-8")


def _plant(study: Path) -> None:
    """Put names where they have their place, and where nobody would think of them."""
    home = f"/mnt/Lindengasse/{USER}"
    scan = f"{home}/{FILE}"
    run, cell = study / "runs" / "one", study / "runs" / "one" / "cell"
    cell.mkdir(parents=True)
    (study / "comparisons" / "two").mkdir(parents=True)
    drawn = {"path": "/srv/Hafengasse 3/labels", "table": r"C:\Users\Obermayr\table.csv"}
    _edit(study / "study.json", dataset=f"{home}/data", drawn=drawn, own_table=True)
    (study / "labels").mkdir()
    for name in ("structures.csv", "atlas.json"):
        (study / "labels" / name).write_text("{}", encoding="utf-8")
    (study / "labels" / "notes of Obermayr.txt").write_text("x", encoding="utf-8")
    findings = [{"problem": f"Lies elsewhere than /srv/Hafengasse/{FILE}, and /srv/Obermayr/x.nii."}]
    by_hand = {"reference": "drawn", "labels": "by_Obermayr_dseg.nii.gz"}
    first = study / "subjects" / "sub-01" / "manifest.json"
    _edit(first, source=scan, settings=by_hand, findings=findings)
    failure = {"what": f"{FILE} is damaged", "where": scan, "fix": ""}
    _edit(study / "subjects" / "sub-02" / "manifest.json", state="failed", failure=failure)
    (study / "window.json").write_text(json.dumps({"opened": scan}), encoding="utf-8")
    job = TrainJob(study=study, run="one", start_from=Path(f"{home}/best.keras"))
    job = job.model_copy(update={"encoder_weights": "/srv/Hafengasse 3/weights.safetensors"})
    (run / "config.json").write_text(job.model_dump_json(), encoding="utf-8")
    _edit(run / "manifest.json", job={"start_from": f"{home}/best.keras"}, said="read ~/Obermayr/x.keras")
    for name in ("events.jsonl", "log.txt", "process.json"):
        (run / name).write_text(f"{scan} {HOST}", encoding="utf-8")
        (cell / name).write_text(f"{scan} {HOST}", encoding="utf-8")
    (cell / "job.json").write_text(job.model_dump_json(), encoding="utf-8")
    (run / "metrics.html").write_text(f"<p>made by {USER}</p>", encoding="utf-8")
    (run / "metrics.pdf").write_bytes(b"%PDF-1.7 whatever it draws")
    (study / "runs" / f"of-{USER}").mkdir()
    (study / "runs" / f"of-{USER}" / "history.csv").write_text("epoch\n1\n", encoding="utf-8")
    (run / "metrics.csv").write_text("iou\n0.5\n", encoding="utf-8")
    np.savez_compressed(run / "predictions.npz", names=np.array([scan]))
    with zipfile.ZipFile(run / "best.keras", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("config.json", json.dumps({"path": scan}))
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as packed:
            packed.writestr("x", gzip.compress(HOST.encode()))
        package.writestr("inner.zip", inner.getvalue())
    (study / "comparisons" / "two" / "report.html").write_text(f"<p>{USER}&#x27;s</p>", encoding="utf-8")
    (study / "comparisons" / "two" / "results.csv").write_bytes(HOST.encode("utf-16"))
    (study / f"notes of {USER}.txt").write_text("x", encoding="utf-8")
    box = study / "subjects" / "sub-03" / "uncertainty_box.nii.gz"
    image = nibabel.load(study / "subjects" / "sub-03" / "scan_box.nii.gz")
    image.header["descrip"] = FILE.removesuffix(".nii.gz")
    nibabel.save(nibabel.Nifti1Image(np.abs(np.asarray(image.dataobj)), image.affine, image.header), box)
    # What a scan's file is called after its subject says nothing more than the subject's name.
    _edit(study / "subjects" / "sub-03" / "manifest.json", source=f"{home}/data/sub-03_T1w.nii.gz")


def _share(study: Path, out: Path) -> list[Event]:
    events: list[Event] = []
    assert run_job(CopyStudyJob(study=study, out=out, share=True), events.append, lambda: False) == 0, events
    return events


def test_nothing_that_was_planted_is_in_a_copy_to_hand_on(study: Path, tmp_path: Path) -> None:
    _plant(study)
    planted = {name for name in files_of(study) if _words_in(study / name) or USER in name}
    events = _share(study, tmp_path / "copy")
    with counted("Planted names, paths and computers", "copy --share, every byte of every file") as tally:
        assert len(planted) >= 18
        for name in sorted(planted):
            with tally.trial(name):
                copy = tmp_path / "copy" / name
                assert not copy.exists() or not _words_in(copy)
        for name in files_of(tmp_path / "copy"):
            with tally.trial(f"copied: {name}"):
                assert not _words_in(tmp_path / "copy" / name)
                assert not [word for word in WORDS if word in name]
    warned = {Path(event.where).name for event in events if isinstance(event, Warned)}
    told = {
        "history.csv",
        "metrics.html",
        "metrics.pdf",
        "predictions.npz",
        "best.keras",
        "report.html",
        "results.csv",
    }
    assert warned == told | {"uncertainty_box.nii.gz"}


def _words_in(path: Path) -> set[str]:
    """Words in a file, looked for in another way than the program does."""
    found = set()
    for content in _deep(path):
        spellings = {content, content.replace(b"\x00", b"")}
        found |= {word for word in WORDS for text in spellings if word.encode() in text}
    return found


def _deep(path: Path) -> list[bytes]:
    contents = list(_readable(path))
    if path.suffix in {".npz", ".keras"}:
        with zipfile.ZipFile(path) as package:
            members = [package.read(name) for name in package.namelist()]
        contents += [one.replace(b"\x00", b"") for one in members]
    return contents


def test_copy_to_hand_on_is_a_study_to_train_on(study: Path, tmp_path: Path) -> None:
    _plant(study)
    _share(study, tmp_path / "copy")
    copy = Study.open(tmp_path / "copy")
    assert copy.settings.dataset == LEFT_OUT
    assert copy.settings.drawn is not None
    assert (copy.settings.drawn.path, copy.settings.own_table) == (LEFT_OUT, True)
    assert {path.name for path in copy.labels_folder.iterdir()} == {"structures.csv", "atlas.json"}
    assert [record.name for record in copy.subjects()] == ["sub-01", "sub-02", "sub-03"]
    np.testing.assert_array_equal(copy.load_box("sub-03").image, Study.open(study).load_box("sub-03").image)
    assert copy.splits() == Study.open(study).splits()
    text = (tmp_path / "copy" / "runs" / "one" / "config.json").read_text(encoding="utf-8")
    config = TrainJob.model_validate_json(text)
    assert (config.run, str(config.study), str(config.start_from)) == ("one", ".", LEFT_OUT)
    assert "handed on" in (tmp_path / "copy" / NOTE_FILE).read_text(encoding="utf-8")


def test_damaged_record_is_not_handed_on(study: Path, tmp_path: Path) -> None:
    (study / "subjects" / "sub-01" / "manifest.json").write_text('{"source": "/data/x', encoding="utf-8")
    events: list[Event] = []
    job = CopyStudyJob(study=study, out=tmp_path / "copy", share=True)
    assert run_job(job, events.append, lambda: False) == 1
    assert not (tmp_path / "copy").exists()
