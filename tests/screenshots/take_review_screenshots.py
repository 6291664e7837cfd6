"""Take pictures of the step Review for docs/how-to/review-labels.md.

``python tests/screenshots/take_review_screenshots.py OUT --scan SCAN --result FOLDER --box SUBJECT``:
a scan and what Segment has written for it; and a folder with a prepared scan
(``scan_box.nii.gz``), the labels a network gave it (``labels_native.nii.gz``) and its reference
(``labels_box.nii.gz``).
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import nibabel as nib
import numpy as np
from PySide6.QtCore import QPointF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from scipy.ndimage import gaussian_gradient_magnitude

from brainstem_app.gui.app_context import AppContext
from brainstem_app.gui.application import make_application
from brainstem_app.gui.design.look import set_look
from brainstem_app.gui.design.tokens import Look
from brainstem_app.gui.document.opened import read_for_viewer, read_labels_for_viewer, read_result_for_viewer
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.overlays.image_layer import LayerColours
from brainstem_app.gui.viewer.ruler import Ruler

SIZE = (1040, 640)
_OUTLINED = "RN_L"
_SETTLE_S = 0.6


def settle(step: ReviewPage) -> None:
    """Run the event loop until nothing is read or rendered any more."""
    end = time.monotonic() + _SETTLE_S
    while time.monotonic() < end or step.context.background.is_busy:
        QApplication.processEvents()
        time.sleep(0.005)


def take(step: ReviewPage, out: Path, name: str, widget: QWidget | None = None) -> None:
    """Save a picture of the step, or of a part of it."""
    settle(step)
    path = out / f"{name}.jpg"
    (widget or step).grab().save(str(path), quality=88)
    sys.stdout.write(f"{path}\n")


def take_result(step: ReviewPage, out: Path, scan: Path, result: Path) -> None:
    """Take pictures of a scan that was segmented."""
    take(step, out, "review_empty")
    step.document.show_scan(read_for_viewer(scan))
    step.document.show_result(read_result_for_viewer(result, scan))
    take(step, out, "review_three")
    take_images(step, out, scan)
    step.commands["help"].trigger()
    take(step, out, "review_keys")
    step.commands["help"].trigger()
    step.commands["axial"].trigger()
    step.commands["fit_labels"].trigger()
    step.commands["outline"].setChecked(True)
    take(step, out, "review_outline")
    step.commands["outline"].setChecked(False)
    if step.commands["confidence"].isEnabled():
        step.commands["confidence"].setChecked(True)
        take(step, out, "review_confidence")
        step.commands["confidence"].setChecked(False)
    take_edit(step, out)
    step.commands["three"].trigger()


def take_images(step: ReviewPage, out: Path, scan: Path) -> None:
    """Take a picture of a map over the scan, the steepness of its intensities, and of a ruler."""
    layers, place = step.document.layers, step.views.crosshair
    image = nib.nifti1.load(scan)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edges.nii.gz"
        steepness = gaussian_gradient_magnitude(image.get_fdata(dtype=np.float32), 1.0)
        nib.save(nib.Nifti1Image(steepness, image.affine), path)
        layers.add(path)
        settle(step)
    high = layers.all[0].style.high
    layers.restyle(layers.all[0], colours=LayerColours.INFERNO, low=0.3 * high, is_clear_below=True)
    h, v = place[0] + 0.5, place[1] + 0.5
    step.document.rulers.put(Ruler(Plane.AXIAL, place[2], (h - 18, v + 7), (h + 16, v + 7)))
    take(step, out, "review_images")
    step.document.rulers.clear()
    layers.remove(layers.all[0])


def take_edit(step: ReviewPage, out: Path) -> None:
    """Take a picture of a nucleus that was outlined on two slices, and is being outlined on a third."""
    opened, editor = step.document.labels, step.document.editor
    if opened is None or step.document.image is None:
        return
    label = next(s.index for s in opened.table.structures if s.name == _OUTLINED)
    sizes = step.document.image.grid.voxel_size_mm
    step.commands["axial"].trigger()
    view = step.views.main_view
    step.commands["polygon"].trigger()
    step.document.choose(label)
    found = np.argwhere(opened.labels.labels == label)
    z, y, x = found.mean(axis=0)
    view.zoom(2.0, QPointF(x * sizes[0], y * sizes[1]))
    settle(step)
    for index, radius in ((int(z) - 3, 3.0), (int(z) + 3, 3.4), (int(z), 4.2)):
        step.views.go_to((int(x), int(y), index))
        for angle in np.arange(0, 2 * np.pi, np.pi / 6):
            place = (x + 0.5 + radius * np.cos(angle), y + 0.5 + radius * np.sin(angle))
            point = view.box.mapViewToScene(QPointF(place[0] * sizes[0], place[1] * sizes[1]))
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.mapFromScene(point))
        if index != int(z):
            QTest.keyClick(view, Qt.Key.Key_Return)
    take(step, out, "review_edit")
    QTest.keyClick(view, Qt.Key.Key_Escape)
    while editor.can_undo:
        editor.undo()
    step.commands["look"].trigger()


def take_box(step: ReviewPage, out: Path, box: Path) -> None:
    """Take a picture of a comparison."""
    step.document.show_scan(read_for_viewer(box / "scan_box.nii.gz"))
    step.document.show_labels(read_labels_for_viewer(box / "labels_native.nii.gz"))
    step.document.comparison.open(box / "labels_box.nii.gz")
    settle(step)
    step.commands["side_by_side"].trigger()
    step.views.main_view.fit()
    take(step, out, "review_compare")
    step.document.comparison.set_reference(None)


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--scan", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--box", type=Path, help="without it no comparison is taken")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    make_application()
    with tempfile.TemporaryDirectory() as home:
        store = QSettings(str(Path(home) / "settings.ini"), QSettings.Format.IniFormat)
        step = ReviewPage(AppContext.made(WindowSettings(store)))
        set_look(step, Look.DARK)  # as the window has this page
        step.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        step.resize(*SIZE)
        step.show()
        take_result(step, arguments.out, arguments.scan, arguments.result)
        if arguments.box is not None:
            take_box(step, arguments.out, arguments.box)
        step.close()
        step.context.background.wait()


if __name__ == "__main__":
    main()
