"""Cells of a comparison differ by their settings alone: all see the same images and references."""

from __future__ import annotations

from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.jobs.many.compare_plan import Plan
from brainstem_app.study.study import Study
from brainstem_app.written_files import LABELS_BOX_FILE, RUNS_FOLDER


def require_same_references(plan: Plan, study: Study) -> None:
    """Refuse to put cells together whose subjects had other images or labels, or will have.

    Raises
    ------
    InputError
        If subjects were prepared or labelled anew after a cell began, and before another does.
    """
    from brainstem_app.jobs.networks.run_manifest import read_data

    now = {record.name: record.files for record in study.finished_subjects()}
    known: dict[tuple[str, str], dict[str, str]] = {}
    for cell in plan.cells:
        run = cell.job.run
        tested = plan.records[run].references if run in plan.records else {}
        read = {name: {LABELS_BOX_FILE: sha} for name, sha in tested.items()} | read_data(
            study.run_folder(run)
        )
        for name, files in read.items():
            for file, sha in files.items():
                known.setdefault((name, file), {})[run] = sha
    changed, earlier = set[str](), set[str]()
    for (name, file), of_runs in known.items():
        current = now[name].get(file, "") if name in now else ""
        if len({*of_runs.values(), *([current] if plan.waiting else [])}) > 1:
            changed.add(name)
            earlier |= {run for run, sha in of_runs.items() if sha != current}
    if changed:
        raise InputError(
            f"Images or labels of {listed(sorted(changed))} are others now than when "
            f"{counted(len(earlier), 'cell')} of the comparison began, which cannot be set beside the rest.",
            study.folder / RUNS_FOLDER,
            f"Remove the folders of these runs, and they are trained anew: {listed(sorted(earlier))}.",
        )
