"""The window with the real worker process, and with real scans."""

from __future__ import annotations

from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.viewer.volume import image_volume
from brainstem_app.imaging.reading import read_scan

_LIMIT_MS = 120_000


def test_refusal_of_the_real_worker_is_readable(qtbot: QtBot, window: MainWindow, scan_file: Path) -> None:
    """The model of the window's list is gone when the worker looks for it."""
    with qtbot.waitSignal(window.segment_page.document.opened, timeout=20_000):
        window.open_path(scan_file)
    qtbot.mouseClick(window.segment_page.segment_panel.start_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.message_bar.message is not None, timeout=_LIMIT_MS)
    message = window.message_bar.message
    assert message is not None
    assert "test-model" in message.what
    assert message.fix
    assert window.segment_page.segment_panel.start_button.isEnabled()


@pytest.mark.real_data
@pytest.mark.parametrize(
    "name", ["ds000011/sub-01/anat/sub-01_T1w.nii.gz", "ds002748/sub-40/anat/sub-40_T1w.nii.gz"]
)
def test_real_scan_is_drawn_where_its_header_puts_it(data_folder: Path, name: str) -> None:
    path = data_folder / name
    if not path.exists():
        pytest.skip(f"{name} is not among the scans")
    scan = read_scan(path)
    drawn = image_volume(scan.data, scan.affine)
    image = nib.load(path)
    values = np.asarray(image.dataobj)
    rng = np.random.default_rng(0)
    for voxel in rng.integers(0, image.shape[:3], (200, 3)):
        world = image.affine @ (*voxel, 1)
        x, y, z = np.rint(np.linalg.inv(drawn.grid.affine) @ world)[:3].astype(int)
        expected = min(float(values[tuple(voxel)]), drawn.lowest + drawn.step * 65535)
        assert drawn.intensity((x, y, z)) == pytest.approx(expected, abs=1.01 * drawn.step + 1e-3)
