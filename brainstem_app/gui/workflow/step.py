"""Steps from a scan to a report, then those to networks of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StepName(StrEnum):
    """Names of the steps in the order of the navigation: first what everybody needs."""

    SCANS = "scans"
    SEGMENT = "segment"
    REVIEW = "review"
    REPORT = "report"
    QUALITY = "quality"
    PREPARE = "prepare"
    TRAIN = "train"
    COMPARE = "compare"

    @property
    def number(self) -> int:
        """Place in the navigation, from 1; also the key: Ctrl+1 … Ctrl+8."""
        return list(StepName).index(self) + 1

    @property
    def key(self) -> str:
        """Key that goes to it."""
        return f"Ctrl+{self.number}"

    @property
    def is_of_training(self) -> bool:
        """Whether it is one of those that train a network of one's own."""
        return self in {StepName.PREPARE, StepName.TRAIN, StepName.COMPARE}

    @property
    def shows_pictures(self) -> bool:
        """Whether its page is there to look at scans, and so dark around them."""
        return self in {StepName.SEGMENT, StepName.REVIEW}

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
    """What the navigation says of a step: its title, one line of what it is for, and its icon."""

    title: str
    purpose: str
    icon: str


def step_text(step: StepName) -> StepText:
    """Title and purpose of a step."""
    texts = {
        StepName.SCANS: StepText("Scans", "Open scans and see whether they can be used", "scan"),
        StepName.SEGMENT: StepText("Segment", "Label the nuclei of a scan", "brain"),
        StepName.REVIEW: StepText("Review", "Look at labels, compare and correct them", "eye"),
        StepName.REPORT: StepText("Report", "Numbers and pictures to publish", "file-text"),
        StepName.QUALITY: StepText(
            "Quality", "Look at all results of the study, accept or reject them", "list-checks"
        ),
        StepName.PREPARE: StepText(
            "Prepare", "Bring the scans to one space, make reference labels", "sliders-horizontal"
        ),
        StepName.TRAIN: StepText("Train", "Train a network on the prepared scans", "activity"),
        StepName.COMPARE: StepText("Compare", "Compare networks, losses and settings", "grid-3x3"),
    }
    return texts[step]
