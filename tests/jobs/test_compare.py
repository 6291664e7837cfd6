"""A comparison: every cell once, failures shown, resumed where it stopped, table and page."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import numpy as np
import pytest

from brainstem_app.atlas.library import load_atlas
from brainstem_app.errors import InputError
from brainstem_app.imaging.label_map import save_label_map, save_volume
from brainstem_app.imaging.spaces import BOX_SHAPE, box_affine
from brainstem_app.jobs.events import Event, Failed, Finished, Progress, Warned
from brainstem_app.jobs.executors import run_tasks
from brainstem_app.jobs.executors.task import Task
from brainstem_app.jobs.job import CompareCellJob, CompareJob, Job, TrainJob
from brainstem_app.jobs.many import compare, compare_cell, compare_report
from brainstem_app.jobs.many.compare_plan import Plan, cells_of, duration, estimate_seconds, run_name
from brainstem_app.jobs.many.grids import GRIDS, find_grid
from brainstem_app.jobs.networks.machine_speed import MachineSpeed
from brainstem_app.jobs.networks.run_data import data_of
from brainstem_app.jobs.reporter import Reporter
from brainstem_app.jobs.run import run_job
from brainstem_app.reports.grid.files import write_page
from brainstem_app.study.cell_record import CellRecord, Measured, Predictions, read_cell
from brainstem_app.study.grid import Grid
from brainstem_app.study.run_manifest import RunManifest
from brainstem_app.study.splits import Splits
from brainstem_app.study.study import Study, StudySettings, SubjectRecord
from brainstem_app.written_files import EVENTS_FILE
from kerasmodels.errors import DivergedError
from kerasmodels.multiply_adds import expected_multiply_adds

from ..reports.pdf_text import headings, pdf_text
from ..reports.test_sheets import read_sheets

NAMES = ("sub-1", "sub-2", "sub-3", "sub-4")
TESTED = NAMES[2:]
GRID = Grid(
    name="small",
    title="Two by two",
    repeats=2,
    vary={"decoder": ("n_deconet", "fpn"), "loss": ("dice", "dicece")},
)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = Study.create(tmp_path / "study", StudySettings(dataset="made", atlas_version=load_atlas().version))
    for name in NAMES:
        folder = made.subject_folder(name)
        folder.mkdir(parents=True)
        save_volume(folder / "scan_box.nii.gz", np.zeros(BOX_SHAPE, np.float32), box_affine(), space="mni")
        save_label_map(folder / "labels_box.nii.gz", _labels(0), box_affine(), space="mni")
        SubjectRecord(name=name, person=name, state="finished", source="made").save(folder / "manifest.json")
    made.save_splits(Splits(seed=0, train=NAMES[:1], validation=NAMES[1:2], test=TESTED))
    return made


def _labels(shift: int) -> np.ndarray:
    labels = np.zeros(BOX_SHAPE, dtype=np.uint8)
    labels[10 + shift : 30 + shift, 15:35, 10:60] = 3
    return labels


class InThisProcess:
    """Executor that does each cell at once, here."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def free_slots(self, running: int) -> int:
        return 1 - running

    def start(self, tasks: list[Task]) -> None:
        for task in tasks:
            self.done.append(task.name)
            with (task.folder / EVENTS_FILE).open("a", encoding="utf-8") as file:
                run_job(task.job, lambda event, out=file: _say(event, out), lambda: False)

    def is_alive(self, task: Task) -> bool:
        return False

    def kill(self, task: Task) -> None:
        raise AssertionError("nothing runs")


def _say(event: Event, out: object) -> None:
    out.write(event.model_dump_json() + "\n")


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> InThisProcess:
    """Cells are done in this process, and instead of training they count labels shifted by their seed."""
    executor = InThisProcess()
    monkeypatch.setattr(compare, "_executor", lambda job, plan, folder: (executor, 1))
    monkeypatch.setattr(run_tasks, "_POLL_S", 0.0)
    monkeypatch.setattr(compare_cell, "_train_and_test", _pretend)
    # Drawn only where a test looks at it.
    monkeypatch.setattr(compare_report, "write_page", lambda folder, *rest: (folder / "report.html").touch())
    return executor


def _pretend(job: TrainJob, folder: Path, reporter: Reporter) -> CellRecord:
    if (job.decoder, job.loss) == ("fpn", "dice"):
        raise DivergedError("The training loss is not a number any more.", "Lower the learning rate.")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "best.keras").touch()
    rows = "epoch,loss,val_loss,val_nuclei_miou\n1,0.9,0.9,0.2\n2,0.8,0.8,0.4\n"
    (folder / "history.csv").write_text(rows, encoding="utf-8")
    predicted = _labels(1 + job.seed)
    counts = np.zeros((34, 34), dtype=np.int64)
    np.add.at(counts, (_labels(0).ravel(), predicted.ravel()), 1)
    Predictions(dict.fromkeys(TESTED, predicted), dict.fromkeys(TESTED, counts)).save(
        folder / "predictions.npz"
    )
    score = 0.5 + 0.1 * (job.decoder == "fpn") + 0.01 * job.seed
    study = Study.open(job.study)
    splits = study.splits()
    RunManifest(
        job={}, atlas="", splits=splits, data=data_of(study, splits), software={}, device="made up"
    ).save(folder / "manifest.json")
    record = CellRecord(
        state="finished",
        references={
            r.name: r.files.get("labels_box.nii.gz", "")
            for r in study.finished_subjects()
            if r.name in TESTED
        },
        parameters=21_500_000,
        epochs=2,
        best_epoch=2,
        val_nuclei_miou=score,
        macro_miou_nuclei=Measured(value=score, low=score - 0.1, high=score + 0.1),
        baselines={"atlas placed by the normalisation": (0.4, 0.35)},
        seconds=20.0,
        memory_gib=1.5,
        device="made up",
    )
    record.save(folder / "cell.json")
    return record


def _compare(study: Study, **changes: object) -> tuple[int, list[Event]]:
    events: list[Event] = []
    job: Job = CompareJob(study=study.folder, grid=GRID).model_copy(update=changes)
    return run_job(job, events.append, lambda: False), events


def _rows(study: Study) -> list[dict[str, str]]:
    path = study.folder / "comparisons" / "small" / "results.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_failed_cells_are_shown_with_their_reason_and_stop_no_other(
    study: Study, here: InThisProcess
) -> None:
    status, events = _compare(study)
    assert status == 0, events[-1]
    assert isinstance(events[-1], Finished)
    assert (events[-1].summary["finished"], events[-1].summary["failed"]) == (6, 2)
    warnings = [event.what for event in events if isinstance(event, Warned)]
    assert len([what for what in warnings if "fpn · dice" in what and "not a number" in what]) == 2
    rows = _rows(study)
    assert [row["state"] for row in rows].count("failed") == 2
    failed = next(row for row in rows if row["state"] == "failed")
    assert "not a number" in failed["reason"]
    assert (failed["decoder"], failed["loss"], failed["macro_miou_nuclei"]) == ("fpn", "dice", "")
    assert {(row["repeat"], row["seed"]) for row in rows} == {("1", "0"), ("2", "1")}


def test_comparison_is_whole_only_when_its_page_is_written(
    study: Study, here: InThisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(
        compare_report,
        "write_page",
        lambda folder, *_rest: ((folder / "report.html").touch(), written.append("page")),
    )
    shares: list[float] = []

    def take(event: Event) -> None:
        if isinstance(event, Progress):
            shares.append(event.done / event.total)
            assert not written

    assert run_job(CompareJob(study=study.folder, grid=GRID), take, lambda: False) == 0
    assert shares == sorted(shares)
    assert 0.9 < shares[-1] < 1
    assert written


def test_summary_has_both_intervals_of_each_combination(study: Study, here: InThisProcess) -> None:
    _compare(study)
    path = study.folder / "comparisons" / "small" / "summary.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = {(row["decoder"], row["loss"]): row for row in csv.DictReader(file)}
    row = rows["n_deconet", "dicece"]
    assert (row["finished"], row["failed"]) == ("2", "0")
    assert float(row["nuclei_repeats_low"]) < float(row["nuclei_mean"]) < float(row["nuclei_repeats_high"])
    assert (
        float(row["nuclei_subjects_low"]) <= float(row["nuclei_mean"]) <= float(row["nuclei_subjects_high"])
    )
    assert (rows["fpn", "dice"]["failed"], rows["fpn", "dice"]["nuclei_mean"]) == ("2", "")


def test_what_has_ended_is_not_run_again_until_asked(study: Study, here: InThisProcess) -> None:
    _compare(study)
    assert len(here.done) == 8
    before = {row["run"]: row for row in _rows(study)}
    here.done.clear()
    assert _compare(study)[0] == 0
    assert here.done == []
    assert {row["run"]: row for row in _rows(study)} == before
    _compare(study, retry_failed=True)
    assert sorted(here.done) == ["fpn · dice · repeat 1", "fpn · dice · repeat 2"]


@pytest.mark.parametrize("part", ["train", "test"])
def test_cells_are_not_put_together_over_changed_references(
    study: Study, here: InThisProcess, part: str
) -> None:
    _compare(study)
    name = getattr(study.splits(), part)[0]
    record = next(r for r in study.finished_subjects() if r.name == name)
    record.model_copy(update={"files": {"labels_box.nii.gz": "drawn anew"}}).save(
        study.subject_folder(name) / "manifest.json"
    )
    # All cells that ended saw the same: their page can be written.
    assert _compare(study)[0] == 0
    here.done.clear()
    more = {"grid": GRID.model_copy(update={"repeats": 3})}
    with pytest.raises(InputError, match="6 runs saw other people"):
        compare.describe_plan(CompareJob(study=study.folder, **more))
    status, events = _compare(study, **more)
    assert status == 2
    assert here.done == []
    assert isinstance(events[-1], Failed)
    assert "6 runs saw other people, images or labels than the study has now" in events[-1].what
    assert f"({name})" in events[-1].what
    for run in (study.folder / "runs").iterdir():
        shutil.rmtree(run)
    assert _compare(study, **more)[0] == 0
    assert len(here.done) == 12


def test_cells_are_not_put_together_over_a_changed_split(study: Study, here: InThisProcess) -> None:
    _compare(study)
    splits = study.splits()
    study.save_splits(splits.model_copy(update={"train": (*splits.train, "sub-5")}))
    rows = _rows(study)
    assert _compare(study)[0] == 0
    assert _rows(study) == rows
    _, events = _compare(study, grid=GRID.model_copy(update={"repeats": 3}))
    assert isinstance(events[-1], Failed)
    assert "(sub-5)" in events[-1].what


def test_another_grid_takes_over_cells_with_the_same_settings(study: Study, here: InThisProcess) -> None:
    _compare(study)
    here.done.clear()
    more = GRID.model_copy(update={"name": "more", "repeats": 3, "vary": {"decoder": ("n_deconet",)}})
    more = more.model_copy(update={"settings": {"loss": "dicece"}})
    _compare(study, grid=more)
    assert here.done == ["n_deconet · repeat 3"]


def test_comparison_goes_on_after_it_was_cancelled(study: Study, here: InThisProcess) -> None:
    job = CompareJob(study=study.folder, grid=GRID)
    assert run_job(job, lambda event: None, lambda: len(here.done) >= 3) == 3
    assert [row["state"] for row in _rows(study)].count("waiting") == 5
    assert run_job(job, lambda event: None, lambda: False) == 0
    assert len(here.done) == len(set(here.done)) == 8


def test_process_that_died_is_written_down_as_failed(
    study: Study, here: InThisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_tasks, "_FINAL_EVENT_GRACE_S", 0.0)
    monkeypatch.setattr(here, "start", lambda tasks: None)
    status, events = _compare(study)
    assert status == 1
    assert isinstance(events[-1], Failed)
    assert {row["state"] for row in _rows(study)} == {"failed"}
    assert all("memory" in row["reason"] for row in _rows(study))


def test_only_the_best_network_of_each_decoder_is_kept(study: Study, here: InThisProcess) -> None:
    _compare(study)
    kept = {path.parent.name.partition("-")[0] for path in study.folder.glob("runs/*/best.keras")}
    assert len(list(study.folder.glob("runs/*/best.keras"))) == 2
    assert kept == {"n_deconet", "fpn"}
    best = {read_cell(p.parent).val_nuclei_miou for p in study.folder.glob("runs/*/best.keras")}
    assert best == {0.51, 0.61}


def test_networks_that_a_kill_has_left_go_when_the_comparison_goes_on(
    study: Study, here: InThisProcess
) -> None:
    _compare(study, keep="all")
    kept = list(study.folder.glob("runs/*/best.keras"))
    for path in kept:
        path.with_name("last.keras").touch()
    _compare(study)
    assert len(list(study.folder.glob("runs/*/best.keras"))) == 2 < len(kept)
    assert not list(study.folder.glob("runs/*/last.keras"))


def test_cell_that_is_killed_behind_its_record_is_not_measured_on_the_halved_network(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained, halved = [], []

    def train(job: TrainJob, folder: Path, reporter: Reporter) -> CellRecord:
        trained.append(job.run)
        record = _pretend(job, folder, reporter)
        (folder / "last.keras").touch()
        return record

    def killed(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(compare_cell, "_train_and_test", train)
    monkeypatch.setattr(compare_cell, "_halve", killed)
    job = CompareCellJob(train=TrainJob(study=study.folder, run="one"))
    with pytest.raises(KeyboardInterrupt):
        compare_cell.compare_cell(job, Reporter(lambda event: None, lambda: False))
    folder = study.run_folder("one")
    record = read_cell(folder)
    assert record is not None
    monkeypatch.setattr(compare_cell, "_halve", halved.append)
    compare_cell.compare_cell(job, Reporter(lambda event: None, lambda: False))
    assert (trained, halved, read_cell(folder)) == (["one"], [folder], record)
    assert not (folder / "last.keras").exists()


def test_page_shows_intervals_the_papers_numbers_curves_and_pictures(
    study: Study, here: InThisProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_report, "write_page", write_page)
    status, events = _compare(study)
    assert status == 0, events[-1]
    page = (study.folder / "comparisons" / "small" / "report.html").read_text(encoding="utf-8")
    assert "0.777 ± 0.001" in page  # the paper's FPN with DiceCE
    assert "N-DecoNet" in page
    assert "DiceCE" in page
    assert "2 of 2 failed" in page
    assert "Lower the learning rate." in page
    assert page.count('<figure class="chart">') == 3
    assert "data:image/png;base64," in page
    assert "http" not in page.replace("http-equiv", "")
    assert str(study.folder) not in page
    text = pdf_text(study.folder / "comparisons" / "small" / "report.pdf")
    places = [text.index(part) for part in headings(page)]
    assert places == sorted(places)
    assert "0.777 ± 0.001" in text
    book = read_sheets((study.folder / "comparisons" / "small" / "report.xlsx").read_bytes())
    assert (list(book), len(book["results"])) == (["results", "summary", "about"], 1 + 8)


def test_grids_of_the_paper_have_the_papers_size() -> None:
    table = cells_of(GRIDS["table1"](), Path("study"))
    assert len(table) == 9 * 6 * 5
    assert len({cell.job.run for cell in table}) == len(table)
    paper = TrainJob(study=Path("study"), run="x")
    assert run_name(paper) in {cell.job.run for cell in table}
    assert {cell.job.alpha for cell in cells_of(GRIDS["alpha"](), Path("study"))} == {
        n / 10 for n in range(1, 10)
    }
    encoders = [cell.job for cell in cells_of(GRIDS["encoders"](), Path("study"))]
    assert {job.encoder for job in encoders if job.decoder == "deeplabv3"} == {
        "resnet34",
        "resnet50",
        "seresnet101",
    }


def test_run_is_named_after_what_makes_it_another_run() -> None:
    job = TrainJob(study=Path("a"), run="x")
    elsewhere = job.model_copy(update={"study": Path("b"), "run": "y"})
    assert run_name(job) == run_name(elsewhere)
    assert run_name(job) != run_name(job.model_copy(update={"seed": 1}))


@pytest.mark.parametrize(
    "grid",
    [
        Grid(name="x", vary={"decoder": ("unet", "fnp")}),
        Grid(name="x", vary={"colour": ("red",)}),
        Grid(name="x", vary={"input.size": (50,)}),
    ],
)
def test_settings_that_training_does_not_know_are_refused_before_the_start(grid: Grid) -> None:
    with pytest.raises(InputError):
        cells_of(grid, Path("study"))


def test_grid_that_is_neither_known_nor_a_file_is_bad_input() -> None:
    with pytest.raises(InputError, match="table2"):
        find_grid("table2")


def multiply_adds(decoder: str) -> float:
    return expected_multiply_adds(decoder, "resnet34") or 0.0


def test_time_is_estimated_from_cells_that_are_done() -> None:
    cells = cells_of(Grid(name="x", repeats=2, vary={"decoder": ("unet", "fpn")}), Path("study"))
    done = CellRecord(state="finished", epochs=10, seconds=100)
    assert estimate_seconds(cells, []) == (None, True)
    fpn = 100 * multiply_adds("fpn") / multiply_adds("unet")
    assert estimate_seconds(cells[1:], [(cells[0].job, done)]) == (pytest.approx(100 + 2 * fpn), True)
    assert estimate_seconds(cells[2:3], [(cells[0].job, done)]) == (100, False)
    plan = Plan(cells, {cells[0].job.run: done}, timed=((cells[0].job, done),))
    assert plan.describe(2) == (
        "2 networks × 2 repeats = 4 cells, 1 finished, 3 to do, 2 at a time, "
        "about 2 min (rough: not every network has been timed)"
    )


def test_time_before_the_first_cell_comes_from_the_speed_of_the_machine() -> None:
    grid = Grid(name="x", repeats=2, settings={"epochs": 3}, vary={"decoder": ("unet", "fpn")})
    plan = Plan(cells_of(grid, Path("study")), {}, subjects=(4, 2))
    assert plan.describe(2).endswith("time: known when the first cell is done")
    speed = MachineSpeed(multiply_adds_per_second=1e9, start_seconds=10, device="CPU")
    an_epoch = 73 * (4 * 3 + 2) * (multiply_adds("unet") + multiply_adds("fpn")) / 1e9
    assert plan.describe(2, speed).endswith(
        f"about {duration(2 * (2 * 10 + 3 * an_epoch))} (rough: by the multiply-adds of the networks)"
    )


def test_study_without_test_subjects_is_refused(study: Study, here: InThisProcess) -> None:
    study.save_splits(Splits(seed=0, train=NAMES[:1], validation=NAMES[1:2], test=()))
    assert _compare(study)[0] == 2
    assert here.done == []
