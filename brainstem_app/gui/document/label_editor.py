"""Brush and eraser on the labels that are shown: tool, strokes, undo, the saved copy."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.errors import BrainstemError
from brainstem_app.gui.background import Background
from brainstem_app.gui.messages.message import Message, MessageLevel, message_of_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from brainstem_app.gui.document.brush import Brush
    from brainstem_app.gui.document.edited_copy import EditedLabels
    from brainstem_app.gui.document.label_edit import Change, LabelEdit
    from brainstem_app.gui.document.opened import OpenedLabels
    from brainstem_app.gui.viewer.convention import Plane
    from brainstem_app.gui.viewer.slices import Voxel
    from brainstem_app.gui.viewer.volume import LabelVolume

_log = logging.getLogger(__name__)
SMALLEST_MM, LARGEST_MM = 0.5, 30.0


class Tool(Enum):
    """What the left button does."""

    LOOK = auto()
    BRUSH = auto()
    ERASER = auto()


class LabelEditor(QObject):
    """Paints on a copy of the open labels.

    Signals
    -------
    copied
        The first touch has made the copy: it is to be shown in place of the original.
    painted(object)
        Voxels have changed: the lowest and highest corner of a box that holds them; None for anywhere.
    stroke_done
        A stroke is complete, was undone or redone.
    brush_changed, state_changed
        Tool, size or label; what can be undone, redone, saved.
    jumped(object)
        A voxel of what was undone or redone.
    saved(object)
        Path of the copy.
    message(object)
        A `Message` to show in place.
    """

    copied = Signal()
    painted = Signal(object)
    stroke_done = Signal()
    brush_changed = Signal()
    state_changed = Signal()
    jumped = Signal(object)
    saved = Signal(object)
    message = Signal(object)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._opened: OpenedLabels | None = None
        self._edit: LabelEdit | None = None
        self._erases = False
        self._when_saved: list[Callable[[], None]] = []
        self.is_saving = False
        self.tool = Tool.LOOK
        self.diameter_mm = 3.0
        self.in_3d = False
        self.label = 0
        self.protects = False

    # State -------------------------------------------------------------------------------------------

    @property
    def opened(self) -> OpenedLabels | None:
        """The label map as it was read."""
        return self._opened

    @property
    def labels(self) -> LabelVolume | None:
        """The labels as they are now."""
        if self._edit is not None:
            return self._edit.volume
        return None if self._opened is None else self._opened.labels

    @property
    def volumes_mm3(self) -> list[float]:
        """Volume of each label 0…255 now: the report's until a voxel is another, then that of the voxels."""
        if self._edit is not None and self._edit.differs:
            return [float(volume) for volume in self._edit.volumes_mm3]
        return [] if self._opened is None else self._opened.volumes_mm3

    @property
    def regions_mm3(self) -> Mapping[str, float]:
        """Volume of each region: the report's, and what the edit adds to the brainstem or takes from it."""
        opened = self._opened
        if opened is None:
            return {}
        if self._edit is None or not self._edit.differs:
            return opened.regions_mm3
        if opened.regions is None:
            return {}
        return opened.regions.mm3_after(self._edit.volume, self._edit.extent)

    @property
    def differs_from_report(self) -> bool:
        """Whether the volumes are of voxels, for they were edited, while the report's are not."""
        opened = self._opened
        if opened is None or not opened.reported_mm3:
            return False
        return opened.differs_from_report or (self._edit is not None and self._edit.differs)

    @property
    def extent(self) -> tuple[Voxel, Voxel] | None:
        """Box of voxels that holds all labels."""
        if self._edit is not None:
            return self._edit.extent
        return None if self._opened is None else self._opened.labels.extent

    @property
    def is_changed(self) -> bool:
        """Whether there are edits that no file holds."""
        return self._edit is not None and self._edit.is_changed

    @property
    def can_undo(self) -> bool:
        """Whether there is a stroke to take back."""
        return self._edit is not None and self._edit.can_undo

    @property
    def can_redo(self) -> bool:
        """Whether there is a stroke to do again."""
        return self._edit is not None and self._edit.can_redo

    @property
    def brush(self) -> Brush | None:
        """The brush as it is set; None while only looking."""
        if self.tool is Tool.LOOK or self._opened is None:
            return None
        from brainstem_app.gui.document.brush import Brush

        return Brush(self.diameter_mm, self.in_3d)

    def place(self, label: int) -> Voxel | None:
        """Return a voxel in the middle of a structure, None if it is not there."""
        if self._edit is not None:
            return self._edit.place(label)
        return None if self._opened is None else self._opened.labels.places.get(label)

    # Settings ----------------------------------------------------------------------------------------

    def set_labels(self, opened: OpenedLabels | None) -> None:
        """Edit other labels; edits of those before are forgotten."""
        self._opened, self._edit = opened, None
        self.set_tool(Tool.LOOK)
        self.state_changed.emit()

    def set_tool(self, tool: Tool) -> None:
        """Choose what the left button does."""
        self.tool = tool
        self.brush_changed.emit()

    def set_diameter(self, diameter_mm: float) -> None:
        """Set the size of the brush."""
        self.diameter_mm = min(max(round(diameter_mm, 1), SMALLEST_MM), LARGEST_MM)
        self.brush_changed.emit()

    def set_in_3d(self, in_3d: bool) -> None:
        """Paint with a ball, or with a disc in the plane of the view."""
        self.in_3d = in_3d
        self.brush_changed.emit()

    def set_label(self, label: int) -> None:
        """Choose what is painted."""
        self.label = label
        self.brush_changed.emit()

    def set_protects(self, protects: bool) -> None:
        """Leave other nuclei as they are."""
        self.protects = protects

    # Strokes -----------------------------------------------------------------------------------------

    def begin(self, erases: bool) -> None:
        """Begin a stroke."""
        self._erases = erases or self.tool is Tool.ERASER
        if self._edit is None and self._opened is not None:
            from brainstem_app.gui.document.label_edit import LabelEdit

            self._edit = LabelEdit(self._opened.labels)
            self.copied.emit()

    def move(self, plane: Plane, start: Voxel, end: Voxel) -> None:
        """Paint from one voxel to another."""
        from brainstem_app.gui.document.brush import stroke_voxels

        brush = self.brush
        if self._edit is None or brush is None or (self.label == 0 and not self._erases):
            return
        grid = self._edit.volume.grid
        footprint = brush.footprint(grid.voxel_size_mm, plane)
        voxels = stroke_voxels(start, end, footprint, grid.shape)
        if self._edit.paint(voxels, 0 if self._erases else self.label, self._protected()):
            reach = footprint.max(axis=0).tolist()
            lowest = tuple(min(a, b) - r for a, b, r in zip(start, end, reach, strict=True))
            highest = tuple(max(a, b) + r for a, b, r in zip(start, end, reach, strict=True))
            self.painted.emit((lowest, highest))

    def end(self) -> None:
        """End a stroke."""
        if self._edit is not None and self._edit.end_stroke():
            self._tell()

    def undo(self) -> None:
        """Take the last stroke back."""
        if self._edit is not None:
            self._after(self._edit.undo())

    def redo(self) -> None:
        """Do the stroke taken back last again."""
        if self._edit is not None:
            self._after(self._edit.redo())

    def _after(self, change: Change | None) -> None:
        if change is not None and self._edit is not None:
            self.painted.emit(None)
            self.jumped.emit(self._edit.voxel_of(change))
            self._tell()

    def _tell(self) -> None:
        self.stroke_done.emit()
        self.state_changed.emit()

    def _protected(self) -> NDArray[np.bool_] | None:
        """Which labels stay: the other nuclei; of the eraser, all but the chosen one."""
        if not self.protects or self._opened is None:
            return None
        import numpy as np

        keep = np.zeros(256, dtype=bool)
        keep[range(1, 256) if self._erases else [s.index for s in self._opened.table.nuclei]] = True
        keep[self.label] = False
        return keep

    # Saving ------------------------------------------------------------------------------------------

    def save_copy(self, then: Callable[[], None] | None = None) -> None:
        """Save the labels as they are now beside the original, on a thread; then go on if it worked."""
        if then is not None:
            self._when_saved.append(then)
        if self._edit is None or self._opened is None or self.is_saving:
            return
        from brainstem_app.gui.document.edited_copy import save_edited_copy

        edit, edited = self._edit, self._edited(self._edit, self._opened)
        state = edit.mark()
        self.is_saving = True
        self.state_changed.emit()

        def done(path: Path) -> None:
            self.is_saving = False
            edit.mark_saved(state)
            self.state_changed.emit()
            what = self.tr("The edited labels are saved as {0}; the original is as it was.").format(path.name)
            self.message.emit(Message(MessageLevel.INFO, what, str(path.parent)))
            self.saved.emit(path)
            waiting, self._when_saved = self._when_saved, []
            for go_on in waiting:
                go_on()

        def failed(error: BaseException) -> None:
            self.is_saving = False
            self._when_saved = []
            self.state_changed.emit()
            self.message.emit(message_of_error(error, self.tr("The edited labels could not be saved.")))

        self._background.run(lambda: save_edited_copy(edited), done, failed)

    def save_copy_now(self) -> None:
        """Save the labels as they are now before the program ends, which nobody can be asked about."""
        from brainstem_app.gui.document.edited_copy import save_edited_copy

        if self._edit is None or self._opened is None:
            return
        state = self._edit.mark()
        try:
            save_edited_copy(self._edited(self._edit, self._opened))
        except (BrainstemError, OSError):
            _log.exception("edited labels could not be saved")
        else:
            self._edit.mark_saved(state)

    def _edited(self, edit: LabelEdit, opened: OpenedLabels) -> EditedLabels:
        """Return a copy of the edits as they are now, for a thread to save."""
        from brainstem_app.gui.document.edited_copy import EditedLabels

        return EditedLabels(
            opened.path,
            edit.volume.labels.copy(),
            opened.table,
            edit.first_counts.tolist(),
            edit.counts.tolist(),
        )
