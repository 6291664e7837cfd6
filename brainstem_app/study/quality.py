"""What people said of the prepared subjects after looking at their pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field

from brainstem_app.errors import InputError
from brainstem_app.study.record import Record, changing
from brainstem_app.written_files import QUALITY_FILE

# The window waits meanwhile.
_PATIENCE_S = 3.0
Decision = Literal["accepted", "rejected"]


class Quality(Record):
    """``quality.json``: subjects accepted or rejected by eye.

    A rejected subject keeps its files and its place in ``splits.json``, but is neither trained on nor
    measured. Subjects nobody has judged are used.
    """

    schema_name: Literal["brainstem-quality/1"] = Field("brainstem-quality/1", alias="schema")
    decisions: dict[str, Decision] = Field(default_factory=dict)

    @property
    def rejected(self) -> frozenset[str]:
        """Names of the subjects that are left out."""
        return frozenset(name for name, decision in self.decisions.items() if decision == "rejected")

    def with_decision(self, name: str, decision: Decision | None) -> Self:
        """Return the same with another word on one subject; None takes it back."""
        others = {subject: word for subject, word in self.decisions.items() if subject != name}
        return self.model_copy(
            update={"decisions": {**others, name: decision} if decision is not None else others}
        )


def read_quality(study: Path) -> Quality:
    """Read the decisions of a study folder; none if nobody has judged yet.

    Raises
    ------
    InputError
        If the file is damaged.
    """
    path = study / QUALITY_FILE
    return Quality.load(path) if path.exists() else Quality()


def save_decision(study: Path, name: str, decision: Decision | None) -> Quality:
    """Write one decision down; returns all of them.

    Raises
    ------
    InputError
        If the study is gone, the file that is there is damaged, or the folder cannot be written.
    """
    if not study.is_dir():
        # Writing would begin the study anew, e.g. where its drive is mounted otherwise.
        raise InputError(
            "The study folder is not there any more; the decision is not saved.",
            study,
            "Connect its drive, or put the folder back where it was, and decide again.",
        )
    try:
        with changing(study, "review", _PATIENCE_S):
            quality = read_quality(study).with_decision(name, decision)
            quality.save(study / QUALITY_FILE)
    except OSError as error:
        raise InputError(
            f"The decision cannot be saved: {error.strerror}.",
            study / QUALITY_FILE,
            "Check that the study folder is there and may be written to.",
        ) from error
    return quality
