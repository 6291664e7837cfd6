"""A study with made results: label maps of 216 voxels of 2 mm³, with their reports."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.imaging.bids.derivatives import dataset_id
from brainstem_app.imaging.label_map import load_label_map, save_label_map
from brainstem_app.reports.scan.build import build_report
from brainstem_app.reports.scan.manifest import make_manifest
from brainstem_app.reports.scan.model import ModelDescription, ReportInputs, ScanEntry
from brainstem_app.study.result_state import ResultRecord
from brainstem_app.study.study import Study, StudySettings
from brainstem_app.written_files import LABELS_FILE, SEGMENTATIONS_FOLDER

AFFINE = np.diag([2.0, 1.0, 1.0, 1.0])


def make_study(folder: Path, dataset: Path) -> Study:
    """Make an empty study of a dataset that need not be there."""
    return Study.create(folder, StudySettings(dataset=str(dataset)))


def made_labels(red: int, right: int = 10, grey: int = 20) -> np.ndarray:
    """Label map whose RN_L has `red` voxels, RN_R `right` and PAG `grey`; all others are WM."""
    labels = np.ones((6, 6, 6), dtype=np.uint8)
    flat = labels.reshape(-1)
    flat[:red], flat[40 : 40 + right], flat[100 : 100 + grey] = 2, 3, 4
    return labels


def write_segmentation(
    folder: Path,
    table: LabelTable,
    file: str,
    red: int = 12,
    *,
    dataset: Path | None = None,
    model: ModelDescription | None = None,
    fit: float = 0.9,
    right: int = 10,
) -> Path:
    """Write a result as segment does, as far as studies read it."""
    folder.mkdir(parents=True)
    labels = made_labels(red, right)
    model = model or ModelDescription("net", "a" * 64, "1", test_macro_miou=0.7, test_nuclei_miou=0.6)
    settings = {"fit_correlation": fit, "fit_coverage": 1.0}
    inputs = ReportInputs(labels, AFFINE, table, "small", "1", name=file, model=model, settings=settings)
    manifest = make_manifest(inputs, "2026-01-01T00:00:00+00:00")
    scan = ScanEntry(
        file=file,
        sha256=None,
        dataset=dataset and dataset.name,
        dataset_id=dataset and dataset_id(dataset),
    )
    report = build_report(inputs, manifest).model_copy(update={"scan": scan})
    save_label_map(folder / LABELS_FILE, labels, AFFINE)
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    (folder / "report.json").write_text(report.to_json(), encoding="utf-8")
    return folder


def add_result(
    study: Study,
    table: LabelTable,
    subject: str,
    red: int = 12,
    *,
    session: str = "",
    version: str = "1",
    **more,
) -> Path:
    """Add a result of a person of the study's dataset."""
    dataset = Path(study.settings.dataset)
    place = study.folder / SEGMENTATIONS_FOLDER / subject / session / f"net-{version}"
    file = "_".join(filter(None, (subject, session, "T1w.nii.gz")))
    model = ModelDescription("net", "a" * 64, version, test_macro_miou=0.7, test_nuclei_miou=0.6)
    write_segmentation(place, table, file, red, dataset=dataset, model=model, **more)
    whose = ResultRecord(
        dataset=dataset.name,
        dataset_id=dataset_id(dataset),
        subject=subject,
        session=session,
        model=place.name,
    )
    whose.save(place / "state.json")
    return place


def add_loose_result(
    study: Study, table: LabelTable, person: str, red: int = 12, *, sha256: str = ""
) -> Path:
    """Add a result of a scan that lies in no dataset: neither its file nor its folder says whose it is."""
    place = study.folder / SEGMENTATIONS_FOLDER / person / "net-1"
    write_segmentation(place, table, f"{person}.nii.gz", red)
    if sha256:
        report = json.loads((place / "report.json").read_text(encoding="utf-8"))
        report["scan"]["sha256"] = sha256
        (place / "report.json").write_text(json.dumps(report), encoding="utf-8")
    ResultRecord(subject=person, model=place.name).save(place / "state.json")
    return place


def correct_by_hand(result: Path, more_red: int, name: str = "labels_native_edited.nii.gz") -> Path:
    """Give RN_L so many voxels more, taken from WM, and save the labels as Review names them."""
    labels, affine = load_label_map(result / LABELS_FILE)
    labels = np.ascontiguousarray(labels)
    flat = labels.reshape(-1)
    flat[np.flatnonzero(flat == 1)[:more_red]] = 2
    save_label_map(result / name, labels, affine)
    return result / name


def state_lines(result: Path) -> list[dict]:
    """History of a result as it lies on the disk."""
    return json.loads((result / "state.json").read_text(encoding="utf-8"))["history"]
