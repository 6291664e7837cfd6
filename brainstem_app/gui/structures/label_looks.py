"""Colours and names that the user has given to structures, kept for each atlas."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QColor

if TYPE_CHECKING:
    from collections.abc import Mapping

    from brainstem_app.gui.settings import WindowSettings
    from brainstem_app.gui.structures.structure_model import StructureModel


@dataclass(frozen=True)
class LabelLook:
    """How a structure is shown: colour (``#rrggbb``) and name; empty for the atlas's own."""

    colour: str = ""
    name: str = ""


class LabelLooks(QObject):
    """Gives a model of structures the user's colours and names; all windows' documents share them.

    An atlas is known by the names of its structures.
    """

    def __init__(
        self, settings: WindowSettings, structures: StructureModel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings, self._structures = settings, structures
        structures.structures_changed.connect(self._show)
        settings.changed.connect(lambda name: self._show() if name == "label_looks" else None)

    @property
    def all(self) -> Mapping[str, LabelLook]:
        """Looks by the names that the atlas gives."""
        return _valid(self._settings.label_looks(self._atlas))

    def has_own(self, label: int) -> bool:
        """Whether the user has given a structure a colour or a name."""
        return self._structures.official_name(label) in self.all

    def set(self, label: int, **values: str) -> None:
        """Give a structure a `colour` or a `name`."""
        official = self._structures.official_name(label)
        look = replace(self.all.get(official, LabelLook()), **values)
        if look.name.strip() == official:
            look = replace(look, name="")
        self._keep({**self.all, official: replace(look, name=look.name.strip())})

    def reset(self, label: int | None = None) -> None:
        """Give a structure, or all, the atlas's own colours and names again."""
        gone = None if label is None else self._structures.official_name(label)
        self._keep({} if gone is None else {name: look for name, look in self.all.items() if name != gone})

    @property
    def _atlas(self) -> str:
        return sha256("\n".join(self._structures.official_names).encode()).hexdigest()[:16]

    def _keep(self, looks: Mapping[str, LabelLook]) -> None:
        kept = {name: asdict(look) for name, look in looks.items() if look != LabelLook()}
        self._settings.keep_label_looks(self._atlas, kept)

    def _show(self) -> None:
        self._structures.set_looks(self.all)


def _valid(stored: Mapping[str, object]) -> dict[str, LabelLook]:
    """Return the looks that were kept, without what is none."""
    looks = {}
    for official, look in stored.items():
        if isinstance(look, dict):
            colour, name = str(look.get("colour", "")), str(look.get("name", ""))
            looks[official] = LabelLook(colour if QColor.isValidColorName(colour) else "", name)
    return looks
