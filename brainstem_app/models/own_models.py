"""The user's own models: brought in, called otherwise, handed on, thrown away."""

from __future__ import annotations

import re
import shutil
from itertools import count
from pathlib import Path

from brainstem_app.atlas.change_table import CHANGE_FILE
from brainstem_app.atlas.library import copy_atlas
from brainstem_app.errors import InputError
from brainstem_app.imaging.atomic import temporary_name
from brainstem_app.models.card import CARD_FILE_NAME, ModelCard
from brainstem_app.models.library import (
    ATLAS_FOLDER,
    MEAN_WARP_FILE,
    ModelFiles,
    WeightsKind,
    find_model,
    list_models,
    user_models_folder,
)
from brainstem_app.plain_name import problem_of

#: Letters of a name that another computer gave, so that a number fits behind it.
_LONGEST = 80
_KINDS: tuple[WeightsKind, ...] = ("onnx", "keras")


def is_own(model: ModelFiles) -> bool:
    """Whether a model is the user's, and not one that ships with the program or lies elsewhere."""
    return model.folder.parent.resolve() == user_models_folder().resolve()


def size_of(model: ModelFiles) -> int:
    """Bytes of all files of a model."""
    return sum(path.stat().st_size for path in _files_of(model))


def bring_in(source: Path, name: str = "") -> ModelFiles:
    """Copy a model among the user's own.

    Parameters
    ----------
    source : Path
        Its folder, or one of its files, with ``model.json`` beside it.
    name : str, optional
        What it is called here; by default as its card says, with a number behind it where that is taken.

    Raises
    ------
    InputError
        If it is no model, a file of it is damaged, or the name cannot be given or is taken.
    """
    model = find_model(str(source))
    if is_own(model):
        raise InputError(f"“{model.card.name}” is among your models already.", source)
    name = name or _free_name(model.card.name)
    target = _free_folder(name)
    _copy(model, target, name)
    return find_model(str(target))


def rename(model: ModelFiles, name: str) -> ModelFiles:
    """Call one of the user's models otherwise.

    Raises
    ------
    InputError
        If it ships with the program, or the name cannot be given or is taken.
    """
    _require_own(model, "renamed")
    target = _free_folder(name)
    model.folder.rename(target)
    model.card.model_copy(update={"name": name}).save(target)
    return find_model(str(target))


def hand_on(model: ModelFiles, folder: Path) -> Path:
    """Copy a model into a new folder, called as the model, that another computer can bring in.

    Raises
    ------
    InputError
        If a file of it is damaged, or something of that name is there.
    """
    target = folder / model.card.name
    if target.exists():
        raise InputError(
            f"“{target.name}” is in that folder already.", target, "Choose another folder, or move it away."
        )
    _copy(model, target, model.card.name)
    return target


def throw_away(model: ModelFiles) -> None:
    """Delete one of the user's models from the disk.

    Raises
    ------
    InputError
        If it ships with the program.
    """
    _require_own(model, "deleted")
    # Without its card it is no model any more, if what follows is interrupted.
    (model.folder / CARD_FILE_NAME).unlink()
    shutil.rmtree(model.folder)


def _require_own(model: ModelFiles, done: str) -> None:
    if not is_own(model):
        raise InputError(f"“{model.card.name}” ships with the program and cannot be {done}.", model.folder)


def _free_name(name: str) -> str:
    """Name like one that another computer gave, which a model can have here."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-._")[:_LONGEST] or "model"
    taken = _taken()
    return next(one for n in count(1) if (one := plain if n == 1 else f"{plain}-{n}").casefold() not in taken)


def _taken() -> set[str]:
    folders = (path.name for path in user_models_folder().glob("*"))
    models = (known for model in list_models() for known in (model.card.name, model.folder.name))
    return {known.casefold() for known in (*folders, *models)}


def _free_folder(name: str) -> Path:
    """Folder of a new model of the user's; InputError if no model can have the name now."""
    if problem := problem_of(name):
        raise InputError(f"A model cannot be called “{name}”: {problem}.", None, "Give another name.")
    if name.casefold() in _taken():
        raise InputError(f"There is a model “{name}” already.", None, "Give another name.")
    return user_models_folder() / name


def _copy(model: ModelFiles, target: Path, name: str) -> None:
    """Copy a model's files, checked, to where nothing is; the folder has its name once it is whole."""
    new = temporary_name(target)
    new.mkdir(parents=True)
    try:
        hashes = dict(model.card.sha256)
        for kind in _KINDS:
            if getattr(model, kind) is not None:
                path = model.weights(kind)
                shutil.copyfile(path, new / f"model.{kind}")
                if path.name in hashes:
                    hashes[f"model.{kind}"] = hashes.pop(path.name)
        for path in _files_beside(model):
            shutil.copyfile(path, new / path.name)
        if (model.folder / ATLAS_FOLDER).is_dir():
            copy_atlas(model.folder / ATLAS_FOLDER, new / ATLAS_FOLDER)
        card: ModelCard = model.card.model_copy(update={"name": name, "sha256": hashes})
        card.save(new)
        new.rename(target)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


def _files_beside(model: ModelFiles) -> list[Path]:
    change = model.folder / CHANGE_FILE
    found = [model.mean_warp, change if change.is_file() else None]
    return [path for path in found if path is not None]


def _files_of(model: ModelFiles) -> list[Path]:
    weights = [path for path in (model.onnx, model.keras) if path is not None]
    beside = [model.folder / name for name in (CARD_FILE_NAME, MEAN_WARP_FILE, CHANGE_FILE)]
    atlas = list((model.folder / ATLAS_FOLDER).glob("*"))
    return [path for path in (*weights, *beside, *atlas) if path.is_file()]
