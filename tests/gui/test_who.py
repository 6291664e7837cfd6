"""The head of Segment and Review always says who and what is shown."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
from pytestqt.qtbot import QtBot

from brainstem_app.gui.document.label_editor import Tool
from brainstem_app.gui.document.result_model import Origin, model_of_report
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.workflow.step import StepName, step_text

_LIMIT_MS = 60_000


def test_scan_of_a_dataset_is_named_by_person_session_and_dataset(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, scan_file: Path
) -> None:
    root = tmp_path / "heads"
    folder = root / "sub-07" / "ses-2" / "anat"
    folder.mkdir(parents=True)
    (root / "dataset_description.json").write_text(
        '{"Name": "heads", "BIDSVersion": "1.8"}', encoding="utf-8"
    )
    path = folder / "sub-07_ses-2_T1w.nii.gz"
    nib.save(nib.load(scan_file), path)
    header = window.pages.headers[StepName.SEGMENT]
    assert header.about.text() == step_text(StepName.SEGMENT).purpose
    window.open_path(path)
    qtbot.waitUntil(lambda: header.about.text().startswith("sub-07"), timeout=_LIMIT_MS)
    assert header.about.text() == "sub-07  ·  ses-2  ·  heads"
    assert str(path) in header.about.toolTip()


def test_result_is_named_with_its_model_its_date_and_whether_it_was_edited(
    qtbot: QtBot, window: MainWindow, result_folder: Path
) -> None:
    report = json.loads((result_folder / "report.json").read_text(encoding="utf-8"))
    report["created"] = "2026-03-04T12:00:00+00:00"
    report["scan"] = {"file": "head_T1w.nii.gz", "dataset": "ds1"}
    report["model"] = {"name": "brainstem31", "version": "5", "test_macro_miou": 0.8}
    (result_folder / "report.json").write_text(json.dumps(report), encoding="utf-8")
    window.show_step(StepName.REVIEW)
    review, header = window.review, window.pages.headers[StepName.REVIEW]
    assert review is not None
    window.opening.review_results((result_folder,))
    qtbot.waitUntil(lambda: "original" in header.about.text(), timeout=_LIMIT_MS)
    assert (
        header.about.text() == "head_T1w.nii.gz  ·  ds1  ·  brainstem31 version 5  ·  2026-03-04  ·  original"
    )
    editor = review.document.editor
    editor.set_label(3)
    editor.set_tool(Tool.BRUSH)
    editor.begin(False)
    editor.move(next(iter(review.views.visible_views())).plane, (10, 10, 10), (12, 10, 10))
    editor.end()
    qtbot.waitUntil(lambda: "edited, not saved" in header.about.text(), timeout=_LIMIT_MS)


def test_report_without_a_date_names_no_date(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    report.write_text('{"model": {"name": "m"}}', encoding="utf-8")
    assert model_of_report(report).origin == Origin()
    report.write_text('{"model": {"name": "m"}, "created": "soon"}', encoding="utf-8")
    assert model_of_report(report).name == "m"


def test_result_that_is_opened_in_review_stays_there(
    qtbot: QtBot, window: MainWindow, result_folder: Path
) -> None:
    window.show_step(StepName.REVIEW)
    review = window.review
    assert review is not None
    window.open_path(result_folder)
    qtbot.waitUntil(lambda: review.document.labels is not None, timeout=_LIMIT_MS)
    assert window.current_step is StepName.REVIEW
    assert review.document.result is not None
    assert review.document.result.folder == result_folder
    assert window.segment_page.document.result is None
