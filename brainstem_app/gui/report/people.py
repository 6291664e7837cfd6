"""People of segmentations, and what the table of participants says of them; read on a thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from brainstem_app.written_files import PARTICIPANTS_FILE, REPORT_FILE, SEGMENTATIONS_FOLDER

if TYPE_CHECKING:
    from brainstem_app.reports.cohort.participants import Participant, Participants
    from brainstem_app.reports.cohort.people import Person
    from brainstem_app.reports.scan.results import Result

_MOST_GROUPS = 8
_MOST_SITES = 20
_LIKELY = ("group", "diagnosis", "dx", "condition", "patient")
_SITES = ("site", "scanner", "center", "centre", "batch", "protocol", "machine")


@dataclass(frozen=True)
class People:
    """People of some segmentations.

    Attributes
    ----------
    names : dict of Path to str
        Person of each result folder.
    table : Path or None
        The table that was read.
    columns : tuple of str
        Its columns with values.
    groups : dict of str to tuple of str
        Columns that may say a group, each with its values among these people.
    head_size : str
        Column of the size of the head, or ``intracranial_ml`` if all results have it; empty if neither.
    values : dict of str to dict of str to str
        What the table says of each person.
    asks : dict of str to str
        Columns of words that are asked about before they become categories, each with the question.
    made_with : dict of Path to tuple of str
        Atlas, model and version of the program of each result folder; empty where unknown.
    sites : dict of str to tuple of str
        Columns that may say the scanner or site, each with its values.
    again : dict of Path to Path
        Result folders of scans that have another result: the folder of the one that counts.
    measured : tuple of str
        Volumes that some results have: of the brain (``brain_ml``), inside the skull (``intracranial_ml``).
    """

    names: dict[Path, str] = field(default_factory=dict)
    table: Path | None = None
    columns: tuple[str, ...] = ()
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)
    head_size: str = ""
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    asks: dict[str, str] = field(default_factory=dict)
    made_with: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    sites: dict[str, tuple[str, ...]] = field(default_factory=dict)
    again: dict[Path, Path] = field(default_factory=dict)
    measured: tuple[str, ...] = ()

    @property
    def likely_site(self) -> str:
        """Column that most likely says the scanner or site, empty if none does."""
        return next((column for column in self.sites if column.lower() in _SITES), "")

    @property
    def likely_group(self) -> str:
        """Column that most likely says the group, empty if none does."""
        return next((column for column in self.groups if column.lower() in _LIKELY), "")


def read_people(
    folders: Mapping[Path, bool],
    table: Path | None,
    missing: Iterable[str],
    uses_edits: bool,
    within: Path | None = None,
) -> People:
    """Read who the results in these folders are of.

    Parameters
    ----------
    folders : mapping of Path to bool
        Result folders, of segmentations or of changes over time, and whether each counts: a rejected one
        takes nobody's place.
    table : Path or None
        ``participants.tsv``; None looks for that of the datasets that the scans came from.
    missing : iterable of str
        Cells of the table that mean unknown, besides ``n/a``.
    uses_edits : bool
        Whether corrected labels count.
    within : Path, optional
        Where the results lie whose dataset's table is looked for, if there are any.

    Raises
    ------
    InputError
        If the table cannot be read.
    """
    from brainstem_app.imaging.text_table import number_of
    from brainstem_app.reports.cohort.cells import level_key, spelled_alike
    from brainstem_app.reports.cohort.covariates import asks_about
    from brainstem_app.reports.cohort.participants import head_size_column, read_participants
    from brainstem_app.reports.scan.scan_entry import BRAIN_ML, INTRACRANIAL_ML, know_head_size

    people, made_with, again = _people(folders, uses_edits)
    names = {folder: person.name for folder, person in people.items()}
    own = [folder for folder in names if within is not None and folder.is_relative_to(within)]
    table = table or _table_of(own or names)
    scans = [person.result.report.scan for person in people.values()]
    measured = tuple(name for name in (BRAIN_ML, INTRACRANIAL_ML) if any(getattr(s, name) for s in scans))
    if table is None:
        return People(names, made_with=made_with, again=again, measured=measured)
    participants = read_participants(table, missing)
    persons = list({person.name: person for person in people.values()}.values())
    rows = {name: row.values for name, row in _rows_of(participants, persons).items()}
    columns = [column for column in participants.columns if any(column in row for row in rows.values())]
    cells = {c: [row[c] for row in rows.values() if c in row] for c in columns}
    values = {c: tuple(sorted(set(spelled_alike(cells[c]).values()))) for c in columns}
    groups = {
        column: words
        for column, words in values.items()
        if 1 < len(words) <= _MOST_GROUPS and any(number_of(word) is None for word in words)
    }
    sites = {
        column: words
        for column, words in values.items()
        if 1 < len(words) <= _MOST_SITES and 2 * len(words) <= len(cells[column])
    }
    usual = {c: {level_key(word): word for word in words} for c, words in values.items()}
    return People(
        names,
        table,
        tuple(columns),
        groups,
        head_size_column(participants) or (INTRACRANIAL_ML if know_head_size(scans) else ""),
        {name: {c: usual[c][level_key(row[c])] for c in columns if c in row} for name, row in rows.items()},
        {
            c: asked
            for c in columns
            if (asked := asks_about(c, cells[c], decimal_comma=participants.decimal_comma))
        },
        made_with,
        sites,
        again,
        measured,
    )


def _rows_of(table: Participants, people: Sequence[Person]) -> dict[str, Participant]:
    """Row of each person; where people of two datasets could be meant, each dataset's by itself.

    Of such people not all are compared, and if they are, the comparison asks.
    """
    from brainstem_app.errors import InputError
    from brainstem_app.reports.cohort.participants import match_participants

    try:
        return match_participants(table, people).rows
    except InputError:
        datasets = dict.fromkeys(person.dataset_id for person in people)
        if len(datasets) < 2:
            raise
    rows: dict[str, Participant] = {}
    for dataset in datasets:
        rows |= match_participants(table, [p for p in people if p.dataset_id == dataset]).rows
    return rows


def _people(
    folders: Mapping[Path, bool], uses_edits: bool
) -> tuple[dict[Path, Person], dict[Path, tuple[str, ...]], dict[Path, Path]]:
    """Person of each result folder that can be read, what it was made with, and which were made again."""
    from brainstem_app.errors import InputError
    from brainstem_app.jobs.results.as_in_study import edit_beside, read_as_in_study
    from brainstem_app.reports.change.as_results import change_result
    from brainstem_app.reports.change.files import REPORT as OF_CHANGE
    from brainstem_app.reports.cohort.people import Person, segmented_again
    from brainstem_app.reports.scan.results import model_in_words

    results: dict[Path, Result] = {}
    for folder in folders:
        try:
            report, read = folder / REPORT_FILE, read_as_in_study
            if (folder / OF_CHANGE).is_file():
                report, read = folder / OF_CHANGE, change_result
            results[folder] = read(report, folder)
        except InputError:  # told when it is compared
            continue
    datasets = {result.dataset: _dataset(result) for result in results.values()}
    people = {
        folder: Person(
            _name(folder, result, datasets), result.subject, _dataset(result), result.dataset or "", result
        )
        for folder, result in results.items()
    }
    counted_ones = [
        replace(result, is_corrected=uses_edits and edit_beside(result) is not None)
        for folder, result in results.items()
        if folders[folder]
    ]
    again = {old.parent: new.parent for old, new in segmented_again(counted_ones).items()}
    people |= {old: people[new] for old, new in again.items()}
    made_with: dict[Path, tuple[str, ...]] = {
        folder: (r.report.atlas.title, model_in_words(r.report), r.version) for folder, r in results.items()
    }
    return people, made_with, again


def _dataset(result: Result) -> str:
    return result.report.scan.dataset or ""


def _name(folder: Path, result: Result, datasets: dict[str | None, str]) -> str:
    """Name of a person, with the dataset where there are several, and the folder where two share a name."""
    if len(datasets) < 2 or not result.dataset:
        return result.subject
    name = _dataset(result)
    shared = list(datasets.values()).count(name) > 1
    return f"{name}{f', {folder.parent.name}' if shared else ''}/{result.subject}"


@dataclass(frozen=True)
class StudyChoice:
    """Results of a study: their model, and which of them; all that count if none is named."""

    model: str
    subjects: tuple[str, ...] = ()


def choice_in_study(
    study: Path | None, chosen: Iterable[Path], rejected: Iterable[Path]
) -> StudyChoice | None:
    """Results of one model of a study that are chosen; None for any other choice."""
    from brainstem_app.study.segmentations import result_folders

    folders = set(chosen)
    models = {folder.name for folder in folders}
    if study is None or len(models) != 1:
        return None
    root = study / SEGMENTATIONS_FOLDER
    (model,) = models
    of_model = {folder for folder in result_folders(study) if folder.name == model}
    if not folders <= of_model:
        return None
    if folders == of_model - set(rejected):
        return StudyChoice(model)
    return StudyChoice(model, tuple(sorted(folder.relative_to(root).as_posix() for folder in folders)))


def made_differently(made_with: Sequence[tuple[str, ...]]) -> str:
    """Atlases, models or versions that differ among some results; empty if they are alike."""
    kinds = (sorted({value for value in values if value}) for values in zip(*made_with, strict=True))
    return "; ".join(", ".join(kind) for kind in kinds if len(kind) > 1)


def _table_of(names: Iterable[Path]) -> Path | None:
    """Return the table of the first dataset that a scan of these results lies in."""
    from brainstem_app.study.scan_of_result import scan_of_result

    for folder in names:
        scan = scan_of_result(folder)
        for above in () if scan is None else list(scan.parents)[:5]:
            if (above / PARTICIPANTS_FILE).is_file():
                return above / PARTICIPANTS_FILE
    return None
