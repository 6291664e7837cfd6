"""Make an atlas of a lab's own maps: resampled, clipped, overlaps resolved, graded, described."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.building.builder import describe_structure, nuclei_without_voxels
from brainstem_app.atlas.building.fusion import fill_with_tissue
from brainstem_app.atlas.building.notice import write_import_notice
from brainstem_app.atlas.importing.landmark_offset import LandmarkOffset, measure_offset
from brainstem_app.atlas.importing.regions import ImportedRegions, import_regions, with_regions
from brainstem_app.atlas.importing.request import AtlasRequest
from brainstem_app.atlas.importing.resampled_map import ResampledMap, resample_to_template, split_at_midline
from brainstem_app.atlas.importing.source_maps import (
    SourceMaps,
    check_names,
    files_of,
    read_maps,
    sha256_of_files,
)
from brainstem_app.atlas.importing.source_space import Placed, place_source
from brainstem_app.atlas.importing.table import label_table
from brainstem_app.atlas.importing.volume_keeping import (
    VOLUME_TOLERANCE,
    KeptVolume,
    label_nuclei,
    volume_warnings,
)
from brainstem_app.atlas.label_table import TABLE_FILE_NAME, LabelTable, Side, table_text
from brainstem_app.atlas.library import CARD_FILE_NAME, LABELS_FILE_NAME, NOTICE_FILE_NAME
from brainstem_app.atlas.regions import (
    REGION_TABLE_FILE_NAME,
    REGIONS_FILE_NAME,
    Regions,
    describe_regions,
)
from brainstem_app.errors import ImplausibleResultError, InputError
from brainstem_app.imaging.atomic import write_json, write_text
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.spaces import mni_affine
from brainstem_app.plain_name import problem_of_folder
from brainstem_app.preprocessing.template import load_template
from brainstem_app.progress import ProgressCallback

# How far (mm) the centre of a structure may lie on the side its name does not say.
_WRONG_SIDE_MM = 1.0
_MOST_NUCLEI = 253
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Imported:
    """What an import made.

    Attributes
    ----------
    table : LabelTable
        With grades of reliability.
    warnings : tuple of str
        What the user should know.
    regions : Regions or None
        How it divides the brainstem; None if it brings no maps of regions.
    """

    table: LabelTable
    warnings: tuple[str, ...]
    regions: Regions | None = None


def import_atlas(
    settings: AtlasRequest, out: Path, report: ProgressCallback = lambda done, message: None
) -> Imported:
    """Import an atlas.

    A voxel of the source belongs to the structure that is most probable there, if that reaches the threshold;
    at the same probability to the smaller one. On the template's grid each structure keeps its volume.
    What lies outside the template's brainstem is cut off; the rest of the brainstem is white and grey
    matter, as in ``brainstem31``.

    Parameters
    ----------
    settings : AtlasRequest
        What to import; with a name.
    out : Path
        Folder to write ``labels.nii.gz``, ``structures.csv``, ``atlas.json`` and ``NOTICE.md`` to.
    report : callable, optional
        Called with the share done (0…1) and what is being done.

    Raises
    ------
    InputError
        If the source, the table or the template cannot be read or do not fit, no structure lies in the
        brainstem, or a structure lies on the side that its name does not say.
    ImplausibleResultError
        If overlaps leave nothing of a structure.
    """
    require_atlas_name(settings.name)
    source = read_maps(settings.source, settings.table, leave_out_unnamed=settings.leave_out_unnamed)
    placed = place_source(settings.space, settings.template, lambda done, text: report(0.5 * done, text))
    resampled = _resample_all(source, settings, placed, report)
    inside = [p for p in resampled if p.inside >= settings.least_inside]
    if not inside:
        raise _nothing_inside(settings, resampled)
    if len(inside) > _MOST_NUCLEI:
        raise InputError(
            f"{len(inside)} structures lie in the brainstem; a label map holds {_MOST_NUCLEI} at most.",
            settings.source,
            "Leave some out.",
        )
    offset = measure_offset(resampled)
    check_names([(p.table_name, settings.table or p.file) for p in inside])
    _check_sides(inside)
    labels, volumes = label_nuclei(inside)
    table = label_table(inside, labels, settings.name, settings.licence)
    _check_not_empty(labels, table, settings)
    fill_with_tissue(labels, load_template(), table)
    divided = _regions(settings, placed)
    if divided is not None:
        told = {p.table_name: p.in_region for p in inside if p.in_region}
        table = with_regions(table, labels, divided.regions, told, settings.table or settings.source)
    report(0.95, "writing")
    warnings = (
        *source.notes,
        *_scale_warnings(placed),
        *_place_warnings(placed, offset),
        *_warnings(resampled, inside),
        *volume_warnings([p.table_name for p in inside], volumes),
        *(divided.warnings if divided else ()),
    )
    placed = replace(placed, measured={**placed.measured, **offset.as_numbers()})
    kept = {p.table_name: (p.inside, volume) for p, volume in zip(inside, volumes, strict=True)}
    regions = divided.regions if divided else None
    description = _describe(settings, placed, table, labels, kept) | describe_regions((), regions)
    _write(out, table, labels, regions, description)
    return Imported(table, warnings, regions)


def _regions(settings: AtlasRequest, placed: Placed) -> ImportedRegions | None:
    if settings.regions is None:
        return None
    to_source, brainstem = placed.template_to_source, load_template().brainstem
    return import_regions(settings.regions, settings.regions_table, to_source, brainstem, settings.licence)


def require_atlas_name(name: str, where: Path | str = "--name") -> str:
    """Return a name that an atlas can have; InputError if it cannot."""
    problem = "" if _NAME.fullmatch(name) else "other signs than letters, digits and hyphens are in it"
    if problem := problem or problem_of_folder(name):
        raise InputError(
            f"“{name}” cannot be the name of an atlas: {problem}.",
            where,
            "Use lower-case letters, digits and hyphens.",
        )
    return name


def _resample_all(
    source: SourceMaps, settings: AtlasRequest, placed: Placed, report: ProgressCallback
) -> list[ResampledMap]:
    resampled: list[ResampledMap] = []
    for number, source_map in enumerate(source.maps):
        report(0.5 + 0.4 * (1 - 0.98**number), source_map.table_name)
        resampled.append(resample_to_template(source_map, placed.template_to_source, settings.threshold))
    if settings.split_sides:
        resampled = [part for p in resampled for part in (split_at_midline(p) if p.is_bilateral else (p,))]
    return resampled


def _nothing_inside(settings: AtlasRequest, resampled: Sequence[ResampledMap]) -> InputError:
    most = max(resampled, key=lambda p: p.inside)
    centre = ", ".join(f"{value:.0f}" for value in most.centre_mm)
    return InputError(
        f"No structure lies in the brainstem. The nearest to it, {most.table_name}, lies there with "
        f"{100 * most.inside:.0f} % of its volume; its centre is at ({centre}) mm.",
        settings.source,
        "Check the space (--space), or give the T1 image that the atlas was drawn on with --template.",
    )


def _check_sides(inside: Sequence[ResampledMap]) -> None:
    for p in inside:
        x = p.centre_mm[0]
        if (p.side is Side.LEFT and x > _WRONG_SIDE_MM) or (p.side is Side.RIGHT and x < -_WRONG_SIDE_MM):
            raise InputError(
                f"{p.table_name} lies on the other side than its name says: its centre is at x = {x:.1f} mm.",
                p.file,
                "Left is the patient's left, at negative x. Mend the image's header, or exchange the names.",
            )


def _check_not_empty(labels: NDArray[np.uint8], table: LabelTable, settings: AtlasRequest) -> None:
    empty = nuclei_without_voxels(labels, table)
    if empty:
        raise ImplausibleResultError(
            f"No voxel is left for {', '.join(empty)}: others are more probable everywhere.",
            settings.source,
            "Remove what overlaps it from the atlas, or lower --threshold.",
        )


def _place_warnings(placed: Placed, offset: LandmarkOffset) -> tuple[str, ...]:
    """Say what is doubtful about the place, with what was measured of it."""
    if not placed.warning and not offset.is_large:
        return ()
    measured = offset.describe() or (
        f"How far off it lies could not be measured: no structure has the name of one of {offset.reference}."
    )
    far = " That is too far for the same place: check the space, or give --template." * offset.is_large
    return (f"{placed.warning} {measured}{far}".strip(),)


def _scale_warnings(placed: Placed) -> tuple[str, ...]:
    """Say by how much the registration makes all structures larger or smaller, if it does."""
    change = 1 / abs(float(np.linalg.det(placed.template_to_source[:3, :3]))) - 1
    if abs(change) <= VOLUME_TOLERANCE:
        return ()
    larger = "larger" if change > 0 else "smaller"
    return (
        f"The registration makes every structure {100 * abs(change):.0f} % {larger} than on its own grid; "
        "the volumes of the source are given as they are after it.",
    )


def _warnings(resampled: Sequence[ResampledMap], inside: Sequence[ResampledMap]) -> tuple[str, ...]:
    warnings = []
    kept = {p.table_name for p in inside}
    outside = [p.table_name for p in resampled if p.table_name not in kept]
    if outside:
        named = ", ".join(outside[:12]) + (f" and {len(outside) - 12} more" if len(outside) > 12 else "")
        warnings.append(f"Left out, for they lie outside the brainstem: {named}.")
    both = [p.table_name for p in inside if p.is_bilateral]
    if both:
        warnings.append(
            f"On both sides under one name: {', '.join(both)}. --split-sides makes pairs of them."
        )
    alone = [
        p.table_name
        for p in inside
        if p.side is not None and replace(p, side=p.other_side).table_name not in kept
    ]
    if alone:
        warnings.append(f"Without a partner on the other side: {', '.join(alone)}.")
    return tuple(warnings)


def _write(
    out: Path,
    table: LabelTable,
    labels: NDArray[np.uint8],
    regions: Regions | None,
    description: dict[str, Any],
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for name in (REGIONS_FILE_NAME, REGION_TABLE_FILE_NAME):
        (out / name).unlink(missing_ok=True)
    if regions is not None:
        write_text(out / REGION_TABLE_FILE_NAME, table_text(regions.table))
        save_label_map(out / REGIONS_FILE_NAME, regions.labels, mni_affine(), space="mni")
    write_text(out / TABLE_FILE_NAME, table_text(table))
    write_json(out / CARD_FILE_NAME, description)
    notice = write_import_notice(
        description["name"], description["version"], description["sources"][0], description["date"]
    )
    write_text(out / NOTICE_FILE_NAME, notice)
    # Last, for an atlas is listed once its label map is there.
    save_label_map(out / LABELS_FILE_NAME, labels, mni_affine(), space="mni")


def _describe(
    settings: AtlasRequest,
    placed: Placed,
    table: LabelTable,
    labels: NDArray[np.uint8],
    kept: Mapping[str, tuple[float, KeptVolume]],
) -> dict[str, Any]:
    files = files_of(settings.source)
    other_side = np.array(table.mirrored_indices(), dtype=np.uint8)
    return {
        "schema": "brainstem-atlas/1",
        "name": settings.name,
        "version": settings.atlas_version,
        "date": datetime.now(UTC).date().isoformat(),
        "classes": table.n_classes,
        "template": "ICBM 2009a nonlinear symmetric, 1 mm, as packaged by nilearn (resources/template)",
        "symmetric": bool(np.array_equal(other_side[labels[::-1]], labels)),
        "reliability": "A, B, C by size alone, brainstem_app/atlas/reliability.py; nothing is known of how "
        "the source was drawn",
        "settings": {
            "threshold": settings.threshold,
            "least_inside": settings.least_inside,
            "split_sides": settings.split_sides,
            "leave_out_unnamed": settings.leave_out_unnamed,
            "table": settings.table.name if settings.table else None,
            "regions": settings.regions.name if settings.regions else None,
        },
        "sources": [
            {
                "id": "imported",
                "title": settings.source.name,
                "licence": settings.licence,
                "citation": settings.citation,
                "space": placed.space,
                "file": settings.source.name,
                "files": len(files),
                "sha256": sha256_of_files(files),
                "registration": {"method": placed.method, "why": placed.why, **placed.measured},
            }
        ],
        "structures": [
            describe_structure(s, labels) | (_describe_origin(*kept[s.name]) if s.name in kept else {})
            for s in table.structures
        ],
        "corrections": {},
    }


def _describe_origin(inside: float, volume: KeptVolume) -> dict[str, float]:
    """How much of a structure lay in the brainstem, and the volume (mm³) that it had before."""
    return {
        "inside": round(inside, 3),
        "source_volume_mm3": round(volume.source, 1),
        "without_overlap_mm3": round(volume.without_overlap, 1),
    }
