"""Document that Segment and Review show: a scan, its labels, their edits, a reference, how they are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from brainstem_app.gui.document.comparison import Comparison
from brainstem_app.gui.document.display import Display
from brainstem_app.gui.document.drawing_tools import Tool
from brainstem_app.gui.document.image_layers import ImageLayers
from brainstem_app.gui.document.label_editor import LabelEditor
from brainstem_app.gui.document.opened import ResultFiles, find_result
from brainstem_app.gui.document.rulers import Rulers
from brainstem_app.gui.document.scan_opener import ScanOpener
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.structures.label_looks import LabelLooks
from brainstem_app.gui.structures.structure_model import StructureModel
from brainstem_app.reports.engine import formatting

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from brainstem_app.gui.background import Background
    from brainstem_app.gui.document.opened import OpenedLabels, OpenedResult, OpenedScan
    from brainstem_app.gui.settings import WindowSettings
    from brainstem_app.gui.viewer.overlays.smooth_shapes import SmoothShapes
    from brainstem_app.gui.viewer.slices import Voxel
    from brainstem_app.gui.viewer.volume import ImageVolume, LabelVolume
    from brainstem_app.imaging.scan import Finding

_VOLUMES_MS = 60


class Document(QObject):
    """What a page shows. Widgets read it, follow its signals and ask it to change; none holds another.

    Parameters
    ----------
    settings : WindowSettings
    background : Background
    keeps_labels : bool
        Whether labels stay when a scan on their grid is opened.

    Attributes
    ----------
    scan : OpenedScan or None
    image : ImageVolume or None
        Voxels of the scan, black ones where labels are open without their scan.
    findings : tuple of Finding
        What was found in the scan or, of a result, in its segmentation.
    labels : OpenedLabels or None
        The label map as it was read; `editor` has it as it is now.
    result : ResultFiles or None
        The files beside the label map.
    confidence : ndarray of uint8, shape (Z, Y, X), or None
    shapes : SmoothShapes or None
        The labels as the warp of their result has them, if it has one.
    structures : StructureModel
        The structures of the label map, and which of them are drawn.
    looks : LabelLooks
        Their colours and names as the user wants them.
    editor : LabelEditor
        The edits, and whether a file holds them.
    comparison : Comparison
        The reference.
    display : Display
        How things are drawn.
    rulers : Rulers
        Distances that were measured on the scan.
    layers : ImageLayers
        Images over the scan.
    opener : ScanOpener
        Reads what is to be shown.

    Signals
    -------
    replaced
        Another scan or label map is about to be shown.
    image_changed, labels_changed, result_changed, confidence_changed, shapes_changed
        Another one is there, or none; of the shapes: are drawn, or none.
    volumes_changed
        The volumes of the structures are others.
    chosen(int)
        The structure with this label is to be looked at.
    labels_shown, opened
        Labels, anything that was read is on the screen.
    scan_wanted
        The user wants to open the scan of the labels.
    message(object)
        A `Message` to show in place.
    """

    replaced = Signal()
    image_changed = Signal()
    labels_changed = Signal()
    result_changed = Signal()
    confidence_changed = Signal()
    shapes_changed = Signal()
    volumes_changed = Signal()
    chosen = Signal(int)
    labels_shown = Signal()
    opened = Signal()
    scan_wanted = Signal()
    message = Signal(object)

    def __init__(
        self,
        settings: WindowSettings,
        background: Background,
        parent: QObject | None = None,
        *,
        keeps_labels: bool = False,
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._keeps_labels = keeps_labels
        self.scan: OpenedScan | None = None
        self.image: ImageVolume | None = None
        self.findings: tuple[Finding, ...] = ()
        self.labels: OpenedLabels | None = None
        self.result: ResultFiles | None = None
        self.confidence: NDArray[np.uint8] | None = None
        self.shapes: SmoothShapes | None = None
        self._told_shapes: SmoothShapes | None = None
        self._reads_tissue = False
        self.structures = StructureModel(self)
        self.looks = LabelLooks(settings, self.structures, self)
        self.editor = LabelEditor(background, self)
        self.comparison = Comparison(self.editor, background, self)
        self.display = Display(settings, self)
        self.rulers = Rulers(self)
        self.layers = ImageLayers(settings, background, self)
        self.opener = ScanOpener(background, self)
        self._volumes_soon = QTimer(self, singleShot=True, interval=_VOLUMES_MS)
        self._connect()

    def _connect(self) -> None:
        editor, opener = self.editor, self.opener
        for teller in (editor, self.comparison, self.layers):
            teller.message.connect(self.message)
        for told in (opener.failed, opener.noted):
            told.connect(self.message)
        opener.scan_read.connect(self.show_scan)
        opener.labels_read.connect(self.show_labels)
        opener.result_read.connect(self.show_result)
        editor.copied.connect(self.labels_changed)
        editor.painted.connect(self._on_painted)
        editor.stroke_done.connect(self.comparison.compare)
        editor.brush_changed.connect(self._on_brush)
        for signal in (
            editor.painted,
            editor.state_changed,
            editor.brush_changed,
            self.display.changed,
            self.comparison.changed,
        ):
            signal.connect(lambda *_told: self._tell_shapes())
        editor.saved.connect(lambda _copy: self.read_result_again())
        self.structures.visibility_changed.connect(self._on_visible)
        self._volumes_soon.timeout.connect(self.volumes_changed)

    @property
    def scan_path(self) -> Path | None:
        """File of the scan; None without one."""
        return None if self.scan is None else self.scan.path

    @property
    def drawn(self) -> LabelVolume | None:
        """The labels as they are now, edits included."""
        return self.editor.labels

    # Opening -----------------------------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a scan, a DICOM folder, a result folder or a label map."""
        self.opener.open(path, self.scan_path)

    def open_result(self, folder: Path, like: OpenedLabels | None = None) -> None:
        """Open a result folder, and its scan unless that is open; `like` are labels that its own correct."""
        self.opener.open_result(folder, self.scan_path, like)

    def show_scan(self, scan: OpenedScan) -> None:
        """Show a scan; labels that are open stay if they lie on its grid, and are to be kept."""
        self.replaced.emit()
        kept = self.labels if self._keeps_labels else None
        if kept is not None and not kept.labels.grid.matches(scan.image.grid):
            self._set_labels(None)  # at once: its voxels are not those of the new scan
            kept = None
        reference = self.comparison.reference
        self._set_image(scan.image, scan)
        if kept is None:
            self._set_labels(None)
        else:
            self.labels_changed.emit()
            self.shapes_changed.emit()
            self.comparison.set_reference(reference)
            self.confidence_changed.emit()
        self.opened.emit()

    def show_labels(self, opened: OpenedLabels) -> None:
        """Show a label map over the open scan, or alone if it does not belong to it."""
        self._show(opened, ResultFiles(folder=opened.path.parent, labels=opened.path))

    def show_result(self, result: OpenedResult) -> None:
        """Show a segmentation: its scan and its labels."""
        if result.scan is not None:
            self._set_labels(None)
            self.show_scan(result.scan)
        self._show(result.labels, result.files, result.findings)

    def _show(self, opened: OpenedLabels, files: ResultFiles, findings: tuple[Finding, ...] = ()) -> None:
        self.replaced.emit()
        if self.scan is None or not opened.labels.grid.matches(self.scan.image.grid):
            self._show_alone(opened)
        of_scan = () if self.scan is None else self.scan.findings
        self.findings = findings or (*of_scan, *opened.findings)
        self._set_labels(opened, files)
        self.labels_shown.emit()
        self.opened.emit()

    def _show_alone(self, opened: OpenedLabels) -> None:
        from brainstem_app.gui.viewer.volume import empty_image

        what = "These labels are shown without their scan."
        if self.scan is not None:
            what = "These labels do not lie on the grid of the scan that was open: they are shown alone."
        self.scan = None
        self._set_labels(None)
        self._set_image(empty_image(opened.labels.grid), None)
        fix = "Open the scan they were made from, then the labels again."
        actions: tuple[MessageAction, ...] = ()
        if self._keeps_labels:
            fix = "Open the scan they were made from; the labels stay."
            actions = (MessageAction("Open the scan…", self.scan_wanted.emit),)
        told = Message(MessageLevel.WARNING, what, str(opened.path), fix, actions=actions, is_of_page=True)
        self.message.emit(told)

    def _set_image(self, image: ImageVolume, scan: OpenedScan | None) -> None:
        self.rulers.clear()
        self.image, self.scan = image, scan
        self.editor.set_image(None if scan is None else image)
        self.findings = () if scan is None else scan.findings
        self.image_changed.emit()
        self.layers.show_scan(self.scan_path, image.grid, remembers=self._keeps_labels)

    def _set_labels(self, opened: OpenedLabels | None, files: ResultFiles | None = None) -> None:
        self.labels, self.confidence, self.shapes = opened, None, None
        self._reads_tissue = False
        self.editor.set_labels(opened)
        self.comparison.set_reference(None)
        if opened is not None and not self.structures.shows(opened.table):
            self.structures.set_table(opened.table)
        self._set_result(files)
        self._tell_shapes()
        self.labels_changed.emit()
        self.volumes_changed.emit()
        self.confidence_changed.emit()
        self._read_shapes()

    def discard_edits(self) -> None:
        """Show the labels as they were opened."""
        self._set_labels(self.labels, self.result)

    def _set_result(self, files: ResultFiles | None) -> None:
        self.result = files
        self.result_changed.emit()

    def read_result_again(self) -> None:
        """Take note of the corrected copy that lies in the result's folder now."""
        if self.result is not None and self.result.is_segmentation:
            self._set_result(find_result(self.result.folder))

    def read_confidence(self) -> None:
        """Read the confidence beside the labels, on a thread."""
        opened = self.labels
        if opened is None:
            return
        from brainstem_app.gui.document.confidence import read_confidence

        def done(confidence: NDArray[np.uint8] | None) -> None:
            if self.labels is opened:
                self.confidence = confidence
                self.confidence_changed.emit()

        self._background.run(
            lambda: read_confidence(opened.path, opened.labels.grid),
            done,
            lambda error: self.message.emit(message_of_error(error, "The confidence cannot be read.")),
        )

    @property
    def drawn_shapes(self) -> SmoothShapes | None:
        """The shapes, where they are to be drawn in place of voxels: not of labels drawn on or compared."""
        is_as_opened = not self.editor.can_undo and self.editor.tool in (Tool.LOOK, Tool.RULER)
        is_compared = self.comparison.reference is not None  # voxel by voxel
        if self.shapes is None or is_compared or not is_as_opened or not self.display.state.is_smooth:
            return None
        return self.shapes if self.structures.visible <= self.shapes.known else None

    def _on_visible(self) -> None:
        """Read the shapes of tissue once it is to be seen; until they are there, voxels are drawn."""
        shapes, visible = self.shapes, self.structures.visible
        if shapes is not None and not self._reads_tissue and not visible <= shapes.known:
            self._reads_tissue = True
            self._read_shapes(with_tissue=True)
        self._tell_shapes()

    def _tell_shapes(self) -> None:
        if self.drawn_shapes is not self._told_shapes:
            self._told_shapes = self.drawn_shapes
            self.shapes_changed.emit()

    def _read_shapes(self, *, with_tissue: bool = False) -> None:
        """Read the warp of the labels' result, on a thread; labels that were corrected have none."""
        opened = self.labels
        if opened is None or opened.is_edited:
            return
        from brainstem_app.gui.document.warped_shapes import read_warped_shapes

        def done(shapes: SmoothShapes | None) -> None:
            if self.labels is opened:
                self.shapes = shapes
                self._on_visible()

        nuclei = [structure.index for structure in opened.table.nuclei]
        self._background.run(
            lambda: read_warped_shapes(opened.path, opened.labels, nuclei, with_tissue=with_tissue),
            done,
            lambda _error: None,  # the voxels are there
        )

    # Structures --------------------------------------------------------------------------------------

    def choose(self, label: int) -> None:
        """Look at a structure, and paint it from now on."""
        self.editor.set_label(label)
        self.chosen.emit(label)

    def choose_largest(self) -> None:
        """Look at the largest nucleus, so that labels are on the screen at once."""
        if self.labels is None:
            return
        volumes = self.editor.volumes_mm3
        present = [s.index for s in self.labels.table.nuclei if volumes[s.index] > 0]
        if present:
            self.choose(max(present, key=lambda label: volumes[label]))

    def pick(self, voxel: Voxel) -> None:
        """Paint, from now on, the structure that lies at a voxel."""
        label = 0 if self.drawn is None else self.drawn.label(voxel)
        if label:
            self.editor.set_label(label)

    def _on_painted(self) -> None:
        if not self._volumes_soon.isActive():
            self._volumes_soon.start()

    def _on_brush(self) -> None:
        if self.editor.tool in (Tool.BRUSH, Tool.FILL, Tool.POLYGON):
            self.structures.show(self.editor.label)

    def structure_text(self, label: int) -> str:
        """Name of a structure in full, and its volume; empty for the background."""
        structure, volumes = self.structures.structure(label), self.editor.volumes_mm3
        if structure is None:
            return ""
        name = f"{structure.name}: {structure.full_name}"
        return f"{name}  ·  {formatting.volume(volumes[label])} mm³" if volumes else name

    def place_text(self, voxel: Voxel) -> str:
        """Coordinates of a voxel in mm, structure there and in the reference, confidence, intensity."""
        from brainstem_app.gui.document.place_text import place_text

        if self.image is None:
            return ""
        reference, now, before = self.comparison.reference, self.drawn, self.labels
        is_edited = now is not None and before is not None and before.labels.label(voxel) != now.label(voxel)
        return place_text(
            self.image.grid,
            voxel,
            None if self.scan is None else self.image,
            None if before is None else before.table,
            (now, None if reference is None else reference.labels),
            None if is_edited else self.confidence,
            self.layers.values_at(voxel),
            self.structures.shown_name,
        )
