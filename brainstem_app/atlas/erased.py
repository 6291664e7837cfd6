"""Structures that a correction by hand has erased."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from brainstem_app.atlas.label_table import Group, LabelTable
from brainstem_app.errors import InputError


def mostly_erased(
    table: LabelTable, before: Sequence[int], after: Sequence[int], where: Path
) -> tuple[str, ...]:
    """Names of the nuclei that have no voxel left, if those are more than half of the ones that had any.

    Parameters
    ----------
    table : LabelTable
        Without nuclei, all but the background are looked at.
    before, after : sequence of int, length 256
        Voxels of each label.
    where : Path
        The corrected labels, for the error.

    Raises
    ------
    InputError
        If none is left.
    """
    looked_at = table.nuclei or tuple(s for s in table.structures if s.group is not Group.BACKGROUND)
    there = [s for s in looked_at if before[s.index]]
    erased = tuple(s.name for s in there if not after[s.index])
    if there and not any(after[s.index] for s in looked_at):
        raise InputError(
            "The corrected labels are empty: no nucleus is left."
            if table.nuclei
            else "The labels are empty.",
            where,
            "Keep or draw at least one. A result that shall not count is rejected: in Quality, or with "
            "`brainstem-app study reject`. The original labels count again with `brainstem-app restore`.",
        )
    return erased if 2 * len(erased) > len(there) else ()
