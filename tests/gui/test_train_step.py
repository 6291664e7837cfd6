"""The step Train: every setting, curves while it learns, going on, and a real small training."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from brainstem_app.gui.main_window import MainWindow
from brainstem_app.gui.train.presets import Preset
from brainstem_app.gui.train.train_page import TrainPage
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.jobs.claims import claim_of, claimed
from brainstem_app.jobs.job import ExportModelJob, TrainJob, read_job
from brainstem_app.models.library import user_models_folder
from brainstem_app.setting import flattened
from brainstem_app.study.study import Study

from .message_buttons import press_message_button

Fake = Callable[[str], Path]
_LIMIT_MS = 60_000


@pytest.fixture
def page(qtbot: QtBot, open_study: MainWindow) -> TrainPage:
    open_study.show_step(StepName.TRAIN)
    shown = open_study.page(StepName.TRAIN)
    qtbot.waitUntil(lambda: shown.model.rowCount() == 1, timeout=_LIMIT_MS)
    return shown


def test_form_has_every_setting_of_the_job_with_its_default(page: TrainPage) -> None:
    plain = TrainJob(study=Path(), run="x")
    wanted = flattened(plain.model_dump(exclude={"study", "run", "kind", "version"}))
    shown = {name: value for name, value in page.form.values().items() if name != "run"}
    assert shown == wanted
    assert page.presets.preset is Preset.PAPER


def test_preset_brings_the_papers_values_back(qtbot: QtBot, page: TrainPage) -> None:
    page.form.set_values({"loss": "dice", "epochs": 3, "input.context": (-1, 0, 1)})
    assert page.presets.preset is None
    assert page.presets.difference.text() == "3 settings differ from Paper"
    assert page.form.values()["run"] == "n_deconet-resnet34-dice"
    qtbot.mouseClick(page.presets.buttons[Preset.PAPER], Qt.MouseButton.LeftButton)
    assert page.presets.preset is Preset.PAPER
    assert page.form.differences().keys() <= {"run"}


def test_run_is_named_after_the_network_of_the_last_preset(qtbot: QtBot, page: TrainPage) -> None:
    for preset in (Preset.FAST, Preset.BEST, Preset.FAST, Preset.PAPER):
        qtbot.mouseClick(page.presets.buttons[preset], Qt.MouseButton.LeftButton)
        values = page.form.values()
        assert values["run"] == f"{values['decoder']}-{values['encoder']}-{values['loss']}"
    page.form.editor("run").set_value("mine")
    qtbot.mouseClick(page.presets.buttons[Preset.FAST], Qt.MouseButton.LeftButton)
    assert page.form.values()["run"] == "mine"


@pytest.mark.parametrize("preset", Preset)
def test_preset_is_a_job_that_can_be_started(qtbot: QtBot, page: TrainPage, preset: Preset) -> None:
    page.form.set_values({"run": "mine", "seed": 7})
    qtbot.mouseClick(page.presets.buttons[preset], Qt.MouseButton.LeftButton)
    assert page.presets.preset is preset
    assert [one for one, button in page.presets.buttons.items() if button.isChecked()] == [preset]
    job = page.form.build(study=Path())
    assert isinstance(job, TrainJob)
    assert (job.run, job.seed) == ("mine", 7)
    page.form.editor("epochs").set_value(job.epochs + 1)
    assert page.presets.difference.text().startswith("1 setting differs from ")


def test_long_form_is_folded_to_what_most_people_choose(page: TrainPage) -> None:
    page.show()
    shown = {name for name in page.form.names if page.form.editor(name).isVisibleTo(page)}
    assert shown == {"run", "decoder", "encoder", "loss", "epochs"}
    page.form.fold.click()
    assert all(page.form.editor(name).isVisibleTo(page) for name in page.form.names)


def test_setting_that_does_not_fit_is_explained_under_it(qtbot: QtBot, page: TrainPage) -> None:
    page.form.set_values({"learning_rate": "fast", "input.size": 224})
    qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    assert not page.context.jobs.jobs
    hint = page.form._hints["learning_rate"]
    assert hint.text().startswith("Learning rate is “fast”; it must be a number above 0.")
    page.form.editor("learning_rate").set_value(0.01)
    assert "must be" not in hint.text()


@pytest.mark.parametrize(
    ("name", "reason"),
    [("con", "Windows"), ("../x", "cannot be in the name"), ("x.", "a dot"), ("a b", "only letters")],
)
def test_name_that_no_run_can_have_is_refused_under_it(
    qtbot: QtBot, page: TrainPage, name: str, reason: str
) -> None:
    page.form.set_values({"run": name})
    qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    assert not page.context.jobs.jobs
    assert reason in page.form._hints["run"].text()


def test_decoder_that_the_library_does_not_have_is_refused_under_it(qtbot: QtBot, page: TrainPage) -> None:
    page.form.set_values({"library": "segmentation_models", "decoder": "n_deconet"})
    qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    assert not page.context.jobs.jobs
    assert "segmentation_models" in page.form._hints["decoder"].text()


def test_estimate_and_device_are_said_before_the_start(qtbot: QtBot, page: TrainPage) -> None:
    assert "1 subject, 73 slices: 5 steps an epoch." in page.estimate.text()
    page.form.set_values({"encoder": "resnet18"})
    assert "About 5 min, judging by like runs." in page.estimate.text()
    qtbot.waitUntil(lambda: page.device.text().startswith("Device"), timeout=_LIMIT_MS)


def test_curves_grow_while_the_job_runs(
    qtbot: QtBot, page: TrainPage, study: Study, fake_job: Fake, tmp_path: Path
) -> None:
    fake_job(f"""
emit(event="progress", done=0.1, total=2, message="epoch 1 of 2: training", loss=1.25)
nuclei = (("iou PAG", 0.4), ("iou DR", 0.1))
means = (("loss", 1.0), ("val_loss", 0.9), ("val_macro_miou", 0.3), ("val_nuclei_miou", 0.2))
for name, value in (*nuclei, *means):
    emit(event="metric", name=name, value=value, step=3)
wait_for(lambda: cancelled() or Path({str(tmp_path / "go")!r}).exists())
emit(event="failed", what="Cancelled.", exit_status=3)
""")
    page.form.set_values({"run": "first", "encoder": "resnet18", "epochs": 4})
    qtbot.mouseClick(page.start_button, Qt.MouseButton.LeftButton)
    (job,) = page.context.jobs.jobs
    assert read_job(job.job_file) == TrainJob(study=study.folder, run="first", encoder="resnet18", epochs=4)
    qtbot.waitUntil(lambda: len(page.curves.points("val_nuclei_miou")) == 3, timeout=_LIMIT_MS)
    assert page.curves.points("val_nuclei_miou") == [(1, 0.1), (2, 0.3), (3, 0.2)]
    assert page.model.index(0, page.model.column_of("Epochs")).data() == "3 / 4", "as many as the curve shows"
    page.context.study.refresh()  # the file still has two epochs
    qtbot.waitUntil(lambda: not page.context.background.is_busy, timeout=_LIMIT_MS)
    assert page.model.index(0, page.model.column_of("Epochs")).data() == "3 / 4"
    assert page.model.index(0, page.model.column_of("IoU, nuclei")).data() == "0.300"
    assert page.curves.batch_count == 1
    assert page.curves._bars.opts["height"] == [0.4, 0.1]
    assert "epoch 3" in page.curves.nuclei.property("heading")
    assert page.model.index(0, page.model.column_of("State")).data() == "training"
    assert not page.start_button.isEnabled()
    qtbot.mouseClick(page.progress.cancel_button, Qt.MouseButton.LeftButton)
    assert page.model.index(0, page.model.column_of("State")).data() == "stopping"
    qtbot.waitUntil(lambda: job.state == "cancelled", timeout=_LIMIT_MS)
    qtbot.waitUntil(page.start_button.isEnabled, timeout=_LIMIT_MS)


def test_stopped_run_goes_on_with_its_own_settings(
    qtbot: QtBot, page: TrainPage, study: Study, fake_job: Fake
) -> None:
    fake_job('emit(event="finished", seconds=1.0)')
    qtbot.mouseClick(page.resume_button, Qt.MouseButton.LeftButton)
    (job,) = page.context.jobs.jobs
    assert read_job(job.job_file) == TrainJob(study=study.folder, run="first", encoder="resnet18", epochs=4)
    qtbot.waitUntil(lambda: job.state == "finished", timeout=_LIMIT_MS)


def test_run_that_another_program_trains_is_in_use_and_not_stopped(
    qtbot: QtBot, page: TrainPage, study: Study
) -> None:
    page._again.setInterval(100)
    run = study.folder / "runs" / "first"
    state = page.model.index(0, page.model.column_of("State"))
    assert state.data() == "stopped"
    assert page.resume_button.isEnabled()
    with claimed((claim_of(run, "The run"),), "train"):
        page.read()
        qtbot.waitUntil(lambda: state.data() == "in use", timeout=_LIMIT_MS)
        assert not page.resume_button.isEnabled()
    qtbot.waitUntil(lambda: state.data() == "stopped", timeout=_LIMIT_MS)
    qtbot.waitUntil(page.resume_button.isEnabled, timeout=_LIMIT_MS)


def test_settings_of_a_run_can_be_taken_over(qtbot: QtBot, page: TrainPage) -> None:
    qtbot.mouseClick(page.settings_button, Qt.MouseButton.LeftButton)
    assert page.form.values()["encoder"] == "resnet18"
    assert page.form.values()["epochs"] == 4


def test_model_of_the_runs_name_is_replaced_only_if_asked(
    qtbot: QtBot, page: TrainPage, open_study: MainWindow, study: Study, fake_job: Fake
) -> None:
    fake_job('emit(event="finished", seconds=1.0)')
    there = user_models_folder() / "first"
    there.mkdir(parents=True)
    (there / "model.json").write_text("{}", encoding="utf-8")
    for answer, jobs in (("Keep it", 0), ("Replace it", 1)):
        qtbot.mouseClick(page.export_button, Qt.MouseButton.LeftButton)
        assert len(page.context.jobs.jobs) == 0
        press_message_button(qtbot, open_study.message_bar, answer)
        assert len(page.context.jobs.jobs) == jobs
    (job,) = page.context.jobs.jobs
    run = study.run_folder("first")
    assert read_job(job.job_file) == ExportModelJob(run=run, name="first", install=True, replace=True)
    qtbot.waitUntil(lambda: job.state == "finished", timeout=_LIMIT_MS)
