"""Line about the result that is shown: its model, and whether its labels were corrected by hand."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from brainstem_app.gui.design.look import colours_of

if TYPE_CHECKING:
    from brainstem_app.gui.document.document import Document


class ResultLine(QLabel):
    """Names the model of a document's result; hidden while there is none."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setAccessibleName("Model of the result")
        self.hide()
        document.result_changed.connect(self._show)

    def _show(self) -> None:
        """Show what a segmentation was made with; nothing for a label map of another origin."""
        result = self._document.result
        shown = result if result is not None and result.is_segmentation else None
        self.setVisible(shown is not None)
        if shown is None:
            self.clear()
            return
        colour = colours_of(self).fair
        accuracy = escape(shown.model.accuracy)
        if shown.model.mean_iou is None:
            accuracy = f'<span style="color:{colour}">{accuracy}</span>'
        words = [f"Model: <b>{escape(shown.model.title)}</b>, {accuracy}"]
        tip = str(shown.labels)
        if shown.edited is not None:
            when = f"{shown.edited.saved:%Y-%m-%d %H:%M}"
            words.append(f'<b style="color:{colour}">{"edited"}</b> {when}')
            tip += f"\nCorrected by hand; the original is kept: {shown.original}"
        self.setText(" · ".join(words))
        self.setToolTip(tip)
