"""Train the paper's grid on open data, as far as the time allows; what has finished is kept.

    python tests/paper/run_grids.py --study STUDY --minutes 150

STUDY is made by `tests/consensus/write_study.py`. Learning rates of the families are tried first, on the
validation subjects, unless `tests/paper/chosen.json` has them. Cells are kept in `tests/paper/cells`, a
folder each; stopped at any moment it loses at most an epoch. For a machine with a GPU take `run_on_gpu.py`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from packed_cells import pack, unpack
from plans import FAMILIES, RATES, Chosen, grids_of, pilot_grids

from brainstem_app.errors import JobCancelled
from brainstem_app.jobs.events import Event, Progress
from brainstem_app.jobs.job import CompareJob
from brainstem_app.jobs.many.compare import compare
from brainstem_app.jobs.many.compare_plan import Plan
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.study.grid import Grid
from brainstem_app.study.study import Study

HERE = Path(__file__).resolve().parent
CELLS = HERE / "cells"


def main() -> None:
    """Read the arguments and go on with the grids until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--study", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--cells", type=Path, default=CELLS)
    arguments = parser.parse_args()
    study = Study.open(arguments.study.resolve())
    print(f"{unpack(study, arguments.cells)} kept cells put into the study")
    until = time.monotonic() + 60 * arguments.minutes
    chosen = Chosen.of(HERE)
    try:
        if not chosen.rates:
            for grid in pilot_grids(chosen):
                _run(grid, study, arguments.cells, arguments.jobs, until)
            chosen = chosen.model_copy(update={"rates": best_rates(study, chosen)})
            chosen.save(HERE / "chosen.json")
        print("Learning rates:", chosen.rates)
        for grid in grids_of(chosen):
            _run(grid, study, arguments.cells, arguments.jobs, until)
    except JobCancelled:
        print("The time is over.")
    finally:
        pack(study, arguments.cells)


def best_rates(study: Study, chosen: Chosen) -> dict[str, float]:
    """Learning rate of each family at which its first decoder was best on the validation subjects."""
    found = {}
    for family, grid in zip(FAMILIES, pilot_grids(chosen), strict=True):
        plan = Plan.of(grid, study)
        scores = {
            float(str(cell.variant["learning_rate"])): plan.records[cell.job.run].val_nuclei_miou or 0.0
            for cell in plan.ended("finished")
        }
        if set(scores) != set(RATES):
            raise SystemExit(f"The learning rates of {family} have not all been tried.")
        found[family] = max(scores, key=lambda rate: scores[rate])
    return found


def _run(grid: Grid, study: Study, cells: Path, jobs: int, until: float) -> None:
    def emit(event: Event) -> None:
        if isinstance(event, Progress) and event.item:
            print(f"\r{grid.name}: {event.done:.2f} of {event.total}, {event.item}", end="", flush=True)

    job = CompareJob(study=study.folder, grid=grid, keep="none", jobs=jobs)
    try:
        compare(job, Reporter(emit, lambda: time.monotonic() > until))
    finally:
        print(f"\n{grid.name}: kept {pack(study, cells)}")


if __name__ == "__main__":
    main()
