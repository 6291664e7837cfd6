"""What a window takes up when it starts: models, jobs, the study of the last time and what was open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.warm_up import find_models, import_pages
from brainstem_app.gui.workflow.pages import STEPS
from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from brainstem_app.gui.main_window import MainWindow

_MODELS = "models"
_PAGE_EVERY_MS = 150
_OF_STUDY = (StepName.PREPARE, StepName.TRAIN, StepName.COMPARE, StepName.QUALITY, StepName.REPORT)


class Restoring(QObject):
    """Loads what is heavy once the window is on the screen, then shows where the work was left."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._has_begun = False
        window.context.study.opened.connect(self._on_study_opened)

    def begin(self) -> None:
        """Load and take up, after the first paint; a second call does nothing."""
        if not self._has_begun:
            self._has_begun = True
            self._window.context.study.expect_restore()
            QTimer.singleShot(50, self, self._take_up)

    def _take_up(self) -> None:
        window = self._window
        self.read_models()
        window.background.run(import_pages, lambda _result: None, lambda _error: None)
        window.context.jobs.restore()
        window.context.study.restore()

    def read_models(self) -> None:
        """List the models anew; the chosen one stays."""
        window = self._window

        def fail(error: BaseException) -> None:
            window.show_models(())
            what = self.tr("The models cannot be listed.")
            window.message_bar.show_message(message_of_error(error, what, _MODELS))

        window.message_bar.clear(_MODELS)
        window.background.run(find_models, window.show_models, fail)

    def _on_study_opened(self) -> None:
        """Show the scans, the step and, once asked for, the results that were open in the study."""
        window, study = self._window, self._window.context.study
        workspace = study.workspace
        sources, removed = map(Path, workspace.sources), map(Path, workspace.removed)
        window.scans.list.restore(tuple(sources), frozenset(removed))
        window.opening.left.read(workspace.choices)
        try:
            step = StepName(workspace.step)
        except ValueError:
            step = StepName.SCANS
        window.show_step(step if step in STEPS else StepName.SCANS)
        if study.is_open:
            QTimer.singleShot(_PAGE_EVERY_MS, self, self._make_next_page)

    def _make_next_page(self) -> None:
        """Make the pages that work on a study one by one, so that none keeps the user waiting for it."""
        window = self._window
        missing = [step for step in _OF_STUDY if not window.has_page(step)]
        if missing and window.isVisible():
            window.page(missing[0])
            QTimer.singleShot(_PAGE_EVERY_MS, self, self._make_next_page)
