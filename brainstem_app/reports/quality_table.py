"""Quality control of a cohort: what is unusual of each result, a row each, for ``quality.tsv``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from brainstem_app.atlas.label_table import Group, Side, other_side
from brainstem_app.evaluation.usual_confidence import FAR_Z, lowest_usual
from brainstem_app.plain_text import cell_text, tsv_text
from brainstem_app.reports.scan.model import Report
from brainstem_app.reports.scan.regions import BRAINSTEM

UNKNOWN = "n/a"
#: Digits of a number in the table.
_DIGITS = 4
#: What the columns of z-scores of regions end with.
REGION_Z = "_z"

Values = NDArray[np.float64]


@dataclass(frozen=True)
class LookedAt:
    """One result of a study, and what people said of it.

    Attributes
    ----------
    folder : str
        Below ``segmentations``.
    dataset, subject, session, model : str
        Whose it is, and the folder of its model.
    report : Report
        Of the labels that count.
    program : str
        Version that segmented it; empty if unknown.
    fit, coverage : float or None
        Correlation with the template in the brainstem, and the part of the brainstem that the scan covers.
    labels : str
        ``original`` or ``corrected``.
    state, why, who, date : str
        See `brainstem_app.study.result_state`.
    """

    folder: str
    dataset: str
    subject: str
    session: str
    model: str
    report: Report
    program: str = ""
    fit: float | None = None
    coverage: float | None = None
    labels: str = "original"
    state: str = "unseen"
    why: str = ""
    who: str = ""
    date: str = ""


@dataclass(frozen=True)
class QualityRow:
    """A row of ``quality.tsv``; see docs/reference/files.md for each column.

    Numbers are None where they are not known. `region_z` has the robust z-score of the volume of each region
    by its name, the whole brainstem first. `nucleus_z` is that of the nucleus that is furthest from the
    others', `confidence_z` that of the mean confidence, `unsure` the nuclei whose confidence is low,
    and unusually so for the model or beside the others, `asymmetry_z` that of (left − right) / (left + right)
    of all paired nuclei together.
    """

    dataset: str
    subject: str
    session: str
    model: str
    program: str
    labels: str
    fit: float | None
    coverage: float | None
    confidence: float | None
    confidence_z: float | None
    unsure: str
    volume_mm3: float | None
    region_z: Mapping[str, float | None]
    nucleus_z: float | None
    nucleus: str
    asymmetry: float | None
    asymmetry_z: float | None
    errors: int
    warnings: int
    warned: str
    state: str
    why: str
    who: str
    date: str
    folder: str

    @property
    def is_unusual(self) -> bool:
        """Whether it is far from the others in volume, symmetry or confidence; more of that is nothing."""
        known = [*self.region_z.values(), self.asymmetry_z, min(self.confidence_z or 0.0, 0.0)]
        return any(abs(z) >= FAR_Z for z in known if z is not None)


#: Columns that say of a result what is known of it anyway.
_OF_RESULT = tuple({field.name for field in fields(QualityRow)} & {field.name for field in fields(LookedAt)})
#: Columns that decisions change.
DECIDED = ("labels", "state", "why", "who", "date")


def quality_rows(results: Sequence[LookedAt]) -> list[QualityRow]:
    """Rows of results, in their order; each is compared with those of its model that are not rejected."""
    rows: list[QualityRow | None] = [None] * len(results)
    for model in {result.model for result in results}:
        places = [number for number, result in enumerate(results) if result.model == model]
        for place, row in zip(places, _of_one_model([results[n] for n in places]), strict=True):
            rows[place] = row
    return [row for row in rows if row is not None]


def _of_one_model(results: Sequence[LookedAt]) -> list[QualityRow]:
    # scipy.stats takes a second to import; the window reads the table, and makes none.
    from brainstem_app.evaluation.robust import robust_z

    group = np.array([result.state != "rejected" for result in results])
    regions = list(dict.fromkeys(r.name for result in results for r in result.report.regions))
    nuclei = list(
        dict.fromkeys(s.name for r in results for s in r.report.structures if s.group is Group.NUCLEUS)
    )
    of_regions = _scores(
        [{r.name: r.compared for r in one.report.regions} for one in results], regions, group
    )
    of_nuclei = _scores(
        [{s.name: s.compared for s in one.report.structures} for one in results], nuclei, group
    )
    asymmetry = [_asymmetry(result.report) for result in results]
    of_sides = robust_z(_array(asymmetry), group)
    confidences = [_confidence(result.report) for result in results]
    of_confidence = robust_z(_array(confidences), group)
    unsure = _unsure(results, nuclei, group)
    rows = []
    for number, result in enumerate(results):
        furthest = _furthest(of_nuclei[:, number])
        warned = result.report.warnings
        rows.append(
            QualityRow(
                **{name: getattr(result, name) for name in _OF_RESULT},
                confidence=confidences[number],
                confidence_z=_known(of_confidence[number]),
                unsure=", ".join(unsure[number]),
                volume_mm3=_brainstem(result.report),
                region_z={name: _known(of_regions[k, number]) for k, name in enumerate(regions)},
                nucleus_z=None if furthest is None else _known(of_nuclei[furthest, number]),
                nucleus="" if furthest is None else nuclei[furthest],
                asymmetry=asymmetry[number],
                asymmetry_z=_known(of_sides[number]),
                errors=sum(w.level == "error" for w in warned),
                warnings=sum(w.level != "error" for w in warned),
                warned=", ".join(dict.fromkeys(w.code for w in warned)),
            )
        )
    return rows


def _scores(
    volumes: Sequence[Mapping[str, float | None]], names: Sequence[str], group: NDArray[np.bool_]
) -> Values:
    """Robust z (K, n) of the volume of each structure in each result."""
    from brainstem_app.evaluation.robust import robust_z

    found = [robust_z(_array([own.get(name) for own in volumes]), group) for name in names]
    return np.array(found).reshape(len(names), len(volumes))


def _unsure(results: Sequence[LookedAt], nuclei: Sequence[str], group: NDArray[np.bool_]) -> list[list[str]]:
    """Nuclei of each result whose confidence is low, and unusually so for the model or beside the others."""
    from brainstem_app.evaluation.robust import middle_and_spread

    of_results = [{s.name: s for s in result.report.structures} for result in results]
    found: list[list[str]] = [[] for _ in results]
    for name in nuclei:
        entries = [own.get(name) for own in of_results]
        values = _array([None if entry is None else entry.confidence for entry in entries])
        usual = middle_and_spread(values[group])
        lowest = -np.inf if usual is None else lowest_usual(*usual)
        for entry, value, unsure in zip(entries, values, found, strict=True):
            if entry is not None and entry.low_confidence and (entry.unusual_confidence or value < lowest):
                unsure.append(name)
    return found


def _array(values: Sequence[float | None]) -> Values:
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _furthest(scores: Values) -> int | None:
    known = np.where(np.isfinite(scores), np.abs(scores), -1.0)
    return int(known.argmax()) if known.size and known.max() >= 0 else None


def _asymmetry(report: Report) -> float | None:
    """(left − right) / (left + right) of all nuclei that have both sides whole, together."""
    from brainstem_app.evaluation.structures import asymmetry_index

    nuclei = [s for s in report.structures if s.group is Group.NUCLEUS]
    whole = {s.name: s.compared for s in nuclei}
    lefts = [s.name for s in nuclei if s.side is Side.LEFT and other_side(s.name) != s.name]
    pairs = [(whole[left], whole.get(other_side(left))) for left in lefts]
    known = [(left, right) for left, right in pairs if left is not None and right is not None]
    return asymmetry_index(sum(left for left, _ in known), sum(right for _, right in known))


def _confidence(report: Report) -> float | None:
    known = [s.confidence for s in report.structures if s.group is Group.NUCLEUS and s.confidence is not None]
    return sum(known) / len(known) if known else None


def _brainstem(report: Report) -> float | None:
    return next((region.compared for region in report.regions if region.name == BRAINSTEM), None)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def quality_tsv(rows: Sequence[QualityRow]) -> str:
    """Text of the table: tabs, one header line, ``n/a`` for what is not known, as BIDS has it."""
    regions = list(dict.fromkeys(name for row in rows for name in row.region_z))
    head: list[str] = []
    for field in fields(QualityRow):
        head += [f"{name}{REGION_Z}" for name in regions] if field.name == "region_z" else [field.name]
    lines = [head]
    for row in rows:
        cells: list[str] = []
        for field in fields(QualityRow):
            value = getattr(row, field.name)
            own = [value.get(name) for name in regions] if field.name == "region_z" else [value]
            cells += [tsv_cell(one) for one in own]
        lines.append(cells)
    return tsv_text(lines)


def tsv_cell(value: str | float | None) -> str:
    """One cell: no tab or line end in it, and nothing that a spreadsheet would compute."""
    if isinstance(value, str):
        return cell_text(" ".join(value.split())) or UNKNOWN
    if value is None:
        return UNKNOWN
    return str(value) if isinstance(value, int) else f"{value:.{_DIGITS}f}"
