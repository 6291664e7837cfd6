"""Display state of a document: how its labels, its crosshair and its sides are drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from brainstem_app.gui.viewer.convention import Convention

if TYPE_CHECKING:
    from brainstem_app.gui.settings import WindowSettings

_SHARED = ("opacity", "convention")


@dataclass(frozen=True)
class DisplayState:
    """How a document is drawn.

    Attributes
    ----------
    opacity : int
        Of the labels, percent.
    convention : Convention
        Which side of the patient is at the left.
    hides_labels : bool
        Whether the scan is looked at alone for a moment.
    is_outlined : bool
        Whether labels are outlined instead of filled.
    by_confidence : bool
        Whether labels are coloured by confidence instead of by structure.
    marks_differences : bool
        Whether it is marked where labels and reference differ.
    has_crosshair : bool
        Whether the crosshair is drawn.
    is_smooth : bool
        Whether labels that come from a warp are drawn as its curves instead of voxels.
    """

    opacity: int
    convention: Convention
    hides_labels: bool = False
    is_outlined: bool = False
    by_confidence: bool = False
    marks_differences: bool = True
    has_crosshair: bool = True
    is_smooth: bool = True


class Display(QObject):
    """Holds a `DisplayState`; opacity and convention are those of the settings, the same in all documents.

    Signals
    -------
    changed(object)
        Names (frozenset) of what is otherwise now.
    """

    changed = Signal(object)

    def __init__(self, settings: WindowSettings, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self.state = DisplayState(settings.opacity, settings.convention)
        settings.changed.connect(self._on_setting)

    def set(self, **values: Any) -> None:
        """Draw otherwise, as ``set(is_outlined=True)``."""
        for name in _SHARED:
            if name in values:
                setattr(self._settings, name, values.pop(name))
        self._apply(values)

    def _on_setting(self, name: str) -> None:
        if name == "opacity":  # who moves the slider wants to see the labels
            self._apply({"opacity": self._settings.opacity, "hides_labels": False})
        elif name == "convention":
            self._apply({"convention": self._settings.convention})

    def _apply(self, values: dict[str, Any]) -> None:
        different = frozenset(name for name, value in values.items() if getattr(self.state, name) != value)
        if different:
            self.state = replace(self.state, **values)
            self.changed.emit(different)
