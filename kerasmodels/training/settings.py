"""What a training run is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kerasmodels.data.augmentation import Augmentation
from kerasmodels.data.slice_input import SliceInput
from kerasmodels.titles import LOSS_TITLES

Schedule = Literal["constant", "cosine"]
Precision = Literal["float32", "mixed"]

# What settings may be, for everything that takes them: these settings, jobs, forms.
Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int | None, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
PositiveOrNone = Annotated[float | None, Field(gt=0)]
Seed = Annotated[int, Field(ge=0)]


class LearningSettings(BaseModel):
    """How a network learns; the defaults are the paper's (Adam 1e-4, batches of 16, 10 epochs, DiceCE 0.1).

    Each field says what people are told of it: its label (`title`), a sentence (`description`), and in
    `json_schema_extra` whether few need it (`advanced`) and what it means to leave it empty.

    Parameters
    ----------
    loss : str
        One of `loss_names()`.
    alpha : float
        Share of the pixel loss in a compound loss.
    epochs : int
        Times that every training slice is seen.
    batch_size : int
        Slices a step.
    learning_rate : float
        Adam's; the highest one of a schedule.
    seed : int
        Decides the order of the slices and their augmentation. The network's first weights are
        decided by `build_model(seed=…)`.
    schedule : {"constant", "cosine"}
        How the learning rate goes on: the same all the time, or rising for a twentieth of all steps and then
        falling to nothing along half a cosine (Loshchilov and Hutter, ICLR 2017).
    gradient_clip : float, optional
        Largest norm of all gradients together; longer ones are shortened.
    patience : int, optional
        Epochs without a better nuclei mean after which the run stops early.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    loss: str = Field(
        default="dicece",
        title="Loss",
        description="The function minimised in training.",
        json_schema_extra={"choices": list(LOSS_TITLES), "names": dict(LOSS_TITLES)},
    )
    alpha: Share = Field(
        default=0.1,
        title="α",
        description="Share of the cross entropy (or focal loss) in a loss of two parts, 0 to 1.",
    )
    epochs: Count = Field(default=10, title="Epochs", description="How often every slice is seen.")
    batch_size: Count = Field(default=16, title="Batch", description="Slices a step; fewer need less memory.")
    learning_rate: Positive = Field(
        default=1e-4, title="Learning rate", description="Adam's step, e.g. 1e-4."
    )
    seed: Seed = Field(
        default=0, title="Seed", description="Another number gives another start and another order of slices."
    )
    schedule: Schedule = Field(
        default="constant",
        title="Schedule",
        description="How the learning rate goes on: the same, or rising and then falling along a cosine.",
        json_schema_extra={"advanced": True},
    )
    gradient_clip: PositiveOrNone = Field(
        default=None,
        title="Gradient limit",
        description="Largest norm of all gradients together; longer ones are shortened.",
        json_schema_extra={"advanced": True, "empty": "none"},
    )
    patience: CountOrNone = Field(
        default=None,
        title="Patience",
        description="Epochs without a better mean over the nuclei before it stops early.",
        json_schema_extra={"advanced": True, "empty": "never stop early"},
    )


class TrainingSettings(LearningSettings):
    """Settings of a run: those of `LearningSettings`, what the network sees, and how that is changed.

    Parameters
    ----------
    slice_input : SliceInput
        Size, neighbouring slices and positions that the network sees.
    nuclei : tuple of int, optional
        Classes of the nuclei mean; all but 0, 1 and 2 (background, white and grey matter) by default.
    augmentation : Augmentation, optional
        Random changes of the training volumes; none by default, as in the paper.
    """

    slice_input: SliceInput = SliceInput()
    nuclei: tuple[int, ...] | None = None
    augmentation: Augmentation | None = None

    def nuclei_of(self, classes: int) -> tuple[int, ...]:
        """Classes of the nuclei mean for a network of that many classes."""
        if self.nuclei is not None:
            return self.nuclei
        return tuple(range(3, classes)) or tuple(range(1, classes))
