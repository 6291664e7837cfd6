"""The mean warp of a study's training subjects."""

from __future__ import annotations

from collections.abc import Iterable

from brainstem_app.models.mean_warp import mean_warp
from brainstem_app.preprocessing.reference import FINE_WARP_FILE, TRANSFORMS_FOLDER
from brainstem_app.preprocessing.transforms import Displacement
from brainstem_app.study.study import Study


def training_warp(study: Study, names: Iterable[str]) -> Displacement | None:
    """Mean fine warp of training subjects; None where none of them has one."""
    folders = (study.subject_folder(name) / TRANSFORMS_FOLDER for name in names)
    paths = [folder / FINE_WARP_FILE for folder in folders if (folder / FINE_WARP_FILE).is_file()]
    return mean_warp(Displacement.load(path) for path in paths) if paths else None
