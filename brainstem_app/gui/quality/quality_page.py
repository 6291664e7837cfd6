"""The step Quality: all results of a study as a wall of pictures, and the decision on each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QListView, QPushButton, QWidget

from brainstem_app.counting import counted
from brainstem_app.errors import BrainstemError
from brainstem_app.gui.background import Reader
from brainstem_app.gui.controls import make_button, make_primary, make_search, page_layout
from brainstem_app.gui.design.choice_box import ChoiceBox
from brainstem_app.gui.design.empty_hint import HintOrContent
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.messages.message import Message, MessageLevel, message_of_error
from brainstem_app.gui.quality.quality_items import QualityItem, QualityItems, decide, read_items
from brainstem_app.gui.quality.wall_delegate import WallDelegate
from brainstem_app.gui.quality.wall_model import Order, WallModel
from brainstem_app.gui.row_menu import RowMenu
from brainstem_app.gui.workflow.step import StepName
from brainstem_app.gui.workflow.step_page import StepPage
from brainstem_app.jobs.job import CorrectResultJob, QualityJob

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.jobs.queued_job import QueuedJob

_KIND = "quality"
#: Parts of the page that messages are about.
_LIST, _DECISION = "list", "decision"


class QualityPage(StepPage):
    """Shows the results of the study, and takes what somebody says of them."""

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._job: QueuedJob | None = None
        self._reader = Reader(context.background, what="the results")
        self._found = QualityItems()
        self.model = WallModel(context.background, self)
        self.wall = self._make_wall()
        self.order = self._choices("Sorted by", self._orders())
        self.only = self._choices("Shown", self._filters())
        hint = "Shows only the results whose names hold this text"
        self.search = make_search(self, "Find a result", hint, lambda _text: self._arrange())
        self.look_button = make_primary(
            self,
            "&Look at all results",
            "Write the table of quality anew, and the picture of new results (Ctrl+Return)",
            self.run,
            "list-checks",
        )
        self.progress = JobProgress(self)
        self.said = QLabel(self)
        self.said.setWordWrap(True)
        self.said.setAccessibleName("How many results there are, and in what state")
        self.note = QLineEdit(self)
        self.note.setPlaceholderText("Why: a note that is kept with the decision (N)")
        self.note.setAccessibleName("Note")
        self.note.setAccessibleDescription("Kept with the decision; a rejection needs one")
        self.accept_button = self._decision("&Accept  (A)", "The labels lie right", "accepted", "check")
        self.reject_button = self._decision(
            "Re&ject  (R)", "Leave this result out of groups; needs a note", "rejected", "x"
        )
        self.undo_button = self._decision("&Undecide  (U)", "Take the decision back", "undecided", "undo-2")
        self.review_button = make_button(
            self,
            "Revi&ew  (Enter)",
            "Open the chosen result in Review",
            self.open_review,
            "eye",
        )
        self.correct_button = make_button(
            self,
            "&Write its report anew",
            "Its labels were corrected: measure them, and write their report beside the original's",
            self.write_report,
        )
        self._rejects_on_return, self._noted = False, ("", "", "")
        decisions = (self.accept_button, self.reject_button, self.undo_button)
        RowMenu(self.wall, (self.review_button, *decisions, self.correct_button))
        self._lay_out()
        self._connect()
        self._on_study()

    def _make_wall(self) -> QListView:
        wall = QListView(self)
        wall.setModel(self.model)
        wall.setItemDelegate(WallDelegate(wall))
        wall.setViewMode(QListView.ViewMode.IconMode)
        wall.setResizeMode(QListView.ResizeMode.Adjust)
        wall.setMovement(QListView.Movement.Static)
        wall.setUniformItemSizes(True)
        wall.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        wall.verticalScrollBar().setSingleStep(40)
        wall.setAccessibleName("Results of the study")
        wall.setAccessibleDescription(
            "A accepts, R rejects, N writes a note, U undecides, Enter opens the result in Review."
        )
        return wall

    def _lay_out(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        for label, box in (("Sorted by", self.order), ("Shown", self.only)):
            above.addWidget(QLabel(label, self))
            above.addWidget(box)
        above.addWidget(self.search)
        above.addStretch(1)
        above.addWidget(self.look_button)
        buttons = (self.accept_button, self.reject_button, self.undo_button, self.review_button)
        for button in (*buttons, self.correct_button):
            below.addWidget(button)
        below.addStretch(1)
        layout = page_layout(self)
        layout.addLayout(above)
        layout.addWidget(self.said)
        layout.addWidget(self.progress)
        self.shown = HintOrContent("list-checks", self.wall, self.look_button, self)
        self.shown.pressed.connect(self._leave_empty)
        layout.addWidget(self.shown, 1)
        layout.addWidget(self.note)
        layout.addLayout(below)

    def _connect(self) -> None:
        self.order.currentIndexChanged.connect(lambda _place: self._arrange(anew=True))
        self.only.currentIndexChanged.connect(lambda _place: self._arrange())
        self.wall.activated.connect(lambda _index: self.open_review())
        self.wall.selectionModel().currentChanged.connect(lambda _new, _old: self._on_current())
        self.note.returnPressed.connect(self._on_note)
        keys = {
            "A": lambda: self.decide("accepted"),
            "R": lambda: self.decide("rejected"),
            "U": lambda: self.decide("undecided"),
            "N": lambda: self.note.setFocus(Qt.FocusReason.ShortcutFocusReason),
        }
        for key, action in keys.items():
            shortcut = QShortcut(QKeySequence(key), self.wall)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(action)
        leave = QShortcut(QKeySequence(Qt.Key.Key_Escape), self.note)
        leave.setContext(Qt.ShortcutContext.WidgetShortcut)
        leave.activated.connect(self._leave_note)
        study, jobs = self.context.study, self.context.jobs
        study.opened.connect(self._on_study)
        study.contents_changed.connect(self._read)
        jobs.added.connect(lambda _job: self._find_job())

    def _choices(self, name: str, choices: tuple[tuple[str, str], ...]) -> QComboBox:
        box = ChoiceBox(self)
        box.setAccessibleName(name)
        box.setToolTip(name)
        for text, value in choices:
            box.addItem(text, value)
        return box

    def _orders(self) -> tuple[tuple[str, str], ...]:
        return (
            ("most unusual first", Order.UNUSUAL),
            ("subject", Order.NAME),
            ("fit, worst first", Order.FIT),
            ("coverage, least first", Order.COVERAGE),
            ("confidence, least first", Order.CONFIDENCE),
            ("volume of the brainstem", Order.BRAINSTEM),
            ("furthest nucleus", Order.NUCLEUS),
            ("asymmetry", Order.ASYMMETRY),
            ("warnings", Order.WARNINGS),
            ("state", Order.STATE),
        )

    def _filters(self) -> tuple[tuple[str, str], ...]:
        return (
            ("all", ""),
            ("not seen yet", "unseen"),
            ("corrected, to be looked at", "edited"),
            ("accepted", "accepted"),
            ("rejected", "rejected"),
        )

    def _decision(self, text: str, hint: str, deed: str, icon: str) -> QPushButton:
        return make_button(self, text, hint, lambda: self.decide(deed), icon)

    # What there is ------------------------------------------------------------------------------------

    def activate(self) -> None:
        """Show the results as they are now: they may have come since."""
        self._read()
        self.wall.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_study(self) -> None:
        self.model.set_items(())
        self._read()
        self._find_job()

    def _read(self) -> None:
        """Read the table on a thread; what was read before somebody decided is not shown after it."""
        folder = self.context.study.folder
        if folder is None:
            self._reader.forget()
            self._show(QualityItems())
            return

        def done(found: QualityItems) -> None:
            self.resolved.emit(_LIST)
            self._show(found)

        def failed(error: BaseException) -> None:
            self.message.emit(message_of_error(error, "The results cannot be listed.", _LIST))

        self._reader.read(lambda: read_items(folder), done, failed, where=(folder,))

    def _show(self, found: QualityItems) -> None:
        chosen = self.current
        typed = self._noted, self.note.text(), self._rejects_on_return
        self._found = found
        if found.items != self.model.items:
            self.model.set_items(found.items)
            self._choose(chosen.name if chosen else "")
        self._say(found)
        self._on_current()
        if self._noted == typed[0]:  # the same result as it was: what is being written of it stays
            _, text, self._rejects_on_return = typed
            self.note.setText(text)

    def _say(self, found: QualityItems) -> None:
        self._show_emptiness(found)
        if not self.context.study.is_open:
            words = "Open a study (Ctrl+Shift+N) or begin one (Ctrl+N) to look at its results."
        elif not found.items and not found.newer:
            words = f"The study holds no segmentation yet: segment its scans ({StepName.SCANS.key})."
        elif found.newer:
            new = counted(found.newer, "result is newer", "results are newer")
            words = f"{new} than this table: Look at all results."
        else:
            states = [item.state for item in found.items]
            words = ", ".join(
                f"{states.count(state)} {text}" for text, state in self._filters()[1:] if states.count(state)
            )
        self.said.setText(words)
        left = sum(item.state in ("unseen", "edited") for item in found.items) + found.lacking
        self.status.emit(f"{left} to look at" if left else "")

    def _show_emptiness(self, found: QualityItems) -> None:
        """Lead to where results come from, while there are none to show."""
        self._found = found
        if not self.context.study.is_open:
            words = "Open a study, or begin one (Ctrl+N), to look at all its results together."
            self.shown.show_hint(words, "Open a study…")
        elif not found.items and not found.newer:
            words = "No scan of this study is segmented yet."
            self.shown.show_hint(words, "Choose scans to segment")
        elif not found.items:
            words = f"{counted(found.newer, 'result waits', 'results wait')} to be looked at."
            self.shown.show_hint(words, "" if self._job else "Look at all results")
        else:
            self.shown.show_content()
        for widget in (self.said, self.look_button):  # the hint says it, and has the button
            widget.setHidden(self.shown.is_empty)

    def _leave_empty(self) -> None:
        if self._found.newer:  # and there is nothing else
            self.run()
        elif self.context.study.is_open:
            self.step_requested.emit(StepName.SCANS)
        else:
            self.command_requested.emit("open_study")

    def _arrange(self, *, anew: bool = False) -> None:
        """Sort and choose; in another order the first is marked, which it was sorted for."""
        chosen = None if anew else self.current
        order, only = Order(self.order.currentData()), str(self.only.currentData())
        self.model.arrange(order, only, self.search.text())
        self._choose(chosen.name if chosen else "")
        self._on_current()

    def _choose(self, name: str) -> None:
        """Mark a result on the wall, or the first."""
        row = max(self.model.row_of(name), 0)
        if self.model.rowCount():
            self.wall.setCurrentIndex(self.model.index(row))

    # Working ------------------------------------------------------------------------------------------

    def run(self) -> None:
        """Look at all results: a job writes the table and the pictures."""
        folder = self.context.study.folder
        if folder is not None and self._job is None:
            self.context.jobs.submit(QualityJob(study=folder), study=folder)
            self.wall.setFocus(Qt.FocusReason.OtherFocusReason)  # else it goes to the note

    def write_report(self) -> None:
        """Write the report of the corrected labels of the marked result."""
        item = self.current
        if item is None:
            return
        job = self.context.jobs.submit(
            CorrectResultJob(study=item.study, subject=item.name), study=item.study
        )
        if job is not None:
            self.progress.follow(job, "Writing the report…")
            job.ended.connect(lambda outcome: self._on_report(str(outcome), item))

    def _on_report(self, outcome: str, item: QualityItem) -> None:
        self._read()
        if outcome == "finished":
            what = f"The report of {item.words} is that of the corrected labels now."
            self.message.emit(
                Message(MessageLevel.INFO, what, str(item.folder), "Accept it, if they are right.")
            )

    def _find_job(self) -> None:
        """Follow the job that looks at the results, also one that an earlier window has started."""
        folder = self.context.study.folder
        job = None if folder is None else self.context.jobs.find(_KIND, folder)
        if job is None or job is self._job:
            return
        self._job = job
        job.ended.connect(lambda _outcome: self._on_ended())
        self.progress.follow(job, "Starting…")
        self._show_emptiness(self._found)
        self._on_current()

    def _on_ended(self) -> None:
        self._job = None
        self._read()

    # Deciding -----------------------------------------------------------------------------------------

    @property
    def current(self) -> QualityItem | None:
        """The result that is marked."""
        return self.model.item(self.wall.currentIndex())

    def decide(self, deed: str) -> None:
        """Write down what is said of the marked result, and go to the next."""
        item, why = self.current, self.note.text()
        if item is None:
            return
        if deed == "rejected" and not why.strip():
            self._rejects_on_return = True
            self.note.setFocus(Qt.FocusReason.ShortcutFocusReason)
            what = f"Say why {item.words} is rejected, then press Enter."
            self.message.emit(Message(MessageLevel.INFO, what, owner=_DECISION))
            return
        try:
            # Small files, written at once: decisions come faster than a thread could take them in order.
            changed = decide(item, deed, why)
        except (BrainstemError, OSError) as error:
            self.message.emit(message_of_error(error, "The decision was not saved.", _DECISION))
            self._read()
            return
        self.resolved.emit(_DECISION)
        self.model.replace(changed)
        self._say(replace(self._found, items=self.model.items))
        if deed != "undecided":
            self.go_to_next()
        self._on_current()

    def go_to_next(self) -> None:
        """Mark the next result on the wall."""
        row = self.wall.currentIndex().row() + 1
        if row < self.model.rowCount():
            self.wall.setCurrentIndex(self.model.index(row))

    def open_review(self) -> None:
        """Open the marked result in Review, and offer the others there in the order of the wall."""
        row = self.wall.currentIndex().row()
        if row >= 0:
            shown = self.model.shown
            self.review_requested.emit(tuple(item.folder for item in (*shown[row:], *shown[:row])))

    def _on_note(self) -> None:
        """Reject with the note that was asked for, and go back to the wall."""
        self.wall.setFocus(Qt.FocusReason.OtherFocusReason)
        if self._rejects_on_return and self.note.text().strip():
            QTimer.singleShot(0, self, lambda: self.decide("rejected"))

    def _leave_note(self) -> None:
        """Say nothing of the marked result, and go back to the wall."""
        self.resolved.emit(_DECISION)
        self.wall.setFocus(Qt.FocusReason.OtherFocusReason)
        self._on_current()

    def _on_current(self) -> None:
        """Show what can be done with the marked result; the note is that of its decision."""
        item = self.current
        self._rejects_on_return = False
        why = "" if item is None else item.cells.get("why", "")
        self._noted = ("", "", "") if item is None else (item.name, item.state, why)
        self.note.setText(why)
        for button in (self.accept_button, self.reject_button, self.review_button):
            button.setEnabled(item is not None)
        self.undo_button.setEnabled(item is not None and item.state in ("accepted", "rejected"))
        self.correct_button.setVisible(item is not None and item.needs_report)
        has_study = self.context.study.folder is not None
        self.look_button.setEnabled(has_study and self._job is None)
