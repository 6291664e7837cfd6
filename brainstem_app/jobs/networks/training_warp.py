"""How a network is used with `--refine`, and the mean warp of its training subjects."""

from __future__ import annotations

from collections.abc import Iterable

from brainstem_app.atlas.library import AnyAtlas
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.models.mean_warp import mean_warp
from brainstem_app.models.method import PredictionMethod, refined
from brainstem_app.preprocessing.transforms import Displacement
from brainstem_app.study.study import Study
from brainstem_app.written_files import FINE_WARP_FILE, TRANSFORMS_FOLDER


def method_and_warp(
    study: Study, atlas: AnyAtlas, names: Iterable[str], reporter: Reporter, *, refine: bool
) -> tuple[PredictionMethod, Displacement | None]:
    """How a network is used that learned from these subjects; without a map to bend, a warning says so."""
    method = refined(atlas) if refine else PredictionMethod()
    if refine and not method.fit_atlas:
        reporter.warn(
            f"The labels {atlas.name} have no map on the template that could be bent: they are predicted "
            "mirrored too, no more.",
            study.labels_folder,
            "Leave --refine out to predict without the mirrored image.",
        )
    return method, training_warp(study, names) if method.fit_atlas else None


def training_warp(study: Study, names: Iterable[str]) -> Displacement | None:
    """Mean fine warp of training subjects; None where none of them has one."""
    folders = (study.subject_folder(name) / TRANSFORMS_FOLDER for name in names)
    paths = [folder / FINE_WARP_FILE for folder in folders if (folder / FINE_WARP_FILE).is_file()]
    return mean_warp(Displacement.load(path) for path in paths) if paths else None
