"""Rows of the window's action table, its menus, and its sheet of keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence

from brainstem_app.gui.actions import ActionRow
from brainstem_app.gui.viewer.convention import Convention
from brainstem_app.gui.workflow.page_stack import STEPS
from brainstem_app.gui.workflow.step import StepName, step_text

if TYPE_CHECKING:
    from brainstem_app.gui.actions import ActionTable
    from brainstem_app.gui.app_context import AppContext
    from brainstem_app.gui.segment.segment_page import SegmentPage
    from brainstem_app.gui.viewer.shortcut_overlay import ShortcutGroup
    from brainstem_app.gui.window.file_commands import FileCommands
    from brainstem_app.gui.window.opening import Opening
    from brainstem_app.gui.workflow.page_stack import PageStack

_ZOOM_STEP = 1.25
_KEYS = QKeySequence.StandardKey
RECENT = "recent"

#: Menus by their titles: ids of actions, `RECENT` for the menu of what was opened last; None separates.
MENUS: dict[str, tuple[str | None, ...]] = {
    "&File": (
        "new_study", "open_study", "save_study", "save_study_as", "share_study", "close_study", None,
        "open_scan", "open_folder", RECENT, "open_result", "open_labels", "simulate", None,
        "save_labels", "open_report", "save_report", None,
        "import_results", "results_folder", "choose_results_folder", None,
        "settings", "quit",
    ),
    "&Go": (*(f"step_{step}" for step in STEPS), None, "start", "jobs"),
    "&Segment": ("segment", "cancel"),
    "&View": (
        "radiological", "neurological", None,
        "zoom_in", "zoom_out", "fit", "fit_labels", None, "crosshair", "reset_window",
    ),
    "Librar&y": ("models", "atlases"),
    "&Help": ("manual", "help", "whats_new", None, "computer", "about"),
}  # fmt: skip


#: What the button in the head of each page opens.
OPEN_MENU: tuple[str | None, ...] = (
    "open_scan", "open_folder", RECENT, None, "open_result", "open_labels", None, "open_study", "new_study",
)  # fmt: skip


# fmt: off
def file_rows(
    context: AppContext, files: FileCommands, opening: Opening, segment: SegmentPage
) -> list[ActionRow]:
    """List what is done with studies, scans, results and models."""
    row, document, study = ActionRow, segment.document, context.study

    def has_study() -> bool:
        return study.is_open

    def has_result() -> bool:
        return document.result is not None

    def has_report() -> bool:
        return document.result is not None and bool(document.result.reports)

    return [
        row("new_study", "&New study…", _KEYS.New, files.new_study),
        row("open_study", "Open a s&tudy…", "Ctrl+Shift+N", files.choose_study),
        row("save_study", "Sa&ve the study", "", files.study.save, has_study),
        row("save_study_as", "Save the study &as…", "F12", files.choose_study_target, has_study),
        row("share_study", "Make a copy to &hand on…", "", files.choose_share_target, has_study,
            hint="A copy of the study without paths, names of scan files, users and computers"),
        row("close_study", "&Close the study", "", study.close, has_study),
        row("open_scan", "&Open scans…", _KEYS.Open, files.choose_scan,
            icon="folder-open"),
        row("open_folder", "Open a &folder (DICOM, BIDS)…", "Ctrl+Shift+O", files.choose_folder,
            icon="folder"),
        row("open_result", "Open a res&ult folder…", "Ctrl+R", files.choose_result),
        row("import_results", "&Bring results into the study…", "", files.import_results, has_study,
            hint="Copy results that lie elsewhere into the study"),
        row("results_folder", "Open the folder of the resul&ts", "", files.open_results_folder),
        row("choose_results_folder", "&Where results go…", "", files.choose_results_folder),
        row("open_labels", "Open a &label map…", "Ctrl+L", files.choose_labels),
        row("choose_model", "Choose a model", "", files.choose_model),
        row("review_result", "Review", "", opening.review_result, has_result),
        row("save_labels", "&Save labels as…", _KEYS.Save, files.choose_labels_target, has_result),
        row("open_report", "Open re&port", "Ctrl+P", segment.saver.open_report, has_report),
        row("save_report", "Save r&eport…", "Ctrl+E", files.choose_report_target, has_report),
    ]


def step_rows(pages: PageStack, go_to: Callable[[StepName], None]) -> list[ActionRow]:
    """List the ways to the steps, and what is started in them."""
    row, segment = ActionRow, pages.segment

    def go(step: StepName) -> ActionRow:
        text = step_text(step)
        title = f"&{step.number}  {text.title}"
        return row(f"step_{step}", title, f"Ctrl+{step.number}", lambda: go_to(step), hint=text.purpose)

    def in_segment(run: Callable[[], None]) -> Callable[[], None]:
        def shown_first() -> None:
            go_to(StepName.SEGMENT)
            run()

        return shown_first

    return [
        *(go(step) for step in STEPS),
        row("start", "&Start what the step is for", "Ctrl+Return", lambda: pages.current.run()),
        row("segment", "&Segment the open scan", "", in_segment(segment.segment),
            lambda: segment.can_segment),
        row("simulate", "Try a si&mulated scan", "", in_segment(segment.simulate),
            lambda: segment.job is None),
        row("cancel", "&Cancel", "Ctrl+.", segment.cancel, lambda: segment.job is not None),
    ]


def view_rows(segment: SegmentPage) -> list[ActionRow]:
    """List what is done in the viewer of Segment, and the side that is at the left in every picture."""
    row, display = ActionRow, segment.document.display

    def has_viewer() -> bool:
        return segment.has_viewer

    def side(name: str, text: str, convention: Convention) -> ActionRow:
        return row(name, text, "", lambda: display.set(convention=convention),
                   checked_when=lambda: display.state.convention is convention, group="convention")

    def zoom(factor: float) -> Callable[[], None]:
        return lambda: segment.viewer.view.zoom(factor)

    return [
        side("radiological", "&Radiological (patient's right on the left)", Convention.RADIOLOGICAL),
        side("neurological", "&Neurological (patient's left on the left)", Convention.NEUROLOGICAL),
        row("zoom_in", "Zoom &in", _KEYS.ZoomIn, zoom(_ZOOM_STEP), has_viewer),
        row("zoom_out", "Zoom &out", _KEYS.ZoomOut, zoom(1 / _ZOOM_STEP), has_viewer),
        row("fit", "&Whole slice", "Ctrl+0", lambda: segment.viewer.view.fit(), has_viewer),
        row("fit_labels", "&Brainstem", "Ctrl+9", lambda: segment.viewer.fit_labels(), has_viewer),
        row("crosshair", "&Crosshair", "Ctrl+H", lambda on: display.set(has_crosshair=on), has_viewer,
            lambda: display.state.has_crosshair),
        row("reset_window", "Reset &brightness and contrast", "Ctrl+B",
            lambda: segment.viewer.view.reset_window(), has_viewer),
    ]
# fmt: on


def window_keys(a: ActionTable) -> list[ShortcutGroup]:
    """List the keys of the window and of each step but Review, for the sheet of keys."""
    everywhere = [
        (f"{a.key(f'step_{STEPS[0]}')} … {a.key(f'step_{STEPS[-1]}')}", "go to a step"),
        *a.key_rows("start", "jobs", "settings", "manual", "help", "quit"),
        ("Tab, Shift+Tab", "next, previous control; arrows inside of one"),
        ("Alt and a letter", "menus, and the buttons whose letter is underlined"),
        ("Esc", "close a message"),
    ]
    files = a.key_rows(
        "new_study", "open_study", "save_study_as", "open_scan", "open_folder", "open_result",
        "open_labels", "save_labels", "save_report", "open_report",
    )  # fmt: skip
    lists = [
        ("Return", "Scans: show the marked scan; Quality: open it in Review"),
        ("Shift or Ctrl and arrows", "Scans, Prepare: mark several"),
        ("A, R, U", "Prepare, Quality: accept, reject, undecide the picture, and go to the next"),
        ("N", "Quality: write a note"),
        ("arrows", "Compare: choose a cell of the heat map"),
        ("Space", "tick a name of a list, unfold the advanced settings"),
        ("Delete", "Scans, Jobs: take the marked off the list"),
        ("Ctrl+Z, Ctrl+Shift+Z", "Scans: undo and redo a change of the list"),
    ]
    pictures = [
        ("wheel, ↑ ↓", "next slice; Page Up, Page Down: ten; Home, End: first and last"),
        ("Ctrl+wheel", "zoom about the pointer"),
        ("click", "crosshair"),
        ("middle drag, right drag", "move the picture, zoom"),
        (
            "Shift+drag",
            "brightness and contrast, also by Shift and arrows; Shift+double click resets",
        ),
        ("double click", "the brainstem, or the whole slice"),
        *a.key_rows("zoom_in", "zoom_out", "fit", "fit_labels", "crosshair", "reset_window", "cancel"),
    ]
    return [
        ("Everywhere", everywhere),
        ("Studies and files", files),
        ("Lists", lists),
        ("Pictures in Segment", pictures),
    ]
