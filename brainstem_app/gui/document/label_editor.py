"""Drawing on the labels that are shown: strokes and other steps, undo, the saved copy."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from brainstem_app.errors import BrainstemError
from brainstem_app.gui.background import Background
from brainstem_app.gui.document.drawing_tools import LAST_STEP, DrawingTools, Tool
from brainstem_app.gui.document.edit_words import EditWords
from brainstem_app.gui.messages.message import Message, MessageLevel, message_of_error

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from brainstem_app.gui.document.label_edit import Change, DrawnSlice, LabelEdit
    from brainstem_app.gui.document.opened import OpenedLabels
    from brainstem_app.gui.editing.drawing import Pen, Refusal
    from brainstem_app.gui.viewer.convention import Plane
    from brainstem_app.gui.viewer.slices import Voxel
    from brainstem_app.gui.viewer.volume import LabelVolume

_MIDDLE_PER_CENT = (2.0, 98.0)
_log = logging.getLogger(__name__)


class LabelEditor(DrawingTools):
    """Draws on a copy of the open labels.

    Signals
    -------
    copied
        The first touch has made the copy: it is to be shown in place of the original.
    painted(object)
        Voxels have changed: the lowest and highest corner of a box that holds them; None for anywhere.
    stroke_done
        A stroke is complete, was undone or redone.
    state_changed
        What can be undone, redone, saved.
    jumped(object)
        A voxel of what was undone or redone.
    saved(object)
        Path of the copy.
    told(str)
        What a step did, or why it did nothing; not as a message, for that would move the views.
    message(object)
        A `Message` to show in place.
    """

    copied = Signal()
    painted = Signal(object)
    stroke_done = Signal()
    state_changed = Signal()
    jumped = Signal(object)
    saved = Signal(object)
    told = Signal(str)
    message = Signal(object)

    def __init__(self, background: Background, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._opened: OpenedLabels | None = None
        self._edit: LabelEdit | None = None
        self._words = EditWords(self)
        self._erases = False
        self._drawn: DrawnSlice | None = None
        self._when_saved: list[Callable[[], None]] = []
        self.is_saving = False

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
        if opened is not None:  # the first step must not wait for it
            self._background.run(_import_mathematics, lambda _none: None, lambda _error: None)

    # Strokes -----------------------------------------------------------------------------------------

    def begin(self, erases: bool) -> None:
        """Begin a stroke."""
        self._erases = erases or self.tool is Tool.ERASER
        self._drawn = None
        self._edited_now()

    def _edited_now(self) -> LabelEdit | None:
        """Return the copy that is drawn on, made at the first touch."""
        if self._edit is None and self._opened is not None:
            from brainstem_app.gui.document.label_edit import LabelEdit

            self._edit = LabelEdit(self._opened.labels)
            self.copied.emit()
        return self._edit

    def move(self, plane: Plane, start: Voxel, end: Voxel) -> None:
        """Paint from one voxel to another."""
        from brainstem_app.gui.document.brush import stroke_part
        from brainstem_app.gui.document.label_edit import DrawnSlice

        brush = self.brush
        if self._edit is None or brush is None or (self.label == 0 and not self._erases):
            return
        grid, pen = self._edit.volume.grid, self._pen()
        part, mask = stroke_part(start, end, brush.touch(grid.voxel_size_mm, plane), grid.shape)
        new = 0 if self._erases else self.label
        if self._edit.paint_part(part, pen.in_range(mask, part), new, pen.kept(erases=self._erases)):
            if not self.in_3d:
                self._drawn = DrawnSlice(self.label, plane, end[plane.normal])
            z, y, x = part
            self.painted.emit(((x.start, y.start, z.start), (x.stop - 1, y.stop - 1, z.stop - 1)))

    def end(self) -> None:
        """End a stroke."""
        if self._edit is not None and self._edit.end_stroke(self._drawn):
            self._tell()

    # Other steps -------------------------------------------------------------------------------------

    def fill(self, plane: Plane, voxel: Voxel, erases: bool) -> bool:
        """Fill the region around a voxel that the nucleus closes, or take away the piece that is touched."""
        from brainstem_app.gui.editing.drawing import fill

        drawn = None if self.in_3d else (plane, voxel[plane.normal])
        return self._step(
            lambda edit, pen: fill(edit, pen, plane, voxel, in_3d=self.in_3d, erases=erases),
            drawn,
            needs_label=not erases,
        )

    def outline(self, plane: Plane, index: int, points: NDArray[np.float64], erases: bool) -> bool:
        """Paint or erase what lies inside a polygon, whose points (N, 2) are in voxels of the slice."""
        from brainstem_app.gui.editing.drawing import outline

        return self._step(
            lambda edit, pen: outline(edit, pen, plane, index, points, erases=erases),
            (plane, index),
            needs_label=not erases,
        )

    def interpolate(self, plane: Plane) -> bool:
        """Make the chosen nucleus between its outlined slices."""
        from brainstem_app.gui.editing.drawing import Refusal, interpolate

        made: list[tuple[int, int]] = []

        def do(edit: LabelEdit, pen: Pen) -> Refusal | None:
            found = interpolate(edit, pen, plane)
            if isinstance(found, Refusal):
                return found
            made.extend(found)
            return None

        return self._step(do, said=lambda before: self._words.interpolated(made, before, self.volume_mm3))

    def smooth(self) -> bool:
        """Smooth the chosen nucleus; it keeps its volume."""
        from brainstem_app.gui.editing.drawing import smooth

        return self._step(
            lambda edit, pen: smooth(edit, pen, self.width_mm),
            said=lambda before: self._words.smoothed(before, self.volume_mm3),
        )

    def copy_slice(self, plane: Plane, index: int, by: int) -> bool:
        """Give the chosen nucleus on the next slice (by = 1, or −1) the shape that it has on this one."""
        from brainstem_app.gui.editing.drawing import copy_slice

        return self._step(lambda edit, pen: copy_slice(edit, pen, plane, index, by), (plane, index + by))

    def assign(self, voxels: NDArray[np.int64], values: NDArray[np.uint8]) -> bool:
        """Give voxels labels of their own, flat indices into (Z, Y, X), as one step that can be undone."""

        def do(edit: LabelEdit, _pen: Pen) -> None:
            edit.assign(voxels, values)

        return self._step(do, needs_label=False)

    def _step(
        self,
        do: Callable[[LabelEdit, Pen], Refusal | None],
        drawn: tuple[Plane, int] | None = None,
        said: Callable[[float], str] | None = None,
        *,
        needs_label: bool = True,
    ) -> bool:
        """Do one step that can be undone; say why if it draws nothing."""
        from brainstem_app.gui.document.label_edit import DrawnSlice
        from brainstem_app.gui.editing.drawing import Refusal

        edit = self._edited_now()
        if edit is None:
            return False
        edit.end_stroke()
        before = self.volume_mm3
        refused = Refusal.NO_NUCLEUS if needs_label and self.label == 0 else do(edit, self._pen())
        if refused is not None:
            self.told.emit(" ".join(self._words.refused(refused)).strip())
            return False
        edit.end_stroke(None if drawn is None else DrawnSlice(self.label, *drawn))
        self.painted.emit(None)
        self._tell()
        if said is not None:
            self.told.emit(said(before))
        return True

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

    def _pen(self) -> Pen:
        from brainstem_app.gui.editing.drawing import Pen

        nuclei = () if self._opened is None else tuple(s.index for s in self._opened.table.nuclei)
        steps = None if self.image is None else self.image.steps
        return Pen(self.label, nuclei, self.protects, steps, self.levels if self.limits_intensity else None)

    @property
    def volume_mm3(self) -> float:
        """Volume of the chosen nucleus now, in voxels."""
        if self._edit is not None:
            return float(self._edit.volumes_mm3[self.label])
        return 0.0 if self._opened is None else float(self._opened.labels.volumes_mm3[self.label])

    @property
    def first_volume_mm3(self) -> float:
        """Volume of the chosen nucleus in voxels as it was opened."""
        return 0.0 if self._opened is None else float(self._opened.labels.volumes_mm3[self.label])

    def set_limits_intensity(self, limits: bool) -> None:
        """Draw only on voxels of some intensities: at first those of the chosen nucleus, but for extremes."""
        if limits and self.levels == (0, LAST_STEP) and self.image is not None and self.labels is not None:
            import numpy as np

            found = self.image.steps[self.labels.labels == self.label] if self.label else ()
            if len(found):
                low, high = np.percentile(found, _MIDDLE_PER_CENT)
                self.levels = (int(low), int(high))
            else:
                self.levels = (int(self.image.window[0]), int(self.image.window[1]))
        super().set_limits_intensity(limits)

    def drawn_slices(self, plane: Plane) -> tuple[int, ...]:
        """Slices of a plane on which the chosen nucleus was outlined."""
        return () if self._edit is None else self._edit.drawn_slices(self.label, plane)

    # Saving ------------------------------------------------------------------------------------------

    def save_copy(self, then: Callable[[], None] | None = None) -> None:
        """Save the labels as they are now beside the original, on a thread; then go on if it worked."""
        if then is not None:
            self._when_saved.append(then)
        if self._edit is None or self._opened is None or self.is_saving:
            return
        from brainstem_app.gui.document.edited_copy import edited_now, save_and_tell

        edit, edited = self._edit, edited_now(self._edit, self._opened)
        state = edit.mark()
        self.is_saving = True
        self.state_changed.emit()

        def done(saved: tuple[Path, str, bool]) -> None:
            path, what, is_warning = saved
            self.is_saving = False
            edit.mark_saved(state)
            self.state_changed.emit()
            level = MessageLevel.WARNING if is_warning else MessageLevel.INFO
            self.message.emit(Message(level, what, str(path.parent)))
            self.saved.emit(path)
            waiting, self._when_saved = self._when_saved, []
            for go_on in waiting:
                go_on()

        def failed(error: BaseException) -> None:
            self.is_saving = False
            self._when_saved = []
            self.state_changed.emit()
            self.message.emit(message_of_error(error, "The edited labels could not be saved."))

        self._background.run(lambda: save_and_tell(edited), done, failed)

    def save_copy_now(self) -> None:
        """Save the labels as they are now before the program ends, which nobody can be asked about."""
        from brainstem_app.gui.document.edited_copy import edited_now, save_edited_copy

        if self._edit is None or self._opened is None:
            return
        state = self._edit.mark()
        try:
            save_edited_copy(edited_now(self._edit, self._opened))
        except (BrainstemError, OSError):
            _log.exception("edited labels could not be saved")
        else:
            self._edit.mark_saved(state)


def _import_mathematics() -> None:
    import scipy.ndimage

    import brainstem_app.gui.editing.drawing

    _ = scipy, brainstem_app
