"""A form is made of the fields of a model alone."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pytestqt.qtbot import QtBot

from brainstem_app.gui.forms.model_form import ModelForm
from brainstem_app.jobs.job import TrainJob
from brainstem_app.setting import setting


class JobWithDropout(TrainJob):
    """Train with a setting that was added in one place."""

    command: ClassVar[str] = "train"
    dropout: Annotated[
        float, setting("Dropout", "Share of features that are left out.", unit="%", ge=0, le=100)
    ] = 0.0


def test_setting_added_to_a_model_is_in_the_form(qtbot: QtBot) -> None:
    form = ModelForm(JobWithDropout, {"study"})
    qtbot.addWidget(form)
    editor = form.editor("dropout")
    assert editor.spec.label == "Dropout (%)"
    assert editor.control.toolTip() == "Share of features that are left out."
    editor.set_value(20)
    job = form.build(study="study", run="r")
    assert isinstance(job, JobWithDropout)
    assert job.dropout == 20


def test_setting_out_of_its_limits_is_told_beside_it(qtbot: QtBot) -> None:
    form = ModelForm(JobWithDropout, {"study"})
    qtbot.addWidget(form)
    form.editor("dropout").set_value(200)
    assert form.build(study="study", run="r") is None
    assert form._hints["dropout"].text() == "Dropout (%) is 200.0; it must be a number from 0 to 100."


def test_only_plain_settings_are_not_folded_away(qtbot: QtBot) -> None:
    form = ModelForm(TrainJob, {"study", "run"}, plain={"epochs"})
    qtbot.addWidget(form)
    assert [name for name in form.names if not form.editor(name).spec.advanced] == ["epochs"]
