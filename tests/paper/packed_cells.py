"""What a finished cell keeps beside its record and its curve: settings, counts, and weights if asked for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from brainstem_app.evaluation.confusion import Counts

SETTINGS_FILE, WEIGHTS_FILE = "settings.json", "weights.npz"
ATLAS_ALONE_FILE = "atlas_alone.npz"


def save_counts(path: Path, counts: Mapping[str, Counts]) -> None:
    """Write counts (34, 34) of subjects as `Predictions` reads them, without labels."""
    np.savez_compressed(
        path, subjects=np.array(list(counts)), counts=np.stack(list(counts.values())).astype(np.int32)
    )
