"""Models and atlases at hand: import, rename, copy, delete, with real files and the mouse."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.library import list_atlases, load_atlas
from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.library.atlas_view import atlas_picture
from brainstem_app.gui.library.library_window import LibraryWindow
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.messages.message_bar import MessageBar
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.imaging.spaces import mni_affine
from brainstem_app.models.card import ModelCard
from brainstem_app.models.library import list_models, user_models_folder

from .message_buttons import press_message_button

_WAIT_MS = 60_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the user's own, for this process and the workers."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def library(qtbot: QtBot, settings: WindowSettings, home: Path) -> Iterator[LibraryWindow]:
    context = AppContext.made(settings)
    shown = LibraryWindow(context)
    qtbot.addWidget(shown)
    context.models.read()
    shown.show()
    qtbot.waitUntil(lambda: len(shown.models.rows.rows) == 1, timeout=_WAIT_MS)
    yield shown
    for job in context.jobs.running:
        job.kill()
    context.background.wait()


def made_model(folder: Path, name: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(b"weights")
    card = ModelCard(
        name=name, atlas="brainstem31", atlas_version="1", decoder="fpn", encoder="resnet18", classes=34
    )
    card.save(folder)
    return folder / "model.json"


def press(qtbot: QtBot, button: QPushButton) -> None:
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def told(bar: MessageBar, word: str) -> bool:
    return bar.message is not None and word in bar.message.what


def names(library: LibraryWindow) -> list[str]:
    return [row.model.card.name for row in library.models.rows.rows]


def choose(qtbot: QtBot, library: LibraryWindow, name: str) -> None:
    tab = library.models
    at = tab.table.visualRect(tab.rows.index(names(library).index(name), 0)).center()
    qtbot.mouseClick(tab.table.viewport(), Qt.MouseButton.LeftButton, pos=at)


def test_the_model_that_ships_shows_its_card_and_cannot_be_renamed_or_deleted(library: LibraryWindow) -> None:
    tab = library.models
    card = list_models()[0].card
    assert card.name in tab.card.title
    assert card.limits.split(".")[0].split("'")[0] in tab.words.text()
    assert tab.rows.value_at(0, 3) == f"{card.results.macro_miou:.2f}"
    assert not tab.delete_button.isEnabled()
    assert not tab.name.isVisible()


def test_a_model_is_imported_renamed_copied_and_deleted(
    qtbot: QtBot, library: LibraryWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, source = library.models, made_model(tmp_path / "theirs", "theirs")
    monkeypatch.setattr(tab._ask, "file", lambda *_asked: source)
    press(qtbot, tab.import_button)
    qtbot.waitUntil(lambda: "theirs" in names(library), timeout=_WAIT_MS)
    chosen = tab.chosen
    assert chosen is not None
    assert chosen.model.card.name == "theirs"
    assert "not measured" in tab.words.text()
    tab.name.selectAll()
    qtbot.keyClicks(tab.name, "ours")
    press(qtbot, tab.rename_button)
    qtbot.waitUntil(lambda: "ours" in names(library) and "theirs" not in names(library), timeout=_WAIT_MS)
    monkeypatch.setattr(tab._ask, "new_folder", lambda *_asked: tmp_path / "stick")
    press(qtbot, tab.copy_button)
    qtbot.waitUntil((tmp_path / "stick" / "ours" / "model.json").is_file, timeout=_WAIT_MS)
    qtbot.waitUntil(lambda: told(tab.bar, "saved"), timeout=_WAIT_MS)
    press(qtbot, tab.delete_button)
    press_message_button(qtbot, tab.bar, "Keep")
    assert (user_models_folder() / "ours").is_dir()
    press(qtbot, tab.delete_button)
    press_message_button(qtbot, tab.bar, "Delete")
    qtbot.waitUntil(lambda: names(library) == [list_models()[0].card.name], timeout=_WAIT_MS)
    assert not (user_models_folder() / "ours").exists()


def test_what_is_no_model_is_refused_with_what_to_do(
    qtbot: QtBot, library: LibraryWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab, stray = library.models, tmp_path / "stray.onnx"
    stray.write_bytes(b"weights")
    monkeypatch.setattr(tab._ask, "file", lambda *_asked: stray)
    press(qtbot, tab.import_button)
    qtbot.waitUntil(lambda: tab.bar.message is not None, timeout=_WAIT_MS)
    message = tab.bar.message
    assert message is not None
    assert "model card" in message.what
    assert message.fix


def test_a_taken_name_is_refused_and_the_model_stays(
    qtbot: QtBot, library: LibraryWindow, tmp_path: Path
) -> None:
    tab = library.models
    tab.bring_in(made_model(tmp_path / "theirs", "theirs"))
    qtbot.waitUntil(lambda: "theirs" in names(library), timeout=_WAIT_MS)
    choose(qtbot, library, "theirs")
    tab.name.selectAll()
    qtbot.keyClicks(tab.name, names(library)[0])
    qtbot.keyClick(tab.name, Qt.Key.Key_Return)
    qtbot.waitUntil(
        lambda: tab.bar.message is not None and "already" in tab.bar.message.what, timeout=_WAIT_MS
    )
    assert "theirs" in names(library)


@pytest.mark.parametrize("convention", Convention)
def test_the_picture_has_the_patients_left_where_the_convention_says(convention: Convention) -> None:
    atlas = load_atlas()
    picture = atlas_picture(atlas, convention).convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), -1)
    pixels = rows[:, : 3 * picture.width()].reshape(picture.height(), -1, 3).astype(int)
    first = int(np.argmax((pixels == 0).all(axis=(0, 2))[5:])) + 5  # the gap behind the axial slice
    red, green, blue = atlas.table.by_name("SN_L").rgb
    differences = np.diff(pixels[:, :first], axis=2)
    like = np.abs(differences - 0.6 * np.array([green - red, blue - green])).max(axis=2) < 3
    left, right = like[:, : first // 2].sum(), like[:, first // 2 :].sum()
    assert max(left, right) > 100
    assert bool(right > 20 * left) is (convention is Convention.RADIOLOGICAL)
    assert bool(left > 20 * right) is (convention is Convention.NEUROLOGICAL)


def test_an_atlas_is_imported_looked_at_kept_and_deleted(
    qtbot: QtBot, library: LibraryWindow, tmp_path: Path
) -> None:
    atlas, maps = load_atlas(), tmp_path / "maps"
    maps.mkdir()
    for name in ("RN_L", "RN_R", "PAG"):
        mask = (atlas.labels == atlas.table.by_name(name).index).astype(np.uint8)
        nib.save(nib.Nifti1Image(mask, mni_affine()), maps / f"{name}.nii.gz")
    tab = library.atlases
    library.open_tab(tab)
    qtbot.waitUntil(lambda: not tab.view.picture.is_empty, timeout=_WAIT_MS)
    press(qtbot, tab.import_button)
    tab.form.set_values({"name": "brainstem31", "source": str(maps), "space": "MNI152NLin2009aSym"})
    press(qtbot, tab.start_button)
    assert "already" in tab.form._hints["name"].text()
    tab.form.set_values({"name": "mine", "licence": "CC BY 4.0 of the lab"})
    press(qtbot, tab.start_button)
    qtbot.waitUntil(lambda: tab.bar.message is not None, timeout=_WAIT_MS)
    assert "mine" in tab.card.title
    assert "SN_L" not in {row.structure.name for row in tab.view.rows.rows}, "nothing of the atlas before"
    qtbot.waitUntil(lambda: len(tab.view.rows.rows) > 0, timeout=_WAIT_MS)
    assert {row.structure.name for row in tab.view.rows.rows} >= {"RN_L", "RN_R", "PAG"}
    volumes = {row.structure.name: (row.volume, row.source) for row in tab.view.rows.rows}
    assert volumes["PAG"][0] == pytest.approx(volumes["PAG"][1], rel=0.03)
    assert "CC BY 4.0 of the lab" in tab.view.licence.toPlainText()
    assert "mine" not in list_atlases()
    press_message_button(qtbot, tab.bar, "Keep it")
    qtbot.waitUntil(lambda: tab.chosen is not None and tab.chosen.name == "mine", timeout=_WAIT_MS)
    assert "mine" in list_atlases()
    assert not list((tmp_path / "atlas to look at").glob("*"))
    press(qtbot, tab.delete_button)
    press_message_button(qtbot, tab.bar, "Delete")
    qtbot.waitUntil(lambda: [row.name for row in tab.rows.rows] == ["brainstem31"], timeout=_WAIT_MS)
    assert list_atlases() == ["brainstem31"]
    assert not tab.delete_button.isEnabled()


def test_maps_that_cannot_be_read_are_named_with_what_to_do(
    qtbot: QtBot, library: LibraryWindow, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    tab = library.atlases
    library.open_tab(tab)
    press(qtbot, tab.import_button)
    tab.form.set_values({"source": str(tmp_path / "not there"), "name": "mine"})
    press(qtbot, tab.start_button)
    assert "no such" in tab.form._hints["source"].text()
    tab.form.set_values({"source": str(tmp_path / "empty"), "space": "MNI152NLin2009aSym"})
    press(qtbot, tab.start_button)
    qtbot.waitUntil(lambda: tab.bar.message is not None, timeout=_WAIT_MS)
    message = tab.bar.message
    assert message is not None
    assert "empty" in message.where
    assert message.fix


def test_menus_open_the_tab_they_name(qtbot: QtBot, window: MainWindow, home: Path) -> None:
    for name, title in (("models", "Models"), ("atlases", "Atlases")):
        window.commands[name].trigger()
        library = window.beside.library
        assert library is not None
        assert library.isVisible()
        assert library.tabs.tabText(library.tabs.currentIndex()) == title
    window.context.background.wait()
