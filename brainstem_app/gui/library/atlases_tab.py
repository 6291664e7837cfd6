"""Atlases at hand: a list, the chosen one on the template, and the import of a lab's own."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from brainstem_app.counting import counted
from brainstem_app.gui.background import Reader
from brainstem_app.gui.controls import (
    ScrolledColumn,
    faint_label,
    fill_side_by_side,
    fit_columns,
    make_button,
    make_primary,
    make_table,
)
from brainstem_app.gui.design.card import Card
from brainstem_app.gui.forms.model_form import ModelForm
from brainstem_app.gui.jobs.job_progress import JobProgress
from brainstem_app.gui.library.atlas_view import AtlasView, read_shown
from brainstem_app.gui.messages.banners import message_of_failure
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.messages.message_bar import MessageBar
from brainstem_app.gui.rows_model import Column, RowsModel
from brainstem_app.jobs.job import ImportAtlasJob
from brainstem_app.named_version import with_version

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.jobs.queued_job import QueuedJob

_WIDTHS = (400, 640)
_PLAIN = ("source", "name", "table", "space", "template", "licence", "citation")
_MOST_TOLD = 6


@dataclass(frozen=True)
class AtlasEntry:
    """An atlas in the list."""

    name: str
    version: str
    nuclei: int
    is_own: bool


class AtlasesTab(QWidget):
    """Lists the atlases; imports a lab's own, which is looked at before it is kept.

    Attributes
    ----------
    table : QTableView
    view : AtlasView
    form : ModelForm
        Of the import.
    bar : MessageBar
        What went wrong, and what has to be decided.
    """

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._entries, self._shown = Reader(context.background), Reader(context.background)
        self._wanted = ""
        self.rows = RowsModel[AtlasEntry](_columns(), lambda row: row.name, self)
        self.table = make_table(self, self.rows, "Atlases", "The first one ships with the program")
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.selectionModel().currentRowChanged.connect(self._show_chosen)
        self.bar = MessageBar(self)
        self.card = Card("", self)
        self.view = AtlasView(self.card)
        self.form = ModelForm(ImportAtlasJob, ("out", "replace"), self.card, plain=_PLAIN)
        self.progress = JobProgress(self.card)
        self._make_buttons()
        self._lay_out()
        self.read()

    @property
    def chosen(self) -> AtlasEntry | None:
        """The chosen atlas."""
        return self.rows.row(self.table.currentIndex().row())

    # Making ------------------------------------------------------------------------------------------

    def _make_buttons(self) -> None:
        self.import_button = make_primary(
            self, "&Import…", "Make an atlas of your own maps of nuclei", self.show_form, "plus"
        )
        self.delete_button = make_button(
            self.card, "&Delete…", "Take the atlas off the disk", self.ask_to_delete, "trash-2"
        )
        self.start_button = make_primary(
            self.card,
            "&Look at it",
            "Make the atlas and show it; it is kept when you say so",
            self.start,
            "play",
        )
        self.back_button = make_button(
            self.card, "&Back", "To the atlases; what is typed stays", self._show_chosen
        )

    def _lay_out(self) -> None:
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        column.addWidget(self.import_button, 0, Qt.AlignmentFlag.AlignLeft)
        self.parts = QStackedWidget(self.card)
        looking, importing = QWidget(self.parts), QWidget(self.parts)
        rows = QVBoxLayout(looking)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(self.view, 1)
        line = QHBoxLayout()
        line.addWidget(self.delete_button)
        line.addWidget(
            faint_label(looking, "Studies and models keep a copy of the atlas they were made with."), 1
        )
        rows.addLayout(line)
        rows = QVBoxLayout(importing)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.addWidget(ScrolledColumn(self.form, importing), 1)
        rows.addWidget(self.progress)
        line = QHBoxLayout()
        line.addWidget(self.back_button)
        line.addStretch(1)
        line.addWidget(self.start_button)
        rows.addLayout(line)
        for part in (looking, importing):
            self.parts.addWidget(part)
        self.card.body.addWidget(self.parts, 1)
        fill_side_by_side(self, left, self.card, _WIDTHS)
        layout = self.layout()
        if layout is not None:
            layout.addWidget(self.bar)

    # Showing -----------------------------------------------------------------------------------------

    def read(self) -> None:
        """List the atlases anew."""
        self.bar.clear()
        self._entries.read(
            list_entries,
            self._take,
            lambda error: self.bar.show_message(message_of_error(error, "The atlases cannot be listed.")),
            "atlases",
        )

    def _take(self, entries: tuple[AtlasEntry, ...]) -> None:
        wanted = self._wanted or (self.chosen.name if self.chosen else "")
        self._wanted = ""
        self.rows.set_rows(entries)
        fit_columns(self.table, self.rows.longest_texts())
        names = [entry.name for entry in entries]
        self.table.selectRow(names.index(wanted) if wanted in names else 0)
        self._show_chosen()

    def _show_chosen(self, *_indices: QModelIndex) -> None:
        entry = self.chosen
        if entry is not None:
            self.parts.setCurrentIndex(0)
            self.delete_button.setEnabled(entry.is_own)
            own, shipped = "Take the atlas off the disk", "Ships with the program and cannot be deleted"
            self.delete_button.setToolTip(own if entry.is_own else shipped)
            self._show(entry.name, with_version(entry.name, entry.version))

    def _show(self, name_or_folder: str | Path, title: str) -> None:
        """Read an atlas and show it, unless another was asked for meanwhile; nothing until then."""
        self.card.set_title(title)
        self.view.show_atlas(None)
        convention = self._context.settings.convention
        self._shown.read(
            lambda: read_shown(name_or_folder, convention),
            self.view.show_atlas,
            lambda error: self.bar.show_message(message_of_error(error, "The atlas cannot be shown.")),
        )

    # Importing ---------------------------------------------------------------------------------------

    def show_form(self) -> None:
        """Ask what is to be imported."""
        self.bar.clear()
        self._shown.forget()
        self.card.set_title("Import an atlas")
        self.parts.setCurrentIndex(1)

    def start(self) -> None:
        """Make the atlas, to be looked at."""
        from brainstem_app.jobs.atlases.import_atlas import name_from

        self.bar.clear()
        job = self.form.build()
        if not isinstance(job, ImportAtlasJob):
            return
        name = job.name or name_from(job.source)
        if name in {entry.name for entry in self.rows.rows}:
            self.form.reject("name", f"There is an atlas “{name}” already. Give another name.")
            return
        if not job.source.exists():
            self.form.reject("source", "There is no such file or folder.")
            return
        folder = self._context.settings.jobs_folder.parent / "atlas to look at" / name
        shutil.rmtree(folder, ignore_errors=True)
        wanted = job.model_copy(update={"name": name, "out": folder})
        queued = self._context.jobs.submit(wanted, f"Import the atlas {name}")
        if queued is not None:
            self.start_button.setEnabled(False)
            queued.is_told_in_place = self.isVisible
            queued.ended.connect(lambda _outcome: self._on_ended(queued, name, folder))
            self.progress.follow(queued, "Starting…")

    def _on_ended(self, job: QueuedJob, name: str, folder: Path) -> None:
        self.start_button.setEnabled(True)
        if job.state == "finished":
            self._show(folder, f"{name}, not kept yet")
            self.parts.setCurrentIndex(0)
            self.delete_button.setEnabled(False)
            told = [warning.what for warning in job.warnings]
            more = [f"And {counted(len(told) - _MOST_TOLD, 'other note')}."] if len(told) > _MOST_TOLD else []
            actions = (
                MessageAction("Keep it", lambda: self._keep(folder)),
                MessageAction("Throw it away", lambda: self._drop(folder)),
            )
            what = f"This is “{name}”. Look at picture, structures and licence: is it to be kept?"
            fix = "\n".join([*told[:_MOST_TOLD], *more])
            self.bar.show_message(Message(MessageLevel.QUESTION, what, fix=fix, actions=actions))
        elif job.state == "failed" and self.isVisible():
            self.bar.show_message(message_of_failure(job))

    def _keep(self, folder: Path) -> None:
        from brainstem_app.atlas.own_atlases import keep_atlas

        def keep() -> str:
            name = keep_atlas(folder)
            shutil.rmtree(folder, ignore_errors=True)
            return name

        self._run(keep, self._kept, "The atlas cannot be kept.")

    def _kept(self, name: str) -> None:
        self._wanted = name
        self.read()
        self.bar.show_message(Message(MessageLevel.INFO, f"“{name}” is kept; Prepare offers it."))

    def _drop(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self._show_chosen()

    # Deleting ----------------------------------------------------------------------------------------

    def ask_to_delete(self) -> None:
        """Ask in place whether the chosen atlas is to go."""
        entry = self.chosen
        if entry is None:
            return
        actions = (
            MessageAction("Delete", lambda: self._delete(entry.name)),
            MessageAction("Keep", lambda: None),
        )
        fix = "This cannot be undone; studies and models keep their own copy."
        self.bar.show_message(
            Message(MessageLevel.QUESTION, f"Delete the atlas “{entry.name}”?", fix=fix, actions=actions)
        )

    def _delete(self, name: str) -> None:
        from brainstem_app.atlas.own_atlases import throw_atlas_away

        what = "The atlas cannot be deleted."
        self._run(lambda: throw_atlas_away(name), lambda _none: self.read(), what)

    def _run(self, function: Callable[[], Any], done: Callable[[Any], None], what: str) -> None:
        """Do something on a thread; what goes wrong is said above the list."""
        self.bar.clear()
        self._context.background.run(
            function, done, lambda error: self.bar.show_message(message_of_error(error, what))
        )


def list_entries() -> tuple[AtlasEntry, ...]:
    """List the atlases that can be read."""
    from brainstem_app.atlas.library import atlas_name_is_shipped, list_atlases, load_atlas_table
    from brainstem_app.errors import InputError

    entries = []
    for name in list_atlases():
        try:
            known = load_atlas_table(name)
        except InputError:
            continue
        own = not atlas_name_is_shipped(name)
        entries.append(AtlasEntry(name, known.version, len(known.table.nuclei), own))
    return tuple(entries)


def _columns() -> tuple[Column[AtlasEntry], ...]:
    return (
        Column("Name", lambda entry: entry.name),
        Column("Version", lambda entry: entry.version),
        Column("Nuclei", lambda entry: entry.nuclei),
        Column("From", lambda entry: "you" if entry.is_own else "the program"),
    )
