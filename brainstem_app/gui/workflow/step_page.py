"""Base of the pages of the window: what every step of the work has in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QWidget

from brainstem_app.edition import HOW_TO_GET_FULL, Edition, edition
from brainstem_app.gui.messages.message import Message, MessageLevel

if TYPE_CHECKING:
    from PySide6.QtGui import QShowEvent

    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.document.document import Document


class StepPage(QWidget):
    """One step of the workflow. It knows the context, and neither the window nor another page.

    Signals
    -------
    message(object)
        A `Message` to show in place.
    resolved(str)
        What a part of the page had a message about is over; of the whole page if empty.
    status(str)
        The line under the step's name in the navigation.
    step_requested(object)
        Go on with another `StepName`.
    log_requested(object)
        Show the log of a `QueuedJob`.
    view_requested(object)
        Show the scan, result or label map with this path in Segment.
    review_requested(object)
        Review the results in these folders.
    command_requested(str)
        Do what the window's action with this id is for.
    about(str, str)
        Who and what is shown, for the header; and more of it under the pointer.
    """

    message = Signal(object)
    resolved = Signal(str)
    status = Signal(str)
    step_requested = Signal(object)
    log_requested = Signal(object)
    view_requested = Signal(object)
    review_requested = Signal(object)
    command_requested = Signal(str)
    about = Signal(str, str)
    #: Whether the step is there to train, which the predict edition cannot.
    trains = False

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.context = context

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - a method of Qt
        """Say in the predict edition that nothing is trained here, and how to get what does."""
        super().showEvent(event)
        if self.trains and edition() is Edition.PREDICT:
            what = "This is the predict edition: it shows trained networks, and trains none."
            self.message.emit(Message(MessageLevel.INFO, what, fix=HOW_TO_GET_FULL))

    def fit_room(self, room: QSize) -> None:
        """Lay the page out for the room that it has; what does not fit then is scrolled to."""

    def show_document(self, document: Document) -> None:
        """Say in the header who and what a document shows, from now on."""
        from brainstem_app.gui.document.who import who_and_what

        def tell() -> None:
            self.about.emit(*who_and_what(document))

        for signal in (document.opened, document.result_changed, document.editor.state_changed):
            signal.connect(tell)

    def run(self) -> None:
        """Do what the step is for (Ctrl+Return), if it can be done now."""

    def activate(self) -> None:
        """Bring the page up to date: it is on the screen now."""

    def show_drop_target(self, shown: bool) -> None:
        """Show that what hangs over the window can be dropped, where the page has a place for it."""
