"""Results of `segment` as BIDS derivatives: label maps by BIDS names, all else below ``reports/``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from brainstem_app.errors import InputError
from brainstem_app.imaging.bids_derivatives import (
    REPORTS_FOLDER,
    BidsSource,
    bids_source,
    write_bids_labels,
    write_dataset_description,
)
from brainstem_app.imaging.inputs import ScanInput
from brainstem_app.jobs.job import SegmentJob
from brainstem_app.jobs.loaded_model import LoadedModel
from brainstem_app.jobs.segment_files import ARTIFACTS


def result_folder(job: SegmentJob, name: str) -> Path:
    """Folder of one scan's results."""
    return job.out / REPORTS_FOLDER / name if job.bids else job.out / name


def require_one_dataset(scans: Sequence[ScanInput]) -> None:
    """Refuse scans that would get the same BIDS names.

    Raises
    ------
    InputError
        If a scan lies in no BIDS dataset, or they lie in more than one.
    """
    datasets = {bids_source(scan.path).dataset for scan in scans}
    if len(datasets) > 1:
        raise InputError(
            f"The scans lie in {len(datasets)} BIDS datasets, whose subjects may have the same names.",
            sorted(datasets)[1],
            "Segment each dataset into a folder of its own.",
        )


def write_derivatives(out: Path, source: BidsSource, folder: Path, model: LoadedModel) -> Path:
    """Write the label map of a finished scan under its BIDS name below `out`; returns its place."""
    atlas = model.atlas
    report = json.loads((folder / ARTIFACTS["report_json"]).read_text(encoding="utf-8"))
    write_dataset_description(out, source.dataset, model.card.name)
    return write_bids_labels(
        out,
        source,
        folder / ARTIFACTS["labels_native"],
        atlas.name,
        [(s.index, s.full_name, s.name, s.colour) for s in atlas.table.structures],
        {
            "Model": model.card.name,
            "LabelAtlas": f"{atlas.name} {atlas.version}",
            "Limits": report["limits"],
            "Report": f"{REPORTS_FOLDER}/{folder.name}/{ARTIFACTS['report_html']}",
        },
    )
