"""A reference that a model gave: which model, how many of its voxels people changed, and what that means."""

from __future__ import annotations

from collections.abc import Container, Iterable

from pydantic import BaseModel, ConfigDict, NonNegativeInt

from brainstem_app.counting import agreeing, counted
from brainstem_app.named_version import with_version
from brainstem_app.plain_text import OneLine


class SegmentedBy(BaseModel):
    """Where labels come from that a model gave and people took over, corrected or as they were.

    Attributes
    ----------
    model, version, sha256 : str
        The model, and the hash of its weights; empty where its report does not say them.
    changed_voxels, voxels : int
        Voxels that have another label than the model gave, of those that have one in either map.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: OneLine
    version: OneLine = ""
    sha256: OneLine = ""
    changed_voxels: NonNegativeInt
    voxels: NonNegativeInt

    @property
    def title(self) -> str:
        """Name and version of the model."""
        return with_version(self.model, self.version)

    @property
    def in_words(self) -> str:
        """Model and number of changed voxels, e.g. for the end of a job."""
        return f"{self.title}, {self.changed_voxels:,} of {counted(self.voxels, 'voxel')} changed"


def taken_over(found: Iterable[SegmentedBy]) -> list[tuple[list[SegmentedBy], str]]:
    """Group references by their model and by whether people changed them, with what they are, in words."""
    groups: dict[tuple[str, str, bool], list[SegmentedBy]] = {}
    for one in found:
        groups.setdefault((one.title, one.sha256, one.changed_voxels > 0), []).append(one)
    return [
        (group, f"what {title} gave{_changed(group) if is_changed else ' and nobody changed'}")
        for (title, _, is_changed), group in groups.items()
    ]


def agreement_notes(
    found: Iterable[SegmentedBy], n: int, part: str, own: Container[str] = frozenset()
) -> tuple[str, ...]:
    """Say of which subjects a model gave the reference, and what numbers against it are worth.

    Parameters
    ----------
    found : iterable of SegmentedBy
        Of those subjects.
    n, part : int, str
        How many subjects there are, and in which part of the split: ``"test"``.
    own : container of str
        Hashes of the weights of the very network that is measured.
    """
    notes = []
    for group, words in taken_over(found):
        title, is_own = group[0].title, group[0].sha256 in own
        if is_own:
            words = words.replace(title, f"{title}, this run's own network,", 1)
        worth = (
            "there it is measured on its own output, which flatters it"
            if is_own
            else "there the numbers tell how far the network agrees with that model rather than with a person"
        )
        one = f"The {agreeing(len(group), 'reference', 'references')} of {len(group)} of "
        is_or_are = agreeing(len(group), "is", "are")
        notes.append(f"{one}{counted(n, f'{part} subject')} {is_or_are} {words}: {worth}.")
    return tuple(notes)


def _changed(group: Iterable[SegmentedBy]) -> str:
    shares = [100 * one.changed_voxels / max(one.voxels, 1) for one in group]
    ends = dict.fromkeys("0.1 or less" if x < 0.05 else f"{x:.1f}" for x in (min(shares), max(shares)))
    return f", with {' to '.join(ends)} % of the voxels changed by people"
