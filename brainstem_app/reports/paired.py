"""Report of two runs on the same subjects, from the ``metrics.json`` of both: nothing is predicted again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from brainstem_app import __version__
from brainstem_app.atlas.label_table import Group
from brainstem_app.errors import InputError
from brainstem_app.evaluation.paired import PairedDifference, compare_pairs, holm
from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.csv_text import csv_text
from brainstem_app.reports.evaluation.model import EvaluationReport
from brainstem_app.reports.html import render
from brainstem_app.reports.report_model import LIMITS, RELIABILITY_TEXT
from brainstem_app.small_files import read_small

_DECIMALS = 6
_AGAIN = "Measure it with `brainstem-app evaluate --study STUDY --run NAME`."


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True)


class PairedEntry(_Entry):
    """IoU of one structure, or a mean, in both runs; see `PairedDifference` for each number.

    `p_holm` is corrected over all nuclei; null for a mean, which is a test of its own.
    """

    name: str
    full_name: str = ""
    reliability: str = ""
    n: int
    first: float | None
    second: float | None
    difference: float | None
    low: float | None
    high: float | None
    rank_biserial: float | None
    p: float | None
    p_holm: float | None = None


class PairedReport(_Entry):
    """Content of ``comparison.json``: run `first` minus run `second`."""

    schema_name: Annotated[Literal["brainstem-comparison/1"], Field(alias="schema")] = (
        "brainstem-comparison/1"
    )
    created: str
    first: str
    second: str
    part: str
    atlas: str
    subjects: tuple[str, ...]
    means: tuple[PairedEntry, ...]
    nuclei: tuple[PairedEntry, ...]
    bootstrap_seed: int
    limits: str

    def to_json(self) -> str:
        """JSON text; never NaN."""
        return self.model_dump_json(by_alias=True, indent=1) + "\n"


def write_paired_report(
    folder: Path, first: Path, second: Path, command: str = "", seed: int = 0
) -> PairedReport:
    """Compare two ``metrics.json`` and write ``comparison.json``, ``.csv`` and ``.html`` into a folder.

    Raises
    ------
    InputError
        If a file is missing, older than the values by subject and structure, or the two are of other
        subjects, another atlas or another part.
    """
    report = build_paired_report(_read(first), _read(second), second, seed)
    page = render(
        "paired.html", report=report, command=command, reliability=RELIABILITY_TEXT, version=__version__
    )
    write_text(folder / "comparison.csv", _csv(report))
    write_text(folder / "comparison.html", page)
    write_text(folder / "comparison.json", report.to_json())
    return report


def build_paired_report(
    first: EvaluationReport, second: EvaluationReport, where: Path | None = None, seed: int = 0
) -> PairedReport:
    """Compute the comparison; nothing is written. Raises as `write_paired_report`."""
    _require_same_subjects(first, second, where)
    rng = np.random.default_rng(seed)
    nuclei = [s for s in first.structures if s.group is Group.NUCLEUS]
    ours, theirs = ({s.subject: s for s in report.subjects} for report in (first, second))
    names = sorted(ours)
    compared = [
        compare_pairs(
            [ours[n].iou.get(nucleus.name) for n in names],
            [theirs[n].iou.get(nucleus.name) for n in names],
            rng,
        )
        for nucleus in nuclei
    ]
    corrected = holm([difference.p for difference in compared])
    means = [
        _entry(
            compare_pairs([getattr(ours[n], f) for n in names], [getattr(theirs[n], f) for n in names], rng),
            t,
        )
        for f, t in (("macro_miou_nuclei", "mean of the nuclei"), ("macro_miou", "mean of all classes"))
    ]
    return PairedReport(
        created=datetime.now(UTC).astimezone().isoformat(timespec="seconds"),
        first=first.summary.name,
        second=second.summary.name,
        part=first.part,
        atlas=first.atlas,
        subjects=tuple(names),
        means=tuple(means),
        nuclei=tuple(
            _entry(difference, nucleus.name, nucleus.full_name, nucleus.reliability, p)
            for difference, nucleus, p in zip(compared, nuclei, corrected, strict=True)
        ),
        bootstrap_seed=seed,
        limits=LIMITS,
    )


def _read(path: Path) -> EvaluationReport:
    try:
        report = EvaluationReport.model_validate_json(read_small(path))
    except OSError as error:
        raise InputError("The run has not been measured.", path, _AGAIN) from error
    except ValidationError as error:
        raise InputError("This is no metrics.json of this program.", path, _AGAIN) from error
    if not all(subject.iou for subject in report.subjects):
        raise InputError("The file has no values by subject and structure: it is older.", path, _AGAIN)
    return report


def _require_same_subjects(first: EvaluationReport, second: EvaluationReport, where: Path | None) -> None:
    for what, one, other in (
        ("on another part", first.part, second.part),
        ("with another atlas", first.atlas, second.atlas),
        ("on other subjects", {s.subject for s in first.subjects}, {s.subject for s in second.subjects}),
    ):
        if one != other:
            problem = f"“{second.summary.name}” was measured {what} than “{first.summary.name}”."
            raise InputError(problem, where, "Measure both runs on the same subjects.")


def _entry(
    found: PairedDifference,
    name: str,
    full_name: str = "",
    reliability: str = "",
    p_holm: float | None = None,
) -> PairedEntry:
    return PairedEntry(
        name=name,
        full_name=full_name,
        reliability=reliability,
        n=found.n,
        first=_rounded(found.first),
        second=_rounded(found.second),
        difference=_rounded(found.difference),
        low=_rounded(found.interval.low if found.interval else None),
        high=_rounded(found.interval.high if found.interval else None),
        rank_biserial=_rounded(found.rank_biserial),
        p=found.p,
        p_holm=p_holm,
    )


def _csv(report: PairedReport) -> str:
    head = list(PairedEntry.model_fields)
    entries = [entry.model_dump() for entry in (*report.means, *report.nuclei)]
    return csv_text(head, ([entry[name] for name in head] for entry in entries))


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
