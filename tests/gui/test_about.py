"""Help ▸ About: which program this is, and where its licences are."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QPushButton
from pytestqt.qtbot import QtBot

from brainstem_app import __version__, locations
from brainstem_app.edition import edition_text
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.window.about import AboutDialog
from brainstem_app.locations import notices_folder


def test_about_names_version_edition_licence_and_notices(window: MainWindow) -> None:
    window.commands["about"].trigger()
    dialog = window.findChild(AboutDialog)
    assert dialog.isVisible()
    told = "\n".join(label.text() for label in dialog.findChildren(QLabel))
    for part in (__version__, edition_text(), "GPL-3.0-or-later", str(notices_folder())):
        assert part in told
    dialog.close()


def test_about_opens_the_folder_of_the_notices(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[QUrl] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url) or True)
    dialog = AboutDialog(window)
    qtbot.addWidget(dialog)
    (show,) = (button for button in dialog.findChildren(QPushButton) if "notices" in button.text())
    show.click()
    assert [Path(url.toLocalFile()) for url in opened] == [notices_folder()]


@pytest.mark.parametrize(
    ("package", "documents"),
    [
        ("opt/brainstem-app/_internal/brainstem_app", "opt/brainstem-app/doc"),
        ("Brainstem App/app/brainstem_app", "Brainstem App/doc"),
        ("usr/lib/brainstem-app/_internal/brainstem_app", "usr/share/doc/brainstem-app-predict"),
        ("usr/lib/brainstem-app/_internal/brainstem_app", "usr/share/doc/brainstem-app"),
    ],
)
def test_notices_of_a_package_are_its_documents(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, documents: str
) -> None:
    (tmp_path / documents).mkdir(parents=True)
    (tmp_path / documents / "sbom.cdx.json").write_text("{}\n", encoding="utf-8")
    monkeypatch.setattr(locations, "_PACKAGE", tmp_path / package)
    assert notices_folder() == tmp_path / documents


def test_notices_from_source_are_those_of_the_resources() -> None:
    assert (notices_folder() / "NOTICE.md").is_file()
