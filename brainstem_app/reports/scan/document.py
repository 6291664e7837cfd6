"""Blocks of the report of a scan."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np

from brainstem_app.atlas.label_table import Group
from brainstem_app.imaging.scan import Level
from brainstem_app.named_version import with_version
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import (
    Beside,
    Block,
    Document,
    Heading,
    Items,
    Note,
    Paragraph,
    Picture,
    Tiles,
    grades,
    methods,
    repeat,
)
from brainstem_app.reports.engine.columns import ratio3
from brainstem_app.reports.scan.citations import works_to_cite
from brainstem_app.reports.scan.confidence import marks_note
from brainstem_app.reports.scan.manifest import Manifest
from brainstem_app.reports.scan.methods import repeat_steps, shareable_command
from brainstem_app.reports.scan.midsagittal import midsagittal_note
from brainstem_app.reports.scan.model import (
    FindingEntry,
    ModelDescription,
    Report,
    ReportInputs,
    reliability_text,
)
from brainstem_app.reports.scan.qc_picture import CONVENTION
from brainstem_app.reports.scan.reference_words import disagreement_words
from brainstem_app.reports.scan.regions import no_regions_note, region_colours, regions_note
from brainstem_app.reports.scan.tables import area_table, region_table, structure_table, whose_iou

#: Name of the title of the report, by whether there is a scan.
_KINDS = {True: "Brainstem segmentation report", False: "Comparison of two label maps"}
_CUT_NOTE = " Cut: the scan, or its brain mask, ends within it; do not use its volume."
_PICTURE_ALT = "Outlines of the labels in three axial, one coronal and one sagittal picture"
_PLANE_ALT = "The midsagittal plane of the scan with the outlines of midbrain, pons and medulla"


def scan_document(
    report: Report, inputs: ReportInputs, manifest: Manifest, folder: Path, pictures: tuple[bytes, bytes]
) -> Document:
    """Choose and word what a reader sees of a report.

    Parameters
    ----------
    report, inputs, manifest
        What it says, what it is made from, and with what.
    folder : Path
        Where it goes.
    pictures : tuple of bytes
        PNG of the labels on the scan, and of its midsagittal plane; the latter empty without one.
    """
    picture, plane = pictures
    scored = inputs.reference is not None
    measured = any(s.change_seen is not None for s in report.structures)
    works = works_to_cite(inputs)
    swatches = {s.index: s.colour for s in inputs.table.structures}
    facts = dict((*_head_facts(report), *_model_facts(inputs.model), *_facts(manifest)))
    command = shareable_command(inputs.command) if inputs.command else ""
    return Document(
        title=f"{report.scan.file} – brainstem report",
        kind=_KINDS[inputs.scan is not None],
        headline=report.scan.file,
        about=_about(report, manifest, inputs),
        created=report.created,
        blocks=(
            Tiles(_scored_tiles(report) if scored else _unscored_tiles(report, inputs)),
            Heading("Warnings", "warnings"),
            *(_findings(report.warnings) or (Paragraph("None."),)),
            *((Heading("Notes", "notes"), *_findings(report.notes)) if report.notes else ()),
            Heading("What these labels are, and are not", "limits"),
            Paragraph(report.limits, "box"),
            Heading("Picture", "picture"),
            Picture(picture, _PICTURE_ALT, _caption(inputs)),
            *_regions(report, inputs),
            *_midsagittal(report, plane),
            Heading("Structures", "structures"),
            structure_table(report, swatches, whose_iou(inputs.model)),
            Paragraph(_table_note(report, inputs), "small"),
            *((grades(reliability_text(measured)),) if any(s.reliability for s in report.structures) else ()),
            *methods(report.methods),
            *((Heading("Works to cite", "citations"), Items(works)) if works else ()),
            *repeat(command, repeat_steps(inputs, folder), facts),
        ),
    )


def _findings(findings: tuple[FindingEntry, ...]) -> tuple[Block, ...]:
    return tuple(Note(f.problem, f.fix, f.level.value, named=f.level is not Level.INFO) for f in findings)


def _regions(report: Report, inputs: ReportInputs) -> list[Block]:
    """Regions with their volumes; or that the atlas has none."""
    note = _regions_note(inputs)
    if not note:
        return []
    swatches = region_colours(inputs.regions) if inputs.regions else {}
    table = [region_table(report, swatches)] if report.regions else []
    cut = _CUT_NOTE if any(region.is_cut for region in report.regions) else ""
    return [Heading("Regions", "regions"), *table, Paragraph(note + cut, "small")]


def _midsagittal(report: Report, plane: bytes) -> list[Block]:
    """Areas on the midsagittal plane beside its picture; nothing without them."""
    if report.midsagittal is None:
        return []
    is_cut = any(area.is_cut for area in report.midsagittal.areas)
    cut = _CUT_NOTE.replace("volume", "area") if is_cut else ""
    note = Paragraph(midsagittal_note(report.midsagittal) + cut, "small")
    return [
        Heading("Midsagittal areas", "midsagittal"),
        Beside(Picture(plane, _PLANE_ALT), (area_table(report.midsagittal), note)),
    ]


def _regions_note(inputs: ReportInputs) -> str:
    if inputs.regions is not None:
        return regions_note(inputs.regions)
    if inputs.scan is None:
        return ""
    own = bool(inputs.settings.get("own_labels"))
    return no_regions_note(with_version(inputs.atlas_name, inputs.atlas_version), own_labels=own)


def _about(report: Report, manifest: Manifest, inputs: ReportInputs) -> str:
    parts = [formatting.moment(report.created)]
    if report.model:
        parts.append(f"model {report.model.title}")
    labels = "labels" if inputs.settings.get("own_labels") else "atlas"
    parts.append(f"{labels} {report.atlas.title}")
    parts.append("grid " + " × ".join(str(n) for n in manifest.grid.shape))
    lengths = np.linalg.norm(np.array(manifest.grid.affine)[:3, :3], axis=0)
    parts.append("voxels " + " × ".join(f"{length:.2f}" for length in lengths) + " mm")
    return "  ·  ".join(parts)


def _scored_tiles(report: Report) -> tuple[tuple[str, str], ...]:
    summary = report.summary
    return (
        (ratio3(summary.macro_miou_nuclei), "mean IoU of the nuclei"),
        (ratio3(summary.macro_miou), "mean IoU of all classes, background included"),
        (f"{summary.n_scored}", "nuclei scored"),
        (f"{summary.n_missed}", "missed (count as 0)"),
        (f"{summary.n_absent}", "not in the reference (not counted)"),
    )


def _unscored_tiles(report: Report, inputs: ReportInputs) -> tuple[tuple[str, str], ...]:
    summary = report.summary
    nuclei = [s for s in report.structures if s.group is Group.NUCLEUS]
    cut = sum(s.is_cut for s in nuclei)
    together = "all nuclei together" + (f", {cut} of them not whole in the scan" if cut else "")
    tiles = [
        (f"{summary.n_found} of {summary.n_unscored}", "nuclei found"),
        (f"{formatting.volume(summary.volume_nuclei_mm3)} mm³", together),
    ]
    confidences = [s.confidence for s in nuclei if s.confidence is not None]
    if confidences:
        tiles.append((formatting.ratio(sum(confidences) / len(confidences)), "mean confidence of the nuclei"))
    if report.model and report.model.test_macro_miou_nuclei is not None:
        whose = "its single networks'" if inputs.model and inputs.model.members > 1 else "the model's"
        label = f"{whose} mean IoU of nuclei, in testing on other people"
        tiles.append((ratio3(report.model.test_macro_miou_nuclei), label))
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
        learned = inputs.model is not None and inputs.model.reference != "registered"
        agreement = "the labels that it learned from" if learned else "a registered atlas"
        notes.append(
            "Confidence is the mean of the network's probability of the label: of agreement with "
            f"{agreement}, not of being the person's nucleus."
        )
    if marked := marks_note(report.structures):
        notes.append(marked)
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
    words = [with_version(model.name, model.version)]
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
        steps = ", ".join(f"{step} {formatting.seconds(value)}" for step, value in manifest.timings_s.items())
        facts.append(("Time", steps))
    facts.append(("Software", f"Brainstem App {manifest.brainstem_app}, Python {platform.python_version()}"))
    return tuple(facts)
