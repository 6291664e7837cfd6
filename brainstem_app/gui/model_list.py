"""Models at hand, listed on a thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.gui.background import Reader
from brainstem_app.gui.messages.message import message_of_error

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background
    from brainstem_app.models.library import ModelFiles


class ModelList(QObject):
    """The models that a segmentation may use.

    Attributes
    ----------
    models : tuple of ModelFiles

    Signals
    -------
    changed
        They were listed anew.
    resolved, message(object)
        Why they could not be listed is over; a `Message` that says it.
    """

    changed = Signal()
    resolved = Signal()
    message = Signal(object)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader = Reader(background, what="the models")
        self.models: tuple[ModelFiles, ...] = ()

    def read(self) -> None:
        """List the models anew."""
        self.resolved.emit()
        self._reader.read(find_models, self._take, self._fail, "models")

    def _take(self, models: tuple[ModelFiles, ...]) -> None:
        self.models = models
        self.changed.emit()

    def _fail(self, error: BaseException) -> None:
        self._take(())
        self.message.emit(message_of_error(error, "The models cannot be listed."))


def find_models() -> tuple[ModelFiles, ...]:
    """List the models at hand."""
    from brainstem_app.models.library import list_models

    return list_models()
