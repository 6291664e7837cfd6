"""Report on how well volumes repeat themselves: two scans, or two preparations of one, of the same people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import Group
from brainstem_app.counting import counted, listed
from brainstem_app.evaluation.retest import repeatability
from brainstem_app.reports.engine.entry import rounded
from brainstem_app.reports.retest.model import RetestEntry, RetestReport, RetestSubject
from brainstem_app.reports.retest.pairs import Pair, Pairs
from brainstem_app.reports.scan.missing import missing_notes
from brainstem_app.reports.scan.model import (
    Report,
    StructureEntry,
    unseen_sentence,
)
from brainstem_app.reports.scan.region_model import AreaEntry, RegionEntry
from brainstem_app.reports.scan.regions import (
    common_areas,
    common_regions,
    compared_by_name,
    compared_values,
    uneven_notes,
)
from brainstem_app.reports.scan.results import common_limits, model_names

_FEW = 10
NUCLEI, ALL = "all nuclei", "all labels"


def build_retest_report(found: Pairs, command: str = "") -> RetestReport:
    """Compare both volumes of every structure over subjects; nothing is written."""
    pairs = found.pairs
    structures = _common_structures(found)
    nuclei = [s for s in structures if s.group is Group.NUCLEUS]
    volumes = {s.name: _volumes(pairs, s.name) for s in structures}
    totals = {
        # Of those in whom each nucleus was found: else a lost one would be a change.
        NUCLEI: np.sum([volumes[s.name] for s in nuclei], axis=0),
        ALL: np.array([[_sum(pair.first, structures), _sum(pair.second, structures)] for pair in pairs]).T,
    }
    reports = [report for pair in pairs for report in (pair.first, pair.second)]
    regions, areas = (
        [(each, _values(pairs, each.name)) for each in common(reports)]
        for common in (common_regions, common_areas)
    )
    return RetestReport(
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        atlas=", ".join(sorted({report.atlas.title for report in reports})),
        model=", ".join(model_names(reports)) or None,
        regions=tuple(_entry(r.name, values, r) for r, values in regions),
        areas=tuple(_entry(a.name, values, a) for a, values in areas),
        nuclei=tuple(_entry(s.name, volumes[s.name], s) for s in nuclei),
        totals=tuple(_entry(name, values) for name, values in totals.items()),
        subjects=tuple(_subject(pair) for pair in pairs),
        notes=_notes(found),
        command=command,
        limits=common_limits(reports),
    )


def _common_structures(found: Pairs) -> list[StructureEntry]:
    """Structures that the atlas of every result has, the background aside."""
    first, *others = (report for pair in found.pairs for report in (pair.first, pair.second))
    names = [{s.name for s in report.structures} for report in others]
    return [
        s for s in first.structures if s.group is not Group.BACKGROUND and all(s.name in own for own in names)
    ]


def _volumes(pairs: tuple[Pair, ...], name: str) -> NDArray[np.float64]:
    """Volumes (2, n) of one structure, mm³, NaN where not found or cut: first row the first scans."""
    return np.array([[_volume(pair.first, name), _volume(pair.second, name)] for pair in pairs]).T


def _values(pairs: tuple[Pair, ...], name: str) -> NDArray[np.float64]:
    """Values (2, n) of a region or area, NaN where cut."""
    return np.array([compared_values(p.first, [name]) + compared_values(p.second, [name]) for p in pairs]).T


def _volume(report: Report, name: str) -> float:
    entry = next(s for s in report.structures if s.name == name)
    return np.nan if entry.compared is None else entry.compared


def _sum(report: Report, structures: Sequence[StructureEntry]) -> float:
    """Volume of all labels, mm³; NaN where one is cut.

    Of one that was not found the voxels have another label, so that the sum is known all the same.
    """
    names = {s.name for s in structures}
    own = [s for s in report.structures if s.name in names]
    return np.nan if any(s.is_cut for s in own) else sum(s.volume_mm3 for s in own)


def _entry(
    name: str,
    volumes: NDArray[np.float64],
    structure: RegionEntry | AreaEntry | StructureEntry | None = None,
) -> RetestEntry:
    lost = np.isnan(volumes)
    numbers = _numbers(volumes[:, ~lost.any(axis=0)])
    return RetestEntry(
        name=name,
        full_name=structure.full_name if structure else "",
        reliability=structure.reliability if structure else "",
        unit=structure.unit if structure else "mm³",
        change_seen=structure.change_seen if structure else None,
        **numbers,
        not_found_first=int(lost[0].sum()),
        not_found_second=int(lost[1].sum()),
    )


def _numbers(volumes: NDArray[np.float64]) -> dict[str, Any]:
    """Fields of `RetestEntry` that are numbers of the pairs (2, n) with both volumes."""
    if not volumes.shape[1]:
        return {"n": 0}
    found = repeatability(*volumes)
    agreement, consistency = found.icc_agreement_interval, found.icc_consistency_interval
    return {
        "n": found.n,
        "first_mm3": rounded(found.first),
        "second_mm3": rounded(found.second),
        "bias_mm3": rounded(found.bias),
        "bias_low_mm3": rounded(found.bias_interval.low if found.bias_interval else None),
        "bias_high_mm3": rounded(found.bias_interval.high if found.bias_interval else None),
        "sd_mm3": rounded(found.sd),
        "limit_low_mm3": rounded(found.limits.low if found.limits else None),
        "limit_high_mm3": rounded(found.limits.high if found.limits else None),
        "within_sd_mm3": rounded(found.within_sd),
        "within_cv": rounded(found.within_cv),
        "repeatability_mm3": rounded(found.repeatability),
        "absolute_change": rounded(found.absolute_change),
        "icc_agreement": rounded(found.icc_agreement),
        "icc_agreement_low": rounded(agreement.low if agreement else None),
        "icc_agreement_high": rounded(agreement.high if agreement else None),
        "icc_consistency": rounded(found.icc_consistency),
        "icc_consistency_low": rounded(consistency.low if consistency else None),
        "icc_consistency_high": rounded(consistency.high if consistency else None),
    }


def _subject(pair: Pair) -> RetestSubject:
    first, second = (
        compared_by_name(report)
        | {s.name: s.compared for s in report.structures if s.group is not Group.BACKGROUND}
        for report in (pair.first, pair.second)
    )
    return RetestSubject(
        subject=pair.subject,
        first_file=pair.first.scan.file,
        second_file=pair.second.scan.file,
        first_mm3=first,
        second_mm3=second,
    )


def _notes(found: Pairs) -> tuple[str, ...]:
    notes = list(found.notes)
    if found.left_out:
        told = "; ".join(f"{listed(names)} ({reason})" for reason, names in found.left_out.items())
        notes.append(f"Without a second result, and left out: {told}.")
    if len(found.pairs) < _FEW:
        notes.append(
            f"Only {counted(len(found.pairs), 'pair')}: the intervals are wide, and the ICC says little "
            "about others."
        )
    reports = {pair.subject: [pair.first, pair.second] for pair in found.pairs}
    notes += (*missing_notes(reports), *uneven_notes(reports))
    unseen = [s.name for own in reports.values() for r in own for s in r.structures if s.change_seen is False]
    if unseen:
        notes.append(f"{unseen_sentence(list(dict.fromkeys(unseen)))} They have a dagger (†).")
    same = [
        pair.subject
        for pair in found.pairs
        if pair.first.scan.sha256 is not None and pair.first.scan.sha256 == pair.second.scan.sha256
    ]
    if same:
        notes.append(
            "Both results come from the same file, so this is no repeated scan but another way of preparing "
            f"it: {listed(same)}."
        )
    return tuple(notes)
