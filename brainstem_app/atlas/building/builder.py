"""Build an atlas from a recipe: label map, graded label table, regions, description, notice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from brainstem_app.atlas.building.fusion import fuse
from brainstem_app.atlas.building.notice import write_notice
from brainstem_app.atlas.building.recipe import Recipe, RecipeStructure
from brainstem_app.atlas.building.registration import Fitted, register, register_landmarks
from brainstem_app.atlas.building.shapes import structure_probability
from brainstem_app.atlas.building.sources import Source, read_source
from brainstem_app.atlas.label_table import (
    TABLE_FILE_NAME,
    Group,
    LabelTable,
    Structure,
    read_label_table,
    table_text,
)
from brainstem_app.atlas.library import CARD_FILE_NAME, LABELS_FILE_NAME, NOTICE_FILE_NAME
from brainstem_app.atlas.regions import (
    REGION_TABLE_FILE_NAME,
    REGIONS_FILE_NAME,
    describe_regions,
    draw_regions,
    region_of_nuclei,
)
from brainstem_app.atlas.reliability import dice_after_shift, grade
from brainstem_app.errors import ImplausibleResultError, InputError
from brainstem_app.imaging.atomic import write_json, write_text
from brainstem_app.imaging.label_map import save_label_map
from brainstem_app.imaging.spaces import mni_affine
from brainstem_app.preprocessing.template import Template, load_template
from brainstem_app.progress import ProgressCallback

# CSF of the template's T1 (0…1) lies below this, brainstem tissue above.
_CSF_T1 = 0.47
# Where the aqueduct and the upper end of the fourth ventricle lie (x, y, z in mm of the `mni` world).
_AQUEDUCT_MM = ((-4, 4), (-41, -27), (-20, -6))
# Below this height (mm) the canal is open behind, and only its side walls are brainstem.
_CANAL_OPEN_BELOW_MM = -14


def build_atlas(
    recipe: Recipe, out: Path, data_folder: Path, report: ProgressCallback = lambda done, message: None
) -> LabelTable:
    """Build an atlas.

    Parameters
    ----------
    recipe : Recipe
        From `read_recipe`.
    out : Path
        Folder to write ``labels.nii.gz``, ``structures.csv``, ``atlas.json`` and ``NOTICE.md`` to, and
        ``regions.nii.gz`` and ``regions.csv`` if the recipe has regions.
    data_folder : Path
        Folder that the sources' files are named below.
    report : callable, optional
        Called with the share done (0…1) and what is being done.

    Returns
    -------
    LabelTable
        With the grades of reliability and the regions.

    Raises
    ------
    InputError
        If a source cannot be read or lacks a label, or recipe and table name different nuclei.
    ImplausibleResultError
        If a nucleus comes out empty.
    """
    table = read_label_table(recipe.table_path)
    _check_names(recipe, table)
    template = load_template()
    sources, fits = _register_sources(recipe, data_folder, template, report)
    canal = _aqueduct(template)
    probabilities = {}
    for number, structure in enumerate(recipe.structure):
        report(0.5 + 0.4 * number / len(recipe.structure), structure.name)
        probabilities[structure.name] = structure_probability(structure, sources[structure.source], canal)
    labels = fuse(recipe.structure, probabilities, table, template)
    _check_not_empty(labels, table, recipe)
    drawn = {name for structure in recipe.structure if structure.drawn for name in _table_names(structure)}
    graded = LabelTable(structures=tuple(_graded(s, labels, drawn) for s in table.structures))
    regions = draw_regions(recipe.plane, recipe.region, labels > 0) if recipe.region else None
    if regions is not None:
        graded = _with_regions(graded, region_of_nuclei(labels, graded, regions))
    report(0.95, "writing")
    out.mkdir(parents=True, exist_ok=True)
    for name in (REGIONS_FILE_NAME, REGION_TABLE_FILE_NAME):
        (out / name).unlink(missing_ok=True)
    if regions is not None:
        save_label_map(out / REGIONS_FILE_NAME, regions.labels, mni_affine(), space="mni")
        write_text(out / REGION_TABLE_FILE_NAME, table_text(regions.table))
    save_label_map(out / LABELS_FILE_NAME, labels, mni_affine(), space="mni")
    write_text(out / TABLE_FILE_NAME, table_text(graded))
    description = _describe(recipe, graded, labels, sources, fits) | describe_regions(recipe.plane, regions)
    write_json(out / CARD_FILE_NAME, description)
    write_text(out / NOTICE_FILE_NAME, write_notice(recipe))
    return graded


def _register_sources(
    recipe: Recipe, data_folder: Path, template: Template, report: ProgressCallback
) -> tuple[dict[str, Source], dict[str, Fitted]]:
    sources: dict[str, Source] = {}
    fits: dict[str, Fitted] = {}
    for number, entry in enumerate(recipe.source):
        report(0.5 * number / len(recipe.source), f"registering {entry.title}")
        source = read_source(entry, data_folder)
        if entry.registration.method != "none":
            landmarks = entry.registration.method == "landmarks"
            fits[entry.id] = (
                register_landmarks(source, sources) if landmarks else register(source, template.t1)
            )
            source = source.registered(fits[entry.id].template_to_source)
        sources[entry.id] = source
    return sources, fits


def _aqueduct(template: Template) -> NDArray[np.bool_]:
    """Aqueduct and upper fourth ventricle: the dark canal inside the template's brainstem."""
    origin = mni_affine()[:3, 3]
    window = tuple(
        slice(int(low - o), int(high - o) + 1) for (low, high), o in zip(_AQUEDUCT_MM, origin, strict=True)
    )
    filled = ndi.binary_closing(template.brainstem, iterations=4)
    between_walls = ndi.binary_closing(template.brainstem, np.ones((9, 1, 1)))
    lower = int(_CANAL_OPEN_BELOW_MM - origin[2])
    filled[..., :lower] = between_walls[..., :lower]
    canal = np.zeros_like(template.brainstem)
    canal[window] = (filled & ~template.brainstem & (template.t1 < _CSF_T1))[window]
    return canal


def _table_names(structure: RecipeStructure) -> list[str]:
    return [structure.name + side for side in ("_L", "_R")] if structure.paired else [structure.name]


def _check_names(recipe: Recipe, table: LabelTable) -> None:
    made = {name for structure in recipe.structure for name in _table_names(structure)}
    wanted = {s.name for s in table.structures if s.group is Group.NUCLEUS}
    if made != wanted:
        odd = sorted(made ^ wanted)
        raise InputError(
            f"Recipe and label table do not name the same nuclei: {', '.join(odd)}.",
            recipe.table_path,
            "Give every nucleus of the table one entry in the recipe, and the reverse.",
        )


def nuclei_without_voxels(labels: NDArray[np.uint8], table: LabelTable) -> list[str]:
    """Names of a table's nuclei that a label map does not hold."""
    counts = np.bincount(labels.ravel(), minlength=table.n_classes)
    return [s.name for s in table.nuclei if counts[s.index] == 0]


def _check_not_empty(labels: NDArray[np.uint8], table: LabelTable, recipe: Recipe) -> None:
    empty = nuclei_without_voxels(labels, table)
    if empty:
        raise ImplausibleResultError(
            f"No voxel is left for {', '.join(empty)}.",
            recipe.table_path,
            "Lower the threshold or raise the priority in the recipe.",
        )


def _graded(structure: Structure, labels: NDArray[np.uint8], drawn: set[str]) -> Structure:
    if structure.group is not Group.NUCLEUS:
        return structure
    mask = labels == structure.index
    return structure.model_copy(update={"reliability": grade(mask, drawn=structure.name in drawn)})


def _with_regions(table: LabelTable, regions: dict[str, str]) -> LabelTable:
    return LabelTable(
        structures=tuple(s.model_copy(update={"region": regions.get(s.name, "")}) for s in table.structures)
    )


def _describe(
    recipe: Recipe,
    table: LabelTable,
    labels: NDArray[np.uint8],
    sources: dict[str, Source],
    fits: dict[str, Fitted],
) -> dict[str, Any]:
    return {
        "schema": "brainstem-atlas/1",
        "name": recipe.name,
        "version": recipe.version,
        "date": recipe.date,
        "licence": recipe.licence,
        "classes": table.n_classes,
        "template": "ICBM 2009a nonlinear symmetric, 1 mm, as packaged by nilearn (resources/template)",
        "symmetric": True,
        "reliability": "A, B, C by the rule in brainstem_app/atlas/reliability.py",
        "sources": [_describe_source(sources[s.id], fits.get(s.id)) for s in recipe.source],
        "structures": [describe_structure(s, labels) for s in table.structures],
        "corrections": {s.name: s.why for s in recipe.structure if s.why},
    }


def _describe_source(source: Source, fit: Fitted | None) -> dict[str, Any]:
    entry = source.recipe
    described: dict[str, Any] = {
        "id": entry.id,
        "title": entry.title,
        "licence": entry.licence,
        "citation": entry.citation,
        "space": entry.space,
        "file": entry.file.as_posix(),
        "sha256": source.sha256,
        "registration": {"method": entry.registration.method, "why": entry.registration.why},
    }
    if fit is not None:
        described["registration"] |= {
            "parameters": fit.parameters,
            "measure": fit.measure,
            "before": round(fit.before, 4),
            "after": round(fit.after, 4),
            "moved_mm": round(fit.moved_mm, 2),
        }
    return described


def describe_structure(structure: Structure, labels: NDArray[np.uint8]) -> dict[str, Any]:
    """Volume (mm³), centre (mm) and grade of a structure of an ``mni`` label map, for ``atlas.json``."""
    if structure.group is Group.BACKGROUND:
        return {"index": structure.index, "name": structure.name}
    mask = labels == structure.index
    centre = np.argwhere(mask).mean(axis=0) + mni_affine()[:3, 3]
    return {
        "index": structure.index,
        "name": structure.name,
        "volume_mm3": int(np.count_nonzero(mask)),
        "centroid_mm": [round(float(c), 1) for c in centre],
        "dice_after_1mm": round(dice_after_shift(mask), 3),
        "reliability": structure.reliability,
    }
