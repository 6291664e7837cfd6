"""What the window remembers from one start to the next."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.locations import user_data_folder

DEFAULT_OPACITY = 60


class WindowSettings:
    """Typed access to the stored state of the window.

    Parameters
    ----------
    store : QSettings, optional
        Where to keep it; the user's own settings by default.
    """

    def __init__(self, store: QSettings | None = None) -> None:
        self._store = store if store is not None else QSettings("Brainstem App", "Brainstem App")

    @property
    def geometry(self) -> QByteArray:
        """Size and place of the window, empty at the first start."""
        return self._bytes("window/geometry")

    @geometry.setter
    def geometry(self, value: QByteArray) -> None:
        self._store.setValue("window/geometry", value)

    @property
    def splitter(self) -> QByteArray:
        """Widths of picture and side panel, empty at the first start."""
        return self._bytes("window/splitter")

    @splitter.setter
    def splitter(self, value: QByteArray) -> None:
        self._store.setValue("window/splitter", value)

    @property
    def last_folder(self) -> Path:
        """Folder that file dialogs start in: the last one used, if it is still there."""
        folder = Path(str(self._store.value("files/last_folder", "")) or Path.home())
        return folder if folder.is_dir() else Path.home()

    @last_folder.setter
    def last_folder(self, value: Path) -> None:
        self._store.setValue("files/last_folder", str(value))

    @property
    def results_folder(self) -> Path:
        """Folder that segmentations and simulated scans are written to."""
        stored = str(self._store.value("files/results_folder", ""))
        return Path(stored) if stored else user_data_folder() / "results"

    @results_folder.setter
    def results_folder(self, value: Path) -> None:
        self._store.setValue("files/results_folder", str(value))

    @property
    def opacity(self) -> int:
        """Opacity of the labels, 0…100 percent."""
        try:
            value = int(str(self._store.value("viewer/opacity", DEFAULT_OPACITY)))
        except ValueError:
            value = DEFAULT_OPACITY
        return min(100, max(0, value))

    @opacity.setter
    def opacity(self, value: int) -> None:
        self._store.setValue("viewer/opacity", value)

    @property
    def convention(self) -> Convention:
        """Which side of the patient is drawn at the left."""
        try:
            return Convention(str(self._store.value("viewer/convention", Convention.RADIOLOGICAL.value)))
        except ValueError:
            return Convention.RADIOLOGICAL

    @convention.setter
    def convention(self, value: Convention) -> None:
        self._store.setValue("viewer/convention", value.value)

    @property
    def model(self) -> str:
        """Name of the model chosen last, empty for the default."""
        return str(self._store.value("segment/model", ""))

    @model.setter
    def model(self, value: str) -> None:
        self._store.setValue("segment/model", value)

    def _bytes(self, key: str) -> QByteArray:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()
