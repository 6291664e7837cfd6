"""Report of two runs on the same subjects, from the ``metrics.json`` of both: nothing is predicted again."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, ValidationError

from brainstem_app.atlas.label_table import Group
from brainstem_app.counting import counted, listed
from brainstem_app.errors import InputError
from brainstem_app.evaluation.paired import PairedDifference, compare_pairs, holm
from brainstem_app.imaging.atomic import write_text
from brainstem_app.reports.engine import formatting
from brainstem_app.reports.engine.blocks import Document, Heading, Paragraph, Table, cautions, grades, repeat
from brainstem_app.reports.engine.columns import Cell, Column, below_five, between, grade, ratio3
from brainstem_app.reports.engine.entry import Entry, ReportEntry, rounded
from brainstem_app.reports.engine.files import write_document
from brainstem_app.reports.engine.sheets import about_sheet, entry_sheet
from brainstem_app.reports.evaluation.model import EvaluationReport
from brainstem_app.reports.scan.model import RELIABILITY_TEXT
from brainstem_app.small_files import read_small

#: All that is written.
FILES = tuple(f"comparison.{end}" for end in ("json", "csv", "xlsx", "html", "pdf"))
_CAUTION = (
    "They say whether the difference of these two trained networks would be found in other subjects too; "
    "what another training of the same settings would give, they do not say. With few subjects only large "
    "differences can be told from chance: that none is found does not mean that there is none."
)
_AGAIN = "Measure it with `brainstem-app evaluate --study STUDY --run NAME`."


class RunDifference(Entry):
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


class RunComparison(ReportEntry):
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
    means: tuple[RunDifference, ...]
    nuclei: tuple[RunDifference, ...]
    bootstrap_seed: int
    limits: str


def write_run_comparison(
    folder: Path, first: Path, second: Path, command: str = "", seed: int = 0
) -> RunComparison:
    """Compare two ``metrics.json`` and write the `FILES` into a folder, ``comparison.json`` last.

    Raises
    ------
    InputError
        If a file is missing, older than the values by subject and structure, or the two are of other
        subjects, another atlas or another part.
    """
    report = build_run_comparison(_read(first), _read(second), second, seed)
    differences = entry_sheet("differences", RunDifference, (*report.means, *report.nuclei))
    facts = [
        ("first", report.first),
        ("second", report.second),
        ("part", report.part),
        ("atlas", report.atlas),
    ]
    facts += [("subject", name) for name in report.subjects]
    about = about_sheet(report.created, facts, (), _note(report), f"{_CAUTION} {report.limits}")
    document = run_comparison_document(report, command)
    write_document(folder, "comparison", document, (differences, about), {"comparison.csv": differences})
    write_text(folder / "comparison.json", report.to_json())
    return report


def build_run_comparison(
    first: EvaluationReport, second: EvaluationReport, where: Path | None = None, seed: int = 0
) -> RunComparison:
    """Compute the comparison; nothing is written. Raises as `write_run_comparison`."""
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
    return RunComparison(
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
        limits=" ".join(dict.fromkeys((first.limits, second.limits))),
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
    if changed := sorted(n for n in first.references | second.references if not _is_same(first, second, n)):
        raise InputError(
            f"“{second.summary.name}” was measured with other reference labels of {listed(changed)} than "
            f"“{first.summary.name}”, or its file is older and does not say with which.",
            where,
            "Evaluate both runs again.",
        )


def _is_same(first: EvaluationReport, second: EvaluationReport, subject: str) -> bool:
    """Whether both were measured with the same reference labels of a subject."""
    return first.references.get(subject) == second.references.get(subject)


def _entry(
    found: PairedDifference,
    name: str,
    full_name: str = "",
    reliability: str = "",
    p_holm: float | None = None,
) -> RunDifference:
    return RunDifference(
        name=name,
        full_name=full_name,
        reliability=reliability,
        n=found.n,
        first=rounded(found.first),
        second=rounded(found.second),
        difference=rounded(found.difference),
        low=rounded(found.interval.low if found.interval else None),
        high=rounded(found.interval.high if found.interval else None),
        rank_biserial=rounded(found.rank_biserial),
        p=found.p,
        p_holm=p_holm,
    )


def run_comparison_document(report: RunComparison, command: str) -> Document:
    """Choose and word what a reader sees of a comparison."""
    title = f"{report.first} against {report.second}"
    n = counted(len(report.subjects), "subject")
    return Document(
        title=title,
        kind=f"Two runs on the same {report.part} subjects",
        headline=title,
        about=f"{formatting.moment(report.created)} · {n} · atlas {report.atlas}",
        created=report.created,
        blocks=(
            *cautions((), f"{_CAUTION} {report.limits}"),
            Heading("IoU, subject by subject", "differences"),
            Table(_columns(report), (report.means, report.nuclei)),
            Paragraph(_note(report), "small"),
            grades(RELIABILITY_TEXT),
            *repeat(command),
            Paragraph(f"Subjects: {', '.join(report.subjects)}."),
        ),
    )


def _columns(report: RunComparison) -> tuple[Column[RunDifference], ...]:
    signed3 = partial(formatting.signed, decimals=3)
    return (
        Column("Structure", lambda e: Cell(e.name, below=e.full_name)),
        Column("Name", lambda e: e.full_name, align="words", where="paper"),
        Column("Reliability", lambda e: e.reliability, format=grade, align="centre"),
        Column("Subjects", lambda e: e.n),
        Column(report.first, lambda e: e.first, "IoU", ratio3),
        Column(report.second, lambda e: e.second, "IoU", ratio3),
        Column("Difference", lambda e: between(e.difference, e.low, e.high, signed3), "95 % interval"),
        Column("Effect", lambda e: e.rank_biserial, "rank-biserial", formatting.signed),
        Column("p", lambda e: e.p, format=formatting.p_value),
        Column("p", lambda e: e.p_holm, "Holm", formatting.p_value, lambda e: below_five(e.p_holm)),
    )


def _note(report: RunComparison) -> str:
    return (
        "Means over subjects of each subject's own IoU; a missed structure counts as 0, a subject whose "
        "reference lacks the structure is left out. p: two-sided Wilcoxon signed-rank test; Holm: corrected "
        f"over the {len(report.nuclei)} nuclei. Effect: matched-pairs rank-biserial correlation, +1 if "
        f"{report.first} is better in every subject, −1 if {report.second} is. Intervals: percentile "
        f"bootstrap over subjects, seed {report.bootstrap_seed}."
    )
