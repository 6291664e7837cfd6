"""An atlas to look at: its labels on the template, its structures, its licences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QByteArray, Qt, QUrl
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QTextDocument
from PySide6.QtWidgets import QTabWidget, QTextBrowser, QWidget

from brainstem_app.gui.controls import fit_columns, make_sortable, make_table
from brainstem_app.gui.design.tokens import DARK, HALF, SPACE
from brainstem_app.gui.file_dialogs import open_address
from brainstem_app.gui.picture_box import PictureBox
from brainstem_app.gui.rows_model import Column, RowsModel
from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.reports.engine import formatting

if TYPE_CHECKING:
    from pathlib import Path

    from brainstem_app.atlas.label_table import Structure
    from brainstem_app.atlas.library import Atlas

#: Of a notice: tables, and nothing of HTML.
_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
#: Pixels a voxel, voxels around the labels, pixels between the pictures.
_ZOOM, _AROUND, _GAP = 5, 14, 12
_OPACITY = 0.6
_LETTER_POINTS = 15
#: Axis that each plane lies across, and the letter at its top: axial, coronal, sagittal.
_PLANES = ((2, "A"), (1, "S"), (0, "S"))


@dataclass(frozen=True)
class AtlasRow:
    """A structure of an atlas, its volume in it and in the maps it was made of (mm³)."""

    structure: Structure
    volume: int
    source: float | None


@dataclass(frozen=True)
class AtlasShown:
    """An atlas, ready to be shown.

    Attributes
    ----------
    atlas : Atlas
    rows : tuple of AtlasRow
    picture : QImage
        Three planes through the labels, on the template.
    """

    atlas: Atlas
    rows: tuple[AtlasRow, ...]
    picture: QImage


def read_shown(name_or_folder: str | Path, convention: Convention) -> AtlasShown:
    """Read an atlas and draw it; takes about half a second.

    Raises
    ------
    InputError
        If there is no such atlas, or it is damaged.
    """
    from brainstem_app.atlas.library import load_atlas, source_volumes_of

    atlas = load_atlas(name_or_folder)
    before = source_volumes_of(atlas)
    counts = np.bincount(atlas.labels.ravel(), minlength=atlas.table.n_classes)
    rows = tuple(AtlasRow(s, int(counts[s.index]), before.get(s.name)) for s in atlas.table.structures[1:])
    return AtlasShown(atlas, rows, atlas_picture(atlas, convention))


def atlas_picture(atlas: Atlas, convention: Convention) -> QImage:
    """Draw the nuclei on the template: axial, coronal, sagittal, each where most of them lie."""
    from brainstem_app.preprocessing.template import load_template

    colours = np.zeros((atlas.table.n_classes, 3), dtype=np.float32)
    for nucleus in atlas.table.nuclei:
        colours[nucleus.index] = nucleus.rgb
    is_nucleus = np.zeros(atlas.table.n_classes, dtype=bool)
    is_nucleus[[nucleus.index for nucleus in atlas.table.nuclei]] = True
    inside = is_nucleus[atlas.labels]
    t1 = load_template().t1
    box = _box_around(inside)
    panes = []
    for axis, _ in _PLANES:
        others = tuple(one for one in range(3) if one != axis)
        place = int(inside.sum(axis=others).argmax())
        cut: list[Any] = list(box)
        cut[axis] = place
        grey = 255 * t1[tuple(cut)][..., None].repeat(3, axis=-1)
        labelled = inside[tuple(cut)][..., None] * _OPACITY
        pane = grey * (1 - labelled) + colours[atlas.labels[tuple(cut)]] * labelled
        panes.append(np.flip(pane.transpose(1, 0, 2), axis=0))  # up is up; left is the first axis' low end
    mirrored = (0, 1, 2) if convention is Convention.RADIOLOGICAL else (2,)  # the face is to the left
    for number in mirrored:
        panes[number] = np.flip(panes[number], axis=1)
    return _beside(panes, convention)


def _box_around(inside: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    places = np.nonzero(inside)
    if not places[0].size:
        return (slice(None), slice(None), slice(None))
    low = [max(0, int(axis.min()) - _AROUND) for axis in places]
    high = [int(axis.max()) + _AROUND for axis in places]
    x, y, z = (slice(a, b) for a, b in zip(low, high, strict=True))
    return (x, y, z)


def _beside(panes: list[NDArray[np.float32]], convention: Convention) -> QImage:
    """Put the slices beside each other at one scale, with their letters."""
    images = [_image(pane) for pane in panes]
    height = max(image.height() for image in images)
    width = sum(image.width() for image in images) + _GAP * (len(images) - 1)
    whole = QImage(width, height, QImage.Format.Format_RGB32)
    whole.fill(QColor(0, 0, 0))
    painter = QPainter(whole)
    font = QFont()
    font.setPixelSize(height // _LETTER_POINTS)
    font.setBold(True)
    painter.setFont(font)
    painter.setPen(QColor(DARK.fair))
    left = "R" if convention is Convention.RADIOLOGICAL else "L"
    sides = (left, left, "A")
    x = 0
    for image, side, (_, up) in zip(images, sides, _PLANES, strict=True):
        y = (height - image.height()) // 2
        painter.drawImage(x, y, image)
        area = image.rect().translated(x, y).adjusted(SPACE, HALF, -SPACE, -HALF)
        for letter, where in (
            (side, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter),
            (up, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop),
        ):
            # On grey and on black alike.
            box = painter.boundingRect(area, where, letter).adjusted(-HALF, 0, HALF, 0)
            painter.fillRect(box, QColor(0, 0, 0, 150))
            painter.drawText(area, where, letter)
        x += image.width() + _GAP
    painter.end()
    return whole


def _image(pane: NDArray[np.float32]) -> QImage:
    pixels = np.ascontiguousarray(pane.clip(0, 255).astype(np.uint8))
    height, width = pixels.shape[:2]
    image = QImage(pixels.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888)
    return image.scaledToWidth(_ZOOM * width, Qt.TransformationMode.SmoothTransformation)


class _Notice(QTextBrowser):
    """A notice of whoever made the atlas: no picture is fetched for it, from here or elsewhere."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setOpenLinks(False)
        self.anchorClicked.connect(open_address)

    def loadResource(self, kind: int, name: QUrl | str) -> QByteArray:  # noqa: N802 - Qt's name
        """Load a blank: for nothing at all, Qt would look itself."""
        return QByteArray(b" ")


class AtlasView(QTabWidget):
    """Shows an atlas in three tabs.

    Attributes
    ----------
    picture : PictureBox
    rows : RowsModel
        Of `AtlasRow`.
    licence : QTextBrowser
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.picture = PictureBox("Nuclei of the atlas on the template", self)
        self.rows = RowsModel[AtlasRow](_columns(), lambda row: row.structure.index, self)
        self.table = make_table(self, self.rows, "Structures of the atlas")
        make_sortable(self.table)
        self.licence = _Notice(self)
        self.licence.setAccessibleName("Sources and licences of the atlas")
        self.addTab(self.picture, "On the template")
        self.addTab(self.table, "Structures")
        self.addTab(self.licence, "Licence")

    def show_atlas(self, shown: AtlasShown | None) -> None:
        """Show an atlas, or none."""
        self.picture.show_image(None if shown is None else shown.picture, words="Reading the atlas…")
        self.rows.set_rows(() if shown is None else shown.rows)
        fit_columns(self.table, self.rows.longest_texts())
        text = "" if shown is None else shown.atlas.notice or "No licence is stated."
        self.licence.document().setMarkdown(text, _DIALECT)


def _columns() -> tuple[Column[AtlasRow], ...]:
    role = Qt.ItemDataRole.DecorationRole
    return (
        Column("", lambda row: row.structure.index, hint="Number in the label map"),
        Column(
            "Name", lambda row: row.structure.name, roles={role: lambda row: QColor(row.structure.colour)}
        ),
        Column("Full name", lambda row: row.structure.full_name),
        Column("Side", lambda row: row.structure.side.value),
        Column("Region", lambda row: row.structure.region),
        Column(
            "mm³",
            lambda row: formatting.volume(row.volume),
            lambda row: row.volume,
            hint="Volume in the atlas",
        ),
        Column(
            "Change",
            lambda row: f"{100 * (row.volume / row.source - 1):+.1f} %" if row.source else "",
            lambda row: row.volume / row.source if row.source else 0.0,
            hint="Of the volume, against that in the maps it was made of",
        ),
        Column(
            "Reliability", lambda row: row.structure.reliability, hint="How reliable: A good, B fair, C poor"
        ),
    )
