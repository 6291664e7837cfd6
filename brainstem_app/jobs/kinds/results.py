"""Jobs about the results that a study holds: looked at, judged, corrected, brought in, given out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from brainstem_app.jobs.kinds.job_model import JobModel
from brainstem_app.jobs.kinds.people import EditedLabels, StudyModel
from brainstem_app.jobs.kinds.scans import Out
from brainstem_app.jobs.kinds.studies import STUDY_HELP
from brainstem_app.plain_text import OneLine
from brainstem_app.setting import setting

Study = Annotated[Path, setting("Study", STUDY_HELP, argument="STUDY")]
Subjects = Annotated[
    tuple[str, ...],
    setting(
        "Subjects",
        "People by name (sub-01 or 1), or the folder of one result (sub-01/ses-2/MODEL).",
        argument="SUBJECT…",
        min_length=1,
    ),
]
Session = Annotated[str, setting("Session", "Only this session, e.g. 2.", empty="all of them")]
Who = Annotated[OneLine, setting("Who", "Name that is kept beside the decision.", empty="your login name")]
Why = Annotated[OneLine, setting("Why", "Note that is kept with it.")]

Corrected = Annotated[
    Path | None,
    setting(
        "Labels",
        "Corrected label map, on the grid of the original.",
        empty="labels_native_edited.nii.gz beside the original",
    ),
]


class QualityJob(JobModel):
    """Look at all results of a study: write quality.tsv, what is unusual of each, and a small picture."""

    command: ClassVar[str] = "quality"
    kind: Literal["quality"] = "quality"
    study: Study
    pictures: Annotated[bool, setting("Pictures", "Also make the small picture of each result.")] = True


class OfSubjects(JobModel):
    """Something said or done about the results of some people."""

    study: Study
    subjects: Subjects
    session: Session = ""
    model: StudyModel = ""
    who: Who = ""


class AcceptResultsJob(OfSubjects):
    """Accept results of a study: somebody looked, and the labels lie where they should."""

    command: ClassVar[str] = "study accept"
    kind: Literal["accept-results"] = "accept-results"
    why: Why = ""


class RejectResultsJob(OfSubjects):
    """Reject results of a study, and say why; groups, repeatability and export leave them out."""

    command: ClassVar[str] = "study reject"
    kind: Literal["reject-results"] = "reject-results"
    why: Annotated[OneLine, setting("Why", "Reason, told wherever the result is left out.", min_length=1)]


class UndecideResultsJob(OfSubjects):
    """Take back what was said of results of a study: they are unseen again."""

    command: ClassVar[str] = "study undecide"
    kind: Literal["undecide-results"] = "undecide-results"
    why: Why = ""


class CorrectResultJob(JobModel):
    """Make corrected labels the current version of a result and write its report anew; the original stays."""

    command: ClassVar[str] = "study correct"
    kind: Literal["correct-result"] = "correct-result"
    study: Study
    subject: Annotated[
        str,
        setting("Subject", "Person by name, or the folder of the result.", argument="SUBJECT"),
    ]
    labels: Corrected = None
    session: Session = ""
    model: StudyModel = ""
    who: Who = ""
    why: Why = ""


Result = Annotated[
    Path, setting("Result", "Folder that segment wrote, of one scan, in a study or not.", argument="RESULT")
]


class CorrectFolderJob(JobModel):
    """Make corrected labels the current version of a result by its folder, and write its report anew.

    As study correct does by name, for a result that lies in no study, too; the original stays.
    """

    command: ClassVar[str] = "correct"
    kind: Literal["correct-folder"] = "correct-folder"
    result: Result
    labels: Corrected = None
    scan: Annotated[
        Path | None,
        setting(
            "Scan",
            "The scan that was segmented; the picture of the report shows it.",
            empty="where the study, or the job of the window beside the result, says",
        ),
    ] = None


class RestoreFolderJob(JobModel):
    """Make the original labels of a result, by its folder, the current version again; nothing is lost."""

    command: ClassVar[str] = "restore"
    kind: Literal["restore-folder"] = "restore-folder"
    result: Result


class RestoreResultsJob(OfSubjects):
    """Make the original labels of results the current version again; corrections are put aside, not lost."""

    command: ClassVar[str] = "study restore"
    kind: Literal["restore-results"] = "restore-results"
    why: Why = ""


class ImportResultsJob(JobModel):
    """Copy results that lie in other folders into a study, each to its subject, session and model.

    In a new or empty folder a study is begun.
    """

    command: ClassVar[str] = "study import-results"
    kind: Literal["import-results"] = "import-results"
    study: Study
    results: Annotated[
        tuple[Path, ...],
        setting(
            "Results",
            "Folders that segment wrote; they stay as they are.",
            argument="FOLDER…",
            min_length=1,
        ),
    ]
    who: Who = ""


class ExportResultsJob(JobModel):
    """Write the volumes of a study's results as a table, and their label maps, without the rejected ones."""

    command: ClassVar[str] = "study export"
    kind: Literal["export-results"] = "export-results"
    study: Study
    out: Out
    model: StudyModel = ""
    edited: EditedLabels = "use"
    labels: Annotated[bool, setting("Label maps", "Also copy the label map of each result.")] = True
