"""File dialogs of the window, which begin where the last one ended; opening with the system's programs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFileDialog, QLineEdit, QWidget

from brainstem_app.gui.messages.message import Message, MessageLevel

if TYPE_CHECKING:
    from brainstem_app.gui.settings import WindowSettings

#: Takes a `Message`: the `emit` of a signal.
Say = Callable[[Message], None]


class FileDialogs:
    """Asks for files and folders, over a widget.

    Parameters
    ----------
    settings : WindowSettings
        Remembers the folder of what was chosen.
    over : QWidget
    """

    def __init__(self, settings: WindowSettings, over: QWidget) -> None:
        self._settings = settings
        self._over = over

    def folder(self, title: str, start: Path | None = None) -> Path | None:
        """Ask for a folder; None if the user chose none."""
        at = str(start or self._settings.last_folder)
        name = QFileDialog.getExistingDirectory(self._over, title, at)
        return Path(name) if name else None

    def new_folder(self, title: str, start: Path | None = None) -> Path | None:
        """Ask for a folder that need not be there yet; None if the user chose none."""
        return ask_new_folder(self._over, title, start or self._settings.last_folder)

    def file(self, title: str, kinds: str, start: str = "") -> Path | None:
        """Ask for a file of some kinds (``"Tables (*.tsv)"``, with ``;;`` between them)."""
        at = start or str(self._settings.last_folder)
        return self._kept(QFileDialog.getOpenFileName(self._over, title, at, kinds)[0])

    def files(self, title: str, kinds: str) -> list[Path]:
        """Ask for files of some kinds."""
        at = str(self._settings.last_folder)
        return [Path(name) for name in QFileDialog.getOpenFileNames(self._over, title, at, kinds)[0]]

    def target(self, title: str, name: str, kinds: str) -> tuple[Path, str] | None:
        """Ask where to save, with a name to begin with; the path and the kind that was chosen."""
        at = str(self._settings.last_folder / name)
        chosen, kind = QFileDialog.getSaveFileName(self._over, title, at, kinds)
        path = self._kept(chosen)
        return None if path is None else (path, kind)

    def _kept(self, name: str) -> Path | None:
        if not name:
            return None
        self._settings.last_folder = Path(name).parent
        return Path(name)


class NewFolderDialog(QFileDialog):
    """Takes the name of a folder that is not there yet, too; who asked makes it.

    It is Qt's own: in the systems' dialogs for folders a typed new name is an error.

    Attributes
    ----------
    chosen : Path or None
    """

    def __init__(self, parent: QWidget, title: str, start: Path) -> None:
        super().__init__(parent, title, str(start))
        self.chosen: Path | None = None
        self.setOption(QFileDialog.Option.DontUseNativeDialog)
        self.setOption(QFileDialog.Option.ShowDirsOnly)
        self.setFileMode(QFileDialog.FileMode.Directory)
        self.setLabelText(QFileDialog.DialogLabel.FileName, "Folder, there or new:")
        if (line := self.findChild(QLineEdit)) is not None:
            line.textChanged.connect(self._allow)

    def _allow(self, name: str) -> None:
        """Let a new name be chosen with the mouse, too: Qt has looked for it in vain just now."""
        box = self.findChild(QDialogButtonBox)
        button = box and box.button(QDialogButtonBox.StandardButton.Open)
        if button and name:
            button.setEnabled(True)

    def accept(self) -> None:
        """Take what is there as Qt does, and a new name in a folder that is there."""
        named = next((Path(name) for name in self.selectedFiles()), None)
        if named is not None and not named.exists() and named.parent.is_dir():
            self.chosen = named
            QDialog.accept(self)
            return
        super().accept()
        if self.result() == QDialog.DialogCode.Accepted:
            self.chosen = named


def ask_new_folder(over: QWidget, title: str, start: Path) -> Path | None:
    """Ask for a folder that need not be there yet; None if the user chose none."""
    dialog = NewFolderDialog(over, title, start)
    dialog.exec()
    dialog.deleteLater()
    return dialog.chosen


def open_address(link: QUrl) -> bool:
    """Open an address of a page or a person in the system's browser; whether the link is one."""
    is_address = link.scheme() in {"http", "https", "mailto"}
    if is_address:
        QDesktopServices.openUrl(link)
    return is_address


def open_in_system(path: Path, say: Say | None = None) -> None:
    """Open a file or folder with the program the system has for it; say so where there is none."""
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))) and say is not None:
        what = f"No program on this computer opens {path.name}."
        say(Message(MessageLevel.WARNING, what, str(path), "Open it from your file manager."))
