"""Jobs about scans: label them, compare two label maps, simulate some, show what comes out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import model_validator

from brainstem_app.imaging.dicom.identity import Identity
from brainstem_app.jobs.kinds.job_model import DEFAULT_MODEL, JobModel, UnclearJobError
from brainstem_app.models.library import WeightsKind
from brainstem_app.plain_name import PartNameOrEmpty
from brainstem_app.setting import setting
from brainstem_app.written_files import SEGMENTATIONS_FOLDER
from kerasmodels.training.settings import Count, Seed

ORIENTATION = (
    "Axes of scans whose header does not say them, e.g. RAS (of DICOM: columns, rows and slices, mostly "
    "LPS). Left is then where you say."
)
Out = Annotated[Path, setting("Results", "Folder for the results.")]
SimulationSeed = Annotated[Seed, setting("Seed", "Another number makes other heads.")]


def _require(holds: bool, what: str, fix: str) -> None:
    if not holds:
        raise UnclearJobError(what, fix)


class SegmentJob(JobModel):
    """Label the brainstem of each scan, on the scan's own grid, with a report: one folder a scan.

    Results of the same scan are replaced, each file at once when the new one is whole; a folder that holds
    those of another scan is refused. With --study they belong to the study, by subject, session and model.
    """

    command: ClassVar[str] = "segment"
    kind: Literal["segment"] = "segment"
    scans: Annotated[
        tuple[Path, ...],
        setting(
            "Scans",
            "NIfTI, MGZ, a DICOM folder, or a BIDS dataset.",
            argument="SCAN…",
            empty="all of the study's dataset",
        ),
    ] = ()
    out: Annotated[Path, setting("Results", "Folder for the results.", empty="the study's")] = Path()
    study: Annotated[
        Path | None,
        setting(
            "Study",
            "Study that the results belong to, instead of --out; one is begun in a new or empty folder.",
        ),
    ] = None
    model: Annotated[str, setting("Model", "Name of a model, or its file or folder.", always=True)] = (
        DEFAULT_MODEL
    )
    engine: Annotated[WeightsKind, setting("Engine", "What runs the network.", always=True)] = "onnx"
    orientation: Annotated[str | None, setting("Orientation", ORIENTATION)] = None
    name: Annotated[
        PartNameOrEmpty,
        setting(
            "Name", "Folder of the results, where there is one scan alone.", empty="the scan's", advanced=True
        ),
    ] = ""
    surfaces: Annotated[
        bool,
        setting("Surfaces", "Also write the surface of each nucleus and region as STL, and all as GLB."),
    ] = False
    bids: Annotated[bool, setting("BIDS", "Make the folder a dataset of BIDS derivatives.")] = False
    dicom_seg: Annotated[
        bool, setting("DICOM SEG", "Also write a DICOM segmentation, if the scan came as DICOM.")
    ] = False
    dicom_identity: Annotated[
        Identity,
        setting(
            "Identity",
            "Who the DICOM segmentation names. none: nobody. links: UIDs of the source's study, series and "
            "images. patient: the patient too, to go back into the archive.",
        ),
    ] = Identity.NONE

    @model_validator(mode="before")
    @classmethod
    def _where_results_go(cls, content: Any) -> Any:
        """Take the study's folder for results, and refuse what leaves open where they go."""
        if not isinstance(content, dict):
            return content
        study, out = content.get("study"), content.get("out")
        if study is None:
            _require(out is not None, "It is not said where the results go.", "Give --out, or --study.")
            _require(
                bool(content.get("scans")), "No scan is given.", "Name scans, or a --study with a dataset."
            )
            return content
        _require(
            not content.get("bids"), "Results of a study are no BIDS derivatives.", "Give --out for --bids."
        )
        own = Path(study) / SEGMENTATIONS_FOLDER
        both = "Results go to one place, not to a folder and a study."
        _require(out is None or Path(out) == own, both, "Leave out --out or --study.")
        # Text, for what comes from a file may hold nothing else.
        return {**content, "out": str(own)}

    @property
    def what(self) -> str:
        """Name of what is segmented, for a list of jobs."""
        one = self.scans[0] if self.scans else self.study
        return "scans" if one is None else one.name

    def command_line(self, instead: Mapping[str, Any] | None = None) -> tuple[str, ...]:
        """Return the words of the command line; the folder of a study's results is not said beside it."""
        study = (instead or {}).get("study", self.study)
        return super().command_line({**(instead or {}), **({"out": Path()} if study is not None else {})})


class EvaluateVolumesJob(JobModel):
    """Compare two label volumes on one grid."""

    command: ClassVar[str] = "evaluate"
    kind: Literal["evaluate-volumes"] = "evaluate-volumes"
    predicted: Annotated[Path, setting("Predicted", "Predicted label volume.", argument="PREDICTED")]
    reference: Annotated[
        Path, setting("Reference", "Reference label volume on the same grid.", argument="REFERENCE")
    ]
    out: Annotated[Path, setting("Results", "Folder for the report on two volumes.")]
    atlas: Annotated[
        str | None,
        setting(
            "Atlas",
            "Atlas of the labels of both volumes.",
            empty="what lies beside them says",
            metavar="NAME|FOLDER",
        ),
    ] = None


class SimulateJob(JobModel):
    """Make a BIDS dataset of simulated scans with their true labels."""

    command: ClassVar[str] = "simulate"
    kind: Literal["simulate"] = "simulate"
    subjects: Annotated[Count, setting("Subjects", "Number of subjects.")]
    out: Out
    seed: SimulationSeed = 0


class MakeDatasetJob(JobModel):
    """Make a BIDS dataset of single scans, so that a study can be made of them; overwrites nothing."""

    command: ClassVar[str] = "make-dataset"
    kind: Literal["make-dataset"] = "make-dataset"
    scans: Annotated[
        tuple[Path, ...],
        setting("Scans", "NIfTI, MGZ, DICOM folders, or folders of such files.", argument="SCAN…"),
    ]
    out: Annotated[Path, setting("Dataset", "New or empty folder for the dataset.")]
    table: Annotated[
        Path | None,
        setting(
            "Whose they are",
            "Table with the columns scan and participant_id; session_id, acq_time (date) or years (since the "
            "first scan), group, age and sex if need be.",
            empty="by the scans' names",
        ),
    ] = None
    links: Annotated[
        bool,
        setting(
            "Files",
            "Link to NIfTI files instead of copying them; they have to stay where they are then.",
            empty="link instead of copying",
        ),
    ] = False


class DemoJob(JobModel):
    """Segment one simulated subject and report it against its true labels; needs no scan."""

    command: ClassVar[str] = "demo"
    kind: Literal["demo"] = "demo"
    out: Out
    seed: SimulationSeed = 0
    model: Annotated[str, setting("Model", "Name of a model, or its file or folder.")] = DEFAULT_MODEL
