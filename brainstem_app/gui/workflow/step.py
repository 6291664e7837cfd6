"""Steps from a scan to a report, in the order of the work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QCoreApplication


class StepName(StrEnum):
    """Names of the steps; their order is that of the work."""

    SCANS = "scans"
    PREPARE = "prepare"
    TRAIN = "train"
    COMPARE = "compare"
    SEGMENT = "segment"
    QUALITY = "quality"
    REVIEW = "review"
    REPORT = "report"

    @property
    def number(self) -> int:
        """Place in the workflow, from 1; also the key: Ctrl+1 … Ctrl+8."""
        return list(StepName).index(self) + 1

    @property
    def is_of_study(self) -> bool:
        """Whether it works on the open study: what is said in it goes when another is opened."""
        return self in {
            StepName.PREPARE,
            StepName.TRAIN,
            StepName.COMPARE,
            StepName.QUALITY,
            StepName.REPORT,
        }


@dataclass(frozen=True)
class StepText:
    """What the navigation says of a step: its title, and one line of what it is for."""

    title: str
    purpose: str


def step_text(step: StepName) -> StepText:
    """Title and purpose of a step, translated."""

    def tr(text: str) -> str:
        return QCoreApplication.translate("StepText", text)

    texts = {
        StepName.SCANS: StepText(tr("Scans"), tr("Open scans and see whether they can be used")),
        StepName.PREPARE: StepText(tr("Prepare"), tr("Bring the scans to one space, make reference labels")),
        StepName.TRAIN: StepText(tr("Train"), tr("Train a network on the prepared scans")),
        StepName.COMPARE: StepText(tr("Compare"), tr("Compare networks, losses and settings")),
        StepName.SEGMENT: StepText(tr("Segment"), tr("Label the nuclei of a scan")),
        StepName.QUALITY: StepText(
            tr("Quality"), tr("Look at all results of the study, accept or reject them")
        ),
        StepName.REVIEW: StepText(tr("Review"), tr("Look at labels, compare and correct them")),
        StepName.REPORT: StepText(tr("Report"), tr("Numbers and pictures to publish")),
    }
    return texts[step]
