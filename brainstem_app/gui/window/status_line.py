"""Line at the bottom: what lies under the pointer, where the crosshair is, how many jobs run."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QStatusBar, QWidget


class StatusLine(QStatusBar):
    """Three texts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.pointed = QLabel(self)
        self.pointed.setAccessibleName("Under the pointer")
        self.crosshair = QLabel(self)
        self.crosshair.setAccessibleName("Crosshair")
        self.job_count = QLabel(self)
        self.job_count.setAccessibleName("Jobs that run and wait")
        self.job_count.setToolTip("Ctrl+J shows the jobs")
        self.addWidget(self.pointed, 1)
        self.addPermanentWidget(self.crosshair)
        self.addPermanentWidget(self.job_count)
