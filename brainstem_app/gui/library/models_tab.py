"""Models at hand: a list, the card of the chosen one, and what is done with the user's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

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
from brainstem_app.gui.design.look import colours_of
from brainstem_app.gui.file_dialogs import FileDialogs
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.messages.message_bar import MessageBar
from brainstem_app.gui.rows_model import Column, RowsModel
from brainstem_app.gui.segment.card_text import card_details, is_measured, with_amber
from brainstem_app.named_version import with_version

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.models.library import ModelFiles

#: Beginning of a line of a card, what it says of the model.
_KEY = re.compile(r"(<br>)([A-Z][a-z ]+): ")
_WIDTHS = (680, 420)
_MB = 1e6


@dataclass(frozen=True)
class ModelRow:
    """A model in the list: its files, whether it is the user's own, its size in bytes."""

    model: ModelFiles
    is_own: bool
    size: int


class ModelsTab(QWidget):
    """Lists the models; imports, renames, copies and deletes the user's own.

    Attributes
    ----------
    table : QTableView
    name : QLineEdit
        Of the chosen model, to be changed if it is the user's own.
    bar : MessageBar
        What went wrong, and what has to be confirmed.
    """

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._ask = FileDialogs(context.settings, self)
        self._wanted, self._reader = "", Reader(context.background)
        self.rows = RowsModel[ModelRow](_columns(), lambda row: row.model.folder, self)
        self.table = make_table(self, self.rows, "Models", "Networks that segment; the first one ships")
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.selectionModel().currentRowChanged.connect(self._show)
        self.bar = MessageBar(self)
        self.card = Card("", self)
        self.words = QLabel(self.card)
        self.words.setWordWrap(True)
        self.words.setTextFormat(Qt.TextFormat.RichText)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.words.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.words.setAccessibleName("Card of the model")
        self.name = QLineEdit(self.card)
        self.name.setAccessibleName("Name of the model")
        self.name.setToolTip("Letters, digits, dots, dashes and underscores")
        self.name.textChanged.connect(lambda _text: self._update())
        self.name.returnPressed.connect(self.rename)
        self._make_buttons()
        self._lay_out()
        context.models.changed.connect(self._list)
        self._list()

    @property
    def chosen(self) -> ModelRow | None:
        """The chosen model."""
        return self.rows.row(self.table.currentIndex().row())

    # Making ------------------------------------------------------------------------------------------

    def _make_buttons(self) -> None:
        self.import_button = make_primary(
            self, "&Import…", "Copy a model that another computer has made among yours", self.choose, "plus"
        )
        self.rename_button = make_button(
            self.card, "&Rename", "Call the model as it stands here", self.rename
        )
        self.copy_button = make_button(
            self.card,
            "Save a &copy…",
            "A folder that another computer can import",
            self.save_copy,
            "download",
        )
        self.delete_button = make_button(
            self.card, "&Delete…", "Take the model off the disk", self.ask_to_delete, "trash-2"
        )

    def _lay_out(self) -> None:
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table, 1)
        row = QHBoxLayout()
        row.addWidget(self.import_button)
        row.addWidget(faint_label(self, "A trained network becomes a model in Train: Export."), 1)
        column.addLayout(row)
        renaming = QHBoxLayout()
        renaming.addWidget(self.name, 1)
        renaming.addWidget(self.rename_button)
        self.card.body.addLayout(renaming)
        self.card.body.addWidget(ScrolledColumn(self.words, self.card), 1)
        below = QHBoxLayout()
        below.addWidget(self.copy_button)
        below.addWidget(self.delete_button)
        below.addStretch(1)
        self.card.body.addLayout(below)
        fill_side_by_side(self, left, self.card, _WIDTHS)
        layout = self.layout()
        if layout is not None:
            layout.addWidget(self.bar)

    # Showing -----------------------------------------------------------------------------------------

    def _list(self) -> None:
        self.bar.clear()
        self._reader.read(
            lambda: _rows_of(self._context.models.models),
            self._take,
            lambda error: self.bar.show_message(message_of_error(error, "The models cannot be listed.")),
            "models",
        )

    def _take(self, rows: tuple[ModelRow, ...]) -> None:
        chosen = self._wanted or (self.chosen.model.card.name if self.chosen else "")
        self.rows.set_rows(rows)
        fit_columns(self.table, self.rows.longest_texts())
        names = [row.model.card.name for row in rows]
        self.table.selectRow(names.index(chosen) if chosen in names else 0)
        self._wanted = ""
        self._show()

    def _show(self, *_indices: QModelIndex) -> None:
        row = self.chosen
        self.card.setVisible(row is not None)
        if row is not None:
            card = row.model.card
            self.card.set_title(with_version(card.name, card.version))
            self.name.setText(card.name)
            words = with_amber(card_details(card), card, colours_of(self).fair)
            self.words.setText(_KEY.sub(r"<br>\1<b>\2</b>: ", words))
        self._update()

    def _update(self) -> None:
        row = self.chosen
        own = row is not None and row.is_own
        self.name.setVisible(own)
        self.rename_button.setVisible(own)
        self.rename_button.setEnabled(
            row is not None and self.name.text().strip() not in {"", row.model.card.name}
        )
        self.delete_button.setEnabled(own)
        hint = "Take the model off the disk" if own else "Ships with the program and cannot be deleted"
        self.delete_button.setToolTip(hint)

    # Doing -------------------------------------------------------------------------------------------

    def choose(self) -> None:
        """Ask for a model and copy it among the user's own."""
        path = self._ask.file("Import a model", "Models (model.json *.onnx *.keras);;All files (*)")
        if path is not None:
            self.bring_in(path)

    def bring_in(self, path: Path) -> None:
        """Copy a model among the user's own."""
        from brainstem_app.models.own_models import bring_in

        self._run(lambda: bring_in(path), self._imported, "The model cannot be imported.")

    def _imported(self, model: ModelFiles) -> None:
        self._say(f"“{model.card.name}” is imported; Segment offers it.")
        self._anew(model.card.name)

    def rename(self) -> None:
        """Call the chosen model as the line says."""
        from brainstem_app.models.own_models import rename

        row, name = self.chosen, self.name.text().strip()
        if row is not None and self.rename_button.isEnabled():
            what = "The model cannot be renamed."
            self._run(lambda: rename(row.model, name), lambda _model: self._anew(name), what)

    def save_copy(self) -> None:
        """Ask for a folder and put a copy of the chosen model there."""
        row = self.chosen
        folder = self._ask.new_folder("Save a copy of the model in") if row is not None else None
        if row is not None and folder is not None:
            self.hand_on(row.model, folder)

    def hand_on(self, model: ModelFiles, folder: Path) -> None:
        """Put a copy of a model into a folder."""
        from brainstem_app.models.own_models import hand_on

        self._run(
            lambda: hand_on(model, folder),
            lambda path: self._say(f"The copy is saved: {path.name}.", str(path)),
            "The copy cannot be saved.",
        )

    def ask_to_delete(self) -> None:
        """Ask in place whether the chosen model is to go."""
        row = self.chosen
        if row is None:
            return
        what = f"Delete “{row.model.card.name}” ({_size(row)})?"
        fix = "This cannot be undone; results made with it stay."
        actions = (
            MessageAction("Delete", lambda: self._delete(row.model)),
            MessageAction("Keep", lambda: None),
        )
        question = Message(MessageLevel.QUESTION, what, str(row.model.folder), fix, actions=actions)
        self.bar.show_message(question)

    def _delete(self, model: ModelFiles) -> None:
        from brainstem_app.models.own_models import throw_away

        what = "The model cannot be deleted."
        self._run(lambda: throw_away(model), lambda _none: self._anew(""), what)

    def _anew(self, name: str) -> None:
        self._wanted = name
        self._context.models.read()

    def _say(self, what: str, where: str = "") -> None:
        self.bar.show_message(Message(MessageLevel.INFO, what, where))

    def _run(self, function: Callable[[], Any], done: Callable[[Any], None], what: str) -> None:
        """Do something on a thread; what goes wrong is said above the list."""
        self.bar.clear()
        self._context.background.run(
            function, done, lambda error: self.bar.show_message(message_of_error(error, what))
        )


def _rows_of(models: tuple[ModelFiles, ...]) -> tuple[ModelRow, ...]:
    from brainstem_app.models.own_models import is_own, size_of

    return tuple(ModelRow(model, is_own(model), size_of(model)) for model in models)


def _columns() -> tuple[Column[ModelRow], ...]:
    return (
        Column("Name", lambda row: row.model.card.name),
        Column("Version", lambda row: row.model.card.version),
        Column("Labels", lambda row: row.model.card.atlas, hint="Atlas whose labels it gives"),
        Column("Mean IoU", _accuracy, hint="Over all classes, on people it has not seen"),
        Column("Date", lambda row: row.model.card.date),
        Column("Size", _size, lambda row: row.size, at_right=True),
        Column("From", lambda row: "you" if row.is_own else "the program"),
    )


def _accuracy(row: ModelRow) -> str:
    card = row.model.card
    return f"{card.results.macro_miou:.2f}" if is_measured(card) else "not measured"


def _size(row: ModelRow) -> str:
    return f"{row.size / _MB:,.0f} MB" if row.size >= _MB else f"{row.size / 1000:,.0f} kB"
