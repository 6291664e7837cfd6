"""Open study: opened and read on a thread, its workspace saved as the work goes on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from brainstem_app.errors import BrainstemError, InputError
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.written_files import SEGMENTATIONS_FOLDER, WINDOW_FILE

if TYPE_CHECKING:
    from brainstem_app.gui.background import Background
    from brainstem_app.gui.settings import WindowSettings
    from brainstem_app.gui.study.study_contents import StudyContents
    from brainstem_app.gui.study.workspace import Workspace

_SAVE_AFTER_MS = 800
_TRY_AGAIN_MS = 10_000


#: What messages are about: where the work was left, and reading the study.
SAVING, READING = "saving", "reading"


class OpenStudy(QObject):
    """The study the window works on, or none.

    What is opened and typed while no study is open is remembered too, in a file of the user's own.

    Attributes
    ----------
    folder : Path or None
    contents : StudyContents or None
    saved_at : datetime or None
        When this window has written the workspace last; None before that.

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
        self._written: Workspace | None = None  # as this window has read or written it last
        self._is_changed = False
        self._has_failed = False
        self._is_restored = True
        self._after_restore: list[Callable[[], None]] = []
        self.folder: Path | None = None
        self.contents: StudyContents | None = None
        self.saved_at: datetime | None = None
        self._save_timer = QTimer(self, singleShot=True)
        self._save_timer.timeout.connect(self.save)

    @property
    def is_open(self) -> bool:
        """Whether a study is open."""
        return self.folder is not None

    @property
    def results_folder(self) -> Path | None:
        """Folder in the study that results of scans go to; None without a study."""
        return None if self.folder is None else self.folder / SEGMENTATIONS_FOLDER

    @property
    def reports_folder(self) -> Path | None:
        """Folder in the study that reports on its people go to; None without a study."""
        from brainstem_app.study.people_reports import REPORTS_FOLDER

        return None if self.folder is None else self.folder / REPORTS_FOLDER

    @property
    def is_prepared(self) -> bool:
        """Whether the study has at least one prepared subject."""
        return self.contents is not None and self.contents.n_finished > 0

    @property
    def workspace(self) -> Workspace:
        """Where the work was left."""
        from brainstem_app.gui.study.workspace import read_workspace

        if self._workspace is None:
            self._workspace, problem = read_workspace(self._settings.session_file)
            self._written = self._workspace
            self._tell_of(problem)
        return self._workspace

    # Remembering -------------------------------------------------------------------------------------

    def remember(self, **changes: Any) -> None:
        """Change fields of the workspace; written a moment later."""
        changed = self.workspace.model_copy(update=changes)
        if changed == self._workspace:
            return
        self._workspace, self._is_changed = changed, True
        # Not begun anew by every change: while somebody types without a pause it is written all the same.
        if not self._save_timer.isActive():
            self._save_timer.start(_SAVE_AFTER_MS)

    def remember_form(self, step: str, values: dict[str, Any]) -> None:
        """Keep the settings of a step's form."""
        self.remember(forms={**self.workspace.forms, step: values})

    def remember_choice(self, name: str, value: str) -> None:
        """Keep what was chosen in a step."""
        if self.workspace.choices.get(name, "") != value:
            self.remember(choices={**self.workspace.choices, name: value})

    def save(self, *, anew: bool = False) -> bool:
        """Write the workspace if it has changed, or in any case.

        Returns
        -------
        bool
            Whether all is on the disk. If not, a message says why, and it is tried again.
        """
        error = self._write(anew=anew)
        if error is not None and (anew or not self._has_failed):
            fix = "It is tried again every ten seconds."
            fix = f"{error.fix} {fix}"
            self.message.emit(Message(MessageLevel.ERROR, error.what, error.where or "", fix, owner=SAVING))
        elif error is None and self._has_failed:
            what = "Where the work was left is saved again."
            self.message.emit(Message(MessageLevel.INFO, what, owner=SAVING))
        self._has_failed = error is not None
        return error is None

    def _write(self, *, anew: bool = False) -> BrainstemError | None:
        """Write the workspace if need be; the error if it cannot be written, which is tried again then."""
        self._save_timer.stop()
        if self._workspace is None or not (self._is_changed or anew):
            return None
        from brainstem_app.gui.study.workspace import with_changes

        try:
            file = self._file()
            with_changes(file, self._written or self._workspace, self._workspace).save(file)
        except BrainstemError as error:
            failure = error
        except OSError as error:
            what = f"Where the work was left is not saved: {error.strerror or error}."
            fix = "Make room on the disk, or ask for the right to write there."
            failure = BrainstemError(what, self.folder or self._settings.session_file, fix)
        else:
            self._is_changed, self.saved_at, self._written = False, datetime.now(), self._workspace
            return None
        self._save_timer.start(_TRY_AGAIN_MS)
        return failure

    def _file(self) -> Path:
        """File of the workspace. A study folder that is gone is not made anew, below an empty mount point."""
        if self.folder is None:
            return self._settings.session_file
        if not self.folder.is_dir():
            raise InputError(
                "Where the work was left could not be saved: the study folder is not there any more.",
                self.folder,
                "Connect its drive, or put the folder back where it was.",
            )
        return self.folder / WINDOW_FILE

    def when_saved(self, go_on: Callable[[], None]) -> None:
        """Go on once the workspace is written, or once the user has said to do without it."""
        error = self._write()
        if error is None:
            self._has_failed = False
            go_on()
            return

        def give_up() -> None:
            self._is_changed = self._has_failed = False
            self._save_timer.stop()
            go_on()

        actions = (
            MessageAction("Try again", lambda: self.when_saved(go_on)),
            MessageAction("Go on without saving", give_up),
        )
        self._has_failed = True
        self.message.emit(
            Message(
                MessageLevel.ERROR, error.what, error.where or "", error.fix, actions=actions, owner=SAVING
            )
        )

    def _tell_of(self, problem: BrainstemError | None) -> None:
        if problem is not None:
            where = problem.where or ""
            self.message.emit(Message(MessageLevel.WARNING, problem.what, where, problem.fix, owner=SAVING))

    # Opening -----------------------------------------------------------------------------------------

    def restore(self) -> None:
        """Open the study of the last time; without one, take up what was opened without a study."""
        last = self._settings.last_study
        if last is not None and not self.is_open:
            self._open(last, then=self._end_restore)
        else:
            self.opened.emit()
            self._end_restore()

    def expect_restore(self) -> None:
        """Let what is opened now wait for `restore`, so that the work of the last time does not cover it."""
        self._is_restored = False

    def when_restored(self, go_on: Callable[[], None]) -> None:
        """Go on at once, or when the work of the last time is back."""
        if self._is_restored:
            go_on()
        else:
            self._after_restore.append(go_on)

    def _end_restore(self) -> None:
        self._is_restored = True
        waiting, self._after_restore = self._after_restore, []
        for go_on in waiting:
            go_on()

    def create(self, folder: Path) -> None:
        """Begin a study in a folder, with the scans that are open now; open it if there is one."""
        from brainstem_app.gui.study.workspace import Workspace, is_study
        from brainstem_app.study.beginning import require_new

        if is_study(folder):
            self.open(folder)
            return
        try:
            require_new(folder)
            self.workspace.save(folder / WINDOW_FILE)  # opening it makes it a study
        except (InputError, OSError) as error:
            self.message.emit(message_of_error(error, "The study folder cannot be written.", READING))
            return
        if not self.is_open:  # it has moved into the study
            self._workspace, self._is_changed = Workspace(), True
        what = f"The study “{folder.name}” is begun: results and reports belong to it from now on."
        begun = Message(MessageLevel.INFO, what, str(folder), owner=READING)
        self.when_saved(lambda: self._open(folder, then=lambda: self._tell_begun(begun)))

    def _tell_begun(self, begun: Message) -> None:
        """Say that a study is begun, if it is."""
        if self.folder is not None and begun.where == str(self.folder):
            self.message.emit(begun)

    def open(self, folder: Path, then: Callable[[], None] = lambda: None) -> None:
        """Open the study in a folder, once that which is open is saved, then go on, opened or not."""
        self.when_saved(lambda: self._open(folder, then))

    def _open(self, folder: Path, then: Callable[[], None] = lambda: None) -> None:
        from brainstem_app.gui.study.study_contents import begin_if_new, read_contents
        from brainstem_app.gui.study.workspace import read_workspace

        def read() -> tuple[StudyContents, tuple[Workspace, InputError | None]]:
            begin_if_new(folder)
            return read_contents(folder), read_workspace(folder / WINDOW_FILE)

        def take(contents: StudyContents, found: tuple[Workspace, InputError | None]) -> None:
            problem = None
            if folder != self.folder:  # else what is remembered now is newer than what was read
                self._workspace, problem = found
                self._written = self._workspace
            self.folder, self.contents = folder, contents
            self._fill_in(contents)
            self._settings.add_recent_study(folder)
            self.opened.emit()
            self.contents_changed.emit()
            self._tell_of(problem)  # after what was said of the study before is gone
            then()

        self._read("open", read, lambda found: self.when_saved(lambda: take(*found)), then)

    def close(self) -> None:
        """Close the study; what was open before it without a study is shown again."""
        self.when_saved(self._close)

    def _close(self) -> None:
        self.folder = self.contents = self._workspace = self._written = None
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

    def _fill_in(self, contents: StudyContents) -> None:
        """Say where to begin in a study that was made by the command line: with its results, if any."""
        if not self.workspace.sources and not contents.is_new:
            dataset = contents.settings.dataset_folder
            begin = "quality" if (contents.folder / SEGMENTATIONS_FOLDER).is_dir() else "prepare"
            self._workspace = self.workspace.model_copy(
                update={
                    "sources": (str(dataset),) if dataset is not None and dataset.is_dir() else (),
                    "step": begin if self.workspace.step == "scans" else self.workspace.step,
                }
            )

    def _read(
        self,
        what: str,
        function: Callable[[], Any],
        done: Callable[[Any], None],
        otherwise: Callable[[], None] = lambda: None,
    ) -> None:
        """Read on a thread; of several answers to the same question only the latest counts."""
        request = self._requests[what] = self._requests.get(what, 0) + 1

        def finished(result: Any) -> None:
            if request == self._requests[what]:
                done(result)
            else:
                otherwise()

        def failed(error: BaseException) -> None:
            if request == self._requests[what]:
                self.message.emit(message_of_error(error, "The study cannot be opened.", READING))
            otherwise()

        self._background.run(function, finished, failed)
