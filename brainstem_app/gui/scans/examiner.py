"""Looks at one scan of the list after the other on a thread: its findings, and a small picture of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage

from brainstem_app.errors import InputError
from brainstem_app.gui.messages.message import message_of_error

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background
    from brainstem_app.gui.scans.listing import ListedScan
    from brainstem_app.imaging.doctor import Examination
    from brainstem_app.imaging.scan import Scan

#: Pixels that a picture is high and wide.
THUMBNAIL = 40
#: Twice as many are kept, for screens that are finer.
_KEPT = 2 * THUMBNAIL
_BRIGHT = 99.5


@dataclass(frozen=True)
class Looked:
    """What was seen of a scan; the picture is None where it cannot be read."""

    examination: Examination
    picture: QImage | None


class Examiner(QObject):
    """Looks at what is next, for as long as there is something.

    Signals
    -------
    looked(object)
        `Looked`.
    message(object)
        A `Message`: why a scan could not be looked at.
    """

    looked = Signal(object)
    message = Signal(object)

    def __init__(
        self, background: Background, next_scan: Callable[[], ListedScan | None], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._next_scan = next_scan
        self._is_busy = False

    def go_on(self) -> None:
        """Look at the next scan, unless one is being looked at."""
        scan = None if self._is_busy else self._next_scan()
        if scan is not None:
            self._is_busy = True
            path = scan.path
            self._background.run(lambda: look_at(path), self._done, lambda error: self._fail(path, error))

    def _done(self, looked: Looked) -> None:
        self._is_busy = False
        self.looked.emit(looked)
        self.go_on()

    def _fail(self, path: Path, error: BaseException) -> None:
        """Say of one scan that it could not be looked at, and go on with the others."""
        from brainstem_app.imaging.doctor import refused

        told = message_of_error(error, "The scan could not be looked at.")
        self.message.emit(replace(told, where=str(path)))
        self._done(Looked(refused(path, InputError(told.what, path, told.fix)), None))


def look_at(path: Path) -> Looked:
    """Read a scan, gather what was found in it, and draw a small picture."""
    from brainstem_app.imaging.doctor import examination_of, refused
    from brainstem_app.imaging.reading import read_scan

    try:
        scan = read_scan(path)
    except InputError as error:
        return Looked(refused(path, error), None)
    return Looked(examination_of(path, scan), thumbnail(scan))


def thumbnail(scan: Scan) -> QImage:
    """Draw the middle sagittal slice, the head up and the face to the left."""
    from brainstem_app.imaging.orientation import to_canonical

    data, affine = to_canonical(scan.data, scan.affine)
    middle = data[data.shape[0] // 2]
    bright = float(np.percentile(middle, _BRIGHT)) or 1.0
    grey = (255 * (middle / bright).clip(0, 1)).astype(np.uint8)
    pixels = np.ascontiguousarray(grey.T[::-1, ::-1])
    height, width = pixels.shape
    image = QImage(pixels.tobytes(), width, height, width, QImage.Format.Format_Grayscale8)
    along, up = (float(np.linalg.norm(affine[:3, axis])) for axis in (1, 2))
    longest = max(width * along, height * up)
    return image.scaled(
        max(1, round(_KEPT * width * along / longest)),
        max(1, round(_KEPT * height * up / longest)),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
