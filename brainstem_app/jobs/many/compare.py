"""Compare networks: train and test every cell of a grid, here or on a cluster, and write table and page.

::

    comparisons/NAME/   grid.json  results.csv  summary.csv  report.html
    runs/RUN/           config.json  history.csv  best.keras  metrics.json  cell.json  predictions.npz  …
              cell/     job file, events and log of its process (see jobs.detached)

A cell is finished when its run's ``cell.json`` says so, and is never run again. A run is named after its
settings: two grids that share a cell share its run.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.jobs.events import Failed, Finished
from brainstem_app.jobs.executors.local import LocalExecutor, find_slots
from brainstem_app.jobs.executors.run_tasks import TaskOutcome, run_tasks_on
from brainstem_app.jobs.executors.task import Executor, Task
from brainstem_app.jobs.job import CompareCellJob, CompareJob
from brainstem_app.jobs.many.compare_plan import GridCell, Plan
from brainstem_app.jobs.many.compare_report import write_report
from brainstem_app.jobs.many.same_references import require_same_references
from brainstem_app.jobs.networks.machine_speed import Estimate, read_speed
from brainstem_app.jobs.networks.run_splits import require_folds
from brainstem_app.jobs.reporter import Reporter, Summary
from brainstem_app.plain_name import require_name
from brainstem_app.reports.grid.folds import mean_sd
from brainstem_app.study.cell_record import CELL_FILE, CellRecord, read_cell
from brainstem_app.study.study import Failure, Study
from brainstem_app.written_files import BEST_NETWORK, LAST_NETWORK

#: What a process is expected to need before one like it has been measured: paper's size and batch.
_MEMORY_GIB = 4.0
_PAPER_PIXELS = 16 * 224 * 224
_PROGRAM_GIB = 1.2
_MARGIN = 1.15
#: Share of a comparison that is writing its table and page at the end.
_PAGE_SHARE = 0.02
#: The page is written anew at most this often while cells end.
_PAGE_EVERY_S = 60.0


def compare(job: CompareJob, reporter: Reporter) -> Summary:
    """Run the cells of a comparison that are to do, and write its results.

    Raises
    ------
    InputError
        If the study has no test subject, the grid does not fit, or cells learned from other references than
        the others, or were tested on others.
    BrainstemError
        If not one cell could be finished.
    JobCancelled
        If the user cancels; finished cells and whole epochs are kept.
    """
    study = Study.open(job.study.resolve())
    if job.grid.folds is not None:
        require_folds(study, job.grid.folds, reporter)
    plan = _accepted_plan(job, study)
    folder = comparison_folder(study, job.grid.name)
    job.grid.save(folder / "grid.json")
    executor, at_once = _executor(job, plan, folder)
    total = len(plan.cells)
    # The whole is done when its page is written, not when the last cell says so.
    steps = reporter.stage(0, 1 - _PAGE_SHARE)
    steps.progress(total - len(plan.waiting), total, plan.describe(at_once))
    results = _Results(job, study, folder, reporter)
    tasks = _tasks(plan, study)
    try:
        for ended in run_tasks_on(executor, tasks, steps, done_before=total - len(tasks)):
            results.take(ended)
        results.prune()
        reporter.progress(1 - _PAGE_SHARE, 1, "writing the table and the page")
    finally:
        plan = results.write()
    return _summary(plan, folder, reporter)


def _accepted_plan(job: CompareJob, study: Study) -> Plan:
    if job.grid.folds is None and not study.splits().test:
        raise InputError("The study has no test subject.", study.folder, "Prepare more subjects.")
    plan = Plan.of(job.grid, study, retry_failed=job.retry_failed)
    require_same_references(plan, study)
    return plan


def comparison_folder(study: Study, name: str) -> Path:
    """Folder of a comparison (not created here); InputError if none can be called so."""
    comparisons = study.folder / "comparisons"
    return comparisons / require_name(name, "a comparison", comparisons)


def describe_plan(job: CompareJob) -> Estimate:
    """Size of a comparison, where it stands, and an estimate of the time it takes; nothing is started.

    Raises
    ------
    InputError
        If the study cannot be opened, or the comparison would be refused.
    """
    plan = _accepted_plan(job, Study.open(job.study.resolve()))
    speed = None if job.executor == "slurm" else read_speed()
    at_once = None if job.executor == "slurm" else find_slots(job.jobs, expected_memory(plan)).processes
    return plan.estimate(at_once, speed)


def expected_memory(plan: Plan) -> float:
    """GiB a cell's process is expected to need: the most that one needed, else by the size of its batches."""
    measured = [record.memory_gib for record in plan.records.values() if record.memory_gib]
    if measured:
        return _MARGIN * max(measured)
    pixels = max((cell.job.batch_size * cell.job.input.size**2 for cell in plan.waiting), default=0)
    return _PROGRAM_GIB + (_MEMORY_GIB - _PROGRAM_GIB) * pixels / _PAPER_PIXELS


def _executor(job: CompareJob, plan: Plan, folder: Path) -> tuple[Executor, int | None]:
    if job.executor == "slurm":
        from brainstem_app.jobs.executors.slurm import SlurmExecutor

        return SlurmExecutor(job.slurm, f"compare-{job.grid.name}", folder / "slurm"), None
    memory = expected_memory(plan)
    slots = find_slots(job.jobs, memory)
    # Who says how many is not held up by a guess.
    return LocalExecutor(slots, 0.0 if job.jobs else memory), slots.processes


def _tasks(plan: Plan, study: Study) -> list[Task]:
    """Tasks of the cells to do; what an earlier failure left in their way is removed."""
    for cell in plan.waiting:
        (study.run_folder(cell.job.run) / CELL_FILE).unlink(missing_ok=True)
    # In the run's folder, so that two grids that share a cell do not train it at the same time.
    return [
        Task(cell.name, study.run_folder(cell.job.run) / "cell", CompareCellJob(train=cell.job))
        for cell in plan.waiting
    ]


@dataclass
class _Results:
    """Takes down how cells end, and keeps table and page up to date."""

    job: CompareJob
    study: Study
    folder: Path
    reporter: Reporter
    _written: float = field(default_factory=time.monotonic)

    def take(self, ended: TaskOutcome) -> None:
        """Note a cell that has ended."""
        if ended.cancelled:
            return
        run = ended.task.folder.parent
        record = read_cell(run) or _record_death(run, ended.end)
        if record.failure is not None:
            failure = record.failure
            self.reporter.warn(f"{ended.task.name} failed: {failure.what}", failure.where, failure.fix)
        else:
            self.reporter.artifact("run", run, ended.task.name)
            self.prune()
        if time.monotonic() - self._written > _PAGE_EVERY_S:
            self.write()

    def write(self) -> Plan:
        """Write table and page; return where the comparison stands."""
        plan = Plan.of(self.job.grid, self.study, retry_failed=self.job.retry_failed)
        write_report(self.job.grid, self.study, plan, self.folder)
        self._written = time.monotonic()
        return plan

    def prune(self) -> None:
        """Remove networks that are not to be kept, and what cells killed at their end had yet to remove."""
        plan = Plan.of(self.job.grid, self.study)
        finished = plan.ended("finished")
        for cell in finished:
            (self.study.run_folder(cell.job.run) / LAST_NETWORK).unlink(missing_ok=True)
        if self.job.keep == "all":
            return
        groups = {group: [c for c in plan.cells if c.group == group] for group in {c.group for c in finished}}
        # Of a combination that is not through all folds, nobody knows how good it is.
        whole = {group for group, cells in groups.items() if all(c in finished for c in cells)}
        judged = [cell for cell in finished if cell.group in whole]
        best = best_of_each(judged, plan, "decoder") if self.job.keep == "best" else ()
        kept = {cell.group for cell in best}
        runs = {cell.job.run for cell in judged if cell.group in kept}
        for cell in judged:
            if cell.job.run not in runs:
                (self.study.run_folder(cell.job.run) / BEST_NETWORK).unlink(missing_ok=True)


def _folds_summary(plan: Plan, best: GridCell, folder: Path) -> Summary:
    """Say how the best combination does over its folds."""
    mine = [cell for cell in plan.ended("finished") if cell.group == best.group]
    values = [plan.records[cell.job.run].macro_miou_nuclei.value for cell in mine]
    mean, sd = mean_sd([value for value in values if value is not None] or [0.0])
    return {
        "finished": len(plan.ended("finished")),
        "failed": len(plan.ended("failed")),
        "best": best.name.rpartition(" · fold ")[0],
        "best_nuclei_miou": round(mean, 4),
        "best_nuclei_miou_sd_over_folds": round(sd or 0.0, 4),
        "runs": ", ".join(cell.job.run for cell in mine),
        "folder": str(folder),
    }


def best_of_each(cells: Iterable[GridCell], plan: Plan, setting: str) -> tuple[GridCell, ...]:
    """For each value of a setting the cell that is best on the nuclei of validation subjects, over folds."""
    cells = list(cells)
    best: dict[object, GridCell] = {}
    for cell in cells:
        value = getattr(cell.job, setting)
        score = _over_folds(plan, cells, cell)
        if value not in best or score > _over_folds(plan, cells, best[value]):
            best[value] = cell
    return tuple(best.values())


def _over_folds(plan: Plan, cells: Iterable[GridCell], cell: GridCell) -> float:
    scores = [_validated(plan, other) for other in cells if other.group == cell.group]
    return sum(scores) / len(scores)


def _validated(plan: Plan, cell: GridCell) -> float:
    return plan.records[cell.job.run].val_nuclei_miou or 0.0


def _record_death(run: Path, end: Finished | Failed) -> CellRecord:
    """Write down for a process that died why it did."""
    if isinstance(end, Finished):
        end = Failed(what="The cell ended without its result.", where=str(run), fix="Start it again.")
    failure = Failure(what=end.what, where=end.where, fix=end.fix)
    record = CellRecord(state="failed", failure=failure)
    record.save(run / CELL_FILE)
    return record


def _summary(plan: Plan, folder: Path, reporter: Reporter) -> Summary:
    files = {"results": "results.csv", "summary": "summary.csv", "report": "report.html"}
    for role, name in (files | {"report_pdf": "report.pdf", "report_xlsx": "report.xlsx"}).items():
        reporter.artifact(role, folder / name)
    finished, failed = plan.ended("finished"), plan.ended("failed")
    if not finished:
        raise BrainstemError(
            "Not one cell could be finished.", folder / "report.html", "The page says why for each of them."
        )
    best = max(finished, key=lambda cell: _over_folds(plan, finished, cell))
    nuclei = plan.records[best.job.run].macro_miou_nuclei.value
    if best.fold is not None:
        return _folds_summary(plan, best, folder)
    return {
        "finished": len(finished),
        "failed": len(failed),
        "best": best.name,
        "best_nuclei_miou": round(nuclei or 0.0, 4),
        "folder": str(folder),
    }
