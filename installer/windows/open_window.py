"""Open a scan in the window, on Qt's screen without a display, save a picture of the window, close it.

Run by the installed Python, for `smoke_under_wine.sh`: ``python open_window.py SCAN PICTURE SECONDS``.
"""

from __future__ import annotations

import sys

from PySide6.QtCore import QTimer

from brainstem_app.gui.application import make_application, run
from brainstem_app.gui.main_window import MainWindow


def main() -> int:
    """Open, look after some seconds, close; returns the program's status."""
    scan, picture, seconds = sys.argv[1:]
    application = make_application(["brainstem-app", "-platform", "offscreen"])

    def look() -> None:
        (window,) = (one for one in application.topLevelWidgets() if isinstance(one, MainWindow))
        window.grab().save(picture)
        window.close()

    QTimer.singleShot(int(seconds) * 1000, look)
    return run([scan])


if __name__ == "__main__":
    sys.exit(main())
