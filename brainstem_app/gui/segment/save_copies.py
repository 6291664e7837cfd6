"""Copies of files to where the user wants them, whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

from brainstem_app.errors import BrainstemError
from brainstem_app.gui.background import Background
from brainstem_app.gui.file_dialogs import Say, open_in_system
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error

_LABEL_SUFFIX = ".nii.gz"


def label_target(chosen: Path) -> Path:
    """Path to save labels to: what the user chose, ending in ``.nii.gz``."""
    name = chosen.name
    for suffix in (_LABEL_SUFFIX, ".nii", ".gz"):
        if name.lower().endswith(suffix):
            name = name[: -len(suffix)]
            break
    return chosen.with_name(name + _LABEL_SUFFIX)


def report_target(chosen: Path, available: tuple[Path, ...]) -> tuple[Path, Path]:
    """Which report file to copy for the chosen name, and where to.

    Raises
    ------
    BrainstemError
        If there is no report of the kind that the name ends in.
    """
    suffix = chosen.suffix.lower()
    if not suffix:
        return available[0], chosen.with_suffix(available[0].suffix)
    for file in available:
        if file.suffix == suffix:
            return file, chosen
    kinds = ", ".join(file.suffix for file in available)
    raise BrainstemError(f"There is no report of the kind {suffix}.", chosen, f"Choose one of {kinds}.")


def save_copy(
    source: Path,
    target: Path,
    background: Background,
    say: Say,
    *,
    saved: str = "{name} is saved.",
    failed: str = "The file could not be saved.",
) -> None:
    """Copy a file on a thread, and say that it is saved, with the way to its folder, or why not."""

    def done(path: Path) -> None:
        action = MessageAction("Open folder", lambda: open_in_system(path.parent, say))
        what = saved.format(name=path.name)
        say(Message(MessageLevel.INFO, what, str(path.parent), actions=(action,)))

    background.run(
        lambda: copy_whole(source, target), done, lambda error: say(message_of_error(error, failed))
    )


def copy_whole(source: Path, target: Path) -> Path:
    """Copy a file; an existing target is replaced only by a complete copy.

    Raises
    ------
    BrainstemError
        If it cannot be written (full disk, no permission, folder gone).
    """
    from brainstem_app.imaging.atomic import atomic_path

    if target.exists() and source.samefile(target):
        return target
    try:
        with atomic_path(target) as temporary:
            shutil.copyfile(source, temporary)
    except OSError as error:
        reason = error.strerror or str(error)
        raise BrainstemError(
            f"The file could not be saved: {reason}.",
            target,
            "Choose another folder, or make room on the disk.",
        ) from error
    return target
