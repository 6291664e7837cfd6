"""Jobs about networks: train, measure, look into and export one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationInfo, field_validator

from brainstem_app.jobs.kinds.job_model import JobModel
from brainstem_app.jobs.kinds.studies import STUDY_HELP
from brainstem_app.jobs.network_names import Library, require_known
from brainstem_app.plain_name import PartName
from brainstem_app.setting import setting
from brainstem_app.study.splits import TestedPart
from kerasmodels.data.augmentation import AugmentationName
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.titles import DECODER_TITLES, ENCODER_TITLES
from kerasmodels.training.settings import LearningSettings, Precision

CountOrZero = Annotated[int, Field(ge=0)]


class _Network(JobModel):
    """What network is trained, on which study, under which name."""

    study: Annotated[Path, setting("Study", STUDY_HELP, argument="STUDY")]
    run: Annotated[PartName, setting("Name", "The same name and settings go on where a run stopped.")]
    # Before the names, which are checked against it.
    library: Annotated[
        Library,
        setting(
            "Library",
            "Whose networks: segmentation_models has some of the same names, to compare with.",
            advanced=True,
        ),
    ] = "kerasmodels"
    decoder: Annotated[
        str,
        setting(
            "Decoder",
            "Makes labels of what the encoder sees; N-DecoNet is the paper's and the smallest.",
            choices=DECODER_TITLES,
            names=DECODER_TITLES,
        ),
    ] = "n_deconet"
    encoder: Annotated[
        str,
        setting(
            "Encoder",
            "Reads the slices; larger ones take longer and need more memory.",
            choices=ENCODER_TITLES,
            names=ENCODER_TITLES,
        ),
    ] = "resnet34"


class TrainJob(LearningSettings, _Network):
    """Train a network on a study; can be stopped and goes on. The defaults are the paper's."""

    command: ClassVar[str] = "train"
    kind: Literal["train"] = "train"
    input: SliceInput = SliceInput()
    folds: Annotated[
        int | None,
        setting(
            "Folds",
            "Cross-validation: everybody is tested once, by a network that has not seen them. One network a "
            "fold.",
            empty="the study's own split",
            advanced=True,
            ge=2,
        ),
    ] = None
    fold: Annotated[
        int | None,
        setting(
            "Fold", "Which of the folds is tested.", empty="all, one after the other", advanced=True, ge=1
        ),
    ] = None
    simulated: Annotated[
        CountOrZero,
        setting(
            "Simulated subjects",
            "Heads with known labels, added to those that are trained on.",
            advanced=True,
        ),
    ] = 0
    augment: Annotated[
        AugmentationName,
        setting(
            "Augmentation",
            "Other small turns, sizes, contrasts every epoch; helps with few subjects. Wide also shows "
            "noise, thick slices and cuts, for scans from elsewhere.",
            advanced=True,
            option="--augmentation",
        ),
    ] = "none"
    start_from: Annotated[
        Path | None,
        setting(
            "Start from",
            "The best.keras of another run of the same network, instead of random weights.",
            advanced=True,
            empty="random weights",
        ),
    ] = None
    encoder_weights: Annotated[
        str | None,
        setting(
            "Encoder weights",
            "imagenet for published weights of photographs, downloaded once; or a file of weights.",
            advanced=True,
            empty="random weights",
        ),
    ] = None
    precision: Annotated[
        Precision,
        setting(
            "Precision",
            "Mixed computes in 16 bits: faster and smaller on a recent GPU, faster on some processors.",
            advanced=True,
        ),
    ] = "float32"
    deterministic: Annotated[
        bool,
        setting(
            "Determinism",
            "The same result every time; slower on a GPU, on the processor it is so anyway.",
            advanced=True,
            empty="the same result every time",
        ),
    ] = False
    gpus: Annotated[
        CountOrZero,
        setting(
            "GPUs",
            "Graphics cards that share each batch, where there are several; 0: all of them.",
            advanced=True,
            metavar="N|all",
        ),
    ] = 1

    @field_validator("augment", mode="before")
    @classmethod
    def _read_switch(cls, value: Any) -> Any:
        # Jobs from before there were two augmentations say true or false.
        return {"true": "mild", "false": "none"}.get(str(value).lower(), value)

    @field_validator("gpus", mode="before")
    @classmethod
    def _read_all(cls, value: Any) -> Any:
        return 0 if value == "all" else value

    @field_validator("fold")
    @classmethod
    def _check_fold(cls, fold: int | None, info: ValidationInfo) -> int | None:
        folds = info.data.get("folds")
        if fold is not None and (folds is None or fold > folds):
            raise ValueError(f"there is no fold {fold} of {folds or 'none'}; give --folds too")
        return fold

    @field_validator("decoder", "encoder", "loss")
    @classmethod
    def _check_name(cls, name: str, info: ValidationInfo) -> str:
        require_known(str(info.field_name), name, info.data.get("library", "kerasmodels"))
        return name

    def learning(self) -> LearningSettings:
        """Return how the network is to learn."""
        return LearningSettings(**{name: getattr(self, name) for name in LearningSettings.model_fields})


class EvaluateRunJob(JobModel):
    """Measure a run on the test subjects of its study; the result lies in the run's folder."""

    command: ClassVar[str] = "evaluate"
    kind: Literal["evaluate-run"] = "evaluate-run"
    study: Annotated[Path, setting("Study", "Study whose run to measure.")]
    run: Annotated[PartName, setting("Run", "Run to measure on the test subjects.")]
    part: Annotated[TestedPart, setting("Subjects", "Part of the study that is measured.", advanced=True)] = (
        "test"
    )
    refine: Annotated[
        bool, setting("Refine", "Predict mirrored too, and bend the atlas to the probabilities.")
    ] = False


class ActivationsJob(JobModel):
    """Draw the activation maps of a run's layers on slices of a subject, with how many channels count."""

    command: ClassVar[str] = "activations"
    kind: Literal["activations"] = "activations"
    study: Annotated[Path, setting("Study", "The study folder of the run.", argument="STUDY")]
    run: Annotated[PartName, setting("Run", "Run whose network to look into.")]
    subject: Annotated[str, setting("Subject", "Subject to show.", empty="the first test subject")] = ""
    every_layer: Annotated[bool, setting("Layers", "All layers, not only the ends of blocks.")] = False
    out: Annotated[Path | None, setting("Folder", "Folder for the page.", empty="the run's")] = None


_Replace = Annotated[
    bool,
    setting(
        "Replace", "Take the place of your model of that name, if it labels otherwise, as its next version."
    ),
]


class ExportModelJob(JobModel):
    """Export a run's best network as .keras and .onnx with its model card."""

    command: ClassVar[str] = "models export"
    kind: Literal["export-model"] = "export-model"
    run: Annotated[Path, setting("Run", "Folder of a run: STUDY/runs/NAME.", argument="RUN")]
    out: Annotated[Path | None, setting("Folder", "Folder for the model.", empty="RUN/export")] = None
    name: Annotated[str, setting("Name", "Name of the model.", empty="the run's")] = ""
    refine: Annotated[bool, setting("Refine", "Let the model predict as evaluate --refine does.")] = False
    install: Annotated[
        bool, setting("Install", "Also put it among your models, for segment --model NAME.")
    ] = False
    replace: _Replace = False


class ExportEnsembleJob(JobModel):
    """Export several runs as one model, whose probabilities are the mean of theirs.

    The runs learned the same labels from the same input; those of all folds of a study are meant for it. A
    scan takes as many times as long as there are networks.
    """

    command: ClassVar[str] = "models ensemble"
    kind: Literal["export-ensemble"] = "export-ensemble"
    runs: Annotated[
        tuple[Path, ...],
        setting("Runs", "Folders of runs: STUDY/runs/NAME, two or more.", argument="RUN...", min_length=2),
    ]
    name: Annotated[PartName, setting("Name", "Name of the model.")]
    out: Annotated[Path | None, setting("Folder", "Folder for the model.", empty="STUDY/ensembles/NAME")] = (
        None
    )
    refine: Annotated[bool, setting("Refine", "Let the model predict as evaluate --refine does.")] = False
    install: Annotated[
        bool, setting("Install", "Also put it among your models, for segment --model NAME.")
    ] = False
    replace: _Replace = False


class MeasureSpeedJob(JobModel):
    """Time a few training steps on this machine, so that the time of a training can be told beforehand."""

    kind: Literal["measure-speed"] = "measure-speed"
