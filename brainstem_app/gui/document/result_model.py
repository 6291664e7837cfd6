"""Model that has made a result, as the report beside it says."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from brainstem_app.named_version import with_version
from brainstem_app.small_files import read_json


@dataclass(frozen=True)
class Origin:
    """What a report says of where its labels come from; empty where it does not.

    Attributes
    ----------
    scan : str
        Name of the scan's file.
    dataset : str
    created : datetime or None
        When it was segmented.
    """

    scan: str = ""
    dataset: str = ""
    created: datetime | None = None


NO_ORIGIN = Origin()


@dataclass(frozen=True)
class ResultModel:
    """Model that a report names.

    Attributes
    ----------
    name, version : str
        Empty where the report does not say it.
    mean_iou : float or None
        On the model's own test subjects; None if its accuracy has not been measured.
    origin : Origin
        What it was put on, and when.
    """

    name: str = ""
    version: str = ""
    mean_iou: float | None = None
    origin: Origin = NO_ORIGIN

    @property
    def title(self) -> str:
        """Name and version."""
        return with_version(self.name or "unknown model", self.version)

    @property
    def accuracy(self) -> str:
        """Accuracy in words."""
        return accuracy_text(self.mean_iou)


UNKNOWN_MODEL = ResultModel()


def accuracy_text(mean_iou: float | None) -> str:
    """Accuracy of a model in words; “not measured” is to be shown in amber."""
    if mean_iou is None:
        return "not measured"
    return f"mean IoU {mean_iou:.2f}"


def model_of_report(report: Path) -> ResultModel:
    """Read which model a ``report.json`` names."""
    try:
        content = read_json(report)
        model = content["model"]
        accuracy = model.get("test_macro_miou")
        return ResultModel(
            str(model["name"] or ""),
            str(model.get("version") or ""),
            None if accuracy is None else float(accuracy),
            _origin(content),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return UNKNOWN_MODEL


def _origin(content: dict[str, Any]) -> Origin:
    scan, created = content.get("scan") or {}, None
    with suppress(ValueError):
        created = datetime.fromisoformat(str(content.get("created"))).astimezone()
    return Origin(str(scan.get("file") or ""), str(scan.get("dataset") or ""), created)
