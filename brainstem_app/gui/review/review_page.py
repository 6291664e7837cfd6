"""The step Review as a page of the window."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from brainstem_app.gui.review.review_step import ReviewStep
from brainstem_app.gui.workflow.step_page import AppContext, StepPage


class ReviewPage(StepPage):
    """A `ReviewStep` that tells the window what it has to say.

    Attributes
    ----------
    step : ReviewStep
    """

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.step = ReviewStep(context.settings, context.background, self)
        self.step.message.connect(self.message)
        self.step.replaced.connect(lambda: self.resolved.emit(""))
        self.step.files.opener.busy.connect(lambda text: self.resolved.emit("") if text else None)
        self.step.edited_changed.connect(lambda edited: None if edited else self.resolved.emit("edits"))
        self.step.comparison.changed.connect(lambda: self.resolved.emit("reference"))
        self.step.edited_changed.connect(
            lambda edited: self.status.emit(self.tr("not saved") if edited else "")
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.step)

    def activate(self) -> None:
        """Show things as they were set elsewhere, and give the keys to the views."""
        settings = self.context.settings
        self.step.display.set_convention(settings.convention)
        self.step.display_bar.opacity.setValue(settings.opacity)
        self.step.focus_views()
