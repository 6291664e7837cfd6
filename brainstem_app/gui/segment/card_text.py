"""A model card in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from brainstem_app.counting import counted

if TYPE_CHECKING:
    from brainstem_app.models.card import ModelCard


def card_summary(card: ModelCard) -> str:
    """Network and accuracy in two lines."""
    return f"{card.encoder} + {card.decoder}, {card.atlas}\n{_accuracy(card)}"


def card_details(card: ModelCard) -> str:
    """All that matters of the card: network, accuracy, data, limits, licence."""
    lines = [card_summary(card)]
    for title, text in (
        (_tr("Trained on"), card.training_data),
        (_tr("Limits"), card.limits),
        (_tr("Licence"), card.licence),
    ):
        if text:
            lines.append(f"{title}: {text}")
    lines.append(_tr("Version {0} of {1}").format(card.version, card.date))
    return "\n".join(lines)


def _accuracy(card: ModelCard) -> str:
    results = card.results
    if results.macro_miou is None or not results.subjects:
        return _tr("Its accuracy has not been measured.")
    return _tr("Mean IoU {0:.2f} on {1} (against registered labels)").format(
        results.macro_miou, counted(results.subjects, "test subject")
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("card_text", text)
