"""Rows of the action table of Review that correct labels: tools, steps, settings, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brainstem_app.gui.actions import ActionRow, KeyRow
from brainstem_app.gui.document.drawing_tools import Tool

if TYPE_CHECKING:
    from brainstem_app.gui.actions import ActionTable
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.review.document_views import DocumentViews

_BRUSH_STEP = 1.25
When = Callable[[], bool]


def edit_rows(
    document: Document, views: DocumentViews, has_image: When, has_labels: When, has_scan: When
) -> list[ActionRow]:
    """List what can be done to correct labels."""
    return [
        *_tool_rows(document, views, has_image, has_labels),
        *_step_rows(document, views, has_labels),
        *_setting_rows(document, has_labels, has_scan),
    ]


# fmt: off
def _tool_rows(
    document: Document, views: DocumentViews, has_image: When, has_labels: When
) -> list[ActionRow]:
    editor = document.editor

    def pick() -> None:
        document.pick(views.crosshair)

    def use(tool: Tool) -> None:
        if tool is Tool.LOOK and views.drop_polygon():
            return  # one thing after the other
        if tool in (Tool.BRUSH, Tool.FILL, Tool.POLYGON) and editor.label == 0:
            pick()
        editor.set_tool(tool)

    def row(tool: Tool, text: str, key: str, hint: str) -> ActionRow:
        name, can = tool.name.lower(), has_image if tool in (Tool.LOOK, Tool.RULER) else has_labels
        return ActionRow(name, text, key, lambda: use(tool), can, lambda: editor.tool is tool, "tool",
                         hint=hint)

    return [
        row(Tool.LOOK, "&Look", "Esc", "Click and drag move the crosshair"),
        row(Tool.BRUSH, "&Brush", "B", "Paint the chosen nucleus; the right button erases"),
        row(Tool.ERASER, "&Eraser", "E", "Take voxels away"),
        row(Tool.FILL, "&Fill", "F",
            "Click inside a closed outline to fill it; the right button takes a piece away"),
        row(Tool.POLYGON, "Poly&gon", "G",
            "Click corners; double click or Enter fills, Del erases inside, Esc drops it"),
        row(Tool.RULER, "&Ruler", "R",
            "Drag from point to point; an end can be dragged again, Del takes a ruler away"),
        ActionRow("remove_rulers", "Remove all rulers", "Shift+Del", document.rulers.clear,
                  lambda: bool(document.rulers.all)),
        ActionRow("pick", "&Take the nucleus under the crosshair", "P", pick, has_labels),
    ]


def _step_rows(document: Document, views: DocumentViews, has_labels: When) -> list[ActionRow]:
    editor = document.editor

    def row(name: str, text: str, key: str, run: Callable[[], object], can: When, hint: str) -> ActionRow:
        return ActionRow(name, text, key, run, can, hint=hint)

    def copy(by: int) -> Callable[[], None]:
        def run() -> None:
            view = views.main_view
            if editor.copy_slice(view.plane, view.index, by):
                view.step(by)
        return run

    return [
        row("interpolate", "&Interpolate between outlined slices", "I",
            lambda: editor.interpolate(views.main_view.plane), has_labels,
            "Makes the nucleus anew between slices that you drew on, and fills gaps, in this plane"),
        row("smooth", "S&mooth the nucleus", "M", editor.smooth, has_labels,
            "Smooths the surface of the chosen nucleus; its volume stays"),
        row("copy_up", "Copy to the next slice &up", "Shift+PgUp", copy(1), has_labels,
            "The nucleus gets the shape of this slice there"),
        row("copy_down", "Copy to the next slice do&wn", "Shift+PgDown", copy(-1), has_labels,
            "The nucleus gets the shape of this slice there"),
        row("undo", "&Undo", "Ctrl+Z", editor.undo, lambda: editor.can_undo, ""),
        row("redo", "&Redo", "Ctrl+Shift+Z Ctrl+Y", editor.redo, lambda: editor.can_redo, ""),
    ]


def _setting_rows(document: Document, has_labels: When, has_scan: When) -> list[ActionRow]:
    editor = document.editor

    def row(name: str, text: str, key: str, run: Callable[[bool], None], can: When, is_on: When,
            hint: str) -> ActionRow:
        return ActionRow(name, text, key, run, can, is_on, hint=hint)

    def resize(factor: float) -> Callable[[], None]:
        return lambda: editor.set_diameter(editor.diameter_mm * factor)

    return [
        ActionRow("smaller", "Smaller brush", "[", resize(1 / _BRUSH_STEP), has_labels),
        ActionRow("larger", "Lar&ger brush", "]", resize(_BRUSH_STEP), has_labels),
        row("in_3d", "Draw in &3-D", "T", editor.set_in_3d, has_labels, lambda: editor.in_3d,
            "The brush is a ball, and the fill goes through all slices"),
        row("protects", "Leave other nuclei as they are", "K", editor.set_protects, has_labels,
            lambda: editor.protects, "Off: drawing takes voxels of other nuclei too"),
        row("limits", "Draw on some intensities only", "X", editor.set_limits_intensity, has_scan,
            lambda: editor.limits_intensity, "The sliders in Correct labels say which"),
    ]
# fmt: on


def edit_keys(a: ActionTable) -> list[KeyRow]:
    """List mouse and keys that correct labels, for the sheet of keys."""
    return [
        (a.key("brush"), "paint the chosen nucleus by dragging; right button erases"),
        (a.key("eraser"), "erase by dragging"),
        (a.key("fill"), "fill a closed outline; right button takes a piece away"),
        (a.key("polygon"), "click corners; Enter or double click fills, Del erases, Backspace, Esc"),
        ("Ctrl+click", "crosshair while painting"),
        ("Space", "touch with the brush at the crosshair"),
        (a.key("look"), "back to looking"),
        (a.key("smaller", "larger"), "smaller, larger brush"),
        (a.key("in_3d"), "disc or ball; fill one slice or all"),
        *a.key_rows("protects", "limits", "pick", "interpolate", "smooth"),
        (a.key("copy_up", "copy_down"), "copy the nucleus to the next slice up, down"),
        (a.key("undo", "redo"), "undo, redo"),
        (a.key("save_copy"), "save the edited labels as a copy beside the original"),
        (a.key("report_anew"), "write the report of the result anew, of the labels as they are now"),
        (a.key("restore"), "let the original labels count again"),
        (a.key("add_reference"), "let networks learn from these labels, in the open study"),
    ]
