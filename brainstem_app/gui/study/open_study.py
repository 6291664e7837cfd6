"""The open study: opened and read on a thread, its workspace saved as the work goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from brainstem_app.gui.messages.message import Message, message_of_error

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background
    from brainstem_app.gui.settings import WindowSettings
    from brainstem_app.gui.study.study_contents import StudyContents
    from brainstem_app.gui.study.workspace import Workspace

_SAVE_AFTER_MS = 800


class OpenStudy(QObject):
    """The study the window works on, or none.

    Signals
    -------
    opened
        Another study is open (or none); `workspace` says where it was left.
    contents_changed
        Subjects or runs on disk have changed.
    message(object)
        A `Message`: why a study cannot be opened or saved.
    """

    opened = Signal()
    contents_changed = Signal()
    message = Signal(object)

    def __init__(
        self, settings: WindowSettings, background: Background, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._background = background
        self._requests: dict[str, int] = {}
        self._workspace: Workspace | None = None
        self.folder: Path | None = None
        self.contents: StudyContents | None = None
        self._save_timer = QTimer(self, singleShot=True, interval=_SAVE_AFTER_MS)
        self._save_timer.timeout.connect(self.save)

    @property
    def is_open(self) -> bool:
        """Whether a study is open."""
        return self.folder is not None

    @property
    def is_prepared(self) -> bool:
        """Whether the study has at least one prepared subject."""
        return self.contents is not None and self.contents.n_finished > 0

    @property
    def workspace(self) -> Workspace:
        """Where the work was left."""
        from brainstem_app.gui.study.workspace import Workspace

        if self._workspace is None:
            self._workspace = Workspace()
        return self._workspace

    def remember(self, **changes: Any) -> None:
        """Change fields of the workspace; written a moment later."""
        self._workspace = self.workspace.model_copy(update=changes)
        if self.is_open:
            self._save_timer.start()

    def remember_form(self, step: str, values: dict[str, Any]) -> None:
        """Keep the settings of a step's form."""
        self.remember(forms={**self.workspace.forms, step: values})

    def remember_choice(self, name: str, value: str) -> None:
        """Keep what was chosen in a step."""
        if self.workspace.choices.get(name) != value:
            self.remember(choices={**self.workspace.choices, name: value})

    def create(self, folder: Path) -> None:
        """Begin a study in a folder, with the scans that are open now; open it if there is one."""
        from brainstem_app.gui.study.workspace import WORKSPACE_FILE, is_study

        if not is_study(folder):
            try:
                self.workspace.save(folder / WORKSPACE_FILE)
            except OSError as error:
                self.message.emit(message_of_error(error, self.tr("The study folder cannot be written.")))
                return
        self.open(folder)

    def open(self, folder: Path) -> None:
        """Open the study in a folder."""
        from brainstem_app.gui.study.study_contents import read_contents
        from brainstem_app.gui.study.workspace import read_workspace

        def done(read: tuple[StudyContents, Workspace]) -> None:
            self.save()
            self.folder = folder
            self.contents, self._workspace = read
            self._fill_in(self.contents)
            self._settings.add_recent_study(folder)
            self.opened.emit()
            self.contents_changed.emit()

        self._read("open", lambda: (read_contents(folder), read_workspace(folder)), done)

    def close(self) -> None:
        """Close the study; nothing of it stays open."""
        self.save()
        self.folder = self.contents = self._workspace = None
        self._settings.last_study = None
        self.opened.emit()
        self.contents_changed.emit()

    def refresh(self) -> None:
        """Read subjects and runs again, for a job has changed them."""
        from brainstem_app.gui.study.study_contents import read_contents

        folder = self.folder
        if folder is None:
            return

        def done(contents: StudyContents) -> None:
            if folder == self.folder:
                self.contents = contents
                self.contents_changed.emit()

        self._read("refresh", lambda: read_contents(folder), done)

    def save(self) -> None:
        """Write the workspace now; a study folder that is gone is no reason to complain."""
        from brainstem_app.gui.study.workspace import WORKSPACE_FILE

        if self._workspace is None or self.folder is None or not self._save_timer.isActive():
            return
        self._save_timer.stop()
        if not self.folder.is_dir():
            return
        try:
            self._workspace.save(self.folder / WORKSPACE_FILE)
        except OSError as error:
            self.message.emit(message_of_error(error, self.tr("Where the work was left could not be saved.")))

    def _fill_in(self, contents: StudyContents) -> None:
        """Say where to begin in a study that was made by the command line."""
        if not self.workspace.sources and contents.settings is not None:
            dataset = Path(contents.settings.dataset)
            self._workspace = self.workspace.model_copy(
                update={
                    "sources": (str(dataset),) if dataset.is_dir() else (),
                    "step": "prepare" if self.workspace.step == "scans" else self.workspace.step,
                }
            )

    def _read(self, what: str, function: Callable[[], Any], done: Callable[[Any], None]) -> None:
        """Read on a thread; of several answers to the same question only the latest counts."""
        request = self._requests[what] = self._requests.get(what, 0) + 1

        def finished(result: Any) -> None:
            if request == self._requests[what]:
                done(result)

        def failed(error: BaseException) -> None:
            if request == self._requests[what]:
                shown: Message = message_of_error(error, self.tr("The study cannot be opened."))
                self.message.emit(shown)

        self._background.run(function, finished, failed)
