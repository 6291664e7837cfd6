"""The window asks which atlas labels are of, and never gives them another one's names."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.label_table import LabelTable, table_text
from brainstem_app.atlas.library import CARD_FILE_NAME, LABELS_FILE_NAME, load_atlas_table
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.models.library import ModelFiles

from .message_buttons import press_message_button

_LIMIT_MS = 60_000
NAMES = ("background", "WM", "GM", "RN_L", "RN_R", "Raphe")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabelTable:
    """The table of an atlas of the user's, which is installed."""
    for name in ("XDG_DATA_HOME", "WIN_PD_OVERRIDE_LOCAL_APPDATA"):
        monkeypatch.setenv(name, str(tmp_path / "data"))
    from brainstem_app.locations import user_data_folder

    shipped = load_atlas_table().table.structures
    table = LabelTable(
        structures=tuple(
            s.model_copy(update={"name": name, "full_name": f"The {name}"})
            for s, name in zip(shipped, NAMES, strict=False)
        )
    )
    folder = user_data_folder() / "atlases" / "small"
    folder.mkdir(parents=True)
    (folder / "structures.csv").write_text(table_text(table), encoding="utf-8")
    (folder / CARD_FILE_NAME).write_text(json.dumps({"name": "small", "version": "1"}), encoding="utf-8")
    (folder / LABELS_FILE_NAME).touch()
    return table


def labels_of(folder: Path, report: str = "") -> Path:
    folder.mkdir(parents=True)
    volume = np.zeros((12, 12, 12), dtype=np.uint8)
    for label in range(1, len(NAMES)):
        volume[2 * label : 2 * label + 2, 3:9, 3:9] = label
    save_label_map(folder / "labels_native.nii.gz", volume, np.diag([2.0, 2, 2, 1]))
    if report:
        name, version = report.split()
        content = {"atlas": {"name": name, "version": version}, "warnings": []}
        (folder / "report.json").write_text(json.dumps(content), encoding="utf-8")
    return folder


def listed(window: MainWindow) -> list[str]:
    model = window.segment_page.structure_panel.model
    return [structure.name for structure in model.structures]


def message_text(window: MainWindow) -> str:
    message = window.message_bar.message
    return "" if message is None else "\n".join((message.what, message.where, message.fix))


@pytest.mark.usefixtures("small")
def test_result_of_an_imported_atlas_has_its_own_names(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.open_path(labels_of(tmp_path / "result", "small 1"))
    qtbot.waitUntil(lambda: window.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    assert listed(window) == list(NAMES[1:])
    assert "Install" not in message_text(window)


@pytest.mark.usefixtures("small")
def test_labels_that_two_atlases_may_have_made_are_asked_about_in_place(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.open_path(labels_of(tmp_path / "alone") / "labels_native.nii.gz")
    qtbot.waitUntil(lambda: "which atlas" in message_text(window), timeout=_LIMIT_MS)
    assert window.segment_page.document.labels is None
    press_message_button(qtbot, window.message_bar, "Read as small version 1")
    qtbot.waitUntil(lambda: window.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    assert listed(window) == list(NAMES[1:])


def _reviewed(qtbot: QtBot, window: MainWindow, result: Path) -> ReviewPage:
    """Open a result in Review."""
    window.show_step(StepName.REVIEW)
    review = window.review
    assert review is not None
    review.files.open_result(result)
    qtbot.waitUntil(lambda: review.document.labels is not None, timeout=_LIMIT_MS)
    return review


@pytest.mark.usefixtures("small")
def test_review_compares_labels_of_one_atlas_only(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    ours = labels_of(tmp_path / "ours", "small 1")
    review = _reviewed(qtbot, window, ours)
    review.document.comparison.open(labels_of(tmp_path / "theirs", "brainstem31 1.0"))
    qtbot.waitUntil(lambda: "cannot be compared" in message_text(window), timeout=_LIMIT_MS)
    assert "brainstem31 version 1.0" in message_text(window)
    assert review.document.comparison.reference is None
    # Nothing says what these are: they are read like those that they are compared with.
    review.document.comparison.open(labels_of(tmp_path / "alone") / "labels_native.nii.gz")
    qtbot.waitUntil(lambda: review.document.comparison.reference is not None, timeout=_LIMIT_MS)
    assert review.document.comparison.reference.table.names == NAMES
    assert "of the atlas small version 1" in message_text(window)


@pytest.mark.usefixtures("small")
def test_review_compares_a_lab_s_own_map_by_the_names_in_its_table(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    ours = labels_of(tmp_path / "ours", "small 1")
    review = _reviewed(qtbot, window, ours)
    image = nib.load(ours / "labels_native.nii.gz")
    stored = np.asarray(image.dataobj)
    numbers = np.array([0, 0, 0, 11, 12, 400], dtype=np.int16)
    theirs = tmp_path / "lab" / "sub-1_dseg.nii.gz"
    theirs.parent.mkdir()
    nib.save(nib.Nifti1Image(numbers[stored], image.affine), theirs)
    (theirs.parent / "dseg.tsv").write_text("index\tname\n400\tRaphe right\n11\tRN left\n12\tRN right\n")
    comparison = review.document.comparison
    comparison.open(theirs)
    qtbot.waitUntil(lambda: comparison.agreement is not None, timeout=_LIMIT_MS)
    assert "they are matched by name" in message_text(window)
    assert comparison.reference is not None
    assert comparison.reference.table.names == NAMES
    shown = np.asarray(comparison.reference.labels.labels).transpose(2, 1, 0)
    np.testing.assert_array_equal(shown, np.where(stored > 2, stored, 0))


def test_structures_are_those_that_the_chosen_model_will_find(
    qtbot: QtBot, window: MainWindow, model: ModelFiles, small: LabelTable, scan_file: Path
) -> None:
    qtbot.waitUntil(lambda: "PAG" in listed(window), timeout=_LIMIT_MS)
    other = replace(model, card=model.card.model_copy(update={"atlas": "small", "name": "small-net"}))
    window.segment_page.segment_panel.add_model(other, scan_file)
    qtbot.waitUntil(lambda: listed(window) == list(small.names[1:]), timeout=_LIMIT_MS)


@pytest.mark.usefixtures("small")
def test_next_scan_after_a_result_lists_the_models_structures_again(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.open_path(labels_of(tmp_path / "result", "small 1"))
    qtbot.waitUntil(lambda: listed(window) == list(NAMES[1:]), timeout=_LIMIT_MS)
    scan = tmp_path / "head.nii.gz"
    nib.save(nib.Nifti1Image(np.ones((40, 40, 40), dtype=np.float32), np.diag([4.0, 4, 4, 1])), scan)
    window.segment_page.document.opener.open_scan(scan)
    qtbot.waitUntil(lambda: "PAG" in listed(window), timeout=_LIMIT_MS)


@pytest.mark.usefixtures("small")
def test_labels_that_were_left_open_are_asked_about_again_at_the_next_start(
    qtbot: QtBot, window: MainWindow, settings: WindowSettings, tmp_path: Path
) -> None:
    window.open_path(labels_of(tmp_path / "alone"))
    qtbot.waitUntil(lambda: "which atlas" in message_text(window), timeout=_LIMIT_MS)
    press_message_button(qtbot, window.message_bar, "Read as small version 1")
    qtbot.waitUntil(lambda: window.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    window.close()
    again = MainWindow(settings)
    qtbot.addWidget(again)
    again.show()
    qtbot.waitUntil(lambda: "which atlas" in message_text(again), timeout=_LIMIT_MS)
    press_message_button(qtbot, again.message_bar, "Read as small version 1")
    qtbot.waitUntil(lambda: again.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    assert listed(again) == list(NAMES[1:])
    again.context.background.wait()


@pytest.mark.usefixtures("small")
def test_each_result_of_a_batch_has_the_names_of_its_own_atlas(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    for name, report in (("P1", "small 1"), ("P2", "brainstem31 1.0"), ("P3", "")):
        labels_of(tmp_path / "batch" / name, report)
    window.open_path(tmp_path / "batch")
    qtbot.waitUntil(
        lambda: window.review is not None and window.review.document.result is not None, timeout=_LIMIT_MS
    )
    review = window.review
    assert review.document.labels.table.names == NAMES
    qtbot.mouseClick(review.results.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: review.document.result.folder.name == "P2", timeout=_LIMIT_MS)
    assert "PAG" in review.document.labels.table.names
    qtbot.mouseClick(review.results.next, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "which atlas" in message_text(window), timeout=_LIMIT_MS)
    press_message_button(qtbot, window.message_bar, "Read as small version 1")
    qtbot.waitUntil(lambda: review.document.result.folder.name == "P3", timeout=_LIMIT_MS)
    assert review.document.labels.table.names == NAMES
    assert review.results.place.text() == "Result 3 of 3"


@pytest.mark.usefixtures("small")
def test_corrected_labels_are_of_the_atlas_that_the_user_has_named(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    window.open_path(labels_of(tmp_path / "alone"))
    qtbot.waitUntil(lambda: "which atlas" in message_text(window), timeout=_LIMIT_MS)
    press_message_button(qtbot, window.message_bar, "Read as small version 1")
    qtbot.waitUntil(lambda: window.segment_page.document.labels is not None, timeout=_LIMIT_MS)
    window.show_step(StepName.REVIEW)
    review = window.review
    review.document.editor.set_label(3)
    review.commands["brush"].trigger()
    review.views.go_to((1, 1, 1))
    QTest.keyClick(review.views.main_view, Qt.Key.Key_Space)
    review.document.editor.save_copy()
    qtbot.waitUntil(
        lambda: window.segment_page.document.labels.path.name == "labels_native_edited.nii.gz",
        timeout=_LIMIT_MS,
    )
    assert listed(window) == list(NAMES[1:])
    assert "which atlas" not in message_text(window)
