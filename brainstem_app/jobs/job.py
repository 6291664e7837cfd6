"""What a job has to do: one small JSON file a job, the same for window, command line and cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import write_text
from brainstem_app.jobs.kinds.atlases import BuildAtlasJob, ImportAtlasJob
from brainstem_app.jobs.kinds.many import CompareCellJob, CompareJob, OnSlurmJob
from brainstem_app.jobs.kinds.networks import (
    ActivationsJob,
    EvaluateRunJob,
    ExportEnsembleJob,
    ExportModelJob,
    MeasureSpeedJob,
    TrainJob,
)
from brainstem_app.jobs.kinds.people import ChangeJob, CohortJob, RetestJob, SaveReferenceJob
from brainstem_app.jobs.kinds.results import (
    AcceptResultsJob,
    CorrectFolderJob,
    CorrectResultJob,
    ExportResultsJob,
    ImportResultsJob,
    QualityJob,
    RejectResultsJob,
    RestoreFolderJob,
    RestoreResultsJob,
    UndecideResultsJob,
)
from brainstem_app.jobs.kinds.scans import (
    DemoJob,
    EvaluateVolumesJob,
    MakeDatasetJob,
    SegmentJob,
    SimulateJob,
)
from brainstem_app.jobs.kinds.studies import (
    AddReferenceJob,
    CopyStudyJob,
    PrepareJob,
    RemoveReferenceJob,
)
from brainstem_app.small_files import read_small
from brainstem_app.validation import input_error

Job = Annotated[
    SegmentJob
    | PrepareJob
    | TrainJob
    | EvaluateVolumesJob
    | CohortJob
    | RetestJob
    | ChangeJob
    | SaveReferenceJob
    | EvaluateRunJob
    | CompareJob
    | CompareCellJob
    | OnSlurmJob
    | ActivationsJob
    | CopyStudyJob
    | QualityJob
    | AcceptResultsJob
    | RejectResultsJob
    | UndecideResultsJob
    | CorrectResultJob
    | RestoreResultsJob
    | CorrectFolderJob
    | RestoreFolderJob
    | ImportResultsJob
    | ExportResultsJob
    | MeasureSpeedJob
    | SimulateJob
    | MakeDatasetJob
    | DemoJob
    | BuildAtlasJob
    | ImportAtlasJob
    | ExportModelJob
    | ExportEnsembleJob
    | AddReferenceJob
    | RemoveReferenceJob,
    Field(discriminator="kind"),
]

_ADAPTER: TypeAdapter[Job] = TypeAdapter(Job)


def write_job(job: Job, path: Path) -> None:
    """Write a job file (JSON)."""
    write_text(path, job.model_dump_json(indent=1) + "\n")


def read_job(path: Path) -> Job:
    """Read a job file.

    Raises
    ------
    InputError
        If the file cannot be read, or is not the description of a job this version knows.
    """
    try:
        return _ADAPTER.validate_json(read_small(path))
    except OSError as error:
        raise InputError("The job file cannot be read.", path, "Check that the file exists.") from error
    except ValidationError as error:
        problem = input_error(error, _ADAPTER, path, "Correct it, or write it anew.")
        what = f"The file does not describe a job: {problem.what}"
        raise InputError(what, path, problem.fix) from error
