"""Start of the window: the Qt application, its icon, its end."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from brainstem_app.gui.design.look import design
from brainstem_app.gui.end_signals import EndSignals
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.wheel_guard import guard_wheel
from brainstem_app.jobs.folder_rights import make_folder
from brainstem_app.locations import resource, user_data_folder


def make_application(arguments: list[str] | None = None) -> QApplication:
    """Make the Qt application, with name, icon and style; or return the one there is."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    _name_in_taskbar()
    application = QApplication(arguments if arguments is not None else sys.argv[:1])
    application.setApplicationName("Brainstem App")
    application.setOrganizationName("Brainstem App")
    application.setStyle("Fusion")
    QGuiApplication.setDesktopFileName("brainstem-app")
    application.setWindowIcon(QIcon(str(resource("icons", "brainstem-app.svg"))))
    guard_wheel()
    design()
    return application


def _name_in_taskbar() -> None:
    """Tell Windows that the window is of a program of its own, and not of the Python that runs it."""
    if sys.platform == "win32":
        import ctypes

        ctypes.windll.shell32.SetCurrentProcessExplicitAppUserModelID("BrainstemApp.BrainstemApp")


def save_when_ended(application: QApplication, window: MainWindow) -> None:
    """Save all when the desktop's session ends, or the system ends the program with a signal."""
    application.commitDataRequest.connect(lambda _manager: window.save_without_asking())
    application.aboutToQuit.connect(window.save_without_asking)
    EndSignals(application)


def run(arguments: list[str] | None = None) -> int:
    """Show the window until the user closes it.

    Parameters
    ----------
    arguments : list of str, optional
        Paths to open: a scan, a result folder, a label map.

    Returns
    -------
    int
        Exit status of the program.
    """
    application = make_application()
    # What it remembers names scans.
    with suppress(OSError):
        make_folder(user_data_folder(), exist_ok=True)
    window = MainWindow(WindowSettings())
    window.show()
    if arguments:
        paths = [Path(argument) for argument in arguments]
        QTimer.singleShot(0, window, lambda: window.opening.open_paths(paths))
    save_when_ended(application, window)
    return application.exec()
