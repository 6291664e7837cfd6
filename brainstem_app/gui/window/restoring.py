"""Restoring of the work at the start: models, jobs, the study of the last time and what was open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from brainstem_app.gui.warm_up import import_pages
from brainstem_app.gui.workflow.page_stack import STEPS
from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.window.opening import Opening
    from brainstem_app.gui.workflow.page_stack import PageStack

_PAGE_EVERY_MS = 150


class Restoring(QObject):
    """Loads what is heavy once the window is on the screen, then shows where the work was left."""

    def __init__(self, context: AppContext, pages: PageStack, opening: Opening, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._pages = pages
        self._opening = opening
        self._has_begun = False
        context.study.opened.connect(self._on_study_opened)

    def begin(self) -> None:
        """Load and take up, after the first paint; a second call does nothing."""
        if not self._has_begun:
            self._has_begun = True
            self._context.study.expect_restore()
            QTimer.singleShot(50, self, self._take_up)

    def _take_up(self) -> None:
        context = self._context
        context.models.read()
        context.background.run(import_pages, lambda _result: None, lambda _error: None)
        context.jobs.restore()
        context.study.restore()

    def _on_study_opened(self) -> None:
        """Show the scans, the step and, once asked for, the results that were open in the study."""
        study = self._context.study
        workspace = study.workspace
        sources, removed = map(Path, workspace.sources), map(Path, workspace.removed)
        self._pages.scans.list.restore(tuple(sources), frozenset(removed))
        self._opening.left.read(workspace.choices)
        try:
            step = StepName(workspace.step)
        except ValueError:
            step = StepName.SCANS
        self._opening.step_wanted.emit(step if step in STEPS else StepName.SCANS)
        if study.is_open:
            QTimer.singleShot(_PAGE_EVERY_MS, self, self._make_next_page)

    def _make_next_page(self) -> None:
        """Make the pages that work on a study one by one, so that none keeps the user waiting for it."""
        missing = [step for step in STEPS if step.is_of_study and not self._pages.has(step)]
        if missing and self._pages.isVisible():
            self._pages.page(missing[0])
            QTimer.singleShot(_PAGE_EVERY_MS, self, self._make_next_page)
