"""Menu of a structure: go there, show, hide, copy; its colour and name as the user wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QColor, QGuiApplication, QIcon, QPixmap
from PySide6.QtWidgets import QColorDialog, QInputDialog, QLineEdit, QMenu, QWidget

from brainstem_app.gui.plain_labels import no_mnemonic

if TYPE_CHECKING:
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.viewer.slice_view import SliceView
    from brainstem_app.gui.viewer.slices import Voxel

_SWATCH = 14
#: What fits in the list beside the volume.
_LONGEST_NAME = 32


class StructureMenu(QObject):
    """Adds what can be done with a structure of a document to menus, over a widget."""

    def __init__(self, document: Document, over: QWidget) -> None:
        super().__init__(over)
        self._document, self._over = document, over

    def new_menu(self) -> QMenu:
        """Make an empty menu that goes when it is closed."""
        menu = QMenu(self._over)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setToolTipsVisible(True)
        return menu

    def add_to(self, menu: QMenu, label: int) -> None:
        """Add the entries of a structure below its name and volume."""
        document, model = self._document, self._document.structures
        structure = model.structure(label)
        if structure is None:
            return
        title = menu.addAction(no_mnemonic(document.structure_text(label)), lambda: document.choose(label))
        title.setIcon(_swatch(structure.colour))
        title.setToolTip("Go there")
        menu.addAction("Show it only", lambda: model.show_only(label))
        is_shown = label in model.visible
        menu.addAction("Hide it" if is_shown else "Show it", lambda: model.toggle(label))
        menu.addAction("Copy name and volume", lambda: copy_text(document.structure_text(label)))
        look = menu.addMenu("Colour and name")
        look.addAction("Colour…", lambda: self.choose_colour(label))
        look.addAction("Name in the window…", lambda: self.rename(label))
        look.addSeparator()
        own = look.addAction("The atlas's own", lambda: document.looks.reset(label))
        own.setEnabled(document.looks.has_own(label))
        every = look.addAction("The atlas's own for all", lambda: document.looks.reset())
        every.setEnabled(bool(document.looks.all))

    def add_place_to(self, menu: QMenu, view: SliceView, voxel: Voxel) -> None:
        """Add the structure that lies at a voxel of a view, and what can be done with the place."""
        image, drawn = self._document.image, self._document.drawn
        if image is None:
            return
        label = 0 if drawn is None else drawn.label(voxel)
        if label:
            self.add_to(menu, label)
            menu.addSeparator()
        place = " ".join(f"{value:.1f}" for value in image.grid.world_mm(voxel))
        menu.addAction("Go here", lambda: view.move_to(voxel, by_user=True))
        menu.addAction("Centre the view here", lambda: view.centre_on(voxel))
        menu.addAction(f"Copy the place: {place}", lambda: copy_text(place))
        menu.addSeparator()

    def add_region_to(self, menu: QMenu, region: str) -> None:
        """Add the entries of a region, which are those of its nuclei together."""
        model = self._document.structures
        menu.addAction(no_mnemonic(f"Show the {region} only"), lambda: model.show_region(region))
        menu.addAction(no_mnemonic(f"Hide the {region}"), lambda: model.hide_region(region))

    def choose_colour(self, label: int) -> None:
        """Ask for the colour of a structure."""
        structure = self._document.structures.structure(label)
        if structure is None:
            return
        dialog = QColorDialog(QColor(structure.colour), self._over)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle(f"Colour of {structure.name}")
        dialog.colorSelected.connect(lambda colour: self._document.looks.set(label, colour=colour.name()))
        dialog.open()

    def rename(self, label: int) -> None:
        """Ask for the name of a structure in window and figures; files keep the atlas's."""
        model = self._document.structures
        structure = model.structure(label)
        if structure is None:
            return
        dialog = QInputDialog(self._over)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setWindowTitle("Name in the window")
        official = model.official_name(label)
        dialog.setLabelText(f"Name of {official} in window and figures.\nReports and files keep {official}.")
        dialog.setTextValue(structure.name)
        for line in dialog.findChildren(QLineEdit):
            line.setMaxLength(_LONGEST_NAME)
        dialog.textValueSelected.connect(lambda name: self._document.looks.set(label, name=name))
        dialog.open()


def copy_text(text: str) -> None:
    """Put a text on the clipboard."""
    QGuiApplication.clipboard().setText(text)


def _swatch(colour: str) -> QIcon:
    pixels = QPixmap(_SWATCH, _SWATCH)
    pixels.fill(QColor(colour))
    return QIcon(pixels)
