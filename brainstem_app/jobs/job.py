"""What a job has to do: one small JSON file a job, the same for window, command line and cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import write_text
from brainstem_app.jobs.executors.slurm_settings import SlurmSettings
from brainstem_app.jobs.network_names import require_known
from brainstem_app.plain_name import PartName, PartNameOrEmpty
from brainstem_app.small_files import read_small
from brainstem_app.study.grid import Grid
from brainstem_app.validation import input_error
from kerasmodels.data.augmentation import AugmentationName
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.training.settings import (
    Count,
    CountOrNone,
    Positive,
    PositiveOrNone,
    Precision,
    Schedule,
    Seed,
    Share,
)

Engine = Literal["onnx", "keras"]
SpaceName = Literal["affine", "nonlinear"]
DicomIdentity = Literal["none", "links", "patient"]
ExecutorName = Literal["local", "slurm"]
Library = Literal["kerasmodels", "segmentation_models"]
DEFAULT_MODEL = "brainstem31"
DEFAULT_ATLAS = "brainstem31"


class _Job(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    version: Literal[1] = 1

    @model_validator(mode="before")
    @classmethod
    def _no_truth_for_a_number(cls, content: Any) -> Any:
        """Pass true and false on as words where a number is due: pydantic would take them for 1 and 0."""
        if not isinstance(content, dict):
            return content
        switches = {name for name, field in cls.model_fields.items() if field.annotation is bool}
        return {
            name: str(value).lower() if isinstance(value, bool) and name not in switches else value
            for name, value in content.items()
        }


class SegmentJob(_Job):
    """Label the brainstem of scans: one folder a scan below `out`.

    `orientation` (``"RAS"``, ``"LPI"``, …) is the user's word for scans whose header does not say it. `name`
    is the name of the folder of one scan; made from its file if empty. `surfaces` also writes the surfaces of
    the nuclei; with `bids`, `out` becomes a dataset of BIDS derivatives. `dicom_seg` also writes a DICOM
    segmentation of a scan that came as DICOM, with as much of its identity as `dicom_identity` says
    (`imaging.dicom_source.Identity`).
    """

    kind: Literal["segment"] = "segment"
    scans: Annotated[tuple[Path, ...], Field(min_length=1)]
    out: Path
    model: str = DEFAULT_MODEL
    engine: Engine = "onnx"
    orientation: str | None = None
    name: PartNameOrEmpty = ""
    surfaces: bool = False
    bids: bool = False
    dicom_seg: bool = False
    dicom_identity: DicomIdentity = "none"


class PrepareJob(_Job):
    """Normalise the scans of a BIDS dataset, make reference labels, split by subject.

    `repeat` also makes the reference labels a second time with another setting, to measure how well the
    reference repeats itself. `subjects` limits the work to these BIDS subjects (all when empty).
    """

    kind: Literal["prepare"] = "prepare"
    dataset: Path
    study: Path
    space: SpaceName = "affine"
    atlas: str = DEFAULT_ATLAS
    jobs: Count = 1
    seed: Seed = 0
    repeat: bool = False
    subjects: tuple[str, ...] = ()


class TrainJob(_Job):
    """Train a network on a study; the defaults are the paper's.

    `schedule`, `gradient_clip` and `patience` are those of `kerasmodels.training.settings`, `input` says what
    the network sees of a slice, `augment` is a name of `kerasmodels.data.augmentation.AUGMENTATIONS`.
    `simulated` subjects are added to the study's training part. `start_from` is a `.keras` file of the same
    network to take the first weights from, instead of random ones; `encoder_weights` is
    `kerasmodels.build_model`'s: "imagenet" or a file, for the encoder alone. With `precision` "mixed" layers
    compute in 16-bit numbers; `deterministic` gives up speed for the same result every time on a GPU. Of
    several GPUs `gpus` share each batch, all if it is 0. `library` is whose networks the names mean.
    """

    kind: Literal["train"] = "train"
    study: Path
    run: PartName
    # Before the names, which are checked against it.
    library: Library = "kerasmodels"
    decoder: str = "n_deconet"
    encoder: str = "resnet34"
    loss: str = "dicece"
    alpha: Share = 0.1
    epochs: Count = 10
    batch_size: Count = 16
    learning_rate: Positive = 1e-4
    seed: Seed = 0
    schedule: Schedule = "constant"
    gradient_clip: PositiveOrNone = None
    patience: CountOrNone = None
    input: SliceInput = SliceInput()
    simulated: Annotated[int, Field(ge=0)] = 0
    augment: AugmentationName = "none"
    start_from: Path | None = None
    encoder_weights: str | None = None
    precision: Precision = "float32"
    deterministic: bool = False
    gpus: Annotated[int, Field(ge=0)] = 1

    @field_validator("augment", mode="before")
    @classmethod
    def _read_switch(cls, value: Any) -> Any:
        # Jobs from before there were two augmentations say true or false.
        return {"true": "mild", "false": "none"}.get(str(value).lower(), value)

    @field_validator("decoder", "encoder", "loss")
    @classmethod
    def _check_name(cls, name: str, info: ValidationInfo) -> str:
        require_known(str(info.field_name), name, info.data.get("library", "kerasmodels"))
        return name


class EvaluateVolumesJob(_Job):
    """Compare two label volumes on one grid.

    `atlas`, a name or a folder, is the user's word for what the labels of both mean; without it what lies
    beside the files says so.
    """

    kind: Literal["evaluate-volumes"] = "evaluate-volumes"
    predicted: Path
    reference: Path
    out: Path
    atlas: str | None = None


class CohortJob(_Job):
    """Compare the volumes of many people, from the ``report.json`` of each below the folders of `results`.

    The other fields are those of `reports.volumes_request.VolumesRequest`.
    """

    kind: Literal["cohort"] = "cohort"
    results: Annotated[tuple[Path, ...], Field(min_length=1)]
    out: Path
    participants: Path | None = None
    group: str = ""
    reference: str = ""
    covariates: tuple[str, ...] = ()
    head_size: bool = True
    missing: tuple[str, ...] = ()
    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    session: str = ""
    mixed: bool = False
    separate_folders: bool = False


class RetestJob(_Job):
    """Say how well volumes repeat themselves, from two results of each person.

    The fields are those of `reports.retest_pairs.find_pairs`.
    """

    kind: Literal["retest"] = "retest"
    results: Path
    out: Path
    second: Path | None = None
    mixed: bool = False
    same_people: bool = False


class EvaluateRunJob(_Job):
    """Measure a run on the test subjects of its study; the result lies in the run's folder.

    With `refine` the network also sees each box mirrored, and the atlas is bent to its probabilities.
    """

    kind: Literal["evaluate-run"] = "evaluate-run"
    study: Path
    run: PartName
    part: Literal["validation", "test"] = "test"
    refine: bool = False


class CompareJob(_Job):
    """Train and test every cell of a grid, and write the comparison's table and page.

    `jobs` is how many cells run at once on this machine (None: as many as fit). A cell that failed is left
    as it is unless `retry_failed`. Of the networks of finished cells `keep` keeps all, none, or the best of
    each decoder; predictions, numbers and curves are always kept.
    """

    kind: Literal["compare"] = "compare"
    study: Path
    grid: Grid
    executor: ExecutorName = "local"
    jobs: CountOrNone = None
    slurm: SlurmSettings = SlurmSettings()
    retry_failed: bool = False
    keep: Literal["all", "best", "none"] = "best"


class CompareCellJob(_Job):
    """One cell of a comparison: a run to train, and to measure on the test subjects."""

    kind: Literal["compare-cell"] = "compare-cell"
    train: TrainJob


class OnSlurmJob(_Job):
    """Prepare subjects or segment scans on a SLURM cluster, one task for each of them."""

    kind: Literal["on-slurm"] = "on-slurm"
    job: Annotated[SegmentJob | PrepareJob, Field(discriminator="kind")]
    slurm: SlurmSettings = SlurmSettings()


class ActivationsJob(_Job):
    """Draw what the layers of a run's network say of slices of a subject (a test subject if none is named).

    The page lies in the run's folder unless `out` is given. `every_layer` shows all layers, not only the ends
    of blocks.
    """

    kind: Literal["activations"] = "activations"
    study: Path
    run: PartName
    subject: str = ""
    every_layer: bool = False
    out: Path | None = None


class CopyStudyJob(_Job):
    """Copy the folder of a study into `out`, a new or empty folder."""

    kind: Literal["copy-study"] = "copy-study"
    study: Path
    out: Path


class MeasureSpeedJob(_Job):
    """Time a few training steps on this machine, so that the time of a training can be told beforehand."""

    kind: Literal["measure-speed"] = "measure-speed"


class SimulateJob(_Job):
    """Make simulated subjects with known labels, as a BIDS dataset."""

    kind: Literal["simulate"] = "simulate"
    subjects: Count
    out: Path
    seed: Seed = 0


class DemoJob(_Job):
    """One simulated subject, segmented and reported against its true labels."""

    kind: Literal["demo"] = "demo"
    out: Path
    seed: Seed = 0
    model: str = DEFAULT_MODEL


class BuildAtlasJob(_Job):
    """Build an atlas from a recipe: into `out`, or among the user's atlases; `data` holds its sources.

    Without `data` the sources lie beside the recipe.
    """

    kind: Literal["build-atlas"] = "build-atlas"
    recipe: Path
    out: Path | None = None
    data: Path | None = None


class ImportAtlasJob(_Job):
    """Make an atlas of a lab's own maps: into `out`, or among the user's atlases under `name`.

    `source` is a folder of masks or probability maps, a label map, or an image of several volumes; the latter
    two need `table`. `space` or `template`, a T1 image, say what it was drawn on. `threshold` is the least
    probability; a structure with less than `least_inside` of its volume in the brainstem is left out. With
    `split_sides` a structure on both sides becomes a left and a right one; with `leave_out_unnamed` numbers
    and volumes that the table does not name are left out instead of refused. `replace` overwrites an atlas of
    that name.
    """

    kind: Literal["import-atlas"] = "import-atlas"
    source: Path
    name: str = ""
    atlas_version: str = "1"
    table: Path | None = None
    space: str = ""
    template: Path | None = None
    threshold: Annotated[float, Field(gt=0, le=1)] = 0.5
    least_inside: Annotated[float, Field(gt=0, le=1)] = 0.5
    split_sides: bool = False
    leave_out_unnamed: bool = False
    licence: str = "not stated"
    citation: str = "not stated"
    out: Path | None = None
    replace: bool = False


class ExportModelJob(_Job):
    """Export a run's best network as ``model.keras``, ``model.onnx`` and ``model.json``.

    With `refine` the model predicts as `EvaluateRunJob` with `refine` measures. With `install` it is also put
    among the user's models, where `segment --model NAME` finds it.
    """

    kind: Literal["export-model"] = "export-model"
    run: Path
    out: Path | None = None
    name: str = ""
    refine: bool = False
    install: bool = False


Job = Annotated[
    SegmentJob
    | PrepareJob
    | TrainJob
    | EvaluateVolumesJob
    | CohortJob
    | RetestJob
    | EvaluateRunJob
    | CompareJob
    | CompareCellJob
    | OnSlurmJob
    | ActivationsJob
    | CopyStudyJob
    | MeasureSpeedJob
    | SimulateJob
    | DemoJob
    | BuildAtlasJob
    | ImportAtlasJob
    | ExportModelJob,
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
        raise InputError(f"The file does not describe a job: {problem.what}", path, problem.fix) from error
