"""What the HTML and the PDF report both show, worded once."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from brainstem_app.atlas.label_table import Group
from brainstem_app.reports import digits
from brainstem_app.reports.citations import works_to_cite
from brainstem_app.reports.footer import FOOTER
from brainstem_app.reports.manifest import Manifest
from brainstem_app.reports.methods import repeat_steps, shareable_command
from brainstem_app.reports.midsagittal import midsagittal_note
from brainstem_app.reports.qc_picture import CONVENTION
from brainstem_app.reports.reference_words import disagreement_words
from brainstem_app.reports.regions import no_regions_note, region_colours, regions_note
from brainstem_app.reports.report_model import ModelDescription, Report, ReportInputs, StructureEntry


@dataclass(frozen=True)
class Tile:
    """A number to see first."""

    value: str
    label: str


@dataclass(frozen=True)
class Page:
    """Words and numbers of one report, ready to be laid out."""

    report: Report
    kind: str
    about: str
    tiles: tuple[Tile, ...]
    groups: tuple[tuple[str, tuple[StructureEntry, ...]], ...]
    colours: dict[int, str]
    scored: bool
    with_disagreement: bool
    with_confidence: bool
    with_test: bool
    with_change: bool
    caption: str
    table_note: str
    regions_note: str
    midsagittal_note: str
    midsagittal_picture: bytes
    region_colours: dict[str, str]
    citations: tuple[str, ...]
    steps: tuple[str, ...]
    command: str
    facts: tuple[tuple[str, str], ...]
    footer: str


def make_page(
    report: Report, inputs: ReportInputs, manifest: Manifest, folder: Path, plane: bytes = b""
) -> Page:
    """Choose and word what a reader sees of a report; `plane` is the picture (PNG) of the midsagittal one."""
    groups = [
        (g.value, tuple(s for s in report.structures if s.group is g)) for g in (Group.NUCLEUS, Group.TISSUE)
    ]
    scored = inputs.reference is not None
    return Page(
        report=report,
        kind="Brainstem segmentation report" if inputs.scan else "Comparison of two label maps",
        about=_about(report, manifest),
        tiles=_scored_tiles(report) if scored else _unscored_tiles(report),
        groups=tuple((name, entries) for name, entries in groups if entries),
        colours={s.index: s.colour for s in inputs.table.structures},
        scored=scored,
        with_disagreement=any(s.references_disagree_mm is not None for s in report.structures),
        with_confidence=any(s.confidence is not None for s in report.structures),
        with_test=any(s.model_test_iou is not None for s in report.structures),
        with_change=any(s.change_seen is not None for s in report.structures),
        caption=_caption(inputs),
        table_note=_table_note(report, inputs),
        regions_note=_regions_note(inputs),
        midsagittal_note=midsagittal_note(report.midsagittal),
        midsagittal_picture=plane,
        region_colours=region_colours(inputs.regions) if inputs.regions else {},
        citations=works_to_cite(inputs),
        steps=tuple(repeat_steps(inputs, folder)),
        command=shareable_command(inputs.command) if inputs.command else "",
        facts=(*_head_facts(report), *_model_facts(inputs.model), *_facts(manifest)),
        footer=FOOTER,
    )


def _regions_note(inputs: ReportInputs) -> str:
    if inputs.regions is not None:
        return regions_note(inputs.regions)
    return no_regions_note(f"{inputs.atlas_name} {inputs.atlas_version}") if inputs.scan else ""


def _about(report: Report, manifest: Manifest) -> str:
    parts = [report.created.replace("T", " ")[:16]]
    if report.model:
        parts.append(f"model {report.model.title}")
    parts.append(f"atlas {report.atlas.name} {report.atlas.version}")
    parts.append("grid " + " × ".join(str(n) for n in manifest.grid.shape))
    lengths = np.linalg.norm(np.array(manifest.grid.affine)[:3, :3], axis=0)
    parts.append("voxels " + " × ".join(f"{length:.2f}" for length in lengths) + " mm")
    return "  ·  ".join(parts)


def _scored_tiles(report: Report) -> tuple[Tile, ...]:
    summary = report.summary
    return (
        Tile(digits.share3(summary.macro_miou_nuclei), "mean IoU of the nuclei"),
        Tile(digits.share3(summary.macro_miou), "mean IoU of all classes, background included"),
        Tile(f"{summary.n_scored}", "nuclei scored"),
        Tile(f"{summary.n_missed}", "missed (count as 0)"),
        Tile(f"{summary.n_absent}", "not in the reference (not counted)"),
    )


def _unscored_tiles(report: Report) -> tuple[Tile, ...]:
    summary = report.summary
    tiles = [
        Tile(f"{summary.n_found} of {summary.n_unscored}", "nuclei found"),
        Tile(f"{digits.volume(summary.volume_nuclei_mm3)} mm³", "all nuclei together"),
    ]
    confidences = [
        s.confidence for s in report.structures if s.group is Group.NUCLEUS and s.confidence is not None
    ]
    if confidences:
        tiles.append(Tile(digits.share(sum(confidences) / len(confidences)), "mean confidence of the nuclei"))
    if report.model and report.model.test_macro_miou_nuclei is not None:
        label = "the model's mean IoU of nuclei, in testing on other people"
        tiles.append(Tile(digits.share3(report.model.test_macro_miou_nuclei), label))
    return tuple(tiles)


def _caption(inputs: ReportInputs) -> str:
    what = "the scan" if inputs.scan else "an empty background"
    dotted = " White dots: the reference." if inputs.reference is not None else ""
    return f"Outlines of the nuclei on {what}; thin white: edge of all labels.{dotted} {CONVENTION}"


#: Where volumes come from, by the report's method.
_VOLUMES = {
    "warp": "Volumes are integrals of the atlas's shares under the warp; voxels are those of the label map.",
    "voxels": "Volumes are the voxels of the label map times the volume of one.",
    "corrected": "Volumes are those from before the correction by hand, plus the voxels that a structure "
    "gained, less those that it lost; structures without a confidence were corrected.",
}


def _table_note(report: Report, inputs: ReportInputs) -> str:
    notes = [_VOLUMES[report.volume_method]]
    if inputs.reference is not None:
        background = next((s for s in report.structures if s.group is Group.BACKGROUND), None)
        if background is not None and background.iou is not None:
            notes.append(f"The background is a class of the mean too (IoU {background.iou:.4f}).")
        if inputs.reference_origin:
            notes.append(f"The reference is {inputs.reference_origin}.")
        if inputs.has_registered_reference:
            notes.append(disagreement_words(inputs.atlas_name, inputs.atlas_version))
        notes.append("A dash: not defined, because the structure is missing from one of the two.")
        if any(s.false_positive_mm3 for s in report.structures):
            notes.append("The volume of an absent structure is a false positive.")
    else:
        notes.append("Centres are in mm of the scan's world: right, anterior and superior are positive.")
    if any(s.confidence is not None for s in report.structures):
        notes.append(
            "Confidence is the mean of the network's probability of the label: of agreement with a "
            "registered atlas, not of being the person's nucleus."
        )
    if any(s.low_confidence for s in report.structures):
        notes.append("An asterisk marks a confidence below the model's threshold: check the outline.")
    if any(s.change_seen is not None for s in report.structures):
        notes.append(
            "Smallest change: what two scans of one person must differ by, to be told from chance in 95 %; "
            "measured with this model on nuclei that were shrunk alone. A dagger (†): none that can be seen."
        )
    if any(s.asymmetry_index is not None for s in report.structures):
        notes.append("Asymmetry is (left − right) / (left + right) of a pair's volumes.")
    return " ".join(notes)


def _model_facts(model: ModelDescription | None) -> tuple[tuple[str, str], ...]:
    if model is None:
        return ()
    words = [f"{model.name} {model.version}".rstrip()]
    if model.network:
        words.append(model.network)
    if model.trained_on:
        when = f", {model.trained_date}" if model.trained_date else ""
        words.append(f"trained on {model.trained_on}{when}")
    if model.licence:
        words.append(f"licence {model.licence}")
    return (("Model", "; ".join(words)),)


def _head_facts(report: Report) -> tuple[tuple[str, str], ...]:
    words = report.scan.head_size_in_words
    return (("Size of the head", words[:1].upper() + words[1:]),) if words else ()


def _facts(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    facts = [
        (f"SHA-256 of {role}", f"{entry.file}: {entry.sha256 or 'not on disk'}")
        for role, entry in manifest.files.items()
    ]
    if manifest.settings:
        facts.append(
            ("Settings", ", ".join(f"{name} = {value}" for name, value in manifest.settings.items()))
        )
    if manifest.seed is not None:
        facts.append(("Seed", str(manifest.seed)))
    facts.append(
        ("Computed on", f"{manifest.computer.device}; {manifest.computer.cpu}, {manifest.computer.os}")
    )
    if manifest.timings_s:
        steps = ", ".join(f"{step} {digits.seconds(value)}" for step, value in manifest.timings_s.items())
        facts.append(("Time", steps))
    facts.append(("Software", f"Brainstem App {manifest.brainstem_app}, Python {platform.python_version()}"))
    return tuple(facts)
