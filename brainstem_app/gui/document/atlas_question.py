"""Question which atlas the labels of a file are of, as a message in place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QApplication, QFileDialog

from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel
from brainstem_app.gui.plain_labels import no_mnemonic

if TYPE_CHECKING:
    from brainstem_app.gui.document.opened import OpenedLabels

# More atlases than these do not fit beside each other; the folder dialog finds the others.
_MOST_BUTTONS = 4


def question_of_atlas(error: BaseException, read_as: Callable[[str], None]) -> Message | None:
    """Return the question with a button for each atlas that fits; None if the error is another one.

    Parameters
    ----------
    error : BaseException
        What reading the labels raised.
    read_as : callable
        Reads them again, with the name or folder of the atlas that the user chooses.
    """
    from brainstem_app.models.label_meaning import UnknownAtlasError

    if not isinstance(error, UnknownAtlasError):
        return None
    choices = tuple(
        MessageAction(no_mnemonic(f"Read as {atlas.title}"), _reading(read_as, str(atlas.folder)))
        for atlas in error.choices[:_MOST_BUTTONS]
    )
    other = MessageAction("Folder of the atlas…", lambda: _choose(read_as))
    fix = "Say which atlas the labels were made with."
    return Message(MessageLevel.QUESTION, error.what, error.where or "", fix, actions=(*choices, other))


def note_of_labels(labels: OpenedLabels) -> Message:
    """Return the message that says what was taken for granted of labels that were read."""
    fix = "If they are of another atlas, put the report.json of their result beside them."
    return Message(MessageLevel.WARNING, " ".join(labels.notes), str(labels.path), fix)


def _reading(read_as: Callable[[str], None], atlas: str) -> Callable[[], None]:
    return lambda: read_as(atlas)


def _choose(read_as: Callable[[str], None]) -> None:
    from brainstem_app.locations import user_data_folder

    start = str(user_data_folder() / "atlases")
    name = QFileDialog.getExistingDirectory(
        QApplication.activeWindow(), "Folder of the atlas that the labels are of", start
    )
    if name:
        read_as(str(Path(name)))
