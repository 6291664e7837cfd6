"""Dialog of Help ▸ About: version, edition, licence, and where the notices of all that is inside lie."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton, QVBoxLayout, QWidget

from brainstem_app import __version__
from brainstem_app.edition import edition_text
from brainstem_app.gui.file_dialogs import open_in_system
from brainstem_app.locations import notices_folder

_WIDTH = 560


class AboutDialog(QDialog):
    """Says which program this is, under which licence, and opens the folder of the notices."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("About Brainstem App")
        self.setMinimumWidth(_WIDTH)
        self._folder = notices_folder()
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        heading = self._line(f"Brainstem App {__version__}")
        font = heading.font()
        font.setBold(True)
        font.setPointSizeF(font.pointSizeF() * 1.3)
        heading.setFont(font)
        layout.addWidget(heading)
        for text in self._texts():
            layout.addWidget(self._line(text))
        layout.addWidget(self._buttons())

    def _texts(self) -> list[str]:
        return [
            "For research only. Not for diagnosis or treatment.",
            f"Edition: {edition_text()}",
            "Free software under the GNU General Public License, version 3 or later (GPL-3.0-or-later), "
            "without any warranty. You may pass it on and change it under the same licence.",
            "Licences and notices of the program, its atlas, template and networks, and libraries:\n"
            f"{self._folder}",
        ]

    def _line(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setWordWrap(True)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        return label

    def _buttons(self) -> QDialogButtonBox:
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        show = QPushButton("&Show the notices", self)
        show.setToolTip("Open the folder of licences and notices")
        show.clicked.connect(self._show_notices)
        buttons.addButton(show, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.close)
        return buttons

    def _show_notices(self) -> None:
        open_in_system(self._folder)
