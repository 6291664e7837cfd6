"""Images over the scan of a document: read on a thread, remembered for the scan."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.viewer.overlays.image_layer import ImageLayer, LayerColours, LayerStyle

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background
    from brainstem_app.gui.settings import WindowSettings
    from brainstem_app.gui.viewer.slices import Voxel
    from brainstem_app.gui.viewer.volume import CanonicalGrid

_MOST = 8


class ImageLayers(QObject):
    """The images, the lowest first.

    Attributes
    ----------
    all : tuple of ImageLayer
    are_hidden : bool
        Whether the scan is looked at alone for a moment.

    Signals
    -------
    changed
        There are others, in another order, or they are drawn otherwise.
    listed
        There are others, or in another order.
    message(object)
        A `Message` to show in place.
    """

    changed = Signal()
    listed = Signal()
    message = Signal(object)

    def __init__(
        self, settings: WindowSettings, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings, self._background = settings, background
        self._scan: Path | None = None
        self._grid: CanonicalGrid | None = None
        self.all: tuple[ImageLayer, ...] = ()
        self.are_hidden = False

    @property
    def drawn(self) -> tuple[ImageLayer, ...]:
        """Those that are to be seen, the lowest first."""
        return () if self.are_hidden else tuple(layer for layer in self.all if layer.style.is_visible)

    def hide(self, are_hidden: bool) -> None:
        """Look at the scan without any image for a moment, or at all again."""
        self.are_hidden = are_hidden
        self.changed.emit()

    @property
    def can_add(self) -> bool:
        """Whether there is a scan to lay an image over, and room for one more."""
        return self._grid is not None and len(self.all) < _MOST

    def show_scan(self, scan: Path | None, grid: CanonicalGrid | None, *, remembers: bool) -> None:
        """Take another scan; lay over it what lay over it the last time, as far as the files are there."""
        before = self._grid
        is_same = scan == self._scan and grid is not None and before is not None and grid.matches(before)
        self._scan, self._grid = scan, grid
        if is_same:
            self.changed.emit()  # the views have begun anew
            return
        self.are_hidden = False
        self._set(())
        if scan is not None and remembers:
            kept = [(Path(str(stored.get("path", ""))), stored) for stored in self._settings.layers_of(scan)]
            self._read([(path, stored) for path, stored in kept if path.is_file()])

    def add(self, path: Path) -> None:
        """Lay an image over the scan, above the others; one that is there is read again."""
        self._read([(path, {})])

    def _read(self, wanted: list[tuple[Path, dict[str, Any]]]) -> None:
        """Read images on a thread, one after the other, and draw each as was remembered."""
        grid = self._grid
        if grid is None or not wanted:
            return
        from brainstem_app.gui.document.read_layer import read_layer

        (path, stored), *others = wanted

        def done(layer: ImageLayer) -> None:
            if self._grid is grid:
                below = tuple(other for other in self.all if other.image.path != path)
                self._set((*below, replace(layer, style=_style(stored, layer.style))))
                self._read(others)
                if not stored:
                    self._keep()

        def failed(error: BaseException) -> None:
            what = f"{path.name} cannot be laid over the scan."
            self.message.emit(message_of_error(error, what))
            self._read(others)

        self._background.run(lambda: read_layer(path, grid), done, failed)

    def restyle(self, layer: ImageLayer, **values: Any) -> None:
        """Draw an image otherwise, as ``restyle(layer, opacity=50)``."""
        made = replace(layer, style=replace(layer.style, **values))
        self.all = tuple(made if other is layer else other for other in self.all)
        self._keep()
        self.changed.emit()

    def remove(self, layer: ImageLayer) -> None:
        """Take an image away; its file stays."""
        self._set(tuple(other for other in self.all if other is not layer))
        self._keep()

    def lift(self, layer: ImageLayer, by: int) -> None:
        """Move an image above others (positive) or below them."""
        order = list(self.all)
        place = order.index(layer)
        order.insert(min(max(place + by, 0), len(order) - 1), order.pop(place))
        self._set(tuple(order))
        self._keep()

    def values_at(self, voxel: Voxel) -> list[tuple[str, float]]:
        """Name of each visible image that has a value at a voxel, and the value; the topmost first."""
        found = [(layer.name, layer.image.value(voxel)) for layer in reversed(self.drawn)]
        return [(name, value) for name, value in found if value == value]

    def _set(self, layers: tuple[ImageLayer, ...]) -> None:
        if layers != self.all:
            self.all = layers
            self.listed.emit()
            self.changed.emit()

    def _keep(self) -> None:
        if self._scan is not None:
            kept = [{"path": str(layer.image.path), **asdict(layer.style)} for layer in self.all]
            self._settings.keep_layers(self._scan, kept)


def _style(stored: dict[str, Any], first: LayerStyle) -> LayerStyle:
    """Style as it was kept; the first one where what was kept is none."""
    try:
        values = {name: type(value)(stored[name]) for name, value in asdict(first).items()}
        values["colours"] = LayerColours(stored["colours"])
        return LayerStyle(**values)
    except (KeyError, TypeError, ValueError):
        return first
