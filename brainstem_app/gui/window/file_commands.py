"""Commands of the File menu that ask: which study, scan, result to open, where to save."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from brainstem_app.gui.background import Reader
from brainstem_app.gui.file_dialogs import FileDialogs
from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.study.save_study import SaveStudy
from brainstem_app.jobs.folder_rights import make_folder

if TYPE_CHECKING:
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.scans.listing import ChosenScans
    from brainstem_app.gui.segment.many_scans import ManyScans
    from brainstem_app.gui.window.opening import Opening
    from brainstem_app.gui.workflow.page_stack import PageStack

_RESULTS = "results folder"


class FileCommands(QObject):
    """Shows file dialogs over the window, and has done what was chosen.

    Signals
    -------
    job_shown(object)
        Show how far a `QueuedJob` is.
    command_requested(str)
        Do what the window's action with this id is for.
    """

    job_shown = Signal(object)
    command_requested = Signal(str)

    def __init__(
        self,
        context: AppContext,
        opening: Opening,
        pages: PageStack,
        many_scans: ManyScans,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._context, self._settings = context, context.settings
        self._opening = opening
        self._segment = pages.segment
        self._many_scans = many_scans
        self._over = window
        self._earlier = Reader(context.background, in_turn=False)
        self._ask = FileDialogs(context.settings, window)
        self.study = SaveStudy(context, self)
        self.study.job_shown.connect(self.job_shown)
        self.study.moved.connect(opening.move_to_copy)

    def new_study(self) -> None:
        """Ask for the folder of a new study; the scans that are open go into it."""
        self._choose_study_folder("New study: a new or an empty folder", self._context.study.create)

    def choose_study(self) -> None:
        """Ask for a study folder and open it."""
        folder = self._ask.folder("Open a study", self._settings.studies_folder)
        if folder is not None:
            self._context.study.open(folder)

    def choose_study_target(self) -> None:
        """Ask for an empty folder and save the open study there."""
        title = "Save the study as: a new or an empty folder"
        self._opening.when_edits_are_saved(lambda: self._choose_study_folder(title, self.study.save_as))

    def choose_share_target(self) -> None:
        """Ask for an empty folder and make a copy of the open study there that can be handed on."""
        self._choose_study_folder("Copy to hand on: a new or an empty folder", self.study.share)

    def _choose_study_folder(self, title: str, use: Callable[[Path], object]) -> None:
        """Ask for the folder of a study to be made, beside the last one."""
        folder = self._ask.new_folder(title, self._settings.studies_folder)
        if folder is not None:
            use(folder)

    def choose_scan(self) -> None:
        """Ask for scans and open them."""
        kinds = "Scans (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img *.dcm *.ima);;All files (*)"
        self._opening.open_paths(self._ask.files("Open scans", kinds))

    def choose_folder(self) -> None:
        """Ask for a folder of DICOM files, a BIDS dataset or a folder of scans and open it."""
        folder = self._ask.folder("Open a DICOM folder, a BIDS dataset or a folder of scans")
        if folder is not None:
            self._opening.open_path(folder)

    def choose_batch(self, chosen: ChosenScans) -> None:
        """Say what a batch will do, and put it into the queue once the user agrees."""
        from brainstem_app.gui.segment.batch_sheet import BatchSheet
        from brainstem_app.gui.segment.earlier_results import find_results
        from brainstem_app.gui.segment.expected_time import time_text

        panel = self._segment.segment_panel
        sheet = BatchSheet(chosen, panel.offered, self._settings, self._over)
        sheet.choose(panel.model)
        sheet.show_time(time_text(self._context.jobs.jobs, len(chosen.scans)))
        sheet.show_study(self._context.study.results_folder)
        sheet.command_requested.connect(self.command_requested)
        sheet.confirmed.connect(lambda model, done: self._many_scans.segment(done, model, panel.outputs))
        sheet.count_changed.connect(lambda n: sheet.show_time(time_text(self._context.jobs.jobs, n)))
        sheet.finished.connect(self._earlier.forget)
        study, folders = self._context.study.folder, self._settings.results_folders
        self._earlier.read(
            lambda: find_results(chosen.scans, study, folders),
            sheet.show_earlier,
            lambda _error: None,
        )
        sheet.open()

    def choose_results_folder(self) -> None:
        """Ask where results are written from now on."""
        folder = self._ask.new_folder("Folder for results", self._settings.results_folder)
        if folder is not None:
            self.set_results_folder(folder)

    def set_results_folder(self, folder: Path) -> None:
        """Write results into a folder from now on; those there are stay where they are, and listed."""
        self._context.messages.clear(_RESULTS)
        self._settings.results_folder = folder

    def open_results_folder(self) -> None:
        """Show the folder of the results in the file manager."""
        folder = self._segment.results_folder
        self._context.messages.clear(_RESULTS)
        try:
            make_folder(folder, exist_ok=True)
        except OSError as error:
            message = message_of_error(error, "The folder for results cannot be made.", _RESULTS)
            self._context.messages.say(message)
            return
        self._segment.saver.open_path(folder)

    def choose_result(self) -> None:
        """Ask for a folder that Segment has written and open it."""
        folder = self._ask.folder("Open a result folder", self._settings.results_folder)
        if folder is not None:
            self._opening.open_result(folder)

    def import_results(self) -> None:
        """Ask for results that lie elsewhere, and copy them into the open study."""
        title = "Bring results into the study: choose a folder of results"
        folder = self._ask.folder(title, self._settings.results_folder)
        if folder is not None:
            self.study.bring_in(folder)

    def choose_labels(self) -> None:
        """Ask for a label map and open it."""
        kinds = "Label maps (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img);;All files (*)"
        path = self._ask.file("Open a label map", kinds)
        if path is not None:
            self._opening.open_labels(path)

    def choose_model(self) -> None:
        """Ask for a model's file and offer it in Segment."""
        path = self._ask.file("Choose a model", "Models (*.onnx *.keras);;All files (*)")
        if path is not None:
            self._opening.open_model(path)

    def choose_labels_target(self) -> None:
        """Ask where to save the label map."""
        result = self._segment.document.result
        if result is None:
            return
        name = f"{result.folder.name}_labels.nii.gz"
        target = self._ask.target("Save labels as", name, "NIfTI (*.nii.gz)")
        if target is not None:
            self._segment.saver.save_labels(target[0])

    def choose_report_target(self) -> None:
        """Ask where to save the report."""
        result = self._segment.document.result
        if result is None or not result.reports:
            return
        suffixes = [file.suffix for file in result.reports]
        kinds = ";;".join(f"{suffix[1:].upper()} (*{suffix})" for suffix in suffixes)
        name = f"{result.folder.name}_report{suffixes[0]}"
        target = self._ask.target("Save report", name, kinds)
        if target is not None:
            path, kind = target
            ending = path.suffix or f".{kind.split(' ')[0].lower()}"
            self._segment.saver.save_report(path.with_suffix(ending))
