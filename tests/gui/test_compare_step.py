"""The step Compare: the grid that the lists describe, the heat map of what is done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.compare.compare_page import ComparePage
from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.train.presets import VALUES, Preset
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.job import CompareJob, read_job
from brainstem_app.jobs.many.compare_plan import cells_of
from brainstem_app.jobs.many.grids import GRIDS
from brainstem_app.study.cell_record import CELL_FILE, CellRecord, Measured
from brainstem_app.study.grid import Grid
from brainstem_app.study.study import Failure, Study

Fake = Callable[[str], Path]
_LIMIT_MS = 60_000


@pytest.fixture
def page(qtbot: QtBot, open_study: MainWindow) -> ComparePage:
    open_study.show_step(StepName.COMPARE)
    shown = open_study.page(StepName.COMPARE)
    qtbot.waitUntil(lambda: shown.heat is not None, timeout=_LIMIT_MS)
    return shown


def show(qtbot: QtBot, page: ComparePage, grid: Grid) -> None:
    page.panel.show_grid(grid)
    qtbot.waitUntil(lambda: page.heat is not None and page.heat.name == grid.name, timeout=_LIMIT_MS)


def small() -> Grid:
    return Grid(
        name="small",
        repeats=2,
        settings={"epochs": 2, "input.size": 64},
        vary={"decoder": ("n_deconet", "fpn"), "loss": ("dice", "dicece")},
    )


@pytest.mark.parametrize("name", list(GRIDS))
def test_grids_of_the_paper_survive_the_lists(page: ComparePage, name: str) -> None:
    grid = GRIDS[name]()
    page.panel.show_grid(grid)
    shown = page.panel.grid()
    assert set(map(str, shown.variants())) == set(map(str, grid.variants()))
    jobs = [{cell.job.run for cell in cells_of(each, Path("x"))} for each in (grid, shown)]
    assert jobs[0] == jobs[1], "the same runs"


def test_ticking_describes_a_grid_and_its_size(qtbot: QtBot, page: ComparePage) -> None:
    panel = page.panel
    panel.decoders.tick(("n_deconet", "fpn"))
    panel.losses.tick(("dice", "jaccard", "focal"))
    panel.repeats.setValue(3)
    panel.shared.set_values({"epochs": 7})
    grid = panel.grid()
    assert grid.vary == {"decoder": ("n_deconet", "fpn"), "loss": ("dice", "jaccard", "focal")}
    assert grid.settings == {"epochs": 7}
    qtbot.waitUntil(lambda: "= 18 cells" in page.plan.text(), timeout=_LIMIT_MS)
    panel.decoders.tick(())
    panel.losses.tick(())
    panel.encoders.tick(())
    panel.alphas.setText("inf, nan")
    panel.changed.emit()
    assert page.plan.text() == "Choose at least one of each: Decoders, Losses, Encoders, α."
    assert not page.start_button.isEnabled()


def test_heat_map_fills_in_and_a_cell_shows_its_curves(qtbot: QtBot, page: ComparePage, study: Study) -> None:
    show(qtbot, page, small())
    assert page.model.index(0, 1).data() == "…"
    cells = cells_of(small(), study.folder)
    first, second = cells[0], cells[1]
    run = study.run_folder(first.job.run)
    CellRecord(state="finished", macro_miou_nuclei=Measured(value=0.5), macro_miou=Measured(value=0.6)).save(
        run / CELL_FILE
    )
    (run / "history.csv").write_text(
        "epoch,loss,val_loss,val_macro_miou,val_nuclei_miou,seconds,best\n1,0.9,0.8,0.2,0.1,30.0,True\n",
        encoding="utf-8",
    )
    failure = Failure(what="There is not enough memory.", fix="Use a smaller batch.")
    CellRecord(state="failed", failure=failure).save(study.run_folder(second.job.run) / CELL_FILE)
    page.read()
    qtbot.waitUntil(lambda: page.model.index(0, 1).data() == "0.500  1/2", timeout=_LIMIT_MS)
    assert page.model.index(0, 2).data() == "failed"
    assert "1 finished, 1 failed" in page.plan.text()
    page.measure.setCurrentIndex(1)
    assert page.model.index(0, 1).data() == "0.600  1/2"
    page.table.setCurrentIndex(page.table.model().index(0, 1))
    qtbot.waitUntil(lambda: page.cell.curves.points("loss") == [(1, 0.9)], timeout=_LIMIT_MS)
    page.table.setCurrentIndex(page.table.model().index(0, 2))
    assert "not enough memory" in page.cell.label.text()


def test_click_starts_the_comparison_that_is_described(
    qtbot: QtBot, page: ComparePage, study: Study, fake_job: Fake
) -> None:
    fake_job('emit(event="finished", seconds=1.0)')
    show(qtbot, page, small())
    page.how.set_values({"keep": "all"})
    qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    (job,) = page.context.jobs.jobs
    written = read_job(job.job_file)
    assert isinstance(written, CompareJob)
    assert written.study == study.folder
    assert written.keep == "all"
    assert cells_of(written.grid, study.folder) == cells_of(small(), study.folder)
    qtbot.waitUntil(lambda: job.state == "finished", timeout=_LIMIT_MS)
    qtbot.waitUntil(page.start_button.isEnabled, timeout=_LIMIT_MS)


def finish(study: Study, values: dict[str, float]) -> None:
    """Let the cells of each decoder have ended with a value."""
    for cell in cells_of(small(), study.folder):
        value = values.get(cell.job.decoder)
        if value is not None:
            measured = Measured(value=value, low=value, high=value)
            record = CellRecord(state="finished", macro_miou=measured, macro_miou_nuclei=measured)
            record.save(study.run_folder(cell.job.run) / CELL_FILE)


def green_of(page: ComparePage, row: int) -> int:
    """How much greener than red a cell is on the screen."""
    corner = page.table.visualRect(page.table.model().index(row, 1)).topLeft() + QPoint(4, 4)
    colour = page.table.viewport().grab().toImage().pixelColor(corner)
    return colour.green() - colour.red()


@pytest.mark.parametrize(
    ("values", "greens", "ends"),
    [
        ({"n_deconet": 0.0}, (0, None), ("0.000", "0.500")),
        ({"n_deconet": 0.0, "fpn": 0.0}, (0, 0), ("0.000", "0.500")),
        ({"n_deconet": 0.0, "fpn": 0.001}, (0, 1), ("0.000", "0.500")),
        ({"n_deconet": 0.70, "fpn": 0.80}, (0, 93), ("0.700", "0.800")),
        ({"n_deconet": 0.79, "fpn": 0.80}, (83, 93), ("0.700", "0.800")),
    ],
)
def test_low_overlap_is_never_green_in_the_heat_map(
    qtbot: QtBot,
    page: ComparePage,
    study: Study,
    values: dict[str, float],
    greens: tuple[int, int | None],
    ends: tuple[str, str],
) -> None:
    finish(study, values)
    show(qtbot, page, small())
    qtbot.waitUntil(lambda: page.model.has_values, timeout=_LIMIT_MS)
    for row, green in enumerate(greens):
        if green is not None:
            assert green_of(page, row) == pytest.approx(green, abs=3)
    assert page.legend.isVisible()
    assert (page.legend.low, page.legend.high) == ends


def test_presets_set_what_all_networks_share_and_the_encoder_if_there_is_one(
    qtbot: QtBot, page: ComparePage
) -> None:
    panel = page.panel
    panel.show_grid(small())
    assert "2 settings differ from Paper" in panel.presets.difference.text()
    for preset, encoder in ((Preset.FAST, "resnet18"), (Preset.BEST, "resnet34")):
        qtbot.mouseClick(panel.presets.buttons[preset], Qt.MouseButton.LeftButton)
        grid = panel.grid()
        wanted = {name: value for name, value in VALUES[preset].items() if name != "encoder"}
        assert {name: grid.settings.get(name) for name in wanted} == {
            name: list(value) if isinstance(value, tuple) else value for name, value in wanted.items()
        }
        assert panel.encoders.ticked() == (encoder,)
        assert panel.presets.preset is preset
    assert set(panel.decoders.ticked()) == {"fpn", "n_deconet"}
    qtbot.mouseClick(panel.presets.buttons[Preset.PAPER], Qt.MouseButton.LeftButton)
    assert panel.grid().settings == {}
    panel.encoders.tick(("resnet34", "resnet50"))
    qtbot.mouseClick(panel.presets.buttons[Preset.FAST], Qt.MouseButton.LeftButton)
    assert panel.encoders.ticked() == ("resnet34", "resnet50")
