"""Context of the application: what every page of the window is given."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject

from brainstem_app.gui.background import Background
from brainstem_app.gui.jobs.job_queue import JobQueue
from brainstem_app.gui.messages.messages import Messages
from brainstem_app.gui.model_list import ModelList
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.study.open_study import OpenStudy


@dataclass(frozen=True)
class AppContext:
    """What the pages share.

    Attributes
    ----------
    settings : WindowSettings
        What is remembered from one start to the next.
    background : Background
        Threads for reading.
    study : OpenStudy
        The open study, or none.
    jobs : JobQueue
        The jobs that wait, run and have ended.
    models : ModelList
        The models at hand.
    messages : Messages
        What is said to the user.
    """

    settings: WindowSettings
    background: Background
    study: OpenStudy
    jobs: JobQueue
    models: ModelList
    messages: Messages

    @classmethod
    def made(cls, settings: WindowSettings, parent: QObject | None = None) -> AppContext:
        """Make the context of a window, or of a page that stands alone."""
        background = Background(parent)
        return cls(
            settings,
            background,
            OpenStudy(settings, background, parent),
            JobQueue(settings, background, parent),
            ModelList(background, parent),
            Messages(parent),
        )
