"""Report of labels that were corrected by hand: the segmentation's, with what the correction changed.

Volumes under a warp are finer than counted voxels, and comparable between people. So a structure whose
voxels stayed as they were keeps its volume, and one that was corrected has its volume plus the voxels that it
gained, less those that it lost: the rule that holds for the regions of edited labels too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import Group, Side, other_side
from brainstem_app.atlas.regions import follow_edit
from brainstem_app.counting import counted, listed
from brainstem_app.evaluation.structures import asymmetry_index
from brainstem_app.evaluation.volume import centroid_mm, voxel_volume_mm3
from brainstem_app.imaging.scan import Level
from brainstem_app.imaging.spaces import Affine
from brainstem_app.reports.engine.entry import DECIMALS, rounded
from brainstem_app.reports.scan.confidence import LOW_CONFIDENCE_CODE, unsure_findings
from brainstem_app.reports.scan.model import FindingEntry, Report, StructureEntry, Summary
from brainstem_app.reports.scan.region_model import RegionEntry

#: Code of the warning that says that, and what, was corrected.
CORRECTED = "labels-corrected"
#: Code of the warning that corrected labels lie where the original ones do not.
ELSEWHERE = "labels-elsewhere"
#: Code of the warning that nuclei have no volume, by the segmentation or the correction.
NOT_FOUND = "nuclei-not-found"
_SAID_ANEW = (NOT_FOUND, CORRECTED, ELSEWHERE, LOW_CONFIDENCE_CODE)
#: Dice of the brainstem before and after a correction, below which it may be of another scan: those of two
#: people on grids of one size reach .4 to .6.
_SAME_PLACE = 0.8

Labels = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Correction:
    """Labels before and after a correction, all on one grid (X, Y, Z).

    Attributes
    ----------
    before, after : ndarray of uint8
        The segmentation's label map, and the corrected one.
    affine : ndarray of float64, shape (4, 4)
        Voxel to world (mm, RAS+).
    saved : datetime
        When it was made.
    regions : ndarray of uint8 or None
        Region of each voxel of the segmentation; None if the atlas has none.
    region_names : tuple of str
        Name of region 1, 2, ….
    """

    before: Labels
    after: Labels
    affine: Affine
    saved: datetime
    regions: Labels | None = None
    region_names: tuple[str, ...] = ()

    @property
    def n_changed(self) -> int:
        """Voxels that have another label now."""
        return int(np.count_nonzero(self.before != self.after))

    @property
    def overlap(self) -> float:
        """Dice of all labels before and after, 0…1."""
        before, after = self.before > 0, self.after > 0
        either = int(before.sum() + after.sum())
        return 2 * int((before & after).sum()) / either if either else 1.0


def corrected_report(original: Report, correction: Correction) -> Report:
    """Return the report of corrected labels.

    Parameters
    ----------
    original : Report
        Of the segmentation.
    correction : Correction
        What was changed.
    """
    before, after = (np.bincount(m.ravel(), minlength=256) for m in (correction.before, correction.after))
    is_changed = correction.before != correction.after
    touched = set(np.unique(correction.before[is_changed])) | set(np.unique(correction.after[is_changed]))
    structures = tuple(
        _structure(s, int(before[s.index]), int(after[s.index]), correction) if s.index in touched else s
        for s in original.structures
    )
    structures = _with_asymmetry(structures, touched)
    regions, same_outline = _regions(original.regions, correction)
    nuclei = [s.name for s in structures if s.index in touched and s.group is not Group.BACKGROUND]
    return original.model_copy(
        update={
            "created": datetime.now().astimezone().isoformat(timespec="seconds"),
            "structures": structures,
            "regions": regions,
            # The areas are those of the warp; of another outline nobody has measured them.
            "midsagittal": original.midsagittal if same_outline else None,
            "volume_method": "corrected",
            "summary": _summary(original.summary, structures),
            "warnings": (
                _finding(correction, nuclei),
                *_elsewhere(correction),
                *_warnings(original, structures),
            ),
            "methods": f"{original.methods} {corrected_methods(correction, nuclei)}",
        }
    )


def corrected_methods(correction: Correction, names: list[str]) -> str:
    """Sentence for a methods section."""
    return (
        f"The labels were then corrected by hand ({counted(correction.n_changed, 'voxel')} of "
        f"{listed(names) or 'no structure'}); volumes are those from before the correction plus the voxels "
        "that a structure gained, less those that it lost."
    )


def _structure(entry: StructureEntry, before: int, after: int, correction: Correction) -> StructureEntry:
    voxel = voxel_volume_mm3(correction.affine)
    volume = max(entry.volume_mm3 + (after - before) * voxel, 0.0) if after else 0.0
    mask = correction.after == entry.index
    background = entry.group is Group.BACKGROUND
    place = None if background else centroid_mm(mask, correction.affine)
    return entry.model_copy(
        update={
            "voxels": after,
            "volume_mm3": round(volume, DECIMALS),
            "centroid_mm": None if place is None else tuple(round(x, DECIMALS) for x in place),
            # The network's confidence is of its own labels.
            "confidence": None,
            "low_confidence": None,
            "unusual_confidence": None,
        }
    )


def _with_asymmetry(structures: tuple[StructureEntry, ...], touched: set[int]) -> tuple[StructureEntry, ...]:
    """Asymmetry of the pairs of which a side was corrected: (left − right) / (left + right)."""
    by_name = {s.name: s for s in structures}
    return tuple(_beside(s, by_name.get(other_side(s.name)), touched) for s in structures)


def _beside(one: StructureEntry, other: StructureEntry | None, touched: set[int]) -> StructureEntry:
    """Return one side of a pair with the asymmetry of both; unchanged if neither was corrected."""
    if one.side is Side.MIDLINE or not touched & {one.index, other.index if other else one.index}:
        return one
    index = None
    if other is not None and other is not one:
        left, right = (one, other) if one.side is Side.LEFT else (other, one)
        index = rounded(asymmetry_index(left.volume_mm3, right.volume_mm3))
    return one.model_copy(update={"asymmetry_index": index})


def _regions(
    entries: tuple[RegionEntry, ...], correction: Correction
) -> tuple[tuple[RegionEntry, ...], bool]:
    """Regions after the correction, and whether all voxels still lie in the one that they lay in."""
    if correction.regions is None or not entries:
        return entries, bool(np.array_equal(correction.before > 0, correction.after > 0))
    n = len(correction.region_names) + 1
    followed = follow_edit(correction.regions, correction.after)
    before, after = (np.bincount(m.ravel(), minlength=n) for m in (correction.regions, followed))
    voxel = voxel_volume_mm3(correction.affine)
    gained = dict(zip(correction.region_names, (after - before)[1:].tolist(), strict=True))
    whole, *parts = entries
    parts = [
        part.model_copy(
            update={
                "voxels": part.voxels + gained.get(part.name, 0),
                "volume_mm3": round(max(part.volume_mm3 + gained.get(part.name, 0) * voxel, 0.0), DECIMALS),
            }
        )
        for part in parts
    ]
    update = {
        "voxels": sum(part.voxels for part in parts),
        "volume_mm3": round(sum(part.volume_mm3 for part in parts), DECIMALS),
    }
    same = bool(np.array_equal(followed, correction.regions))
    return (whole.model_copy(update=update), *parts), same


def _summary(before: Summary, structures: tuple[StructureEntry, ...]) -> Summary:
    nuclei = [s for s in structures if s.group is Group.NUCLEUS]
    return before.model_copy(
        update={
            "n_found": sum(s.volume_mm3 > 0 for s in nuclei),
            "volume_nuclei_mm3": round(sum(s.volume_mm3 for s in nuclei), DECIMALS),
        }
    )


def _finding(correction: Correction, names: list[str]) -> FindingEntry:
    return FindingEntry(
        level=Level.WARNING,
        code=CORRECTED,
        problem=(
            f"The labels were corrected by hand ({correction.saved:%Y-%m-%d %H:%M}): "
            f"{counted(correction.n_changed, 'voxel')} of {listed(names) or 'no structure'}. Other warnings "
            "are of the labels before."
        ),
        fix="The original labels and their report are kept; they count again by `brainstem-app restore`.",
    )


def _elsewhere(correction: Correction) -> tuple[FindingEntry, ...]:
    if correction.overlap >= _SAME_PLACE:
        return ()
    return (
        FindingEntry(
            level=Level.WARNING,
            code=ELSEWHERE,
            problem=(
                "The corrected brainstem hardly lies where the original one does (Dice "
                f"{correction.overlap:.2f}): these may be the labels of another scan."
            ),
            fix="Look at the picture; the original labels count again by `brainstem-app restore`.",
        ),
    )


def _warnings(original: Report, structures: tuple[StructureEntry, ...]) -> list[FindingEntry]:
    """Warnings of the segmentation that still hold; those of missing and unsure nuclei are made anew."""
    kept = [w for w in original.warnings if w.code not in _SAID_ANEW]
    lost = [s.name for s in structures if s.group is Group.NUCLEUS and s.volume_mm3 == 0 and not s.is_cut]
    if lost:
        problem = f"{counted(len(lost), 'nucleus')} not found: {listed(lost)}."
        fix = "Look whether the scan covers them, and whether the correction removed them."
        kept.append(FindingEntry(level=Level.WARNING, code=NOT_FOUND, problem=problem, fix=fix))
    for unsure in unsure_findings(structures):
        kept.append(
            FindingEntry(level=unsure.level, code=unsure.code, problem=unsure.problem, fix=unsure.fix)
        )
    return kept
