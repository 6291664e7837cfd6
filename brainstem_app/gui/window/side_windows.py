"""Windows beside the main one: models and atlases, the manual at the page of the step, about the program."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from brainstem_app import __version__
from brainstem_app.gui.actions import ActionRow
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel
from brainstem_app.gui.window.about import AboutDialog
from brainstem_app.gui.window.computer_dialog import ComputerDialog
from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QWidget

    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.library.library_window import LibraryWindow
    from brainstem_app.gui.manual.manual_window import ManualWindow

_WINDOW = "docs/how-to/use-the-window.md"
#: Page and heading of the manual on each step.
PAGES = {
    StepName.SCANS: (_WINDOW, "1-scans"),
    StepName.SEGMENT: (_WINDOW, "2-segment"),
    StepName.REVIEW: ("docs/how-to/review-labels.md", ""),
    StepName.REPORT: (_WINDOW, "4-report"),
    StepName.QUALITY: (_WINDOW, "5-quality"),
    StepName.PREPARE: (_WINDOW, "6-prepare"),
    StepName.TRAIN: (_WINDOW, "7-train"),
    StepName.COMPARE: (_WINDOW, "8-compare"),
}
_UPDATED = "updated"


class SideWindows(QObject):
    """Opens what stands beside a window.

    Parameters
    ----------
    context : AppContext
    step : callable
        The step on the screen.
    window : QWidget
    """

    def __init__(self, context: AppContext, step: Callable[[], StepName], window: QWidget) -> None:
        super().__init__(window)
        self._context = context
        self._step = step
        self._window = window
        self.manual: ManualWindow | None = None
        self.library: LibraryWindow | None = None

    def rows(self, show_keys: Callable[[], None]) -> list[ActionRow]:
        """List what the menus offer."""
        return [
            ActionRow("models", "&Models…", "Ctrl+M", self.show_models, hint="Networks that segment"),
            ActionRow("atlases", "&Atlases…", "", self.show_atlases, hint="What the labels mean"),
            ActionRow("manual", "&Manual", "F1", self.show_manual),
            ActionRow("help", "Mouse and &keys", "Shift+F1", show_keys),
            ActionRow("whats_new", "What's &new", "", self.show_changes),
            ActionRow("computer", "This &computer…", "", lambda: ComputerDialog(self._window).open()),
            ActionRow("about", "&About Brainstem App", "", lambda: AboutDialog(self._window).open()),
        ]

    def show_models(self) -> None:
        """Show the models at hand."""
        library = self._library()
        library.open_tab(library.models)

    def show_atlases(self) -> None:
        """Show the atlases at hand."""
        library = self._library()
        library.open_tab(library.atlases)

    def show_manual(self) -> None:
        """Open the manual where it says what the step is for."""
        self._open(*PAGES[self._step()])

    def show_changes(self) -> None:
        """Open the manual where it says what is new in this version."""
        from brainstem_app.gui.manual.contents import CHANGES

        self._open(CHANGES, "")

    def tell_of_update(self) -> None:
        """Offer what is new, once after an update."""
        settings = self._context.settings
        before, settings.seen_version = settings.seen_version, __version__
        if before not in {"", __version__}:
            what = f"Brainstem App was updated from {before} to {__version__}."
            show = MessageAction("What's new", self.show_changes)
            self._context.messages.say(Message(MessageLevel.QUESTION, what, actions=(show,), owner=_UPDATED))

    def _library(self) -> LibraryWindow:
        from brainstem_app.gui.library.library_window import LibraryWindow

        if self.library is None:
            self.library = LibraryWindow(self._context, self._window)
        return self.library

    def _open(self, page: str, heading: str) -> None:
        from brainstem_app.gui.manual.manual_window import ManualWindow

        if self.manual is None:
            self.manual = ManualWindow(self._window)
        self.manual.open_page(page, heading)
