"""Settings of the window, remembered from one start to the next."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QSettings, QStandardPaths, Signal

from brainstem_app.gui.segment.job_files import SegmentOutputs
from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.locations import user_data_folder

DEFAULT_OPACITY = 60
RECENT_COUNT = 8


class WindowSettings(QObject):
    """Typed access to the stored state of the window.

    Parameters
    ----------
    store : QSettings, optional
        Where to keep it; the user's own settings by default.

    Signals
    -------
    changed(str)
        The setting of this name is another: ``results_folder``, ``opacity`` or ``convention``.
    """

    changed = Signal(str)

    def __init__(self, store: QSettings | None = None) -> None:
        super().__init__()
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
        """Folder that results are written to: at first one among the user's documents."""
        stored = str(self._store.value("files/results_folder", ""))
        return Path(stored) if stored else _documents() / "Brainstem App"

    @results_folder.setter
    def results_folder(self, value: Path) -> None:
        used = [folder for folder in self.results_folders if folder != value]
        self._store.setValue("files/results_folders", "\n".join(map(str, used)))
        self._store.setValue("files/results_folder", str(value))
        self.changed.emit("results_folder")

    @property
    def results_folders(self) -> tuple[Path, ...]:
        """All folders that results were written to, the current one first; what lies in them is still listed.

        The last is the one that earlier versions kept, out of sight.
        """
        used = self._paths("files/results_folders")
        return tuple(dict.fromkeys((self.results_folder, *used, user_data_folder() / "results")))

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
        self.changed.emit("opacity")

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
        self.changed.emit("convention")

    @property
    def outputs(self) -> SegmentOutputs:
        """What Segment writes beside labels and report, as chosen last."""
        names = str(self._store.value("segment/outputs", "")).split(",")
        return SegmentOutputs(**{field.name: field.name in names for field in fields(SegmentOutputs)})

    @outputs.setter
    def outputs(self, value: SegmentOutputs) -> None:
        names = [name for name, chosen in asdict(value).items() if chosen]
        self._store.setValue("segment/outputs", ",".join(names))

    @property
    def jobs_folder(self) -> Path:
        """Folder that the jobs of the window are kept in, so that they are found again."""
        stored = str(self._store.value("files/jobs_folder", ""))
        return Path(stored) if stored else user_data_folder() / "jobs"

    @jobs_folder.setter
    def jobs_folder(self, value: Path) -> None:
        self._store.setValue("files/jobs_folder", str(value))

    @property
    def session_file(self) -> Path:
        """File that remembers what was opened and typed while no study was open."""
        return self.jobs_folder.parent / "session.json"

    @property
    def last_study(self) -> Path | None:
        """Study that was open at the end, also on a drive that is not connected; None if there was none."""
        stored = str(self._store.value("study/last", ""))
        return Path(stored) if stored else None

    @last_study.setter
    def last_study(self, value: Path | None) -> None:
        self._store.setValue("study/last", "" if value is None else str(value))

    @property
    def recent_studies(self) -> tuple[Path, ...]:
        """Studies opened before, the last one first; also those on a drive that is not connected."""
        return self._paths("study/recent")

    def add_recent_study(self, folder: Path) -> None:
        """Put a study at the head of the recent ones."""
        self.last_study = folder
        self._add_path("study/recent", folder)

    @property
    def recent_scans(self) -> tuple[Path, ...]:
        """Scans, folders and datasets opened before, the last one first."""
        return self._paths("files/recent")

    def add_recent_scan(self, path: Path) -> None:
        """Put a scan, folder or dataset at the head of the recent ones."""
        self._add_path("files/recent", path)

    def forget_recent(self) -> None:
        """Empty both lists of recent things."""
        self._store.setValue("study/recent", "")
        self._store.setValue("files/recent", "")

    def _paths(self, key: str) -> tuple[Path, ...]:
        lines = str(self._store.value(key, "") or "").splitlines()
        return tuple(Path(line) for line in lines if line)

    def _add_path(self, key: str, path: Path) -> None:
        others = [other for other in self._paths(key) if other != path]
        self._store.setValue(key, "\n".join(str(one) for one in [path, *others][:RECENT_COUNT]))

    def _bytes(self, key: str) -> QByteArray:
        value = self._store.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()


def _documents() -> Path:
    """Folder of the user's documents, as the system names it."""
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(place) if place else Path.home()
