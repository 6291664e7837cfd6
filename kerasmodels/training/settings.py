"""What a training run is made of."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from kerasmodels.data.augmentation import Augmentation
from kerasmodels.data.slice_input import SliceInput

Schedule = Literal["constant", "cosine"]
Precision = Literal["float32", "mixed"]

# What settings may be, for everything that takes them: these settings, jobs, forms.
Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int | None, Field(ge=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
PositiveOrNone = Annotated[float | None, Field(gt=0)]
Seed = Annotated[int, Field(ge=0)]


class TrainingSettings(BaseModel):
    """Settings of a run; the defaults are the paper's (Adam 1e-4, batches of 16, 10 epochs, DiceCE 0.1).

    Parameters
    ----------
    epochs : int
        Times that every training slice is seen.
    batch_size : int
        Slices a step.
    learning_rate : float
        Adam's; the highest one of a schedule.
    schedule : {"constant", "cosine"}
        How the learning rate goes on: the same all the time, or rising for a twentieth of all steps and then
        falling to nothing along half a cosine (Loshchilov and Hutter, ICLR 2017).
    gradient_clip : float, optional
        Largest norm of all gradients together; longer ones are shortened.
    patience : int, optional
        Epochs without a better nuclei mean after which the run stops early.
    slice_input : SliceInput
        Size, neighbouring slices and positions that the network sees.
    loss : str
        One of `loss_names()`.
    alpha : float
        Share of the pixel loss in a compound loss.
    seed : int
        Decides the order of the slices and their augmentation. The network's first weights are
        decided by `build_model(seed=…)`.
    nuclei : tuple of int, optional
        Classes of the nuclei mean; all but 0, 1 and 2 (background, white and grey matter) by default.
    augmentation : Augmentation, optional
        Random changes of the training volumes; none by default, as in the paper.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    epochs: Count = 10
    batch_size: Count = 16
    learning_rate: Positive = 1e-4
    schedule: Schedule = "constant"
    gradient_clip: PositiveOrNone = None
    patience: CountOrNone = None
    slice_input: SliceInput = SliceInput()
    loss: str = "dicece"
    alpha: Share = 0.1
    seed: Seed = 0
    nuclei: tuple[int, ...] | None = None
    augmentation: Augmentation | None = None

    def nuclei_of(self, classes: int) -> tuple[int, ...]:
        """Classes of the nuclei mean for a network of that many classes."""
        if self.nuclei is not None:
            return self.nuclei
        return tuple(range(3, classes)) or tuple(range(1, classes))
