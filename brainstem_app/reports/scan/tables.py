"""Tables of the report of a scan: structures, regions, areas on the midsagittal plane."""

from __future__ import annotations

import math
from collections.abc import Mapping

from brainstem_app.atlas.label_table import Group
from brainstem_app.evaluation.structures import Status
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import Table, rows_of
from brainstem_app.reports.engine.columns import Cell, Column, Mark, distance, grade, signed1
from brainstem_app.reports.scan.confidence import confidence_mark, is_unsure
from brainstem_app.reports.scan.model import ModelDescription, Report, StructureEntry
from brainstem_app.reports.scan.region_model import AreaEntry, MidsagittalEntry, RegionEntry

_STATUS: dict[Status, Mark] = {
    Status.SCORED: "good",
    Status.MISSED: "bad",
    Status.ABSENT: "faint",
    Status.UNSCORED: "",
}


def whose_iou(model: ModelDescription | None) -> str:
    """Head of the column of the model's scores: of an ensemble they are those of its single networks."""
    return "Networks' IoU" if model is not None and model.members > 1 else "Model's IoU"


def structure_table(
    report: Report, swatches: Mapping[int, str] | None = None, whose: str = "Model's IoU"
) -> Table:
    """Nuclei, then tissue, in those columns that have any number.

    Parameters
    ----------
    report : Report
    swatches : mapping of int to str, optional
        Colour ``#rrggbb`` of each label.
    whose : str
        Head of the column of the scores of the model in testing, from `whose_iou`.
    """
    colours = swatches or {}
    scored = any(s.reference_voxels is not None for s in report.structures)

    def any_has(field: str) -> bool:
        return any(getattr(s, field) is not None for s in report.structures)

    def name(s: StructureEntry) -> Cell:
        return Cell(s.name, below=s.full_name if scored else "", swatch=colours.get(s.index, ""))

    reliability = Column[StructureEntry]("Reliability", lambda s: s.reliability, format=grade, align="centre")
    columns: list[Column[StructureEntry]] = [
        Column("Structure", name),
        *([] if scored else [_FULL_NAME]),
        *([reliability] if any(s.reliability for s in report.structures) else []),
        Column("Volume", lambda s: s.volume_mm3, "mm³", formatting.volume),
        *(_scored_columns(any_has("references_disagree_mm")) if scored else _UNSCORED),
        Column("Asymmetry", lambda s: s.asymmetry_index, "left − right", formatting.signed),
    ]
    if any_has("confidence"):
        columns.append(Column("Confidence", lambda s: _confidence(s, scored)))
    if any_has("change_seen"):
        columns.append(Column("Smallest", _change, "change, %"))
    if any_has("model_test_iou"):
        tested = Column[StructureEntry](whose, lambda s: s.model_test_iou, "in testing", formatting.ratio)
        columns.append(tested)
    groups = (Group.NUCLEUS, Group.TISSUE)
    rows = tuple(tuple(s for s in report.structures if s.group is group) for group in groups)
    return Table(tuple(columns), rows, "dense" if scored else "")


_FULL_NAME = Column[StructureEntry]("Name", lambda s: s.full_name, align="words", where="files")
_UNSCORED: tuple[Column[StructureEntry], ...] = (
    Column("Voxels", lambda s: s.voxels, where="files"),
    Column("Centre", lambda s: s.centroid_mm, "x, y, z mm", formatting.point, where="files"),
)


def _scored_columns(with_disagreement: bool) -> tuple[Column[StructureEntry], ...]:
    ratio, length = formatting.ratio, formatting.length
    disagree = Column[StructureEntry](
        "References", lambda s: s.references_disagree_mm, "disagree, mm", distance
    )
    return (
        Column("Reference", lambda s: s.reference_volume_mm3, "mm³", formatting.volume),
        Column("Difference", lambda s: s.volume_difference_mm3, "mm³", signed1),
        Column("IoU", lambda s: s.iou, format=ratio),
        Column("Distance", lambda s: s.assd_mm, "mm", distance),
        *([disagree] if with_disagreement else []),
        Column("Dice", lambda s: s.dice, format=ratio),
        Column("NSD", lambda s: s.nsd_1mm, "1\N{NO-BREAK SPACE}mm", ratio),
        Column("HD95", lambda s: s.hd95_mm, "mm", length),
        Column("Centre off", lambda s: s.centroid_error_mm, "mm", length),
        Column("Status", lambda s: Cell(s.status.value, mark=_STATUS[s.status]), align="centre"),
    )


def _confidence(entry: StructureEntry, scored: bool) -> Cell:
    bar = None if scored else entry.confidence
    mark: Mark = "bad" if is_unsure(entry) else ""
    text = formatting.ratio(entry.confidence) + confidence_mark(entry)
    return Cell(text, mark=mark, bar=bar, number=entry.confidence)


def _change(entry: StructureEntry) -> Cell:
    """Smallest change that can be seen; a dagger where none can, which is sorted behind all."""
    if entry.change_seen is False:
        return Cell("†", number=math.inf)
    return Cell(formatting.percent(entry.smallest_change_percent), number=entry.smallest_change_percent)


def region_table(report: Report, swatches: Mapping[str, str] | None = None) -> Table:
    """Whole brainstem and its regions; `swatches` has their colours by name."""
    colours = swatches or {}
    columns: tuple[Column[RegionEntry], ...] = (
        Column("Region", lambda r: Cell(r.name, swatch=colours.get(r.name, ""))),
        Column("Name", lambda r: r.full_name, align="words"),
        Column(
            "Volume", lambda r: _maybe_cut(formatting.volume(r.volume_mm3), r.volume_mm3, r.is_cut), "mm³"
        ),
        Column("Voxels", lambda r: r.voxels),
    )
    return Table(columns, rows_of(report.regions))


def area_table(midsagittal: MidsagittalEntry) -> Table:
    """Areas on the midsagittal plane, and the ratio of two."""
    columns: tuple[Column[AreaEntry], ...] = (
        Column("Measure", lambda a: Cell(a.full_name, below=a.name)),
        Column("Value", lambda a: _maybe_cut(f"{formatting.area(a.value)} {a.unit}", a.value, a.is_cut)),
    )
    return Table(columns, rows_of(midsagittal.areas))


def _maybe_cut(text: str, value: float, is_cut: bool) -> Cell:
    return Cell(f"{text} cut", mark="bad", number=value) if is_cut else Cell(text, number=value)
