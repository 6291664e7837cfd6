"""What every page of the workflow has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background
    from brainstem_app.gui.jobs.job_queue import JobQueue
    from brainstem_app.gui.settings import WindowSettings
    from brainstem_app.gui.study.open_study import OpenStudy


@dataclass(frozen=True)
class Workbench:
    """What the pages share: settings, threads for reading, the open study, the jobs."""

    settings: WindowSettings
    background: Background
    study: OpenStudy
    jobs: JobQueue


class StepPage(QWidget):
    """One step of the workflow.

    Signals
    -------
    message(object)
        A `Message` to show in place.
    status(str)
        The line under the step's name in the navigation.
    step_requested(object)
        Go on with another `StepName`.
    log_requested(object)
        Show the log of a `QueuedJob`.
    """

    message = Signal(object)
    status = Signal(str)
    step_requested = Signal(object)
    log_requested = Signal(object)

    def __init__(self, bench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bench = bench

    def run(self) -> None:
        """Do what the step is for (Ctrl+Return), if it can be done now."""

    def activate(self) -> None:
        """Bring the page up to date: it is on the screen now."""
