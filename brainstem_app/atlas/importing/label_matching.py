"""Which row of a lab's table a number of its label map, or a volume of its image, belongs to."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from brainstem_app.atlas.source_tables.source_label import Counting, SourceLabel, SourceTable
from brainstem_app.errors import InputError

_NO_STRUCTURE = re.compile(
    r"background|unknown|unclassified|unlabell?ed|undefined|clear[ _-]?label|none|null|void|outside|exterior"
    r"|air|empty|other|n/?a|[\W_]*",
    re.IGNORECASE,
)
_MOST_LISTED = 12
_STATE_TYPE = (
    "Write <type>Label</type> into the <header> of the table if its index is the value in the label map, or "
    "<type>Probabilistic</type> if the value is the index plus 1."
)


@dataclass(frozen=True)
class Matched:
    """What a source's numbers mean.

    Attributes
    ----------
    labels : tuple of SourceLabel
        Rows of the table that occur in the source; the number is the value, or the volume counted from 0.
    notes : tuple of str
        What the table and the source do not share.
    """

    labels: tuple[SourceLabel, ...]
    notes: tuple[str, ...]


def match_values(
    table: SourceTable, voxels: Mapping[int, int], source: Path, where: Path, *, leave_out: bool
) -> Matched:
    """Match the values of a label map with a table.

    Parameters
    ----------
    table : SourceTable
        What the numbers mean.
    voxels : mapping of int to int
        Voxels of each value of the map but 0.
    source, where : Path
        Label map and table, for errors.
    leave_out : bool
        Whether values without a name are left out rather than refused.

    Raises
    ------
    InputError
        If table and map share no number, the map holds a value that the table does not name, or both
        readings of a table that does not say what it counts fit.
    """
    as_is = tuple(label for label in table.labels if label.number != 0)
    shifted = tuple(replace(label, number=label.number + 1) for label in table.labels)
    at_nought = next((label.name for label in table.labels if label.number == 0), "")
    drops_structure = not _NO_STRUCTURE.fullmatch(at_nought)
    if table.counting is Counting.UNKNOWN:
        fits = _Readings(as_is, shifted, drops_structure)
        labels = fits.choose(set(voxels), where)
    else:
        labels = shifted if table.counting is Counting.VOLUMES else as_is
    other = as_is if labels is shifted else shifted
    used = tuple(label for label in labels if label.number in voxels)
    if not used:
        raise InputError(
            "None of the numbers in the table occurs in the label map.",
            where,
            "Check that they belong together.",
        )
    unnamed = sorted(set(voxels) - {label.number for label in used})
    if unnamed and not leave_out:
        raise _unnamed(unnamed, voxels, source, _hint(table, other, voxels))
    notes = []
    if unnamed:
        notes.append(f"Left out, for the table does not name them: {_counted(unnamed, voxels)}.")
    if missing := [f"{x.number} ({x.name})" for x in labels if x.number not in voxels]:
        notes.append(f"Named in the table, but not in the label map: {_listed(missing)}.")
    if labels is as_is and drops_structure:
        notes.append(f"0 is the background of a label map; its name in the table, {at_nought}, is not used.")
    return Matched(used, tuple(notes))


@dataclass(frozen=True)
class _Readings:
    """The two ways to read a table that does not say whether its index is a value or a volume."""

    as_is: tuple[SourceLabel, ...]
    shifted: tuple[SourceLabel, ...]
    drops_structure: bool

    def choose(self, present: Collection[int], where: Path) -> tuple[SourceLabel, ...]:
        """Return the reading that names all values of the map; of two, the one without a name to spare."""
        held = set(present)
        readings = [(labels, {label.number for label in labels}) for labels in (self.as_is, self.shifted)]
        fitting = [labels for labels, named in readings if held <= named]
        if len(fitting) == 1:
            return fitting[0]
        exact = [labels for labels, named in readings if held == named]
        if len(exact) == 1 and not (exact[0] is self.as_is and self.drops_structure):
            return exact[0]
        numbers = sorted(present)
        what = (
            "The table does not say whether its index is the value in the label map or counts volumes from "
            f"0, and with the values of the map ({_listed([str(n) for n in numbers])}) "
            f"{'both readings fit' if fitting else 'neither reading fits all'}."
        )
        raise InputError(what, where, _STATE_TYPE)


def match_volumes(
    table: SourceTable, n_volumes: int, source: Path, where: Path, *, leave_out: bool
) -> Matched:
    """Match the volumes of an image with a table that counts them from 0, or from 1.

    Raises
    ------
    InputError
        If the table does not fit the number of volumes, or leaves volumes without a name.
    """
    numbers = [label.number for label in table.labels]
    # Rows of FSL's probabilistic atlases count from 0 always, those of other tables as they begin.
    from_nought = table.counting is Counting.VOLUMES and max(numbers) < n_volumes
    first = 0 if from_nought or min(numbers) == 0 else 1
    if min(numbers) < 0 or max(numbers) - first >= n_volumes or (first == 1 and max(numbers) != n_volumes):
        raise InputError(
            f"The image has {n_volumes} volumes; the table counts from {min(numbers)} to {max(numbers)}.",
            where,
            "Let the table name all volumes, counted from 0 or from 1.",
        )
    unnamed = sorted(set(range(n_volumes)) - {number - first for number in numbers})
    listed = _listed([str(number + first) for number in unnamed])
    if unnamed and not leave_out:
        raise InputError(
            f"The table does not name {len(unnamed)} of the {n_volumes} volumes, counted from {first}: "
            f"{listed}.",
            source,
            "Name them in the table, or give --leave-out-unnamed to import the others alone.",
        )
    labels = tuple(replace(label, number=label.number - first) for label in table.labels)
    notes = (f"Left out, for the table does not name them: the volumes {listed}.",) if unnamed else ()
    return Matched(labels, notes)


def _hint(table: SourceTable, other: Sequence[SourceLabel], voxels: Collection[int]) -> str:
    """Say what to do if the other reading of the table's numbers would name all values."""
    if not set(voxels) <= {label.number for label in other}:
        return ""
    if table.counting is Counting.VOLUMES:
        return (
            "The table says <type>Probabilistic</type>, so a value is the index plus 1; if the index is the "
            "value, write <type>Label</type>. Or: "
        )
    return "If the table counts from 0, and the values are one more, number its rows anew. Or: "


def _unnamed(unnamed: Sequence[int], voxels: Mapping[int, int], source: Path, hint: str) -> InputError:
    many = "values" if len(unnamed) > 1 else "a value"
    return InputError(
        f"The label map holds {many} that the table does not name: {_counted(unnamed, voxels)}.",
        source,
        f"{hint}name them in the table, or give --leave-out-unnamed to import the others alone."
        if hint
        else "Name them in the table, or give --leave-out-unnamed to import the others alone.",
    )


def _counted(numbers: Sequence[int], voxels: Mapping[int, int]) -> str:
    return _listed([f"{number} ({voxels[number]} voxels)" for number in numbers])


def _listed(words: Sequence[str]) -> str:
    more = f" and {len(words) - _MOST_LISTED} more" if len(words) > _MOST_LISTED else ""
    return ", ".join(words[:_MOST_LISTED]) + more
