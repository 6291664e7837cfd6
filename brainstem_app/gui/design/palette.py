"""Palette of a look: the colours that styles, delegates and plots ask Qt for."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette

from brainstem_app.gui.design.tokens import Colours


def make_palette(colours: Colours) -> QPalette:
    """Palette in which every role has a colour of the design."""
    roles, palette = QPalette.ColorRole, QPalette()
    plain = {
        roles.Window: colours.window,
        roles.WindowText: colours.ink,
        roles.Base: colours.card,
        roles.AlternateBase: colours.panel,
        roles.Text: colours.ink,
        roles.PlaceholderText: colours.soft,
        roles.Button: colours.card,
        roles.ButtonText: colours.ink,
        roles.BrightText: colours.poor,
        roles.Light: colours.card,
        roles.Midlight: colours.hover,
        roles.Mid: colours.line,
        roles.Dark: colours.edge,
        roles.Shadow: colours.edge,
        roles.Highlight: colours.select,
        roles.HighlightedText: colours.ink,
        roles.Accent: colours.accent,
        roles.Link: colours.accent,
        roles.LinkVisited: colours.accent,
        roles.ToolTipBase: colours.card,
        roles.ToolTipText: colours.ink,
    }
    for role, colour in plain.items():
        palette.setColor(role, QColor(colour))
    for role in (roles.WindowText, roles.Text, roles.ButtonText, roles.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor(colours.disabled))
    palette.setColor(QPalette.ColorGroup.Disabled, roles.Base, QColor(colours.window))
    return palette
