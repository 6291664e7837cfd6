"""How the step Review draws what is open: sides, opacity, colours, confidence, reference, surfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from brainstem_app.gui.review.review_step import ReviewStep
    from brainstem_app.gui.viewer.convention import Convention

_SURFACE_MS = 400


class Display(QObject):
    """Passes what a `ReviewStep` has open and how it is to be drawn to its views."""

    def __init__(self, step: ReviewStep) -> None:
        super().__init__(step)
        self._step = step
        self._hides = False
        self._surface_soon = QTimer(self, singleShot=True, interval=_SURFACE_MS)
        self._surface_soon.timeout.connect(self.update_surface)

    def set_convention(self, convention: Convention) -> None:
        """Put the patient's right or left at the left of the pictures."""
        step = self._step
        step.display_bar.show_convention(convention)
        if step.made_views is not None:
            step.made_views.set_convention(convention)
        if step.settings.convention is not convention:
            step.settings.convention = convention
            step.convention_changed.emit(convention)

    def set_opacity(self, percent: int) -> None:
        """Set the opacity of the labels."""
        self._step.settings.opacity = percent
        self._step.actions_.hide_labels.setChecked(False)
        self._show_opacity()

    def hide_labels(self, hides: bool) -> None:
        """Look at the scan alone for a moment, or at the labels again."""
        self._hides = hides
        self._show_opacity()

    def _show_opacity(self) -> None:
        if self._step.made_views is not None:
            percent = 0 if self._hides else self._step.settings.opacity
            self._step.made_views.set_opacity(percent / 100)

    def update_colours(self) -> None:
        """Draw the visible structures in their colours."""
        if self._step.made_views is not None:
            from brainstem_app.gui.viewer.overlay import colour_table

            model = self._step.structure_panel.model
            self._step.made_views.set_colours(colour_table(model.colours, model.visible))

    def show_confidence(self) -> None:
        """Colour the labels by confidence, or by structure, as the action says."""
        step = self._step
        if step.made_views is not None:
            shown = step.actions_.confidence.isChecked()
            step.made_views.set_confidence(step.confidence if shown else None)

    def show_reference(self) -> None:
        """Show the reference, and mark where it differs if the action says so."""
        step = self._step
        reference = step.comparison.reference
        if step.made_views is not None:
            marks = step.actions_.differences.isChecked()
            step.made_views.set_reference(None if reference is None else reference.labels, marks=marks)
        name, path = ("", "") if reference is None else (reference.path.name, str(reference.path))
        step.compare_panel.show_reference(name, path)
        if reference is None:
            step.structure_panel.show_dice(None)
            step.commands.leave_side_by_side()
        step.update_actions()
        step.update_readout()

    def update_surface_soon(self) -> None:
        """Make the surfaces anew when no stroke has followed for a moment."""
        self._surface_soon.start()

    def update_surface(self) -> None:
        """Make the surfaces of the nuclei anew, on a thread, if they are on the screen."""
        step = self._step
        views, labels = step.made_views, step.editor.labels
        if views is None or not views.shows_surface:
            return
        if labels is None or step.labels is None:
            views.surface.set_surface(None)
            return
        from brainstem_app.gui.viewer.surface import Shell, Surface, shell_of, surface_of

        opened, extent = step.labels, step.editor.extent
        nuclei = [s.index for s in opened.table.nuclei]
        known = opened.regions
        colours = {} if known is None else {s.index: s.rgb for s in known.table.structures[1:]}

        def made() -> tuple[Surface, Shell | None]:
            # Without tissue the labels are nuclei alone, and there is nothing around them.
            has_tissue = len(nuclei) < len(opened.table.structures) - 1
            shell = None
            if has_tissue:
                shell = shell_of(labels, None if known is None else known.labels, colours, extent)
            return surface_of(labels, nuclei, extent), shell

        step.background.run(made, lambda both: views.surface.set_surface(*both), lambda _error: None)
