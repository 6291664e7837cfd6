"""The pages of the workflow, each made when it is first shown."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from brainstem_app.gui.workflow.step_page import AppContext, StepPage

# Segment is made with the window; the others when they are needed, so that the first paint waits for none.
_PAGES: dict[StepName, tuple[str, str]] = {
    StepName.SCANS: ("brainstem_app.gui.scans.scans_page", "ScansPage"),
    StepName.PREPARE: ("brainstem_app.gui.prepare.prepare_page", "PreparePage"),
    StepName.TRAIN: ("brainstem_app.gui.train.train_page", "TrainPage"),
    StepName.REPORT: ("brainstem_app.gui.report.report_page", "ReportPage"),
    StepName.COMPARE: ("brainstem_app.gui.compare.compare_page", "ComparePage"),
    StepName.QUALITY: ("brainstem_app.gui.quality.quality_page", "QualityPage"),
    StepName.REVIEW: ("brainstem_app.gui.review.review_page", "ReviewPage"),
}
STEPS: tuple[StepName, ...] = tuple(step for step in StepName if step in _PAGES or step is StepName.SEGMENT)


def make_page(step: StepName, context: AppContext, parent: QWidget) -> StepPage:
    """Make the page of a step (all but Segment)."""
    module, name = _PAGES[step]
    page: StepPage = getattr(import_module(module), name)(context, parent)
    return page
