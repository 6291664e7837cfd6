"""The manual in the window: pages, links, search, history, looks, the page of each step, what is new."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder
from PySide6.QtCore import QPoint, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QTextCursor
from pytestqt.qtbot import QtBot

from brainstem_app import __version__
from brainstem_app.gui.design.look import design
from brainstem_app.gui.design.tokens import DARK, LIGHT, Look
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.manual.contents import CHANGES, anchor_of, manual_pages, page_at, search, text_of
from brainstem_app.gui.manual.manual_window import ManualWindow
from brainstem_app.gui.manual.page_html import linked_page, page_html
from brainstem_app.gui.window.side_windows import PAGES
from brainstem_app.locations import manual_folder


@pytest.fixture
def manual(qtbot: QtBot, window: MainWindow) -> Iterator[ManualWindow]:
    window.show()
    window.activateWindow()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    opened = window.beside.manual
    assert opened is not None
    yield opened
    design().want(None)


def html(path: str) -> str:
    page = page_at(path)
    assert page is not None
    return page_html(page, text_of(page), manual_folder(), 600)


def link_colours(manual: ManualWindow) -> set[str]:
    """Colours of the links on the page that is shown."""
    cursor, found = QTextCursor(manual.browser.document()), set()
    while cursor.movePosition(QTextCursor.MoveOperation.NextCharacter):
        if cursor.charFormat().anchorHref():
            found.add(cursor.charFormat().foreground().color().name())
    return found


def test_each_step_has_a_page_and_its_heading_is_there() -> None:
    for path, heading in PAGES.values():
        assert not heading or f'<a name="{heading}">' in html(path)


def test_every_page_has_a_title_and_live_links_lead_to_headings_that_are_there() -> None:
    lost = []
    for page in manual_pages():
        text = html(page.path)
        assert "<h1>" in text, page.path
        for link in re.findall(r'href="([^"]+)"', text):
            if "://" in link or link.startswith("mailto:"):
                continue
            found = linked_page(link, page)
            if found is None or (found[1] and f'<a name="{found[1]}">' not in html(found[0].path)):
                lost.append(f"{page.path}: {link}")
    assert lost == []


def test_pictures_are_there_and_no_wider_than_the_room() -> None:
    pictures = [one for page in manual_pages() for one in re.findall(r"<img[^>]+>", html(page.path))]
    assert len(pictures) > 10
    for picture in pictures:
        width, source = re.search(r'width="(\d+)"', picture), re.search(r'src="([^"]+)"', picture)
        assert width is not None, picture
        assert source is not None, picture
        assert int(width[1]) <= 600
        assert Path(QUrl(source[1]).toLocalFile()).is_file()


def test_pages_for_developers_are_left_out_and_links_to_them_are_words() -> None:
    assert page_at("docs/reference/structure.md") is None
    assert "structure.md" not in html("docs/explanation/decisions.md")


def test_a_search_finds_sections_that_hold_all_words_and_headings_first() -> None:
    found = search("midsagittal areas")
    assert found[0].heading == "Midsagittal areas" or found[0].page.title == "Midsagittal areas"
    assert all("midsagittal" in f"{one.page.title} {one.heading}".casefold() for one in found[:2])
    assert search("areas zebrafish") == []
    assert search("  ") == []


def test_f1_opens_the_manual_at_the_page_of_the_step(qtbot: QtBot, manual: ManualWindow) -> None:
    window = manual.parent()
    assert isinstance(window, MainWindow)
    assert manual.isVisible()
    page = manual.browser.page
    assert page is not None
    assert page.path == PAGES[window.current_step][0]
    assert manual.contents.currentItem().text(0) == page.title


def test_typed_words_are_found_and_return_opens_the_first_place(qtbot: QtBot, manual: ManualWindow) -> None:
    qtbot.keyClick(manual, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(manual.words, "superior colliculus zebrafish")
    qtbot.waitUntil(lambda: manual.found.isVisible() and manual.found.count() == 1)
    assert "No section" in manual.found.item(0).text()
    qtbot.keyClick(manual, Qt.Key.Key_Escape)
    assert manual.isVisible()
    qtbot.waitUntil(manual.contents.isVisible)
    qtbot.keyClicks(manual.words, "head size")
    qtbot.keyClick(manual.words, Qt.Key.Key_Return)
    page = manual.browser.page
    assert page is not None
    assert page.path == search("head size")[0].page.path
    assert manual.browser.textCursor().selectedText().casefold() == "head"


def test_links_of_a_page_are_followed_and_back_and_forward_go_the_same_way(
    qtbot: QtBot, manual: ManualWindow
) -> None:
    manual.open_page("docs/how-to/use-the-window.md")
    browser = manual.browser
    link = re.search(r'href="(review-labels\.md)"', html("docs/how-to/use-the-window.md"))
    assert link is not None
    browser.anchorClicked.emit(QUrl(link[1]))
    assert browser.page == page_at("docs/how-to/review-labels.md")
    qtbot.mouseClick(manual.back_button, Qt.MouseButton.LeftButton)
    assert browser.page == page_at("docs/how-to/use-the-window.md")
    assert manual.contents.currentItem().text(0) == "Use the window"
    qtbot.keyClick(manual, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: browser.page == page_at("docs/how-to/review-labels.md"))


def test_sites_are_opened_by_the_systems_browser(
    manual: ManualWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    before = manual.browser.page
    manual.browser.anchorClicked.emit(QUrl("https://lucide.dev"))
    assert opened == ["https://lucide.dev"]
    assert manual.browser.page == before


def test_a_click_in_the_contents_opens_the_page(qtbot: QtBot, manual: ManualWindow) -> None:
    tree = manual.contents
    item = tree.findItems("Compare groups", Qt.MatchFlag.MatchRecursive)[0]
    qtbot.mouseClick(
        tree.viewport(), Qt.MouseButton.LeftButton, pos=tree.visualItemRect(item).center() + QPoint(1, 0)
    )
    assert manual.browser.page == page_at("docs/how-to/compare-groups.md")


def test_a_page_is_written_in_the_colours_of_the_look(manual: ManualWindow) -> None:
    for look, colours in ((Look.DARK, DARK), (Look.LIGHT, LIGHT)):
        design().want(look)
        assert link_colours(manual) == {colours.accent}


def test_what_is_new_is_in_the_menu(manual: ManualWindow) -> None:
    window = manual.parent()
    assert isinstance(window, MainWindow)
    window.commands["whats_new"].trigger()
    assert manual.browser.page == page_at(CHANGES)


@pytest.mark.parametrize(("before", "is_told"), [("", False), (__version__, False), ("0.0.9", True)])
def test_an_update_is_told_once_with_a_way_to_what_is_new(
    window: MainWindow, before: str, is_told: bool
) -> None:
    settings = window.context.settings
    settings.seen_version = before
    window.beside.tell_of_update()
    message = window.message_bar.message
    assert (message is not None and "0.0.9" in message.what) is is_told
    assert settings.seen_version == __version__
    window.message_bar.clear()
    window.beside.tell_of_update()
    assert window.message_bar.message is None


def test_headings_have_the_names_that_links_use() -> None:
    assert anchor_of("1. Say *where* it was drawn") == "1-say-where-it-was-drawn"


def test_the_wheel_holds_the_manual(repository_root: Path) -> None:
    inside = {file.distribution_path for file in WheelBuilder(str(repository_root)).recurse_included_files()}
    forced = {
        file.distribution_path
        for builder in [WheelBuilder(str(repository_root))]
        for file in builder.recurse_forced_files(builder.config.get_force_include())
    }
    for page in manual_pages():
        assert f"brainstem_app/manual/{page.path}" in inside | forced
    assert "brainstem_app/manual/mkdocs.yml" in forced
    assert "brainstem_app/manual/docs/images/review_three.jpg" in inside
    assert not any(name.startswith("brainstem_app/manual") and name.endswith(".py") for name in inside)
