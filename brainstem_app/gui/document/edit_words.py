"""Words about steps of drawing: what one did, and why one did nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from brainstem_app.gui.editing.drawing import Refusal


class EditWords(QObject):
    """Says what became of a step."""

    def refused(self, refusal: Refusal) -> tuple[str, str]:
        """Return why a step drew nothing, and what to do."""
        from brainstem_app.gui.editing.drawing import Refusal

        choose = "Choose a nucleus in the list, or put the crosshair on it and press P."
        words = {
            Refusal.NO_NUCLEUS: ("There is no nucleus to draw.", choose),
            Refusal.OPEN_OUTLINE: (
                "Nothing was filled: the outline of the nucleus is open around this place.",
                "Close the gap with the brush, or use the polygon; in 3-D it has to be closed all around.",
            ),
            Refusal.ON_OUTLINE: (
                "Nothing was filled: a nucleus lies here already.",
                "Click inside its outline.",
            ),
            Refusal.NOT_HIT: (
                "Nothing was erased: the chosen nucleus is not here.",
                "Click on it, or let other nuclei be changed (K).",
            ),
            Refusal.NO_GAP: (
                "Nothing was interpolated: no slices lie between outlined ones in this plane.",
                "Outline the nucleus on two slices or more, with others between them.",
            ),
            Refusal.NOT_ON_SLICE: (
                "Nothing was copied: the chosen nucleus is not on this slice.",
                "Go to a slice that holds it, or choose another nucleus.",
            ),
            Refusal.NO_SLICE: ("Nothing was copied: this is the last slice.", ""),
            Refusal.UNCHANGED: (
                "Nothing changed: no voxel there may be drawn on, or all are as they should be.",
                "Look at the protection of other nuclei (K) and the range of intensities (X).",
            ),
        }
        return words[refusal]

    def interpolated(self, pairs: list[tuple[int, int]], before: float, after: float) -> str:
        """Say between which slices a nucleus was made."""
        between = ", ".join(f"{low + 1} and {high + 1}" for low, high in pairs)
        text = "Interpolated between slices {0}; volume {1} mm³ before, {2} mm³ now."
        return text.format(between, f"{before:,.1f}", f"{after:,.1f}")

    def smoothed(self, before: float, after: float) -> str:
        """Say what became of the volume of a nucleus that was smoothed."""
        if abs(before - after) < 0.05:
            return f"Smoothed; the volume stayed {after:,.1f} mm³."
        text = "Smoothed; volume {0} mm³ before, {1} mm³ now: others left no room for more."
        return text.format(f"{before:,.1f}", f"{after:,.1f}")
