"""Images and labels that a run learns from: the same ones from its first epoch to its last."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.reports.scan.manifest import sha256_of
from brainstem_app.study.run_manifest import read_manifest
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study
from brainstem_app.written_files import LABELS_BOX_FILE, SCAN_BOX_FILE, UNCERTAINTY_FILE

_READ = (SCAN_BOX_FILE, LABELS_BOX_FILE)
#: SHA-256 of files by their name, of each subject.
Data = Mapping[str, Mapping[str, str]]


def data_of(study: Study, splits: Splits) -> dict[str, dict[str, str]]:
    """Hashes of what a training reads of each subject."""
    records = {record.name: record for record in study.finished_subjects()}
    data = {
        name: {file: records[name].files.get(file, "") for file in _READ}
        for name in (*splits.train, *splits.validation)
    }
    for name in splits.train:
        path = study.subject_folder(name) / UNCERTAINTY_FILE
        if path.exists():
            data[name][UNCERTAINTY_FILE] = sha256_of(path) or ""
    return data


def require_same_data(run: Path, now: Data) -> None:
    """Refuse to go on with a run whose subjects have other images or labels than when it began.

    Raises
    ------
    InputError
        If one has.
    """
    manifest = read_manifest(run)
    begun = manifest.data if manifest else {}
    changed = [
        name
        for name, files in now.items()
        if name in begun and any(begun[name].get(file, "") != files[file] for file in _READ)
    ]
    if changed:
        raise InputError(
            f"The run “{run.name}” was begun with other images or labels of {listed(changed)}.",
            run,
            "Train under another name to learn from what is there now.",
        )
