"""Make the `Report` of a segmentation: measures, warnings, summary, words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from brainstem_app.atlas.disagreement import disagreement_about
from brainstem_app.atlas.label_table import Group
from brainstem_app.counting import counted
from brainstem_app.errors import InputError
from brainstem_app.evaluation.calibration import LOW_CONFIDENCE
from brainstem_app.evaluation.structures import Status, StructureMeasures, measure_structures
from brainstem_app.evaluation.volume import voxel_volume_mm3
from brainstem_app.imaging.bids.derivatives import bids_source, dataset_id
from brainstem_app.imaging.scan import Finding, Level, worst_first
from brainstem_app.reports.engine.entry import rounded
from brainstem_app.reports.scan.confidence import confidence_marks, often_low_sentence, unsure_findings
from brainstem_app.reports.scan.manifest import Manifest
from brainstem_app.reports.scan.methods import methods_paragraph
from brainstem_app.reports.scan.midsagittal import measure_words, midsagittal_entry
from brainstem_app.reports.scan.model import (
    COMPARISON_LIMITS,
    DRAWN_LIMITS,
    LIMITS,
    AtlasEntry,
    FindingEntry,
    ModelEntry,
    Report,
    ReportInputs,
    StructureEntry,
    Summary,
    unseen_sentence,
)
from brainstem_app.reports.scan.region_model import EMPTY, WHOLE, AreaEntry, RegionEntry
from brainstem_app.reports.scan.regions import empty_shares, region_entries, where_empty
from brainstem_app.reports.scan.scan_entry import METHOD, ScanEntry

_DECIMALS = 6
# Part of its volume that a label map may miss without a word.
_DRAWN = 0.05
_Part = StructureEntry | RegionEntry | AreaEntry


def build_report(inputs: ReportInputs, manifest: Manifest) -> Report:
    """Measure the labels and put the report together; nothing is written.

    Raises
    ------
    InputError
        If a grid differs from the labels' grid, or a label is not in the table.
    """
    _require_one_grid(inputs)
    measures = measure_structures(
        inputs.labels_native,
        inputs.labels_affine,
        inputs.table,
        inputs.reference,
        inputs.confidence_native,
        inputs.soft,
    )
    is_empty = None if inputs.scan is None else where_empty(inputs.scan.data)
    structures = _structure_entries(measures, inputs, empty_shares(inputs.labels_native, is_empty))
    regions = region_entries(inputs.regions, inputs.labels_affine, is_empty)
    midsagittal = midsagittal_entry(inputs.regions.midsagittal if inputs.regions else None)
    areas = () if midsagittal is None else midsagittal.areas[:-1]  # but for their ratio
    findings = _findings(inputs, measures, structures, (*regions[1:], *areas))
    hashed = manifest.files.get("scan") or manifest.files.get("predicted")
    return Report(
        created=manifest.created,
        scan=_scan_entry(inputs, hashed.sha256 if hashed else None),
        model=_model_entry(inputs),
        atlas=AtlasEntry(name=inputs.atlas_name, version=inputs.atlas_version),
        structures=structures,
        regions=regions,
        midsagittal=midsagittal,
        volume_method="voxels" if inputs.soft is None else "warp",
        summary=_summary(measures),
        warnings=tuple(finding for finding in findings if finding.level is not Level.INFO),
        notes=tuple(finding for finding in findings if finding.level is Level.INFO),
        limits=_limits(inputs),
        methods=methods_paragraph(inputs),
    )


def _require_one_grid(inputs: ReportInputs) -> None:
    shape = inputs.labels_native.shape
    for name, volume in (
        ("scan", inputs.scan.data if inputs.scan else None),
        ("reference", inputs.reference),
    ):
        if volume is not None and volume.shape != shape:
            raise InputError(
                f"The {name} {volume.shape} and the labels {shape} lie on different grids.",
                inputs.title,
                "Give labels on the scan's own grid.",
            )


def _scan_entry(inputs: ReportInputs, sha256: str | None) -> ScanEntry:
    try:
        dataset = bids_source(inputs.scan.source).dataset if inputs.scan else None
    except InputError:
        dataset = None
    return ScanEntry(
        file=inputs.title,
        sha256=sha256,
        brain_ml=inputs.brain_ml,
        intracranial_ml=inputs.intracranial_ml,
        intracranial_method=None if inputs.intracranial_ml is None else METHOD,
        dataset=dataset.name if dataset else None,
        dataset_id=dataset_id(dataset) if dataset else None,
    )


def _model_entry(inputs: ReportInputs) -> ModelEntry | None:
    model = inputs.model
    if model is None:
        return None
    return ModelEntry(
        name=model.name,
        version=model.version or None,
        sha256=model.sha256 or None,
        test_macro_miou=rounded(model.test_macro_miou),
        test_macro_miou_nuclei=rounded(model.test_nuclei_miou),
    )


def _structure_entries(
    measures: list[StructureMeasures], inputs: ReportInputs, empty: Mapping[int, float]
) -> tuple[StructureEntry, ...]:
    table = None
    if inputs.has_registered_reference:
        table = disagreement_about(inputs.atlas_name, inputs.atlas_version)
    return tuple(
        _structure_entry(m, inputs, table.between_mm(m.structure.name) if table else None).model_copy(
            update={"empty": empty.get(m.structure.index) if m.structure.group is Group.NUCLEUS else None}
        )
        for m in measures
    )


def _structure_entry(
    measures: StructureMeasures, inputs: ReportInputs, references_disagree_mm: float | None
) -> StructureEntry:
    structure = measures.structure
    tested = inputs.model.iou_per_structure if inputs.model else {}
    known = inputs.model.detectability.get(structure.name) if inputs.model else None
    centroid = measures.centroid_mm
    return StructureEntry(
        index=structure.index,
        name=structure.name,
        full_name=structure.full_name,
        side=structure.side,
        group=structure.group,
        reliability=structure.reliability,
        status=measures.status,
        voxels=measures.voxels,
        volume_mm3=round(measures.volume_mm3, _DECIMALS),
        centroid_mm=None if centroid is None else tuple(round(x, _DECIMALS) for x in centroid),
        confidence=rounded(measures.confidence),
        iou=rounded(measures.iou),
        dice=rounded(measures.dice),
        nsd_1mm=rounded(measures.nsd_1mm),
        hd95_mm=rounded(measures.hd95_mm),
        assd_mm=rounded(measures.assd_mm),
        centroid_error_mm=rounded(measures.centroid_error_mm),
        reference_voxels=measures.reference_voxels,
        reference_volume_mm3=rounded(measures.reference_volume_mm3),
        false_positive_mm3=rounded(measures.false_positive_mm3),
        model_test_iou=rounded(tested.get(structure.name)),
        volume_difference_mm3=rounded(measures.volume_difference_mm3),
        asymmetry_index=rounded(measures.asymmetry_index),
        reference_asymmetry_index=rounded(measures.reference_asymmetry_index),
        **_confidence_marks(measures, inputs),
        covered=rounded(_covered(measures, inputs)),
        region=structure.region or None,
        references_disagree_mm=references_disagree_mm,
        smallest_change_percent=rounded(known.smallest_change_percent if known else None),
        change_seen=known.is_seen if known else None,
    )


def _summary(measures: list[StructureMeasures]) -> Summary:
    nuclei = [m for m in measures if m.structure.group is Group.NUCLEUS]
    number = {status: sum(m.status is status for m in nuclei) for status in Status}
    return Summary(
        macro_miou=_mean_iou(measures),
        macro_miou_nuclei=_mean_iou(nuclei),
        n_scored=number[Status.SCORED],
        n_missed=number[Status.MISSED],
        n_absent=number[Status.ABSENT],
        n_unscored=number[Status.UNSCORED],
        n_found=sum(m.volume_mm3 > 0 for m in nuclei),
        volume_nuclei_mm3=round(sum(m.volume_mm3 for m in nuclei), _DECIMALS),
    )


def _mean_iou(measures: Iterable[StructureMeasures]) -> float | None:
    values = [m.iou for m in measures if m.iou is not None]
    return round(sum(values) / len(values), _DECIMALS) if values else None


def _limits(inputs: ReportInputs) -> str:
    said = " ".join(part for part in (unseen_sentence(_unseen(inputs)), _often_low(inputs)) if part)
    if inputs.scan is None:
        return f"{said} {COMPARISON_LIMITS}".strip()
    own = inputs.model.limits.strip() if inputs.model else ""
    limits = LIMITS
    if inputs.model is not None and inputs.model.reference != "registered":
        limits = DRAWN_LIMITS
    return " ".join(part for part in (said, limits, f"Of this model: {own}" if own else "") if part)


def _unseen(inputs: ReportInputs) -> list[str]:
    """Nuclei in which the model cannot see change."""
    known = inputs.model.detectability if inputs.model else {}
    return [s.name for s in inputs.table.nuclei if s.name in known and not known[s.name].is_seen]


def _often_low(inputs: ReportInputs) -> str:
    usual = inputs.model.usual_confidence if inputs.model else {}
    return often_low_sentence(usual, _low_confidence(inputs))


def _findings(
    inputs: ReportInputs,
    measures: list[StructureMeasures],
    structures: Sequence[StructureEntry],
    parts: Sequence[_Part],
) -> tuple[FindingEntry, ...]:
    """All findings, each once, the worst first."""
    given = (
        *(inputs.scan.findings if inputs.scan else ()),
        *inputs.findings,
        *_own_findings(inputs, measures),
        *unsure_findings(structures, _low_confidence(inputs)),
        *_on_nothing((*structures, *parts)),
    )
    return tuple(
        FindingEntry(level=f.level, code=f.code, problem=f.problem, fix=f.fix)
        for f in worst_first(dict.fromkeys(given))
    )


def _own_findings(inputs: ReportInputs, measures: list[StructureMeasures]) -> list[Finding]:
    nuclei = [m for m in measures if m.structure.group is Group.NUCLEUS]
    found = []
    if lost := [m.structure.name for m in nuclei if m.status is Status.MISSED]:
        problem = f"{_count(lost)} of the reference not predicted: {', '.join(lost)}. Counted as 0."
        found.append(
            Finding(
                Level.WARNING,
                "nuclei-missed",
                problem,
                "Look at the reference and the labels there, in the viewer.",
            )
        )
    if lost := [m.structure.name for m in nuclei if _is_lost(m, inputs)]:
        problem = f"{_count(lost)} not found: {', '.join(lost)}."
        fix = "Look whether the scan covers them; small nuclei can vanish between thick slices."
        found.append(Finding(Level.WARNING, "nuclei-not-found", problem, fix))
    if cut := [m.structure.name for m in nuclei if _is_cut(m, inputs)]:
        problem = f"The scan ends within or before {_count(cut)}: {', '.join(cut)}."
        fix = "Do not use their volumes; comparisons of people leave them out."
        found.append(Finding(Level.WARNING, "nuclei-cut", problem, fix))
    if apart := [m for m in nuclei if _is_apart(m, inputs)]:
        voxel = voxel_volume_mm3(inputs.labels_affine)
        said = [f"{m.structure.name} ({m.voxels * voxel:,.0f} of {m.volume_mm3:,.0f} mm³)" for m in apart]
        problem = f"The voxels are too coarse for the label map to show the volume of {', '.join(said)}."
        fix = "Take volumes from the report, which come from the warp, and not from counted voxels."
        found.append(Finding(Level.INFO, "label-map-coarse", problem, fix))
    if inputs.soft is None and _touches_edge(inputs):
        found.append(
            Finding(
                Level.WARNING,
                "labels-at-edge",
                "Labels reach the edge of the scan: what lies beyond is missing from their volumes.",
                "Do not use the volumes of structures that are cut.",
            )
        )
    return found


def _on_nothing(parts: Sequence[_Part]) -> list[Finding]:
    lost = [part for part in parts if part.empty is not None and part.empty > EMPTY]
    if not lost:
        return []
    told = ", ".join(f"{100 * (part.empty or 0):.0f} % of {measure_words(part.name)}" for part in lost)
    problem = (
        f"The scan is empty, as outside of a brain mask, in {told}: what is labelled there follows what is "
        "around it."
    )
    fix = (
        "Do not use their volumes and areas; comparisons of people leave them out. Give the scan from before "
        "the mask, or a mask that holds all of them."
    )
    return [Finding(Level.WARNING, "labels-on-nothing", problem, fix)]


def _low_confidence(inputs: ReportInputs) -> float:
    return inputs.model.low_confidence if inputs.model else LOW_CONFIDENCE


def _confidence_marks(measures: StructureMeasures, inputs: ReportInputs) -> dict[str, Any]:
    structure = measures.structure
    if structure.group is not Group.NUCLEUS:
        return {}
    usual = inputs.model.usual_confidence.get(structure.name) if inputs.model else None
    return confidence_marks(measures.confidence, _low_confidence(inputs), usual)


def _covered(measures: StructureMeasures, inputs: ReportInputs) -> float | None:
    found = (inputs.soft or {}).get(measures.structure.index)
    return None if found is None else found.covered


def _is_lost(measures: StructureMeasures, inputs: ReportInputs) -> bool:
    """Whether a nucleus that the scan covers was not found."""
    is_empty = measures.status is Status.UNSCORED and not measures.volume_mm3
    return is_empty and not _is_cut(measures, inputs)


def _is_cut(measures: StructureMeasures, inputs: ReportInputs) -> bool:
    covered = _covered(measures, inputs)
    return covered is not None and covered < WHOLE


def _is_apart(measures: StructureMeasures, inputs: ReportInputs) -> bool:
    """Whether the label map holds another volume than the warp: more than 5 % and a voxel apart."""
    if measures.structure.index not in (inputs.soft or {}):
        return False
    voxel = voxel_volume_mm3(inputs.labels_affine)
    return abs(measures.voxels * voxel - measures.volume_mm3) > max(_DRAWN * measures.volume_mm3, voxel)


def _touches_edge(inputs: ReportInputs) -> bool:
    if inputs.scan is None:
        return False
    labels = inputs.labels_native
    return any(bool(np.take(labels, end, axis=axis).any()) for axis in range(3) for end in (0, -1))


def _count(names: list[str]) -> str:
    return counted(len(names), "nucleus")
