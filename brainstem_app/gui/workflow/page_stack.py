"""Stack of the pages: each is made when it is first asked for, and scrolls where the window is smaller."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget

from brainstem_app.gui.design.look import dress, set_look
from brainstem_app.gui.design.tokens import Look
from brainstem_app.gui.segment.segment_page import SegmentPage
from brainstem_app.gui.workflow.page_header import PageHeader
from brainstem_app.gui.workflow.step import StepName, step_text
from brainstem_app.gui.workflow.step_page import StepPage

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.review.review_page import ReviewPage
    from brainstem_app.gui.scans.scans_page import ScansPage

_SMALLEST = QSize(240, 104)
# Segment is made with the window; the others when they are needed, so that the first paint waits for none.
_PAGES: dict[StepName, tuple[str, str]] = {
    StepName.SCANS: ("brainstem_app.gui.scans.scans_page", "ScansPage"),
    StepName.PREPARE: ("brainstem_app.gui.prepare.prepare_page", "PreparePage"),
    StepName.TRAIN: ("brainstem_app.gui.train.train_page", "TrainPage"),
    StepName.REPORT: ("brainstem_app.gui.report.report_page", "ReportPage"),
    StepName.COMPARE: ("brainstem_app.gui.compare.compare_page", "ComparePage"),
    StepName.QUALITY: ("brainstem_app.gui.quality.quality_page", "QualityPage"),
    StepName.REVIEW: ("brainstem_app.gui.review.review_page", "ReviewPage"),
}
STEPS: tuple[StepName, ...] = tuple(step for step in StepName if step in _PAGES or step is StepName.SEGMENT)


class PageStack(QStackedWidget):
    """Shows one page at a time, on a screen of any size.

    Signals
    -------
    made(object, object)
        The page (a `StepPage`) of a `StepName` is there now.
    shown(object, object)
        A `StepName` is on the screen; that which was there before.
    """

    made = Signal(object, object)
    shown = Signal(object, object)

    def __init__(self, context: AppContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._pages: dict[StepName, StepPage] = {}
        self.headers: dict[StepName, PageHeader] = {}
        self.segment = SegmentPage(context, self)
        self._add(StepName.SEGMENT, self.segment)
        self.step = StepName.SEGMENT

    def page(self, step: StepName) -> StepPage:
        """Page of a step; made when it is first asked for."""
        if step not in self._pages:
            module, name = _PAGES[step]
            self._add(step, getattr(import_module(module), name)(self._context, self))
            self.made.emit(step, self._pages[step])
        return self._pages[step]

    def has(self, step: StepName) -> bool:
        """Whether the page of a step has been made."""
        return step in self._pages

    @property
    def current(self) -> StepPage:
        """The page on the screen."""
        return self._pages[self.step]

    @property
    def scans(self) -> ScansPage:
        """The page Scans."""
        page: ScansPage = self.page(StepName.SCANS)  # type: ignore[assignment]
        return page

    @property
    def review(self) -> ReviewPage | None:
        """The page Review; None before it was first shown."""
        page: ReviewPage | None = self._pages.get(StepName.REVIEW)  # type: ignore[assignment]
        return page

    def show_step(self, step: StepName) -> None:
        """Show the page of a step, brought up to date."""
        page, before = self.page(step), self.step
        self.step = step
        self.setCurrentIndex(list(self._pages).index(step))
        self.shown.emit(step, before)
        page.activate()

    def _add(self, step: StepName, page: StepPage) -> None:
        self._pages[step] = page
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        header = self.headers[step] = PageHeader(step_text(step))
        page.about.connect(header.show_about)
        scrolled = ScrolledPage(page, self, header)
        self.addWidget(scrolled)
        if step.shows_pictures:
            set_look(scrolled, self._picture_look)
        dress(scrolled)

    @property
    def _picture_look(self) -> Look | None:
        return Look.DARK if self._context.settings.preferences.dark_pictures else None

    def show_looks(self) -> None:
        """Give the pages with pictures the look that the settings say."""
        for step in self._pages:
            scrolled = self.widget(list(self._pages).index(step))
            if step.shows_pictures and scrolled is not None:
                set_look(scrolled, self._picture_look)


class ScrolledPage(QScrollArea):
    """Lets a page be smaller than its least size; its controls are scrolled to then, below its header."""

    def __init__(self, page: QWidget, parent: QWidget, header: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page, self._header = page, header
        self.setAutoFillBackground(True)
        if header is not None:
            header.setParent(self)
            header.installEventFilter(self)
            self._fit_header()
        self.setWidget(page)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Keep the header above the page, and tell the page what room it has."""
        super().resizeEvent(event)
        self._fit_header()
        if isinstance(self._page, StepPage):
            self._page.fit_room(self.viewport().size())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Begin the page below the header, also when that has become higher."""
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit_header()
        return super().eventFilter(watched, event)

    def _fit_header(self) -> None:
        if self._header is not None:
            height = self._header.sizeHint().height()
            self._header.setGeometry(0, 0, self.width(), height)
            self.setViewportMargins(0, height, 0, 0)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Small, whatever the page is."""
        return _SMALLEST

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """As the page would have it."""
        return self._page.sizeHint()
