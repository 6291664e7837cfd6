"""Results of `segment` as BIDS derivatives: label maps by BIDS names, all else below ``reports/``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from brainstem_app.atlas.label_table import LabelTable
from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.derivatives import (
    REPORTS_FOLDER,
    BidsSource,
    bids_source,
    remove_bids_labels,
    write_bids_labels,
    write_dataset_description,
)
from brainstem_app.imaging.inputs import ScanInput
from brainstem_app.jobs.job import SegmentJob
from brainstem_app.jobs.scans.loaded_model import LoadedModel
from brainstem_app.jobs.scans.segment_files import ARTIFACTS
from brainstem_app.small_files import read_json
from brainstem_app.written_files import REGION_LABELS_FILE

# What the description in the name of a region map ends with.
_REGIONS = "regions"


def result_folder(job: SegmentJob, folder: str) -> Path:
    """Folder of one scan's results, `ScanInput.folder` below the folder for all."""
    return job.out / REPORTS_FOLDER / folder if job.bids else job.out / folder


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
    atlas, regions = model.atlas, model.regions
    report = read_json(folder / ARTIFACTS["report_json"])
    write_dataset_description(out, source.dataset, model.card.name)
    facts = {
        "Model": f"{model.card.name} {model.card.version}",
        "LabelAtlas": f"{atlas.name} {atlas.version}",
        **_head_size(report["scan"]),
        "Limits": report["limits"],
        "Report": f"{REPORTS_FOLDER}/{folder.name}/{ARTIFACTS['report_html']}",
    }
    name = f"{atlas.name}{_REGIONS}"
    if regions is None:
        remove_bids_labels(out, source, name)
    else:
        described = {
            "Description": "Regions of the brainstem on the grid of the scan",
            "LabelAtlas": f"{name} {atlas.version}",
            **({"MidsagittalPlane": report["midsagittal"]} if report["midsagittal"] else {}),
        }
        write_bids_labels(
            out, source, folder / REGION_LABELS_FILE, name, _rows(regions.table), facts | described
        )
    return write_bids_labels(
        out, source, folder / ARTIFACTS["labels_native"], atlas.name, _rows(atlas.table), facts
    )


def _head_size(scan: dict[str, Any]) -> dict[str, Any]:
    """Volumes of brain and head, as far as they are known, ml, and how the head was measured."""
    named = {
        "BrainVolume": "brain_ml",
        "IntracranialVolume": "intracranial_ml",
        "IntracranialVolumeMethod": "intracranial_method",
    }
    return {field: scan[name] for field, name in named.items() if scan.get(name) is not None}


def _rows(table: LabelTable) -> list[tuple[int, str, str, str]]:
    return [(s.index, s.full_name, s.name, s.colour) for s in table.structures]
