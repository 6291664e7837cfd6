"""The step Scans: a dataset as a table, what was found in each scan, and the ways on from there."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.scans.listing import ListedScan, Listing
from brainstem_app.gui.scans.scan_table import ScanTable
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.imaging.bids import find_t1w_scans

_LIMIT_MS = 60_000


def texts(model: ScanTable, row: int) -> list[str]:
    return [str(model.index(row, column).data()) for column in range(model.columnCount())]


def headings(model: ScanTable) -> list[str]:
    columns = range(model.columnCount())
    return [model.headerData(column, Qt.Orientation.Horizontal) for column in columns]


@pytest.fixture
def listed(qtbot: QtBot, window: MainWindow, dataset: Path) -> MainWindow:
    """A window whose table holds the dataset, every scan looked at."""
    window.open_path(dataset)
    model = window.scans.model
    qtbot.waitUntil(lambda: model.rowCount() == 4 and model.counts()[2] == 0, timeout=_LIMIT_MS)
    return window


def test_dataset_is_listed_with_groups_and_what_was_found(listed: MainWindow) -> None:
    model = listed.scans.model
    assert headings(model) == ["Scan", "group", "age", "Size", "Prepared", "Findings"]
    assert texts(model, 0)[:3] == ["sub-1", "b", "21"]
    assert "30×36×28" in texts(model, 0)[3]
    assert model.counts()[0] == 1, "the scan without orientation cannot be used"
    assert listed.scans.summary.text().startswith("4 scans, 1 cannot be used")
    assert listed.step_bar.status_of(StepName.SCANS) == "4 scans"


def test_chosen_scan_says_what_is_wrong_and_what_to_do(listed: MainWindow) -> None:
    page = listed.scans
    page.table.selectRow(3)
    assert any(text.startswith("error") for text in page.findings.texts)
    assert not page.segment_button.isEnabled()
    page.table.selectRow(0)
    assert page.segment_button.isEnabled()


def test_return_shows_the_scan_and_prepare_takes_over_the_dataset(
    qtbot: QtBot, listed: MainWindow, dataset: Path
) -> None:
    page = listed.scans
    page.table.selectRow(1)
    with qtbot.waitSignal(listed.step.scan_changed, timeout=_LIMIT_MS):
        qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert listed.current_step is StepName.SEGMENT
    listed.show_step(StepName.SCANS)
    qtbot.mouseClick(page.prepare_button, Qt.MouseButton.LeftButton)
    assert listed.current_step is StepName.PREPARE
    prepare = listed.page(StepName.PREPARE)
    assert prepare.dataset == dataset
    assert prepare.form.values()["study"] == str(dataset.parent / "made dataset-study")
    qtbot.waitUntil(lambda: prepare.model.rowCount() == 4, timeout=_LIMIT_MS)


def test_search_narrows_the_table(qtbot: QtBot, listed: MainWindow) -> None:
    qtbot.keyClicks(listed.scans.search, "sub-3")
    assert listed.scans.table.model().rowCount() == 1


def test_several_dropped_files_go_to_the_table(
    qtbot: QtBot, window: MainWindow, dataset: Path, scan_file: Path
) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (scan_file, dataset / "sub-1")])
    window.dropEvent(
        QDropEvent(
            QPointF(5, 5),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    assert window.current_step is StepName.SCANS
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == 2, timeout=_LIMIT_MS)
    qtbot.mouseClick(window.scans.clear_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(window.scans.empty_state.isVisible, timeout=_LIMIT_MS)


def test_folder_without_a_scan_is_explained(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "nothing here").mkdir()
    window.open_path(tmp_path / "nothing here")
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=_LIMIT_MS)
    assert "holds no scan" in window.message_bar.message.what


def test_series_of_a_dicom_folder_can_be_chosen(qtbot: QtBot, listed: MainWindow) -> None:
    page = listed.scans
    page.table.selectRow(0)
    page.findings.offer_series((("/x#4", "4 (t1_mprage)"), ("/x#7", "7 (flair)")))
    page.findings.series.setCurrentIndex(1)
    qtbot.mouseClick(page.findings.take_button, Qt.MouseButton.LeftButton)
    assert page.model.scan(0).path == Path("/x#7")


def test_a_thousand_subjects_are_listed_at_once(qtbot: QtBot, window: MainWindow) -> None:
    scans = tuple(
        ListedScan(Path(f"/gone/sub-{n:04}.nii.gz"), f"sub-{n:04}", {"group": "a", "age": "30"})
        for n in range(1000)
    )
    window.scans._show_listing(Listing(scans))
    assert window.scans.table.model().rowCount() == 1000
    qtbot.keyClicks(window.scans.search, "0999")
    assert window.scans.table.model().rowCount() == 1


def test_single_scans_become_a_dataset_that_can_be_prepared(
    qtbot: QtBot, window: MainWindow, scan_file: Path, tmp_path: Path
) -> None:
    other = tmp_path / "Second scan.mgz"
    image = nib.load(scan_file)
    nib.save(nib.MGHImage(np.asarray(image.dataobj, np.float32), image.affine), other)
    window.opening.open_paths([scan_file, other])
    page = window.scans
    qtbot.waitUntil(lambda: page.model.rowCount() == 2, timeout=_LIMIT_MS)
    assert page.gather_button.isVisible()
    assert not page.prepare_button.isVisible()
    page.gather(tmp_path / "gathered")
    qtbot.waitUntil(page.prepare_button.isVisible, timeout=_LIMIT_MS)
    names = {scan.name for scan in find_t1w_scans(tmp_path / "gathered")}
    assert names == {"sub-headT1w", "sub-Secondscan"}
    copied = nib.load(tmp_path / "gathered" / "sub-Secondscan" / "anat" / "sub-Secondscan_T1w.nii.gz")
    assert np.allclose(copied.affine, image.affine, atol=1e-4)
    page.gather(tmp_path / "gathered")
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=_LIMIT_MS)
    assert "not empty" in window.message_bar.message.what
