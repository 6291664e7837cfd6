"""What the sheet of F1 shows outside of Review: the keys of the window, and those of each step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from brainstem_app.gui.viewer.shortcut_overlay import ShortcutGroup, keys_of, rows_of

if TYPE_CHECKING:
    from brainstem_app.gui.main_window import MainWindow


def key_groups(window: MainWindow) -> list[ShortcutGroup]:
    """List the keys of a window by what they are for."""
    tr, a = window.tr, window.actions_
    everywhere = [
        (f"{keys_of(a.steps[0])} … {keys_of(a.steps[-1])}", tr("go to a step")),
        *rows_of(a.start, a.jobs, a.help, a.quit),
        (tr("Tab, Shift+Tab"), tr("next, previous control; arrows inside of one")),
        (tr("Alt and a letter"), tr("menus, and the buttons whose letter is underlined")),
        (tr("Esc"), tr("close a message")),
    ]
    files = rows_of(a.new_study, a.open_study, a.save_study_as, a.open_scan, a.open_folder, a.open_result)
    files += rows_of(a.open_labels, a.save_labels, a.save_report, a.open_report)
    lists = [
        (tr("Return"), tr("Scans: show the marked scan")),
        (tr("Shift or Ctrl and arrows"), tr("Scans, Prepare: mark several")),
        (tr("A, R, U"), tr("Prepare: accept, reject, undecide the picture, and go to the next")),
        (tr("arrows"), tr("Compare: choose a cell of the heat map")),
        (tr("Space"), tr("tick a name of a list, unfold the advanced settings")),
        (tr("Delete"), tr("Jobs: take one that is over off the list")),
    ]
    pictures = [
        (tr("wheel, ↑ ↓"), tr("next slice; Page Up, Page Down: ten; Home, End: first and last")),
        (tr("Ctrl+wheel"), tr("zoom about the pointer")),
        (tr("click"), tr("crosshair")),
        (tr("middle drag"), tr("move the picture")),
        (tr("Shift+drag"), tr("brightness and contrast, also by Shift and arrows; double click resets")),
        *rows_of(a.zoom_in, a.zoom_out, a.fit, a.fit_labels, a.crosshair, a.reset_window, a.cancel),
    ]
    return [
        (tr("Everywhere"), everywhere),
        (tr("Studies and files"), files),
        (tr("Lists"), lists),
        (tr("Pictures in Segment"), pictures),
    ]
