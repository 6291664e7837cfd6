"""What people said and did about one result of a study: accepted, rejected, corrected, put back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from brainstem_app.errors import InputError
from brainstem_app.plain_name import PartName
from brainstem_app.plain_text import OneLine
from brainstem_app.study.record import Record, changing
from brainstem_app.written_files import STATE_FILE, STUDY_FILE

# The window waits meanwhile.
_PATIENCE_S = 3.0
Deed = Literal["accepted", "rejected", "undecided", "corrected", "restored", "imported"]
State = Literal["unseen", "accepted", "rejected", "edited"]


class Entry(BaseModel):
    """One thing that somebody said or did.

    Attributes
    ----------
    deed : str
    why, who : str
        As given, in one line; `who` is a name that the person chose, by default that of the login.
    date : str
        ISO 8601, with its time zone.
    labels_sha256 : str
        Label map of the segmentation that it was about.
    edit_sha256 : str
        Corrected copy that was current then; empty if there was none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    deed: Deed
    why: OneLine = ""
    who: OneLine = ""
    date: str = Field(default_factory=lambda: datetime.now().astimezone().isoformat(timespec="seconds"))
    labels_sha256: str = ""
    edit_sha256: str = ""


class ResultRecord(Record):
    """``state.json`` beside a result of a study: whose it is, and what people said and did about it.

    Attributes
    ----------
    dataset, dataset_id : str
        Name of the dataset and what tells it from others of that name; empty for a scan of none.
    subject : str
        Name within the dataset, e.g. ``sub-01``.
    session : str
        Session, and run where a session has several scans: ``ses-2`` or ``ses-2_run-1``; empty if none.
    model : str
        Folder of the model's results: its name and version.
    scan : str
        Where the scan lies; it may be gone.
    history : tuple of Entry
        The first first.
    """

    schema_name: Literal["brainstem-result/1"] = Field("brainstem-result/1", alias="schema")
    dataset: str = ""
    dataset_id: str = ""
    subject: PartName
    session: str = ""
    model: str = ""
    scan: str = ""
    history: tuple[Entry, ...] = ()

    def with_entry(self, entry: Entry) -> Self:
        """Return the same with one more thing that was said or done."""
        return self.model_copy(update={"history": (*self.history, entry)})

    def judgement(self, labels_sha256: str) -> Entry | None:
        """Return what was said last of these labels; None if nobody has, or it was taken back.

        A rejection outlives a correction: only who accepts the corrected labels lifts it.
        """
        said = [e for e in self.history if e.deed in ("accepted", "rejected", "undecided")]
        last = said[-1] if said else None
        if last is None or last.deed == "undecided" or last.labels_sha256 != labels_sha256:
            return None
        return last

    def rejected_before(self, labels_sha256: str) -> Entry | None:
        """Return the last judgement if it rejected another label map, which a new segmentation replaced."""
        said = [e for e in self.history if e.deed in ("accepted", "rejected", "undecided")]
        is_of_other = bool(said) and said[-1].labels_sha256 != labels_sha256
        return said[-1] if is_of_other and said[-1].deed == "rejected" else None


def state_of(record: ResultRecord, labels_sha256: str, edit_sha256: str) -> State:
    """State of a result whose files have these hashes; see `ResultRecord`.

    An acceptance is of the version that was looked at: corrected since, it is ``edited`` and waits for the
    next look.
    """
    said = record.judgement(labels_sha256)
    if said is not None and said.deed == "rejected":
        return "rejected"
    if said is not None and said.edit_sha256 == edit_sha256:
        return "accepted"
    return "edited" if edit_sha256 else "unseen"


def read_record(result: Path) -> ResultRecord | None:
    """Read what is known of the result in a folder; None if nothing is.

    Raises
    ------
    InputError
        If the file is damaged: then nobody can say whether the result was rejected.
    """
    path = result / STATE_FILE
    return ResultRecord.load(path) if path.is_file() else None


def append_entry(study: Path, result: Path, whose: ResultRecord, entry: Entry) -> ResultRecord:
    """Write down one thing that was said or done about a result, beside it.

    Parameters
    ----------
    study, result : Path
        Folders of the study and of the result.
    whose : ResultRecord
        Whose the result is, where nothing lies beside it yet.
    entry : Entry

    Raises
    ------
    InputError
        If the study or the result is gone, the record is damaged, or the folder cannot be written.
    """
    if not (study / STUDY_FILE).is_file() or not result.is_dir():
        raise InputError(
            "The study or this result is not there any more; nothing is saved.",
            result,
            "Connect its drive, or put the folder back where it was, and do it again.",
        )
    try:
        with changing(study, "review", _PATIENCE_S, also=result / STATE_FILE):
            record = (read_record(result) or whose).with_entry(entry)
            record.save(result / STATE_FILE)
    except OSError as error:
        raise InputError(
            f"This cannot be saved: {error.strerror}.",
            result / STATE_FILE,
            "Check that the study folder is there and may be written to.",
        ) from error
    return record


def record_origin(study: Path, result: Path, whose: ResultRecord) -> None:
    """Write beside a new result whose it is; what people said of earlier labels stays in its history.

    Raises
    ------
    InputError
        As `append_entry`.
    """
    try:
        with changing(study, "segment", also=result / STATE_FILE):
            before = read_record(result)
            history = () if before is None else before.history
            whose.model_copy(update={"history": history}).save(result / STATE_FILE)
    except OSError as error:
        raise InputError(
            f"Whose result this is cannot be saved: {error.strerror}.",
            result / STATE_FILE,
            "Check that the study folder is there and may be written to.",
        ) from error
