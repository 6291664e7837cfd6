"""Data model of the scan in a report: its file, and the size of brain and head."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from brainstem_app.reports.engine.entry import Entry

#: How `preprocessing.head_size` measures the volume inside the skull, as a name, and in words with its bias
#: (docs/results/head-size.md).
METHOD = "skull-affine-1"
METHOD_IN_WORDS = (
    "from an affine registration of skull and scalp alone, which a smaller brain does not make smaller (in "
    "five test heads that lost a tenth of the brain it changed by 0.5 % at most)"
)
#: Under these names `cohort` adjusts for the volumes of the brain, and inside the skull, that each
#: segmentation measured.
BRAIN_ML, INTRACRANIAL_ML = "brain_ml", "intracranial_ml"


class ScanEntry(Entry):
    """File the report is about: its name without folders, and its hash (None if it is not on disk).

    `brain_ml` is the volume of the brain mask in ml, null if none was made. `intracranial_ml` is the volume
    inside the skull and `intracranial_method` how it was measured, both null where it cannot be, as of a
    scan without a skull, and in files of older versions; values of two methods are never compared. `dataset`
    is the name of the folder of the BIDS dataset that the scan lies in, and `dataset_id` tells datasets of
    one name apart: a hash of that folder's place. Both are null outside BIDS, and in files of older versions.
    """

    file: str
    sha256: str | None
    brain_ml: float | None = None
    intracranial_ml: float | None = None
    intracranial_method: Literal["skull-affine-1"] | None = None
    dataset: str | None = None
    dataset_id: str | None = None

    @property
    def head_size_in_words(self) -> str:
        """Volumes of head and brain and what they are worth; empty if neither is known."""
        brain = "" if self.brain_ml is None else f"brain mask {self.brain_ml:,.0f} ml"
        if self.intracranial_ml is None:
            unknown = ", which shrinks with the brain; the volume inside the skull is unknown"
            return brain and brain + unknown
        larger = ", on another scale: it may be the larger of both" if brain else ""
        return f"inside the skull {self.intracranial_ml:,.0f} ml, {METHOD_IN_WORDS}; {brain}{larger}"


def know_head_size(scans: Iterable[ScanEntry]) -> bool:
    """Whether the volume inside the skull of every scan is known, measured in one way."""
    methods = {scan.intracranial_method if scan.intracranial_ml else None for scan in scans}
    return len(methods) == 1 and None not in methods
