"""Segmentations that belong to a study: ``segmentations/SUBJECT[/SESSION]/MODEL/``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from brainstem_app.counting import listed
from brainstem_app.errors import InputError
from brainstem_app.imaging.bids.subject_ids import id_key, occasion_name, subject_name
from brainstem_app.imaging.edited_version import EditedVersion, digest_of, latest_edit
from brainstem_app.named_version import with_version
from brainstem_app.plain_name import folder_name_of
from brainstem_app.study.result_state import Entry, ResultRecord, State, append_entry, read_record, state_of
from brainstem_app.study.scan_of_result import scan_of_result
from brainstem_app.written_files import (
    LABELS_FILE,
    OF_CORRECTIONS,
    REPORT_FILE,
    SEGMENTATIONS_FOLDER,
    STATE_FILE,
    STUDY_FILE,
)


@dataclass(frozen=True, kw_only=True)
class LabelledScan:
    """One segmentation, and the correction of it that counts.

    Attributes
    ----------
    folder : Path
    labels_sha256 : str
        Of the label map that the segmentation wrote.
    edit : EditedVersion or None
        Corrected copy that is the current version.
    edit_sha256 : str
        Of that copy; empty if there is none.
    """

    folder: Path
    labels_sha256: str
    edit: EditedVersion | None = None
    edit_sha256: str = ""

    @property
    def name(self) -> str:
        """What it is called."""
        return self.folder.name

    @property
    def scan(self) -> Path | None:
        """Where the scan lies, if the study or a job of the window says it; it may be gone."""
        return scan_of_result(self.folder)

    @property
    def current_labels(self) -> Path:
        """The label map that counts: corrected, or as it was written."""
        return self.folder / LABELS_FILE if self.edit is None else self.edit.path


@dataclass(frozen=True, kw_only=True)
class StudyResult(LabelledScan):
    """One segmentation of a study.

    Attributes
    ----------
    study : Path
        Folder of the study.
    record : ResultRecord
        Whose it is, and what people said and did.
    """

    study: Path
    record: ResultRecord

    @property
    def name(self) -> str:
        """Folder of the result below ``segmentations``, e.g. ``sub-01/ses-2/brainstem31-5``."""
        return self.folder.relative_to(self.study / SEGMENTATIONS_FOLDER).as_posix()

    @property
    def person(self) -> str:
        """Folder of the person and session, e.g. ``sub-01/ses-2``."""
        return self.name.rpartition("/")[0]

    @property
    def state(self) -> State:
        """Unseen, accepted, rejected or edited."""
        return state_of(self.record, self.labels_sha256, self.edit_sha256)

    @property
    def last(self) -> Entry | None:
        """Who has last decided or corrected, when and why; None if nobody has."""
        said = self.record.judgement(self.labels_sha256)
        corrected = [
            e for e in self.record.history if e.deed == "corrected" and e.edit_sha256 == self.edit_sha256
        ]
        if self.state == "edited" and self.edit is not None:
            saved = self.edit.saved.isoformat(timespec="seconds")
            return corrected[-1] if corrected else Entry(deed="corrected", date=saved)
        if said is not None:
            return said
        before = self.record.rejected_before(self.labels_sha256)
        return None if before is None else before.model_copy(update={"why": f"earlier labels: {before.why}"})

    def write_down(self, entry: Entry) -> StudyResult:
        """Write down one thing that was said or done about it as it is now; InputError if that fails."""
        own = entry.model_copy(update={"labels_sha256": self.labels_sha256, "edit_sha256": self.edit_sha256})
        append_entry(self.study, self.folder, self.record, own)
        return read_study_result(self.study, self.folder)


def model_folder(name: str, version: str | None) -> str:
    """Folder of a model's results, named after the model and its version: two versions lie side by side."""
    return folder_name_of(f"{name}-{version or 'unknown'}", "model")


def words_of_result(name: str) -> str:
    """Whose a result of a study is, and its model: ``sub-01/net-2`` is sub-01 · net version 2."""
    whose, _, model = name.rpartition("/")
    return f"{whose} · {with_version(*model.rsplit('-', 1))}" if whose and "-" in model else name


def whose_loose_result(scan_file: str, folder: str) -> str:
    """Whose a result outside of a study is, by the names of its scan and its folder: ``sub-01/ses-2``.

    A scan whose name tells no subject is called as its folder is, which differs from those of other scans.
    """
    return "/".join(filter(None, (subject_name(scan_file, folder), occasion_name(scan_file, folder))))


def read_study_result(study: Path, folder: Path) -> StudyResult:
    """Read one result of a study. Raises InputError if what people said of it is damaged."""
    record = read_record(folder) or _record_from_place(study, folder)
    return StudyResult(study=study, record=record, **vars(_read_labels(folder)))


def read_labelled_scan(folder: Path) -> LabelledScan:
    """Read a result, as its study has it if it lies in one.

    Raises
    ------
    InputError
        If there is no segmentation in the folder, or what people said of it is damaged.
    """
    folder = folder.absolute()
    if not (folder / LABELS_FILE).is_file() or not (folder / REPORT_FILE).is_file():
        raise InputError(
            f"This folder holds no result of one scan ({LABELS_FILE} with its {REPORT_FILE}).",
            folder,
            "Give a folder that segment wrote, of one scan; in a study segmentations/SUBJECT/MODEL.",
        )
    return result_in_study(folder) or _read_labels(folder)


def result_in_study(folder: Path) -> StudyResult | None:
    """Return a result as its study has it; None outside of one.

    Raises
    ------
    InputError
        If what people said of it is damaged.
    """
    folder = folder.absolute()
    study = study_of_result(folder)
    return None if study is None else read_study_result(study, folder)


def record_in_study(folder: Path) -> ResultRecord | None:
    """Return whose a result is by its study; None outside of one. Raises InputError as `result_in_study`."""
    folder = folder.absolute()
    study = study_of_result(folder)
    return None if study is None else read_record(folder) or _record_from_place(study, folder)


def study_of_result(folder: Path) -> Path | None:
    """Return the study that a result belongs to."""
    study = next((place for place in folder.parents if (place / STUDY_FILE).is_file()), None)
    if study is None:
        return None
    is_there = folder.is_relative_to(study / SEGMENTATIONS_FOLDER) or (folder / STATE_FILE).is_file()
    return study if is_there else None


def _read_labels(folder: Path) -> LabelledScan:
    original = folder / LABELS_FILE
    edit = latest_edit(original) if original.is_file() else None
    digest = "" if edit is None else digest_of(edit.path)
    return LabelledScan(folder=folder, labels_sha256=digest_of(original), edit=edit, edit_sha256=digest)


def study_results(study: Path) -> tuple[StudyResult, ...]:
    """Read all results of a study, in the order of their folders.

    Raises
    ------
    InputError
        If what people said of one is damaged.
    """
    return tuple(read_study_result(study, folder) for folder in result_folders(study))


def result_folders(study: Path) -> list[Path]:
    """Folders of all results of a study, in their order."""
    return sorted(_folders(study))


def _folders(study: Path) -> Iterator[Path]:
    root = study / SEGMENTATIONS_FOLDER
    for pattern in ("*/*", "*/*/*"):
        for report in root.glob(f"{pattern}/{REPORT_FILE}"):
            if report.parent.name not in OF_CORRECTIONS:
                yield report.parent


def _record_from_place(study: Path, folder: Path) -> ResultRecord:
    """Whose a result is by its folder, where nothing beside it says so."""
    subject, *session, model = folder.relative_to(study / SEGMENTATIONS_FOLDER).parts
    return ResultRecord(subject=subject, session="/".join(session), model=model)


def models_in(results: Iterable[StudyResult]) -> tuple[str, ...]:
    """Folders of the models that have labelled some of the results."""
    return tuple(sorted({result.folder.name for result in results}))


def of_model(results: Sequence[StudyResult], model: str, where: Path) -> tuple[StudyResult, ...]:
    """Take the results of one model.

    Parameters
    ----------
    model : str
        Name of a model, or name and version as its folders are called; empty where there is one alone.

    Raises
    ------
    InputError
        If there is no result, or more than one model could be meant.
    """
    _check_any(results, where)
    there = models_in(results)
    wanted = [name for name in there if not model or name == model or name.rpartition("-")[0] == model]
    if not wanted:
        raise InputError(
            f"No result of this study is of the model {model}.", where, f"There are: {listed(there)}."
        )
    if len(wanted) > 1:
        raise InputError(
            f"The study holds results of more than one model: {listed(wanted)}.",
            where,
            "Choose one with --model.",
        )
    return tuple(result for result in results if result.folder.name == wanted[0])


def _check_any(results: Sequence[StudyResult], where: Path) -> None:
    if not results:
        raise InputError(
            "The study holds no segmentation yet.",
            where / SEGMENTATIONS_FOLDER,
            "Segment into it with `brainstem-app segment --study`, or bring results in with "
            "`brainstem-app study import-results`.",
        )


def of_person(
    results: Sequence[StudyResult], subject: str, session: str, where: Path
) -> tuple[StudyResult, ...]:
    """Take the results of one person.

    Parameters
    ----------
    subject : str
        Name of the person, ``sub-01`` or ``1``; of another dataset with that before it, as its folder is
        called; or the folder of one result, ``sub-01/ses-2/brainstem31-5``.
    session : str
        Session, e.g. ``2``; empty for all.

    Raises
    ------
    InputError
        If nobody is meant, or people of two datasets could be, or there are no results.
    """
    _check_any(results, where)
    exact = [r for r in results if subject in (r.name, r.person, r.name.partition("/")[0])]
    found = exact or [r for r in results if id_key(r.record.subject) == id_key(subject)]
    if session:
        found = [r for r in found if id_key(r.record.session.partition("_")[0]) == id_key(session)]
    people = sorted({r.name.partition("/")[0] for r in found})
    if len(people) > 1:
        raise InputError(
            f"“{subject}” may be {' or '.join(people)}.", where, "Give the name of the folder of the person."
        )
    if not found:
        there = listed(sorted({r.person for r in results}))
        whose = f"{subject}, session {session}" if session else subject
        raise InputError(f"No result of this study is of {whose}.", where, f"There are: {there}.")
    return tuple(found)
