"""Foreign text in the window: shown letter by letter, whatever it looks like."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QStringListModel, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QHelpEvent, QImage, QTextDocument
from PySide6.QtWidgets import QApplication, QLabel, QListView, QMenu, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from brainstem_app.atlas.library import load_atlas
from brainstem_app.gui.file_dialogs import open_address
from brainstem_app.gui.library.atlas_view import AtlasShown, AtlasView
from brainstem_app.gui.plain_labels import no_mnemonic, plain_tool_tip, show_labels_as_they_are

FOREIGN = '<img src="//host/x.png"><b>sub-01</b>'


class _Listed(QStringListModel):
    def data(self, index: object, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return FOREIGN if role == Qt.ItemDataRole.ToolTipRole else super().data(index, role)


@pytest.fixture(autouse=True)
def _guarded(qtbot: QtBot) -> None:
    show_labels_as_they_are()


def test_label_shows_what_looks_like_html_letter_by_letter(qtbot: QtBot) -> None:
    label, rich = QLabel(FOREIGN), QLabel("<b>ours</b>")
    rich.setTextFormat(Qt.TextFormat.RichText)
    for each in (label, rich):
        qtbot.addWidget(each)
        each.show()
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert rich.textFormat() == Qt.TextFormat.RichText
    label.setText("a")
    short = label.sizeHint().width()
    label.setText("<i>a</i>")
    assert label.sizeHint().width() > short


def _ask(widget: QWidget) -> str:
    QToolTip.hideText()
    place = QPoint(5, 5)
    QApplication.sendEvent(widget, QHelpEvent(QHelpEvent.Type.ToolTip, place, widget.mapToGlobal(place)))
    return QToolTip.text()


def test_tooltips_of_widgets_and_of_rows_are_shown_letter_by_letter(qtbot: QtBot) -> None:
    widget, rows = QLabel("name"), QListView()
    rows.setModel(_Listed(["sub-01"]))
    widget.setToolTip(FOREIGN)
    for each in (widget, rows):
        qtbot.addWidget(each)
        each.resize(200, 100)
        each.show()
    expected = "<qt>&lt;img src=&quot;//host/x.png&quot;&gt;&lt;b&gt;sub-01&lt;/b&gt;</qt>"
    assert _ask(widget) == expected
    assert _ask(rows.viewport()) == expected
    widget.setToolTip("plain & simple\nline")
    assert _ask(widget) == "plain & simple\nline"
    assert plain_tool_tip("1 < 2\n") == "<qt>1 &lt; 2<br></qt>"


def test_every_window_guards_its_labels(window: QWidget) -> None:
    label = QLabel(FOREIGN, window)
    label.show()
    window.show()
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_name_with_an_ampersand_marks_no_key(qtbot: QtBot) -> None:
    menu = QMenu()
    qtbot.addWidget(menu)
    action = menu.addAction(no_mnemonic("R&D && sub-01"))
    assert action.iconText() == "R&D && sub-01"


def test_notice_of_an_atlas_fetches_nothing_and_opens_addresses_alone(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.svg").write_text("<svg/>", encoding="utf-8")
    notice = f"![x]({(tmp_path / 'x.svg').as_uri()}) <img src='x'> **Licence**\n\n[page](https://x.org)"
    atlas = replace(load_atlas(), notice=notice)
    view = AtlasView()
    qtbot.addWidget(view)
    view.show_atlas(AtlasShown(atlas, (), QImage()))
    image = QTextDocument.ResourceType.ImageResource
    place = QUrl.fromLocalFile(str(tmp_path / "x.svg"))
    assert view.licence.document().resource(image.value, place) == b" "
    assert "<img src='x'> Licence" in view.licence.toPlainText()
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    for link in ("https://x.org", "file:///etc/passwd", "smb://host/x", (tmp_path / "x.svg").as_uri()):
        view.licence.anchorClicked.emit(QUrl(link))
    assert opened == ["https://x.org"]
    assert not open_address(QUrl("file:///x"))
