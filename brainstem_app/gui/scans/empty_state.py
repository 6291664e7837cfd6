"""Empty state of the pages: what the window shows before anything is open, and where to begin."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from brainstem_app.gui.controls import make_button
from brainstem_app.gui.design.card import set_type
from brainstem_app.gui.design.look import colours_of, set_primary, set_tone
from brainstem_app.gui.design.tokens import Type
from brainstem_app.gui.jobs.job_progress import JobProgress

_MARGIN = 24
_RADIUS = 14
_INVITATION = "Drop a T1 scan here or open one"


class EmptyState(QWidget):
    """A large place to drop a scan on, and the ways to begin.

    Signals
    -------
    command_requested(str)
        Do what the window's action with this id is for.
    undo_requested
        The user wants the list back.
    """

    command_requested = Signal(str)
    undo_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("No scan is open")
        self._is_target = False
        self.title = QLabel(_INVITATION, self)
        set_type(self.title, Type.TITLE)
        self.title.setWordWrap(True)
        kinds = QLabel(
            "NIfTI (.nii, .nii.gz), FreeSurfer (.mgz), a folder of DICOM files or a BIDS dataset",
            self,
        )
        kinds.setWordWrap(True)
        set_tone(kinds, "soft")
        self.open_button = self._button("Open a scan…", "One file or several (Ctrl+O)", "open_scan")
        set_primary(self.open_button)
        self.folder_button = self._button(
            "Open a folder…",
            "DICOM files, a BIDS dataset or a folder of scans (Ctrl+Shift+O)",
            "open_folder",
        )
        self.example_button = self._button(
            "Try it with a simulated scan",
            "Makes a scan from the template, as a scanner might take it",
            "simulate",
        )
        self.undo_button = self._button(
            "Bring the list back",
            "The scans that were listed before (Ctrl+Z)",
        )
        self.undo_button.clicked.connect(self.undo_requested)
        self.undo_button.hide()
        self.progress = JobProgress(self)
        self.progress.setMaximumWidth(480)
        self.progress.setMinimumWidth(420)
        self._lay_out(self.title, kinds)

    def _lay_out(self, title: QLabel, kinds: QLabel) -> None:
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        buttons.addWidget(self.open_button)
        buttons.addWidget(self.folder_button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(_MARGIN * 2, _MARGIN * 2, _MARGIN * 2, _MARGIN * 2)
        layout.setSpacing(14)
        centre = Qt.AlignmentFlag.AlignHCenter
        layout.addStretch(2)
        for label in (title, kinds):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addSpacing(10)
        layout.addLayout(buttons)
        layout.addWidget(self.example_button, 0, centre)
        layout.addWidget(self.undo_button, 0, centre)
        layout.addSpacing(10)
        layout.addWidget(self.progress, 0, centre)
        layout.addStretch(3)

    def _button(self, text: str, hint: str, command: str = "") -> QPushButton:
        button = make_button(
            self, text, hint, lambda: self.command_requested.emit(command) if command else None
        )
        button.setMinimumWidth(190)
        return button

    def set_target(self, is_target: bool) -> None:
        """Highlight the frame while a file is dragged over the window."""
        self._is_target = is_target
        self.update()

    def set_busy(self, text: str) -> None:
        """Say what is being read, in place of the invitation; nothing if the text is empty."""
        self.title.setText(text or _INVITATION)

    def set_buttons_enabled(self, enabled: bool) -> None:
        """Switch off the example while it is being made."""
        self.example_button.setEnabled(enabled)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the dashed frame of the drop area."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colours = colours_of(self)
        colour = QColor(colours.accent if self._is_target else colours.edge)
        pen = QPen(colour, 3 if self._is_target else 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        frame = QRectF(self.rect()).adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN)
        if self._is_target:
            colour.setAlpha(30)
            painter.setBrush(colour)
        painter.drawRoundedRect(frame, _RADIUS, _RADIUS)
