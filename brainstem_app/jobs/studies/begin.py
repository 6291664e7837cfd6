"""What a study is begun with where nobody has chosen yet: `prepare` may still choose otherwise."""

from __future__ import annotations

from pathlib import Path

from brainstem_app.atlas.library import AnyAtlas, load_atlas
from brainstem_app.imaging.spaces import Space
from brainstem_app.jobs.kinds.job_model import DEFAULT_ATLAS
from brainstem_app.jobs.studies.study_atlas import labels_hash
from brainstem_app.study.study import StudySettings


def first_settings(
    dataset: Path | None, atlas: AnyAtlas | None = None, space: Space = Space.AFFINE
) -> StudySettings:
    """Return the settings of a study of a dataset, or of none yet; by default with the shipped atlas."""
    atlas = load_atlas(DEFAULT_ATLAS) if atlas is None else atlas
    return StudySettings(
        dataset="" if dataset is None else str(dataset.resolve()),
        space=space,
        atlas=atlas.name,
        atlas_version=atlas.version,
        atlas_sha256=labels_hash(atlas),
    )
