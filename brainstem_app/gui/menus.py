"""The actions of the window: what the menus, the tool bar and the keys do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QStyle

from brainstem_app.gui.viewer.convention import Convention


class WindowActions:
    """Makes the actions of a main window, its menus and its tool bar.

    Parameters
    ----------
    window : QMainWindow
        Its methods of the same names as the actions are called.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        tr = window.tr
        act = self._action
        icons = QStyle.StandardPixmap
        self.open_scan = act(tr("&Open a scan…"), QKeySequence.StandardKey.Open, window.choose_scan)
        self.open_scan.setIcon(window.style().standardIcon(icons.SP_DialogOpenButton))
        self.open_folder = act(tr("Open a &DICOM folder…"), "Ctrl+Shift+O", window.choose_folder)
        self.open_folder.setIcon(window.style().standardIcon(icons.SP_DirOpenIcon))
        self.open_result = act(tr("Open a &result folder…"), "Ctrl+R", window.choose_result)
        self.open_labels = act(tr("Open a &label map…"), "Ctrl+L", window.choose_labels)
        self.simulate = act(tr("&Try a simulated scan"), "", window.simulate)
        self.save_labels = act(
            tr("&Save labels as…"), QKeySequence.StandardKey.Save, window.choose_labels_target
        )
        self.open_report = act(tr("Open re&port"), "Ctrl+P", window.open_report)
        self.save_report = act(tr("Sa&ve report…"), "Ctrl+Shift+S", window.choose_report_target)
        self.quit = act(tr("&Quit"), QKeySequence.StandardKey.Quit, window.close)
        self.segment = act(tr("&Segment"), "Ctrl+Return", window.segment)
        self.cancel = act(tr("&Cancel"), "Ctrl+.", window.cancel_job)
        self.zoom_in = act(tr("Zoom &in"), QKeySequence.StandardKey.ZoomIn, window.zoom_in)
        self.zoom_out = act(tr("Zoom &out"), QKeySequence.StandardKey.ZoomOut, window.zoom_out)
        self.fit = act(tr("&Whole slice"), "Ctrl+0", window.fit)
        self.fit_labels = act(tr("&Brainstem"), "Ctrl+9", window.fit_labels)
        self.crosshair = QAction(tr("&Crosshair"), window, checkable=True, checked=True)
        self.crosshair.setShortcut(QKeySequence("Ctrl+H"))
        self.crosshair.toggled.connect(window.show_crosshair)
        self.reset_window = act(tr("Reset &brightness and contrast"), "Ctrl+B", window.reset_window)
        self.help = act(tr("&Mouse and keys"), QKeySequence.StandardKey.HelpContents, window.show_help)
        self.radiological, self.neurological = self._conventions()
        self._fill_menus()

    def enable(
        self, *, scan: bool, viewer: bool, result: bool, report: bool, running: bool, model: bool
    ) -> None:
        """Enable what can be done now."""
        for action in (
            self.zoom_in,
            self.zoom_out,
            self.fit,
            self.fit_labels,
            self.crosshair,
            self.reset_window,
        ):
            action.setEnabled(viewer)
        self.save_labels.setEnabled(result)
        self.open_report.setEnabled(report)
        self.save_report.setEnabled(report)
        self.segment.setEnabled(scan and model and not running)
        self.simulate.setEnabled(not running)
        self.cancel.setEnabled(running)

    def show_convention(self, convention: Convention) -> None:
        """Tick a convention."""
        chosen = self.radiological if convention is Convention.RADIOLOGICAL else self.neurological
        chosen.setChecked(True)

    def _action(self, text: str, keys: object, slot: Callable[[], object]) -> QAction:
        action = QAction(text, self._window)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda _checked=False: slot())
        return action

    def _conventions(self) -> tuple[QAction, QAction]:
        group = QActionGroup(self._window)
        texts = {
            Convention.RADIOLOGICAL: self._window.tr("&Radiological (patient's right on the left)"),
            Convention.NEUROLOGICAL: self._window.tr("&Neurological (patient's left on the left)"),
        }
        actions = []
        for convention, text in texts.items():
            action = QAction(text, self._window, checkable=True)
            action.triggered.connect(lambda _checked=False, c=convention: self._window.set_convention(c))
            group.addAction(action)
            actions.append(action)
        return actions[0], actions[1]

    def _fill_menus(self) -> None:
        window, tr = self._window, self._window.tr
        menus = (
            (
                tr("&File"),
                (
                    self.open_scan,
                    self.open_folder,
                    self.open_result,
                    self.open_labels,
                    self.simulate,
                    None,
                    self.save_labels,
                    self.open_report,
                    self.save_report,
                    None,
                    self.quit,
                ),
            ),
            (tr("&Segment"), (self.segment, self.cancel)),
            (
                tr("&View"),
                (
                    self.radiological,
                    self.neurological,
                    None,
                    self.zoom_in,
                    self.zoom_out,
                    self.fit,
                    self.fit_labels,
                    None,
                    self.crosshair,
                    self.reset_window,
                ),
            ),
            (tr("&Help"), (self.help,)),
        )
        for title, actions in menus:
            menu = window.menuBar().addMenu(title)
            for action in actions:
                menu.addSeparator() if action is None else menu.addAction(action)
        bar = window.addToolBar(tr("Open"))
        bar.setObjectName("open_bar")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addActions([self.open_scan, self.open_folder])
