"""Report on the change of one person over several scans, from what was measured in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from brainstem_app import __version__
from brainstem_app.atlas.change_table import METHOD, ChangeTable
from brainstem_app.atlas.label_table import LabelTable, Structure
from brainstem_app.atlas.reliability import Detectability
from brainstem_app.atlas.warped import SoftMeasures
from brainstem_app.evaluation.rates import LEAST_FITTED, rate_of_change
from brainstem_app.named_version import with_version
from brainstem_app.reports.change.model import CHANGE_LIMITS, ChangeEntry, ChangeReport, ChangeScan
from brainstem_app.reports.engine.entry import rounded
from brainstem_app.reports.scan.methods import PROGRAM
from brainstem_app.reports.scan.model import AtlasEntry, FindingEntry, ModelDescription, ModelEntry
from brainstem_app.reports.scan.region_model import EMPTY, WHOLE

BRAINSTEM = "brainstem"
_NOT_COMPARED = "one of the scans ends, or was stripped, within it"
_NOT_COVERED = "it does not lie whole in every scan"
_Kind = Literal["region", "nucleus"]


@dataclass(frozen=True)
class MeasuredScans:
    """What a report on change is made of.

    Attributes
    ----------
    nuclei, regions : sequence of mapping of int to SoftMeasures
        In each scan, in the order of `scans`; region 0 is the whole brainstem.
    nuclei_compared, regions_compared : mapping of int to float
        Part of each where the scans were compared, 0…1.
    """

    subject: str
    dataset: str
    dataset_id: str
    scans: tuple[ChangeScan, ...]
    nuclei: Sequence[Mapping[int, SoftMeasures]]
    regions: Sequence[Mapping[int, SoftMeasures]]
    nuclei_compared: Mapping[int, float]
    regions_compared: Mapping[int, float]
    likeness: float
    findings: tuple[FindingEntry, ...] = ()


@dataclass(frozen=True)
class Measurer:
    """Model and atlas that measured, and what is known of how well.

    Attributes
    ----------
    repeats : ChangeTable or None
        Repeatability of changes, if it was measured with this model and method.
    """

    model: ModelDescription
    atlas_name: str
    atlas_version: str
    table: LabelTable
    regions: LabelTable | None
    repeats: ChangeTable | None

    @property
    def own_repeats(self) -> ChangeTable | None:
        """The table, if it is of this model, version and method."""
        table = self.repeats
        if table is None:
            return None
        is_own = (table.model, table.version, table.method) == (self.model.name, self.model.version, METHOD)
        return table if is_own else None

    def cv_percent(self, name: str) -> float | None:
        """Within-subject coefficient of variation of a structure; None if it is unknown."""
        if own := self.own_repeats:
            return own.structures[name].cv_percent if name in own.structures else None
        known = self.model.detectability.get(name)
        return None if known is None else known.cv_percent

    @property
    def in_words(self) -> str:
        """Where the repeatability comes from."""
        if own := self.own_repeats:
            return f"measured with this method on {own.measured_on}"
        if self.model.detectability:
            return (
                "that of two scans segmented each by itself, from the model's card: with this method it was "
                "not measured, and regions have none"
            )
        return "not known for this model, so two scans have no standard error"


def build_change_report(measured: MeasuredScans, by: Measurer, command: str = "") -> ChangeReport:
    """Put the report together; nothing is written."""
    years = [scan.years for scan in measured.scans]
    regions = [
        _entry(
            name,
            full,
            "region",
            _column(measured.regions, index),
            measured.regions_compared[index],
            years,
            by,
        )
        for index, name, full in _regions(by.regions)
    ]
    nuclei = [
        _nucleus(s, _column(measured.nuclei, s.index), measured.nuclei_compared[s.index], years, by)
        for s in by.table.nuclei
    ]
    model = by.model
    return ChangeReport(
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        subject=measured.subject,
        dataset=measured.dataset or None,
        dataset_id=measured.dataset_id or None,
        scans=measured.scans,
        model=ModelEntry(
            name=model.name,
            version=model.version or None,
            sha256=model.sha256 or None,
            test_macro_miou=rounded(model.test_macro_miou),
            test_macro_miou_nuclei=rounded(model.test_nuclei_miou),
        ),
        atlas=AtlasEntry(name=by.atlas_name, version=by.atlas_version),
        program=__version__,
        method=METHOD,
        likeness=round(measured.likeness, 4),
        repeatability=by.in_words,
        regions=tuple(regions),
        nuclei=tuple(nuclei),
        warnings=measured.findings,
        command=command,
        methods=change_methods(measured, by),
        limits=CHANGE_LIMITS,
    )


def _regions(table: LabelTable | None) -> list[tuple[int, str, str]]:
    """List number, name and full name of the brainstem and its regions."""
    found = [(0, BRAINSTEM, "Brainstem")]
    return found + ([] if table is None else [(s.index, s.name, s.full_name) for s in table.structures[1:]])


def _column(scans: Sequence[Mapping[int, SoftMeasures]], index: int) -> list[SoftMeasures | None]:
    return [scan.get(index) for scan in scans]


def _nucleus(
    structure: Structure,
    found: Sequence[SoftMeasures | None],
    compared: float,
    years: Sequence[float],
    by: Measurer,
) -> ChangeEntry:
    known: Detectability | None = by.model.detectability.get(structure.name)
    entry = _entry(structure.name, structure.full_name, "nucleus", found, compared, years, by)
    seen = known.is_seen if known else None
    return entry.model_copy(update={"reliability": structure.reliability, "change_seen": seen})


def _entry(
    name: str,
    full_name: str,
    kind: _Kind,
    found: Sequence[SoftMeasures | None],
    compared: float,
    years: Sequence[float],
    by: Measurer,
) -> ChangeEntry:
    own = by.own_repeats
    slope = own.structures[name].slope if own and name in own.structures else None
    base = ChangeEntry(
        name=name,
        full_name=full_name,
        kind=kind,
        volumes_mm3=(None,) * len(years),
        compared=round(compared, 4),
        slope=rounded(slope),
    )
    volumes = [each.volume_mm3 for each in found if each is not None and each.covered >= WHOLE]
    if 1 - compared > EMPTY:
        return base.model_copy(update={"why_not": _NOT_COMPARED})
    if len(volumes) < len(years):
        return base.model_copy(update={"why_not": _NOT_COVERED})
    cv = by.cv_percent(name)
    rate = rate_of_change(years, volumes, cv)
    return base.model_copy(
        update={
            "volumes_mm3": tuple(round(v, 6) for v in volumes),
            "percent_a_year": rounded(rate.percent),
            "error": rounded(rate.error),
            "error_source": rate.source,
            "low": rounded(rate.low),
            "high": rounded(rate.high),
            "cv_percent": rounded(cv),
        }
    )


def change_methods(measured: MeasuredScans, by: Measurer) -> str:
    """Paragraph to paste into a methods section."""
    n = len(measured.scans)
    error = (
        "the larger of the method's repeatability and the scatter about the line"
        if n >= LEAST_FITTED
        else ("the method's repeatability")
    )
    return (
        f"Change of the nuclei of the brainstem was measured on {n} T1-weighted scans of each person with "
        f"{PROGRAM} (method {METHOD}), model {with_version(by.model.name, by.model.version)}, atlas "
        f"{with_version(by.atlas_name, by.atlas_version)}. Each scan was "
        "stripped of the skull, corrected for its bias field (N4) and normalised in intensity. Every two "
        "scans were registered rigidly in both directions; all were resampled once into the mean of these "
        "placements, in the logarithms of the matrices, which favours no scan (compare Reuter et al., "
        "NeuroImage 2012, 61:1402), and share one affine to the MNI152 template. The atlas was bent once to "
        "the mean of the network's probabilities and the mean image; the remaining displacement of each scan "
        "was found by local correlation with the mean of the others. "
        "Volumes are the atlas's shares under both. Change is the slope of a straight line through the "
        f"volumes over time by their mean, in per cent a year; its standard error is {error} ({by.in_words})."
    )
