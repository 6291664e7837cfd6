"""The models at hand: those that ship with the program, the user's own, and any file given by its path."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.locations import resource, user_data_folder
from brainstem_app.models.card import CARD_FILE_NAME, ModelCard, read_card

#: Folder, beside a model's weights, of the atlas whose labels it gives.
ATLAS_FOLDER = "atlas"
#: File, beside them, of the displacement that the bend of the atlas begins with.
MEAN_WARP_FILE = "mean_warp_mm.nii.gz"
WeightsKind = Literal["onnx", "keras"]
_SUFFIXES: tuple[WeightsKind, ...] = ("onnx", "keras")


@dataclass(frozen=True)
class ModelFiles:
    """A model on disk.

    Attributes
    ----------
    folder : Path
        Folder with ``model.json`` and the weights.
    card : ModelCard
        What it says of itself.
    onnx, keras : Path or None
        Weights in each format, as far as they are there.
    """

    folder: Path
    card: ModelCard
    onnx: Path | None
    keras: Path | None

    @property
    def atlas(self) -> str:
        """What `load_atlas` takes for the model's atlas: the folder beside the weights, or else its name."""
        own = self.folder / ATLAS_FOLDER
        return str(own) if own.is_dir() else self.card.atlas

    def weights(self, kind: WeightsKind) -> Path:
        """Weights file for an engine, checked against the card's hash.

        Raises
        ------
        InputError
            If there is none of that kind, or the file is not the one the card describes.
        """
        path = self.onnx if kind == "onnx" else self.keras
        if path is None:
            other = "keras" if kind == "onnx" else "onnx"
            raise InputError(
                f"The model “{self.card.name}” has no .{kind} file.", self.folder, f"Use --engine {other}."
            )
        return self._checked(path)

    @property
    def mean_warp(self) -> Path | None:
        """File of the mean warp, checked against the card's hash; None if the card names none.

        Raises
        ------
        InputError
            If the file is missing, or not the one the card describes.
        """
        if MEAN_WARP_FILE not in self.card.sha256:
            return None
        path = self.folder / MEAN_WARP_FILE
        if not path.is_file():
            raise InputError("A file of the model is missing.", path, "Copy or export the model again.")
        return self._checked(path)

    def _checked(self, path: Path) -> Path:
        expected = self.card.sha256.get(path.name)
        if expected is not None and expected != hash_file(path):
            raise InputError(
                "The file is not the one the model card describes; it is damaged or was replaced.",
                path,
                "Copy or export the model again.",
            )
        return path


def user_models_folder() -> Path:
    """Folder of the user's own models (not created here)."""
    return user_data_folder() / "models"


def list_models() -> tuple[ModelFiles, ...]:
    """All models that a name finds: those that ship first, then the user's; damaged ones are left out."""
    found: dict[str, ModelFiles] = {}
    for folder in _model_folders():
        try:
            model = _open(folder)
        except InputError:
            continue
        found.setdefault(model.card.name, model)
    return tuple(found.values())


def find_model(name_or_path: str) -> ModelFiles:
    """Find a model.

    Parameters
    ----------
    name_or_path : str
        Name of a model of `list_models`, or path of its folder or of one of its ``.onnx`` or ``.keras``
        files with ``model.json`` beside it.

    Raises
    ------
    InputError
        If there is no such model, or its card is missing or damaged.
    """
    path = Path(name_or_path)
    if path.is_dir() and (path / CARD_FILE_NAME).exists():
        return _open(path)
    if path.is_file():
        return _open_file(path)
    for folder in _model_folders():
        if folder.name == name_or_path:
            return _open(folder)
    models = list_models()
    for model in models:
        if model.card.name == name_or_path:
            return model
    names = ", ".join(model.card.name for model in models) or "none yet"
    raise InputError(
        f"There is no model “{name_or_path}”.",
        None,
        f"Give one of these names ({names}), or the path of a .onnx or .keras file with its model.json.",
    )


def hash_file(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open(folder: Path) -> ModelFiles:
    onnx, keras = (folder / f"model.{suffix}" for suffix in _SUFFIXES)
    return ModelFiles(
        folder, read_card(folder), onnx if onnx.is_file() else None, keras if keras.is_file() else None
    )


def _open_file(path: Path) -> ModelFiles:
    if path.name == CARD_FILE_NAME:
        return _open(path.parent)
    if path.suffix == ".onnx":
        return ModelFiles(path.parent, read_card(path.parent), path, _beside(path, ".keras"))
    if path.suffix == ".keras":
        return ModelFiles(path.parent, read_card(path.parent), _beside(path, ".onnx"), path)
    raise InputError("This file is no model.", path, "Give a .onnx or .keras file, or a model's folder.")


def _beside(path: Path, suffix: str) -> Path | None:
    other = path.with_suffix(suffix)
    return other if other.is_file() else None


def _model_folders() -> list[Path]:
    folders = []
    for root in (_shipped_folder(), user_models_folder()):
        if root is not None and root.is_dir():
            folders += sorted(card.parent for card in root.glob(f"*/{CARD_FILE_NAME}"))
    return folders


def _shipped_folder() -> Path | None:
    try:
        return resource("models")
    except BrainstemError:
        return None
