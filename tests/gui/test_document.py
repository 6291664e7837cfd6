"""Document: what is open, what goes with what, and what it tells of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from brainstem_app.gui.background import Background
from brainstem_app.gui.document.document import Document
from brainstem_app.gui.document.drawing_tools import Tool
from brainstem_app.gui.document.opened import read_for_viewer, read_labels_for_viewer, read_result_for_viewer
from brainstem_app.gui.messages.message import Message
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Convention, Plane


@pytest.fixture
def background(qtbot: QtBot) -> Iterator[Background]:
    made = Background()
    yield made
    made.wait()


@pytest.fixture
def document(settings: WindowSettings, background: Background) -> Document:
    return Document(settings, background, keeps_labels=True)


def test_result_brings_scan_labels_and_findings(document: Document, result_folder: Path) -> None:
    order: list[str] = []
    document.image_changed.connect(lambda: order.append("image"))
    document.labels_shown.connect(lambda: order.append("labels"))
    document.opened.connect(lambda: order.append("opened"))
    document.show_result(read_result_for_viewer(result_folder))
    assert order == ["image", "opened", "labels", "opened"]
    assert document.scan is not None
    assert document.result is not None
    assert document.result.is_segmentation
    assert [finding.code for finding in document.findings] == ["medulla-cut", "oblique"]


def test_labels_stay_over_a_scan_of_their_grid_only_where_they_are_kept(
    document: Document, settings: WindowSettings, background: Background, result_folder: Path, scan_file: Path
) -> None:
    other = Document(settings, background)
    for one in (document, other):
        one.show_result(read_result_for_viewer(result_folder))
        one.show_scan(read_for_viewer(scan_file))
    assert document.labels is not None
    assert other.labels is None
    assert other.result is None


def test_labels_of_another_grid_are_shown_alone_and_it_is_said(
    document: Document, result_folder: Path, scan_file: Path, tmp_path: Path
) -> None:
    said: list[Message] = []
    document.message.connect(said.append)
    other = nib.Nifti1Image(np.ones((9, 9, 9), np.float32), np.diag([20.0, 20, 20, 1]))
    nib.save(other, tmp_path / "other.nii.gz")
    document.show_scan(read_for_viewer(tmp_path / "other.nii.gz"))
    document.show_labels(read_labels_for_viewer(result_folder / "labels_native.nii.gz"))
    assert document.scan is None
    assert document.image is not None
    assert "do not lie on the grid" in said[-1].what
    assert said[-1].is_of_page


def test_edits_are_the_documents_and_undo_takes_them_back(document: Document, result_folder: Path) -> None:
    document.show_result(read_result_for_viewer(result_folder))
    editor, told = document.editor, []
    document.labels_changed.connect(lambda: told.append("labels"))
    document.choose(3)
    editor.set_tool(Tool.BRUSH)
    editor.begin(False)
    editor.move(Plane.AXIAL, (12, 12, 12), (12, 12, 12))
    editor.end()
    assert told == ["labels"], "the copy that is painted takes the place of what was read"
    assert document.drawn.label((12, 12, 12)) == 3
    assert editor.is_changed
    editor.undo()
    assert not editor.is_changed
    assert document.drawn.label((12, 12, 12)) == 0


def test_two_documents_share_opacity_and_sides_and_nothing_else(
    document: Document, settings: WindowSettings, background: Background
) -> None:
    other = Document(settings, background)
    told: list[frozenset[str]] = []
    other.display.changed.connect(told.append)
    document.display.set(opacity=20, convention=Convention.NEUROLOGICAL, is_outlined=True)
    assert told == [{"opacity"}, {"convention"}]
    assert (other.display.state.opacity, other.display.state.is_outlined) == (20, False)
    assert settings.convention is Convention.NEUROLOGICAL


def test_moving_the_opacity_shows_hidden_labels(document: Document) -> None:
    document.display.set(hides_labels=True)
    document.display.set(opacity=35)
    assert not document.display.state.hides_labels


def test_reference_is_not_compared_with_labels_that_were_opened_since(
    qtbot: QtBot, document: Document, background: Background, result_folder: Path
) -> None:
    document.show_result(read_result_for_viewer(result_folder))
    document.comparison.open(result_folder)
    document.show_result(read_result_for_viewer(result_folder))
    qtbot.waitUntil(lambda: not background.is_busy, timeout=60_000)
    assert document.comparison.reference is None
    document.comparison.open(result_folder)
    qtbot.waitUntil(lambda: document.comparison.reference is not None, timeout=60_000)
