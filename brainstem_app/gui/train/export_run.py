"""Add to my models: the network of a run as a model of the user's, in place of one of its name if asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel
from brainstem_app.jobs.job import ExportModelJob

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.train.run_summary import RunSummary


def export_run(context: AppContext, run: RunSummary, tell: Callable[[Message], None]) -> None:
    """Export a run and put it among the user's models; ask first where one of its name is there."""
    from brainstem_app.models.card import CARD_FILE_NAME
    from brainstem_app.models.library import user_models_folder

    job = ExportModelJob(run=run.folder, name=run.name, install=True)

    def submit(work: ExportModelJob) -> None:
        context.jobs.submit(work, study=context.study.folder)

    there = user_models_folder() / run.name
    if not (there / CARD_FILE_NAME).exists():
        submit(job)
        return
    what = "There is a model “{0}” already. Put this run's network in its place?"
    fix = "If it labels otherwise, it becomes the next version: results name theirs."
    actions = (
        MessageAction("Replace it", lambda: submit(job.model_copy(update={"replace": True}))),
        MessageAction("Keep it", lambda: None),
    )
    tell(
        Message(
            MessageLevel.QUESTION, what.format(run.name), str(there), fix, actions=actions, owner="export"
        )
    )
