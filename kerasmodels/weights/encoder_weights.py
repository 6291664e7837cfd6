"""Put published or stored weights into an encoder, strictly: every name and every shape has to fit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from kerasmodels.arguments import require_path
from kerasmodels.errors import ModelError
from kerasmodels.export.keras_file import load_keras
from kerasmodels.weights.fetch import fetch
from kerasmodels.weights.layout import COLOURS, TORCH_KINDS, for_channels, to_keras
from kerasmodels.weights.published import imagenet_weights_of
from kerasmodels.weights.safetensors_file import read_safetensors
from kerasmodels.weights.torch_file import read_torch

if TYPE_CHECKING:
    import keras

#: The name that stands for the published weights of an encoder.
IMAGENET = "imagenet"
#: Every layer of an encoder has a name that begins so.
PREFIX = "encoder_"

# Classifiers behind the encoder: torchvision's and timm's, SegFormer's, SENet's and EfficientNet's.
_CLASSIFIERS = {"fc", "classifier", "head", "last_linear", "_fc"}
# How many batches a batch norm has seen says nothing to a network.
_COUNTER = "num_batches_tracked"
_SHOWN = 4


@dataclass(frozen=True)
class StoredWeights:
    """Tensors of a file by layer and kind, as in "conv1.weight", underscores for dots in the layer.

    Parameters
    ----------
    path : Path
        Where they come from.
    tensors : dict of str to ndarray
        By name.
    keras_layout : bool
        Whether the axes are in Keras' order; else they are in PyTorch's.
    """

    path: Path
    tensors: dict[str, NDArray[Any]]
    keras_layout: bool


def find_encoder_weights(encoder: str, weights: str | Path, folder: Path | None = None) -> StoredWeights:
    """Find and read weights for an encoder, downloading published ones if need be.

    Parameters
    ----------
    encoder : str
        Name of the encoder.
    weights : str or Path
        ``"imagenet"``, or a `.safetensors` file with torchvision's or timm's names, or the `.keras` file of a
        network or encoder made by this package.
    folder : Path, optional
        Where downloaded weights are kept; see `fetch.default_folder`.

    Raises
    ------
    ModelError
        If there are no such weights, they cannot be had, or the file cannot be read.
    """
    if isinstance(weights, str) and weights == IMAGENET:
        path = fetch(imagenet_weights_of(encoder), folder)
        # A pickle is read here because its hash is known; and even so, nothing in it is run.
        return _from_torch(path, read_torch(path) if path.suffix == ".pth" else read_safetensors(path))
    path = require_path("encoder_weights", weights)
    if path.suffix in {".pth", ".pt", ".bin", ".ckpt", ".pkl", ".h5"}:
        raise _refused(path)
    if path.suffix not in {".safetensors", ".keras"}:
        raise ModelError(
            f"There are no encoder weights {str(weights)!r}.",
            f'Give "{IMAGENET}", a .safetensors or .keras file, or None for random weights.',
        )
    if not path.is_file():
        raise ModelError(f"There is no file {path}.", "Check the name.")
    if path.suffix == ".keras":
        model = load_keras(path)
        stored = {_name(v): _values(v) for v in model.weights if _layer(v).startswith(PREFIX)}
        return StoredWeights(path, stored, keras_layout=True)
    return _from_torch(path, read_safetensors(path))


def put_in(stored: StoredWeights, encoder: keras.Model) -> None:
    """Set every weight of an encoder; on an error, none is changed.

    Parameters
    ----------
    stored : StoredWeights
        What to set.
    encoder : keras.Model
        From the image to the feature maps. Its first convolution may have another number of channels than
        the three of the weights, see `layout.for_channels`.

    Raises
    ------
    ModelError
        If a weight is missing, is not the encoder's, or has another shape.
    """
    variables = {_name(variable): variable for variable in encoder.weights}
    _require_same_names(stored, variables, encoder.name)
    stem = next(name for name, variable in variables.items() if len(variable.shape) == 4)
    fitted = {}
    for name, variable in variables.items():
        shape = tuple(variable.shape)
        values = stored.tensors[name]
        values = values if stored.keras_layout else to_keras(values, shape)
        if name == stem and values.ndim == 4 and shape[2] != values.shape[2] == COLOURS:
            values = for_channels(values, shape[2])
        if values.shape != shape:
            raise ModelError(
                f"{stored.path}: {name} has the shape {values.shape} instead of {shape} (in Keras' order).",
                f"Give weights of the encoder {encoder.name}, for 3 channels or for those of the images.",
            )
        fitted[name] = values
    for name, variable in variables.items():
        variable.assign(fitted[name])


def _from_torch(path: Path, tensors: dict[str, NDArray[Any]]) -> StoredWeights:
    named = {}
    for name, values in tensors.items():
        owner, _, kind = name.rpartition(".")
        if kind == _COUNTER or owner.partition(".")[0] in _CLASSIFIERS:
            continue
        named[f"{owner.replace('.', '_')}.{kind}"] = values
    return StoredWeights(path, named, keras_layout=False)


def _refused(path: Path) -> ModelError:
    if path.suffix == ".h5":
        return ModelError(
            f"{path} is a file of weights without names that can be relied on, and is not read.",
            "Save the whole network as .keras.",
        )
    return ModelError(
        f"{path} is a pickle of PyTorch: to read it can run any program, so it is not read.",
        "Convert it where PyTorch is installed: "
        f"python -c \"import torch, safetensors.torch as s; s.save_file(torch.load('{path.name}', "
        f"weights_only=True), '{path.stem}.safetensors')\"; then give the .safetensors file.",
    )


def _require_same_names(stored: StoredWeights, wanted: Iterable[str], encoder: str) -> None:
    missing = [name for name in wanted if name not in stored.tensors]
    unexpected = [name for name in stored.tensors if name not in set(wanted)]
    if not missing and not unexpected:
        return
    parts = [f"{_some(missing)} missing"] if missing else []
    parts += [f"{_some(unexpected)} not known"] if unexpected else []
    raise ModelError(
        f"{stored.path} does not hold the weights of the encoder {encoder}: {'; '.join(parts)}.",
        f"Give the weights of {encoder}, with the names that torchvision, timm or "
        "segmentation_models.pytorch give them.",
    )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _layer(variable: Any) -> str:
    return str(variable.path.split("/")[-2])


def _name(variable: Any) -> str:
    kind = variable.path.split("/")[-1]
    return f"{_layer(variable).removeprefix(PREFIX)}.{TORCH_KINDS.get(kind, kind)}"


def _values(variable: Any) -> NDArray[Any]:
    from keras import ops

    values: NDArray[Any] = ops.convert_to_numpy(variable)
    return values
