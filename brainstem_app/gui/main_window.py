"""The window: menus, messages in place, the step Segment, the status line."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QLabel, QMainWindow, QVBoxLayout, QWidget

from brainstem_app.gui.background import Background
from brainstem_app.gui.menus import WindowActions
from brainstem_app.gui.messages.message import Message, MessageAction, MessageLevel, message_of_error
from brainstem_app.gui.messages.message_bar import MessageBar
from brainstem_app.gui.segment.segment_step import SegmentStep
from brainstem_app.gui.settings import WindowSettings
from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.gui.warm_up import find_models, import_viewer, read_structures

_ZOOM_STEP = 1.25
_FIRST_SIZE = (1280, 820)


class MainWindow(QMainWindow):
    """The main window of the program.

    Parameters
    ----------
    settings : WindowSettings
        What was remembered from the last time.
    """

    def __init__(self, settings: WindowSettings) -> None:
        super().__init__()
        self._settings = settings
        self._is_closing = False
        self._is_warm = False
        self.setWindowTitle(self.tr("Brainstem App"))
        self.setAcceptDrops(True)
        self.background = Background(self)
        self.message_bar = MessageBar(self)
        self.step = SegmentStep(settings, self.background, self)
        central = QWidget(self)
        layout = QVBoxLayout(central)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.message_bar)
        layout.addWidget(self.step, 1)
        self.setCentralWidget(central)
        self.pointed = QLabel(self)
        self.pointed.setAccessibleName(self.tr("Under the pointer"))
        self.crosshair = QLabel(self)
        self.crosshair.setAccessibleName(self.tr("Crosshair"))
        self.statusBar().addWidget(self.pointed, 1)
        self.statusBar().addPermanentWidget(self.crosshair)
        self.actions_ = WindowActions(self)
        self.actions_.show_convention(settings.convention)
        self._connect()
        self._restore()
        self._update_actions()

    def _connect(self) -> None:
        step = self.step
        step.message.connect(self.message_bar.show_message)
        step.pointed.connect(self.pointed.setText)
        step.crosshair.connect(self.crosshair.setText)
        step.scan_changed.connect(self._on_scan_changed)
        step.result_changed.connect(self._update_actions)
        step.convention_changed.connect(self.actions_.show_convention)
        step.segmentation.running_changed.connect(self._on_running)
        step.empty_state.open_requested.connect(self.choose_scan)
        step.empty_state.folder_requested.connect(self.choose_folder)
        step.result_panel.open_report_requested.connect(self.open_report)
        step.result_panel.save_labels_requested.connect(self.choose_labels_target)
        step.result_panel.save_report_requested.connect(self.choose_report_target)

    def _restore(self) -> None:
        self.resize(*_FIRST_SIZE)
        if not self._settings.geometry.isEmpty():
            self.restoreGeometry(self._settings.geometry)
        if not self._settings.splitter.isEmpty():
            self.step.splitter.restoreState(self._settings.splitter)

    # After the first paint ---------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Load what is heavy once the window is on the screen."""
        super().showEvent(event)
        if not self._is_warm:
            self._is_warm = True
            QTimer.singleShot(50, self, self._warm_up)

    def _warm_up(self) -> None:
        self.background.run(find_models, self._on_models, self._on_no_models)
        self.background.run(read_structures, self.step.set_table, lambda _error: None)
        self.background.run(import_viewer, lambda _result: None, lambda _error: None)

    def _on_models(self, models: tuple[object, ...]) -> None:
        self.step.set_models(models)
        self._update_actions()

    def _on_no_models(self, error: BaseException) -> None:
        self.step.set_models(())
        self.message_bar.show_message(message_of_error(error, self.tr("The models cannot be listed.")))

    # Opening and saving ------------------------------------------------------------------------------

    def open_path(self, path: Path) -> None:
        """Open a scan, a DICOM folder, a result folder or a label map."""
        self._settings.last_folder = path.parent
        self.message_bar.clear()
        self.step.open_path(path)

    def choose_scan(self) -> None:
        """Ask for a scan and open it."""
        kinds = self.tr("Scans (*.nii *.nii.gz *.mgz *.mgh);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Open a scan"), self._start(), kinds)
        if name:
            self.open_path(Path(name))

    def choose_folder(self) -> None:
        """Ask for a folder of DICOM files and open it."""
        name = QFileDialog.getExistingDirectory(self, self.tr("Open a DICOM folder"), self._start())
        if name:
            self.open_path(Path(name))

    def choose_result(self) -> None:
        """Ask for a folder that Segment has written and open it."""
        start = str(self._settings.results_folder)
        name = QFileDialog.getExistingDirectory(self, self.tr("Open a result folder"), start)
        if name:
            self.message_bar.clear()
            self.step.opener.open_result(Path(name), None if self.step.scan is None else self.step.scan.path)

    def choose_labels(self) -> None:
        """Ask for a label map and open it."""
        kinds = self.tr("Label maps (*.nii *.nii.gz *.mgz);;All files (*)")
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Open a label map"), self._start(), kinds)
        if name:
            self._settings.last_folder = Path(name).parent
            self.message_bar.clear()
            self.step.opener.open_labels(Path(name))

    def choose_labels_target(self) -> None:
        """Ask where to save the label map."""
        if self.step.result is None:
            return
        start = self._settings.last_folder / f"{self._result_name()}_labels.nii.gz"
        name, _ = QFileDialog.getSaveFileName(
            self, self.tr("Save labels as"), str(start), self.tr("NIfTI (*.nii.gz)")
        )
        if name:
            self._settings.last_folder = Path(name).parent
            self.step.saver.save_labels(Path(name))

    def choose_report_target(self) -> None:
        """Ask where to save the report."""
        if self.step.result is None or not self.step.result.reports:
            return
        suffixes = [file.suffix for file in self.step.result.reports]
        kinds = ";;".join(f"{suffix[1:].upper()} (*{suffix})" for suffix in suffixes)
        start = self._settings.last_folder / f"{self._result_name()}_report{suffixes[0]}"
        name, kind = QFileDialog.getSaveFileName(self, self.tr("Save report"), str(start), kinds)
        if name:
            path = Path(name)
            if not path.suffix:
                path = path.with_suffix("." + kind.split(" ")[0].lower())
            self._settings.last_folder = path.parent
            self.step.saver.save_report(path)

    def open_report(self) -> None:
        """Open the HTML report in the browser."""
        self.step.saver.open_report()

    def _start(self) -> str:
        return str(self._settings.last_folder)

    def _result_name(self) -> str:
        result = self.step.result
        return result.folder.name if result is not None else "result"

    # Segmenting --------------------------------------------------------------------------------------

    def segment(self) -> None:
        """Segment the open scan."""
        self.message_bar.clear()
        self.step.segment()

    def simulate(self) -> None:
        """Make a simulated scan and open it."""
        self.step.simulate()

    def cancel_job(self) -> None:
        """Ask the running job to stop."""
        self.step.segmentation.cancel()

    def _on_running(self, running: bool) -> None:
        if running:
            self.message_bar.clear()
        self._update_actions()
        if not running and self._is_closing:
            self.close()

    # View --------------------------------------------------------------------------------------------

    def set_convention(self, convention: Convention) -> None:
        """Put the patient's right or left at the left of the picture."""
        self._settings.convention = convention
        if self.step.has_viewer:
            self.step.viewer.set_convention(convention)

    def zoom_in(self) -> None:
        """Magnify the slice."""
        self.step.viewer.view.zoom(_ZOOM_STEP)

    def zoom_out(self) -> None:
        """Show more of the slice."""
        self.step.viewer.view.zoom(1 / _ZOOM_STEP)

    def fit(self) -> None:
        """Show the whole slice."""
        self.step.viewer.view.fit()

    def fit_labels(self) -> None:
        """Zoom to the labels."""
        self.step.viewer.fit_labels()

    def show_crosshair(self, shown: bool) -> None:
        """Draw the crosshair or not."""
        self.step.viewer.view.show_crosshair(shown)

    def reset_window(self) -> None:
        """Undo changes of brightness and contrast."""
        self.step.viewer.view.reset_window()

    def show_help(self) -> None:
        """Say what mouse and keys do."""
        text = self.tr(
            "Wheel, ↑ ↓, Page Up, Page Down: slices.  Ctrl+wheel: zoom, Ctrl+0: whole slice.  "
            "Click: crosshair.  Middle drag: move.  Shift+drag: brightness and contrast, double click: reset."
        )
        self.message_bar.show_message(Message(MessageLevel.INFO, text))

    def _on_scan_changed(self) -> None:
        scan = self.step.scan
        name = "" if scan is None else f"{scan.path.name} – "
        self.setWindowTitle(self.tr("{0}Brainstem App").format(name))
        self._update_actions()

    def _update_actions(self) -> None:
        step = self.step
        self.actions_.enable(
            scan=step.scan is not None and step.segment_panel.can_start,
            viewer=step.has_viewer,
            result=step.result is not None,
            report=step.result is not None and bool(step.result.reports),
            running=step.segmentation.is_running,
            model=bool(step.segment_panel.model),
        )

    # Drag and drop -----------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:  # noqa: N802 - Qt's name
        """Take files and folders."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()
            self.step.empty_state.set_target(True)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:  # noqa: N802 - Qt's name
        """Take the highlight away."""
        self.step.empty_state.set_target(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:  # noqa: N802 - Qt's name
        """Open the first file or folder that was dropped."""
        self.step.empty_state.set_target(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if not paths:
            return
        event.acceptProposedAction()
        self.open_path(paths[0])
        if len(paths) > 1:
            what = self.tr("{0} files were dropped; the first is opened.").format(len(paths))
            self.message_bar.show_message(Message(MessageLevel.INFO, what))

    # Closing -----------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ask in place if a job runs; else remember the window and go."""
        if self.step.segmentation.is_running:
            event.ignore()
            if not self._is_closing:
                self._ask_before_closing()
            return
        self._settings.geometry = self.saveGeometry()
        self._settings.splitter = self.step.splitter.saveState()
        self.background.wait()
        super().closeEvent(event)

    def _ask_before_closing(self) -> None:
        self.message_bar.show_message(
            Message(
                MessageLevel.QUESTION,
                self.tr("A job is still running. Close the window and stop it?"),
                actions=(
                    MessageAction(self.tr("Stop it and close"), self._stop_and_close),
                    MessageAction(self.tr("Keep running"), lambda: None),
                ),
            )
        )

    def _stop_and_close(self) -> None:
        self._is_closing = True
        if self.step.segmentation.is_running:
            self.step.segmentation.cancel()
        else:
            self.close()
