"""The small picture of a result for the wall: made once from its QC picture, and kept beside it."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.imaging.atomic import clear_leftovers_of, write_bytes
from brainstem_app.jobs.results.quality_file import is_written
from brainstem_app.reports.small_picture import small_png
from brainstem_app.study.segmentations import StudyResult
from brainstem_app.written_files import EDITED_FOLDER, QC_PICTURE

SMALL_PICTURE = "qc_small.png"


def make_small_picture(result: StudyResult) -> Path | None:
    """Make the small picture of a result if there is none as new as its QC picture; None without that."""
    folder = result.folder / EDITED_FOLDER if is_written(result) else result.folder
    large, small = folder / QC_PICTURE, folder / SMALL_PICTURE
    try:
        if small.is_file() and small.stat().st_mtime >= large.stat().st_mtime:
            return small
        clear_leftovers_of(small)
        write_bytes(small, small_png(large.read_bytes()))
    except (OSError, ValueError):
        return None
    return small
