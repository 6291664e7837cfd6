"""The window, by clicks and keys, with made scans and a worker of the test's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QStyleHints
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QSlider, QTableView
from pytestqt.qtbot import QtBot

from brainstem_app.gui.design.look import design
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.messages.message import MessageLevel
from brainstem_app.gui.segment.job_files import SegmentOutputs
from brainstem_app.gui.segment.save_copies import label_target
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.structures.structure_model import Column
from brainstem_app.gui.viewer.convention import Convention, Plane
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import SimulateJob

from .message_buttons import press_message_button

Fake = Callable[[str], Path]
_LIMIT_MS = 60_000
_FIRST_PAINT = """
import sys
from PySide6.QtCore import QEvent, QObject, QSettings, QTimer
from brainstem_app.gui.application import make_application
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
application = make_application([])
window = MainWindow(WindowSettings(QSettings(sys.argv[1], QSettings.Format.IniFormat)))
class Painted(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, lambda: report("paint"))
            window.removeEventFilter(self)
        return False
def report(when):
    heavy = ("tensorflow", "keras", "nilearn", "pandas", "scipy.stats", "matplotlib", "onnxruntime", "dipy")
    print(when, [name for name in heavy if name in sys.modules])
filter = Painted()
window.installEventFilter(filter)
window.show()
def warm():
    window.context.background.wait()
    report("warm")
    window.segment_page.viewer
    report("viewer")
    application.quit()
QTimer.singleShot(1000, warm)
application.exec()
"""


def open_scan(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    with qtbot.waitSignal(window.segment_page.document.opened, timeout=_LIMIT_MS):
        window.open_path(path)


def open_result(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    window.open_path(folder)
    qtbot.waitUntil(
        lambda: (
            window.segment_page.document.result is not None
            and bool(window.segment_page.document.result.reports)
        ),
        timeout=_LIMIT_MS,
    )


def message_text(window: MainWindow) -> str:
    message = window.message_bar.message
    return "" if message is None else "\n".join((message.what, message.where, message.fix))


@pytest.fixture
def ready(qtbot: QtBot, window: MainWindow, scan_file: Path) -> MainWindow:
    """A window with a scan."""
    open_scan(qtbot, window, scan_file)
    return window


def test_first_paint_loads_nothing_heavy(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_PAINT, str(tmp_path / "s.ini")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["paint []", "warm []", "viewer []"], done.stdout


def test_empty_window_says_how_to_begin(window: MainWindow) -> None:
    texts = [button.text() for button in window.segment_page.empty_state.findChildren(QAbstractButton)]
    assert "Open a scan…" in texts
    assert "Try it with a simulated scan" in texts
    assert not window.segment_page.segment_panel.start_button.isEnabled()
    assert window.segment_page.segment_panel.hint.text() == "Open a scan first."


def test_model_says_what_it_is_and_what_it_is_not_for(qtbot: QtBot, window: MainWindow) -> None:
    panel = window.segment_page.segment_panel
    assert "N-DecoNet, ResNet-34 encoder" in panel.card.text()
    assert "not measured" in panel.card.text()
    qtbot.mouseClick(panel.details_button, Qt.MouseButton.LeftButton)
    assert "Not for patients." in panel.card.text()


def test_without_a_model_the_window_says_where_to_put_one(
    qtbot: QtBot, ready: MainWindow, scan_file: Path
) -> None:
    ready.segment_page.segment_panel.set_models(())
    assert "model.json" in ready.segment_page.segment_panel.card.text()
    assert not ready.segment_page.segment_panel.start_button.isEnabled()


def test_scan_opens_with_letters_and_its_size(qtbot: QtBot, window: MainWindow, scan_file: Path) -> None:
    open_scan(qtbot, window, scan_file)
    letters = window.segment_page.viewer.view._letters.letters
    assert (letters.left, letters.right, letters.top, letters.bottom) == ("R", "L", "A", "P")
    assert "30 × 36 × 28" in window.segment_page.scan_panel.grid.text()
    assert scan_file.name in window.windowTitle()


def test_dropped_scan_opens(qtbot: QtBot, window: MainWindow, scan_file: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(scan_file))])
    event = QDropEvent(
        QPointF(50, 50),
        Qt.DropAction.CopyAction | Qt.DropAction.MoveAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    with qtbot.waitSignal(window.segment_page.document.opened, timeout=_LIMIT_MS):
        window.dropEvent(event)
    assert event.dropAction() is Qt.DropAction.CopyAction, "the file stays where it is"
    assert window.segment_page.document.scan is not None
    assert window.segment_page.document.scan.path == scan_file
    view = window.segment_page.viewer.view
    assert not view.acceptDrops(), "a drop on the picture must reach the window"
    assert not view.viewport().acceptDrops()


def test_file_that_is_no_scan_is_explained_in_place(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    broken = tmp_path / "broken.nii.gz"
    broken.write_bytes(b"not a scan")
    window.open_path(broken)
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=_LIMIT_MS)
    assert window.message_bar.isVisible()
    assert str(broken) in message_text(window)
    assert window.message_bar.message is not None
    assert window.message_bar.message.fix
    assert window.segment_page.document.scan is None


def test_slow_answer_of_an_earlier_choice_is_dropped(
    qtbot: QtBot, window: MainWindow, scan_file: Path, tmp_path: Path
) -> None:
    window.open_path(tmp_path / "missing.nii.gz")
    open_scan(qtbot, window, scan_file)
    qtbot.waitUntil(lambda: not window.context.background.is_busy, timeout=_LIMIT_MS)
    assert window.message_bar.message is None


def test_findings_of_the_header_are_shown_and_errors_forbid_segmenting(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    image = nib.Nifti1Image(np.random.default_rng(0).random((20, 20, 20), dtype=np.float32), np.eye(4))
    image.set_qform(None, 0)
    image.set_sform(None, 0)
    path = tmp_path / "lost.nii"
    nib.save(image, path)
    open_scan(qtbot, window, path)
    assert any(text.startswith("error") for text in window.segment_page.scan_panel.finding_texts)
    assert not window.segment_page.segment_panel.start_button.isEnabled()
    assert "cannot be segmented" in window.segment_page.segment_panel.hint.text()


def test_result_folder_opens_scan_labels_volumes_and_findings(
    qtbot: QtBot, window: MainWindow, result_folder: Path, scan_file: Path
) -> None:
    open_result(qtbot, window, result_folder)
    assert window.segment_page.document.scan is not None
    assert window.segment_page.document.scan.path == scan_file
    model = window.segment_page.structure_panel.model
    cell = model.cell(3, Column.VOLUME)
    assert cell.data() == "662"
    assert window.segment_page.scan_panel.finding_texts == [
        "warning: The medulla is cut off. Rescan.",
        "info: The scan is tilted.",
    ]
    assert window.segment_page.result_panel.open_report.isEnabled()


def test_click_on_a_nucleus_jumps_to_its_slice(qtbot: QtBot, window: MainWindow, result_folder: Path) -> None:
    open_result(qtbot, window, result_folder)
    panel = window.segment_page.structure_panel
    index = panel.click_row(4)
    panel.table.scrollTo(index)
    centre = panel.table.visualRect(index).center() + QPoint(30, 0)
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert window.segment_page.viewer.view.index == 12
    window.segment_page.viewer.view.set_index(0)
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=centre)
    assert window.segment_page.viewer.view.index == 12


def test_status_line_names_the_nucleus_under_the_pointer(
    qtbot: QtBot, window: MainWindow, result_folder: Path
) -> None:
    open_result(qtbot, window, result_folder)
    window.segment_page.document.choose(3)
    view = window.segment_page.viewer.view
    QApplication.processEvents()
    qtbot.mouseMove(view.viewport(), view._crosshair_pixel())
    view.pointed.emit(view.voxel_at(view._crosshair_pixel()))
    assert "PAG: Periaqueductal grey" in window.pointed.text()
    assert "mm" in window.pointed.text()
    assert window.crosshair.text().startswith("Crosshair x ")


def test_visibility_box_and_buttons_change_what_is_drawn(
    qtbot: QtBot, window: MainWindow, result_folder: Path
) -> None:
    open_result(qtbot, window, result_folder)
    panel = window.segment_page.structure_panel
    table = window.segment_page.viewer.view.overlays.fill
    assert table.lut[3, 3] == 255
    assert table.lut[1, 3] == 0, "tissue would cover the nuclei"
    qtbot.mouseClick(panel.hide_button, Qt.MouseButton.LeftButton)
    assert table.lut[:, 3].max() == 0
    panel.table.setCurrentIndex(panel.click_row(3))
    qtbot.keyClick(panel.table, Qt.Key.Key_Space)
    assert table.lut[3, 3] == 255
    qtbot.mouseClick(panel.show_button, Qt.MouseButton.LeftButton)
    assert table.lut[1, 3] == 255


def test_search_finds_a_nucleus_by_its_full_name(
    window: MainWindow, qtbot: QtBot, result_folder: Path
) -> None:
    open_result(qtbot, window, result_folder)
    panel = window.segment_page.structure_panel
    qtbot.keyClicks(panel.search, "periaq")
    assert panel.table.model().rowCount() == 1


def test_labels_of_another_scan_are_not_drawn_over_this_one(
    qtbot: QtBot, window: MainWindow, scan_file: Path, tmp_path: Path, result_folder: Path
) -> None:
    other = tmp_path / "other_T1w.nii.gz"
    nib.save(nib.Nifti1Image(np.ones((9, 9, 9), np.int16), np.diag([1.0, 1, 1, 1])), other)
    open_scan(qtbot, window, other)
    window.segment_page.document.opener.open_labels(result_folder / "labels_native.nii.gz")
    qtbot.waitUntil(lambda: window.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    assert window.segment_page.document.scan is None
    assert window.message_bar.message is not None
    assert window.message_bar.message.level is MessageLevel.WARNING


def test_label_map_with_foreign_numbers_is_refused(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "x_dseg.nii.gz"
    nib.save(nib.Nifti1Image(np.full((5, 5, 5), 200, np.uint8), np.eye(4)), path)
    window.open_path(path)
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=_LIMIT_MS)
    assert "200" in message_text(window)


def test_segment_runs_the_worker_and_shows_its_labels(
    qtbot: QtBot, ready: MainWindow, result_folder: Path, fake_job: Fake
) -> None:
    fake_job(f"""
assert job["kind"] == "segment" and job["model"] == "test-model", job
emit(event="progress", done=0.5, total=1, message="placing the labels")
emit(event="artifact", role="labels_native", path={str(result_folder / "labels_native.nii.gz")!r})
emit(event="finished", seconds=12.0)
""")
    qtbot.mouseClick(ready.segment_page.segment_panel.start_button, Qt.MouseButton.LeftButton)
    assert ready.segment_page.segment_panel.progress.isVisible()
    assert not ready.segment_page.segment_panel.start_button.isVisible()
    qtbot.waitUntil(
        lambda: (
            ready.segment_page.document.result is not None
            and bool(ready.segment_page.document.result.reports)
        ),
        timeout=_LIMIT_MS,
    )
    assert ready.segment_page.segment_panel.start_button.isVisible()
    assert "12 s" in message_text(ready)
    assert ready.segment_page.document.scan is not None


def test_failed_job_says_what_where_and_what_to_do(qtbot: QtBot, ready: MainWindow, fake_job: Fake) -> None:
    fake_job("""
(folder / "log.txt").write_text("Traceback (most recent call last): deep")
emit(event="failed", what="The fit is implausible.", where="head.nii", fix="Check the orientation.")
sys.exit(1)
""")
    qtbot.mouseClick(ready.segment_page.segment_panel.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ready.message_bar.message is not None, timeout=_LIMIT_MS)
    assert (
        message_text(ready)
        == "Segment head_T1w with test-model: The fit is implausible.\nhead.nii\nCheck the orientation."
    )
    assert ready.message_bar.message is not None
    assert "deep" in ready.message_bar.message.details
    assert ready.segment_page.segment_panel.start_button.isEnabled()


def test_cancel_button_stops_the_worker(
    qtbot: QtBot, ready: MainWindow, fake_job: Fake, settings: WindowSettings
) -> None:
    fake_job("""
emit(event="progress", done=0, total=1, message="working")
wait_for(cancelled)
emit(event="failed", what="Cancelled.", exit_status=3)
""")
    qtbot.mouseClick(ready.segment_page.segment_panel.start_button, Qt.MouseButton.LeftButton)
    progress = ready.segment_page.segment_panel.progress
    qtbot.waitUntil(lambda: progress.message.text() == "Working", timeout=_LIMIT_MS)
    qtbot.mouseClick(progress.cancel_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not ready.segment_page.segmentation.is_running, timeout=_LIMIT_MS)
    assert "Stopped" in message_text(ready)
    assert not list(settings.results_folder.iterdir()), "a cancelled job leaves no empty folder"


def test_closing_with_a_running_job_asks_in_place(qtbot: QtBot, ready: MainWindow, fake_job: Fake) -> None:
    fake_job("""
emit(event="progress", done=0, total=1, message="working")
wait_for(cancelled)
emit(event="failed", what="Cancelled.", exit_status=3)
""")
    qtbot.mouseClick(ready.segment_page.segment_panel.start_button, Qt.MouseButton.LeftButton)
    ready.close()
    assert ready.isVisible()
    assert "still running" in message_text(ready)
    press_message_button(qtbot, ready.message_bar, "Do not close")
    assert ready.segment_page.segmentation.is_running
    ready.close()
    press_message_button(qtbot, ready.message_bar, "Stop it and close")
    qtbot.waitUntil(lambda: not ready.isVisible(), timeout=_LIMIT_MS)
    assert not ready.segment_page.segmentation.is_running


def test_closing_with_unsaved_edits_asks_in_place_and_again_after_new_ones(
    qtbot: QtBot, window: MainWindow, result_folder: Path, fake_job: Fake
) -> None:
    open_result(qtbot, window, result_folder)
    window.opening.review_result()
    editor = window.review.document.editor

    def paint(x: int) -> None:
        editor.set_label(3)
        window.review.commands["brush"].trigger()
        editor.begin(False)
        editor.move(Plane.AXIAL, (x, 4, 2), (x, 4, 2))
        editor.end()

    fake_job("wait_for(cancelled)")
    job = window.context.jobs.submit(SimulateJob(subjects=1, out=result_folder.parent / "x"), "Simulate")
    qtbot.waitUntil(lambda: job.is_running, timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: editor.labels is not None, timeout=_LIMIT_MS)
    paint(15)
    assert editor.is_changed
    window.show_step(StepName.SCANS)
    window.close()
    assert window.isVisible()
    assert "edits that are not saved" in message_text(window)
    press_message_button(qtbot, window.message_bar, "Discard the edits")
    assert "still running" in message_text(window)
    press_message_button(qtbot, window.message_bar, "Do not close")
    paint(20)
    window.close()
    assert "edits that are not saved" in message_text(window), "these are not those that were discarded"
    press_message_button(qtbot, window.message_bar, "Save a copy and go on")
    qtbot.waitUntil(lambda: "still running" in message_text(window), timeout=_LIMIT_MS)
    QApplication.processEvents()
    press_message_button(qtbot, window.message_bar, "Close and let it go on")
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=_LIMIT_MS)
    assert (result_folder / "labels_native_edited.nii.gz").is_file()


def test_segmentation_goes_on_without_the_window_and_is_taken_up_by_the_next(
    qtbot: QtBot,
    ready: MainWindow,
    settings: WindowSettings,
    result_folder: Path,
    tmp_path: Path,
    fake_job: Fake,
) -> None:
    fake_job(f"""
emit(event="progress", done=1, total=4, message="working")
wait_for(lambda: Path({str(tmp_path / "go")!r}).exists())
emit(event="artifact", role="labels_native", path={str(result_folder / "labels_native.nii.gz")!r})
emit(event="finished", seconds=3.0)
""")
    qtbot.mouseClick(ready.segment_page.segment_panel.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: ready.segment_page.job.fraction == 0.25, timeout=_LIMIT_MS)
    ready.close()
    press_message_button(qtbot, ready.message_bar, "Close and let it go on")
    assert not ready.isVisible()
    window = MainWindow(settings)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.segment_page.segmentation.is_running, timeout=_LIMIT_MS)
    assert window.step_bar.status_of(StepName.SEGMENT) == "running"
    qtbot.waitUntil(lambda: window.segment_page.document.scan is not None, timeout=_LIMIT_MS)
    (tmp_path / "go").touch()
    qtbot.waitUntil(lambda: not window.segment_page.segmentation.is_running, timeout=_LIMIT_MS)
    qtbot.waitUntil(lambda: window.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    window.close()


def test_second_scan_can_be_segmented_while_the_first_is(
    qtbot: QtBot, ready: MainWindow, tmp_path: Path, scan_file: Path, fake_job: Fake
) -> None:
    other = tmp_path / "other_T1w.nii.gz"
    nib.save(nib.Nifti1Image(np.ones((9, 9, 9), np.int16), np.diag([1.0, 1, 1, 1])), other)
    fake_job("""
wait_for(cancelled)
emit(event="failed", what="Cancelled.", exit_status=3)
""")
    ready.commands.run("segment")
    first = ready.segment_page.job
    assert first is not None
    open_scan(qtbot, ready, other)
    assert ready.segment_page.job is None
    assert not ready.segment_page.segment_panel.progress.isVisible()
    ready.segment_page.segment()
    second = ready.segment_page.job
    assert second not in (None, first)
    open_scan(qtbot, ready, scan_file)
    assert ready.segment_page.job is first
    assert ready.segment_page.segment_panel.progress.isVisible()
    ready.segment_page.segment()
    assert len(ready.context.jobs.jobs) == 2, "a scan is not segmented twice at once"
    ready.context.jobs.stop_all()
    qtbot.waitUntil(lambda: not ready.segment_page.segmentation.is_running, timeout=_LIMIT_MS)


def test_chosen_outputs_are_written_and_remembered(
    qtbot: QtBot, ready: MainWindow, settings: WindowSettings, fake_job: Fake
) -> None:
    fake_job('emit(event="failed", what="Enough.")')
    panel = ready.segment_page.segment_panel
    assert not panel.surfaces.isChecked()
    panel.surfaces.click()
    panel.bids.click()
    ready.commands.run("segment")
    work = ready.segment_page.job.work
    assert (work.surfaces, work.bids) == (True, True)
    panel.bids.click()
    assert settings.outputs == SegmentOutputs(surfaces=True, bids=False)
    qtbot.waitUntil(lambda: not ready.segment_page.segmentation.is_running, timeout=_LIMIT_MS)


def test_result_of_a_scan_that_is_no_longer_open_waits_to_be_shown(
    qtbot: QtBot, ready: MainWindow, result_folder: Path, tmp_path: Path, fake_job: Fake, scan_file: Path
) -> None:
    other = tmp_path / "other_T1w.nii.gz"
    nib.save(nib.Nifti1Image(np.ones((9, 9, 9), np.int16), np.diag([1.0, 1, 1, 1])), other)
    fake_job(f"""
while not Path({str(tmp_path / "go")!r}).exists():
    time.sleep(0.02)
emit(event="artifact", role="labels_native", path={str(result_folder / "labels_native.nii.gz")!r})
emit(event="finished", seconds=3.0)
""")
    qtbot.mouseClick(ready.segment_page.segment_panel.start_button, Qt.MouseButton.LeftButton)
    open_scan(qtbot, ready, other)
    (tmp_path / "go").touch()
    qtbot.waitUntil(lambda: not ready.segment_page.segmentation.is_running, timeout=_LIMIT_MS)
    assert ready.segment_page.document.labels is None
    press_message_button(qtbot, ready.message_bar, "Show it")
    qtbot.waitUntil(lambda: ready.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    assert ready.segment_page.document.scan is not None
    assert ready.segment_page.document.scan.path == scan_file


def test_simulated_scan_is_made_and_opened(
    qtbot: QtBot, window: MainWindow, scan_file: Path, fake_job: Fake
) -> None:
    fake_job(f"""
import shutil
target = Path(job["out"]) / "sub-sim01" / "anat" / "sub-sim01_T1w.nii.gz"
target.parent.mkdir(parents=True)
shutil.copy({str(scan_file)!r}, target)
emit(event="artifact", role="dataset", path=job["out"])
emit(event="finished", seconds=1.0)
""")
    qtbot.mouseClick(window.segment_page.empty_state.example_button, Qt.MouseButton.LeftButton)
    assert window.segment_page.empty_state.progress.isVisible()
    qtbot.waitUntil(lambda: window.segment_page.document.scan is not None, timeout=_LIMIT_MS)
    assert window.segment_page.document.scan is not None
    assert window.segment_page.document.scan.path.name == "sub-sim01_T1w.nii.gz"


def test_cancelled_simulation_leaves_no_folder(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, fake_job: Fake
) -> None:
    fake_job("""
wait_for(cancelled)
emit(event="failed", what="Cancelled.", exit_status=3)
""")
    window.commands.run("simulate")
    assert window.segment_page.segmentation.simulation is not None
    window.commands["cancel"].trigger()
    qtbot.waitUntil(lambda: not window.segment_page.segmentation.is_running, timeout=_LIMIT_MS)
    assert not list(settings.results_folder.iterdir())


def test_saved_labels_are_the_result_file(
    qtbot: QtBot, window: MainWindow, result_folder: Path, tmp_path: Path
) -> None:
    open_result(qtbot, window, result_folder)
    window.segment_page.saver.save_labels(tmp_path / "mine.nii")
    qtbot.waitUntil(lambda: "saved" in message_text(window), timeout=_LIMIT_MS)
    saved = tmp_path / "mine.nii.gz"
    assert saved.read_bytes() == (result_folder / "labels_native.nii.gz").read_bytes()


def test_report_that_cannot_be_written_is_explained(
    qtbot: QtBot, window: MainWindow, result_folder: Path, tmp_path: Path
) -> None:
    open_result(qtbot, window, result_folder)
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    window.segment_page.saver.save_report(tmp_path / "file" / "report.html")
    qtbot.waitUntil(lambda: "could not be saved" in message_text(window), timeout=_LIMIT_MS)
    window.segment_page.saver.save_report(tmp_path / "report.docx")
    assert ".docx" in message_text(window)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [("a", "a.nii.gz"), ("a.nii", "a.nii.gz"), ("a.nii.gz", "a.nii.gz"), ("v1.2", "v1.2.nii.gz")],
)
def test_saved_labels_end_in_nii_gz(chosen: str, expected: str) -> None:
    assert label_target(Path("x") / chosen) == Path("x") / expected


def test_window_remembers_opacity_convention_and_folder(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, scan_file: Path
) -> None:
    open_scan(qtbot, window, scan_file)
    window.segment_page.viewer.opacity.setValue(25)
    window.commands["neurological"].trigger()
    assert window.segment_page.viewer.view.convention is Convention.NEUROLOGICAL
    assert window.segment_page.viewer.view._letters.letters.left == "L"
    window.close()
    again = MainWindow(settings)
    qtbot.addWidget(again)
    open_scan(qtbot, again, scan_file)
    assert again.segment_page.viewer.opacity.value() == 25
    assert again.segment_page.viewer.view.convention is Convention.NEUROLOGICAL
    assert again.commands["neurological"].isChecked()
    assert settings.last_folder == scan_file.parent
    again.close()


def test_every_control_has_a_name_for_screen_readers(
    qtbot: QtBot, window: MainWindow, result_folder: Path
) -> None:
    open_result(qtbot, window, result_folder)
    window.segment_page.viewer  # noqa: B018 - made now
    for kind in (QAbstractButton, QComboBox, QSlider, QLineEdit, QTableView):
        for control in window.findChildren(kind):
            inside = control.objectName().startswith("qt_") or control.parent().metaObject().className() in (
                "QTableView",
                "QLineEdit",
                "QToolBar",
                "QMenuBar",
                "QComboBoxPrivateContainer",
            )
            named = control.accessibleName() or (isinstance(control, QAbstractButton) and control.text())
            assert inside or named, control


def test_window_follows_the_desktop_into_the_dark(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.show_step(StepName.SCANS)
    desktop = Qt.ColorScheme.Light
    monkeypatch.setattr(QStyleHints, "colorScheme", lambda _hints: desktop)

    def lightness() -> int:
        picture = window.grab().toImage()
        return picture.pixelColor(picture.width() - 20, picture.height() // 2).lightness()

    try:
        for desktop, is_dark in ((Qt.ColorScheme.Dark, True), (Qt.ColorScheme.Light, False)):
            QGuiApplication.styleHints().colorSchemeChanged.emit(desktop)
            assert (lightness() < 60) is is_dark
    finally:
        design().want(None)
