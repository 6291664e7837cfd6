"""What the View menu asks of the viewer on the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from brainstem_app.gui.main_window import MainWindow
    from brainstem_app.gui.viewer.convention import Convention

_ZOOM_STEP = 1.25


class ViewCommands(QObject):
    """Passes the commands of the View menu to the viewer of the step Segment."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def set_convention(self, convention: Convention) -> None:
        """Put the patient's right or left at the left of the picture, in every step."""
        window = self._window
        window.context.settings.convention = convention
        if window.segment_page.has_viewer:
            window.segment_page.viewer.set_convention(convention)
        if window.review is not None:
            window.review.set_convention(convention)
        window.actions_.show_convention(convention)

    def zoom_in(self) -> None:
        """Magnify the slice."""
        self._window.segment_page.viewer.view.zoom(_ZOOM_STEP)

    def zoom_out(self) -> None:
        """Show more of the slice."""
        self._window.segment_page.viewer.view.zoom(1 / _ZOOM_STEP)

    def fit(self) -> None:
        """Show the whole slice."""
        self._window.segment_page.viewer.view.fit()

    def fit_labels(self) -> None:
        """Zoom to the labels."""
        self._window.segment_page.viewer.fit_labels()

    def show_crosshair(self, shown: bool) -> None:
        """Draw the crosshair or not."""
        self._window.segment_page.viewer.view.show_crosshair(shown)

    def reset_window(self) -> None:
        """Undo changes of brightness and contrast."""
        self._window.segment_page.viewer.view.reset_window()
