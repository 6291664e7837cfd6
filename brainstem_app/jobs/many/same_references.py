"""Cells of a comparison differ by their settings alone: all see the same people, images and references."""

from __future__ import annotations

from collections.abc import Mapping

from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.jobs.many.compare_plan import GridCell, Plan
from brainstem_app.jobs.networks.run_splits import splits_now
from brainstem_app.study.run_manifest import read_manifest
from brainstem_app.study.study import Study
from brainstem_app.written_files import LABELS_BOX_FILE, RUNS_FOLDER, SCAN_BOX_FILE

#: Hashes of image and labels of whom a cell learns from, and of the labels of whom it is tested on.
_Seen = dict[tuple[str, str], str]


def require_same_references(plan: Plan, study: Study) -> None:
    """Refuse to put cells together of which one saw other people, images or labels than another will.

    Raises
    ------
    InputError
        If people came or went, or were prepared or labelled anew, after a cell began and before another does.
    """
    files = {record.name: record.files for record in study.finished_subjects()}
    seen: dict[int | None, list[_Seen]] = {}
    changed, earlier = set[str](), set[str]()
    for cell in plan.cells:
        if found := _seen_by(cell, plan, study):
            seen.setdefault(cell.fold, []).append(found)
            # What is not known of a cell, as of one that was not tested yet, is no difference.
            parts = {part for part, _ in found}
            now = _seen_now(cell, study, files)
            expected = {what: sha for what, sha in now.items() if what[0] in parts}
            if others := {name for (_, name), _ in found.items() ^ expected.items()}:
                changed |= others
                earlier.add(cell.job.run)
    is_mixed = any(one != own[0] for own in seen.values() for one in own)
    if earlier and (plan.waiting or is_mixed):
        raise InputError(
            f"{counted(len(earlier), 'run')} saw other people, images or labels than the study has now "
            f"({listed(sorted(changed))}), and cannot be set beside the rest.",
            study.folder / RUNS_FOLDER,
            f"Remove the folders of these runs, and they are trained anew: {listed(sorted(earlier))}.",
        )


def _seen_now(cell: GridCell, study: Study, files: Mapping[str, Mapping[str, str]]) -> _Seen:
    splits = splits_now(study, cell.job)
    learned = {
        (part, name): _both(files.get(name, {}))
        for part in ("train", "validation")
        for name in getattr(splits, part)
    }
    return learned | {("test", name): files.get(name, {}).get(LABELS_BOX_FILE, "") for name in splits.test}


def _seen_by(cell: GridCell, plan: Plan, study: Study) -> _Seen:
    """Return what a cell that has begun saw, as far as it is known."""
    manifest = read_manifest(study.run_folder(cell.job.run))
    if manifest is None:
        return {}
    learned = {
        (part, name): _both(manifest.data.get(name, {}))
        for part in ("train", "validation")
        for name in getattr(manifest.splits, part)
    }
    record = plan.records.get(cell.job.run)
    return learned | {("test", name): sha for name, sha in (record.references if record else {}).items()}


def _both(files: Mapping[str, str]) -> str:
    return " ".join(files.get(file, "") for file in (SCAN_BOX_FILE, LABELS_BOX_FILE))
