"""Settings of the window: those that the user chooses, and what is remembered from one start to the next."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, ValidationError
from PySide6.QtCore import QByteArray, QObject, QSettings, QStandardPaths, Signal

from brainstem_app.gui.design.tokens import Look
from brainstem_app.gui.segment.job_files import SegmentOutputs
from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.locations import user_data_folder
from brainstem_app.setting import setting
from brainstem_app.small_files import parse_json

DEFAULT_OPACITY = 60
RECENT_COUNT = 8
#: Where the choices of one value each are kept.
_KEYS = {
    "convention": "viewer/convention",
    "opacity": "viewer/opacity",
    "look": "window/look",
    "dark_pictures": "window/dark_pictures",
}
_LAYERS, _LAYERED_SCANS = "viewer/layers", 40
_LOOKS_OF = "labels"
_OUTPUTS = "Written by Segment beside labels and report."
_SIDES = {
    "radiological": "Radiological (patient's right on the left)",
    "neurological": "Neurological (patient's left on the left)",
}


_LOOKS = {"desktop": "As the desktop has it", "light": "Light", "dark": "Dark"}


class LookChoice(StrEnum):
    """Look that the user wants for the window."""

    DESKTOP = "desktop"
    LIGHT = "light"
    DARK = "dark"

    @property
    def look(self) -> Look | None:
        """The look; None follows the desktop."""
        return None if self is LookChoice.DESKTOP else Look(self.value)


class Preferences(BaseModel):
    """What the user chooses; the dialog of the settings is made from these fields."""

    model_config = ConfigDict(frozen=True)

    results_folder: Annotated[
        Path, setting("Folder for results", "New results go here; those there are stay where they are.")
    ]
    convention: Annotated[
        Convention, setting("Sides of the pictures", "In every view of a scan.", names=_SIDES)
    ] = Convention.RADIOLOGICAL
    opacity: Annotated[
        int, setting("Opacity of the labels", "At 0 the scan is seen alone.", unit="%", ge=0, le=100)
    ] = DEFAULT_OPACITY
    look: Annotated[
        LookChoice,
        setting("Colours of the window", "Of all pages; dark spares the eyes in a dark room.", names=_LOOKS),
    ] = LookChoice.DESKTOP
    dark_pictures: Annotated[
        bool,
        setting("Pages with pictures", "Segment and Review, whose pictures are dark.", empty="Always dark"),
    ] = True
    surfaces: Annotated[bool, setting("Surfaces", _OUTPUTS, empty="Meshes, for 3-D programs")] = False
    bids: Annotated[bool, setting("BIDS derivatives", _OUTPUTS, empty="For scans of a BIDS dataset")] = False
    dicom_seg: Annotated[
        bool, setting("DICOM segmentation", _OUTPUTS, empty="For scans that came as DICOM")
    ] = False


class WindowSettings(QObject):
    """Typed access to the stored state of the window.

    Parameters
    ----------
    store : QSettings, optional
        Where to keep it; the user's own settings by default.

    Signals
    -------
    changed(str)
        What the user has chosen is another: ``results_folder``, ``opacity``, ``convention``, ``look``,
        ``outputs`` or ``label_looks``.
    """

    changed = Signal(str)

    def __init__(self, store: QSettings | None = None) -> None:
        super().__init__()
        self._store = store if store is not None else QSettings("Brainstem App", "Brainstem App")

    # What the user chooses ---------------------------------------------------------------------------

    @property
    def preferences(self) -> Preferences:
        """All that the user chooses; the default in place of what cannot be read."""
        stored = {name: self._text(key) for name, key in _KEYS.items()}
        kept: dict[str, Any] = {"results_folder": self.results_folder, **asdict(self.outputs)}
        for name, text in stored.items():
            if text:
                try:
                    kept = Preferences.model_validate(kept | {name: text}).model_dump()
                except ValidationError:
                    continue
        return Preferences.model_validate(kept)

    @preferences.setter
    def preferences(self, value: Preferences) -> None:
        before = self.preferences
        for name in ("results_folder", "convention", "opacity"):
            if getattr(self, name) != getattr(value, name):
                setattr(self, name, getattr(value, name))
        for name in ("look", "dark_pictures"):
            if getattr(before, name) != getattr(value, name):
                self._keep("look", _KEYS[name], str(getattr(value, name)).lower())
        self.outputs = SegmentOutputs(value.surfaces, value.bids, value.dicom_seg)

    @property
    def results_folder(self) -> Path:
        """Folder that results are written to: at first one among the user's documents."""
        stored = self._text("files/results_folder")
        return Path(stored) if stored else _documents() / "Brainstem App"

    @results_folder.setter
    def results_folder(self, value: Path) -> None:
        used = [folder for folder in self.results_folders if folder != value]
        self._store.setValue("files/results_folders", "\n".join(map(str, used)))
        self._keep("results_folder", "files/results_folder", str(value))

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
        return self.preferences.opacity

    @opacity.setter
    def opacity(self, value: int) -> None:
        self._keep("opacity", "viewer/opacity", value)

    @property
    def convention(self) -> Convention:
        """Which side of the patient is drawn at the left."""
        return self.preferences.convention

    @convention.setter
    def convention(self, value: Convention) -> None:
        self._keep("convention", "viewer/convention", value.value)

    @property
    def outputs(self) -> SegmentOutputs:
        """What Segment writes beside labels and report, as chosen last."""
        names = self._text("segment/outputs").split(",")
        return SegmentOutputs(**{field.name: field.name in names for field in fields(SegmentOutputs)})

    @outputs.setter
    def outputs(self, value: SegmentOutputs) -> None:
        names = [name for name, chosen in asdict(value).items() if chosen]
        self._keep("outputs", "segment/outputs", ",".join(names))

    # What is remembered ------------------------------------------------------------------------------

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
    def rail_is_folded(self) -> bool:
        """Whether the user has folded the names of the steps away."""
        return self._text("window/rail_is_folded") == "true"

    @rail_is_folded.setter
    def rail_is_folded(self, value: bool) -> None:
        self._store.setValue("window/rail_is_folded", str(value).lower())

    @property
    def seen_version(self) -> str:
        """Version of the program that was started last; empty before the first start."""
        return self._text("window/seen_version")

    @seen_version.setter
    def seen_version(self, value: str) -> None:
        self._store.setValue("window/seen_version", value)

    @property
    def last_folder(self) -> Path:
        """Folder that file dialogs start in: the last one used, if it is still there."""
        folder = Path(self._text("files/last_folder") or Path.home())
        return folder if folder.is_dir() else Path.home()

    @last_folder.setter
    def last_folder(self, value: Path) -> None:
        self._store.setValue("files/last_folder", str(value))

    @property
    def jobs_folder(self) -> Path:
        """Folder that the jobs of the window are kept in, so that they are found again."""
        stored = self._text("files/jobs_folder")
        return Path(stored) if stored else user_data_folder() / "jobs"

    @jobs_folder.setter
    def jobs_folder(self, value: Path) -> None:
        self._store.setValue("files/jobs_folder", str(value))

    @property
    def session_file(self) -> Path:
        """File that remembers what was opened and typed while no study was open."""
        return self.jobs_folder.parent / "session.json"

    @property
    def kept_edits_folder(self) -> Path:
        """Folder that edits of labels are kept in until they are saved."""
        return self.jobs_folder.parent / "kept_edits"

    @property
    def last_study(self) -> Path | None:
        """Study that was open at the end, also on a drive that is not connected; None if there was none."""
        stored = self._text("study/last")
        return Path(stored) if stored else None

    @last_study.setter
    def last_study(self, value: Path | None) -> None:
        self._store.setValue("study/last", "" if value is None else str(value))

    @property
    def recent_studies(self) -> tuple[Path, ...]:
        """Studies opened before, the last one first; also those on a drive that is not connected."""
        return self._paths("study/recent")

    @property
    def studies_folder(self) -> Path:
        """Folder that the last study lies in; where there was none, that of the results."""
        return next((study.parent for study in self.recent_studies), self.results_folder.parent)

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

    @property
    def recent_results(self) -> tuple[Path, ...]:
        """Results and folders of some, opened from elsewhere than where results go, the last first."""
        return self._paths("files/recent_results")

    def add_recent_result(self, folder: Path) -> None:
        """Put a result at the head of the recent ones, unless it lies where results are listed anyhow."""
        if not any(folder.absolute().is_relative_to(listed) for listed in self.results_folders):
            self._add_path("files/recent_results", folder.absolute())

    def forget_recent(self) -> None:
        """Empty all lists of recent things."""
        for key in ("study/recent", "files/recent", "files/recent_results"):
            self._store.setValue(key, "")

    # Images over scans -------------------------------------------------------------------------------

    def layers_of(self, scan: Path) -> list[dict[str, Any]]:
        """Images that lay over a scan when it was looked at last, the lowest first, and their styles."""
        found = self._json(_LAYERS).get(str(scan))
        return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []

    def keep_layers(self, scan: Path, layers: list[dict[str, Any]]) -> None:
        """Remember which images lie over a scan, of the last forty scans that have any."""
        others = {key: rows for key, rows in self._json(_LAYERS).items() if key != str(scan)}
        kept = {**others, str(scan): layers} if layers else others
        self._store.setValue(_LAYERS, json.dumps(dict(list(kept.items())[-_LAYERED_SCANS:])))

    # Looks of structures -----------------------------------------------------------------------------

    def label_looks(self, atlas: str) -> dict[str, Any]:
        """Colours and names that the user has given to structures of an atlas, by the atlas's own names."""
        return self._json(f"{_LOOKS_OF}/{atlas}")

    def keep_label_looks(self, atlas: str, looks: dict[str, Any]) -> None:
        """Remember colours and names of structures of an atlas."""
        self._keep("label_looks", f"{_LOOKS_OF}/{atlas}", json.dumps(looks))

    # The store ---------------------------------------------------------------------------------------

    def _keep(self, name: str, key: str, value: Any) -> None:
        """Store what the user has chosen, and tell of it."""
        self._store.setValue(key, value)
        self.changed.emit(name)

    def _text(self, key: str) -> str:
        value = self._store.value(key)
        return "" if value is None else str(value)

    def _json(self, key: str) -> dict[str, Any]:
        try:
            found = parse_json(self._text(key) or "{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _paths(self, key: str) -> tuple[Path, ...]:
        return tuple(Path(line) for line in self._text(key).splitlines() if line)

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
