"""The actions of the window: what the menus, the tool bar and the keys do."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QStyle

from brainstem_app.gui.about import AboutDialog
from brainstem_app.gui.computer_dialog import ComputerDialog
from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.gui.workflow.pages import STEPS
from brainstem_app.gui.workflow.step import StepName, step_text


class WindowActions:
    """Makes the actions of a main window, its menus and its tool bar.

    Parameters
    ----------
    window : QMainWindow
        Its methods, and those of its `files` and `view`, are called.
    """

    def __init__(self, window: QMainWindow) -> None:
        self._window = window
        self._review_keys: set[str] = set()
        self._shows_review = False
        self._taken_keys: dict[QAction, list[QKeySequence]] = {}
        tr = window.tr
        act = self._action
        icons = QStyle.StandardPixmap
        files, view = window.files, window.view
        self.new_study = act(tr("&New study…"), QKeySequence.StandardKey.New, files.new_study)
        self.open_study = act(tr("Open a s&tudy…"), "Ctrl+Shift+N", files.choose_study)
        self.save_study = act(tr("Sa&ve the study"), "", files.study.save)
        self.save_study_as = act(tr("Save the study &as…"), "F12", files.choose_study_target)
        self.close_study = act(tr("&Close the study"), "", window.context.study.close)
        for action in (self.save_study, self.save_study_as, self.close_study):
            action.setEnabled(False)
        self.open_scan = act(tr("&Open scans…"), QKeySequence.StandardKey.Open, files.choose_scan)
        self.open_scan.setIcon(window.style().standardIcon(icons.SP_DialogOpenButton))
        self.open_folder = act(tr("Open a &folder (DICOM, BIDS)…"), "Ctrl+Shift+O", files.choose_folder)
        self.open_folder.setIcon(window.style().standardIcon(icons.SP_DirOpenIcon))
        self.open_result = act(tr("Open a res&ult folder…"), "Ctrl+R", files.choose_result)
        self.results_folder = act(tr("Open the folder of the resul&ts"), "", files.open_results_folder)
        self.choose_results_folder = act(tr("&Where results go…"), "", files.choose_results_folder)
        self.open_labels = act(tr("Open a &label map…"), "Ctrl+L", files.choose_labels)
        self.simulate = act(tr("Try a si&mulated scan"), "", window.simulate)
        self.save_labels = act(
            tr("&Save labels as…"), QKeySequence.StandardKey.Save, files.choose_labels_target
        )
        self.open_report = act(tr("Open re&port"), "Ctrl+P", files.open_report)
        self.save_report = act(tr("Save r&eport…"), "Ctrl+E", files.choose_report_target)
        self.quit = act(tr("&Quit"), "Ctrl+Q", window.close)
        self.segment = act(tr("&Segment the open scan"), "", window.segment)
        self.cancel = act(tr("&Cancel"), "Ctrl+.", window.cancel_job)
        self.zoom_in = act(tr("Zoom &in"), QKeySequence.StandardKey.ZoomIn, view.zoom_in)
        self.zoom_out = act(tr("Zoom &out"), QKeySequence.StandardKey.ZoomOut, view.zoom_out)
        self.fit = act(tr("&Whole slice"), "Ctrl+0", view.fit)
        self.fit_labels = act(tr("&Brainstem"), "Ctrl+9", view.fit_labels)
        self.crosshair = QAction(tr("&Crosshair"), window, checkable=True, checked=True)
        self.crosshair.setShortcut(QKeySequence("Ctrl+H"))
        self.crosshair.toggled.connect(view.show_crosshair)
        self.reset_window = act(tr("Reset &brightness and contrast"), "Ctrl+B", view.reset_window)
        self.start = act(tr("&Start what the step is for"), "Ctrl+Return", window.start_step)
        self.jobs = act(tr("&Jobs"), "Ctrl+J", window.show_jobs)
        self.steps = tuple(self._step(step) for step in STEPS)
        self.recent = QMenu(tr("&Recent"), window)
        self.recent.aboutToShow.connect(self.fill_recent)
        self.help = act(tr("&Mouse and keys"), QKeySequence.StandardKey.HelpContents, window.show_help)
        self.computer = act(tr("This &computer…"), "", lambda: ComputerDialog(window).open())
        self.about = act(tr("&About Brainstem App"), "", lambda: AboutDialog(window).open())
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

    def add_review(self, groups: dict[str, tuple[QAction | None, ...]]) -> None:
        """Add a menu for the step Review, whose actions work in it alone."""
        menu = QMenu(self._window.tr("&Review"), self._window)
        self._window.menuBar().insertMenu(self._help_menu.menuAction(), menu)
        for name in ("file", "edit", "view", "labels"):
            for action in (*groups[name], None):
                self._add_to(menu, action)
        self._review_keys = {
            key.toString()
            for group in groups.values()
            for action in group
            if action
            for key in action.shortcuts()
        }

    def show_review(self, shown: bool) -> None:
        """Leave the keys to the step Review while it is on the screen: a key of two actions does nothing."""
        if shown == self._shows_review:
            return
        self._shows_review = shown
        if shown:
            self._taken_keys = {
                action: action.shortcuts()
                for action in self._window.findChildren(
                    QAction, options=Qt.FindChildOption.FindDirectChildrenOnly
                )
                if any(key.toString() in self._review_keys for key in action.shortcuts())
            }
        for action, keys in self._taken_keys.items():
            action.setShortcuts([] if shown else keys)

    def fill_recent(self) -> None:
        """List the studies and scans opened last."""
        settings, tr = self._window.context.settings, self._window.tr
        for action in (self.save_study, self.save_study_as, self.close_study):
            action.setEnabled(self._window.context.study.is_open)
        self.recent.clear()
        for title, paths in ((tr("Studies"), settings.recent_studies), (tr("Scans"), settings.recent_scans)):
            if paths:
                self.recent.addSection(title)
            for path in paths:
                action = self.recent.addAction(f"{path.name}    {path.parent}")
                action.triggered.connect(lambda _checked=False, p=path: self._window.open_path(p))
        if self.recent.isEmpty():
            self.recent.addAction(tr("Nothing has been opened yet")).setEnabled(False)
            return
        self.recent.addSeparator()
        self.recent.addAction(tr("Forget these")).triggered.connect(lambda: settings.forget_recent())

    def _step(self, step: StepName) -> QAction:
        text = step_text(step)
        action = self._action(
            f"&{step.number}  {text.title}", f"Ctrl+{step.number}", lambda: self._window.show_step(step)
        )
        action.setStatusTip(text.purpose)
        return action

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
            action.triggered.connect(lambda _checked=False, c=convention: self._window.view.set_convention(c))
            group.addAction(action)
            actions.append(action)
        return actions[0], actions[1]

    def _fill_menus(self) -> None:
        window, tr = self._window, self._window.tr
        menus = (
            (
                tr("&File"),
                (
                    self.new_study,
                    self.open_study,
                    self.save_study,
                    self.save_study_as,
                    self.close_study,
                    None,
                    self.open_scan,
                    self.open_folder,
                    self.recent,
                    self.open_result,
                    self.open_labels,
                    self.simulate,
                    None,
                    self.save_labels,
                    self.open_report,
                    self.save_report,
                    self.results_folder,
                    self.choose_results_folder,
                    None,
                    self.quit,
                ),
            ),
            (tr("&Go"), (*self.steps, None, self.start, self.jobs)),
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
            (tr("&Help"), (self.help, None, self.computer, self.about)),
        )
        for title, actions in menus:
            menu = self._help_menu = window.menuBar().addMenu(title)
            for action in actions:
                self._add_to(menu, action)
        self._add_tool_bar()

    def _add_to(self, menu: QMenu, entry: QAction | QMenu | None) -> None:
        if entry is None:
            menu.addSeparator()
        elif isinstance(entry, QMenu):
            menu.addMenu(entry)
        else:
            menu.addAction(entry)

    def _add_tool_bar(self) -> None:
        window, tr = self._window, self._window.tr
        bar = window.addToolBar(tr("Open"))
        bar.setObjectName("open_bar")
        bar.setMovable(False)
        bar.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        bar.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        bar.addActions([self.open_scan, self.open_folder])
