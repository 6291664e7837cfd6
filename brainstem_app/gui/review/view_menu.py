"""Menus of the views: what can be done at a place, with what lies there, and with the picture."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu

from brainstem_app.gui.structures.structure_menu import StructureMenu, copy_text
from brainstem_app.gui.viewer.ruler import ruler_text
from brainstem_app.gui.viewer.surfaces.render import DIRECTIONS

if TYPE_CHECKING:
    from brainstem_app.gui.actions import ActionTable
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.review.document_views import DocumentViews
    from brainstem_app.gui.viewer.drawing_view import DrawingView
    from brainstem_app.gui.viewer.slices import Voxel

_PICTURE = ("add_image", "figure", "picture")
_LOOK = ("fit_labels", "fit", "reset_window", None, "outline", "smooth_labels", None)


class ViewMenu(QObject):
    """Opens a menu where the right button is clicked in a view, or at the crosshair by the key for menus."""

    def __init__(self, document: Document, views: DocumentViews, commands: ActionTable) -> None:
        super().__init__(views)
        self._document, self._views, self._commands = document, views, commands
        self._structures = StructureMenu(document, views)
        views.menu_wanted.connect(self._open)
        views.surface.menu_wanted.connect(self._open_in_space)

    def _open(self, view: DrawingView, voxel: Voxel | None, position: QPoint) -> None:
        menu = self._structures.new_menu()
        if voxel is not None:
            self._structures.add_place_to(menu, view, voxel)
        self._add_rulers(menu, view, position)
        self._commands.fill(menu, (*_LOOK, *_PICTURE))
        menu.addAction("Copy the picture", lambda: QGuiApplication.clipboard().setPixmap(view.grab()))
        menu.popup(view.viewport().mapToGlobal(position))

    def _add_rulers(self, menu: QMenu, view: DrawingView, position: QPoint) -> None:
        rulers, image, ruler = self._document.rulers, self._document.image, view.ruler_at(position)
        if ruler is not None and image is not None:
            words = ruler_text(ruler.length_mm(image.grid))
            menu.addAction(f"Remove this ruler, {words}", lambda: rulers.remove(ruler))
            menu.addAction("Copy its length", lambda: copy_text(words))
        self._commands.fill(menu, ("ruler", "remove_rulers", None) if rulers.all else ("ruler", None))

    def _open_in_space(self, label: int, position: QPoint) -> None:
        surface, menu = self._views.surface, self._structures.new_menu()
        if label:
            self._structures.add_to(menu, label)
            menu.addSeparator()
        for words, direction in DIRECTIONS.items():
            menu.addAction(f"Look from {words}", partial(surface.look_from, *direction))
        menu.addSeparator()
        menu.addAction("As at first", surface.reset)
        self._commands.fill(menu, ("space", "picture"))
        menu.addAction("Copy the picture", lambda: QGuiApplication.clipboard().setPixmap(surface.grab()))
        menu.popup(surface.mapToGlobal(position))
