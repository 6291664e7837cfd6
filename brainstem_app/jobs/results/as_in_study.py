"""Results read with what their study says of them: whose they are, and whether labels were corrected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from brainstem_app.imaging.edited_version import EditedVersion, latest_edit
from brainstem_app.reports.scan.results import Result, read_result
from brainstem_app.study.segmentations import record_in_study
from brainstem_app.written_files import LABELS_FILE


def read_as_in_study(path: Path, given: Path) -> Result:
    """Read one result as `read_result`; whose it is says its study, if it lies in one.

    A study knows it of scans outside of datasets, too, of which neither the file nor the folder, called after
    the model, says it.

    Raises
    ------
    InputError
        If the report or what the study says of it cannot be read.
    """
    result, record = read_result(path, given), record_in_study(path.parent)
    return result if record is None else replace(result, subject=record.subject, occasion=record.session)


def edit_beside(result: Result) -> EditedVersion | None:
    """Correction of the labels of a result; None if there is none."""
    return latest_edit(result.path.parent / LABELS_FILE)
