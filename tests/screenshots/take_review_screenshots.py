"""Take the pictures of docs/how-to/review-labels.md: Review, with a scan that was segmented and prepared.

Run under a display, e.g. ``xvfb-run -s "-screen 0 1400x900x24" python
tests/screenshots/take_review_screenshots.py OUT --result FOLDER --subject FOLDER``: what Segment has written
for a scan, and what Prepare has for the same scan, whose reference is carried to it to be compared with.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import nibabel as nib
import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from scipy.ndimage import gaussian_gradient_magnitude
from take_screenshots import be_idle, open_window, take, wait_for

from brainstem_app.gui.application import make_application
from brainstem_app.gui.document.opened import read_labels_for_viewer
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.review.review_page import ReviewPage
from brainstem_app.gui.viewer.convention import Plane
from brainstem_app.gui.viewer.overlays.image_layer import LayerColours
from brainstem_app.gui.viewer.ruler import Ruler
from brainstem_app.imaging.label_map import load_label_map, save_label_map
from brainstem_app.preprocessing.transforms import Transforms

OUTLINED, SHOWN = "RN_L", "RN_R"


def review_of(window: MainWindow, folder: Path) -> ReviewPage:
    """Open a result in Review, with its curves, at the nucleus that is shown."""
    window.opening.review_results((folder,))
    wait_for(lambda: window.review is not None and _folder_in(window.review) == folder)
    review = window.review
    assert review is not None
    be_idle(window)  # labels that were corrected have no curves
    review.document.choose(index_of(review, SHOWN))
    return review


def _folder_in(review: ReviewPage) -> Path | None:
    result = review.document.result
    return None if result is None or review.document.labels is None else result.folder


def index_of(review: ReviewPage, name: str) -> int:
    """Return the number of a nucleus in the labels that are open."""
    assert review.document.labels is not None
    return next(s.index for s in review.document.labels.table.structures if s.name == name)


def take_result(window: MainWindow, review: ReviewPage, out: Path) -> None:
    """Take pictures of a scan that was segmented."""
    take(window, out, "review_three")
    take_images(window, review, out)
    review.commands["help"].trigger()
    take(window, out, "review_keys")
    review.commands["help"].trigger()
    review.commands["axial"].trigger()
    review.commands["fit_labels"].trigger()
    review.commands["side"].trigger()
    take(window, out, "review_wide")
    review.commands["side"].trigger()
    review.commands["outline"].setChecked(True)
    take(window, out, "review_outline")
    review.commands["outline"].setChecked(False)
    review.commands["confidence"].setChecked(True)
    take(window, out, "review_confidence")
    review.commands["confidence"].setChecked(False)
    take_edit(window, review, out)
    review.commands["three"].trigger()


def take_images(window: MainWindow, review: ReviewPage, out: Path) -> None:
    """Take a picture of a map over the scan, the steepness of its intensities, and of a ruler."""
    layers, place, scan = review.document.layers, review.views.crosshair, review.document.scan
    assert scan is not None
    image = nib.nifti1.load(scan.path)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "edges.nii.gz"
        steepness = gaussian_gradient_magnitude(image.get_fdata(dtype=np.float32), 1.0)
        nib.save(nib.Nifti1Image(steepness, image.affine), path)
        layers.add(path)
        be_idle(window)
    high = layers.all[0].style.high
    layers.restyle(layers.all[0], colours=LayerColours.INFERNO, low=0.3 * high, is_clear_below=True)
    h, v = place[0] + 0.5, place[1] + 0.5
    review.document.rulers.put(Ruler(Plane.AXIAL, place[2], (h - 18, v + 7), (h + 16, v + 7)))
    take(window, out, "review_images")
    review.document.rulers.clear()
    layers.remove(layers.all[0])


def take_edit(window: MainWindow, review: ReviewPage, out: Path) -> None:
    """Take a picture of a nucleus that was outlined on two slices, and is being outlined on a third."""
    opened, editor, image = review.document.labels, review.document.editor, review.document.image
    assert opened is not None
    assert image is not None
    label, sizes = index_of(review, OUTLINED), image.grid.voxel_size_mm
    view = review.views.main_view
    review.commands["polygon"].trigger()
    review.document.choose(label)
    z, y, x = np.argwhere(opened.labels.labels == label).mean(axis=0)
    view.zoom(2.0, QPointF(x * sizes[0], y * sizes[1]))
    be_idle(window)
    for index, radius in ((int(z) - 3, 3.0), (int(z) + 3, 3.4), (int(z), 4.2)):
        review.views.go_to((int(x), int(y), index))
        for angle in np.arange(0, 2 * np.pi, np.pi / 6):
            place = (x + 0.5 + radius * np.cos(angle), y + 0.5 + radius * np.sin(angle))
            point = view.box.mapViewToScene(QPointF(place[0] * sizes[0], place[1] * sizes[1]))
            QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=view.mapFromScene(point))
        if index != int(z):
            QTest.keyClick(view, Qt.Key.Key_Return)
    take(window, out, "review_edit")
    QTest.keyClick(view, Qt.Key.Key_Escape)
    while editor.can_undo:
        editor.undo()
    review.commands["look"].trigger()


def take_comparison(window: MainWindow, review: ReviewPage, out: Path, subject: Path, result: Path) -> None:
    """Take a picture of the labels beside the reference that the scan was prepared with."""
    labels, affine = load_label_map(result / "labels_native.nii.gz")
    box, _box_affine = load_label_map(subject / "labels_box.nii.gz")
    transforms = Transforms.load(subject / "transforms")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "reference.nii.gz"
        shape = (labels.shape[0], labels.shape[1], labels.shape[2])
        save_label_map(path, transforms.labels_to_native(box, shape, affine), affine)
        review.document.comparison.open(path)
        wait_for(lambda: review.document.comparison.reference is not None)
        window.message_bar.clear()  # it has no names of its own
        review.commands["side_by_side"].trigger()
        be_idle(window)
        review.commands["fit_labels"].trigger()
        take(window, out, "review_compare")
    review.document.comparison.set_reference(None)
    review.commands["three"].trigger()


def take_regions(window: MainWindow, review: ReviewPage, out: Path, result: Path) -> None:
    """Take a picture of midbrain, pons and medulla, as the result has them beside its nuclei."""
    review.document.show_labels(read_labels_for_viewer(result / "labels_regions_native.nii.gz"))
    be_idle(window)
    review.document.choose(index_of(review, "pons"))
    take(window, out, "review_regions")


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--result", type=Path, required=True)
    parser.add_argument("--subject", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    make_application()
    with open_window() as window:
        review = review_of(window, arguments.result)
        take_result(window, review, arguments.out)
        take_comparison(window, review, arguments.out, arguments.subject, arguments.result)
        take_regions(window, review, arguments.out, arguments.result)


if __name__ == "__main__":
    main()
