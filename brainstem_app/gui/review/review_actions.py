"""Rows of the action table of Review, its menu, and its sheet of keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from brainstem_app.gui.actions import ActionRow
from brainstem_app.gui.messages.message import Message, MessageLevel
from brainstem_app.gui.review.edit_actions import edit_keys, edit_rows
from brainstem_app.gui.review.view_layout import ViewLayout
from brainstem_app.gui.viewer.convention import Convention, Plane

if TYPE_CHECKING:
    from brainstem_app.gui.actions import ActionTable
    from brainstem_app.gui.document.document import Document
    from brainstem_app.gui.review.document_views import DocumentViews
    from brainstem_app.gui.review.review_files import ReviewFiles
    from brainstem_app.gui.structures.structure_panel import StructurePanel
    from brainstem_app.gui.viewer.shortcut_overlay import ShortcutGroup

_ZOOM_STEP = 1.25
_FADE_STEP = 10

#: The menu Review: ids of actions, None separates.
REVIEW_MENU: tuple[str | None, ...] = (
    "open_result", "open_scan", "open_labels", "open_reference", "close_reference", None,
    "add_image", "hide_images", None, "save_copy", "report_anew", "restore", "add_reference", None,
    "picture", "picture_all", "figure", None,
    "undo", "redo", None, "ruler", "remove_rulers", None, "look", "brush", "eraser", "fill", "polygon", None,
    "interpolate", "smooth", "copy_up", "copy_down", None,
    "smaller", "larger", "in_3d", "protects", "limits", "pick", None,
    "axial", "coronal", "sagittal", "three", "side_by_side", "space", "side", None,
    "radiological", "neurological", None,
    "zoom_in", "zoom_out", "fit", "fit_labels", None,
    "crosshair", "next_view", None,
    "brighter", "darker", "more_contrast", "less_contrast", "reset_window", None,
    "differences", "next_difference", None,
    "next_nucleus", "previous_nucleus", "find_nucleus", None,
    "toggle_nucleus", "only_nucleus", "all_nuclei", "all_structures", "no_structure", None,
    "hide_labels", "fainter", "stronger", "outline", "smooth_labels", "confidence", None,
)  # fmt: skip


def review_rows(
    document: Document,
    views: DocumentViews,
    panel: StructurePanel,
    files: ReviewFiles,
    toggle_help: Callable[[], None],
) -> list[ActionRow]:
    """List what can be done in Review."""
    when = _When(document)
    return [
        *_file_rows(document, views, files, when),
        *_view_rows(document, views, when),
        *_label_rows(document, panel, when),
        *edit_rows(document, views, when.image, when.labels, when.scan),
        ActionRow("help", "Mouse and &keys", "Shift+F1", toggle_help),
    ]


class _When:
    """Conditions on a document under which an action can be done."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def image(self) -> bool:
        return self._document.image is not None

    def scan(self) -> bool:
        return self._document.scan is not None

    def labels(self) -> bool:
        return self._document.drawn is not None

    def reference(self) -> bool:
        return self._document.comparison.reference is not None

    def confidence(self) -> bool:
        return self._document.confidence is not None

    def unsaved(self) -> bool:
        return self._document.editor.is_changed and not self._document.editor.is_saving


# fmt: off
def _file_rows(document: Document, views: DocumentViews, files: ReviewFiles, when: _When) -> list[ActionRow]:
    row, comparison = ActionRow, document.comparison

    def next_difference() -> None:
        """Go to the next slice where a visible structure differs from the reference."""
        view = views.main_view
        voxel = comparison.next_difference(document.structures.visible, view.plane, view.index)
        if voxel is None:
            text = "The visible structures do not differ from the reference."
            document.message.emit(Message(MessageLevel.INFO, text))
        else:
            views.go_to(voxel)

    return [
        row("open_result", "Open a &result folder…", "Ctrl+R", files.choose_result),
        row("open_scan", "Open a &scan…", "Ctrl+O", files.choose_scan),
        row("open_labels", "Open a &label map…", "Ctrl+L", files.choose_labels),
        row("open_reference", "Open a re&ference…", "Ctrl+Shift+R", files.choose_reference, when.labels),
        row("close_reference", "Close the reference", "Ctrl+W", lambda: comparison.set_reference(None),
            when.reference),
        row("add_image", "Add an &image over the scan…", "Ctrl+I", files.choose_layer,
            lambda: document.layers.can_add,
            hint="T2, QSM, FA or any other map, where its header places it"),
        row("hide_images", "Hide the images over the scan", "L", document.layers.hide,
            lambda: bool(document.layers.all), lambda: document.layers.are_hidden),
        row("save_copy", "Save an edited &copy", "Ctrl+S", lambda: document.editor.save_copy(),
            when.unsaved),
        row("report_anew", "&Write the report anew", "Ctrl+Shift+E", files.corrected.write,
            lambda: files.corrected.can_write,
            hint="The report of the result counts the corrected labels then; that of the original is kept"),
        row("restore", "The &original labels count again", "Ctrl+Shift+U",
            lambda: files.when_saved(files.corrected.restore), lambda: files.corrected.can_restore,
            hint="The corrected labels are put aside, not removed"),
        row("add_reference", "Add to the &training set", "Ctrl+T", files.training_set.add,
            lambda: files.training_set.can_add,
            hint="These labels become the reference of their subject in the open study"),
        row("picture", "Save a &picture of the view…", "Ctrl+Shift+S",
            lambda: files.choose_picture(views), when.image),
        row("picture_all", "Save a picture of &all views…", "Ctrl+Alt+S",
            lambda: files.choose_picture_of_all(views), when.image),
        row("figure", "&Figure for a paper…", "Ctrl+Shift+F", lambda: files.choose_figure(views),
            when.image),
        _switch(document, "differences", "Mark &differences", "D", "marks_differences", when.reference),
        row("next_difference", "&Next difference", "N", next_difference, when.reference),
    ]


def _view_rows(document: Document, views: DocumentViews, when: _When) -> list[ActionRow]:
    display = document.display

    def one(name: str, text: str, key: str, plane: Plane) -> ActionRow:
        return ActionRow(name, text, key, lambda: views.show_layout(ViewLayout.ONE, plane), when.image,
                         lambda: views.view_layout is ViewLayout.ONE and views.plane is plane, "layout")

    def side(name: str, text: str, key: str, convention: Convention) -> ActionRow:
        return ActionRow(name, text, key, lambda: display.set(convention=convention),
                         checked_when=lambda: display.state.convention is convention, group="convention")

    def act(name: str, text: str, keys: str, run: Callable[[], object]) -> ActionRow:
        return ActionRow(name, text, keys, run, when.image)

    def window(name: str, text: str, key: str, wider: int, brighter: int) -> ActionRow:
        return act(name, text, key, lambda: views.main_view.step_window(wider, brighter))

    return [
        one("axial", "&Axial", "1", Plane.AXIAL),
        one("coronal", "&Coronal", "2", Plane.CORONAL),
        one("sagittal", "&Sagittal", "3", Plane.SAGITTAL),
        ActionRow("three", "&Three planes", "4", lambda: views.show_layout(ViewLayout.THREE), when.image,
                  lambda: views.view_layout is ViewLayout.THREE, "layout"),
        ActionRow("side_by_side", "Side &by side", "5",
                  lambda: views.show_layout(ViewLayout.SIDE_BY_SIDE, views.main_view.plane), when.reference,
                  lambda: views.view_layout is ViewLayout.SIDE_BY_SIDE, "layout"),
        ActionRow("space", "Nuclei in s&pace", "6", views.enlarge_space, when.labels,
                  lambda: views.view_layout is ViewLayout.SPACE, "layout"),
        side("radiological", "&Radiological (patient's right on the left)", "Shift+R",
             Convention.RADIOLOGICAL),
        side("neurological", "&Neurological (patient's left on the left)", "Shift+L",
             Convention.NEUROLOGICAL),
        act("zoom_in", "Zoom &in", "Ctrl++ Ctrl+=", lambda: views.main_view.zoom(_ZOOM_STEP)),
        act("zoom_out", "Zoom &out", "Ctrl+-", lambda: views.main_view.zoom(1 / _ZOOM_STEP)),
        act("fit", "&Whole slice", "Ctrl+0", lambda: views.each_visible(lambda view: view.fit())),
        ActionRow("fit_labels", "&Brainstem", "Ctrl+9", views.fit_labels, when.labels),
        _switch(document, "crosshair", "Cross&hair", "Ctrl+H", "has_crosshair", when.image),
        act("reset_window", "Reset brightness and contrast", "Ctrl+B",
            lambda: views.main_view.reset_window()),
        window("brighter", "Brighter", "Shift+Up", 0, 1),
        window("darker", "Darker", "Shift+Down", 0, -1),
        window("more_contrast", "More contrast", "Shift+Left", -1, 0),
        window("less_contrast", "Less contrast", "Shift+Right", 1, 0),
        act("next_view", "Give the keys to the next view", "W", views.focus_next),
    ]


def _label_rows(document: Document, panel: StructurePanel, when: _When) -> list[ActionRow]:
    row, display, structures, editor = ActionRow, document.display, document.structures, document.editor

    def fade(by: int) -> Callable[[], None]:
        return lambda: display.set(opacity=min(100, max(0, display.state.opacity + by)))

    return [
        _switch(document, "outline", "&Outline instead of fill", "O", "is_outlined", when.labels),
        _switch(document, "smooth_labels", "S&mooth curves instead of voxels", "Shift+O", "is_smooth",
                lambda: document.shapes is not None,
                hint="As the warp has them; labels that were corrected or have no warp are drawn in voxels"),
        _switch(document, "hide_labels", "&Hide the labels", "H", "hides_labels", when.labels),
        row("fainter", "Fainter labels", ",", fade(-_FADE_STEP), when.labels),
        row("stronger", "Stronger labels", ".", fade(_FADE_STEP), when.labels),
        _switch(document, "confidence", "Colour by con&fidence", "C", "by_confidence", when.confidence),
        row("next_nucleus", "Next nucleus of the list", "Alt+Down", lambda: panel.step(1), when.labels),
        row("previous_nucleus", "Previous nucleus", "Alt+Up", lambda: panel.step(-1), when.labels),
        row("find_nucleus", "Find a nucleus", "Ctrl+F", panel.focus_search),
        row("toggle_nucleus", "Show or hide the chosen nucleus", "V",
            lambda: structures.toggle(editor.label), when.labels),
        row("only_nucleus", "Show the chosen nucleus only", "Shift+V",
            lambda: structures.show_only(editor.label), when.labels),
        row("all_nuclei", "Show the nuclei", "Shift+N", structures.show_nuclei),
        row("all_structures", "Show all structures", "Shift+A", lambda: structures.show_all(True)),
        row("no_structure", "Show no structure", "Shift+H", lambda: structures.show_all(False)),
    ]
# fmt: on


def _switch(
    document: Document,
    name: str,
    text: str,
    key: str,
    field: str,
    enabled_when: Callable[[], bool],
    hint: str = "",
) -> ActionRow:
    """Row of an action that switches a field of the document's display state."""
    display = document.display
    return ActionRow(
        name,
        text,
        key,
        lambda on: display.set(**{field: on}),
        enabled_when,
        lambda: bool(getattr(display.state, field)),
        hint=hint,
    )


def review_keys(a: ActionTable) -> list[ShortcutGroup]:
    """List mouse and keys of Review by what they are for, for the sheet of keys."""
    mouse = [
        ("wheel, ↑ ↓", "next slice; Page Up, Page Down: ten; Home, End: first and last"),
        ("Ctrl+wheel", "zoom about the pointer"),
        ("click, drag", "crosshair; Ctrl+arrows move it by a voxel"),
        ("middle drag, right drag", "move the picture, zoom"),
        ("Shift+drag", "brightness (up, down), contrast (left, right); Shift+double click resets"),
        ("double click", "this view alone, or all again"),
        *a.key_rows("next_view", "ruler", "remove_rulers"),
        ("right click, Menu", "what can be done there; while drawing, Ctrl+right click"),
        ("in space", "drag or arrows turn; wheel, + or − magnify; Home resets"),
    ]
    views = [
        *a.key_rows("axial", "coronal", "sagittal", "three", "side_by_side", "space", "side"),
        (a.key("zoom_in", "zoom_out"), "zoom in, zoom out"),
        *a.key_rows("fit", "fit_labels", "crosshair"),
        (a.key("brighter", "darker"), "brighter, darker"),
        (a.key("more_contrast", "less_contrast"), "more, less contrast"),
        (a.key("reset_window"), "as they were at first"),
        (a.key("radiological", "neurological"), "patient's right, left on the left side"),
    ]
    labels = [
        (a.key("next_nucleus", "previous_nucleus"), "next, previous nucleus"),
        *a.key_rows("find_nucleus", "toggle_nucleus", "only_nucleus", "all_nuclei", "all_structures"),
        *a.key_rows("no_structure", "hide_labels"),
        (a.key("fainter", "stronger"), "fainter, stronger labels"),
        *a.key_rows("outline", "smooth_labels", "confidence"),
    ]
    files = a.key_rows(
        "open_result",
        "open_scan",
        "open_labels",
        "add_image",
        "hide_images",
        "picture",
        "picture_all",
        "figure",
        "help",
    )
    comparing = a.key_rows("open_reference", "close_reference", "differences", "next_difference")
    return [
        ("Mouse and slices", mouse),
        ("Views", views),
        ("Nuclei and labels", labels),
        ("Correct labels", edit_keys(a)),
        ("Files and pictures", files),
        ("Compare", comparing),
    ]
