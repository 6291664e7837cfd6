"""Jobs about many people or scans of one: groups compared, reference groups kept, volumes over time."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import model_validator

from brainstem_app.jobs.kinds.job_model import DEFAULT_MODEL, JobModel, UnclearJobError
from brainstem_app.jobs.kinds.scans import ORIENTATION
from brainstem_app.plain_name import PartNameOrEmpty
from brainstem_app.reports.cohort.request import CohortRequest, PeopleRequest
from brainstem_app.setting import setting
from brainstem_app.study.people_reports import new_report_place

Edited = Literal["use", "original", "leave-out"]
Study = Annotated[
    Path | None,
    setting("Study", "Take the results of this study, without those that were rejected, instead of RESULTS."),
]
Out = Annotated[
    Path, setting("Results", "Folder for the results.", empty="with --study, a new one in its reports")
]
StudyModel = Annotated[
    str,
    setting("Model", "Of a study with results of several models: the model to take.", empty="the only one"),
]
EditedLabels = Annotated[
    Edited,
    setting(
        "Corrected labels",
        "What counts of results whose labels were corrected by hand: use the corrected labels, the original "
        "ones, or leave these results out.",
    ),
]


ResultFolders = Annotated[
    tuple[Path, ...],
    setting(
        "Results",
        "Folders that segment wrote: the report.json of each subject, at any depth.",
        argument="RESULTS…",
    ),
]
OnlySubjects = Annotated[
    tuple[str, ...],
    setting(
        "People",
        "Of a study: only these people, by name (sub-01), or the folder of one result (sub-01/ses-2/MODEL).",
        empty="all",
        option="--subject",
    ),
]


def _with_place(content: dict[str, Any], what: str) -> dict[str, Any]:
    """Say where the results go, where nobody has: into the study that they are of.

    Raises
    ------
    UnclearJobError
        If they are of none.
    """
    if content.get("out"):
        return content
    if not content.get("study"):
        raise UnclearJobError("It is not said where the results go.", "Give --out, or --study.")
    return {**content, "out": str(new_report_place(Path(content["study"]), what))}


class _OfResults(JobModel):
    """A job about results in folders, or in a study."""

    report_name: ClassVar[str]

    @model_validator(mode="before")
    @classmethod
    def _which_results(cls, content: Any) -> Any:
        """Refuse results of both a folder and a study, and of neither."""
        if isinstance(content, dict):
            given = [bool(content.get(name)) for name in ("results", "study")]
            if not any(given):
                raise UnclearJobError(
                    "It is not said which results to take.", "Give their folder, or --study."
                )
            if all(given) or (content.get("study") and content.get("second")):
                what = "Results are taken from folders or from a study, not from both."
                raise UnclearJobError(what, "Leave out the folders, or --study.")
            if content.get("subjects") and not content.get("study"):
                what = "--subject chooses among the people of a study."
                raise UnclearJobError(what, "Give --study, or the folders of their results.")
            if content.get("model") and not content.get("study"):
                what = "--model chooses among the results of a study."
                raise UnclearJobError(what, "Give --study, or leave it out.")
            return _with_place(content, cls.report_name)
        return content


class CohortJob(CohortRequest, _OfResults):
    """Compare volumes of many people: groups by a linear model, each subject against the reference group."""

    command: ClassVar[str] = "cohort"
    report_name: ClassVar[str] = "Groups"
    kind: Literal["cohort"] = "cohort"
    results: ResultFolders = ()
    out: Out = Path()
    study: Study = None
    subjects: OnlySubjects = ()
    model: StudyModel = ""
    edited: EditedLabels = "use"


class SaveReferenceJob(PeopleRequest, _OfResults):
    """Save a reference group as a file that names nobody, so that any lab can set people against it."""

    command: ClassVar[str] = "reference save"
    report_name: ClassVar[str] = "Reference group"
    kind: Literal["save-reference"] = "save-reference"
    results: ResultFolders = ()
    out: Out = Path()
    name: Annotated[
        str,
        setting(
            "Name", "What the group is called, e.g. “Controls Paris 3 T”.", empty="its word in the table"
        ),
    ] = ""
    site: Annotated[
        str,
        setting(
            "Sites",
            "Refused: nobody could be set against a group without its sites' differences. Save a group for "
            "each scanner, or give the column as a covariate.",
            empty="must be empty",
        ),
    ] = ""
    study: Study = None
    subjects: OnlySubjects = ()
    model: StudyModel = ""
    edited: EditedLabels = "use"


class ChangeJob(JobModel):
    """Measure how the brainstem of a person changes from scan to scan, in per cent a year.

    All scans of a person are measured in one place between them, with one bend of the atlas, so that neither
    is the first. People are those of a BIDS dataset or study with two scans or more; scans outside of a
    dataset are of one person.
    """

    command: ClassVar[str] = "change"
    kind: Literal["change"] = "change"
    scans: Annotated[
        tuple[Path, ...],
        setting(
            "Scans",
            "Scans of one person, or BIDS datasets or subject folders with several sessions.",
            argument="SCAN…",
            empty="all people of the study",
        ),
    ] = ()
    out: Out = Path()
    study: Annotated[
        Path | None,
        setting("Study", "Take the scans whose results in this study were not rejected, instead of SCAN."),
    ] = None
    years: Annotated[
        tuple[float, ...],
        setting(
            "Years",
            "When each SCAN of one person was made, in years, in their order, e.g. 0,1.5.",
            separator=",",
            empty="the dates in the dataset's tables or the DICOM headers",
        ),
    ] = ()
    subject: Annotated[
        PartNameOrEmpty,
        setting("Person", "What to call the person of scans outside of a dataset.", empty="person"),
    ] = ""
    model: Annotated[str, setting("Model", "Name of a model, or its file or folder.", always=True)] = (
        DEFAULT_MODEL
    )
    orientation: Annotated[str | None, setting("Orientation", ORIENTATION)] = None

    @model_validator(mode="before")
    @classmethod
    def _which_scans(cls, content: Any) -> Any:
        """Refuse scans of both a study and SCAN, and of neither."""
        if isinstance(content, dict):
            given = [bool(content.get(name)) for name in ("scans", "study")]
            if sum(given) != 1:
                what = (
                    "Scans are named and a study too."
                    if all(given)
                    else "It is not said which scans to take."
                )
                raise UnclearJobError(what, "Name scans, or give --study.")
            return _with_place(content, "Change")
        return content

    @property
    def what(self) -> str:
        """Name of what is measured, for a list of jobs."""
        one = self.scans[0] if self.scans else self.study
        return "scans" if one is None else one.name


class RetestJob(_OfResults):
    """Say how well volumes repeat themselves: two scans, or two preparations of one, of the same people."""

    command: ClassVar[str] = "retest"
    report_name: ClassVar[str] = "Repeatability"
    kind: Literal["retest"] = "retest"
    results: Annotated[
        Path | None,
        setting(
            "Results",
            "Table (CSV, TSV) with the columns subject, first, second; or a folder that segment wrote.",
            argument="RESULTS",
        ),
    ] = None
    out: Out = Path()
    second: Annotated[
        Path | None,
        setting(
            "Second results",
            "Folder with the second results; without it each subject has two sessions in RESULTS.",
            argument="SECOND",
        ),
    ] = None
    mixed: Annotated[
        bool,
        setting(
            "Made differently",
            "Compare results of different atlases, models or versions of the program all the same: their "
            "difference is then part of what is measured.",
        ),
    ] = False
    same_people: Annotated[
        bool,
        setting(
            "Same people", "People of one name in two datasets (RESULTS and SECOND) are the same people."
        ),
    ] = False
    study: Study = None
    model: StudyModel = ""
    edited: EditedLabels = "use"
