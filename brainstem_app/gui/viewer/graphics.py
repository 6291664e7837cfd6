"""pyqtgraph as this window uses it: images are (row, column) everywhere, set here and nowhere else."""

from __future__ import annotations

import pyqtgraph as pg

pg.setConfigOptions(imageAxisOrder="row-major", antialias=False)

__all__ = ["pg"]
