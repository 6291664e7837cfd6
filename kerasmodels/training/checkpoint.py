"""`last.keras`: network, optimizer and history of a run in one file that is replaced in one step.

It is an ordinary Keras archive of the network (anyone can load it) with two members more: the
optimizer's variables and the run's state. So weights, optimizer and epoch cannot disagree.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from kerasmodels.errors import ModelError
from kerasmodels.export.archive_limits import UNREADABLE, require_small_parts
from kerasmodels.export.replaced_file import replaced_file
from kerasmodels.training.events import EpochDone

if TYPE_CHECKING:
    import keras

_STATE = "kerasmodels/training_state.json"
_VARIABLES = "kerasmodels/training_variables.npz"


@dataclass
class RunState:
    """Where a run stands after an epoch.

    Parameters
    ----------
    settings : dict
        Settings that must stay the same when the run goes on.
    history : list of EpochDone
        One row an epoch done.
    """

    settings: dict[str, Any]
    history: list[EpochDone] = field(default_factory=list)

    @property
    def epochs_done(self) -> int:
        """Number of epochs done."""
        return len(self.history)

    @property
    def best(self) -> EpochDone | None:
        """The latest epoch that was the best."""
        return next((row for row in reversed(self.history) if row.best), None)


def write_checkpoint(path: Path, model: keras.Model, optimizer: keras.Optimizer, state: RunState) -> None:
    """Write network, optimizer and state; the old file stays until the new one is whole."""
    from keras import ops

    variables = _training_variables(model, optimizer)
    values = {f"{i:05d}": ops.convert_to_numpy(v) for i, v in enumerate(variables)}
    packed = io.BytesIO()
    np.savez(packed, **values)
    described = {"settings": state.settings, "history": [asdict(row) for row in state.history]}
    with replaced_file(path, ".keras", "a Keras archive") as part:
        model.save(part, include_optimizer=False)
        with zipfile.ZipFile(part, "a") as archive:
            archive.writestr(_VARIABLES, packed.getvalue())
            archive.writestr(_STATE, json.dumps(described))


def read_state(path: Path) -> RunState:
    """Read where the run of a file stands, without its weights.

    Raises
    ------
    ModelError
        If the file is damaged or no such file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            require_small_parts(path, archive)
            described = json.loads(archive.read(_STATE))
        rows = [{**row, "val_iou": tuple(row.get("val_iou", ()))} for row in described["history"]]
        return RunState(described["settings"], [EpochDone(**row) for row in rows])
    except UNREADABLE as error:
        raise _damaged(path, error) from error


def restore(path: Path, model: keras.Model, optimizer: keras.Optimizer) -> None:
    """Put a file's weights into the network and its optimizer, both built.

    Raises
    ------
    ModelError
        If the file is damaged, belongs to another network, or was trained in numbers of another format.
    """
    variables = _training_variables(model, optimizer)
    try:
        with zipfile.ZipFile(path) as archive:
            require_small_parts(path, archive)
            with np.load(io.BytesIO(archive.read(_VARIABLES))) as packed:
                values = [packed[name] for name in sorted(packed.files)]
    except UNREADABLE as error:
        raise _damaged(path, error) from error
    if len(values) != len(variables):
        raise ModelError(
            f"{path} was trained in numbers of another format than here, as with mixed precision on a GPU, "
            "where the loss is scaled, or by another optimizer.",
            "Go on with it on a machine of the kind that it was begun on, or begin another run.",
        )
    try:
        model.load_weights(path)
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)
    except UNREADABLE as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> ModelError:
    return ModelError(
        f"{path} cannot be read as the training state of this network ({error}).",
        "Delete the file to begin the run again, or give the network it was made with.",
    )


def _training_variables(model: keras.Model, optimizer: keras.Optimizer) -> list[Any]:
    """Variables that are not weights: the optimizer's, and the random states of dropout."""
    weights = {id(variable) for variable in model.weights}
    return [*optimizer.variables, *(v for v in model.variables if id(v) not in weights)]
