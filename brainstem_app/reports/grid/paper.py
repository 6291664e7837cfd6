"""The numbers of the paper, to stand beside ours: `resources/paper/oh2024.json`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from brainstem_app.locations import resource
from brainstem_app.reports.grid.results import CellResult


class PaperResults(BaseModel):
    """Table 1, and what the text says of figure 4.

    Attributes
    ----------
    source, cohort : str
        Where the numbers come from, and on whom they were measured.
    encoder, alpha, epochs, size
        Settings that all of them share.
    table1 : dict
        By decoder: ``parameters_m`` (millions), and by loss macro mIoU and half of its 95 % interval.
    deviation_over_alpha : dict of str to float
        Standard deviation of a decoder's results over alpha.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    cohort: str
    encoder: str
    alpha: float
    epochs: int
    size: int
    table1: dict[str, dict[str, float | tuple[float, float]]]
    deviation_over_alpha: dict[str, float]

    def result(self, settings: Mapping[str, Any]) -> tuple[float, float] | None:
        """Macro mIoU and half of its interval for the settings of a run; None if the paper has none."""
        same = settings.get("encoder") == self.encoder and (
            settings.get("alpha") == self.alpha or settings.get("loss") not in {"dicece", "dicefocal"}
        )
        found = self.table1.get(str(settings.get("decoder")), {}).get(str(settings.get("loss")))
        return found if same and isinstance(found, tuple) else None

    def parameters(self, decoder: str) -> float | None:
        """Millions of parameters of a decoder on ResNet-34."""
        found = self.table1.get(decoder, {}).get("parameters_m")
        return found if isinstance(found, float) else None

    def differences(self, cell: CellResult) -> list[str]:
        """Say which settings of a run are not the paper's."""
        ours = {
            "epochs": cell.settings.get("epochs"),
            "input size": cell.settings.get("input.size", self.size),
        }
        theirs = {"epochs": self.epochs, "input size": self.size}
        return [
            f"{name} {ours[name]} instead of {theirs[name]}" for name in ours if ours[name] != theirs[name]
        ]


@lru_cache(maxsize=1)
def paper_results() -> PaperResults:
    """Read the numbers of the paper."""
    return PaperResults.model_validate(
        json.loads(resource("paper", "oh2024.json").read_text(encoding="utf-8"))
    )
