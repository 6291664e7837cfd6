"""Take napari's pictures of a scan and its labels, to be looked at beside the window's.

napari is no part of this project. With the Python of another environment, in which ``pip install
"napari[pyqt6]" nibabel`` was done, under a display: ``xvfb-run -s "-screen 0 1400x900x24" PYTHON
tests/screenshots/take_napari.py OUT --scan SCAN --result FOLDER``. Ours are `review_wide.png` and others that
`take_review_screenshots.py` takes of the same.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import napari
import nibabel as nib
import numpy as np
from qtpy.QtCore import QTimer

SIZE = (1280, 820)
RED_NUCLEI = (16, 17)
_READ_MS, _DRAWN_MS = 4000, 2000


def take(viewer: napari.Viewer, out: Path) -> None:
    """Take the slice of the red nuclei, near, and the labels in space."""
    viewer.screenshot(str(out / "napari_slice.png"), canvas_only=False, flash=False)
    viewer.dims.ndisplay = 3
    viewer.layers[0].visible = False

    def take_space() -> None:
        viewer.screenshot(str(out / "napari_space.png"), canvas_only=False, flash=False)
        viewer.close()

    QTimer.singleShot(_DRAWN_MS, take_space)


def main() -> None:
    """Open both as layers, turned as a radiologist sees them, and zoom to the nuclei."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--scan", type=Path, required=True)
    parser.add_argument("--result", type=Path, required=True)
    arguments = parser.parse_args()
    labels = arguments.result / "labels_native.nii.gz"
    scan, found = (nib.as_closest_canonical(nib.load(path)) for path in (arguments.scan, labels))
    x, y, z = (float(size) for size in scan.header.get_zooms()[:3])
    # napari draws the last two axes: rows from the front, columns from the patient's right.
    image, numbers = (np.asarray(volume.dataobj)[::-1, ::-1].transpose(2, 1, 0) for volume in (scan, found))
    numbers = numbers.astype(np.uint8)
    viewer = napari.Viewer(show=True)
    viewer.window.resize(*SIZE)
    viewer.add_image(image, scale=(z, y, x), name=arguments.scan.name)
    viewer.add_labels(numbers, scale=(z, y, x), name=labels.name)
    nuclei = np.argwhere(np.isin(numbers, RED_NUCLEI)).mean(axis=0) * (z, y, x)

    def zoom() -> None:
        viewer.dims.set_point(0, nuclei[0])
        viewer.camera.center = tuple(nuclei)
        viewer.camera.zoom *= 2.2
        QTimer.singleShot(_DRAWN_MS, lambda: take(viewer, arguments.out))

    QTimer.singleShot(_READ_MS, zoom)
    napari.run()
    sys.stdout.write(f"napari {napari.__version__}\n")


if __name__ == "__main__":
    main()
