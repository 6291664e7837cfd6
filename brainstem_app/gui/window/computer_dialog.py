"""Dialog of Help ▸ This computer: versions, memory, folders, and which device computes, and why."""

from __future__ import annotations

import sys

from PySide6.QtCore import QProcess, Qt
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

_SIZE = (860, 560)


def diagnosis_command() -> tuple[str, list[str]]:
    """Program and arguments of what finds out about this computer; it writes text, UTF-8."""
    return sys.executable, ["-m", "brainstem_app.jobs.diagnosis"]


class ComputerDialog(QDialog):
    """Shows what `diagnose` prints, as it is found out in a process of its own; one click copies it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("This computer")
        self.resize(*_SIZE)
        self.words = QLabel("Finding out; the devices take some seconds…", self)
        self.words.setWordWrap(True)
        self.text = QPlainTextEdit(self)
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.text.setAccessibleName("What this computer has")
        self.text.setAccessibleDescription("What a question about the program should say")
        self.copy_button = QPushButton("C&opy all", self)
        self.copy_button.setToolTip("Copy the text, to send it with a question")
        self.copy_button.setEnabled(False)
        self.copy_button.clicked.connect(self._copy)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        for widget in (self.words, self.text, buttons):
            layout.addWidget(widget)
        self._process = QProcess(self)
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.finished.connect(self._on_finished)
        self._process.errorOccurred.connect(self._on_error)
        self._process.start(*diagnosis_command())

    def done(self, result: int) -> None:
        """Close; what is still being found out is given up."""
        self._process.blockSignals(True)
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(1000)
        super().done(result)

    def _read(self) -> None:
        found = bytes(self._process.readAllStandardOutput().data()).decode("utf-8", "replace")
        self.text.appendPlainText(found.replace("\r\n", "\n").rstrip("\n"))

    def _on_finished(self, status: int) -> None:
        if status != 0:
            said = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace").strip()
            self.text.appendPlainText(said)
            self._fail(f"exit status {status}")
            return
        self.words.setText(
            "What segments a scan stands under “To predict”, what trains networks under “To train”."
        )
        self.copy_button.setEnabled(True)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._fail(self._process.errorString())

    def _fail(self, why: str) -> None:
        words = (
            "The program could not find out: {0}. Install Brainstem App again; a part of it may be missing."
        )
        self.words.setText(words.format(why))
        self.copy_button.setEnabled(bool(self.text.toPlainText()))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
