"""Table of who is in a comparison: dataset, session, model, state and warnings of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from brainstem_app.reports.cohort.model import CohortReport, LeftOutPerson, VolumeSubject
from brainstem_app.reports.engine.blocks import Block, Heading, Paragraph, Table, rows_of
from brainstem_app.reports.engine.columns import Cell, Column
from brainstem_app.reports.engine.sheets import Sheet

#: People that page and PDF show; all are in ``people.csv``.
MOST_SHOWN = 200
#: What the states of a result are called.
STATE_IN_WORDS = {
    "unseen": "nobody has looked",
    "accepted": "accepted",
    "rejected": "rejected",
    "edited": "corrected, to be looked at",
}


@dataclass(frozen=True)
class PersonRow:
    """One person: who, from where, made with what, and whether in the models (else why not)."""

    subject: str
    dataset: str
    session: str
    group: str
    site: str
    model: str
    version: str
    state: str
    part: str
    warnings: tuple[str, ...]

    @property
    def is_in(self) -> bool:
        """Whether the person is in the models."""
        return self.part == "yes"


def person_rows(report: CohortReport) -> tuple[PersonRow, ...]:
    """Everybody who has a result: those who take part first, then those who were left out before."""
    return (*map(_row, report.subjects), *map(_left_out_row, report.left_out))


def _row(subject: VolumeSubject) -> PersonRow:
    words = STATE_IN_WORDS.get(subject.state or "", "")
    corrected = "corrected" if subject.corrected and subject.state != "edited" else ""
    return PersonRow(
        subject=subject.subject,
        dataset=subject.dataset or "",
        session=subject.session or "",
        group=subject.group or "",
        site=subject.site or "",
        model=subject.model or "",
        version=subject.version or "",
        state=", ".join(filter(None, (words, corrected))),
        part="yes" if subject.in_model else f"no: {subject.why_not}" if subject.why_not else "no",
        warnings=subject.warnings,
    )


def _left_out_row(person: LeftOutPerson) -> PersonRow:
    return PersonRow(
        subject=person.subject,
        dataset=person.dataset or "",
        session=person.session or "",
        group="",
        site="",
        model=person.model or "",
        version="",
        state=STATE_IN_WORDS.get(person.state or "", ""),
        part=f"no: {person.why}",
        warnings=(),
    )


def who_is_in(report: CohortReport) -> list[Block]:
    """Heading and table of everybody; columns that say nothing of anybody are left out."""
    rows = person_rows(report)
    shown = _most_telling(rows)
    heads = {
        "dataset": "Dataset",
        "session": "Session",
        "group": report.group or "",
        "site": report.site or "",
        "model": "Model",
        "version": "Version",
        "state": "State",
    }
    columns: list[Column[PersonRow]] = [Column("Subject", lambda row: row.subject)]
    columns += [
        _column(name, head)
        for name, head in heads.items()
        if head and any(getattr(row, name) for row in rows)
    ]
    columns.append(
        Column(
            "In the models",
            lambda row: Cell(row.part, mark="" if row.is_in else "bad"),
            align="words",
        )
    )
    if any(row.warnings for row in rows):
        columns.append(Column("Warnings of the report", lambda row: " ".join(row.warnings), align="words"))
    blocks: list[Block] = [Heading("Who is in", "people")]
    if len(shown) < len(rows):
        words = f"Shown are {len(shown)} of {len(rows)}, those first of whom there is something to say"
        blocks.append(Paragraph(f"{words}; all are in people.csv.", "small"))
    return [*blocks, Table(tuple(columns), rows_of(shown))]


def _column(name: str, head: str) -> Column[PersonRow]:
    return Column(head, lambda row: getattr(row, name), align="words")


def _most_telling(rows: Sequence[PersonRow]) -> tuple[PersonRow, ...]:
    """Everybody; of many first those who are in no model or have warnings, each part in its order."""
    if len(rows) <= MOST_SHOWN:
        return tuple(rows)
    ranked = sorted(range(len(rows)), key=lambda k: (rows[k].is_in, not rows[k].warnings, k))
    return tuple(rows[k] for k in ranked[:MOST_SHOWN])


def people_sheet(report: CohortReport) -> Sheet:
    """Everybody as a table for programs, ``people.csv``."""
    told = ("dataset", "session", "group", "site", "model", "version", "state")
    head = ("participant_id", *told, "in_models", "why_not", "warnings")
    rows = [
        (
            row.subject,
            *(getattr(row, name) or None for name in told),
            int(row.is_in),
            None if row.is_in else row.part.removeprefix("no: "),
            " ".join(row.warnings) or None,
        )
        for row in person_rows(report)
    ]
    return Sheet("people", head, rows)
