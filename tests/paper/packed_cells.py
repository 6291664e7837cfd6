"""Finished cells as small files: record, curve and counts of each, without labels and network."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from brainstem_app.evaluation.confusion import Counts
from brainstem_app.study.cell_record import CELL_FILE, PREDICTIONS_FILE, Predictions, read_cell
from brainstem_app.study.study import Study

HISTORY_FILE, SETTINGS_FILE, WEIGHTS_FILE = "history.csv", "settings.json", "weights.npz"


def pack(study: Study, folder: Path) -> list[str]:
    """Keep the cells that have finished and are not kept yet; return the names of their runs.

    Parameters
    ----------
    folder : Path
        Gets a folder a run: ``cell.json``, ``history.csv`` and ``predictions.npz`` with counts alone.
    """
    packed = []
    for run in sorted(path.parent for path in (study.folder / "runs").glob(f"*/{CELL_FILE}")):
        record = read_cell(run)
        kept = folder / run.name
        if record is None or record.state != "finished" or (kept / CELL_FILE).exists():
            continue
        counts = Predictions.load(run / PREDICTIONS_FILE, labels=False).counts
        kept.mkdir(parents=True, exist_ok=True)
        save_counts(kept / PREDICTIONS_FILE, counts)
        shutil.copyfile(run / HISTORY_FILE, kept / HISTORY_FILE)
        shutil.copyfile(run / CELL_FILE, kept / CELL_FILE)
        packed.append(run.name)
    return packed


def save_counts(path: Path, counts: Mapping[str, Counts]) -> None:
    """Write counts (34, 34) of subjects as `Predictions` reads them, without labels."""
    np.savez_compressed(
        path, subjects=np.array(list(counts)), counts=np.stack(list(counts.values())).astype(np.int32)
    )


def unpack(study: Study, folder: Path) -> int:
    """Put kept cells into a study as runs that have ended, so that `compare` does not train them again."""
    put = 0
    for kept in sorted(path.parent for path in folder.glob(f"*/{CELL_FILE}")):
        run = study.run_folder(kept.name)
        if (run / CELL_FILE).exists():
            continue
        run.mkdir(parents=True, exist_ok=True)
        for name in (HISTORY_FILE, PREDICTIONS_FILE, CELL_FILE):
            shutil.copyfile(kept / name, run / name)
        put += 1
    return put
