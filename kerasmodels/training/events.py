"""What a run tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BatchDone:
    """A batch of a run is done.

    Parameters
    ----------
    epoch, epochs : int
        Number of the epoch, from 1, of how many.
    batch, batches : int
        Number of the batch in it, from 1, of how many.
    loss : float
        Mean training loss of the epoch so far; NaN while validating.
    seconds : float
        Since `fit` was called.
    validating : bool
        Whether it is a batch of the validation slices.
    """

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    seconds: float
    validating: bool = False

    @property
    def fraction(self) -> float:
        """How much of the epoch's training (or validation) is done, 0 to 1."""
        return self.batch / self.batches


@dataclass(frozen=True)
class EpochDone:
    """An epoch of a run is done and on disk; one row of `history.csv`.

    Parameters
    ----------
    epoch : int
        Its number, from 1.
    loss : float
        Mean training loss.
    val_loss : float
        Mean validation loss.
    val_macro_miou : float
        Macro mean IoU of the validation slices over all classes that occur there, at the network's size.
    val_nuclei_miou : float
        The same over the nuclei.
    seconds : float
        Time of this epoch.
    best : bool
        Whether the nuclei mean is the best so far.
    val_iou : tuple of float
        IoU of each class on the validation slices, at the network's size; NaN for one that neither occurs nor
        is predicted. Not in `history.csv`.
    """

    epoch: int
    loss: float
    val_loss: float
    val_macro_miou: float
    val_nuclei_miou: float
    seconds: float
    best: bool
    val_iou: tuple[float, ...] = ()


TrainingEvent = BatchDone | EpochDone
