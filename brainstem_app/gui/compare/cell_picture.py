"""Picture of a finished cell, drawn on a thread: its labels beside the reference, on three slices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtGui import QImage


@dataclass(frozen=True)
class CellPicture:
    """What a run said of its median-scoring test subject."""

    run: str
    subject: str
    image: QImage


def read_cell_picture(study: Path, run: str) -> CellPicture | None:
    """Draw the picture of a run; None as long as the run has not been tested.

    Raises
    ------
    InputError
        If the study cannot be opened, or its atlas is not here as it was.
    """
    from brainstem_app.jobs.many.compare_report import run_picture
    from brainstem_app.jobs.studies.study_atlas import study_atlas
    from brainstem_app.reports.grid.best_picture import best_png
    from brainstem_app.study.study import Study

    opened = Study.open(study)
    title = "Prediction"
    picture = run_picture(opened, run, title)
    if picture is None:
        return None
    png = best_png(picture, study_atlas(opened).table)
    return CellPicture(run, picture.subject, QImage.fromData(png))
