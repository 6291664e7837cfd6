"""The panel “Change over time”: which scans of whom are measured, and when each was made."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.report.change_panel import ChangePanel, ScansFrom
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import ChangeJob

_LIMIT_MS = 60_000


@pytest.fixture
def panel(qtbot: QtBot, window: MainWindow) -> ChangePanel:
    """The open panel, without a study."""
    window.show_step(StepName.REPORT)
    page = window.page(StepName.REPORT)
    qtbot.mouseClick(page.change_button, Qt.MouseButton.LeftButton)
    change = page.change
    assert isinstance(change, ChangePanel)
    qtbot.waitUntil(change.isVisible, timeout=_LIMIT_MS)
    return change


def scan(folder: Path, name: str) -> Path:
    """An empty file in the place of a scan."""
    path = folder.joinpath(*name.split("_"), "anat", f"{name}_T1w.nii.gz")
    path.parent.mkdir(parents=True)
    path.write_bytes(name.encode())
    return path


def test_people_of_a_dataset_are_listed_with_their_years(
    qtbot: QtBot, panel: ChangePanel, tmp_path: Path
) -> None:
    for name in ("sub-01_ses-1", "sub-01_ses-2", "sub-02_ses-1", "sub-02_ses-2", "sub-03_ses-1"):
        scan(tmp_path, name)
    (tmp_path / "dataset_description.json").write_text("{}")
    table = "session_id\tacq_time\nses-1\t2020-01-01\nses-2\t2022-01-01\n"
    (tmp_path / "sub-01" / "sub-01_sessions.tsv").write_text(table)
    panel.choose(ScansFrom.DATASET, tmp_path)
    qtbot.waitUntil(lambda: panel.rows.rowCount() == 2, timeout=_LIMIT_MS)
    cells = [[panel.rows.item(row, column).text() for column in range(3)] for row in range(2)]
    assert cells[0] == ["sub-01", "ses-1, ses-2", "2.00"]
    assert "is not known" in cells[1][2]
    assert panel.said.text().startswith("1 person can be measured.")
    assert "sub-03" in panel.said.text()
    assert "Write the dates into the column acq_time" in panel.said.text()
    assert panel.start_button.isEnabled()


def test_files_of_one_person_wait_for_their_years(qtbot: QtBot, panel: ChangePanel, tmp_path: Path) -> None:
    files = [tmp_path / "early.nii.gz", tmp_path / "late.nii.gz"]
    panel.choose(ScansFrom.FILES, *files)
    assert not panel.start_button.isEnabled()
    for text in ("inf", "nan", "1e999"):
        panel.rows.item(1, 1).setText(text)
        assert panel.said.text().startswith("Write into the table when each scan was made")
        assert not panel.start_button.isEnabled()
    panel.rows.item(1, 1).setText("1,5")
    assert panel.said.text() == "2 scans in 1.50 years."
    for way in (ScansFrom.DATASET, ScansFrom.FILES):
        panel.way.setCurrentIndex(panel.way.findData(way))
    assert [panel.rows.item(row, 1).text() for row in range(2)] == ["0", "1,5"], "as they were typed"
    panel.person.setText("P7")
    qtbot.mouseClick(panel.start_button, Qt.MouseButton.LeftButton)
    (queued,) = panel._context.jobs.jobs
    assert isinstance(queued.work, ChangeJob)
    assert queued.work.years == (0.0, 1.5)
    assert (queued.work.subject, queued.work.scans) == ("P7", tuple(files))


def test_study_is_not_offered_without_one(panel: ChangePanel) -> None:
    assert panel.chosen_way is ScansFrom.DATASET
    assert panel.said.text() == "Choose the folder of a dataset."
    assert not panel.start_button.isEnabled()
