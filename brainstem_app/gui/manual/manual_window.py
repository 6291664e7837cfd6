"""Window of the manual: contents and search at the left, the page at the right."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, QUrl
from PySide6.QtGui import QKeySequence, QShortcut, QShowEvent, QTextDocument
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QTextBrowser,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from brainstem_app.gui.controls import make_icon_button, make_search
from brainstem_app.gui.design.look import colours_of, design
from brainstem_app.gui.design.tokens import HALF, SPACE
from brainstem_app.gui.file_dialogs import open_address
from brainstem_app.gui.manual.contents import Found, ManualPage, manual_pages, page_at, search, text_of
from brainstem_app.gui.manual.found_delegate import SNIPPET_ROLE, FoundDelegate
from brainstem_app.gui.manual.page_html import linked_page, page_html, style_of
from brainstem_app.gui.window.screen_fit import keep_on_screen, resize_to_fit
from brainstem_app.locations import manual_folder

_SIZE = QSize(1120, 780)
_LEFT = 280
_MARGIN = 4 * SPACE
_PATIENCE_MS = 150
_ITS_PAGE, _ITS_PLACE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class ManualBrowser(QTextBrowser):
    """A page of the manual, with what was read before and after it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Page of the manual")
        self.setOpenLinks(False)
        self.document().setDocumentMargin(_MARGIN)
        self.anchorClicked.connect(self._follow)
        design().changed.connect(self._show_anew)

    @property
    def page(self) -> ManualPage | None:
        """The page that is shown."""
        path = self.source().path()
        return page_at(path.removeprefix("/"))

    def open_page(self, page: ManualPage, anchor: str = "") -> None:
        """Show a page, from one of its headings on."""
        url = QUrl(f"manual:/{page.path}")
        url.setFragment(anchor)
        self.setSource(url, QTextDocument.ResourceType.HtmlResource)
        if not anchor:
            self.verticalScrollBar().setValue(0)

    def loadResource(self, kind: int, name: QUrl | str) -> Any:  # noqa: N802 - Qt's name
        """Make the page that is asked for, or read a picture."""
        page = page_at(QUrl(name).path().removeprefix("/"))
        if page is None or kind != QTextDocument.ResourceType.HtmlResource.value:
            return super().loadResource(kind, name)
        self.document().setDefaultStyleSheet(style_of(colours_of(self), design().points))
        room = self.viewport().width() - 2 * _MARGIN - self.verticalScrollBar().sizeHint().width()
        return page_html(page, text_of(page), manual_folder(), room)

    def _follow(self, link: QUrl) -> None:
        if open_address(link) or self.page is None:
            return
        if (found := linked_page(link.toString(), self.page)) is not None:
            self.open_page(*found)

    def _show_anew(self) -> None:
        place = self.verticalScrollBar().value()
        self.reload()
        self.verticalScrollBar().setValue(place)


class ManualWindow(QWidget):
    """The documentation of this version, without a connection; stays open beside the window.

    Attributes
    ----------
    browser : ManualBrowser
    contents : QTreeWidget
    words : QLineEdit
        What is searched for.
    found : QListWidget
        Where it stands; shown in place of the contents.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Manual – Brainstem App")
        self.browser = ManualBrowser(self)
        self.contents = self._contents()
        self.found = QListWidget(self)
        self.found.setAccessibleName("Places that were found")
        self.found.setItemDelegate(FoundDelegate(self.found))
        self.found.itemActivated.connect(self._open_found)
        self.found.itemClicked.connect(self._open_found)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PATIENCE_MS)
        self._pause.timeout.connect(self._search)
        hint = "Words that a section has to hold (Ctrl+F)"
        self.words = make_search(self, "Search the manual", hint, lambda _text: self._pause.start())
        self.words.returnPressed.connect(self._open_first)
        self.back_button = self._way("arrow-left", "Back", "To the page before (Alt+Left)", "Alt+Left")
        self.forward_button = self._way(
            "arrow-right", "Forward", "To the page after (Alt+Right)", "Alt+Right"
        )
        self.back_button.clicked.connect(self.browser.backward)
        self.forward_button.clicked.connect(self.browser.forward)
        self.browser.backwardAvailable.connect(self.back_button.setEnabled)
        self.browser.forwardAvailable.connect(self.forward_button.setEnabled)
        self.browser.sourceChanged.connect(self._mark_shown)
        self._lay_out()
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self, self.words.setFocus)
        QShortcut(QKeySequence("Esc"), self, self._leave)
        resize_to_fit(self, _SIZE)

    def open_page(self, path: str, anchor: str = "") -> None:
        """Show a page by its file below the manual's folder, and bring the window to the front."""
        self.show()
        self.raise_()
        self.activateWindow()
        page = page_at(path)
        if page is not None:
            self.browser.open_page(page, anchor)
        self.browser.setFocus()

    # Making ------------------------------------------------------------------------------------------

    def _contents(self) -> QTreeWidget:
        tree = QTreeWidget(self)
        tree.setAccessibleName("Contents of the manual")
        tree.setAccessibleDescription("Choosing a page shows it beside the list.")
        tree.setHeaderHidden(True)
        sections: dict[str, QTreeWidgetItem] = {}
        for page in manual_pages():
            if page.section and page.section not in sections:
                sections[page.section] = QTreeWidgetItem(tree, [page.section])
            item = QTreeWidgetItem(sections.get(page.section, tree), [page.title])
            item.setData(0, _ITS_PAGE, page)
            item.setToolTip(0, page.title)
        first = next(iter(sections.values()), None)
        if first is not None:
            first.setExpanded(True)
        tree.itemClicked.connect(self._open_item)
        tree.itemActivated.connect(self._open_item)
        return tree

    def _way(self, icon: str, name: str, hint: str, keys: str) -> QToolButton:
        button = make_icon_button(self, icon, name, hint)
        button.setShortcut(QKeySequence(keys))
        button.setEnabled(False)
        return button

    def _lay_out(self) -> None:
        self.left = QStackedWidget(self)
        self.left.addWidget(self.contents)
        self.left.addWidget(self.found)
        head = QHBoxLayout()
        head.setSpacing(HALF)
        for widget in (self.back_button, self.forward_button, self.words):
            head.addWidget(widget)
        column = QVBoxLayout()
        column.addLayout(head)
        column.addWidget(self.left, 1)
        side = QWidget(self)
        side.setLayout(column)
        side.setFixedWidth(_LEFT)
        column.setContentsMargins(0, 0, 0, 0)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        layout.setSpacing(SPACE)
        layout.addWidget(side)
        layout.addWidget(self.browser, 1)

    # Reading -----------------------------------------------------------------------------------------

    def _open_item(self, item: QTreeWidgetItem) -> None:
        page = item.data(0, _ITS_PAGE)
        if isinstance(page, ManualPage):
            self.browser.open_page(page)
        else:
            item.setExpanded(not item.isExpanded())

    def _mark_shown(self, url: QUrl) -> None:
        """Mark in the contents what is read now."""
        shown = page_at(url.path().removeprefix("/"))
        for item in self.contents.findItems("*", Qt.MatchFlag.MatchWildcard | Qt.MatchFlag.MatchRecursive):
            if item.data(0, _ITS_PAGE) == shown:
                self.contents.setCurrentItem(item)
                return

    def _search(self) -> None:
        words = self.words.text().strip()
        self.left.setCurrentWidget(self.found if words else self.contents)
        self.found.clear()
        for one in search(words):
            where = f"{one.page.title} ▸ {one.heading}" if one.heading else one.page.title
            item = QListWidgetItem(where)
            item.setToolTip(where)
            item.setData(SNIPPET_ROLE, one.snippet)
            item.setData(_ITS_PLACE, one)
            self.found.addItem(item)
        if words and not self.found.count():
            item = QListWidgetItem("No section holds all of these words.")
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.found.addItem(item)

    def _open_first(self) -> None:
        self._pause.stop()
        self._search()
        if self.found.count():
            self.found.setCurrentRow(0)
            self._open_found(self.found.item(0))

    def _open_found(self, item: QListWidgetItem) -> None:
        one = item.data(_ITS_PLACE)
        if isinstance(one, Found):
            self.browser.open_page(one.page, one.anchor)
            self.browser.find(self.words.text().split()[0])

    def _leave(self) -> None:
        """Leave the search; if there is none, the manual."""
        if self.words.text():
            self.words.clear()
        else:
            self.close()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Keep all of it on the screen."""
        super().showEvent(event)
        QTimer.singleShot(0, self, lambda: keep_on_screen(self))
