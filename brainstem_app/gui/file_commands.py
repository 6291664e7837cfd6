"""What the File menu asks for: which study, scan, result to open, where to save."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from brainstem_app.gui.messages.message import message_of_error
from brainstem_app.gui.study.save_study import SaveStudy

if TYPE_CHECKING:
    from brainstem_app.gui.main_window import MainWindow
    from brainstem_app.gui.scans.listing import ChosenScans

_RESULTS = "results folder"


class FileCommands(QObject):
    """Shows file dialogs and passes the answers to the window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._settings = window.context.settings
        self.study = SaveStudy(window)

    def new_study(self) -> None:
        """Ask for the folder of a new study; the scans that are open go into it."""
        name = QFileDialog.getExistingDirectory(
            self._window, self.tr("New study: choose or make an empty folder"), self._start()
        )
        if name:
            self._settings.last_folder = Path(name).parent
            self._window.context.study.create(Path(name))

    def choose_study(self) -> None:
        """Ask for a study folder and open it."""
        name = QFileDialog.getExistingDirectory(self._window, self.tr("Open a study"), self._start())
        if name:
            self._settings.last_folder = Path(name).parent
            self._window.context.study.open(Path(name))

    def choose_study_target(self) -> None:
        """Ask for an empty folder and save the open study there."""
        title = self.tr("Save the study as: choose or make an empty folder")
        name = QFileDialog.getExistingDirectory(self._window, title, self._start())
        if name:
            self._settings.last_folder = Path(name).parent
            self.study.save_as(Path(name))

    def choose_scan(self) -> None:
        """Ask for scans and open them."""
        kinds = self.tr("Scans (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img *.dcm *.ima);;All files (*)")
        names, _ = QFileDialog.getOpenFileNames(self._window, self.tr("Open scans"), self._start(), kinds)
        self._window.opening.open_paths([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Ask for a folder of DICOM files, a BIDS dataset or a folder of scans and open it."""
        title = self.tr("Open a DICOM folder, a BIDS dataset or a folder of scans")
        name = QFileDialog.getExistingDirectory(self._window, title, self._start())
        if name:
            self._window.opening.open_path(Path(name))

    def choose_batch(self, chosen: ChosenScans) -> None:
        """Say what a batch will do, and put it into the queue once the user agrees."""
        from brainstem_app.gui.segment.batch_sheet import BatchSheet

        window, panel = self._window, self._window.segment_page.segment_panel
        sheet = BatchSheet(chosen, panel.offered, panel.outputs, window)
        sheet.choose(panel.model)
        study = window.context.study
        sheet.show_folder(study.results_folder)
        sheet.place.change_button.setEnabled(study.results_study is None)
        sheet.place.open_requested.connect(self.open_results_folder)
        sheet.place.change_requested.connect(
            lambda: sheet.show_folder(self.choose_results_folder() or self._settings.results_folder)
        )
        sheet.confirmed.connect(
            lambda model: window.many_scans.segment(
                [scan.path for scan in chosen.scans], model, panel.outputs
            )
        )
        sheet.open()

    def choose_results_folder(self) -> Path | None:
        """Ask where results are written from now on."""
        title = self.tr("Folder for results")
        name = QFileDialog.getExistingDirectory(self._window, title, str(self._settings.results_folder))
        if not name:
            return None
        self.set_results_folder(Path(name))
        return Path(name)

    def set_results_folder(self, folder: Path) -> None:
        """Write results into a folder from now on; those there are stay where they are, and listed."""
        self._window.message_bar.clear(_RESULTS)
        self._settings.results_folder = folder
        if self._window.context.study.results_study is None:
            self._window.segment_page.segment_panel.place.show_folder(folder)

    def open_results_folder(self) -> None:
        """Show the folder of the results in the file manager."""
        folder = self._window.context.study.results_folder
        self._window.message_bar.clear(_RESULTS)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            message = message_of_error(error, self.tr("The folder for results cannot be made."), _RESULTS)
            self._window.message_bar.show_message(message)
            return
        self._window.segment_page.saver.open_path(folder)

    def choose_result(self) -> None:
        """Ask for a folder that Segment has written and open it."""
        start = str(self._settings.results_folder)
        name = QFileDialog.getExistingDirectory(self._window, self.tr("Open a result folder"), start)
        if name:
            self._window.opening.open_result(Path(name))

    def choose_labels(self) -> None:
        """Ask for a label map and open it."""
        kinds = self.tr("Label maps (*.nii *.nii.gz *.mgz *.mgh *.hdr *.img);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self._window, self.tr("Open a label map"), self._start(), kinds)
        if name:
            self._window.opening.open_labels(Path(name))

    def choose_model(self) -> None:
        """Ask for a model's file and offer it in Segment."""
        kinds = self.tr("Models (*.onnx *.keras);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self._window, self.tr("Choose a model"), self._start(), kinds)
        if name:
            self._settings.last_folder = Path(name).parent
            self._window.opening.open_model(Path(name))

    def choose_labels_target(self) -> None:
        """Ask where to save the label map."""
        step = self._window.segment_page
        if step.result is None:
            return
        start = self._settings.last_folder / f"{step.result.folder.name}_labels.nii.gz"
        name, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save labels as"), str(start), self.tr("NIfTI (*.nii.gz)")
        )
        if name:
            self._settings.last_folder = Path(name).parent
            step.saver.save_labels(Path(name))

    def choose_report_target(self) -> None:
        """Ask where to save the report."""
        step = self._window.segment_page
        if step.result is None or not step.result.reports:
            return
        suffixes = [file.suffix for file in step.result.reports]
        kinds = ";;".join(f"{suffix[1:].upper()} (*{suffix})" for suffix in suffixes)
        start = self._settings.last_folder / f"{step.result.folder.name}_report{suffixes[0]}"
        name, kind = QFileDialog.getSaveFileName(self._window, self.tr("Save report"), str(start), kinds)
        if name:
            path = Path(name)
            if not path.suffix:
                path = path.with_suffix("." + kind.split(" ")[0].lower())
            self._settings.last_folder = path.parent
            step.saver.save_report(path)

    def open_report(self) -> None:
        """Open the HTML report in the browser."""
        self._window.segment_page.saver.open_report()

    def _start(self) -> str:
        return str(self._settings.last_folder)
