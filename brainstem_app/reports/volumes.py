"""Report on the volumes of many people, from the ``report.json`` of each: groups and single subjects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import Group
from brainstem_app.errors import InputError
from brainstem_app.evaluation.linear_model import GroupEffect, deviations, group_effects
from brainstem_app.evaluation.paired import holm
from brainstem_app.reports.participants import (
    HEAD_SIZE,
    Participants,
    covariates_of,
    head_size_column,
    is_reference_name,
    read_participants,
    require_columns,
    subject_name,
)
from brainstem_app.reports.reading import REPORT_FILE, atlas_of, read_report
from brainstem_app.reports.report_model import BRAIN_ML, LIMITS, Report, StructureEntry
from brainstem_app.reports.volumes_methods import volumes_methods
from brainstem_app.reports.volumes_model import GroupComparison, VolumeEffect, VolumesReport, VolumeSubject

_DECIMALS = 6


@dataclass(frozen=True)
class VolumesRequest:
    """What to compare.

    Attributes
    ----------
    results : tuple of Path
        Folders with the ``report.json`` of each subject, at any depth.
    participants : Path or None
        ``participants.tsv``; needed for groups and covariates.
    group : str
        Column of the groups; empty for none.
    reference : str
        Group to compare with; empty for the one that is called control, healthy or the like.
    covariates : tuple of str
        Columns to adjust for; ``brain_ml`` comes from the reports where the table has none.
    head_size : bool
        Adjust for the size of the head too, where the table has it (eTIV, TIV, ICV, head_size).
    """

    results: tuple[Path, ...]
    participants: Path | None = None
    group: str = ""
    reference: str = ""
    covariates: tuple[str, ...] = ()
    head_size: bool = True


def build_volumes_report(request: VolumesRequest, command: str = "") -> VolumesReport:
    """Read every subject's report and compare; nothing is written.

    Raises
    ------
    InputError
        If there is no report, a subject has two, their atlases differ, a column or the reference group is
        missing, or there are too few subjects for the model.
    """
    reports = _read_reports(request.results)
    participants = _with_brains(_participants(request), reports)
    columns = _columns(request, participants)
    needed = [*([request.group] if request.group else []), *columns]
    rows = {name: participants.get(name, {}) for name in reports}
    used = [name for name in reports if all(column in rows[name] for column in needed)]
    if not used:
        raise InputError("No subject has all that is asked for.", request.participants, "Compare the names.")
    nuclei = [s for s in next(iter(reports.values())).structures if s.group is Group.NUCLEUS]
    volumes = np.array([[v.volume_mm3 for v in _nuclei(reports[name])] for name in used])
    covariates = covariates_of([rows[name] for name in used], columns)
    groups = _groups(request, [rows[name].get(request.group, "") for name in used])
    codes = np.array([groups.index(rows[name].get(request.group, "")) for name in used])
    scores, unscored = _scores(used, volumes, covariates.values, codes == 0)
    effects = group_effects(volumes, codes, covariates.values) if len(groups) > 1 else []
    report = VolumesReport(
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        atlas=atlas_of(next(iter(reports.values()))),
        models=tuple(sorted({r.model.title for r in reports.values() if r.model})),
        group=request.group or None,
        reference=groups[0] if request.group else None,
        covariates=covariates.names,
        comparisons=_comparisons(effects, groups, codes, volumes, nuclei),
        subjects=_subjects(request, reports, rows, columns, scores),
        notes=(*_notes(reports, used, volumes, columns, request), *unscored),
        command=command,
        limits=LIMITS,
    )
    return report.model_copy(update={"methods": volumes_methods(report)})


def _read_reports(folders: Sequence[Path]) -> dict[str, Report]:
    """Report of each subject, in the order of their names."""
    found: dict[str, Report] = {}
    for path in sorted({path for folder in folders for path in folder.rglob(REPORT_FILE)}):
        report = read_report(path)
        name = subject_name(report.scan.file, path.parent.name)
        if name in found:
            raise InputError(f"{name} has two reports.", path, "Give a folder with one scan of each subject.")
        found[name] = report
    if not found:
        raise InputError(
            "The folder holds no report.json.", folders[0], "Give the folder that segment wrote."
        )
    first = next(iter(found.values()))
    for name, report in found.items():
        if atlas_of(report) != atlas_of(first):
            problem = f"{name} was labelled with {atlas_of(report)}, others with {atlas_of(first)}."
            raise InputError(problem, folders[0], "Segment all scans with one model.")
    return dict(sorted(found.items()))


def _participants(request: VolumesRequest) -> Participants:
    if request.participants is not None:
        return read_participants(request.participants)
    if request.group or set(request.covariates) - {BRAIN_ML}:
        raise InputError(
            "Groups and covariates need the table of participants.",
            None,
            "Add --participants participants.tsv.",
        )
    return {}


def _with_brains(participants: Participants, reports: dict[str, Report]) -> Participants:
    """Add the volume of the brain that each report measured, where the table has none."""
    rows = {name: dict(row) for name, row in participants.items()}
    for name, report in reports.items():
        if report.scan.brain_ml:
            rows.setdefault(name, {}).setdefault(BRAIN_ML, str(report.scan.brain_ml))
    return rows


def _columns(request: VolumesRequest, participants: Participants) -> list[str]:
    head = head_size_column(participants) if request.head_size else None
    columns = list(dict.fromkeys([*request.covariates, *([head] if head else [])]))
    require_columns(
        participants, [*columns, *([request.group] if request.group else [])], request.participants
    )
    return columns


def _groups(request: VolumesRequest, of_subjects: Sequence[str]) -> list[str]:
    """All groups, the reference first."""
    groups = sorted(set(of_subjects))
    if not request.group:
        return groups
    wanted = [g for g in groups if (g == request.reference if request.reference else is_reference_name(g))]
    if len(wanted) != 1 or len(groups) < 2:
        raise InputError(
            f"It is not clear which group to compare with; “{request.group}” has: {', '.join(groups)}.",
            request.participants,
            "Give --reference with one of at least two groups.",
        )
    return [*wanted, *(g for g in groups if g != wanted[0])]


def _subjects(
    request: VolumesRequest,
    reports: dict[str, Report],
    rows: dict[str, dict[str, str]],
    columns: Sequence[str],
    scores: dict[str, NDArray[np.float64]],
) -> tuple[VolumeSubject, ...]:
    found = []
    for name, report in reports.items():
        volumes = {s.name: s.volume_mm3 for s in report.structures if s.group is not Group.BACKGROUND}
        nuclei = [s.name for s in _nuclei(report)]
        z = dict(zip(nuclei, map(_rounded, scores[name]), strict=True)) if name in scores else {}
        found.append(
            VolumeSubject(
                subject=name,
                file=report.scan.file,
                group=rows[name].get(request.group),
                covariates={c: rows[name][c] for c in columns if c in rows[name]},
                volume_mm3=volumes,
                z=z,
            )
        )
    return tuple(found)


def _scores(
    used: Sequence[str],
    volumes: NDArray[np.float64],
    covariates: NDArray[np.float64],
    is_reference: NDArray[np.bool_],
) -> tuple[dict[str, NDArray[np.float64]], tuple[str, ...]]:
    """Return z-scores by subject; none, and a note why, if the reference group is too small."""
    try:
        z = deviations(volumes, covariates, is_reference)
    except InputError as error:
        return {}, (f"There are no z-scores. In the reference group: {error.what}",)
    return dict(zip(used, z, strict=True)), ()


def _comparisons(
    effects: Sequence[GroupEffect],
    groups: Sequence[str],
    codes: NDArray[np.int_],
    volumes: NDArray[np.float64],
    nuclei: Sequence[StructureEntry],
) -> tuple[GroupComparison, ...]:
    corrected = iter(holm([_known(p) for effect in effects for p in effect.p]))
    reference = volumes[codes == 0]
    found = []
    for code, effect in enumerate(effects, start=1):
        own = volumes[codes == code]
        entries = tuple(
            VolumeEffect(
                name=nucleus.name,
                full_name=nucleus.full_name,
                reliability=nucleus.reliability,
                mean_mm3=round(float(own[:, k].mean()), _DECIMALS),
                reference_mean_mm3=round(float(reference[:, k].mean()), _DECIMALS),
                difference_mm3=round(float(effect.difference[k]), _DECIMALS),
                low_mm3=_rounded(effect.low[k]),
                high_mm3=_rounded(effect.high[k]),
                t=_rounded(effect.t[k]),
                d=_rounded(effect.d[k]),
                d_low=_rounded(effect.d_low[k]),
                d_high=_rounded(effect.d_high[k]),
                p=_known(effect.p[k]),
                p_holm=next(corrected),
                not_found=int((own[:, k] == 0).sum()),
                reference_not_found=int((reference[:, k] == 0).sum()),
            )
            for k, nucleus in enumerate(nuclei)
        )
        found.append(
            GroupComparison(
                group=groups[code],
                n=len(own),
                reference_n=len(reference),
                degrees=effect.degrees,
                nuclei=entries,
            )
        )
    return tuple(found)


def _notes(
    reports: dict[str, Report],
    used: Sequence[str],
    volumes: NDArray[np.float64],
    columns: Sequence[str],
    request: VolumesRequest,
) -> tuple[str, ...]:
    notes = []
    if left_out := [name for name in reports if name not in used]:
        notes.append(f"In no model, because the group or a covariate is unknown: {', '.join(left_out)}.")
    if len({(r.model.name, r.model.sha256) if r.model else None for r in reports.values()}) > 1:
        notes.append("The labels come from more than one model: volumes may differ for that reason alone.")
    if lost := int((volumes == 0).sum()):
        notes.append(f"{lost} nuclei were not found and count with a volume of 0; look at those scans first.")
    if warned := [n for n in used if any(w.level == "error" for w in reports[n].warnings)]:
        notes.append(f"Scans with an error in their report are included: {', '.join(warned)}.")
    if BRAIN_ML in columns:
        notes.append(
            "Adjusted for the volume of the brain: a disease that shrinks both may be hidden; the volume "
            "inside the skull (eTIV) does not have that fault."
        )
    elif request.group and not any(column.lower() in HEAD_SIZE for column in columns):
        notes.append(
            "The size of the head was not adjusted for: it may explain a difference of all nuclei. Without "
            f"eTIV in the table, --covariates {BRAIN_ML} adjusts for the volume of the brain."
        )
    return tuple(notes)


def _nuclei(report: Report) -> list[StructureEntry]:
    return [s for s in report.structures if s.group is Group.NUCLEUS]


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _rounded(value: float) -> float | None:
    return round(float(value), _DECIMALS) if np.isfinite(value) else None
