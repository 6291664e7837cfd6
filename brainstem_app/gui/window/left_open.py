"""Memory of what was open in Segment and Review: kept in the workspace, opened again with the step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from brainstem_app.gui.workflow.step import StepName

if TYPE_CHECKING:
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.review.review_page import ReviewPage
    from brainstem_app.gui.study.open_study import OpenStudy

_SCAN, _LABELS, _RESULTS = "scan", "labels", "results"


@dataclass(frozen=True)
class Left:
    """What a step showed.

    Attributes
    ----------
    scan : str
        Path of the scan, empty for none.
    labels : str
        Path of the result folder, or of a label map that lies in none; empty for none.
    results : str
        Folders of results to go through, one a line.
    """

    scan: str = ""
    labels: str = ""
    results: str = ""

    @property
    def is_there(self) -> bool:
        """Whether any of it is still on the disk."""
        return any(_exists(path) for path in (self.scan, self.labels))


class LeftOpen(QObject):
    """Remembers what Segment and Review show, and opens it again."""

    def __init__(self, study: OpenStudy, segment: Document, parent: QObject) -> None:
        super().__init__(parent)
        self._study = study
        self._segment = segment
        self._left: dict[StepName, Left] = {}
        segment.opened.connect(lambda: self._remember(StepName.SEGMENT, _shown(segment)))

    def follow_review(self, review: ReviewPage) -> None:
        """Remember what Review shows from now on."""

        def remember() -> None:
            results = "\n".join(map(str, review.results.folders))
            self._remember(StepName.REVIEW, _shown(review.document, results))

        review.document.opened.connect(remember)

    def read(self, choices: Mapping[str, str]) -> None:
        """Take from a workspace what was open; it is opened when its step is shown."""
        self._left = {}
        for step in (StepName.SEGMENT, StepName.REVIEW):
            words = (choices.get(f"{step}.{part}", "") for part in (_SCAN, _LABELS, _RESULTS))
            left = Left(*words)
            if left.is_there:
                self._left[step] = left

    def has(self, step: StepName) -> bool:
        """Whether something waits to be opened in a step."""
        return step in self._left

    def forget(self, step: StepName) -> None:
        """Leave a step to what the user opens in it now."""
        self._left.pop(step, None)

    def take_up_segment(self) -> None:
        """Open again what Segment showed."""
        left = self._left.pop(StepName.SEGMENT, None)
        if left is not None:
            self._segment.opener.open_again(_path(left.scan), _path(left.labels))

    def take_up_review(self, review: ReviewPage) -> bool:
        """Open again what Review showed; whether there was anything."""
        left = self._left.pop(StepName.REVIEW, None)
        if left is not None:
            folders = tuple(Path(line) for line in left.results.splitlines() if _exists(line))
            review.results.offer(folders, _path(left.labels))
            review.document.opener.open_again(_path(left.scan), _path(left.labels))
        return left is not None

    def _remember(self, step: StepName, shown: Left) -> None:
        for part in (_SCAN, _LABELS, _RESULTS):
            self._study.remember_choice(f"{step}.{part}", getattr(shown, part))


def _shown(document: Document, results: str = "") -> Left:
    result, path = document.result, ""
    if result is not None:
        path = str(result.folder if result.is_segmentation else result.labels)
    return Left(str(document.scan_path or ""), path, results)


def _path(text: str) -> Path | None:
    return Path(text) if _exists(text) else None


def _exists(text: str) -> bool:
    # Of a series of a DICOM folder, FOLDER#SERIES, the folder.
    return bool(text) and (Path(text).exists() or Path(text.rpartition("#")[0] or text).exists())
