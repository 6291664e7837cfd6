"""From a prepared study to an exported report, by clicks, with the real worker and a small network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.train.run_table import RunColumn
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine
from brainstem_app.study.study import Study

pytest.importorskip("tensorflow")
pytestmark = pytest.mark.slow
_LIMIT_MS = 300_000


def add_boxes(study: Study) -> None:
    """Give each prepared subject an image and labels: a bright block, elsewhere in each."""
    rng = np.random.default_rng(0)
    for number in range(1, 4):
        labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
        labels[18 + 2 * number : 32 + 2 * number, 15:35, 10:60] = 3
        image = (labels > 0) * 0.7 + 0.2 + rng.normal(0, 0.02, BOX_SHAPE)
        folder = study.subject_folder(f"sub-{number}")
        save_volume(folder / "scan_box.nii.gz", image.astype(np.float32), box_affine(), space="mni")
        save_label_map(folder / "labels_box.nii.gz", labels, box_affine(), space="mni")


def test_train_measure_and_export_by_clicks(
    qtbot: QtBot, open_study: MainWindow, study: Study, tmp_path: Path
) -> None:
    add_boxes(study)
    window = open_study
    window.show_step(StepName.TRAIN)
    train = window.page(StepName.TRAIN)
    train.form.set_values(
        {"run": "small", "encoder": "resnet18", "epochs": 1, "input.size": 32, "learning_rate": 0.001}
    )
    qtbot.waitUntil(train.start_button.isEnabled, timeout=_LIMIT_MS)
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    (job,) = window.bench.jobs.jobs
    qtbot.waitUntil(lambda: job.state.is_over, timeout=_LIMIT_MS)
    assert job.state == "finished", f"{job.record.what} {job.log}"
    qtbot.waitUntil(lambda: train.model.row_of("small") >= 0, timeout=_LIMIT_MS)
    row = train.model.row_of("small")
    qtbot.waitUntil(lambda: train.model.index(row, RunColumn.STATE).data() == "done", timeout=_LIMIT_MS)
    train.table.selectRow(row)
    qtbot.waitUntil(lambda: len(train.curves.points("val_nuclei_miou")) == 1, timeout=_LIMIT_MS)

    window.show_step(StepName.REPORT)
    report = window.page(StepName.REPORT)
    qtbot.waitUntil(lambda: any(entry.name == "small" for entry in report.entries), timeout=_LIMIT_MS)
    report.choose("small")
    qtbot.waitUntil(lambda: report.model.rowCount() > 0, timeout=_LIMIT_MS)
    assert "(validation)" in report.lines.text()
    qtbot.mouseClick(report.measure_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "(test)" in report.lines.text(), timeout=_LIMIT_MS)
    report.export(tmp_path / "numbers.csv", report.chosen.files[0])
    qtbot.waitUntil((tmp_path / "numbers.csv").exists, timeout=_LIMIT_MS)
    assert (tmp_path / "numbers.csv").read_text(encoding="utf-8").count("\n") > 31
