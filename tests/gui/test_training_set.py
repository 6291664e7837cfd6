"""Add to the training set: labels corrected in Review become the reference of their subject, and leave it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.library import load_atlas
from brainstem_app.errors import InputError
from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.document.opened import read_for_viewer, read_labels_for_viewer, read_result_for_viewer
from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.prepare.prepare_page import PreparePage
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.study.training_set import reference_job
from brainstem_app.imaging.label_map import load_label_map, save_label_map, save_volume
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine
from brainstem_app.jobs.provenance import file_hashes
from brainstem_app.jobs.studies.study_atlas import labels_hash
from brainstem_app.preprocessing.transforms import Transforms
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, StudySettings, SubjectRecord

PAG = 3
AROUND = 25
SHAPE = tuple(size + 2 * AROUND for size in BOX_SHAPE)
_LIMIT_MS = 120_000


def _affine() -> np.ndarray:
    affine = box_affine()
    affine[:3, 3] -= AROUND
    return affine


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    """A scan that lies on the template already."""
    path = tmp_path / "dataset" / "sub-01" / "anat" / "sub-01_T1w.nii.gz"
    path.parent.mkdir(parents=True)
    values = np.resize(np.random.default_rng(0).integers(1, 900, 997), SHAPE)
    save_volume(path, values.astype(np.float32), _affine())
    return path


@pytest.fixture
def prepared(tmp_path: Path, scan: Path) -> Study:
    """A study in which sub-01 is prepared from the scan."""
    atlas = load_atlas()
    settings = StudySettings(
        dataset=str(tmp_path / "dataset"),
        atlas_version=atlas.version,
        atlas_sha256=labels_hash(atlas),
    )
    study = Study.create(tmp_path / "study", settings)
    folder = study.subject_folder("sub-01")
    folder.mkdir()
    Transforms(np.eye(4)).save(folder / "transforms")
    save_volume(folder / "scan_box.nii.gz", np.zeros(BOX_SHAPE, np.float32), box_affine(), space="mni")
    registered = np.zeros(BOX_SHAPE, dtype=np.uint8)
    registered[30:33] = 4
    save_label_map(folder / "labels_box.nii.gz", registered, box_affine(), space="mni")
    SubjectRecord(
        name="sub-01",
        person="sub-01",
        state="finished",
        source=str(scan),
        sha256=sha256_of(scan) or "",
        settings={"space": "affine", **settings.atlas_settings},
        files=file_hashes(folder),
    ).save(folder / "manifest.json")
    study.save_splits(Splits(seed=0, train=("sub-01",), validation=(), test=()))
    return study


@pytest.fixture
def result(tmp_path: Path) -> Path:
    """A segmentation of the scan."""
    home = tmp_path / "results" / "sub-01_T1w"
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[50:56, 50:56, 60:66] = PAG
    home.mkdir(parents=True)
    save_label_map(home / "labels_native.nii.gz", labels, _affine())
    report = '{"atlas": {"name": "brainstem31"}, "model": {"name": "own", "version": "3"}, "warnings": []}'
    (home / "report.json").write_text(report, encoding="utf-8")
    return home


@pytest.fixture
def context(qtbot: QtBot, settings: WindowSettings, prepared: Study) -> Iterator[AppContext]:
    made = AppContext.made(settings)
    with qtbot.waitSignal(made.study.opened, timeout=_LIMIT_MS):
        made.study.open(prepared.folder)
    yield made
    for job in made.jobs.running:
        job.kill()
    made.background.wait()


@pytest.fixture
def review(qtbot: QtBot, context: AppContext, scan: Path, result: Path) -> ReviewPage:
    page = ReviewPage(context)
    qtbot.addWidget(page)
    page.show()
    page.document.show_scan(read_for_viewer(scan))
    page.document.show_result(read_result_for_viewer(result, scan))
    qtbot.waitUntil(lambda: not context.background.is_busy, timeout=_LIMIT_MS)
    return page


@pytest.fixture
def said(review: ReviewPage) -> list[Message]:
    messages: list[Message] = []
    review.message.connect(messages.append)
    return messages


def test_corrected_labels_are_added_with_one_key_marked_in_prepare_and_taken_out_by_undo(
    qtbot: QtBot, review: ReviewPage, said: list[Message], prepared: Study, result: Path
) -> None:
    prepare = PreparePage(review.context)
    qtbot.addWidget(prepare)
    folder = prepared.subject_folder("sub-01")
    before = (folder / "labels_box.nii.gz").read_bytes()
    review.document.choose(PAG)
    review.document.editor.set_width(3.0)
    review.commands["smooth"].trigger()
    view = review.views.main_view
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_T, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: bool(said) and bool(said[-1].actions), timeout=_LIMIT_MS)
    assert "sub-01" in said[-1].what
    assert "networks learn from it" in said[-1].what
    copy = result / "labels_native_edited.nii.gz"
    added = load_label_map(copy)[0][(slice(AROUND, -AROUND),) * 3]
    np.testing.assert_array_equal(prepared.load_box("sub-01").labels, added)
    qtbot.waitUntil(lambda: _reference(prepare) == "added", timeout=_LIMIT_MS)
    assert not prepare.view.reference_button.isHidden()
    said[-1].actions[0].run()
    qtbot.waitUntil(lambda: "out of the training set" in said[-1].what, timeout=_LIMIT_MS)
    assert (folder / "labels_box.nii.gz").read_bytes() == before
    qtbot.waitUntil(lambda: _reference(prepare) == "atlas", timeout=_LIMIT_MS)
    assert prepare.view.reference_button.isHidden()
    assert copy.is_file(), "the correction itself stays"


def _reference(page: PreparePage) -> str:
    return str(page.model.index(0, page.model.column_of("Labels")).data() or "")


def test_labels_that_nobody_corrected_are_asked_about(
    qtbot: QtBot, review: ReviewPage, said: list[Message], prepared: Study
) -> None:
    def ask() -> Message:
        said.clear()
        review.commands["add_reference"].trigger()
        qtbot.waitUntil(lambda: bool(said), timeout=_LIMIT_MS)
        return said[-1]

    question = ask()
    assert question.level is MessageLevel.QUESTION
    assert "Nobody has corrected or accepted these labels of own version 3" in question.what
    question.actions[1].run()
    qtbot.wait(50)
    assert review.context.jobs.jobs == []
    ask().actions[0].run()
    qtbot.waitUntil(lambda: "are the reference" in said[-1].what, timeout=_LIMIT_MS)
    record = prepared.subject("sub-01")
    assert record is not None
    assert record.origin == "segmented"


def test_nothing_can_be_added_without_a_prepared_study(
    qtbot: QtBot, settings: WindowSettings, scan: Path, result: Path
) -> None:
    page = ReviewPage(AppContext.made(settings))
    qtbot.addWidget(page)
    page.document.show_scan(read_for_viewer(scan))
    page.document.show_labels(read_labels_for_viewer(result / "labels_native.nii.gz"))
    said: list[Message] = []
    page.message.connect(said.append)
    page.commands["add_reference"].trigger()
    assert "No study" in said[-1].what
    assert "Open a study" in said[-1].fix
    page.context.background.wait()


def test_labels_are_of_the_subject_whose_scan_it_is_whatever_its_name(
    prepared: Study, scan: Path, result: Path, tmp_path: Path
) -> None:
    other = tmp_path / "else" / "renamed.nii.gz"
    other.parent.mkdir()
    other.write_bytes(scan.read_bytes())
    labels, table = result / "labels_native.nii.gz", load_atlas().table
    job = reference_job(labels, other, table, prepared.folder)
    assert (job.subject, job.scan, job.same_table) == ("sub-01", None, True)
    save_volume(other, np.ones(SHAPE, np.float32), _affine())
    with pytest.raises(InputError, match="another scan"):  # though the folder of the result is called so
        reference_job(labels, other, table, prepared.folder)
    elsewhere = tmp_path / "results" / "case7"
    (tmp_path / "results" / "sub-01_T1w").rename(elsewhere)
    new = reference_job(elsewhere / "labels_native.nii.gz", other, table, prepared.folder)
    assert (new.subject, new.scan) == ("case7", other)
