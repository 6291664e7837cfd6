"""The step Scans: a dataset as a table, what was found in each scan, and the ways on from there."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QIcon
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QStyle
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.scans import examiner
from brainstem_app.gui.scans.dataset_dialog import DatasetDialog, DatasetPlan
from brainstem_app.gui.scans.examiner import THUMBNAIL, thumbnail
from brainstem_app.gui.scans.listing import ListedScan, Listing, list_scans
from brainstem_app.gui.scans.scan_table import ScanTable
from brainstem_app.gui.segment.job_files import SegmentOutputs
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.imaging.bids.dataset import find_t1w_scans
from brainstem_app.imaging.bids.new_dataset import NewScan
from brainstem_app.imaging.bids.session_dates import time_of_scan
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.scan import Scan
from brainstem_app.jobs.job import ImportResultsJob, SegmentJob, write_job

from ..imaging.dicom_files import classic_bytes

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
    assert headings(model) == ["Scan", "group", "age", "Size", "Result", "Prepared", "Findings"]
    assert texts(model, 0)[:3] == ["sub-1", "b", "21"]
    assert "30×36×28" in texts(model, 0)[3]
    assert model.counts()[0] == 1, "the scan without orientation cannot be used"
    assert listed.scans.summary.text().startswith("4 scans, 1 cannot be used")
    assert listed.step_bar.status_of(StepName.SCANS) == "4 scans"


def test_column_of_sizes_has_room_for_three_digits_of_every_axis(listed: MainWindow) -> None:
    page = listed.scans
    column = headings(page.model).index("Size")
    needed = page.table.fontMetrics().horizontalAdvance("251×232×250, 0.941×1.06×0.787 mm")
    assert page.table.columnWidth(column) > needed + 2 * page.table.style().pixelMetric(
        QStyle.PixelMetric.PM_FocusFrameHMargin
    )


def test_word_of_a_group_is_not_cut(qtbot: QtBot, window: MainWindow, dataset: Path) -> None:
    table = dataset / "participants.tsv"
    table.write_text(table.read_text(encoding="utf-8").replace("\tb", "\tdepression"), encoding="utf-8")
    window.open_path(dataset)
    page = window.scans
    qtbot.waitUntil(lambda: page.model.rowCount() == 4, timeout=_LIMIT_MS)
    assert texts(page.model, 0)[1] == "depression"
    assert page.table.columnWidth(1) >= page.table.sizeHintForIndex(page.model.index(0, 1)).width()


def test_chosen_scan_says_what_is_wrong_and_what_to_do(qtbot: QtBot, listed: MainWindow) -> None:
    page = listed.scans
    page.table.selectRow(3)
    assert any(text.startswith("error") for text in page.findings.texts)
    assert not page.segment_button.isEnabled()
    page.table.selectRow(0)
    qtbot.waitUntil(page.segment_button.isEnabled, timeout=_LIMIT_MS)


def test_several_scans_can_be_segmented_with_the_cursor_on_a_bad_one(listed: MainWindow) -> None:
    page = listed.scans
    page.table.selectRow(3)
    page.table.selectAll()
    assert page.current == page.model.row(3)
    assert len(page.usable) == 3
    assert page.segment_button.isEnabled()


def test_control_and_return_ask_about_the_marked_scans(qtbot: QtBot, listed: MainWindow) -> None:
    listed.scans.table.selectAll()
    qtbot.waitUntil(listed.scans.segment_button.isEnabled, timeout=_LIMIT_MS)
    with qtbot.waitSignal(listed.scans.segment_requested, timeout=_LIMIT_MS):
        qtbot.keyClick(listed, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_return_shows_the_scan_and_prepare_takes_over_the_dataset(
    qtbot: QtBot, listed: MainWindow, dataset: Path
) -> None:
    page = listed.scans
    page.table.selectRow(1)
    with qtbot.waitSignal(listed.segment_page.document.opened, timeout=_LIMIT_MS):
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
    assert listed.scans.summary.text().endswith("1 shown")
    qtbot.keyClicks(listed.scans.search, "no such scan")
    assert listed.scans.summary.text().endswith("none shown")
    listed.scans.search.clear()
    assert "shown" not in listed.scans.summary.text()


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


def test_dropped_files_that_are_no_scans_are_named_and_not_listed(
    qtbot: QtBot, window: MainWindow, scan_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.txt").write_text("of somebody", encoding="utf-8")
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.4")
    mime = QMimeData()
    paths = [tmp_path / "notes.txt", scan_file, tmp_path / "paper.pdf"]
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    button, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, mime, button, keys))
    qtbot.waitUntil(lambda: window.scans.model.rowCount() == 1, timeout=_LIMIT_MS)
    assert "2 files hold no scan, and are not listed: notes.txt, paper.pdf" in window.message_bar.message.what
    # One alone is said once, by whichever page.
    window.context.messages.clear()
    window.open_path(paths[0])
    qtbot.waitUntil(lambda: not window.context.background.is_busy, timeout=_LIMIT_MS)
    assert "holds no scan" in window.message_bar.message.what
    window.message_bar.dismiss()
    assert "notes.txt" not in str(window.message_bar.message)


def test_scan_opened_alone_is_that_of_its_dataset_once_that_is_opened_too(
    qtbot: QtBot, window: MainWindow, dataset: Path
) -> None:
    model = window.scans.model
    window.open_path(dataset / "sub-1" / "anat" / "sub-1_T1w.nii.gz")
    qtbot.waitUntil(lambda: model.rowCount() == 1, timeout=_LIMIT_MS)
    assert (model.rows[0].dataset, model.rows[0].columns["group"]) == (dataset, "b")
    window.open_path(dataset)
    qtbot.waitUntil(lambda: model.rowCount() == 4, timeout=_LIMIT_MS)
    assert [row.name for row in model.rows] == ["sub-1", "sub-2", "sub-3", "sub-4"]


def test_folder_without_a_scan_is_explained(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "nothing here").mkdir()
    window.open_path(tmp_path / "nothing here")
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=_LIMIT_MS)
    assert "holds no scan" in window.message_bar.message.what


def write_series(folder: Path, number: int, description: str, slices: int) -> Path:
    """Write a DICOM series, one file a slice."""
    folder.mkdir(exist_ok=True)
    volume = np.random.default_rng(number).random((40, 44, slices)) * 900
    for index in range(slices):
        pixels = np.ascontiguousarray(volume[:, :, index].T.astype("<i2"))
        content = classic_bytes(pixels, index, number, description, "Doe^Jane", 4.0)
        (folder / f"IM{number:03}_{index:04}.dcm").write_bytes(content)
    return folder


def test_series_of_a_dicom_folder_is_chosen_by_keys(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    folder = write_series(tmp_path / "exam", 1, "localizer", 5)
    write_series(folder, 4, "t1_mprage", 36)
    write_series(folder, 7, "flair", 40)
    window.open_path(folder)
    page = window.scans
    qtbot.waitUntil(page.findings.take_button.isVisible, timeout=_LIMIT_MS)
    assert "holds 3 series" in page.findings.texts[0]
    assert "#" not in page.findings.texts[0], "what to type on a command line"
    assert page.findings.series.currentText() == "4 (t1_mprage), 36 images"
    assert not page.view_button.isEnabled()
    page.table.setFocus()
    qtbot.keyClick(page.table, Qt.Key.Key_Return)
    assert window.current_step is StepName.SCANS, "no scan yet that could be shown"
    assert page.findings.series.hasFocus()
    qtbot.keyClick(page.findings.series, Qt.Key.Key_Down)
    assert page.findings.series.currentText() == "7 (flair), 40 images"
    qtbot.mouseClick(page.findings.take_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: texts(page.model, 0)[1].startswith("40×44×40"), timeout=_LIMIT_MS)
    assert page.model.row(0).path == tmp_path / "exam#7"
    assert page.view_button.isEnabled()
    qtbot.waitUntil(page.findings.take_button.isVisible, timeout=_LIMIT_MS)
    assert page.findings.series.currentText() == "7 (flair), 40 images", "another can still be taken"


def test_folder_with_dicom_files_beside_others_says_which_are_listed(
    qtbot: QtBot, window: MainWindow, scan_file: Path
) -> None:
    folder = scan_file.parent
    write_series(folder, 4, "t1_mprage", 3)
    window.open_path(folder)
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=_LIMIT_MS)
    assert "also holds DICOM files" in window.message_bar.message.what
    assert [scan.path for scan in window.scans.model.rows] == [scan_file]
    window.message_bar.clear()
    window.scans.add([scan_file])
    qtbot.waitUntil(lambda: not window.context.background.is_busy, timeout=_LIMIT_MS)
    assert window.message_bar.message is None, "once is enough"


def test_two_thousand_subjects_are_listed_at_once(qtbot: QtBot, window: MainWindow) -> None:
    scans = tuple(
        ListedScan(Path(f"/gone/sub-{n:04}.nii.gz"), f"sub-{n:04}", {"group": "a", "age": "30"})
        for n in range(2000)
    )
    window.scans._show_listing(Listing(scans))
    table = window.scans.table
    assert table.model().rowCount() == 2000
    assert table.model().index(1999, 0).data() == "sub-1999"
    qtbot.keyClicks(window.scans.search, "1999")
    assert table.model().rowCount() == 1


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
    qtbot.mouseClick(page.gather_button, Qt.MouseButton.LeftButton)
    dialog = page.findChild(DatasetDialog)
    assert [_cell(dialog, row, 1) for row in (0, 1)] == ["headT1w", "Secondscan"]
    for row, session in ((0, ""), (1, "2")):
        type_into(qtbot, dialog, row, 1, "01")
        type_into(qtbot, dialog, row, 2, session)
    assert "session" in dialog.problem.text()
    assert not dialog.make_button.isEnabled()
    type_into(qtbot, dialog, 0, 2, "1")
    type_into(qtbot, dialog, 1, 4, "patient")
    type_into(qtbot, dialog, 0, 3, "last year")
    assert "no date such as" in dialog.problem.text()
    type_into(qtbot, dialog, 0, 3, "0")
    type_into(qtbot, dialog, 1, 3, "1,5")
    root = tmp_path / "gathered"
    dialog.folder.setText(str(root))
    qtbot.mouseClick(dialog.make_button, Qt.MouseButton.LeftButton)
    assert page.gathering.progress.cancel_button.isVisible()
    qtbot.waitUntil(page.prepare_button.isVisible, timeout=_LIMIT_MS)
    assert not page.gathering.progress.isVisible()
    assert list(window.context.settings.jobs_folder.glob("*.tsv")) == []
    assert {scan.name for scan in find_t1w_scans(root)} == {"sub-01_ses-1", "sub-01_ses-2"}
    copied = nib.load(root / "sub-01" / "ses-2" / "anat" / "sub-01_ses-2_T1w.nii.gz")
    assert np.allclose(copied.affine, image.affine, atol=1e-4)
    assert (root / "participants.tsv").read_text(encoding="utf-8") == (
        "participant_id\tgroup\nsub-01\tpatient\n"
    )
    times = [time_of_scan(scan.path) for scan in find_t1w_scans(root)]
    assert [time and time.years for time in times] == [0.0, 1.5]
    page.gathering.gather(DatasetPlan((NewScan(scan_file, "02"),), root, links=False))
    qtbot.waitUntil(
        lambda: window.message_bar.message is not None and "not empty" in window.message_bar.message.what,
        timeout=_LIMIT_MS,
    )


def _cell(dialog: DatasetDialog, row: int, column: int) -> str:
    return dialog.table.item(row, column).text()


def type_into(qtbot: QtBot, dialog: DatasetDialog, row: int, column: int, text: str) -> None:
    """Double click a cell and type over what it holds."""
    place = dialog.table.visualItemRect(dialog.table.item(row, column)).center()
    qtbot.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    (editor,) = dialog.table.viewport().findChildren(QLineEdit)
    editor.selectAll()
    qtbot.keyClicks(editor, text) if text else qtbot.keyClick(editor, Qt.Key.Key_Delete)
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not dialog.table.viewport().findChildren(QLineEdit))


def choose(qtbot: QtBot, box: QComboBox, text: str) -> None:
    qtbot.keyClick(box, Qt.Key.Key_Home)
    for _ in range(box.findText(text)):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.currentText() == text


def shown(window: MainWindow) -> list[str]:
    arranged = window.scans.table.model()
    return [str(arranged.index(row, 0).data()) for row in range(arranged.rowCount())]


def test_the_name_stands_beside_a_sagittal_picture_with_the_face_to_the_left(
    listed: MainWindow, tmp_path: Path
) -> None:
    table = listed.scans.table
    picture = table.model().index(0, 0).data(Qt.ItemDataRole.DecorationRole)
    size = table.iconSize()
    assert max(picture.actualSize(size).toTuple()) == THUMBNAIL
    chosen = picture.pixmap(size, QIcon.Mode.Selected)
    assert chosen.toImage() == picture.pixmap(size).toImage(), "it is not coloured by the choice"
    data = np.zeros((20, 30, 40), np.float32)  # RAS: the face is at the end of the second axis
    data[:, 20:, :] = 100
    image = thumbnail(Scan(data, np.eye(4), tmp_path))
    assert image.width() < image.height()
    assert image.pixelColor(2, 20).value() > 200
    assert image.pixelColor(image.width() - 3, 20).value() < 50
    lying = thumbnail(Scan(data[:, ::-1], np.diag([1.0, -1, 1, 1]), tmp_path))
    assert lying == image


def test_a_state_narrows_the_list_and_words_narrow_it_further(qtbot: QtBot, listed: MainWindow) -> None:
    page = listed.scans
    choose(qtbot, page.filters.state, "cannot be used")
    assert shown(listed) == ["sub-4"]
    choose(qtbot, page.filters.state, "not segmented")
    qtbot.keyClicks(page.search, "sub-1")
    assert shown(listed) == ["sub-1"]
    page.search.clear()
    choose(qtbot, page.filters.state, "all scans")
    assert len(shown(listed)) == 4


def test_scans_of_two_datasets_can_be_told_apart(qtbot: QtBot, listed: MainWindow, tmp_path: Path) -> None:
    page, other = listed.scans, tmp_path / "other dataset"
    assert not page.filters.dataset.isVisible()
    shutil.copytree(tmp_path / "made dataset", other)
    page.add([other])
    qtbot.waitUntil(lambda: page.model.rowCount() == 8, timeout=_LIMIT_MS)
    choose(qtbot, page.filters.dataset, "other dataset")
    assert len(shown(listed)) == 4
    assert page.current is not None
    assert page.current.dataset == other


def test_segmented_and_corrected_scans_say_so(
    qtbot: QtBot, listed: MainWindow, tmp_path: Path, settings: WindowSettings
) -> None:
    page = listed.scans
    first, second = (scan.path for scan in page.model.rows[:2])
    for scan, name in ((first, "a"), (second, "b")):
        home = settings.results_folder / name / name
        home.mkdir(parents=True)
        save_label_map(home / "labels_native.nii.gz", np.zeros((4, 4, 4), np.uint8), np.eye(4))
        job = SegmentJob(scans=(scan,), out=home.parent)
        write_job(job, home.parent / "job.json")
    save_label_map(home / "labels_native_edited.nii.gz", np.zeros((4, 4, 4), np.uint8), np.eye(4))
    page.activate()
    column = headings(page.model).index("Result")
    qtbot.waitUntil(lambda: texts(page.model, 0)[column] == "segmented", timeout=_LIMIT_MS)
    assert texts(page.model, 1)[column] == "corrected"
    choose(qtbot, page.filters.state, "not segmented")
    assert shown(listed) == ["sub-3", "sub-4"]


def test_results_brought_in_while_the_list_is_shown_are_told(
    qtbot: QtBot,
    listed: MainWindow,
    fake_job: Callable[[str], Path],
    tmp_path: Path,
    settings: WindowSettings,
) -> None:
    page = listed.scans
    home = settings.results_folder / "a" / "a"
    home.mkdir(parents=True)
    write_job(SegmentJob(scans=(page.model.rows[0].path,), out=home.parent), home.parent / "job.json")
    labels = str(home / "labels_native.nii.gz")
    fake_job(f"Path({labels!r}).touch()\nemit(event='finished', seconds=1.0)")
    listed.context.jobs.submit(ImportResultsJob(study=tmp_path / "study", results=(home,)))
    column = headings(page.model).index("Result")
    assert texts(page.model, 0)[column] == ""
    qtbot.waitUntil(lambda: texts(page.model, 0)[column] == "segmented", timeout=_LIMIT_MS)


def test_what_is_taken_off_and_put_back_is_not_read_again(
    qtbot: QtBot, listed: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = listed.scans
    monkeypatch.setattr("brainstem_app.gui.scans.scan_list.list_scans", lambda _sources: pytest.fail("read"))
    page.table.selectRow(1)
    qtbot.keyClick(page.table, Qt.Key.Key_Delete)
    assert shown(listed) == ["sub-1", "sub-3", "sub-4"]
    qtbot.keyClick(page, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert shown(listed) == ["sub-1", "sub-2", "sub-3", "sub-4"]


def test_no_part_of_the_window_appears_as_a_window_of_its_own(qtbot: QtBot, listed: MainWindow) -> None:
    for row in range(4):
        listed.scans.table.selectRow(row)
    qtbot.keyClick(listed.scans.table, Qt.Key.Key_Delete)
    QApplication.processEvents()
    others = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    assert others == [listed]
    assert QApplication.activeWindow() is listed


def test_scans_of_a_batch_say_which_ones_wait_and_which_are_segmented_now(
    qtbot: QtBot, listed: MainWindow, fake_job: Callable[[str], Path], tmp_path: Path
) -> None:
    go_on = tmp_path / "go on"
    fake_job(f"""
first, second = job["scans"]
def turn(scan, state):
    emit(event="turn", path=scan, item="x", state=state)
def wait_for_user():
    go_on = Path({str(go_on)!r})
    wait_for(go_on.exists)
    go_on.unlink()
wait_for_user()
turn(first, "begun")
wait_for_user()
turn(first, "ended")
turn(second, "begun")
wait_for_user()
emit(event="finished", seconds=1.0)
""")
    page = listed.scans
    column = headings(page.model).index("Result")

    def become(*words: str) -> None:
        qtbot.waitUntil(
            lambda: [texts(page.model, row)[column] for row in range(4)] == [*words, "", ""],
            timeout=_LIMIT_MS,
        )

    listed.many_scans.segment([scan.path for scan in page.model.rows[:2]], "m", SegmentOutputs())
    become("waiting", "waiting")
    go_on.touch()
    become("segmenting", "waiting")
    choose(qtbot, page.filters.state, "not segmented")
    assert shown(listed) == ["sub-1", "sub-2", "sub-3", "sub-4"]
    go_on.touch()
    become("", "segmenting")
    go_on.touch()
    become("", "")


def test_scan_that_breaks_the_look_at_it_keeps_none_of_the_others_from_it(
    qtbot: QtBot, window: MainWindow, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = examiner.look_at

    def look_or_break(path: Path) -> examiner.Looked:
        if "sub-2" in path.name:
            raise RuntimeError("a library has lost its way")
        return look(path)

    monkeypatch.setattr(examiner, "look_at", look_or_break)
    window.open_path(dataset)
    model = window.scans.model
    qtbot.waitUntil(lambda: model.rowCount() == 4 and model.counts()[2] == 0, timeout=_LIMIT_MS)
    assert model.counts()[0] == 2, "and the scan without orientation"
    assert "sub-2" in window.message_bar.message.where


def test_people_of_two_datasets_and_of_files_alone_have_their_own_columns(tmp_path: Path) -> None:
    for site, group in (("a", "patient"), ("b", "control")):
        scan = tmp_path / site / "sub-01" / "ses-1" / "anat" / "sub-01_T1w.nii.gz"
        scan.parent.mkdir(parents=True)
        nib.save(nib.Nifti1Image(np.ones((2, 2, 2), np.float32), np.eye(4)), scan)
        (tmp_path / site / "dataset_description.json").write_text("{}", encoding="utf-8")
        table = f"participant_id\tgroup\nsub-01\t{group}\n"
        (tmp_path / site / "participants.tsv").write_text(table, encoding="utf-8")
    for sources in ((tmp_path / "a", tmp_path / "b"), tuple(sorted(tmp_path.glob("*/sub-01/ses-1/anat/*")))):
        found = list_scans(sources).scans
        assert [(scan.person, scan.columns["group"]) for scan in found] == [
            ("sub-01", "patient"),
            ("sub-01", "control"),
        ]
        assert len({scan.name for scan in found}) == 2
